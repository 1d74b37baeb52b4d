"""Injected faults: their wire formats, their counting and their scope."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from ..stacks import create, custom, outputs, template
from ..world import GOOD, HOME, MANAGEMENT, ROOT, World, error_of, eventually

# Service, operation, arguments, and the code and HTTP status of each kind.
CALLS: list[tuple[str, str, dict[str, Any], dict[str, tuple[str, int]]]] = [
    (
        "organizations",
        "list_roots",
        {},
        {
            "throttle": ("TooManyRequestsException", 400),
            "conflict": ("ConcurrentModificationException", 400),
            "server-error": ("ServiceException", 500),
            "refuse": ("AccessDeniedException", 400),
        },
    ),
    (
        "ssm",
        "get_parameter",
        {"Name": "/backup/target/regions"},
        {
            "throttle": ("ThrottlingException", 400),
            "conflict": ("TooManyUpdates", 400),
            "server-error": ("InternalServerError", 500),
            "refuse": ("AccessDeniedException", 400),
        },
    ),
    (
        "sts",
        "assume_role",
        {"RoleArn": f"arn:aws:iam::{MANAGEMENT}:role/x", "RoleSessionName": "xx"},
        {
            "throttle": ("Throttling", 400),
            "server-error": ("InternalFailure", 500),
            "refuse": ("AccessDenied", 403),
        },
    ),
    (
        "cloudformation",
        "list_stacks",
        {},
        {"throttle": ("Throttling", 400), "refuse": ("AccessDenied", 403)},
    ),
    (
        "iam",
        "list_roles",
        {},
        {"throttle": ("Throttling", 400), "server-error": ("InternalFailure", 500)},
    ),
    (
        "ec2",
        "describe_vpcs",
        {},
        {"throttle": ("RequestLimitExceeded", 503), "refuse": ("UnauthorizedOperation", 403)},
    ),
    (
        "s3",
        "get_object",
        {"Bucket": "packages", "Key": "a/b c"},
        {
            "throttle": ("SlowDown", 503),
            "conflict": ("OperationAborted", 409),
            "server-error": ("InternalError", 500),
            "refuse": ("AccessDenied", 403),
        },
    ),
    (
        "lambda",
        "get_function",
        {"FunctionName": "f"},
        {
            "throttle": ("TooManyRequestsException", 429),
            "conflict": ("ResourceConflictException", 409),
            "server-error": ("ServiceException", 500),
            "refuse": ("AccessDeniedException", 403),
        },
    ),
    (
        "backup",
        "list_backup_vaults",
        {},
        {"throttle": ("ThrottlingException", 429), "refuse": ("AccessDeniedException", 403)},
    ),
    ("cloudwatch", "describe_alarms", {}, {"refuse": ("AccessDeniedException", 400)}),
    ("logs", "describe_log_groups", {}, {"throttle": ("ThrottlingException", 400)}),
    ("sqs", "list_queues", {}, {"throttle": ("ThrottlingException", 400)}),
]
CASES = [
    pytest.param(service, call, arguments, kind, code, status, id=f"{service}-{kind}")
    for service, call, arguments, kinds in CALLS
    for kind, (code, status) in kinds.items()
]


def camel(call: str) -> str:
    """boto3's name of an operation as AWS writes it."""
    return call.title().replace("_", "")


@pytest.mark.parametrize(("service", "call", "arguments", "kind", "code", "status"), CASES)
def test_clients_understand_every_kind_in_every_format(
    world: World,
    service: str,
    call: str,
    arguments: dict[str, Any],
    kind: str,
    code: str,
    status: int,
) -> None:
    operation = {"describe_vpcs": "DescribeVpcs"}.get(call, camel(call))
    world.fault(service, operation, kind)
    client = world.client(service, HOME)
    with pytest.raises(ClientError) as caught:
        getattr(client, call)(**arguments)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert answer["Error"]["Message"]
    entry = world.control("GET", "calls")[-1]
    shown = {name: entry[name] for name in ("account", "service", "operation", "error", "fault")}
    assert shown == {
        "account": HOME,
        "service": service,
        "operation": operation,
        "error": code,
        "fault": kind,
    }
    assert world.control("GET", "faults")[0]["times"] == 0


