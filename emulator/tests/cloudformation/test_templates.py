"""What simple templates use, deployed by the base: it works, and the values arrive."""

from __future__ import annotations

import json
from typing import Any

from ..stacks import CAPABILITIES, ROLE, create, custom, function, outputs, template, update
from ..world import HOME, World, error_of


def parameters(world: World, **values: tuple[str, str]) -> None:
    """Put SSM parameters: name -> (type, value)."""
    client = world.client("ssm", HOME)
    for name, (kind, value) in values.items():
        client.put_parameter(Name=f"/backup/{name}", Type=kind, Value=value, Overwrite=True)


def declared(kind: str, name: str) -> dict[str, str]:
    """A template parameter that defaults to an SSM parameter."""
    return {"Type": f"AWS::SSM::Parameter::Value<{kind}>", "Default": f"/backup/{name}"}


def test_ssm_typed_parameters_reach_a_custom_resource(world: World) -> None:
    world.upload_function()
    parameters(
        world,
        account=("String", "111111111111"),
        units=("StringList", "ou-reh1-workloads,ou-reh1-security"),
        regions=("String", "eu-west-1, us-east-1"),
    )
    document = json.loads(
        template(
            Thing=custom(
                Account={"Ref": "Account"}, Units={"Ref": "Units"}, Regions={"Ref": "Regions"}
            )
        )
    )
    document["Parameters"] = {
        "Account": declared("String", "account"),
        "Units": declared("List<String>", "units"),
        "Regions": declared("CommaDelimitedList", "regions"),
    }
    body = json.dumps(document)
    assert create(world, body)["StackStatus"] == "CREATE_COMPLETE"
    sent = world.control("GET", "custom-resources")[0]["request"]["ResourceProperties"]
    assert sent["Account"] == "111111111111"
    assert sent["Units"] == ["ou-reh1-workloads", "ou-reh1-security"]
    assert sent["Regions"] == ["eu-west-1", "us-east-1"]

    parameters(world, units=("StringList", "ou-reh1-security"))
    assert update(world, body)["StackStatus"] == "UPDATE_COMPLETE"
    log = world.control("GET", "custom-resources")
    assert log[1]["request"]["RequestType"] == "Update"
    assert log[1]["request"]["ResourceProperties"]["Units"] == ["ou-reh1-security"]


def test_a_missing_ssm_parameter_is_a_validation_error(world: World) -> None:
    document = {
        "Parameters": {"Units": declared("List<String>", "nowhere")},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    call = world.client("cloudformation", HOME).create_stack
    assert (
        error_of(call, StackName="stack", TemplateBody=json.dumps(document))[0] == "ValidationError"
    )


def test_the_types_of_a_function_with_alarms_and_a_queue(world: World) -> None:
    world.upload_function()
    alarm = {
        "AlarmName": "errors",
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": "Function"}}],
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    policy = {"PolicyName": "assume", "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}
    role = {**ROLE, "Properties": {**ROLE["Properties"], "Policies": [policy]}}  # type: ignore[dict-item]
    resources: dict[str, Any] = {
        "Role": role,
        "Function": function(
            DeadLetterConfig={"TargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
            LoggingConfig={"LogGroup": {"Ref": "Logs"}, "LogFormat": "JSON"},
            Architectures=["x86_64"],
        ),
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {"LogGroupName": "/aws/lambda/function", "RetentionInDays": 30},
        },
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": "dead", "SqsManagedSseEnabled": True},
        },
        "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm},
        "Invoke": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "Qualifier": "$LATEST",
                "MaximumRetryAttempts": 1,
            },
        },
        "Arn": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": "/backup/arn",
                "Type": "String",
                "Value": {"Fn::GetAtt": ["Function", "Arn"]},
            },
        },
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "more-packages"}},
        "Thing": custom(),
    }
    body = template({"Queue": {"Fn::GetAtt": ["Queue", "Arn"]}}, **resources)
    stack = create(world, body)
    assert stack["StackStatus"] == "CREATE_COMPLETE", world.stack_reasons("stack")
    assert outputs(stack)["Queue"] == f"arn:aws:sqs:eu-west-1:{HOME}:dead"
    alarms = world.client("cloudwatch", HOME).describe_alarms()["MetricAlarms"]
    assert [(found["AlarmName"], found["Dimensions"][0]["Value"]) for found in alarms] == [
        ("errors", "function")
    ]
    groups = world.client("logs", HOME).describe_log_groups(
        logGroupNamePrefix="/aws/lambda/function"
    )["logGroups"]
    assert [(group["logGroupName"], group["retentionInDays"]) for group in groups] == [
        ("/aws/lambda/function", 30)
    ]
    value = world.client("ssm", HOME).get_parameter(Name="/backup/arn")["Parameter"]["Value"]
    assert value == f"arn:aws:lambda:eu-west-1:{HOME}:function:function"
    inline = world.client("iam", HOME).get_role_policy(RoleName="function", PolicyName="assume")
    assert inline["PolicyDocument"]["Version"] == "2012-10-17"


def test_an_unknown_type_and_a_missing_capability(world: World) -> None:
    client = world.client("cloudformation", HOME)
    unknown = json.dumps({"Resources": {"A": {"Type": "AWS::No::Such"}}})
    assert (
        error_of(client.create_stack, StackName="stack", TemplateBody=unknown)[0]
        == "ValidationError"
    )
    changed = {"StackName": "nowhere", "TemplateBody": template(), "Capabilities": CAPABILITIES}
    assert error_of(client.update_stack, **changed)[0] == "ValidationError"
