"""Every statement: named, explained, no wider than it says, and within IAM's sizes."""

import re

import pytest
from comments import reasons
from model import ROOT, Template, as_list, minified, policies, statements, templates

PUBLISHED = ROOT / "emulator/published/managed_policies"
ALL = pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)

# Characters, without blanks: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html,
# the key policy's from KMS, the bucket policy's from S3, the SCP's from AWS Organizations.
QUOTA = {"identity": 10_240, "trust": 2_048, "key": 32_768, "resource": 20_480, "scp": 5_120}


@ALL
def test_statements_have_a_sid_of_their_own_and_a_reason(template):
    for key, _, where, _, document in policies(template):
        sids = [statement.get("Sid", "") for statement in statements(document, template)]
        assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids), f"{key} {where}: {sids}"
        assert len(set(sids)) == len(sids), f"{key} {where}: {sids}"
        assert document["Version"] == "2012-10-17", f"{key} {where}"
    assert [sid for sid, reason in reasons(template) if len(reason.split()) < 4] == []


@ALL
def test_nothing_is_wider_than_it_says(template):
    for key, _resource, where, kind, document in policies(template):
        for statement in statements(document, template):
            name = f"{key} {where} {statement['Sid']}"
            assert "NotAction" not in statement and "NotResource" not in statement, name
            if statement["Effect"] == "Deny":
                continue
            for action in as_list(statement["Action"]):
                if kind == "key" and action == "kms:*":
                    # The account's own statement; IAM policies still have to allow each action.
                    assert statement["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}, name
                    continue
                assert "*" not in action, name
            if "iam:PassRole" in as_list(statement["Action"]):
                assert "*" not in as_list(statement["Resource"]), name
                assert "iam:PassedToService" in statement["Condition"]["StringEquals"], name


@ALL
def test_roles_have_no_policy_that_allows_everything(template):
    for key, resource in template.resources("AWS::IAM::Role").items():
        for arn in resource["Properties"].get("ManagedPolicyArns", []):
            # AWS's own for AWS Backup: which of them, test_abilities.py holds.
            resolved = template.resolve(arn)
            assert ":iam::aws:policy/" in resolved, f"{key} {resolved}"
            name = resolved.rpartition("/")[2]
            assert (PUBLISHED / f"{name}.json").exists(), f"{key} {resolved}"


@ALL
def test_policies_fit_their_quotas(template):
    inline: dict[str, int] = {}
    for key, _resource, _, kind, document in policies(template):
        resolved = {"Version": "2012-10-17", "Statement": statements(document, template)}
        # The longest partition, aws-us-gov, is seven characters longer than aws.
        size = len(minified(resolved)) + 7 * minified(resolved).count("arn:aws:")
        owner = f"{key} {kind}"
        inline[owner] = inline.get(owner, 0) + size
        assert inline[owner] <= QUOTA[kind], f"{owner}: {inline[owner]} characters"


def test_the_two_templates_of_the_policy_manager_size_up_together():
    """Two templates add to one role."""
    names = (
        "aws-backup-backuporgpolicymanager-role.yaml",
        "aws-backup-backuporgpolicymanager.yaml",
    )
    total = 0
    for template in [template for template in templates() if template.path.name in names]:
        for _, _, _, kind, document in policies(template):
            if kind == "identity":
                total += len(
                    minified({"Version": "2012-10-17", "Statement": statements(document, template)})
                )
    assert 0 < total <= QUOTA["identity"]


def test_the_policy_manager_has_the_same_statements_wherever_it_runs():
    """Assuming the management account's role or delegated: word for word the same rights."""
    by_name = {template.path.name: template for template in templates()}
    home = by_name["aws-backup-backuporgpolicymanager-role.yaml"]
    management = by_name["aws-backup-backuporgpolicymanager-mangement-role.yaml"]

    def shape(template: Template, resource: str):
        (document,) = [
            d for key, _, _, kind, d in policies(template) if key == resource and kind == "identity"
        ]
        # The management account is a parameter in one and the stack's own account in the other.
        text = minified(statements(document, template))
        return text.replace("444455556666", "MANAGEMENT").replace("111122223333", "MANAGEMENT")

    assert shape(home, "ManageBackupPolicies") == shape(management, "OrgAdminRole")


def test_the_reader_role_allows_what_backupctl_and_the_watch_read():
    """What `plan` and `in-force` name in their documentation, and what BackupWatch's list has."""
    readme = (ROOT / "crates/backupctl/README.md").read_text()
    paragraphs = [
        text
        for text in readme.split("\n\n")
        if text.startswith(("**Permissions** of the live plan", "**Permissions** of `in-force`"))
    ]
    assert len(paragraphs) == 2
    names = r"`(?:organizations:)?((?:Describe|List)[A-Za-z]+)`"
    read = set(re.findall(names, "\n".join(paragraphs)))
    adapters = ROOT / "crates/backup-reading/src"
    source = "".join(
        (adapters / name).read_text() for name in ("organizations.rs", "organizations/effective.rs")
    )
    assert {"ListRoots", "ListPoliciesForTarget"} <= read
    assert all(f'"{name}"' in source for name in read - {"DescribeOrganization"})
    (template,) = [t for t in templates() if "ReaderRole" in t.body["Resources"]]
    allowed = {
        action.removeprefix("organizations:")
        for key, _, _, kind, document in policies(template)
        if key == "ReaderRole" and kind == "identity"
        for statement in statements(document, template)
        for action in as_list(statement["Action"])
    }
    listed = (ROOT / "crates/backup-watch/permissions.txt").read_text().splitlines()
    watched = {line.split()[0].removeprefix("organizations:") for line in listed}
    lists = {action for action in watched if re.match(r"(backup:)?(List|Describe)", action)}
    assert allowed == read | lists