def test_an_exception_has_the_type_of_its_code(world: World) -> None:
    client = world.client("organizations")
    world.fault(
        "organizations", "UpdatePolicy", "conflict", code="PolicyChangesInProgressException"
    )
    with pytest.raises(client.exceptions.PolicyChangesInProgressException):
        client.update_policy(PolicyId="p-12345678")
    world.fault("organizations", "UpdatePolicy", "throttle")
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.update_policy(PolicyId="p-12345678")
    assert caught.value.response["Type"] == "RATE_LIMIT"


def test_unavailable_is_503(world: World) -> None:
    world.fault("organizations", "ListRoots", "server-error", code="ServiceUnavailableException")
    with pytest.raises(ClientError) as caught:
        world.client("organizations").list_roots()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503


def test_a_fault_skips_and_counts(world: World) -> None:
    world.fault("organizations", "ListRoots", "throttle", times=2, after=1)
    client = world.client("organizations")
    client.list_roots()
    for _ in range(2):
        assert error_of(client.list_roots)[0] == "TooManyRequestsException"
    client.list_roots()
    assert [entry["error"] for entry in world.control("GET", "calls?operation=ListRoots")] == [
        None,
        "TooManyRequestsException",
        "TooManyRequestsException",
        None,
    ]


def test_a_fault_is_for_its_account_and_operation(world: World) -> None:
    world.fault(
        "organizations", "*", "refuse", account=HOME, code="AccessDeniedForDependencyException"
    )
    client = world.client("organizations")
    client.list_roots()
    call = world.client("organizations", HOME).describe_organization
    assert error_of(call)[0] == "AccessDeniedForDependencyException"
    call()


def test_an_error_has_no_effect(world: World) -> None:
    world.fault("organizations", "CreatePolicy", "server-error")
    assert error_of(world.policy)[0] == "ServiceException"
    assert world.control("GET", "organization")["policies"] == []


def test_a_lost_answer_leaves_its_effect(world: World) -> None:
    world.fault("organizations", "CreatePolicy", "lost-answer")
    with pytest.raises(ConnectionClosedError):
        world.policy("daily")
    assert [policy["name"] for policy in world.control("GET", "organization")["policies"]] == [
        "daily"
    ]
    entry = world.control("GET", "calls?operation=CreatePolicy")[0]
    assert (entry["error"], entry["fault"]) == (None, "lost-answer")
    assert error_of(world.policy, name="daily")[0] == "DuplicatePolicyException"


def test_a_lost_answer_of_an_upload_and_of_a_query_call(world: World) -> None:
    world.upload_function()
    world.fault("s3", "PutObject", "lost-answer")
    with pytest.raises(ConnectionClosedError):
        world.client("s3", HOME).put_object(Bucket="packages", Key="lost", Body=b"kept")
    assert (
        world.client("s3", HOME).get_object(Bucket="packages", Key="lost")["Body"].read() == b"kept"
    )
    world.fault("iam", "CreateRole", "lost-answer")
    with pytest.raises(ConnectionClosedError):
        world.client("iam", HOME).create_role(RoleName="lost", AssumeRolePolicyDocument="{}")
    assert world.client("iam", HOME).get_role(RoleName="lost")["Role"]["RoleName"] == "lost"


def role_trusting_home(world: World, account: str) -> str:
    """Create a role that the home account may assume; its ARN."""
    return world.role("trusting", "organizations:ListRoots", account=account, trust={"AWS": HOME})


