"""The life of a custom resource as CloudFormation lives it."""

from __future__ import annotations

import json
import re

import pytest

from ..stacks import create, custom, delete, function, outputs, requests, template, update
from ..world import HOME, World, error_of, eventually


@pytest.fixture
def home(world: World) -> World:
    """The emulator with the fake function's package uploaded."""
    world.upload_function()
    return world


def reason(world: World, logical_id: str = "Thing") -> str:
    """The reason of the first failure of a resource."""
    return next(
        why
        for name, status, why in world.stack_reasons("stack")
        if name == logical_id and "FAILED" in status
    )


def test_create_update_and_delete(home: World) -> None:
    stack = create(
        home,
        template(
            {"Word": {"Fn::GetAtt": ["Thing", "Word"]}, "Id": {"Ref": "Thing"}}, Thing=custom(A=1)
        ),
    )
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert outputs(stack) == {"Word": "hello", "Id": "thing-1"}
    assert update(home, template(Thing=custom(A=2)))["StackStatus"] == "UPDATE_COMPLETE"
    assert delete(home) == "DELETE_COMPLETE"
    assert requests(home) == [
        ("Create", "Thing", None),
        ("Update", "Thing", "thing-1"),
        ("Delete", "Thing", "thing-1"),
    ]


def test_the_other_name_of_the_type(home: World) -> None:
    thing = custom(A=1) | {"Type": "AWS::CloudFormation::CustomResource"}
    changed = custom(A=2) | {"Type": "AWS::CloudFormation::CustomResource"}
    assert create(home, template(Thing=thing))["StackStatus"] == "CREATE_COMPLETE"
    assert update(home, template(Thing=changed))["StackStatus"] == "UPDATE_COMPLETE"
    assert delete(home) == "DELETE_COMPLETE"
    sent = [entry["request"] for entry in home.control("GET", "custom-resources")]
    assert [request["RequestType"] for request in sent] == ["Create", "Update", "Delete"]
    assert {r["ResourceType"] for r in sent} == {"AWS::CloudFormation::CustomResource"}


def test_the_event_is_the_documented_one(home: World) -> None:
    properties = {"Number": 5, "Flag": True, "List": [1, {"Deep": False}], "Text": "as is"}
    stack = create(home, template(Thing=custom(**properties)))
    update(home, template(Thing=custom(**properties | {"Number": 6})))
    created, updated = (sent["request"] for sent in home.control("GET", "custom-resources"))
    token = f"arn:aws:lambda:eu-west-1:{HOME}:function:function"
    expected = {
        "ServiceToken": token,
        "ServiceTimeout": "20",
        "Number": "5",
        "Flag": "true",
        "List": ["1", {"Deep": "false"}],
        "Text": "as is",
    }
    assert created == {
        "RequestType": "Create",
        "ServiceToken": token,
        "StackId": stack["StackId"],
        "RequestId": created["RequestId"],
        "LogicalResourceId": "Thing",
        "ResourceType": "Custom::Thing",
        "ResourceProperties": expected,
    }
    assert updated["ResourceProperties"] == expected | {"Number": "6"}
    assert updated["OldResourceProperties"] == expected
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", created["RequestId"])
    assert created["RequestId"] != updated["RequestId"]


def test_a_failed_create_is_deleted_with_the_id_of_its_answer(home: World) -> None:
    stack = create(home, template(Thing=custom(OnCreate="failed=create-failed:1")))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert requests(home) == [("Create", "Thing", None), ("Delete", "Thing", "create-failed:1")]
    request_id = home.control("GET", "custom-resources")[0]["request"]["RequestId"]
    assert reason(home) == (
        "Received response status [FAILED] from custom resource. "
        f"Message returned: because it was told to (RequestId: {request_id})"
    )


def test_a_failed_create_in_an_update_is_deleted_too(home: World) -> None:
    create(home, template(Thing=custom()))
    stack = update(home, template(Thing=custom(), Other=custom(OnCreate="failed=other-1")))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert requests(home)[1:] == [("Create", "Other", None), ("Delete", "Other", "other-1")]
    assert delete(home) == "DELETE_COMPLETE"
    assert requests(home)[3:] == [("Delete", "Thing", "thing-1")]


