"""Faults while the pipeline runs, and what the next run makes of them."""

import json
import threading

import pytest
from kit.names import MEMBER, ORGANIZATION, SECOND_MEMBER
from kit.wait import eventually

from rehearsal.grants.permissions import expect_no_denials
from rehearsal.names import CENTRAL_REGION, HOME, HOME_REGION, WORKLOADS, RehearsalFailed
from rehearsal.stages.expectations import COMPLETE, NOTHING, POLICIES
from rehearsal.stages.story import FIRST, FIRST_REGIONS
from rehearsal.tests.test_defects import tell

FAILING = {"service": "cloudformation", "kind": "refuse", "account": SECOND_MEMBER, "times": 99}
ORGANIZATIONS = {"service": "organizations"}


def struck(emulator, kind):
    """The operations that a fault has struck since the calls were last forgotten."""
    return [call["operation"] for call in emulator.calls() if call["fault"] == kind]


def test_what_fails_on_the_way_is_waited_out_cleared_away_or_repeated(rehearsal):
    """From the first commit to the second, one fault after the other, each where it is meant.

    A first creation that fails, which the pipeline may neither update nor delete; a build that is
    killed; an organization that loses an answer, is busy, throttles, and kills the function; a
    package bucket whose name is taken in one Region; a taking over that is interrupted. Both
    commits arrive, and nothing is there twice.
    """
    story, emulator = rehearsal
    tell(story, "deploy the management account")
    ssm = story.administrators.client("ssm", HOME, HOME_REGION)
    ssm.put_parameter(Name="/backup/org-id", Type="String", Value="somebody else's")
    bucket = make_a_bucket_in_the_way(story)
    story.home()
    with pytest.raises(RehearsalFailed, match="Targets/.*already exists"):
        story.first_commit()
    ssm.delete_parameter(Name="/backup/org-id")
    story.watch.retry("Targets")
    with pytest.raises(RehearsalFailed, match="Targets/.*ROLLBACK_COMPLETE"):
        story.watch.succeed()
    story.home()

    # The next object is a template: its build hangs.
    emulator.inject(
        {
            "service": "s3",
            "operation": "PutObject",
            "kind": "slow",
            "account": HOME,
            "delay_ms": 600_000,
        }
    )
    story.watch.retry("Targets")
    killer = threading.Thread(target=kill_the_build, args=(story, "PublishTemplates"))
    killer.start()
    with pytest.raises(RehearsalFailed, match="Templates/"):
        story.watch.succeed()
    killer.join()
    emulator.mend()

    emulator.inject(
        ORGANIZATIONS | {"operation": "CreatePolicy", "kind": "lost-answer"},
        ORGANIZATIONS | {"operation": "AttachPolicy", "kind": "conflict", "times": 3},
    )
    story.watch.retry("Templates")
    with pytest.raises(RehearsalFailed, match="Verify/VerifyStackSets") as failure:
        story.watch.succeed()
    reported = str(failure.value)
    assert f"  {HOME} in {CENTRAL_REGION}: OUTDATED (FAILED): " in reported
    assert f"{HOME} in {HOME_REGION}" not in reported
    remove(bucket)
    (command,) = [line.strip() for line in reported.splitlines() if line.strip().startswith("aws ")]
    story.repair([command])
    # With the packages, which were in the other bucket.
    story.start()
    story.watch.succeed()
    story.see_first()
    assert struck(emulator, "lost-answer") == ["CreatePolicy"]
    assert struck(emulator, "conflict") == ["AttachPolicy"] * 3
    expect_each_policy_once(emulator)

    story.membership.join()
    story.membership.leave()
    emulator.inject(
        {"service": "cloudformation", "operation": "ImportStacksToStackSet", "kind": "refuse"}
    )
    with pytest.raises(RehearsalFailed, match="`make adopt-account .*APPLY=1` ended with status"):
        story.membership.come_back()
    emulator.mend()
    story.membership.take_over()
    expect_no_denials(emulator)

    emulator.inject(
        ORGANIZATIONS | {"operation": "UpdatePolicy", "kind": "crash"},
        ORGANIZATIONS | {"operation": "DescribePolicy", "kind": "throttle", "times": 3},
        ORGANIZATIONS | {"operation": "AttachPolicy", "kind": "throttle", "times": 3},
    )
    story.second_commit()
    story.see_second()
    assert struck(emulator, "crash") == ["UpdatePolicy"]
    assert len(struck(emulator, "throttle")) == 6
    expect_each_policy_once(emulator)


def expect_each_policy_once(emulator):
    names = [policy["name"] for policy in emulator.organization()["policies"]]
    assert sorted(names) == sorted(POLICIES)


def test_an_account_that_fails_withholds_nothing_from_the_others_and_is_named(rehearsal):
    """In the first roll-out, in every stack set: reported in the end, then repaired as reported.

    Restores are tried in what was repaired, and have to fail where no event reaches the function.
    """
    story, emulator = rehearsal
    tell(story, "deploy the management account")
    emulator.inject(FAILING | {"operation": "CreateStack"})
    story.home()
    with pytest.raises(RehearsalFailed, match="Verify/VerifyStackSets") as failure:
        story.first_commit()
    others = [account for account in FIRST if account != SECOND_MEMBER]
    story.expectations.expect_holdings(others, FIRST_REGIONS, COMPLETE)
    story.expectations.expect_holdings([SECOND_MEMBER], FIRST_REGIONS, NOTHING)
    story.expectations.expect_policies([WORKLOADS], FIRST_REGIONS, 35)
    reported = str(failure.value)
    for region in FIRST_REGIONS:
        assert f"  {SECOND_MEMBER} in {region}: OUTDATED (FAILED): " in reported
    assert MEMBER not in reported
    emulator.mend()
    commands = [line.strip() for line in reported.splitlines() if line.strip().startswith("aws ")]
    # One for each stack set: role, vault and key, function.
    assert len(commands) == 3
    story.repair(commands)
    story.start()
    story.watch.succeed()
    story.see_first()
    story.restore(SECOND_MEMBER)
    switch_off_the_function(story)
    with pytest.raises(RehearsalFailed, match=r"was restored from .* and has the tags \{\}, not"):
        story.restore(SECOND_MEMBER, seconds=2)


def make_a_bucket_in_the_way(story):
    """A package bucket's name is taken in one Region: packages go there, and are read there."""
    s3 = story.administrators.client("s3", HOME, CENTRAL_REGION)
    name = f"lambda-deployment-bucket-{HOME}-{CENTRAL_REGION}"
    where = {"LocationConstraint": CENTRAL_REGION}
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
    readers = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}
    statement |= {"Resource": f"arn:aws:s3:::{name}/*", "Condition": readers}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))
    return s3, name


def remove(bucket):
    """Remove a bucket with all that is in it."""
    s3, name = bucket
    for entry in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=entry["Key"])
    s3.delete_bucket(Bucket=name)


def switch_off_the_function(story):
    """Disable every rule that tells it of restores."""
    for region in FIRST_REGIONS:
        events = story.administrators.client("events", SECOND_MEMBER, region)
        rules = [rule["Name"] for rule in events.list_rules()["Rules"]]
        (mine,) = (name for name in rules if "tagonrestore" in name.lower())
        events.disable_rule(Name=mine)


def kill_the_build(story, name):
    """Stop the first build of a project with this in its name, once it runs."""
    client = story.administrators.client("codebuild", HOME, HOME_REGION)

    def build():
        return next((found for found in client.list_builds()["ids"] if name in found), None)

    client.stop_build(id=eventually(build, f"no build of {name} ran"))
