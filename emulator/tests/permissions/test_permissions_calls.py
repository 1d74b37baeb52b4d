"""Permissions of calls, on the wire: who may do what, what is refused, and what is recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..world import CENTRAL, GOOD, HOME, MANAGEMENT, MEMBER, ROOT, World, error_of

BACKUP_POLICIES = f"arn:aws:organizations::{MANAGEMENT}:policy/*/backup_policy/*"
OF_BACKUP_POLICIES = {"StringEquals": {"organizations:PolicyType": "BACKUP_POLICY"}}


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def keys(world: World, role: str, account: str | None = None, **more: Any) -> dict[str, str]:
    """The credentials of a session of a role, assumed by its account's root."""
    client = world.client("sts", account or role.split(":")[4])
    found = client.assume_role(RoleArn=role, RoleSessionName="test", **more)["Credentials"]
    return {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }


def worker(world: World, *statements: dict[str, Any], account: str = HOME) -> dict[str, str]:
    """The credentials of a role `worker` with these statements."""
    role = world.role("worker", account=account, trust={"AWS": account})
    if statements:
        world.allow(role, *statements)
    return keys(world, role)


def denials(world: World) -> list[tuple[str, str]]:
    """(action, resource) of every recorded denial."""
    return [(entry["action"], entry["resource"]) for entry in world.control("GET", "denials")]


def message_of(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Message"])


def test_a_role_without_the_permission_is_refused_and_it_is_recorded(world: World) -> None:
    session = worker(world, allow("ssm:GetParameter"))
    client = world.client("ssm", **session)
    name = "arn:aws:ssm:eu-west-1:222222222222:parameter/x"
    expected = (
        f"User: arn:aws:sts::{HOME}:assumed-role/worker/test is not authorized to perform: "
        f"ssm:PutParameter on resource: {name} because no identity-based policy allows the "
        "ssm:PutParameter action"
    )
    assert message_of(client.put_parameter, Name="/x", Value="y", Type="String") == expected
    (denial,) = world.control("GET", "denials")
    assert denial == {
        "principal": f"arn:aws:sts::{HOME}:assumed-role/worker/test",
        "action": "ssm:PutParameter",
        "resource": name,
        "account": HOME,
        "region": "eu-west-1",
        "via": "call",
        "reason": "because no identity-based policy allows the ssm:PutParameter action",
        "message": expected,
    }
    # Taken at once, so that one which comes between looking and forgetting is not lost.
    assert world.control("DELETE", "denials") == [denial]
    assert world.control("GET", "denials") == []


def test_a_fault_is_no_denial(world: World) -> None:
    world.fault("ssm", "GetParameter", "refuse")
    client = world.client("ssm", HOME)
    assert error_of(client.get_parameter, Name="/x")[0] == "AccessDeniedException"
    assert world.control("GET", "denials") == []


def test_attaching_a_policy_needs_the_policy_and_its_target(world: World) -> None:
    world.enable_backup_policies()
    policy = world.policy()
    session = worker(
        world,
        allow("organizations:AttachPolicy", BACKUP_POLICIES, Condition=OF_BACKUP_POLICIES),
        account=MANAGEMENT,
    )
    client = world.client("organizations", **session)
    attach = client.attach_policy
    assert error_of(attach, PolicyId=policy, TargetId=ROOT)[0] == "AccessDeniedException"
    root = f"arn:aws:organizations::{MANAGEMENT}:root/o-rehearsal01/{ROOT}"
    assert denials(world) == [("organizations:AttachPolicy", root)]
    both = allow("organizations:AttachPolicy", [BACKUP_POLICIES, root])
    world.allow(f"arn:aws:iam::{MANAGEMENT}:role/worker", both)
    attach(PolicyId=policy, TargetId=ROOT)
    tags = world.policy("tags", Type="TAG_POLICY", Content="{}")
    assert error_of(attach, PolicyId=tags, TargetId=ROOT)[0] == "AccessDeniedException"


def test_the_type_of_a_policy_is_a_condition(world: World) -> None:
    world.enable_backup_policies()
    create = allow("organizations:CreatePolicy", Condition=OF_BACKUP_POLICIES)
    client = world.client("organizations", **worker(world, create, account=MANAGEMENT))
    wanted = {"Name": "x", "Description": "", "Content": GOOD}
    client.create_policy(**wanted, Type="BACKUP_POLICY")
    refused = error_of(client.create_policy, **wanted, Type="SERVICE_CONTROL_POLICY")
    assert refused[0] == "AccessDeniedException"


def control(world: World, target: str, *statements: dict[str, Any]) -> None:
    """Attach a service control policy to a target."""
    content = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    policy = world.policy(f"scp-{target}", Type="SERVICE_CONTROL_POLICY", Content=content)
    world.client("organizations").attach_policy(PolicyId=policy, TargetId=target)


@pytest.mark.parametrize("target", [ROOT, "ou-reh1-workloads", MEMBER])
def test_service_control_policies_bind_members_and_their_roots(world: World, target: str) -> None:
    session = worker(world, allow("*"), account=MEMBER)
    control(world, target, {**allow("sqs:ListQueues"), "Effect": "Deny"})
    for client in (world.client("sqs", **session), world.client("sqs", MEMBER)):
        assert "with an explicit deny in a service control policy" in message_of(client.list_queues)
    # Neither accounts elsewhere nor the management account, wherever it is.
    world.client("sqs", MANAGEMENT).list_queues()
    if target != ROOT:
        world.client("sqs", CENTRAL).list_queues()


def test_service_control_policies_do_not_bind_roles_of_services(world: World) -> None:
    name = "AWSServiceRoleForBackup"
    linked = world.role(
        name, "sqs:ListQueues", account=MEMBER, trust={"AWS": MEMBER},
        path="/aws-service-role/backup.amazonaws.com/",
    )  # fmt: skip
    session = keys(world, linked)
    control(world, MEMBER, {**allow("sqs:ListQueues"), "Effect": "Deny"})
    world.client("sqs", **session).list_queues()


def test_a_boundary_limits_what_a_role_may(world: World) -> None:
    session = worker(world, allow("sqs:*"))
    iam, client = world.client("iam", HOME), world.client("sqs", **session)
    client.list_queues()
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:CreateQueue")]})
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="worker", PermissionsBoundary=boundary)
    assert "because no permissions boundary allows" in message_of(client.list_queues)
    client.create_queue(QueueName="q")


