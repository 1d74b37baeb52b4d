"""Every request may come twice: Lambda tries again, and CloudFormation sends again."""

from kit.names import PRODUCTION, SANDBOXES, WORKLOADS

from .world import content, resource


def resend_last(world):
    """Send the last request again; its first and its second answer."""
    first = world.answer()
    return first, world.resend(world.requests()[-1])


def test_a_create_twice_makes_one_policy(world):
    world.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES]))
    before = world.policies().everything()
    first, second = resend_last(world)
    assert second == first
    assert world.policies().everything() == before


def test_an_update_twice_changes_nothing_more(world):
    world.create(Policy=resource())
    world.update(Policy=resource(PolicyTargets=[WORKLOADS], PolicyContent=content(days=60)))
    before = world.policies().everything()
    world.emulator.forget_calls()
    first, second = resend_last(world)
    assert second == first
    assert world.writes() == []
    assert world.policies().everything() == before


def test_a_delete_twice_succeeds_twice(world):
    others = world.foreign_policy("somebody-elses", [PRODUCTION])
    world.create(Policy=resource())
    world.delete()
    first, second = resend_last(world)
    assert first["Status"] == second["Status"] == "SUCCESS"
    assert [policy["id"] for policy in world.policies().everything()] == [others]


def test_a_failed_create_twice_still_leaves_nothing(world):
    world.create(Policy=resource(PolicyTargets=["ou-reh1-nowhere00"]))
    create = world.requests()[-2]
    assert create["request"]["RequestType"] == "Create"
    assert world.resend(create)["Status"] == "FAILED"
    assert world.policies().everything() == []


def test_the_delete_of_a_failed_create_twice_removes_no_later_policy(world):
    world.create(Policy=resource(PolicyTargets=["ou-reh1-nowhere00"]))
    delete = world.requests()[-1]
    assert delete["request"]["RequestType"] == "Delete"
    world.delete()
    world.create(Policy=resource())
    before = world.policies().everything()
    assert world.resend(delete)["Status"] == "SUCCESS"
    assert world.policies().everything() == before
