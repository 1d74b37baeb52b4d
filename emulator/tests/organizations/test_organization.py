"""The fixed organization: its tree, who may ask, policy types and quotas."""

from __future__ import annotations

import pytest

from ..world import CENTRAL, HOME, MANAGEMENT, MEMBER, ROOT, World, error_of, eventually


def test_the_tree_is_the_agreed_one(world: World) -> None:
    client = world.client("organizations")
    tree: dict[str, list[str]] = {}

    def walk(parent: str) -> None:
        units = client.list_organizational_units_for_parent(ParentId=parent)["OrganizationalUnits"]
        accounts = client.list_accounts_for_parent(ParentId=parent)["Accounts"]
        tree[parent] = sorted([item["Id"] for item in units] + [item["Id"] for item in accounts])
        for unit in units:
            walk(unit["Id"])

    walk(client.list_roots()["Roots"][0]["Id"])
    assert tree == {
        "r-reh1": [
            MANAGEMENT,
            "ou-reh1-platforms",
            "ou-reh1-sandboxes",
            "ou-reh1-security",
            "ou-reh1-workloads",
        ],
        "ou-reh1-platforms": [HOME],
        "ou-reh1-sandboxes": ["444444444444"],
        "ou-reh1-security": [CENTRAL],
        "ou-reh1-workloads": ["444444444441", "ou-reh1-production"],
        "ou-reh1-production": ["444444444442", "444444444443"],
    }
    assert client.list_parents(ChildId="ou-reh1-production")["Parents"] == [
        {"Id": "ou-reh1-workloads", "Type": "ORGANIZATIONAL_UNIT"}
    ]
    assert client.list_parents(ChildId=MANAGEMENT)["Parents"] == [{"Id": ROOT, "Type": "ROOT"}]
    children = client.list_children(ParentId="ou-reh1-workloads", ChildType="ACCOUNT")["Children"]
    assert children == [{"Id": MEMBER, "Type": "ACCOUNT"}]


