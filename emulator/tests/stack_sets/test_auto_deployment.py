"""Accounts join, move and leave: their stacks come, go or stay by themselves."""

from __future__ import annotations

import json
from typing import Any

from ..world import ROOT, World, eventually
from .stack_set_world import (
    DELEGATED,
    MEMBERS,
    OTHER_REGION,
    PRODUCTION,
    REGION,
    SANDBOXES,
    WORKLOADS,
    create,
    delegate,
    deploy,
    finish,
    holders,
    instances,
    template,
    value_in,
)

NEW = "666666666666"
KEEPING = {"Enabled": True, "RetainStacksOnAccountRemoval": True}


def move(world: World, account: str, source: str, destination: str) -> None:
    world.client("organizations").move_account(
        AccountId=account, SourceParentId=source, DestinationParentId=destination
    )


def settle(home: Any) -> None:
    """Wait until no operation of the stack set runs."""

    def idle() -> bool:
        found = home.list_stack_set_operations(StackSetName="set", **DELEGATED)["Summaries"]
        return all(entry["Status"] not in ("RUNNING", "QUEUED") for entry in found)

    eventually(idle)


def test_a_new_account_gets_its_stacks_in_an_ou_below_a_target(world: World) -> None:
    home = delegate(world)
    create(home)
    deploy(home, WORKLOADS, regions=(REGION, OTHER_REGION))
    world.control("POST", "accounts", {"id": NEW, "name": "new"})
    assert value_in(world, NEW) is None
    move(world, NEW, ROOT, PRODUCTION)
    for region in (REGION, OTHER_REGION):
        eventually(lambda where=region: value_in(world, NEW, where) == "one")
    settle(home)
    assert instances(home, **DELEGATED)[NEW, REGION] == "CURRENT"
    # An update reaches it like the others.
    update = home.update_stack_set(StackSetName="set", TemplateBody=template("two"), **DELEGATED)
    finish(home, update, **DELEGATED)
    assert value_in(world, NEW, OTHER_REGION) == "two"


def test_leaving_removes_the_stacks_or_keeps_them(world: World) -> None:
    home = delegate(world)
    create(home)
    deploy(home, WORKLOADS)
    move(world, MEMBERS[0], WORKLOADS, ROOT)
    eventually(lambda: value_in(world, MEMBERS[0]) is None)
    settle(home)
    assert set(instances(home, **DELEGATED)) == {(member, REGION) for member in MEMBERS[1:3]}

    update = home.update_stack_set(
        StackSetName="set", UsePreviousTemplate=True, AutoDeployment=KEEPING, **DELEGATED
    )
    finish(home, update, **DELEGATED)
    move(world, MEMBERS[1], PRODUCTION, ROOT)
    eventually(lambda: (MEMBERS[1], REGION) not in instances(home, **DELEGATED))
    settle(home)
    assert value_in(world, MEMBERS[1]) == "one"


def test_what_stayed_is_in_the_way_when_the_account_comes_back(world: World) -> None:
    home = delegate(world)
    only_a_vault = json.dumps({"Resources": {"Vault": vault()}})
    create(home, AutoDeployment=KEEPING, TemplateBody=only_a_vault)
    deploy(home, SANDBOXES)
    move(world, MEMBERS[3], SANDBOXES, ROOT)
    eventually(lambda: not instances(home, **DELEGATED))
    settle(home)
    move(world, MEMBERS[3], ROOT, SANDBOXES)
    eventually(lambda: instances(home, **DELEGATED))
    settle(home)
    (instance,) = home.list_stack_instances(StackSetName="set", **DELEGATED)["Summaries"]
    assert instance["Status"] == "OUTDATED"
    assert "with identifier 'vault' already exists" in instance["StatusReason"]


def vault() -> dict[str, Any]:
    return {"Type": "AWS::Backup::BackupVault", "Properties": {"BackupVaultName": "vault"}}


