"""The organization's preparation: checked first, done only when asked, verified, safe to repeat."""

import dataclasses

import pytest
from deploy.preparing import organization
from deploy.problem import Problem
from deploy.stacks import BY_NAME, Stack
from fakes import Ec2, Paginator, Session, Sts, client_error


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(organization, "SETTLE_SECONDS", 0.2)
    monkeypatch.setattr(organization, "POLL_SECONDS", 0.01)


class Organizations:
    def __init__(self, features="ALL", access=(), administrators=(), enabled=False, stubborn=False):
        self.features, self.access, self.administrators = features, set(access), set(administrators)
        self.stubborn, self.writes = stubborn, []
        self.types = {"BACKUP_POLICY"} if enabled else set()

    def describe_organization(self):
        return {"Organization": {"Id": "o-abcd123456", "FeatureSet": self.features}}

    def get_paginator(self, name):
        if name == "list_aws_service_access_for_organization":
            return Paginator(
                [{"EnabledServicePrincipals": [{"ServicePrincipal": p}]} for p in self.access]
            )
        return Paginator(
            [{"DelegatedAdministrators": [{"Id": account}]} for account in self.administrators]
        )

    def list_roots(self):
        types = [{"Type": name, "Status": "ENABLED"} for name in self.types]
        return {"Roots": [{"Id": "r-ab12", "PolicyTypes": types}]}

    def enable_all_features(self):
        self.writes.append("features")

    def enable_aws_service_access(self, ServicePrincipal):
        self.writes.append(ServicePrincipal)
        self.access.add(ServicePrincipal)

    def register_delegated_administrator(self, AccountId, ServicePrincipal):
        self.writes.append(AccountId)
        self.administrators.add(AccountId)

    def enable_policy_type(self, RootId, PolicyType):
        self.writes.append(PolicyType)
        if not self.stubborn:
            self.types.add(PolicyType)


class Backup:
    def __init__(self, cross_account=False, off=("EBS", "RDS")):
        self.cross_account = cross_account
        self.types = {"DynamoDB": True} | dict.fromkeys(off, False)
        self.writes = []

    def describe_global_settings(self):
        return {"GlobalSettings": {"isCrossAccountBackupEnabled": str(self.cross_account).lower()}}

    def update_global_settings(self, GlobalSettings):
        self.writes.append("cross-account")
        self.cross_account = True

    def describe_region_settings(self):
        return {"ResourceTypeOptInPreference": self.types}

    def update_region_settings(self, ResourceTypeOptInPreference):
        self.writes.append(sorted(ResourceTypeOptInPreference))
        self.types = self.types | ResourceTypeOptInPreference


class StackSets:
    def __init__(self, organizations):
        self.organizations = organizations

    def activate_organizations_access(self):
        self.organizations.writes.append("stack sets")
        self.organizations.access.add(organization.STACK_SETS)


def world(organizations=None, account="111111111111", opt_in=None):
    organizations = organizations or Organizations()
    regions = ("eu-central-1", "eu-west-1", *(opt_in or {}))
    regional = {("backup", region): Backup() for region in regions}
    return Session(
        {
            "sts": Sts(account),
            "ec2": Ec2(opt_in),
            "organizations": organizations,
            "cloudformation": StackSets(organizations),
            "backup": Backup(),
            **regional,
        }
    )


def writes(session):
    return [write for client in session.clients.values() for write in getattr(client, "writes", [])]


def test_without_apply_nothing_changes_and_everything_missing_is_told(targets, printed):
    session = world()
    assert organization.prepare(session, targets, False, printed.append) is False
    assert writes(session) == []
    assert [line.split("  ")[0] for line in printed if "the way back" not in line] == [
        "ok",
        *["missing"] * 7,
        "nothing was changed; add APPLY=1 to do what is missing",
    ]
    assert "missing  service opt-in in eu-west-1: off for EBS, RDS" in printed


def with_hong_kong(targets):
    return dataclasses.replace(targets, regions=(*targets.regions, "ap-east-1"))


@pytest.mark.parametrize("apply", [False, True])
def test_a_region_that_the_management_account_has_not_enabled_is_told(targets, printed, apply):
    """AWS Backup's settings there could not even be read, nor can stack sets deploy there."""
    session = world(opt_in={"ap-east-1": False, "me-south-1": False})
    if apply:
        with pytest.raises(Problem, match="aws account enable-region --region-name ap-east-1"):
            organization.prepare(session, with_hong_kong(targets), True, printed.append)
    else:
        assert not organization.prepare(session, with_hong_kong(targets), False, printed.append)
    assert any(line.startswith("missing  Region ap-east-1: not enabled") for line in printed)
    assert not any(
        "service opt-in in ap-east-1" in line or "me-south-1" in line for line in printed
    )
    assert session.clients["backup", "ap-east-1"].writes == []


