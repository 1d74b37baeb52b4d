"""Functions: the code they run, their environment, their context and their role."""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
import zipfile
from collections.abc import Mapping

import pytest

from ..entitled import LOGS
from ..stacks import CAPABILITIES, create, custom, function, outputs, template, update
from ..world import (
    CENTRAL,
    HOME,
    MANAGEMENT,
    MEMBER,
    REGION,
    World,
    error_of,
    eventually,
    function_zip,
)


def test_the_environment_is_lambdas_own(world: World) -> None:
    world.upload_function()
    variables = {"Variables": {"DELEGATED": "true", "AWS_LAMBDA_FUNCTION_NAME": "forged"}}
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "DEBUG"}
    resource = function(Environment=variables, LoggingConfig=logging, MemorySize=256)
    body = template(
        {"Environment": {"Fn::GetAtt": ["Thing", "Environment"]}},
        Function=resource,
        Thing=custom(OnCreate="environment"),
    )
    environment = json.loads(outputs(create(world, body))["Environment"])
    fixed = {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": world.url,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": "function",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/function",
        "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
        "AWS_REGION": REGION,
        "CUSTOM_RESOURCE_RESPONSE_ORIGIN": world.url,
        "DELEGATED": "true",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "_HANDLER": "bootstrap",
    }
    assert {name: environment.get(name) for name in fixed} == fixed
    varying = {
        "AWS_ACCESS_KEY_ID",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_TASK_ROOT",
        "PATH",
    }
    # LC_CTYPE is Python's own doing in the C locale.
    assert set(environment) - set(fixed) - {"LC_CTYPE"} == varying
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")


def test_the_context_names_the_function_and_the_deadline(world: World) -> None:
    world.upload_function()
    names = (
        "Lambda-Runtime-Invoked-Function-Arn",
        "Lambda-Runtime-Deadline-Ms",
        "Lambda-Runtime-Aws-Request-Id",
    )
    wanted = {name.replace("-", ""): {"Fn::GetAtt": ["Thing", name]} for name in names}
    before = time.time()
    stack = create(
        world, template(wanted, Function=function(Timeout=7), Thing=custom(OnCreate="environment"))
    )
    context = outputs(stack)
    assert (
        context["LambdaRuntimeInvokedFunctionArn"]
        == f"arn:aws:lambda:{REGION}:{HOME}:function:function"
    )
    assert before + 7 <= int(context["LambdaRuntimeDeadlineMs"]) / 1000 <= time.time() + 7
    sent = world.control("GET", "custom-resources")[0]["request"]["RequestId"]
    assert context["LambdaRuntimeAwsRequestId"] not in ("", sent)


def test_a_function_is_a_session_of_its_role(world: World) -> None:
    world.upload_function()
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{HOME}:role/function"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    world.client("iam").create_role(RoleName="trusting", AssumeRolePolicyDocument=document)
    argument = json.dumps(
        {"RoleArn": f"arn:aws:iam::{MANAGEMENT}:role/trusting", "RoleSessionName": "function"}
    )
    resources = {
        "Who": custom(OnCreate="call=sts.get_caller_identity"),
        "Assume": custom(OnCreate=f"call=sts.assume_role.{argument.replace(' ', '')}"),
        "Refused": custom(OnCreate="call=organizations.list_roots"),
    }
    body = template({name: {"Fn::GetAtt": [name, "Result"]} for name in resources}, **resources)
    found = outputs(create(world, body))
    assert json.loads(found["Who"])["Arn"] == f"arn:aws:sts::{HOME}:assumed-role/function/function"
    assumed = json.loads(found["Assume"])["AssumedRoleUser"]["Arn"]
    assert assumed == f"arn:aws:sts::{MANAGEMENT}:assumed-role/trusting/function"
    assert found["Refused"] == "AccessDeniedException"


def bootstrap_sha256(package: bytes) -> str:
    """The hash of the bootstrap in a package."""
    return hashlib.sha256(zipfile.ZipFile(io.BytesIO(package)).read("bootstrap")).hexdigest()


def test_the_inventory_has_the_hash_of_what_runs(world: World) -> None:
    package = world.upload_function()
    create(world, template(Thing=custom()))
    assert world.control("GET", "functions") == [
        {
            "account": HOME,
            "region": REGION,
            "name": "function",
            "runtime": "provided.al2023",
            "architectures": ["x86_64"],
            "zip_sha256": hashlib.sha256(package).hexdigest(),
            "bootstrap_sha256": bootstrap_sha256(package),
        }
    ]
    other = function_zip("raise SystemExit(1)")
    world.client("s3", HOME).put_object(Bucket="packages", Key="other.zip", Body=other)
    update(
        world,
        template(
            Function=function(Code={"S3Bucket": "packages", "S3Key": "other.zip"}), Thing=custom()
        ),
    )
    assert world.control("GET", "functions")[0]["bootstrap_sha256"] == bootstrap_sha256(other)


