"""One stack: created, updated, left alone, refused, and what a person reads."""

import pytest
from deploy import cloudformation
from deploy.pipeline import org_policy
from deploy.problem import Problem
from fakes import CloudFormation

TEMPLATE = "Parameters:\n  A: {Type: String}\nResources: {}\n"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0)


def deploy(client, printed, template=TEMPLATE, **parameters):
    return cloudformation.deploy(client, "stack", template, parameters, printed.append)


def test_created_then_unchanged_then_updated(printed):
    client = CloudFormation()
    assert deploy(client, printed, A="1") is True
    assert deploy(client, printed, A="1") is False
    assert deploy(client, printed, A="2") is True
    assert client.requests == [("create", "stack"), ("update", "stack")]
    assert printed == [
        "stack: created",
        "  + Thing (AWS::Test::Thing)",
        "stack: unchanged",
        "stack: updated",
        "  ~ Thing (AWS::Test::Thing)",
    ]


def test_a_creation_that_failed_before_is_removed_and_made_again(printed):
    client = CloudFormation({"stack": "ROLLBACK_COMPLETE"})
    deploy(client, printed, A="1")
    assert client.requests == [("delete", "stack"), ("create", "stack")]


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("UPDATE_IN_PROGRESS", "wait until it has finished"),
        ("UPDATE_ROLLBACK_FAILED", "see the runbook"),
        ("DELETE_FAILED", "see the runbook"),
    ],
)
def test_a_stack_that_cannot_be_updated_is_left_alone(printed, status, remedy):
    client = CloudFormation({"stack": status})
    with pytest.raises(Problem, match=remedy):
        deploy(client, printed, A="1")
    assert client.requests == []


def test_a_failure_names_the_resource_and_the_reason(printed):
    client = CloudFormation(fails={"stack": "the role\nhas no name"})
    with pytest.raises(Problem, match="ROLLBACK_COMPLETE, because of Thing: the role has no name"):
        deploy(client, printed, A="1")


def test_a_parameter_that_the_template_lacks_is_refused_before_aws_is_asked(printed):
    client = CloudFormation()
    with pytest.raises(Problem, match="the template has no B"):
        deploy(client, printed, A="1", B="2")
    assert client.requests == []


def test_a_template_that_is_too_long_is_refused(printed):
    with pytest.raises(Problem, match="CloudFormation takes 51200"):
        deploy(CloudFormation(), printed, template=TEMPLATE + "#" * 51_200)


def test_deleting_what_is_not_there_is_done(printed):
    assert cloudformation.delete(CloudFormation(), "stack", printed.append) is False


##### Around the backup policies


@pytest.mark.parametrize(
    "status", [None, "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"]
)
def test_the_guard_deletes_no_stack_that_came_to_be(printed, status):
    client = CloudFormation({org_policy.STACK: status} if status else {})
    org_policy.guard(client, "before", printed.append)
    assert client.requests == []


def test_the_guard_removes_a_creation_that_was_undone(printed):
    client = CloudFormation({org_policy.STACK: "ROLLBACK_COMPLETE"})
    org_policy.guard(client, "before", printed.append)
    assert client.requests == [("delete", org_policy.STACK)]


def test_the_guard_stops_at_a_rollback_that_failed(printed):
    client = CloudFormation({org_policy.STACK: "UPDATE_ROLLBACK_FAILED"})
    with pytest.raises(Problem, match="runbook"):
        org_policy.guard(client, "before", printed.append)
    assert client.requests == []


def test_the_guard_protects_the_stack_afterwards(printed):
    client = CloudFormation({org_policy.STACK: "CREATE_COMPLETE"})
    org_policy.guard(client, "after", printed.append)
    assert client.protected == {org_policy.STACK}
    with pytest.raises(Problem, match="does not exist"):
        org_policy.guard(CloudFormation(), "after", printed.append)


class Undeletable(CloudFormation):
    """Two deletions that failed, for another reason each; the stack's own event is the newest."""

    def delete_stack(self, StackName):
        self.stacks[StackName] = "DELETE_FAILED"
        for reason in ("an old reason", "bucket\nis not empty"):
            self._event(StackName, StackName, "DELETE_IN_PROGRESS")
            self._event(StackName, "Bucket", "DELETE_FAILED", reason)
            self._event(StackName, "Later", "DELETE_FAILED", "another")
            text = "The following resource(s) failed to delete: [Bucket, Later]."
            self._event(StackName, StackName, "DELETE_FAILED", text)


def test_a_deletion_that_failed_names_the_resource_and_the_reason(printed):
    client = Undeletable({"stack": "CREATE_COMPLETE"})
    with pytest.raises(Problem, match="DELETE_FAILED, because of Bucket: bucket is not empty; "):
        cloudformation.delete(client, "stack", printed.append)
