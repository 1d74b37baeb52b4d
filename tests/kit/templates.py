"""Templates as plain data, read with the deploy commands' own loader."""

import sys

from .names import ROOT, TEMPLATES

sys.path.append(str(ROOT / "tools"))

from deploy.stacks import load_template  # noqa: E402

MANAGEMENT_ROLE = (
    TEMPLATES / "management-account" / "aws-backup-backuporgpolicymanager-mangement-role.yaml"
)


def resources(template):
    """The resources of a template's file."""
    return load_template(template.read_text())["Resources"]


def statements(policies):
    """All statements of inline policies."""
    return [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]


def actions(found):
    """The actions of statements."""
    return [
        action
        for statement in found
        for action in (
            statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        )
    ]


def management_statements():
    """What the management account's role allows."""
    return statements(resources(MANAGEMENT_ROLE)["OrgAdminRole"]["Properties"]["Policies"])
