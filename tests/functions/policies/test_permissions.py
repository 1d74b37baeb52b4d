"""Every action of both roles of the policy manager, taken away in turn: it is missed, and named."""

import json

import pytest
from kit.clients import client
from kit.names import PRODUCTION, SANDBOXES
from kit.stacks import Stack

from ..permissions import ADOPT, CREATE, DELETE, FAILS, FUNCTION_ROLE, UPDATE
from .home import CONTENT_BUCKET, content, resource


def live(home):
    """A policy's life that needs every action; (step, outcome) up to the first that fails."""
    home.disable_policy_type()
    key = "policy.json"
    home.s3.put_object(Bucket=CONTENT_BUCKET, Key=key, Body=json.dumps(content()))
    version = home.s3.put_object(Bucket=CONTENT_BUCKET, Key=key, Body=json.dumps(content(days=40)))[
        "VersionId"
    ]
    where = {"PolicyBucket": CONTENT_BUCKET, "PolicyKey": key}
    first = resource(
        drop=("PolicyTargets", "PolicyRegions"),
        PolicyContent={"S3": where},
        EnablePolicyType="true",
    )
    then = resource(
        PolicyTargets=[SANDBOXES],
        PolicyContent={"S3": where | {"VersionId": version}},
        Tags=[{"Key": "team", "Value": "platform"}],
        PolicyDescription="changed",
    )
    adopting = resource(name="somebody's", AdoptExisting="true")
    steps = (
        (CREATE, lambda: home.stacks.create(stack("test", first))),
        (UPDATE, lambda: home.update(Policy=then)),
        (UPDATE, lambda: home.update(Policy=resource(PolicyTargets=[PRODUCTION]))),
        (DELETE, home.delete),
        (ADOPT, lambda: adopt(home, adopting)),
    )
    for step, act in steps:
        outcome = act()
        yield step, outcome
        if not outcome.complete:
            return


def adopt(home, adopting):
    """Take over a policy that somebody else made."""
    home.foreign_policy("somebody's", [PRODUCTION])
    return home.create("test-adopting", Policy=adopting)


def stack(name, policy):
    """A stack of one policy."""
    return Stack(name, json.dumps({"Resources": {"Policy": policy}}))


@pytest.fixture
def life(home):
    """The home with no denial so far, and afterwards nothing left out."""
    home.emulator.take_denials()
    yield home
    home.emulator.leave_out()
    home.clean()
    home.emulator.take_denials()


def test_with_every_action_a_policys_life_is_complete_and_nothing_is_refused(life):
    assert all(outcome.complete for _, outcome in live(life))
    assert life.emulator.denials() == []


def start_cold(home):
    """Let the function begin anew: a warm one still has its session in the management account."""
    lambda_ = client(home.emulator.url, "lambda")
    memory = lambda_.get_function_configuration(FunctionName=FUNCTION_ROLE)["MemorySize"]
    lambda_.update_function_configuration(FunctionName=FUNCTION_ROLE, MemorySize=memory)


@pytest.mark.parametrize(("role", "action"), FAILS, ids=lambda part: part.replace(":", " "))
def test_without_an_action_the_stack_fails_and_names_it(life, role, action):
    start_cold(life)
    life.emulator.leave_out((role, action))
    step, outcome = list(live(life))[-1]
    denied = {(d["principal"].split("/")[1], d["action"]) for d in life.emulator.denials()}
    assert (role, action) in denied
    assert not outcome.complete
    assert step == FAILS[(role, action)]
    assert action in outcome.reason
