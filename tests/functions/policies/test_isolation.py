"""A test waits for the late events that it caused, and one that leaves something fails itself."""

import pytest
from kit import isolation
from kit.isolation import NotIsolated, isolated
from kit.names import ORGANIZATION_ROOT

from .world import resource


def test_a_late_event_is_waited_for(world):
    world.create(Policy=resource())
    request = world.requests()[-1]
    assert len(request["answers"]) == 1
    with isolated(world.emulator.control):
        world.emulator.resend(request["request"]["RequestId"])
    assert len(world.requests()[-1]["answers"]) == 2


def test_what_is_left_is_named(world):
    with pytest.raises(NotIsolated, match=r"\+ organization policies: .*somebody-elses"):
        with isolated(world.emulator.control):
            world.foreign_policy("somebody-elses")


def test_what_is_gone_is_named(world):
    world.foreign_policy("somebody-elses")
    with pytest.raises(NotIsolated, match="- organization policies: .*somebody-elses"):
        with isolated(world.emulator.control, world.clean):
            pass


def test_what_does_not_end_is_named_and_not_held_against_the_next(world, monkeypatch):
    monkeypatch.setattr(isolation, "SECONDS", 0.1)
    with world.emulator.settings(policy_type_delay=3600):
        with pytest.raises(NotIsolated, match="under way after .*BACKUP_POLICY .*PENDING_DISABLE"):
            with isolated(world.emulator.control):
                world.organizations.disable_policy_type(
                    RootId=ORGANIZATION_ROOT, PolicyType="BACKUP_POLICY"
                )
        with isolated(world.emulator.control):
            pass
    monkeypatch.undo()


def test_faults_end_with_their_test(world):
    fault = {"service": "organizations", "operation": "ListRoots", "kind": "refuse"}
    with isolated(world.emulator.control):
        world.emulator.inject(fault)
    assert world.organizations.list_roots()["Roots"]
