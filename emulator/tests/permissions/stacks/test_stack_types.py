"""What each resource type demands of who deploys, held against the registry's schemas."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ....permissions.needs import Need, Unmapped
from ....permissions.stacks.types import NAMES, TAGLESS, TYPES, demands
from ....permissions.stacks.types.resource import CREATE, DELETE, UPDATE, Passed, Resource
from ....published import reference
from .stack_samples import LEFT_OUT, MORE, NO_HANDLERS, SAMPLES

REPOSITORY = Path(__file__).parents[4]
ACCOUNT, REGION = "222222222222", "eu-west-1"
ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z]+")

# Types without published handlers, and those that do the same and have them.
LIKE = {
    "AWS::IAM::Policy": "AWS::IAM::RolePolicy",
    "AWS::SNS::TopicPolicy": "AWS::SNS::TopicInlinePolicy",
    "AWS::SQS::QueuePolicy": "AWS::SQS::QueueInlinePolicy",
}


def asked(kind: str, operation: str, properties: Any, previous: Any = None, **more: Any) -> Any:
    """The demands for a resource of this account."""
    resource = Resource(
        kind,
        operation,
        more.pop("physical_id", "stack-Thing-1ABC"),
        properties,
        ACCOUNT,
        REGION,
        previous=previous or {},
        organization="o-rehearsal01",
        management="111111111111",
        **more,
    )
    return demands(resource)


def actions(found: list[Any]) -> set[str]:
    """The names of what is demanded."""
    return {"iam:PassRole" if isinstance(d, Passed) else d.action for d in found}


def every(kind: str, operation: str) -> set[str]:
    """What the type demands for all of its sample's properties, put in and taken out."""
    sample, other = SAMPLES[kind]
    tags = {"Application": "Backup"}
    if operation != UPDATE:
        return actions(asked(kind, operation, sample, tags=tags))
    there = asked(kind, UPDATE, sample, other, tags=tags, previous_tags={"Old": "tag"})
    back = asked(kind, UPDATE, other, sample)
    return actions(there) | actions(back)


def registry() -> dict[str, dict[str, set[str]]]:
    """type -> operation -> what the handler may call."""
    found: dict[str, dict[str, set[str]]] = {}
    kind = ""
    for line in (Path(__file__).parent / "registry_handlers.txt").read_text().splitlines():
        if line.startswith("AWS::"):
            kind = line
        elif line.startswith("  "):
            operation, *listed = line.split()
            found.setdefault(kind, {})[operation] = set(listed)
    return found


def test_every_type_of_the_templates_is_in_the_table() -> None:
    templates = [
        *REPOSITORY.glob("cloudformation/**/*.yaml"),
        *REPOSITORY.glob("codebuild/*.yaml"),
    ]
    pattern = re.compile(r"^    Type: (AWS::\w+::\w+|Custom::\w+)\s*$", re.MULTILINE)
    used = {kind for path in templates for kind in pattern.findall(path.read_text())}
    assert len(used) > 25
    assert {kind for kind in used if not kind.startswith("Custom::")} <= set(TYPES)


def test_a_type_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(Unmapped, match="AWS::Kinesis::Stream"):
        asked("AWS::Kinesis::Stream", CREATE, {"Name": "s"})


@pytest.mark.parametrize("kind", sorted(TYPES))
@pytest.mark.parametrize("operation", [CREATE, UPDATE, DELETE])
def test_no_type_demands_nothing(kind: str, operation: str) -> None:
    if (kind, operation) in {
        ("AWS::CloudFormation::StackSet", DELETE),
        ("AWS::CodeCommit::Repository", DELETE),
    }:
        pytest.skip("its handler makes all the calls itself")
    found = every(kind, operation)
    assert found
    assert all(ACTION.fullmatch(action) for action in found)


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_resource_is_an_arn_or_none(kind: str) -> None:
    sample, other = SAMPLES[kind]
    for found in (
        asked(kind, CREATE, sample, tags={"A": "b"}),
        asked(kind, UPDATE, sample, other, tags={"A": "b"}),
        asked(kind, DELETE, sample),
    ):
        for demand in found:
            arn = demand.role_arn if isinstance(demand, Passed) else demand.resource
            assert arn == "*" or re.fullmatch(r"arn:aws:[a-z0-9-]+:[^:]*:[^:]*:.+", arn), demand


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_demand_is_in_awss_service_authorization_reference(kind: str) -> None:
    sample, other = SAMPLES[kind]
    more: Any = {"physical_id": "p-1"} if kind == "AWS::Organizations::Policy" else {}
    tags = {"tags": {"A": "b"}}
    for found in (
        asked(kind, CREATE, sample, **tags, **more),
        asked(kind, UPDATE, sample, other, **tags, previous_tags={"Old": "tag"}, **more),
        asked(kind, UPDATE, other, sample, **more),
        asked(kind, DELETE, sample, **more),
    ):
        for demand in found:
            if isinstance(demand, Passed):
                continue
            assert demand.action.partition(":")[0] in reference.SERVICES
            assert reference.problem(demand.action, demand.resource) is None, demand
            own = {key for key in demand.context if not key.startswith("aws:")}
            assert own <= reference.keys(demand.action), demand


@pytest.mark.parametrize("kind", sorted(set(TYPES) - NO_HANDLERS))
@pytest.mark.parametrize("operation", [CREATE, UPDATE, DELETE])
def test_nothing_is_demanded_that_the_schema_does_not_list(kind: str, operation: str) -> None:
    listed = registry()[LIKE.get(kind, kind)]
    # Without a handler for it every change is a replacement.
    may = listed.get(operation) or listed[CREATE] | listed[DELETE]
    assert every(kind, operation) - may - listed["read"] == set(MORE.get((kind, operation), {}))


