"""The check after the roll-outs: who failed, why, and how to try them again."""

import boto3
import pytest
from botocore.exceptions import ClientError
from deploy.pipeline import stack_sets
from deploy.problem import Problem
from deploy.stacks import STACKS
from fakes import Session, client_error

BUCKETS, ROLES = "aws-backup-lambda-s3-bucket", "aws-backup-member-accounts-role"
VAULTS, FUNCTIONS = "aws-backup-member-accounts", "aws-backup-tagonrestore"
ONE, TWO, HOME = "444444444441", "444444444442", "222222222222"


def instance(account, region, status="CURRENT", detailed=None, **more):
    detailed = detailed or {"CURRENT": "SUCCEEDED", "OUTDATED": "FAILED"}.get(status, status)
    return {
        "Account": account,
        "Region": region,
        "Status": status,
        "StackInstanceStatus": {"DetailedStatus": detailed},
    } | more


def member(account, region, *status, **more):
    return instance(account, region, *status, OrganizationalUnitId="ou-ab12-cdefgh34", **more)


class World:
    """Stack sets behind boto3's own client and paginator: two stack instances a page."""

    def __init__(self, monkeypatch, printed):
        self.instances = {
            BUCKETS: [instance(HOME, "eu-central-1")],
            ROLES: [member(ONE, "eu-central-1")],
            VAULTS: [member(ONE, region) for region in ("eu-central-1", "eu-west-1", "eu-north-1")],
            FUNCTIONS: [member(ONE, "eu-central-1")],
        }
        self.calls = []
        self.sleeps = []
        self.after_sleep = lambda: None
        self.printed = printed
        client = boto3.client(
            "cloudformation", "eu-central-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        monkeypatch.setattr(client, "_make_api_call", self._answer)
        monkeypatch.setattr(stack_sets.time, "sleep", self._sleep)
        monkeypatch.setattr(stack_sets.time, "monotonic", lambda: sum(self.sleeps))
        self._session = Session({"cloudformation": client})

    def _answer(self, operation, request):
        assert operation == "ListStackInstances"
        name, begin = request["StackSetName"], int(request.get("NextToken", 0))
        self.calls.append((name, request["CallAs"], begin))
        if name not in self.instances:
            raise client_error(operation, "StackSetNotFoundException", f"StackSet {name} not found")
        answer = {"Summaries": self.instances[name][begin : begin + 2]}
        more = begin + 2 < len(self.instances[name])
        return answer | ({"NextToken": str(begin + 2)} if more else {})

    def _sleep(self, seconds):
        self.sleeps.append(seconds)
        self.after_sleep()

    def verify(self):
        stack_sets.verify(self._session, self.printed.append)

    def fail(self, failures):
        with pytest.raises(Problem, match=f"stack sets: {failures} failures"):
            self.verify()
        return "\n".join(self.printed)


@pytest.fixture
def world(monkeypatch, printed):
    return World(monkeypatch, printed)


def command(verb, stack_set, where, regions, call_as="DELEGATED_ADMIN"):
    return (
        f"    aws cloudformation {verb} --region eu-central-1 --call-as {call_as} "
        f"--stack-set-name {stack_set} {where} --regions {regions} "
        "--operation-preferences FailureTolerancePercentage=100"
    )


def accounts(*names):
    return (
        "--deployment-targets OrganizationalUnitIds=ou-ab12-cdefgh34,"
        f"Accounts={','.join(names)},AccountFilterType=INTERSECTION"
    )


def test_all_pages_of_every_stack_set_are_read_as_the_one_who_owns_it(world):
    world.verify()
    assert world.calls == [
        (BUCKETS, "SELF", 0),
        (ROLES, "DELEGATED_ADMIN", 0),
        (VAULTS, "DELEGATED_ADMIN", 0),
        (VAULTS, "DELEGATED_ADMIN", 2),
        (FUNCTIONS, "DELEGATED_ADMIN", 0),
    ]
    assert world.printed[2] == f"{VAULTS}: 0 of 3 stack instances are not current"
    assert len(world.printed) == len([stack for stack in STACKS if stack.child])
    assert world.sleeps == []


def test_a_failure_on_the_last_page_is_named_with_its_reason_and_command(world):
    world.instances[VAULTS][2] |= member(
        ONE, "eu-north-1", "OUTDATED", StatusReason="explicit deny\n in a service control policy"
    )
    reported = world.fail(1)
    assert (
        f"  {ONE} in eu-north-1: OUTDATED (FAILED): explicit deny in a service control policy"
    ) in reported
    assert command("update-stack-instances", VAULTS, accounts(ONE), "eu-north-1") in reported


def test_commands_touch_just_what_failed(world):
    """Accounts with the same Regions share a command; others have their own."""
    world.instances[VAULTS] = [
        member(ONE, "eu-west-1", "OUTDATED"),
        member(TWO, "eu-west-1", "OUTDATED"),
        member(HOME, "eu-west-1"),
        member(HOME, "eu-central-1", "OUTDATED", "CANCELLED"),
    ]
    world.instances[FUNCTIONS] = [member(ONE, "eu-west-1", "OUTDATED")]
    world.fail(4)
    assert [line for line in world.printed if "    aws" in line] == [
        command("update-stack-instances", VAULTS, accounts(ONE, TWO), "eu-west-1"),
        command("update-stack-instances", VAULTS, accounts(HOME), "eu-central-1"),
        command("update-stack-instances", FUNCTIONS, accounts(ONE), "eu-west-1"),
    ]


def test_the_self_managed_stack_set_is_named_by_accounts(world):
    world.instances[BUCKETS] = [instance(HOME, "eu-west-1", "OUTDATED")]
    reported = world.fail(1)
    expected = command(
        "update-stack-instances", BUCKETS, f"--accounts {HOME}", "eu-west-1", call_as="SELF"
    )
    assert expected in reported
    assert "no reason was given" in reported


def test_a_suspended_account_is_told_and_is_no_failure(world):
    world.instances[ROLES] = [
        member(ONE, "eu-central-1"),
        member(TWO, "eu-central-1", "OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT"),
    ]
    world.verify()
    assert f"  {TWO} in eu-central-1: passed over, the account is suspended" in world.printed


def test_what_no_update_reaches_gets_another_command(world):
    world.instances[ROLES] = [member(TWO, "eu-central-1", "INOPERABLE")]
    reported = world.fail(1)
    assert "update-stack-instances" not in reported
    verb = "delete-stack-instances --retain-stacks"
    assert command(verb, ROLES, accounts(TWO), "eu-central-1") in reported


def test_what_is_in_the_way_is_taken_over_by_one_command(world):
    there = {"StatusReason": "Resource of type 'X' with identifier 'Y' already exists."}
    world.instances[ROLES] = [member(TWO, "eu-central-1", "OUTDATED", **there)]
    world.instances[VAULTS] = [
        member(ONE, "eu-west-1", "INOPERABLE", "FAILED_IMPORT"),
        member(TWO, "eu-west-1", "OUTDATED", **there),
    ]
    world.instances[FUNCTIONS] = [member(HOME, "eu-central-1", "OUTDATED")]
    reported = world.fail(4)
    expected = f"  make adopt-account PROFILE=management REGION=eu-central-1 ACCOUNT={ONE},{TWO}"
    assert reported.splitlines()[-1] == expected
    # The others have their own remedy, and no other account is in it.
    assert [line for line in world.printed if "    aws" in line] == [
        command("update-stack-instances", FUNCTIONS, accounts(HOME), "eu-central-1")
    ]


def test_a_bucket_that_is_there_is_nothing_to_take_over(world):
    there = {"StatusReason": "bucket already exists"}
    world.instances[BUCKETS] = [instance(HOME, "eu-west-1", "OUTDATED", **there)]
    assert "adopt-account" not in world.fail(1)


def test_what_is_under_way_is_waited_for(world):
    world.instances[ROLES] = [member(TWO, "eu-central-1", "OUTDATED", "RUNNING")]

    def end():
        world.instances[ROLES] = [member(TWO, "eu-central-1")]

    world.after_sleep = end
    world.verify()
    assert world.sleeps == [stack_sets.POLL_SECONDS]


def test_what_does_not_end_fails(world):
    world.instances[ROLES] = [member(TWO, "eu-central-1", "OUTDATED", "PENDING")]
    assert "OUTDATED (PENDING)" in world.fail(1)
    assert sum(world.sleeps) > stack_sets.SETTLE_SECONDS


def test_a_stack_set_may_be_missing_only_where_it_is_switched_off(world, monkeypatch):
    del world.instances[FUNCTIONS]
    reported = world.fail(1)
    assert f"{FUNCTIONS}: the stack set does not exist" in reported
    world.printed.clear()
    monkeypatch.setattr(stack_sets, "BY_NAME", {"aws-backup-codepipeline": _Off()})
    world.verify()
    assert f"{FUNCTIONS}: not deployed, as DeployTagOnRestore says" in world.printed


class _Off:
    def parameters(self):
        return {"DeployTagOnRestore": "false"}


def test_any_other_refusal_is_not_taken_for_a_missing_stack_set(world, monkeypatch):
    def refuse(operation, request):
        raise client_error(operation, "AccessDenied", "not allowed")

    monkeypatch.setattr(world._session.client("cloudformation"), "_make_api_call", refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        world.verify()