def test_a_session_policy_limits_the_session(world: World) -> None:
    role = world.role("worker", "sqs:*", trust={"AWS": HOME})
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("sqs:CreateQueue")]})
    client = world.client("sqs", **keys(world, role, Policy=document))
    client.create_queue(QueueName="q")
    assert "because no session policy allows" in message_of(client.list_queues)


def test_an_unknown_managed_policy_is_refused_by_name(world: World) -> None:
    session = worker(world, allow("sqs:*"))
    role = world.client("iam", HOME)
    known = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    role.attach_role_policy(RoleName="worker", PolicyArn=known)
    client = world.client("sqs", **session)
    client.list_queues()
    unknown = "arn:aws:iam::aws:policy/AmazonVPCFullAccess"
    template = {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": "backup",
                    "ManagedPolicyArns": [unknown],
                    "AssumeRolePolicyDocument": {
                        "Statement": {
                            "Effect": "Allow",
                            "Principal": {"AWS": HOME},
                            "Action": "sts:AssumeRole",
                        }
                    },
                },
            }
        }
    }
    world.client("cloudformation", HOME).create_stack(
        StackName="role", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    assert world.wait_for_stack("role")["StackStatus"] == "CREATE_COMPLETE"
    client = world.client("sqs", **keys(world, f"arn:aws:iam::{HOME}:role/backup"))
    expected = f"unmapped: managed policy {unknown} has no document here"
    assert expected in message_of(client.list_queues)


def test_assuming_a_role_of_another_account_needs_both_sides(world: World) -> None:
    target = world.role("target", account=CENTRAL, trust={"AWS": HOME})
    session = worker(world)
    sts = world.client("sts", **session)
    wanted = {"RoleArn": target, "RoleSessionName": "test"}
    assert "because no identity-based policy allows" in message_of(sts.assume_role, **wanted)
    world.allow(f"arn:aws:iam::{HOME}:role/worker", allow("sts:AssumeRole", target))
    sts.assume_role(**wanted)
    world.role("closed", account=CENTRAL, trust={"AWS": MEMBER})
    wanted["RoleArn"] = f"arn:aws:iam::{CENTRAL}:role/closed"
    world.allow(f"arn:aws:iam::{HOME}:role/worker", allow("sts:AssumeRole"))
    assert "because no resource-based policy allows" in message_of(sts.assume_role, **wanted)


def test_in_the_same_account_a_trust_that_names_the_role_is_enough(world: World) -> None:
    session = worker(world)
    sts = world.client("sts", **session)
    by_name = world.role("named", trust={"AWS": f"arn:aws:iam::{HOME}:role/worker"})
    sts.assume_role(RoleArn=by_name, RoleSessionName="test")
    by_account = world.role("entitled", trust={"AWS": f"arn:aws:iam::{HOME}:root"})
    refused = error_of(sts.assume_role, RoleArn=by_account, RoleSessionName="test")
    assert refused[0] == "AccessDenied"


def test_conditions_of_a_trust_policy_count(world: World) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": HOME},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": "right-one"}},
            }
        ],
    }
    arn = world.client("iam", CENTRAL).create_role(
        RoleName="asks", AssumeRolePolicyDocument=json.dumps(document)
    )["Role"]["Arn"]
    sts = world.client("sts", HOME)
    wanted = {"RoleArn": arn, "RoleSessionName": "test"}
    assert error_of(sts.assume_role, **wanted)[0] == "AccessDenied"
    assert error_of(sts.assume_role, **wanted, ExternalId="wrong-one")[0] == "AccessDenied"
    sts.assume_role(**wanted, ExternalId="right-one")