def test_a_crash_kills_the_function_after_the_effect(world: World) -> None:
    """Lambda then tries again with the same event, in a new process."""
    world.upload_function()
    arguments = {"RoleArn": role_trusting_home(world, HOME), "RoleSessionName": "crash"}
    step = f"call=sts.assume_role.{json.dumps(arguments).replace(' ', '')}"
    world.fault("sts", "AssumeRole", "crash")
    thing = custom(OnCreate=step)
    stack = create(world, template({"Result": {"Fn::GetAtt": ["Thing", "Result"]}}, Thing=thing))
    assumed = json.loads(outputs(stack)["Result"])["AssumedRoleUser"]["Arn"]
    assert assumed.endswith("trusting/crash")
    entries = world.control("GET", "calls?service=sts&operation=AssumeRole")
    assert [(entry["fault"], entry["error"]) for entry in entries] == [
        ("crash", None),
        (None, None),
    ]
    assert len(world.control("GET", "custom-resources")[0]["answers"]) == 1


def test_a_crash_in_a_session_that_the_function_made(world: World) -> None:
    world.upload_function()
    role = role_trusting_home(world, MANAGEMENT)
    world.fault("organizations", "ListRoots", "crash", account=MANAGEMENT)
    body = template(Thing=custom(OnCreate=f"call={role}/organizations.list_roots"))
    assert create(world, body)["StackStatus"] == "CREATE_COMPLETE"
    entries = world.control("GET", "calls?operation=ListRoots")
    assert [entry["fault"] for entry in entries] == ["crash", None]


def test_a_crash_of_a_caller_that_is_no_function_loses_the_answer(world: World) -> None:
    world.fault("organizations", "CreatePolicy", "crash")
    with pytest.raises(ConnectionClosedError):
        world.policy("daily")
    assert len(world.control("GET", "organization")["policies"]) == 1


def test_a_slow_call_waits_and_then_goes_on(world: World) -> None:
    world.fault("organizations", "ListRoots", "slow", delay_ms=400)
    started = time.monotonic()
    assert world.client("organizations").list_roots()["Roots"]
    assert time.monotonic() - started >= 0.4
    entry = world.control("GET", "calls?operation=ListRoots")[0]
    assert (entry["error"], entry["fault"]) == (None, "slow")


def test_the_log_is_in_the_order_of_effects(world: World) -> None:
    client = world.client("organizations")
    world.fault("organizations", "DescribeOrganization", "slow", delay_ms=600_000)
    world.fault("organizations", "ListRoots", "throttle", delay_ms=10)
    waiting = threading.Thread(target=client.describe_organization)
    waiting.start()
    eventually(lambda: world.control("GET", "faults")[0]["times"] == 0)
    assert error_of(client.list_roots)[0] == "TooManyRequestsException"
    world.mend()
    waiting.join()
    operations = world.wait_for_calls("organizations", 2)
    assert operations == ["ListRoots", "DescribeOrganization"]


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({"service": "s3", "operation": "*"}, "must have `kind`"),
        ({"service": "s3", "operation": "*", "kind": "explode"}, "unknown kind `explode`"),
        ({"service": "s3", "operation": "*", "kind": "slow", "delay": 5}, "unknown member `delay`"),
        (
            {"service": "s3", "operation": "*", "kind": "slow", "times": -1},
            "`times` of a fault must be",
        ),
        (
            {"service": "s3", "operation": "*", "kind": "slow", "after": True},
            "`after` of a fault must be",
        ),
        (
            {"service": "s3", "operation": 5, "kind": "slow"},
            "`operation` of a fault must be a string",
        ),
        ("throttle", "must be an object"),
    ],
)
def test_a_wrong_fault_is_refused_whole(world: World, fault: Any, text: str) -> None:
    good = {"service": "s3", "operation": "*", "kind": "slow"}
    status, _, body = world.http("POST", "/_emulator/faults", body=json.dumps([good, fault]))
    assert status == 400
    assert text in json.loads(body)["error"]
    assert world.control("GET", "faults") == []


def test_clearing_the_faults(world: World) -> None:
    world.fault("organizations", "ListRoots", "refuse", times=100)
    world.control("DELETE", "faults")
    world.client("organizations").list_roots()


