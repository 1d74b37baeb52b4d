"""What Lambda does in somebody's name: code, passed roles, logs, queues, destinations."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ...entitled import LOGS, Entitled, User, allow, document, trusting
from ...events.test_deliveries import FUNCTION
from ...world import REGION, World, error_of, eventually, function_zip

BUCKET = "packages"
OBJECT = f"arn:aws:s3:::{BUCKET}/function.zip"
POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


@pytest.fixture
def account(world: World) -> Entitled:
    return Entitled(world)


@pytest.fixture
def maker(account: Entitled) -> User:
    """A user who makes the function `worker` from the bucket's zip."""
    role = account.role("worker", "lambda", allow(*LOGS))
    account.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    account.client("s3").put_object(Bucket=BUCKET, Key="function.zip", Body=function_zip(FUNCTION))
    user = account.user("maker", *making(role))
    account.refused()
    return user


def making(role: str, *more: Any) -> tuple[Any, ...]:
    return (
        allow("lambda:CreateFunction"),
        allow("iam:PassRole", on=role),
        allow("s3:GetObject", on=OBJECT),
        *more,
    )


def create(maker: User, **more: Any) -> Any:
    arguments = {
        "FunctionName": "worker",
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Role": f"arn:aws:iam::{maker.owner.account}:role/worker",
        "Code": {"S3Bucket": BUCKET, "S3Key": "function.zip"},
        **more,
    }
    return maker.client("lambda").create_function(**arguments)


def made(account: Entitled) -> list[str]:
    found = account.client("lambda").list_functions()["Functions"]
    return [function["FunctionName"] for function in found]


def worker(account: Entitled, *statements: Any) -> str:
    """The function, made by the account's root; the ARN of its role."""
    role = account.role("worker", "lambda", *statements)
    account.client("lambda").create_function(
        FunctionName="worker",
        Runtime="provided.al2023",
        Handler="bootstrap",
        Role=role,
        Code={"ZipFile": function_zip(FUNCTION)},
    )
    account.refused()
    return role


def test_a_functions_code_is_read_in_the_name_of_who_makes_it(
    account: Entitled, maker: User
) -> None:
    role = account.arn("iam", "role/worker").replace(REGION, "")
    maker.grant(*making(role)[:2])
    code, _ = error_of(create, maker=maker)
    assert code == "InvalidParameterValueException"
    assert made(account) == []
    assert account.refused() == [("maker", "s3:GetObject", OBJECT)]
    maker.grant(*making(role))
    create(maker)
    assert made(account) == ["worker"]
    assert account.refused() == []


def test_encrypted_code_needs_its_key_too(account: Entitled, maker: User) -> None:
    key = account.key()
    account.client("s3").put_object(
        Bucket=BUCKET,
        Key="function.zip",
        Body=function_zip(FUNCTION),
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=key,
    )
    error_of(create, maker=maker)
    assert account.refused() == [("maker", "kms:Decrypt", key)]
    assert made(account) == []
    only_here = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    role = account.arn("iam", "role/worker").replace(REGION, "")
    maker.grant(*making(role, allow("kms:Decrypt", on=key, Condition=only_here)))
    create(maker)
    assert made(account) == ["worker"]


def test_a_role_is_passed_only_with_permission_and_only_to_who_it_trusts(
    account: Entitled, maker: User
) -> None:
    role = account.arn("iam", "role/worker").replace(REGION, "")
    maker.grant(*making(role)[::2])
    code, _ = error_of(create, maker=maker)
    assert code == "AccessDeniedException"
    assert account.refused() == [("maker", "iam:PassRole", role)]
    elsewhere = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    maker.grant(*making(role)[::2], allow("iam:PassRole", Condition=elsewhere))
    error_of(create, maker=maker)
    assert account.refused() == [("maker", "iam:PassRole", role)]
    maker.grant(*making(role))
    account.trust("worker", trusting("ec2"))
    error_of(create, maker=maker)
    assert account.refused() == [("lambda.amazonaws.com", "sts:AssumeRole", role)]
    assert made(account) == []
    account.trust("worker", trusting("lambda"))
    create(maker)
    assert made(account) == ["worker"]