def test_a_failed_create_without_rollback_is_deleted_with_the_stack(home: World) -> None:
    stack = create(home, template(Thing=custom(OnCreate="failed=left-over")), DisableRollback=True)
    assert stack["StackStatus"] == "CREATE_FAILED"
    assert requests(home) == [("Create", "Thing", None)]
    assert delete(home) == "DELETE_COMPLETE"
    assert requests(home)[1:] == [("Delete", "Thing", "left-over")]


def test_a_create_that_is_never_answered_times_out_and_is_deleted(home: World) -> None:
    stack = create(home, template(Thing=custom(OnCreate="silent", ServiceTimeout=10)))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    (_, _, none), (kind, _, made_up) = requests(home)
    assert (none, kind) == (None, "Delete")
    assert re.fullmatch(r"stack-Thing-[A-Z0-9]{13}", str(made_up))
    assert "did not receive a response" in reason(home)


def test_a_failed_update_is_sent_back(home: World) -> None:
    create(home, template(Thing=custom(A=1, OnUpdate="failed")))
    # What a rollback sends is the old properties, so those say how it goes.
    update(home, template(Thing=custom(A=1)))
    stack = update(home, template(Thing=custom(A=2, OnUpdate="failed")))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    log = [sent["request"] for sent in home.control("GET", "custom-resources")][2:]
    assert [(r["RequestType"], r["PhysicalResourceId"]) for r in log] == [("Update", "thing-1")] * 2
    assert [(r["OldResourceProperties"]["A"], r["ResourceProperties"]["A"]) for r in log] == [
        ("1", "2"),
        ("2", "1"),
    ]
    assert outputs_of_parameters(home) == "1"


def outputs_of_parameters(world: World) -> str:
    """The property A of the template that the stack has now."""
    body = world.client("cloudformation", HOME).get_template(StackName="stack")["TemplateBody"]
    document = json.loads(body) if isinstance(body, str) else body
    return str(document["Resources"]["Thing"]["Properties"]["A"])


def test_a_rollback_that_fails_leaves_the_stack_failed(home: World) -> None:
    create(home, template(Thing=custom(A=1, OnUpdate="failed")))
    stack = update(home, template(Thing=custom(A=2, OnUpdate="failed")))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"


def test_another_physical_id_is_a_replacement(home: World) -> None:
    create(home, template(Thing=custom(A=1)))
    stack = update(
        home, template({"Id": {"Ref": "Thing"}}, Thing=custom(A=2, OnUpdate="success=thing-2"))
    )
    assert (stack["StackStatus"], outputs(stack)["Id"]) == ("UPDATE_COMPLETE", "thing-2")
    assert requests(home)[1:] == [("Update", "Thing", "thing-1"), ("Delete", "Thing", "thing-1")]
    old = home.control("GET", "custom-resources")[2]["request"]["ResourceProperties"]
    assert old["A"] == "1"


def test_a_replacement_that_is_rolled_back_loses_the_new_one(home: World) -> None:
    create(home, template(Thing=custom(A=1)))
    other = custom(OnCreate="failed=other-1") | {"DependsOn": "Thing"}
    stack = update(home, template(Thing=custom(A=2, OnUpdate="success=thing-2"), Other=other))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert requests(home)[1:] == [
        ("Update", "Thing", "thing-1"),
        ("Create", "Other", None),
        ("Delete", "Other", "other-1"),
        ("Delete", "Thing", "thing-2"),
    ]
    assert delete(home) == "DELETE_COMPLETE"
    assert requests(home)[-1] == ("Delete", "Thing", "thing-1")


def test_an_update_is_sent_back_when_another_resource_fails(home: World) -> None:
    create(home, template(Thing=custom(A=1)))
    other = custom(OnCreate="failed=other-1") | {"DependsOn": "Thing"}
    update(home, template(Thing=custom(A=2), Other=other))
    log = [sent["request"] for sent in home.control("GET", "custom-resources")][1:]
    assert [(r["RequestType"], r["LogicalResourceId"]) for r in log] == [
        ("Update", "Thing"),
        ("Create", "Other"),
        ("Update", "Thing"),
        ("Delete", "Other"),
    ]
    assert (log[2]["OldResourceProperties"]["A"], log[2]["ResourceProperties"]["A"]) == ("2", "1")