def test_a_fault_in_what_a_function_does(world: World) -> None:
    """The session of a role is in the account of the role, and its faults too."""
    trust = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "sts:AssumeRole"}
    world.client("iam").create_role(
        RoleName="admin", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    arn = f"arn:aws:iam::{MANAGEMENT}:role/admin"
    keys = world.client("sts", HOME).assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    session = world.client(
        "organizations",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    world.fault("organizations", "AttachPolicy", "conflict", account=MANAGEMENT)
    assert (
        error_of(session.attach_policy, PolicyId="p-12345678", TargetId=ROOT)[0]
        == "ConcurrentModificationException"
    )
    entry = world.control("GET", "calls?operation=AttachPolicy")[0]
    assert entry["principal"] == f"arn:aws:sts::{MANAGEMENT}:assumed-role/admin/test"
    assert entry["parameters"] == {"PolicyId": "p-12345678", "TargetId": ROOT}


def test_the_log_shows_what_a_call_is_about_and_no_contents(world: World) -> None:
    policy = world.policy("daily", Tags=[{"Key": "owner", "Value": "secret"}])
    entries = world.control("GET", "calls?operation=CreatePolicy")
    assert entries[0]["parameters"] == {
        "Name": "daily",
        "Type": "BACKUP_POLICY",
        "TagKeys": ["owner"],
    }
    world.client("organizations").untag_resource(ResourceId=policy, TagKeys=["owner"])
    untag = world.control("GET", "calls?operation=UntagResource")[0]
    assert untag["parameters"] == {"ResourceId": policy, "TagKeys": ["owner"]}
    assert untag["sequence"] > entries[0]["sequence"]
    assert GOOD not in json.dumps(world.control("GET", "calls"))


@pytest.mark.parametrize(
    ("service", "call", "arguments", "operation", "parameters"),
    [
        ("s3", "list_objects_v2", {"Bucket": "b"}, "ListObjectsV2", {"Bucket": "b"}),
        ("s3", "head_bucket", {"Bucket": "b"}, "HeadBucket", {"Bucket": "b"}),
        ("s3", "get_bucket_policy", {"Bucket": "b"}, "GetBucketPolicy", {"Bucket": "b"}),
        (
            "s3",
            "delete_object",
            {"Bucket": "b", "Key": "k/é"},
            "DeleteObject",
            {"Bucket": "b", "Key": "k/é"},
        ),
        (
            "s3",
            "list_parts",
            {"Bucket": "b", "Key": "k", "UploadId": "u"},
            "ListParts",
            {"Bucket": "b", "Key": "k"},
        ),
        (
            "s3",
            "copy_object",
            {"Bucket": "b", "Key": "k", "CopySource": "c/k"},
            "CopyObject",
            {"Bucket": "b", "Key": "k"},
        ),
        ("s3", "list_buckets", {}, "ListBuckets", {}),
        ("lambda", "invoke", {"FunctionName": "f"}, "Invoke", {"FunctionName": "f"}),
        (
            "cloudformation",
            "describe_stacks",
            {"StackName": "s"},
            "DescribeStacks",
            {"StackName": "s"},
        ),
        ("sts", "get_caller_identity", {}, "GetCallerIdentity", {}),
        (
            "backup",
            "describe_backup_vault",
            {"BackupVaultName": "v"},
            "DescribeBackupVault",
            {"BackupVaultName": "v"},
        ),
        ("cloudwatch", "describe_alarms", {}, "DescribeAlarms", {}),
    ],
)
def test_operations_are_recognised(
    world: World,
    service: str,
    call: str,
    arguments: dict[str, Any],
    operation: str,
    parameters: dict[str, str],
) -> None:
    world.control("DELETE", "calls")
    # What the base answers is not the question here.
    with contextlib.suppress(ClientError):
        getattr(world.client(service, HOME), call)(**arguments)
    entry = world.control("GET", "calls")[0]
    assert (entry["service"], entry["operation"], entry["parameters"]) == (
        service,
        operation,
        parameters,
    )