def test_accounts_and_units_are_described(world: World) -> None:
    client = world.client("organizations")
    assert len(client.list_accounts()["Accounts"]) == 7
    account = client.describe_account(AccountId=HOME)["Account"]
    assert account["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:account/o-rehearsal01/{HOME}"
    unit = client.describe_organizational_unit(OrganizationalUnitId="ou-reh1-security")[
        "OrganizationalUnit"
    ]
    assert unit["Name"] == "security"
    assert (
        error_of(client.describe_account, AccountId="999999999999")[0] == "AccountNotFoundException"
    )
    missing = error_of(
        client.describe_organizational_unit, OrganizationalUnitId="ou-reh1-nowhere99"
    )
    assert missing[0] == "OrganizationalUnitNotFoundException"
    assert (
        error_of(client.list_accounts_for_parent, ParentId="ou-reh1-nowhere99")[0]
        == "ParentNotFoundException"
    )
    assert error_of(client.list_parents, ChildId="999999999999")[0] == "ChildNotFoundException"


@pytest.mark.parametrize("account", [HOME, CENTRAL, MEMBER])
def test_a_member_sees_its_organization_and_nothing_else(world: World, account: str) -> None:
    client = world.client("organizations", account)
    organization = client.describe_organization()["Organization"]
    assert (organization["Id"], organization["MasterAccountId"]) == ("o-rehearsal01", MANAGEMENT)
    for call in (client.list_roots, client.list_accounts):
        assert error_of(call) == ("AccessDeniedException", None)
    assert error_of(client.describe_policy, PolicyId="p-12345678") == (
        "AccessDeniedException",
        None,
    )


@pytest.mark.parametrize("account", ["999999999999", "test"])
def test_a_stranger_has_no_organization(world: World, account: str) -> None:
    call = world.client("organizations", account).describe_organization
    assert error_of(call) == ("AWSOrganizationsNotInUseException", None)


def test_an_operation_that_is_not_emulated_says_so(world: World) -> None:
    call = world.client("organizations").list_handshakes_for_account
    assert error_of(call)[0] == "UnknownOperationException"


def statuses(world: World) -> dict[str, str]:
    """The policy types of the root with their status."""
    root = world.client("organizations").list_roots()["Roots"][0]
    return {entry["Type"]: entry["Status"] for entry in root["PolicyTypes"]}


def test_enabling_a_policy_type_takes_a_moment(world: World) -> None:
    client = world.client("organizations")
    world.settings(policy_type_delay=3600)
    backup = {"RootId": ROOT, "PolicyType": "BACKUP_POLICY"}
    assert statuses(world) == {"SERVICE_CONTROL_POLICY": "ENABLED"}
    answered = client.enable_policy_type(**backup)["Root"]
    assert {"Type": "BACKUP_POLICY", "Status": "PENDING_ENABLE"} in answered["PolicyTypes"]
    assert statuses(world)["BACKUP_POLICY"] == "PENDING_ENABLE"
    assert error_of(client.enable_policy_type, **backup)[0] == "PolicyChangesInProgressException"
    policy = {"PolicyId": world.policy(), "TargetId": ROOT}
    assert error_of(client.attach_policy, **policy)[0] == "PolicyTypeNotEnabledException"
    world.settings(policy_type_delay=0)
    assert statuses(world)["BACKUP_POLICY"] == "ENABLED"
    client.attach_policy(**policy)
    assert error_of(client.enable_policy_type, **backup)[0] == "PolicyTypeAlreadyEnabledException"


def test_disabling_a_policy_type_detaches_its_policies(world: World) -> None:
    client = world.enable_backup_policies()
    policy = world.policy()
    client.attach_policy(PolicyId=policy, TargetId=ROOT)
    client.disable_policy_type(RootId=ROOT, PolicyType="BACKUP_POLICY")
    assert statuses(world) == {"SERVICE_CONTROL_POLICY": "ENABLED"}
    assert client.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    wrong = {"RootId": "r-nope", "PolicyType": "BACKUP_POLICY"}
    assert error_of(client.enable_policy_type, **wrong)[0] == "RootNotFoundException"
    again = {"RootId": ROOT, "PolicyType": "BACKUP_POLICY"}
    assert error_of(client.disable_policy_type, **again)[0] == "PolicyTypeNotEnabledException"


def test_quotas_are_those_of_the_control_plane(world: World) -> None:
    client = world.enable_backup_policies()
    world.settings(policies_per_organization=3, policies_per_target=2, policy_characters=40)
    made = [world.policy(name, Content='{"plans":{}}') for name in "abc"]
    number = ("ConstraintViolationException", "POLICY_NUMBER_LIMIT_EXCEEDED")
    assert error_of(world.policy, name="d", Content='{"plans":{}}') == number
    size = ("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED")
    assert (
        error_of(client.update_policy, PolicyId=made[0], Content='{"plans":{}}' + " " * 29) == size
    )
    for policy in made[:2]:
        client.attach_policy(PolicyId=policy, TargetId=ROOT)
    full = ("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    assert error_of(client.attach_policy, PolicyId=made[2], TargetId=ROOT) == full
    client.attach_policy(PolicyId=made[2], TargetId=MANAGEMENT)


def test_ten_policies_fit_on_a_target_by_default(world: World) -> None:
    client = world.enable_backup_policies()
    made = [world.policy(f"policy {number}") for number in range(11)]
    for policy in made[:10]:
        client.attach_policy(PolicyId=policy, TargetId=ROOT)
    full = ("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    assert error_of(client.attach_policy, PolicyId=made[10], TargetId=ROOT) == full


def test_a_policy_type_is_enabled_by_itself_after_the_delay(world: World) -> None:
    world.client("organizations").enable_policy_type(RootId=ROOT, PolicyType="BACKUP_POLICY")
    eventually(lambda: statuses(world)["BACKUP_POLICY"] == "ENABLED")