def test_moving_between_targets_keeps_what_both_want(world: World) -> None:
    home = delegate(world)
    create(home)
    deploy(home, WORKLOADS, regions=(REGION, OTHER_REGION))
    deploy(home, SANDBOXES)
    before = home.describe_stack_instance(
        StackSetName="set",
        StackInstanceAccount=MEMBERS[0],
        StackInstanceRegion=REGION,
        **DELEGATED,
    )["StackInstance"]["StackId"]
    move(world, MEMBERS[0], WORKLOADS, SANDBOXES)
    eventually(lambda: value_in(world, MEMBERS[0], OTHER_REGION) is None)
    settle(home)
    after = home.list_stack_instances(
        StackSetName="set", StackInstanceAccount=MEMBERS[0], **DELEGATED
    )["Summaries"]
    assert [(entry["Region"], entry["StackId"]) for entry in after] == [(REGION, before)]


def test_who_leaves_the_organization_keeps_its_stacks(world: World) -> None:
    home = delegate(world)
    create(home)
    deploy(home, SANDBOXES)
    world.client("organizations").remove_account_from_organization(AccountId=MEMBERS[3])
    eventually(lambda: not instances(home, **DELEGATED))
    assert value_in(world, MEMBERS[3]) == "one"


def test_without_automatic_deployment_nothing_follows(world: World) -> None:
    home = delegate(world)
    create(home, "quiet", AutoDeployment={"Enabled": False})
    create(home, TemplateBody=template("set").replace('"/x"', '"/y"'))
    deploy(home, SANDBOXES, name="quiet")
    deploy(home, SANDBOXES)
    move(world, MEMBERS[0], WORKLOADS, SANDBOXES)
    eventually(lambda: (MEMBERS[0], REGION) in instances(home, **DELEGATED))
    settle(home)
    assert holders(world) == [MEMBERS[3]]
    assert list(instances(home, "quiet", **DELEGATED)) == [(MEMBERS[3], REGION)]


def test_a_stack_set_waits_for_those_that_it_depends_on(world: World) -> None:
    home = delegate(world)
    create(home, "first")
    arn = home.describe_stack_set(StackSetName="first", **DELEGATED)["StackSet"]["StackSetARN"]
    create(
        home,
        AutoDeployment={
            "Enabled": True,
            "RetainStacksOnAccountRemoval": False,
            "DependsOn": [arn],
        },
        TemplateBody=template().replace('"/x"', '"/y"'),
    )
    deploy(home, SANDBOXES)
    deploy(home, SANDBOXES, name="first")
    world.control("DELETE", "calls")
    move(world, MEMBERS[0], WORKLOADS, SANDBOXES)
    eventually(lambda: (MEMBERS[0], REGION) in instances(home, **DELEGATED))
    settle(home)
    created = world.control("GET", "calls?operation=CreateStack")
    names = [call["parameters"]["StackName"].split("-")[1] for call in created]
    assert names == ["first", "set"]


def test_a_suspended_account_is_listed_as_such_and_passed_over(world: World) -> None:
    home = delegate(world)
    create(home)
    deploy(home, WORKLOADS)
    account = MEMBERS[0]
    world.control("POST", "accounts", {"id": account, "suspended": True})
    listed = world.client("organizations").list_accounts()["Accounts"]
    assert [entry["Id"] for entry in listed if entry["State"] == "SUSPENDED"] == [account]
    update = home.update_stack_set(StackSetName="set", TemplateBody=template("two"), **DELEGATED)
    finish(home, update, **DELEGATED)
    found = home.list_stack_instances(StackSetName="set", **DELEGATED)["Summaries"]
    passed_over = {
        entry["Account"]: entry["Status"]
        for entry in found
        if entry["StackInstanceStatus"]["DetailedStatus"] == "SKIPPED_SUSPENDED_ACCOUNT"
    }
    assert passed_over == {account: "OUTDATED"}
    assert value_in(world, account) == "one"
    world.control("POST", "accounts", {"id": account, "suspended": False})
    listed = world.client("organizations").list_accounts()["Accounts"]
    assert {entry["State"] for entry in listed} == {"ACTIVE"}