@pytest.mark.parametrize("kind", sorted(set(TYPES) - NO_HANDLERS))
def test_what_the_schema_lists_is_demanded_or_left_out_with_a_reason(kind: str) -> None:
    listed = registry()[LIKE.get(kind, kind)]
    demanded = every(kind, CREATE) | every(kind, UPDATE) | every(kind, DELETE)
    assert set().union(*listed.values()) - demanded == set(LEFT_OUT.get(kind, {}))


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_tags_demand_something_unless_a_type_has_none(kind: str) -> None:
    sample, _ = SAMPLES[kind]
    tags = {"Application": "Backup"}
    demanded = asked(kind, CREATE, sample, tags=tags) != asked(kind, CREATE, sample)
    # CreateProject writes a project's tags itself.
    assert demanded == (kind not in TAGLESS | {"AWS::CodeBuild::Project"})


def test_names_of_the_table_are_types() -> None:
    assert set(NAMES) | TAGLESS <= set(TYPES)
    assert set(LEFT_OUT) <= set(TYPES)


def test_only_what_the_properties_need_is_demanded() -> None:
    bare = asked("AWS::Lambda::Function", CREATE, {"FunctionName": "f", "Role": "arn:r"})
    assert actions(bare) == {
        "iam:PassRole",
        "lambda:CreateFunction",
        "lambda:GetFunction",
        "lambda:GetFunctionCodeSigningConfig",
        "lambda:GetFunctionRecursionConfig",
        "lambda:GetFunctionScalingConfig",
        "lambda:GetRuntimeManagementConfig",
    }


def test_a_function_passes_its_role_and_reads_its_package() -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/f"
    code = {"S3Bucket": "packages", "S3Key": "f/1.zip"}
    found = asked("AWS::Lambda::Function", CREATE, {"Role": role, "Code": code})
    assert Passed(role, "lambda.amazonaws.com") in found
    assert Need("s3:GetObject", "arn:aws:s3:::packages/f/1.zip") in found


def test_a_change_demands_what_changed() -> None:
    before = {"RoleName": "r", "Policies": [{"PolicyName": "a", "PolicyDocument": {"v": 1}}]}
    after = {"RoleName": "r", "Policies": [{"PolicyName": "a", "PolicyDocument": {"v": 2}}]}
    reads = {"iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"}
    found = asked("AWS::IAM::Role", UPDATE, after, before)
    assert actions(found) == {"iam:PutRolePolicy", "iam:GetRolePolicy", *reads}
    gone = asked("AWS::IAM::Role", UPDATE, {"RoleName": "r"}, before)
    assert actions(gone) == {"iam:DeleteRolePolicy", *reads}


def test_tags_come_with_their_keys() -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    found = asked("AWS::SQS::Queue", CREATE, {"QueueName": "q"}, tags={"Application": "Backup"})
    keys: dict[str, Any] = {
        "aws:requesttag/application": "Backup",
        "aws:tagkeys": ["Application"],
    }
    assert Need("sqs:TagQueue", arn, keys) in found
    assert "sqs:TagQueue" not in actions(asked("AWS::SQS::Queue", CREATE, {"QueueName": "q"}))


def test_a_made_up_name_and_a_physical_id_of_any_kind_give_the_name() -> None:
    for physical_id in (
        "stack-Queue-1ABC",
        f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/stack-Queue-1ABC",
        f"arn:aws:sqs:{REGION}:{ACCOUNT}:stack-Queue-1ABC",
    ):
        (first, *_) = asked("AWS::SQS::Queue", DELETE, {}, physical_id=physical_id)
        assert first.resource == f"arn:aws:sqs:{REGION}:{ACCOUNT}:stack-Queue-1ABC"


def test_a_rule_of_another_bus_has_its_name_in_the_arn() -> None:
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/jobs"
    (first, *_) = asked("AWS::Events::Rule", CREATE, {"Name": "r", "EventBusName": bus})
    assert first.resource == f"arn:aws:events:{REGION}:{ACCOUNT}:rule/jobs/r"
    (first, *_) = asked("AWS::Events::Rule", CREATE, {"Name": "r"})
    assert first.resource == f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r"


def test_a_stack_set_of_a_delegated_administrator_is_in_the_management_account() -> None:
    sample, _ = SAMPLES["AWS::CloudFormation::StackSet"]
    own = asked("AWS::CloudFormation::StackSet", CREATE, sample)
    assert any(f":{ACCOUNT}:stackset/" in d.resource for d in own if isinstance(d, Need))
    delegated = {**sample, "CallAs": "DELEGATED_ADMIN"}
    found = asked("AWS::CloudFormation::StackSet", CREATE, delegated)
    assert any(":111111111111:stackset/" in d.resource for d in found if isinstance(d, Need))


def test_a_custom_resource_is_a_call_of_its_function() -> None:
    token = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
    for operation in (CREATE, UPDATE, DELETE):
        found = asked("Custom::Thing", operation, {"ServiceToken": token})
        assert found == [Need("lambda:InvokeFunction", token)]


def test_a_function_with_a_qualifier_is_asked_for_by_its_qualified_arn() -> None:
    sample, other = SAMPLES["AWS::Lambda::EventInvokeConfig"]
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f:$LATEST"
    for operation in (CREATE, UPDATE, DELETE):
        found = asked("AWS::Lambda::EventInvokeConfig", operation, sample, other)
        assert {need.resource for need in found} == {arn}
