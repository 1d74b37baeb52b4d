"""Accounts move, leave and join; services get trusted access and delegated administrators."""

from __future__ import annotations

import json

import pytest

from ..world import CENTRAL, HOME, MANAGEMENT, MEMBER, ROOT, World, error_of

STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"
SANDBOXES = "ou-reh1-sandboxes"
WORKLOADS = "ou-reh1-workloads"


def test_an_account_moves_and_its_path_with_it(world: World) -> None:
    client = world.client("organizations")
    client.move_account(AccountId=MEMBER, SourceParentId=WORKLOADS, DestinationParentId=SANDBOXES)
    assert client.list_parents(ChildId=MEMBER)["Parents"] == [
        {"Id": SANDBOXES, "Type": "ORGANIZATIONAL_UNIT"}
    ]
    client.move_account(AccountId=MEMBER, SourceParentId=SANDBOXES, DestinationParentId=ROOT)
    assert client.list_parents(ChildId=MEMBER)["Parents"] == [{"Id": ROOT, "Type": "ROOT"}]


def test_moves_that_cannot_be(world: World) -> None:
    move = world.client("organizations").move_account
    place = {"SourceParentId": WORKLOADS, "DestinationParentId": SANDBOXES}
    assert error_of(move, AccountId="999999999999", **place)[0] == "AccountNotFoundException"
    assert error_of(move, AccountId=HOME, **place)[0] == "SourceParentNotFoundException"
    nowhere = {**place, "DestinationParentId": "ou-reh1-nowhere99"}
    assert error_of(move, AccountId=MEMBER, **nowhere)[0] == "DestinationParentNotFoundException"
    same = {**place, "DestinationParentId": WORKLOADS}
    assert error_of(move, AccountId=MEMBER, **same)[0] == "DuplicateAccountException"


def test_an_account_leaves_and_comes_back(world: World) -> None:
    client = world.enable_backup_policies()
    policy = world.policy()
    client.attach_policy(PolicyId=policy, TargetId=MEMBER)
    client.remove_account_from_organization(AccountId=MEMBER)
    assert error_of(client.describe_account, AccountId=MEMBER)[0] == "AccountNotFoundException"
    assert client.list_targets_for_policy(PolicyId=policy)["Targets"] == []
    own = world.client("organizations", MEMBER).describe_organization
    assert error_of(own)[0] == "AWSOrganizationsNotInUseException"

    world.control("POST", "accounts", {"id": MEMBER, "name": "member-1", "parent": WORKLOADS})
    assert client.describe_account(AccountId=MEMBER)["Account"]["Name"] == "member-1"
    world.control("POST", "accounts", {"id": "666666666666", "name": "new"})
    assert client.list_parents(ChildId="666666666666")["Parents"][0]["Id"] == ROOT
    role = world.client("iam", "666666666666").get_role(RoleName="OrganizationAccountAccessRole")
    assert MANAGEMENT in json.dumps(role["Role"]["AssumeRolePolicyDocument"])


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ({"id": "12", "name": "short"}, "twelve digits"),
        ({"id": MEMBER, "name": "again"}, "in the organization already"),
        ({"id": "555555555552", "name": "theirs"}, "in another organization"),
        ({"id": "666666666666"}, "needs a name"),
        ({"id": "666666666666", "name": "new", "parent": "ou-x"}, "neither the root nor an OU"),
    ],
)
def test_accounts_that_cannot_join(world: World, account: dict[str, str], reason: str) -> None:
    status, _, answer = world.http("POST", "/_emulator/accounts", body=json.dumps(account))
    assert status == 400
    assert reason in json.loads(answer)["error"]


def test_management_account_and_delegated_administrators_do_not_leave(world: World) -> None:
    client = world.client("organizations")
    leave = client.remove_account_from_organization
    assert error_of(leave, AccountId=MANAGEMENT)[0] == "MasterCannotLeaveOrganizationException"
    client.register_delegated_administrator(AccountId=HOME, ServicePrincipal=STACK_SETS)
    assert error_of(leave, AccountId=HOME) == (
        "ConstraintViolationException",
        "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
    )


def test_trusted_access_is_given_listed_and_taken(world: World) -> None:
    client = world.client("organizations")

    def enabled() -> list[str]:
        entries = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
        return [entry["ServicePrincipal"] for entry in entries]

    assert enabled() == []
    client.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    client.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    assert enabled() == ["backup.amazonaws.com"]
    client.disable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    assert enabled() == []
    unknown = error_of(client.enable_aws_service_access, ServicePrincipal="no.amazonaws.com")
    assert unknown == ("InvalidInputException", "UNRECOGNIZED_SERVICE_PRINCIPAL")


def test_a_delegated_administrator_may_look_but_not_change(world: World) -> None:
    management = world.client("organizations")
    home = world.client("organizations", HOME)
    assert error_of(home.list_accounts)[0] == "AccessDeniedException"
    management.register_delegated_administrator(AccountId=HOME, ServicePrincipal=STACK_SETS)
    assert len(home.list_accounts()["Accounts"]) == 7
    again = {"AccountId": HOME, "ServicePrincipal": STACK_SETS}
    assert (
        error_of(management.register_delegated_administrator, **again)[0]
        == "AccountAlreadyRegisteredException"
    )
    move = {"AccountId": MEMBER, "SourceParentId": WORKLOADS, "DestinationParentId": ROOT}
    assert error_of(home.move_account, **move)[0] == "AccessDeniedException"
    found = management.list_delegated_administrators(ServicePrincipal=STACK_SETS)
    assert [entry["Id"] for entry in found["DelegatedAdministrators"]] == [HOME]
    services = management.list_delegated_services_for_account(AccountId=HOME)
    assert services["DelegatedServices"][0]["ServicePrincipal"] == STACK_SETS
    management.deregister_delegated_administrator(**again)
    assert error_of(home.list_accounts)[0] == "AccessDeniedException"
    assert management.list_delegated_administrators()["DelegatedAdministrators"] == []


def test_backup_settings_of_organization_and_region(world: World) -> None:
    management = world.client("backup")
    found = management.describe_global_settings()["GlobalSettings"]
    assert found == {"isCrossAccountBackupEnabled": "false"}
    wanted = {"isCrossAccountBackupEnabled": "true"}
    central = world.client("backup", CENTRAL)
    assert (
        error_of(central.update_global_settings, GlobalSettings=wanted)[0]
        == "InvalidRequestException"
    )
    management.update_global_settings(GlobalSettings=wanted)
    assert central.describe_global_settings()["GlobalSettings"] == wanted
    off = {
        name: True
        for name, chosen in management.describe_region_settings()[
            "ResourceTypeOptInPreference"
        ].items()
        if not chosen
    }
    assert off
    management.update_region_settings(ResourceTypeOptInPreference=off)
    after = management.describe_region_settings()["ResourceTypeOptInPreference"]
    assert all(after.values())
    others = central.describe_region_settings()["ResourceTypeOptInPreference"]
    assert not all(others.values())