def test_an_unchanged_resource_hears_nothing(home: World) -> None:
    create(home, template(Thing=custom(A=1)))
    client = home.client("cloudformation", HOME)
    same = {
        "StackName": "stack",
        "TemplateBody": template(Thing=custom(A=1)),
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
    }
    assert error_of(client.update_stack, **same)[0] == "ValidationError"
    update(home, template(Thing=custom(A=1), Other=custom()))
    assert requests(home) == [("Create", "Thing", None), ("Create", "Other", None)]


def test_a_removed_resource_is_deleted(home: World) -> None:
    create(home, template(Thing=custom(), Other=custom(OnCreate="success=other-1")))
    assert update(home, template(Thing=custom()))["StackStatus"] == "UPDATE_COMPLETE"
    assert requests(home)[2:] == [("Delete", "Other", "other-1")]


def test_a_delete_that_fails_keeps_the_stack(home: World) -> None:
    create(home, template(Thing=custom(OnDelete="failed")))
    assert delete(home) == "DELETE_FAILED"


def test_an_answer_that_is_too_long_fails(home: World) -> None:
    create(home, template(Thing=custom(OnCreate="long")))
    assert reason(home) == "Response object is too long."
    # CloudFormation could not use it, so it knows no physical id.
    assert re.fullmatch(r"stack-Thing-[A-Z0-9]{13}", str(requests(home)[1][2]))


def test_the_first_answer_counts(home: World) -> None:
    stack = create(home, template(Thing=custom(OnCreate="success=first twice")))
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    eventually(lambda: len(home.control("GET", "custom-resources")[0]["answers"]) == 2)


@pytest.mark.parametrize("step", ["raise", "exit"])
def test_lambda_tries_a_failing_function_three_times(home: World, step: str) -> None:
    create(home, template(Thing=custom(OnCreate=f"success {step}")))
    # Each try answers before it fails, so the answers count the tries.
    answers = eventually(lambda: len(home.control("GET", "custom-resources")[0]["answers"]) == 3)
    assert answers


def test_an_answer_is_a_call_that_can_fail_and_is_logged(home: World) -> None:
    home.fault("custom-resource", "PutAnswer", "server-error")
    stack = create(home, template(Thing=custom()))
    # The function raises when its answer is not taken, and Lambda tries again.
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    entries = home.control("GET", "calls?service=custom-resource")
    assert [(entry["operation"], entry["error"]) for entry in entries] == [
        ("PutAnswer", "InternalError"),
        ("PutAnswer", None),
    ]
    sent = home.control("GET", "custom-resources")[0]
    assert entries[0]["account"] == HOME
    assert entries[0]["parameters"] == {
        "StackId": stack["StackId"],
        "LogicalResourceId": "Thing",
        "RequestId": sent["request"]["RequestId"],
    }
    assert len(sent["answers"]) == 1


def test_a_lost_answer_was_given(home: World) -> None:
    home.fault("custom-resource", "PutAnswer", "lost-answer")
    assert create(home, template(Thing=custom()))["StackStatus"] == "CREATE_COMPLETE"
    eventually(lambda: len(home.control("GET", "custom-resources")[0]["answers"]) == 2)


def test_a_request_can_be_sent_again(home: World) -> None:
    create(home, template(Thing=custom()))
    request_id = home.control("GET", "custom-resources")[0]["request"]["RequestId"]
    home.control("POST", "resend", {"RequestId": request_id})
    eventually(lambda: len(home.control("GET", "custom-resources")[0]["answers"]) == 2)
    first, second = home.control("GET", "custom-resources")[0]["answers"]
    assert json.loads(first) == json.loads(second)
    status, _, _ = home.http("POST", "/_emulator/resend", body='{"RequestId": "unknown"}')
    assert status == 400


@pytest.mark.parametrize("timeout", [0, 3601, "soon"])
def test_a_service_timeout_out_of_range_fails_before_anything_is_sent(
    home: World, timeout: object
) -> None:
    stack = create(home, template(Thing=custom(ServiceTimeout=timeout)))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "ServiceTimeout" in reason(home)
    assert requests(home) == []


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (f"arn:aws:lambda:eu-west-1:{HOME}:function:nobody", "Function not found"),
        (f"arn:aws:lambda:us-east-1:{HOME}:function:function", "not in the stack's Region"),
        (f"arn:aws:sns:eu-west-1:{HOME}:topic", "Lambda functions only"),
        ("function", "Invalid service token"),
    ],
)
def test_a_wrong_service_token_fails(home: World, token: str, text: str) -> None:
    stack = create(home, template(Thing=custom(ServiceToken=token)))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert text in reason(home)
    assert requests(home) == []


