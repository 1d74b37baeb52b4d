"""How the original's stacks are told from this solution's, whose names are the same.

Known by what they do not have: this solution's descriptions and logical ids. Three roles have the
same logical id in both.
"""

from .. import cloudformation
from ..problem import Problem
from ..stacks import BY_NAME, load_template
from . import letting_go

OURS = "Backup and Recovery with AWS Backup: "
SHARED = {"AdministrationRole", "CloudFormationRole", "ExecutionRole"}
# The stack that the original had besides: its function's role was apart.
BESIDES = "stackset-aws-backup-tagonrestore-role"
# Its stack sets of roles and vaults, which go on after the stacks that made them.
ROLES = "organizations-aws-backup-member-accounts-role"
VAULTS = "organizations-aws-backup-member-accounts"


def is_original(name: str, document: dict) -> bool:
    """Whether a stack of one of the solution's names was made from another's template."""
    if document.get("Description", "").startswith(OURS):
        return False
    if name not in BY_NAME:
        return True
    ours = load_template(BY_NAME[name].template_path.read_text())["Resources"]
    return not (ours.keys() & document["Resources"].keys()) - SHARED


def require_ours(client, name: str) -> None:
    """Stops at the original's stack: an update would make everything a second time, and fail."""
    if cloudformation.is_there(client, name) and is_original(
        name, letting_go.template(client, name)
    ):
        raise Problem(
            f"stack `{name}`",
            "it is the original solution's, or another's, and not this one's",
            "docs/moving.md is the way from there",
        )
