"""Every request may come twice: Lambda tries again, and CloudFormation sends again."""

from kit.names import PRODUCTION, SANDBOXES, WORKLOADS

from .home import content, resource


def resend_last(home):
    """Send the last request again; its first and its second answer."""
    first = home.answer()
    return first, home.resend(home.requests()[-1])


def test_a_create_twice_makes_one_policy(home):
    home.create(Policy=resource(PolicyTargets=[PRODUCTION, SANDBOXES]))
    before = home.policies().everything()
    first, second = resend_last(home)
    assert second == first
    assert home.policies().everything() == before


def test_an_update_twice_changes_nothing_more(home):
    home.create(Policy=resource())
    home.update(Policy=resource(PolicyTargets=[WORKLOADS], PolicyContent=content(days=60)))
    before = home.policies().everything()
    home.emulator.forget_calls()
    first, second = resend_last(home)
    assert second == first
    assert home.writes() == []
    assert home.policies().everything() == before


def test_a_delete_twice_succeeds_twice(home):
    others = home.foreign_policy("somebody-elses", [PRODUCTION])
    home.create(Policy=resource())
    home.delete()
    first, second = resend_last(home)
    assert first["Status"] == second["Status"] == "SUCCESS"
    assert [policy["id"] for policy in home.policies().everything()] == [others]


def test_a_failed_create_twice_still_leaves_nothing(home):
    home.create(Policy=resource(PolicyTargets=["ou-reh1-nowhere00"]))
    create = home.requests()[-2]
    assert create["request"]["RequestType"] == "Create"
    assert home.resend(create)["Status"] == "FAILED"
    assert home.policies().everything() == []


def test_the_delete_of_a_failed_create_twice_removes_no_later_policy(home):
    home.create(Policy=resource(PolicyTargets=["ou-reh1-nowhere00"]))
    delete = home.requests()[-1]
    assert delete["request"]["RequestType"] == "Delete"
    home.delete()
    home.create(Policy=resource())
    before = home.policies().everything()
    assert home.resend(delete)["Status"] == "SUCCESS"
    assert home.policies().everything() == before
