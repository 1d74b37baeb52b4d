"""Every action that TagOnRestore uses here, taken away in turn: reported, and made good later."""

import pytest
from kit.sources import BY_NAME

from ..permissions import HELPFUL, NEEDED

TAGS = {"app": "shop", "owner": "somebody"}


@pytest.fixture
def role(member):
    """The name of the function's role; afterwards it has all that it is granted."""
    function = member.client("lambda").get_function_configuration(FunctionName="TagOnRestore")
    member.emulator.take_denials()
    yield function["Role"].rpartition("/")[2]
    member.emulator.leave_out()
    member.emulator.take_denials()


@pytest.mark.parametrize("action", NEEDED, ids=lambda action: action.replace(":", " "))
def test_without_an_action_the_event_waits_and_the_restored_is_tagged_when_it_is_back(
    member, role, action
):
    made = restore_without(member, role, action, BY_NAME[NEEDED[action]])
    assert member.settle() == 1, "the event was taken for done"
    assert denied(member) == {(role, action)}
    assert reported(member, action)
    member.emulator.leave_out()
    assert member.try_again() == 0
    assert TAGS.items() <= member.tags(made).items()


@pytest.mark.parametrize("action", HELPFUL, ids=lambda action: action.replace(":", " "))
def test_without_an_action_that_only_helps_the_restored_is_tagged_from_what_else_is_known(
    member, role, action
):
    made = restore_without(member, role, action, BY_NAME[HELPFUL[action]])
    assert member.settle() == 0
    assert denied(member) == {(role, action)}
    assert reported(member, action)
    assert TAGS.items() <= member.tags(made).items()


def restore_without(member, role, action, kind):
    """Restore a tagged source while the function's role lacks an action; what was made."""
    member.emulator.leave_out((role, action))
    source = member.make(kind, TAGS)
    return member.restored(member.restore(member.back_up(source), kind.restored_as(member.name())))


def denied(member):
    """(role, action) of what was refused."""
    return {(d["principal"].split("/")[1], d["action"]) for d in member.emulator.denials()}


def reported(member, action):
    """The log lines that name the operation and the code of its refusal; EC2 has one of its own."""
    operation = action.partition(":")[2]
    codes = ("AccessDenied", "UnauthorizedOperation")
    lines = [str(entry) for entry in member.log()]
    return [line for line in lines if operation in line and any(code in line for code in codes)]
