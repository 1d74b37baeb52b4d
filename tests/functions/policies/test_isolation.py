"""A test waits for the late events that it caused, and one that leaves something fails itself."""

import pytest
from kit import isolation
from kit.isolation import NotIsolated, isolated
from kit.names import ORGANIZATION_ROOT

from .home import resource


def test_a_late_event_is_waited_for(home):
    home.create(Policy=resource())
    request = home.requests()[-1]
    assert len(request["answers"]) == 1
    with isolated(home.emulator.control):
        home.emulator.resend(request["request"]["RequestId"])
    assert len(home.requests()[-1]["answers"]) == 2


def test_what_is_left_is_named(home):
    with pytest.raises(NotIsolated, match=r"\+ organization policies: .*somebody-elses"):
        with isolated(home.emulator.control):
            home.foreign_policy("somebody-elses")


def test_what_is_gone_is_named(home):
    home.foreign_policy("somebody-elses")
    with pytest.raises(NotIsolated, match="- organization policies: .*somebody-elses"):
        with isolated(home.emulator.control, home.clean):
            pass


def test_what_does_not_end_is_named_and_not_held_against_the_next(home, monkeypatch):
    monkeypatch.setattr(isolation, "SECONDS", 0.1)
    with home.emulator.settings(policy_type_delay=3600):
        with pytest.raises(NotIsolated, match="under way: .*BACKUP_POLICY .*PENDING_DISABLE"):
            with isolated(home.emulator.control):
                home.organizations.disable_policy_type(
                    RootId=ORGANIZATION_ROOT, PolicyType="BACKUP_POLICY"
                )
        with isolated(home.emulator.control):
            pass
    monkeypatch.undo()


def test_faults_end_with_their_test(home):
    fault = {"service": "organizations", "operation": "ListRoots", "kind": "refuse"}
    with isolated(home.emulator.control):
        home.emulator.inject(fault)
    assert home.organizations.list_roots()["Roots"]