def invoke(account: Entitled, payload: Any = None, **more: Any) -> Any:
    body = json.dumps(payload or {"a": 1}).encode()
    return account.client("lambda").invoke(FunctionName="worker", Payload=body, **more)


def lines(account: Entitled) -> list[str]:
    logs = account.client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix="/aws/lambda/worker")["logGroups"]
    if not groups:
        return []
    events = logs.filter_log_events(logGroupName="/aws/lambda/worker")["events"]
    return [line for event in events for line in event["message"].splitlines()]


def test_a_function_whose_role_may_not_write_logs_runs_and_leaves_none(account: Entitled) -> None:
    worker(account)
    assert invoke(account)["StatusCode"] == 200
    assert lines(account) == []
    group = account.arn("logs", "log-group:/aws/lambda/worker:log-stream:")
    assert account.refused() == [("worker", "logs:CreateLogGroup", group)]
    # With a group of its own it needs the other two, on the group's ARN as CloudFormation has it.
    account.client("logs").create_log_group(logGroupName="/aws/lambda/worker")
    pattern = account.arn("logs", "log-group:/aws/lambda/worker:*")
    account.grant("worker", allow("logs:CreateLogStream", on=pattern))
    invoke(account)
    assert [action for _, action, _ in account.refused()] == ["logs:PutLogEvents"]
    assert lines(account) == []
    account.grant("worker", allow("logs:CreateLogStream", "logs:PutLogEvents", on=pattern))
    invoke(account)
    assert 'heard {"a": 1}' in lines(account)
    assert account.refused() == []


def test_a_function_whose_role_does_not_trust_lambda_any_more_does_not_start(
    account: Entitled,
) -> None:
    role = worker(account, allow(*LOGS))
    account.trust("worker", trusting("ec2"))
    assert "FunctionError" in invoke(account)
    assert account.refused() == [("lambda.amazonaws.com", "sts:AssumeRole", role)]
    account.trust("worker", trusting("lambda"))
    assert "FunctionError" not in invoke(account)
    assert 'heard {"a": 1}' in lines(account)


def test_a_destination_is_refused_to_a_role_that_may_not_send_to_it(account: Entitled) -> None:
    worker(account, allow(*LOGS))
    client = account.client("lambda")
    queue = account.client("sqs").create_queue(QueueName="failed")["QueueUrl"]
    failed = account.arn("sqs", "failed")
    wanted = {
        "FunctionName": "worker",
        "MaximumRetryAttempts": 0,
        "DestinationConfig": {"OnFailure": {"Destination": failed}},
    }
    code, _ = error_of(client.put_function_event_invoke_config, **wanted)
    assert code == "InvalidParameterValueException"
    assert account.refused() == [("worker", "sqs:SendMessage", failed)]
    account.grant("worker", allow(*LOGS), allow("sqs:SendMessage", on=failed))
    client.put_function_event_invoke_config(**wanted)
    # Taken away afterwards: what failed vanishes, and that is recorded.
    account.grant("worker", allow(*LOGS))
    crash = {"Records": [{"body": "exit", "attributes": {"ApproximateReceiveCount": "1"}}]}
    invoke(account, crash, InvocationType="Event")
    eventually(lambda: account.refused() == [("worker", "sqs:SendMessage", failed)])
    assert "Messages" not in account.client("sqs").receive_message(QueueUrl=queue)
    account.grant("worker", allow(*LOGS), allow("sqs:SendMessage", on=failed))
    invoke(account, crash, InvocationType="Event")
    (message,) = eventually(
        lambda: account.client("sqs").receive_message(QueueUrl=queue).get("Messages")
    )
    assert json.loads(message["Body"])["requestPayload"] == crash


@pytest.mark.parametrize("missing", POLLING)
def test_a_queue_is_mapped_to_a_function_only_if_its_role_may_read_it(
    account: Entitled, missing: str
) -> None:
    work = account.arn("sqs", "work")
    account.client("sqs").create_queue(QueueName="work")
    worker(account, *(allow(action, on=work) for action in POLLING if action != missing))
    create_mapping = account.client("lambda").create_event_source_mapping
    code, _ = error_of(create_mapping, EventSourceArn=work, FunctionName="worker")
    assert code == "InvalidParameterValueException"
    assert account.refused() == [("worker", missing, work)]
    assert account.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []


def test_a_queue_is_read_only_while_the_functions_role_may(account: Entitled, world: World) -> None:
    work = account.arn("sqs", "work")
    url = account.client("sqs").create_queue(QueueName="work")["QueueUrl"]
    worker(account, allow(*LOGS), allow(*POLLING, on=work))
    account.client("lambda").create_event_source_mapping(EventSourceArn=work, FunctionName="worker")
    account.grant("worker", allow(*LOGS), allow(*POLLING[1:], on=work))
    account.client("sqs").send_message(QueueUrl=url, MessageBody="one")
    eventually(lambda: account.refused() == [("worker", "sqs:ReceiveMessage", work)])
    assert lines(account) == []
    account.grant("worker", allow(*LOGS), allow(*POLLING, on=work))
    eventually(lambda: 'heard [["one", "1"]]' in lines(account))
    assert account.refused() == []


def test_an_encrypted_queue_is_read_only_with_its_key(account: Entitled) -> None:
    work, key = account.arn("sqs", "work"), account.key()
    account.client("sqs").create_queue(QueueName="work", Attributes={"KmsMasterKeyId": key})
    worker(account, allow(*POLLING, on=work))
    create_mapping = account.client("lambda").create_event_source_mapping
    error_of(create_mapping, EventSourceArn=work, FunctionName="worker")
    assert account.refused() == [("worker", "kms:Decrypt", key)]
    account.grant("worker", allow(*POLLING, on=work), allow("kms:Decrypt", on=key))
    assert create_mapping(EventSourceArn=work, FunctionName="worker")["UUID"]


def test_a_stacks_function_is_made_from_code_that_its_service_role_may_read(
    account: Entitled, maker: User, world: World
) -> None:
    role = account.arn("iam", "role/worker").replace(REGION, "")
    resource = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": "worker",
            "Runtime": "provided.al2023",
            "Handler": "bootstrap",
            "Role": role,
            "Code": {"S3Bucket": BUCKET, "S3Key": "function.zip"},
        },
    }
    template = json.dumps({"Resources": {"Function": resource}})
    may = (allow("lambda:*"), allow("iam:PassRole", on=role))
    deployer = account.role("deployer", "cloudformation", *may)
    stacks = account.client("cloudformation")
    arguments = {"TemplateBody": template, "RoleARN": deployer}
    stacks.create_stack(StackName="refused", **arguments)
    assert world.wait_for_stack("refused", account.account)["StackStatus"] == "ROLLBACK_COMPLETE"
    assert ("deployer", "s3:GetObject", OBJECT) in account.refused()
    assert made(account) == []
    account.grant("deployer", *may, allow("s3:GetObject", on=OBJECT))
    stacks.create_stack(StackName="made", **arguments)
    assert world.wait_for_stack("made", account.account)["StackStatus"] == "CREATE_COMPLETE"
    assert made(account) == ["worker"]


def test_a_foreign_buckets_policy_counts_for_who_makes_the_function(
    account: Entitled, maker: User, world: World
) -> None:
    other = Entitled(world, "444444444442")
    where = {"LocationConstraint": REGION}
    other.client("s3").create_bucket(Bucket="foreign", CreateBucketConfiguration=where)
    package = function_zip(FUNCTION)
    other.client("s3").put_object(Bucket="foreign", Key="function.zip", Body=package)
    foreign = "arn:aws:s3:::foreign/function.zip"
    role = account.arn("iam", "role/worker").replace(REGION, "")
    maker.grant(*making(role, allow("s3:GetObject", on=foreign)))
    code = {"S3Bucket": "foreign", "S3Key": "function.zip"}
    error_of(lambda: create(maker, Code=code))
    assert account.refused() == [("maker", "s3:GetObject", foreign)]
    principal = {"AWS": f"arn:aws:iam::{account.account}:root"}
    statement = allow("s3:GetObject", on=foreign, Principal=principal)
    other.client("s3").put_bucket_policy(Bucket="foreign", Policy=document(statement))
    create(maker, Code=code)
    assert made(account) == ["worker"]
