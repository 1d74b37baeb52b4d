"""AWS::Lambda::* and custom resources, which are calls of a function."""

from __future__ import annotations

from ...needs import Need
from .keys import key_arn
from .resource import Demands, Passed, Resource, entries, last_part, on

_READS = (
    "lambda:GetFunction",
    "lambda:GetFunctionCodeSigningConfig",
    "lambda:GetFunctionRecursionConfig",
    "lambda:GetFunctionScalingConfig",
    "lambda:GetRuntimeManagementConfig",
)

# What is not a configuration of the function itself: it has a call of its own, or none.
_CODE = ("Code", "Architectures")
_APART = (
    *_CODE,
    "CodeSigningConfigArn",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "RuntimeManagementConfig",
    "Tags",
)


def function(resource: Resource) -> Demands:
    """After the published schema."""
    arn = resource.arn("lambda", f"function:{resource.name('FunctionName')}")
    if resource.deletes:
        yield from on(arn, "lambda:GetFunction", "lambda:DeleteFunction")
        if resource.has("VpcConfig"):
            yield Need("ec2:DescribeNetworkInterfaces")
        return
    configuration = [name for name in (*resource.properties, *resource.previous)]
    if resource.creates:
        yield Need("lambda:CreateFunction", arn)
    elif any(
        resource.sets(name) or resource.drops(name) for name in configuration if name not in _APART
    ):
        yield Need("lambda:UpdateFunctionConfiguration", arn)
    if resource.updates and resource.sets(*_CODE):
        yield Need("lambda:UpdateFunctionCode", arn)
    if resource.sets("Role"):
        yield Passed(str(resource.properties["Role"]), "lambda.amazonaws.com")
    if resource.sets(*_CODE):
        yield from _package(resource)
    yield from _elsewhere(resource)
    yield from _calls_apart(resource, arn)
    yield from resource.tagging(arn, "lambda:TagResource", "lambda:UntagResource")
    yield from on(arn, *_READS)


def _package(resource: Resource) -> Demands:
    """Lambda fetches the package in the name of who deploys."""
    code = resource.properties.get("Code") or {}
    if code.get("S3Bucket"):
        package = f"arn:aws:s3:::{code['S3Bucket']}/{code.get('S3Key', '')}"
        versioned = code.get("S3ObjectVersion")
        yield Need("s3:GetObjectVersion" if versioned else "s3:GetObject", package)


def _elsewhere(resource: Resource) -> Demands:
    """What Lambda asks other services in the name of who deploys."""
    if resource.sets("VpcConfig"):
        yield from on("*", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs")
    if resource.sets("FileSystemConfigs"):
        # The ARNs are of access points, the action is about file systems: whichever.
        any_system = resource.arn("elasticfilesystem", "file-system/*")
        yield Need("elasticfilesystem:DescribeMountTargets", any_system)
    if resource.sets("Layers"):
        for layer in entries(resource.properties.get("Layers")):
            yield Need("lambda:GetLayerVersion", str(layer))
    if resource.sets("CodeSigningConfigArn"):
        signing = str(resource.properties["CodeSigningConfigArn"])
        yield Need("lambda:GetCodeSigningConfig", signing)
    key = str(resource.properties.get("KmsKeyArn") or "")
    if key:
        via = f"lambda.{resource.region}.amazonaws.com"
        yield Need("kms:Decrypt", key_arn(resource, key), {"kms:viaservice": via})
        if resource.sets("KmsKeyArn"):
            encrypt = ("kms:Encrypt",) if resource.creates else ()
            grant = ("kms:CreateGrant", "kms:GenerateDataKey")
            yield from on(key_arn(resource, key), *grant, *encrypt, kms__ViaService=via)


def _calls_apart(resource: Resource, arn: str) -> Demands:
    for name, sets, drops in (
        ("ReservedConcurrentExecutions", "PutFunctionConcurrency", "DeleteFunctionConcurrency"),
        ("RuntimeManagementConfig", "PutRuntimeManagementConfig", "PutRuntimeManagementConfig"),
        ("RecursiveLoop", "PutFunctionRecursionConfig", "PutFunctionRecursionConfig"),
    ):
        if resource.sets(name):
            yield Need(f"lambda:{sets}", arn)
        if resource.drops(name):
            yield Need(f"lambda:{drops}", arn)
    if resource.updates and resource.sets("CodeSigningConfigArn"):
        yield Need("lambda:PutFunctionCodeSigningConfig", arn)
    if resource.drops("CodeSigningConfigArn"):
        yield Need("lambda:DeleteFunctionCodeSigningConfig", arn)


def event_invoke_config(resource: Resource) -> Demands:
    """After the published schema, on the qualified ARN."""
    # `$LATEST` too: a recorded refusal of lambda:GetFunctionConfiguration names x:$LATEST
    # (github.com/alexcasalboni/aws-lambda-power-tuning/issues/260; AWS's notice of the change is in
    # github.com/juanjoDiaz/serverless-plugin-warmup/issues/304). None of these actions is known.
    function = function_arn(resource, str(resource.properties.get("FunctionName") or ""))
    arn = f"{function}:{resource.properties['Qualifier']}"
    if resource.deletes:
        yield Need("lambda:DeleteFunctionEventInvokeConfig", arn)
        return
    verb = "Put" if resource.creates else "Update"
    yield Need(f"lambda:{verb}FunctionEventInvokeConfig", arn)
    yield Need("lambda:GetFunctionEventInvokeConfig", arn)


def permission(resource: Resource) -> Demands:
    """After the published schema. Every change replaces it: a new statement, then the old goes."""
    function = function_arn(resource, str(resource.properties.get("FunctionName") or ""))
    if resource.deletes:
        yield Need("lambda:RemovePermission", function)
        return
    yield Need("lambda:AddPermission", function)
    yield Need("lambda:GetPolicy", function)
    if resource.updates:
        yield Need("lambda:RemovePermission", function)


def event_source_mapping(resource: Resource) -> Demands:
    """After the published schema. CreateEventSourceMapping has no resource in IAM."""
    arn = resource.arn("lambda", f"event-source-mapping:{last_part(resource.physical_id)}")
    function = function_arn(resource, str(resource.properties.get("FunctionName") or ""))
    keys = {"lambda:functionarn": function}
    if resource.deletes:
        yield Need("lambda:GetEventSourceMapping", arn, keys)
        yield Need("lambda:DeleteEventSourceMapping", arn, keys)
        return
    if resource.creates:
        yield Need("lambda:CreateEventSourceMapping", "*", keys)
    else:
        yield Need("lambda:UpdateEventSourceMapping", arn, keys)
    key = str(resource.properties.get("KmsKeyArn") or "")
    if key:
        via = f"lambda.{resource.region}.amazonaws.com"
        yield from on(
            key_arn(resource, key),
            "kms:DescribeKey",
            "kms:GenerateDataKey",
            "kms:Decrypt",
            kms__ViaService=via,
        )
    yield from resource.tagging(arn, "lambda:TagResource", "lambda:UntagResource")
    yield Need("lambda:GetEventSourceMapping", arn, keys)
    yield Need("lambda:ListTags", arn)


def custom_resource(resource: Resource) -> Demands:
    """CloudFormation invokes the function, or publishes to the topic, of the ServiceToken."""
    token = str(resource.properties.get("ServiceToken") or "")
    yield Need("sns:Publish" if ":sns:" in token else "lambda:InvokeFunction", token)


def function_arn(resource: Resource, name: str) -> str:
    """The ARN of a function that a property names by name or ARN."""
    return name if name.startswith("arn:") else resource.arn("lambda", f"function:{name}")