def test_a_region_that_the_management_account_has_enabled_is_ready(targets, printed):
    session = world(opt_in={"ap-east-1": True})
    assert organization.prepare(session, with_hong_kong(targets), True, printed.append)
    assert "ok       Region ap-east-1" in printed
    assert "done     service opt-in in ap-east-1" in printed


def test_the_home_accounts_region_is_among_them_where_it_is_named(targets, printed, monkeypatch):
    """The policy manager assumes the management account's role at STS of that Region."""
    session = world(opt_in={"me-south-1": False})
    values = {"aws-backup-failed-jobs": {"HomeRegion": "me-south-1"}}
    monkeypatch.setattr(Stack, "parameters", lambda stack: values.get(stack.name, {}))
    assert not organization.prepare(session, targets, False, printed.append)
    assert "missing  Region me-south-1: not enabled in this account" in printed
    assert not any("service opt-in in me-south-1" in line for line in printed)


def test_with_apply_everything_is_done_and_a_second_time_nothing(targets, printed):
    session = world()
    assert organization.prepare(session, targets, True, printed.append) is True
    assert sum(line.startswith("done") for line in printed) == 7
    before = writes(session)
    assert len(before) == 7
    assert organization.prepare(session, targets, True, printed.append) is True
    assert writes(session) == before


def test_the_way_back_of_an_opt_in_is_printed_before_and_after_and_names_only_what_was_off(
    targets, printed
):
    command = (
        "aws backup update-region-settings --region eu-west-1 --resource-type-opt-in-preference "
        """'{"EBS": false, "RDS": false}'"""
    )
    for apply in (False, True):
        organization.prepare(world(), targets, apply, printed.append)
        before = printed.index(f"         the way back: {command}") - 1
        assert "service opt-in in eu-west-1" in printed[before]
        printed.clear()


def test_what_is_on_already_is_left_alone(targets, printed):
    session = world(Organizations(access=[organization.BACKUP], enabled=True))
    organization.prepare(session, targets, True, printed.append)
    assert session.clients["organizations"].writes == ["stack sets", "222222222222"]


def test_a_step_that_did_not_take_effect_is_told(targets, printed):
    session = world(Organizations(stubborn=True))
    with pytest.raises(Problem, match="policy type BACKUP_POLICY: still not enabled on the root"):
        organization.prepare(session, targets, True, printed.append)


def test_a_policy_type_that_is_pending_for_a_moment_is_waited_for(targets, printed):
    class Pending(Organizations):
        looks = 0

        def list_roots(self):
            self.looks += 1
            statuses = {"BACKUP_POLICY": "ENABLED" if self.looks > 5 else "PENDING_ENABLE"}
            types = [{"Type": name, "Status": statuses.get(name, "ENABLED")} for name in self.types]
            return {"Roots": [{"Id": "r-ab12", "PolicyTypes": types}]}

    assert organization.prepare(world(Pending()), targets, True, printed.append) is True
    assert "done     policy type BACKUP_POLICY" in printed


def test_all_features_wait_for_the_invited_accounts(targets, printed):
    session = world(Organizations(features="CONSOLIDATED_BILLING"))
    with pytest.raises(
        Problem, match="all features of the organization: still only consolidated billing is on"
    ):
        organization.prepare(session, targets, True, printed.append)
    assert session.clients["organizations"].writes == ["features"]


def test_service_control_policies_are_enabled_only_for_who_uses_them(targets, printed, monkeypatch):
    session = world()
    organization.prepare(session, targets, True, printed.append)
    assert "SERVICE_CONTROL_POLICY" not in session.clients["organizations"].types
    used = dataclasses.replace(BY_NAME["aws-backup-scp-limit-to-organization"], name="used")
    monkeypatch.setattr(type(used), "parameters", lambda _: {"TargetIds": "ou-ab12-cdefgh34"})
    monkeypatch.setattr(organization, "STACKS", [used])
    organization.prepare(session, targets, True, printed.append)
    assert "SERVICE_CONTROL_POLICY" in session.clients["organizations"].types


def test_another_account_is_refused(targets, printed):
    with pytest.raises(Problem, match="the management account is 111111111111"):
        organization.prepare(world(account="222222222222"), targets, True, printed.append)


def test_a_refusal_keeps_awss_reason(targets, printed):
    session = world()

    def refuse():
        raise client_error("ActivateOrganizationsAccess", "AccessDenied", "not for you")

    session.clients["cloudformation"].activate_organizations_access = refuse
    with pytest.raises(
        Problem, match="AccessDenied: not for you; service-managed stack sets need it"
    ):
        organization.prepare(session, targets, True, printed.append)