def test_the_service_token_cannot_change(home: World) -> None:
    other = function(FunctionName="other")
    create(home, template(Other=other, Thing=custom()))
    token = {"Fn::GetAtt": ["Other", "Arn"]}
    stack = update(home, template(Other=other, Thing=custom(ServiceToken=token)))
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(home) == "Modifying service token is not allowed."
    assert requests(home) == [("Create", "Thing", None)]
    assert (
        update(home, template(Other=other, Thing=custom(A=1)))["StackStatus"] == "UPDATE_COMPLETE"
    )
    assert requests(home)[1:] == [("Update", "Thing", "thing-1")]


def test_an_attribute_that_was_not_answered_fails_the_stack(home: World) -> None:
    stack = create(home, template({"Word": {"Fn::GetAtt": ["Thing", "Missing"]}}, Thing=custom()))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert requests(home) == [("Create", "Thing", None), ("Delete", "Thing", "thing-1")]


def events(world: World) -> list[tuple[str, str]]:
    """(logical id, status) of the stack's events, oldest first."""
    return [(name, status) for name, status, _ in world.stack_reasons("stack")]


def test_the_events_of_an_update_are_those_of_aws(home: World) -> None:
    create(home, template(Thing=custom(A=1), Old=custom(OnCreate="success=old-1")))
    before = len(events(home))
    update(
        home,
        template(
            Thing=custom(A=2, OnUpdate="success=thing-2"), New=custom() | {"DependsOn": "Thing"}
        ),
    )
    assert events(home)[before:] == [
        ("stack", "UPDATE_IN_PROGRESS"),
        ("Thing", "UPDATE_IN_PROGRESS"),
        ("Thing", "UPDATE_COMPLETE"),
        ("New", "CREATE_IN_PROGRESS"),
        ("New", "CREATE_COMPLETE"),
        ("stack", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Thing", "DELETE_IN_PROGRESS"),
        ("Thing", "DELETE_COMPLETE"),
        ("Old", "DELETE_IN_PROGRESS"),
        ("Old", "DELETE_COMPLETE"),
        ("stack", "UPDATE_COMPLETE"),
    ]
    found = home.client("cloudformation", HOME).describe_stack_resources(StackName="stack")[
        "StackResources"
    ]
    assert {resource["LogicalResourceId"]: resource["ResourceStatus"] for resource in found} == {
        "Role": "CREATE_COMPLETE",
        "Function": "CREATE_COMPLETE",
        "Thing": "UPDATE_COMPLETE",
        "New": "CREATE_COMPLETE",
    }


def test_the_events_of_a_failed_update_are_those_of_aws(home: World) -> None:
    create(home, template(Thing=custom(A=1)))
    before = len(events(home))
    other = custom(OnCreate="failed=other-1") | {"DependsOn": "Thing"}
    update(home, template(Thing=custom(A=2), Other=other))
    assert events(home)[before:] == [
        ("stack", "UPDATE_IN_PROGRESS"),
        ("Thing", "UPDATE_IN_PROGRESS"),
        ("Thing", "UPDATE_COMPLETE"),
        ("Other", "CREATE_IN_PROGRESS"),
        ("Other", "CREATE_FAILED"),
        ("stack", "UPDATE_ROLLBACK_IN_PROGRESS"),
        ("Thing", "UPDATE_IN_PROGRESS"),
        ("Thing", "UPDATE_COMPLETE"),
        ("stack", "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("Other", "DELETE_IN_PROGRESS"),
        ("Other", "DELETE_COMPLETE"),
        ("stack", "UPDATE_ROLLBACK_COMPLETE"),
    ]


def test_an_update_in_progress_is_seen_while_it_is(home: World) -> None:
    create(home, template(Thing=custom(A=1)))
    client = home.client("cloudformation", HOME)
    home.fault("custom-resource", "PutAnswer", "slow", delay_ms=600_000)
    body = template(Thing=custom(A=2, OnUpdate="failed"))
    client.update_stack(StackName="stack", TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
    eventually(lambda: events(home)[-1] == ("Thing", "UPDATE_IN_PROGRESS"))
    home.mend()
    assert home.wait_for_stack("stack")["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
