"""AWS Backup's service-linked role: made where it is missing, left alone where it is."""

import pytest
from deploy.preparing import linked_role, members
from deploy.problem import Problem
from fakes import Iam, Session, Sts, client_error

NAME = "AWSServiceRoleForBackup"


class Organizations:
    """Units and accounts; `tree` has the children of each parent."""

    def __init__(self, tree):
        self.tree = tree

    def get_paginator(self, operation):
        return Pages(self, operation)


class Pages:
    def __init__(self, organizations, operation):
        self.organizations = organizations
        self.operation = operation

    def paginate(self, ParentId):
        children = self.organizations.tree.get(ParentId, [])
        if self.operation == "list_accounts_for_parent":
            found = [child for child in children if isinstance(child, tuple)]
            accounts = [{"Id": id, "State": state} for id, state in found]
            # Each on a page of its own.
            return [{"Accounts": [account]} for account in accounts]
        units = [child for child in children if isinstance(child, str)]
        return [{"OrganizationalUnits": [{"Id": unit} for unit in units]}]


ROOT_OF_TARGETS = "ou-ab12-cdefgh34"
TREE = {
    ROOT_OF_TARGETS: [("444444444444", "ACTIVE"), "ou-below", ("111111111111", "ACTIVE")],
    "ou-below": [("555555555555", "ACTIVE"), ("666666666666", "SUSPENDED")],
}


class World:
    """The management account's session, and one IAM for each account."""

    def __init__(self, *there):
        self.iam = {
            account: Iam({NAME: "arn"} if account in there else {})
            for account in ("444444444444", "555555555555")
        }
        self.closed = set()
        self.session = Session({"sts": Sts("111111111111"), "organizations": Organizations(TREE)})

    def enter(self, account):
        if account in self.closed:
            raise Problem(f"role `R` of {account}", "AccessDenied", "name one that trusts you")
        return Session({"iam": self.iam[account]})


def test_it_is_made_once():
    iam = Iam({})
    assert linked_role.make(iam)
    assert not linked_role.make(iam)
    assert list(iam.roles) == [NAME]


@pytest.mark.parametrize("code", ["InvalidInput", "AccessDenied"])
def test_any_other_refusal_is_told(code):
    class Refusing(Iam):
        def create_service_linked_role(self, AWSServiceName):
            raise client_error("CreateServiceLinkedRole", code, "Not with us.")

    with pytest.raises(Problem, match="Not with us"):
        linked_role.make(Refusing({}))


def test_nothing_is_made_unless_it_is_asked_for(targets, printed):
    world = World("555555555555")
    assert not members.prepare(world.session, targets, world.enter, False, printed.append)
    assert printed == [
        f"missing  {NAME} in 444444444444",
        f"ok       {NAME} in 555555555555",
        "nothing was changed; add APPLY=1 to make what is missing",
    ]
    assert world.iam["444444444444"].roles == {}


def test_every_active_account_below_the_targets_gets_it(targets, printed):
    world = World()
    assert members.prepare(world.session, targets, world.enter, True, printed.append)
    assert all(NAME in iam.roles for iam in world.iam.values())
    assert printed == [f"done     {NAME} in {account}" for account in sorted(world.iam)]
    printed.clear()
    assert members.prepare(world.session, targets, world.enter, True, printed.append)
    assert printed == [f"ok       {NAME} in {account}" for account in sorted(world.iam)]


def test_one_account_that_is_closed_withholds_nothing_from_the_others(targets, printed):
    world = World()
    world.closed.add("444444444444")
    with pytest.raises(Problem, match="1 of 2 accounts"):
        members.prepare(world.session, targets, world.enter, True, printed.append)
    assert printed[0].startswith("FAILED   444444444444: role `R` of 444444444444: AccessDenied")
    assert NAME in world.iam["555555555555"].roles


def test_only_the_management_account_comes_into_the_others(targets, printed):
    world = World()
    world.session.clients["sts"] = Sts("222222222222")
    with pytest.raises(Problem, match="the management account is 111111111111"):
        members.prepare(world.session, targets, world.enter, True, printed.append)
