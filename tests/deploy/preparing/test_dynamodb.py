"""DynamoDB's advanced backup: shown first, switched on where asked, each place by itself."""

import pytest
from deploy.preparing import dynamodb
from deploy.problem import Problem
from fakes import Paginator, Session, Sts, client_error

MANAGEMENT = "111111111111"
ONE, TWO, CLOSED = "444444444441", "444444444442", "444444444443"
REGIONS = ("eu-central-1", "eu-west-1")


class Organizations:
    """A target unit with an account, a unit below it with another one, and one that is closed."""

    units = {"ou-ab12-cdefgh34": [{"Id": "ou-ab12-below"}]}
    accounts = {
        "ou-ab12-cdefgh34": [
            {"Id": TWO, "State": "ACTIVE"},
            {"Id": CLOSED, "State": "PENDING_CLOSURE", "Status": "ACTIVE"},
        ],
        "ou-ab12-below": [{"Id": ONE, "Status": "ACTIVE"}],
    }

    def get_paginator(self, name):
        self.wanted = name
        return self

    def paginate(self, ParentId):
        if self.wanted == "list_accounts_for_parent":
            return Paginator([{"Accounts": self.accounts.get(ParentId, [])}]).paginate()
        return Paginator([{"OrganizationalUnits": self.units.get(ParentId, [])}]).paginate()


class Backup:
    def __init__(self, on=False, refuses=False, stubborn=False):
        self.settings = {"DynamoDB": on, "EFS": False}
        self.refuses, self.stubborn, self.writes = refuses, stubborn, []

    def describe_region_settings(self):
        return {"ResourceTypeManagementPreference": self.settings}

    def update_region_settings(self, **wanted):
        if self.refuses:
            raise client_error("UpdateRegionSettings", "AccessDeniedException", "no")
        self.writes.append(wanted)
        if not self.stubborn:
            self.settings |= wanted["ResourceTypeManagementPreference"]


class World:
    """Member accounts with a Backup in each Region."""

    def __init__(self):
        self.backups = {(account, region): Backup() for account in (ONE, TWO) for region in REGIONS}
        self.session = Session({"sts": Sts(MANAGEMENT), "organizations": Organizations()})

    def enter(self, account):
        if account == CLOSED:
            raise Problem(f"role `Admin` of {account}", "AccessDenied", "another")
        return Session({("backup", region): self.backups[account, region] for region in REGIONS})

    def writes(self):
        return [write for backup in self.backups.values() for write in backup.writes]

    def enable(self, targets, printed, apply, *accounts):
        return dynamodb.enable(
            self.session, targets, list(accounts), self.enter, apply, printed.append
        )


def states(printed):
    return [line.split()[0] for line in printed]


def test_without_apply_it_is_only_shown_for_every_open_account_below_the_targets(targets, printed):
    world = World()
    world.backups[ONE, REGIONS[0]] = Backup(on=True)
    assert world.enable(targets, printed, False) is False
    assert printed == [
        f"ok       advanced backup of DynamoDB, {ONE} in eu-central-1",
        f"missing  advanced backup of DynamoDB, {ONE} in eu-west-1: switched off",
        f"missing  advanced backup of DynamoDB, {TWO} in eu-central-1: switched off",
        f"missing  advanced backup of DynamoDB, {TWO} in eu-west-1: switched off",
        "nothing was changed; read what it changes in docs/copies.md, then add APPLY=1",
    ]
    assert world.writes() == []


def test_it_is_switched_on_once_and_nothing_else_is_changed(targets, printed):
    world = World()
    assert world.enable(targets, printed, True) is True
    assert states(printed) == ["done"] * 4
    assert world.writes() == [{"ResourceTypeManagementPreference": {"DynamoDB": True}}] * 4
    printed.clear()
    assert world.enable(targets, printed, True) is True
    assert states(printed) == ["ok"] * 4
    assert len(world.writes()) == 4


def test_only_the_accounts_that_are_named(targets, printed):
    world = World()
    assert world.enable(targets, printed, True, TWO) is True
    assert not any(ONE in line for line in printed)
    assert world.backups[ONE, REGIONS[0]].writes == []


def test_what_fails_is_told_and_withholds_nothing_from_the_others(targets, printed):
    world = World()
    world.backups[ONE, REGIONS[0]] = Backup(refuses=True)
    world.backups[ONE, REGIONS[1]] = Backup(stubborn=True)
    with pytest.raises(Problem, match="3 places failed"):
        world.enable(targets, printed, True, CLOSED, ONE, TWO)
    assert printed == [
        f"FAILED   advanced backup of DynamoDB, role `Admin` of {CLOSED}: AccessDenied; another",
        f"FAILED   advanced backup of DynamoDB, {ONE} in eu-central-1: AccessDeniedException: no",
        f"FAILED   advanced backup of DynamoDB, {ONE} in eu-west-1: still switched off",
        f"done     advanced backup of DynamoDB, {TWO} in eu-central-1",
        f"done     advanced backup of DynamoDB, {TWO} in eu-west-1",
    ]


def test_another_account_than_the_management_accounts_is_refused(targets, printed):
    world = World()
    world.session.clients["sts"] = Sts("222222222222")
    with pytest.raises(Problem, match="the management account is 111111111111"):
        world.enable(targets, printed, True)
    assert world.writes() == []