def bucket(world: World, *statements: dict[str, Any]) -> str:
    """A bucket of the central account with an object and this policy; the object's ARN."""
    client = world.client("s3", CENTRAL)
    client.create_bucket(
        Bucket="shared", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    client.put_object(Bucket="shared", Key="a", Body=b"content")
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    client.put_bucket_policy(Bucket="shared", Policy=json.dumps(policy))
    return "arn:aws:s3:::shared/a"


@pytest.mark.parametrize(
    ("principal", "condition", "allowed"),
    [
        ({"AWS": f"arn:aws:iam::{HOME}:role/worker"}, {}, True),
        ({"AWS": f"arn:aws:iam::{HOME}:role/other"}, {}, False),
        ({"AWS": HOME}, {}, True),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-rehearsal01"}}, True),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-rehearsal02"}}, False),
        (
            {"AWS": HOME},
            {"ForAnyValue:StringLike": {
                "aws:PrincipalOrgPaths": "o-rehearsal01/r-reh1/ou-reh1-platforms/*"
            }},
            True,
        ),
        (
            {"AWS": HOME},
            {"ForAnyValue:StringLike": {
                "aws:PrincipalOrgPaths": "o-rehearsal01/r-reh1/ou-reh1-sandboxes/*"
            }},
            False,
        ),
        ({"AWS": HOME}, {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/w*"}}, True),
        ({"AWS": HOME}, {"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"AWS": HOME}, {"StringEquals": {"aws:ResourceAccount": CENTRAL}}, True),
    ],
)  # fmt: skip
def test_a_bucket_of_another_account_is_read_as_its_policy_says(
    world: World, principal: Any, condition: dict[str, Any], allowed: bool
) -> None:
    object_arn = "arn:aws:s3:::shared/*"
    statement = {**allow("s3:GetObject", object_arn), "Principal": principal}
    bucket(world, {**statement, "Condition": condition} if condition else statement)
    session = worker(world, allow("s3:GetObject", object_arn))
    read = world.client("s3", **session).get_object
    if allowed:
        assert read(Bucket="shared", Key="a")["Body"].read() == b"content"
    else:
        assert error_of(read, Bucket="shared", Key="a")[0] == "AccessDenied"


def test_a_bucket_that_lets_one_in_is_no_permission_of_ones_own_account(world: World) -> None:
    bucket(world, {**allow("s3:GetObject", "arn:aws:s3:::shared/*"), "Principal": {"AWS": HOME}})
    read = world.client("s3", **worker(world)).get_object
    assert "because no identity-based policy" in message_of(read, Bucket="shared", Key="a")


def test_a_key_is_used_by_whom_its_policy_lets(world: World) -> None:
    kms = world.client("kms", HOME)
    session = worker(world, allow("kms:Encrypt"))
    statement = {**allow("kms:*"), "Principal": {"AWS": HOME}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    encrypt = world.client("kms", **session).encrypt
    encrypt(KeyId=key, Plaintext=b"x")
    elsewhere = {**statement, "Principal": {"AWS": f"arn:aws:iam::{HOME}:role/other"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [elsewhere]})
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    assert "no resource-based policy" in message_of(encrypt, KeyId=key, Plaintext=b"x")


def test_a_queue_of_another_account_is_sent_to_as_its_policy_says(world: World) -> None:
    sqs = world.client("sqs", CENTRAL)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    arn = f"arn:aws:sqs:eu-west-1:{CENTRAL}:q"
    send = world.client("sqs", **worker(world, allow("sqs:SendMessage", arn))).send_message
    assert "no resource-based policy" in message_of(send, QueueUrl=url, MessageBody="x")
    statement = {**allow("sqs:SendMessage", arn), "Principal": {"AWS": HOME}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    send(QueueUrl=url, MessageBody="x")


def test_a_request_that_nobody_knows_is_refused_to_everybody(world: World) -> None:
    session = worker(world, allow("*"))
    client = world.client("lambda", **session)
    root = world.unchecked("lambda", HOME)
    # A path of no operation.
    for caller in (client, root):
        caller.meta.events.register(
            "before-sign.lambda.ListFunctions",
            lambda request, **_: setattr(request, "url", request.url + "nonsense/at/all"),
        )
        refused = message_of(caller.list_functions)
        assert "unmapped: nobody here knows the action of this request" in refused
    assert len(denials(world)) == 2


def test_a_condition_that_nobody_knows_is_refused_and_says_so(world: World) -> None:
    strange = allow("sqs:ListQueues", Condition={"StringEquals": {"sqs:Colour": "green"}})
    client = world.client("sqs", **worker(world, strange, allow("sqs:*")))
    assert "unmapped: condition key `sqs:Colour`" in message_of(client.list_queues)
    client.create_queue(QueueName="q")


def test_roots_pass_until_they_are_switched_off(world: World) -> None:
    session = worker(world, allow("sqs:ListQueues"))
    root = world.client("sqs", HOME)
    root.list_queues()
    world.control("POST", "permissions", {"roots": False})
    assert "root is not to be used any more" in message_of(root.list_queues)
    world.client("sqs", **session).list_queues()
    assert [entry["principal"] for entry in world.control("GET", "denials")] == [
        f"arn:aws:iam::{HOME}:root"
    ]
    world.control("POST", "reset", {})
    root.list_queues()


@pytest.mark.parametrize(
    ("taken", "pattern"),
    [("sqs:ListQueues", "sqs:ListQueues"), ("sqs:List*", "sqs:List*"), ("sqs:listqueues", "sqs:*")],
)
def test_an_action_can_be_taken_out_of_a_roles_policies(
    world: World, taken: str, pattern: str
) -> None:
    session = worker(world, allow([pattern, "sqs:CreateQueue"]))
    client = world.client("sqs", **session)
    client.list_queues()
    without = [{"role": "worker", "action": taken}]
    world.control("POST", "permissions", {"without": without})
    assert error_of(client.list_queues)[0] == "AccessDenied"
    client.create_queue(QueueName="q")
    world.control("POST", "permissions", {"without": []})
    client.list_queues()


def states(world: World, role: str = "worker") -> dict[tuple[str, str], str]:
    """(statement, action) -> whether it is decisive, matched or unused."""
    shown = world.control("GET", "permissions")["roles"]
    (found,) = [entry for entry in shown if entry["role"].endswith(f":role/{role}")]
    return {
        (statement["statement"], action["action"]): action["state"]
        for statement in found["statements"]
        for action in statement["actions"]
    }


def test_which_permission_was_decisive_is_remembered(world: World) -> None:
    session = worker(
        world,
        allow(["sqs:ListQueues", "sqs:CreateQueue", "sqs:DeleteQueue"], Sid="Queues"),
        allow("sqs:Create*"),
    )
    client = world.client("sqs", **session)
    client.list_queues()
    client.create_queue(QueueName="q")
    assert states(world) == {
        ("Queues", "sqs:ListQueues"): "decisive",
        # Either of them would do.
        ("Queues", "sqs:CreateQueue"): "matched",
        ("statement 2", "sqs:Create*"): "matched",
        ("Queues", "sqs:DeleteQueue"): "unused",
    }
    shown = world.control("GET", "permissions")
    assert shown["actions"]["sqs:CreateQueue"] == 1
    (role,) = [entry for entry in shown["roles"] if entry["role"].endswith("/worker")]
    assert (role["role"], role["account"]) == (f"arn:aws:iam::{HOME}:role/worker", HOME)
    (first,) = [a for a in role["statements"][0]["actions"] if a["action"] == "sqs:ListQueues"]
    assert first["first"] == {"action": "sqs:ListQueues", "resource": "*", "via": "call"}


def test_an_action_in_two_statements_is_decisive_in_both(world: World) -> None:
    client = world.client(
        "sqs", **worker(world, allow("sqs:ListQueues"), allow("sqs:ListQueues", Sid="Again"))
    )
    client.list_queues()
    assert set(states(world).values()) == {"decisive"}


def test_what_the_resource_allows_anyway_is_not_decisive(world: World) -> None:
    session = worker(world, allow("s3:GetObject"), account=CENTRAL)
    named = {"AWS": f"arn:aws:iam::{CENTRAL}:role/worker"}
    bucket(world, {**allow("s3:GetObject", "arn:aws:s3:::shared/*"), "Principal": named})
    world.client("s3", **session).get_object(Bucket="shared", Key="a")
    assert states(world) == {("statement 1", "s3:GetObject"): "matched"}


@pytest.mark.parametrize(
    "body",
    [
        {"roots": "no"},
        {"rots": False},
        {"without": {}},
        {"without": ["sqs:*"]},
        {"without": [{"role": "worker"}]},
        {"without": [{"role": "worker", "action": 5}]},
    ],
)
def test_the_control_plane_refuses_what_makes_no_sense(world: World, body: Any) -> None:
    status, _, answer = world.http("POST", "/_emulator/permissions", body=json.dumps(body))
    assert status == 400
    assert json.loads(answer)["error"]