def test_an_older_version_of_a_package(world: World) -> None:
    client = world.client("s3", HOME)
    client.create_bucket(
        Bucket="packages", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    client.put_bucket_versioning(Bucket="packages", VersioningConfiguration={"Status": "Enabled"})
    first = client.put_object(Bucket="packages", Key="function.zip", Body=function_zip())[
        "VersionId"
    ]
    client.put_object(Bucket="packages", Key="function.zip", Body=b"rubbish")
    code = {"S3Bucket": "packages", "S3Key": "function.zip", "S3ObjectVersion": first}
    assert (
        create(world, template(Function=function(Code=code), Thing=custom()))["StackStatus"]
        == "CREATE_COMPLETE"
    )


def share(world: World, *statements: Mapping[str, object]) -> None:
    """Give the packages bucket of the home account a policy."""
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    policy = {"Version": "2012-10-17", "Statement": allowed}
    world.client("s3", HOME).put_bucket_policy(Bucket="packages", Policy=json.dumps(policy))


BY_ORGANIZATION = {
    "Principal": "*",
    "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::packages/*",
    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-rehearsal01"}},
}


def test_the_code_may_be_in_a_foreign_bucket_that_allows_it(world: World) -> None:
    world.upload_function(HOME)
    # Lambda comes over TLS.
    tls_only = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::packages/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    share(world, BY_ORGANIZATION, tls_only)
    assert (
        create(world, template(Thing=custom()), account=CENTRAL)["StackStatus"] == "CREATE_COMPLETE"
    )


@pytest.mark.parametrize("condition", ["o-another000", None])
def test_a_foreign_bucket_that_does_not_allow_it(world: World, condition: str | None) -> None:
    world.upload_function(HOME)
    if condition:
        share(
            world,
            BY_ORGANIZATION | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": condition}}},
        )
    assert create(world, template(), account=CENTRAL)["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [why for name, _, why in world.stack_reasons("stack", CENTRAL) if name == "Function"]
    assert any("S3 Error Code: AccessDenied" in why for why in reasons)


def test_objects_of_a_foreign_bucket_are_readable_by_policy_only(world: World) -> None:
    world.upload_function(HOME)
    read = world.client("s3", MEMBER).get_object
    assert error_of(read, Bucket="packages", Key="function.zip")[0] == "AccessDenied"
    share(world, BY_ORGANIZATION)
    assert read(Bucket="packages", Key="function.zip")["Body"].read() == function_zip()
    stranger = world.client("s3", "999999999999")
    assert error_of(stranger.get_object, Bucket="packages", Key="function.zip")[0] == "AccessDenied"


@pytest.mark.parametrize(
    ("bucket", "code"), [("packages", "NoSuchKey"), ("nowhere", "NoSuchBucket")]
)
def test_a_package_that_is_not_there_makes_no_function(
    world: World, bucket: str, code: str
) -> None:
    world.upload_function(HOME)
    where = {"S3Bucket": bucket, "S3Key": "missing.zip"}
    assert (
        create(world, template(Function=function(Code=where)))["StackStatus"] == "ROLLBACK_COMPLETE"
    )
    assert any(code in why for _, _, why in world.stack_reasons("stack"))
    call = world.client("lambda", HOME).create_function
    arguments = {
        "FunctionName": "direct",
        "Role": world.role("lambda"),
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Code": where,
    }
    assert error_of(call, **arguments)[0] == "InvalidParameterValueException"
    assert world.control("GET", "functions") == []


def log_lines(world: World, name: str) -> list[str]:
    """What a function printed, or nothing while it has no log group."""
    client = world.client("logs", HOME)
    try:
        found = client.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    except client.exceptions.ResourceNotFoundException:
        return []
    return [event["message"].strip() for event in found]


def test_what_a_function_prints_is_in_its_log(world: World) -> None:
    world.upload_function()
    create(world, template(Thing=custom()))
    eventually(lambda: "heard Create" in log_lines(world, "function"))


def test_a_function_is_killed_at_its_timeout_and_tried_again(world: World) -> None:
    world.upload_function()
    body = template(
        Function=function(Timeout=1), Thing=custom(OnCreate="hang", ServiceTimeout=3600)
    )
    client = world.client("cloudformation", HOME)
    client.create_stack(StackName="stack", TemplateBody=body, Capabilities=CAPABILITIES)

    def durations() -> list[int]:
        lines = "\n".join(log_lines(world, "function"))
        return [int(found) for found in re.findall(r"^REPORT .*?\tDuration: (\d+)", lines, re.M)]

    eventually(lambda: len(durations()) == 3)
    assert min(durations()) >= 1000


def test_an_event_invocation_that_fails_is_tried_three_times(world: World) -> None:
    source = """
import json, os, urllib.request as u
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    event = u.urlopen(api + "next")
    print("heard", json.load(event), flush=True)
    answer = json.dumps({"errorMessage": "no", "errorType": "No"}).encode()
    request_id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    u.urlopen(u.Request(api + request_id + "/error", data=answer))
"""
    client = world.client("lambda", HOME)
    client.create_function(
        FunctionName="failing",
        Role=world.role("lambda", *LOGS),
        Runtime="provided.al2023",
        Handler="bootstrap",
        Code={"ZipFile": function_zip(source)},
    )
    accepted = client.invoke(FunctionName="failing", InvocationType="Event", Payload=b"5")
    assert accepted["StatusCode"] == 202
    eventually(lambda: log_lines(world, "failing").count("heard 5") == 3)


def test_a_direct_invocation(world: World) -> None:
    source = """
import json, os, urllib.request as u
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    event = u.urlopen(api + "next")
    answer = json.dumps({"heard": json.load(event)}).encode()
    request_id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    u.urlopen(u.Request(api + request_id + "/response", data=answer))
"""
    client = world.client("lambda", HOME)
    client.create_function(
        FunctionName="echo",
        Role=world.role("lambda"),
        Runtime="provided.al2023",
        Handler="bootstrap",
        Code={"ZipFile": function_zip(source)},
    )
    answer = client.invoke(FunctionName="echo", Payload=b'{"say": "hello"}')
    assert json.load(answer["Payload"]) == {"heard": {"say": "hello"}}
    assert "FunctionError" not in answer
