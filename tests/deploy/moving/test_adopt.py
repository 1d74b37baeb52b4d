"""What an account kept when it left: what is to be done, and what is refused."""

import json

import pytest
from deploy import __main__ as command_line
from deploy.moving import adopt, retained
from deploy.moving.places import Seen, step
from deploy.problem import Problem
from deploy.stacks import TEMPLATES, load_template
from fakes import Session, Sts, client_error

ACCOUNT, UNIT, REGION = "666666666666", "ou-ab12-cdefgh34", "eu-central-1"
KEY = "arn:aws:kms:eu-central-1:666666666666:key/k-1"
MEMBER = TEMPLATES / "member-account"
VAULTS = load_template((MEMBER / "aws-backup-member-account.yaml").read_text())


def instance(status, stack="failed"):
    return {"Status": status, "StackId": stack}


@pytest.mark.parametrize(
    ("seen", "keeps", "expected"),
    [
        (Seen(instance("CURRENT")), True, None),
        (Seen(instance("CURRENT"), stale=True), True, "update"),
        (Seen(instance("OUTDATED"), "old"), True, "give"),
        (Seen(None, "old"), True, "give"),
        (Seen(instance("OUTDATED", "old"), "old"), True, "update"),
        # An import that failed: updates would pass it over.
        (Seen(instance("INOPERABLE", "old"), "old"), True, "give"),
        (Seen(instance("OUTDATED"), "old"), False, "replace"),
        # The original's, or somebody else's: its logical ids are others.
        (Seen(instance("OUTDATED"), "theirs", ("vault",), foreign=True), True, "move"),
        (Seen(None, "theirs", ("vault",), foreign=True), True, "move"),
        (Seen(instance("OUTDATED"), "theirs", foreign=True), False, "replace"),
        (Seen(instance("OUTDATED"), None, ("vault",)), True, "import"),
        (Seen(None, None, ("vault",)), True, "import"),
        (Seen(instance("OUTDATED")), True, "update"),
        (Seen(), True, "wait"),
    ],
)
def test_what_is_to_be_done(seen, keeps, expected):
    assert step(seen, keeps) == expected


class Account:
    """Key, alias and vault of a member account, behind KMS, AWS Backup and IAM at once."""

    def __init__(self, alias=True, vault=True, key=KEY):
        self.alias, self.vault, self.key = alias, vault, key

    def describe_key(self, KeyId):
        assert KeyId == "alias/AWSBackupSolutionKey"
        if not self.alias:
            raise client_error("DescribeKey", "NotFoundException")
        return {"KeyMetadata": {"KeyId": "k-1", "Arn": KEY}}

    def get_paginator(self, _):
        return self

    def paginate(self):
        vault = {"BackupVaultName": "AWSBackupSolutionVault", "EncryptionKeyArn": self.key}
        return [{"BackupVaultList": []}, {"BackupVaultList": [vault] if self.vault else []}]


def find(account):
    return retained.find(Session({"kms": account, "backup": account}), REGION, VAULTS)


def test_what_is_there_is_found_with_what_identifies_it():
    found = find(Account())
    assert [one.to_import() for one in found] == [
        {
            "ResourceType": "AWS::KMS::Alias",
            "LogicalResourceId": "BackupKeyAlias",
            "ResourceIdentifier": {"AliasName": "alias/AWSBackupSolutionKey"},
        },
        {
            "ResourceType": "AWS::KMS::Key",
            "LogicalResourceId": "BackupKey",
            "ResourceIdentifier": {"KeyId": "k-1"},
        },
        {
            "ResourceType": "AWS::Backup::BackupVault",
            "LogicalResourceId": "BackupVault",
            "ResourceIdentifier": {"BackupVaultName": "AWSBackupSolutionVault"},
        },
    ]
    assert find(Account(alias=False, vault=False)) == []
    assert [one.type for one in find(Account(vault=False))] == [retained.ALIAS, retained.KEY]


@pytest.mark.parametrize("account", [Account(key="arn:other"), Account(alias=False)])
def test_a_vault_with_another_key_than_the_aliass_is_not_touched(account):
    with pytest.raises(Problem, match=r"its key is .*; point alias/AWSBackupSolutionKey at"):
        find(account)


def test_an_import_takes_just_what_is_there():
    taken = json.loads(retained.import_template(VAULTS, find(Account())))
    assert set(taken["Resources"]) == {"BackupKey", "BackupKeyAlias", "BackupVault"}
    assert "Outputs" not in taken
    assert taken["Parameters"] == VAULTS["Parameters"]
    # CloudFormation imports nothing without one.
    assert all("DeletionPolicy" in resource for resource in taken["Resources"].values())


def test_every_template_of_the_members_is_known_to_the_imports():
    for name in ("aws-backup-member-account-role", "aws-backup-member-account"):
        kept = retained.keeps(load_template((MEMBER / f"{name}.yaml").read_text()))
        assert {resource["Type"] for resource in kept.values()} <= set(retained.WORDS)
        assert kept


class Organization:
    """The account in an OU of this name, and stack sets that were never deployed."""

    def __init__(self, unit):
        self.unit = unit

    def list_parents(self, ChildId):
        if self.unit is None:
            raise client_error("ListParents", "ChildNotFoundException")
        return {"Parents": [{"Id": self.unit if ChildId == ACCOUNT else "r-ab12"}]}

    def describe_stack_set(self, StackSetName, CallAs):
        if self.unit == "nowhere":
            raise client_error("DescribeStackSet", "StackSetNotFoundException")
        return {
            "StackSet": {
                "StackSetName": StackSetName,
                "TemplateBody": '{"Resources": {}}',
                "Parameters": [],
            }
        }

    def list_stack_set_auto_deployment_targets(self, **_):
        return {"Summaries": [{"OrganizationalUnitId": UNIT, "Regions": [REGION]}]}


def session(organization, account="111111111111"):
    return Session(
        {"sts": Sts(account), "organizations": organization, "cloudformation": organization}
    )


@pytest.mark.parametrize(
    ("organization", "account", "expected"),
    [
        (Organization(UNIT), "333333333333", "stack sets are operated from the management or"),
        (Organization(None), "111111111111", f"account {ACCOUNT}: it is not in the organization"),
        (Organization("ou-ab12-elsewhere"), "111111111111", f"in none of the OUs of .*{UNIT}"),
        (Organization("nowhere"), "111111111111", "none of the solution's stack sets is there"),
    ],
)
def test_what_cannot_be_taken_over_is_said(targets, printed, organization, account, expected):
    with pytest.raises(Problem, match=expected):
        adopt.adopt(
            session(organization, account), targets, [ACCOUNT], pytest.fail, False, printed.append
        )


def test_a_role_that_does_not_let_us_in_names_the_other_ways():
    class Refusing(Sts):
        def assume_role(self, RoleArn, **_):
            assert RoleArn == f"arn:aws:iam::{ACCOUNT}:role/Entry"
            raise client_error("AssumeRole", "AccessDenied", "not authorized")

    enter = adopt.entering(Session({"sts": Refusing("111111111111")}), "Entry", "", "adopt-account")
    with pytest.raises(Problem, match=r"role `Entry` of .*ROLE=NAME.*MEMBER_PROFILE=NAME"):
        enter(ACCOUNT)


@pytest.mark.parametrize("accounts", ["", "123", "666666666666,x"])
def test_what_is_no_account_is_refused_at_once(accounts, capsys):
    with pytest.raises(SystemExit):
        command_line.main(["adopt-account", accounts])
    assert "is no account id of twelve digits" in capsys.readouterr().err
