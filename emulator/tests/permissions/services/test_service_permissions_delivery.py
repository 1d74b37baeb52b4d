"""What pipelines, builds and stack sets need of their roles, and how its lack shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ...delivery.delivery_world import (
    PERMISSIONS,
    ROLE,
    action,
    actions,
    build,
    finish,
    log,
    pipeline,
    prepare,
    project,
    stack,
)
from ...entitled import Entitled, allow, document, trusting
from ...stack_sets.stack_set_world import (
    DELEGATED,
    MEMBERS,
    PRODUCTION,
    create,
    delegate,
    deploy,
    holders,
)
from ...world import HOME, MANAGEMENT, World, error_of

LINKED = "AWSServiceRoleForCloudFormationStackSetsOrgAdmin"


@pytest.fixture
def home(world: World) -> Entitled:
    prepare(world)
    return Entitled(world, HOME)


def without(home: Entitled, role: str, *missing: str) -> None:
    """Take actions out of a role of the delivery's world."""
    left = [name for name in PERMISSIONS[role] if name not in missing]
    home.client("iam").put_role_policy(
        RoleName=role, PolicyName="policy", PolicyDocument=document(allow(*left))
    )
    home.refused()


def run(home: Entitled, *stages: Any) -> str:
    """Create the pipeline, which runs; how it ended."""
    client = home.client("codepipeline")
    client.create_pipeline(pipeline=pipeline(*stages))
    return str(finish(home.world)["status"])


@pytest.mark.parametrize(
    "missing",
    [
        "codecommit:GetBranch",
        "codecommit:GetCommit",
        "codecommit:UploadArchive",
        "codecommit:GetUploadArchiveStatus",
        "s3:GetBucketVersioning",
        "s3:PutObject",
    ],
)
def test_a_source_needs_each_permission_that_codepipeline_documents(
    home: Entitled, missing: str
) -> None:
    without(home, "codepipeline", missing)
    assert run(home, ("Deploy", [stack()])) == "Failed"
    assert [row[:2] for row in home.refused()] == [("codepipeline", missing)]
    assert missing in actions(home.world)["Source"][1]
    assert home.client("cloudformation").list_stacks()["StackSummaries"] == []


@pytest.mark.parametrize("missing", ["s3:GetObject", "cloudformation:CreateStack", "iam:PassRole"])
def test_a_deployment_needs_its_permissions_and_passes_the_stacks_role(
    home: Entitled, missing: str
) -> None:
    without(home, "codepipeline", missing)
    assert run(home, ("Deploy", [stack()])) == "Failed"
    assert [row[:2] for row in home.refused()] == [("codepipeline", missing)]
    assert home.client("ssm").get_parameters(Names=["/x"])["Parameters"] == []
    without(home, "codepipeline")
    execution = home.client("codepipeline").start_pipeline_execution(name="pipeline")
    assert finish(home.world, execution["pipelineExecutionId"])["status"] == "Succeeded"
    assert home.client("ssm").get_parameters(Names=["/x"])["Parameters"][0]["Value"] == "one"


def test_an_actions_own_role_is_assumed_by_the_pipelines_and_needs_no_service(
    home: Entitled,
) -> None:
    own = home.role("own", "lambda", allow("s3:*", "cloudformation:*", "iam:PassRole"))
    deploys = stack(roleArn=own)
    # The account, not the role: who is named itself would need no permission of its own.
    account = {"AWS": f"arn:aws:iam::{HOME}:root"}
    trust = {"Effect": "Allow", "Principal": account, "Action": "sts:AssumeRole"}
    home.trust("own", trust)
    home.refused()
    assert run(home, ("Deploy", [deploys])) == "Failed"
    assert home.refused() == [("codepipeline", "sts:AssumeRole", own)]
    home.client("iam").put_role_policy(
        RoleName="codepipeline", PolicyName="more", PolicyDocument=document(allow("sts:AssumeRole"))
    )
    execution = home.client("codepipeline").start_pipeline_execution(name="pipeline")
    assert finish(home.world, execution["pipelineExecutionId"])["status"] == "Succeeded"
    assert home.client("ssm").get_parameters(Names=["/x"])["Parameters"][0]["Value"] == "one"


@pytest.mark.parametrize("missing", ["codebuild:StartBuild", "codebuild:BatchGetBuilds"])
def test_a_build_action_starts_its_build_and_looks_at_it(home: Entitled, missing: str) -> None:
    project(home.world)
    without(home, "codepipeline", missing)
    wanted = {"ProjectName": "project"}
    assert run(home, ("Build", [action("Build", "Build/CodeBuild", wanted)])) == "Failed"
    assert [row[:2] for row in home.refused()] == [("codepipeline", missing)]


def test_artifacts_need_the_pipelines_key_to_be_put_and_to_be_got(home: Entitled) -> None:
    key = home.key()
    store = {
        "type": "S3",
        "location": "artifacts",
        "encryptionKey": {"id": key, "type": "KMS"},
    }
    home.refused()
    declared = pipeline(("Deploy", [stack()]), artifactStore=store)
    client = home.client("codepipeline")
    client.create_pipeline(pipeline=declared)
    assert finish(home.world)["status"] == "Failed"
    assert home.refused() == [("codepipeline", "kms:GenerateDataKey", key)]
    for actions_on_key, ended, refused in (
        (("kms:GenerateDataKey",), "Failed", [("codepipeline", "kms:Decrypt", key)]),
        (("kms:GenerateDataKey", "kms:Decrypt"), "Succeeded", []),
    ):
        given = [allow(*PERMISSIONS["codepipeline"]), allow(*actions_on_key, on=key)]
        home.client("iam").put_role_policy(
            RoleName="codepipeline", PolicyName="policy", PolicyDocument=document(*given)
        )
        started = client.start_pipeline_execution(name="pipeline")["pipelineExecutionId"]
        assert finish(home.world, started)["status"] == ended
        assert home.refused() == refused


SPEC = "version: 0.2\nphases: {build: {commands: [echo hello]}}\n"


def test_a_build_without_the_permission_to_log_runs_and_leaves_no_line(home: Entitled) -> None:
    project(home.world)
    without(home, "codebuild", "logs:PutLogEvents")
    ended = build(home.world, SPEC)
    assert ended["buildStatus"] == "SUCCEEDED"
    assert log(home.world, ended) == []
    assert {row[:2] for row in home.refused()} == {("codebuild", "logs:PutLogEvents")}
    without(home, "codebuild")
    assert "hello" in log(home.world, build(home.world, SPEC))


def test_a_build_reads_its_source_with_its_projects_role(home: Entitled) -> None:
    project(home.world)
    without(home, "codebuild", "s3:GetObject")
    ended = build(home.world, SPEC)
    assert ended["buildStatus"] == "FAILED"
    assert [row[:2] for row in home.refused()] == [("codebuild", "s3:GetObject")]
    assert ended["phases"][-2]["phaseType"] == "DOWNLOAD_SOURCE"


def test_a_project_is_made_by_who_may_pass_its_role(home: Entitled) -> None:
    user = home.user("maker", allow("codebuild:CreateProject"))
    arguments = {
        "name": "project",
        "source": {"type": "CODEPIPELINE"},
        "artifacts": {"type": "CODEPIPELINE"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": "x",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        "serviceRole": ROLE + "codebuild",
    }
    home.refused()
    error_of(user.client("codebuild").create_project, **arguments)
    assert home.refused() == [("maker", "iam:PassRole", ROLE + "codebuild")]
    assert home.client("codebuild").list_projects()["projects"] == []
    user.grant(allow("codebuild:CreateProject"), allow("iam:PassRole", on=ROLE + "codebuild"))
    user.client("codebuild").create_project(**arguments)
    assert home.client("codebuild").list_projects()["projects"] == ["project"]


def execution_role(world: World, account: str) -> str:
    """The name of the role with which service-managed stack sets act in an account."""
    roles = Entitled(world, account).client("iam").list_roles()["Roles"]
    (name,) = (role["RoleName"] for role in roles if role["RoleName"].startswith("stacksets-exec"))
    return str(name)


def test_the_linked_role_of_stack_sets_is_let_in_by_each_member(world: World) -> None:
    client = delegate(world)
    member = Entitled(world, MEMBERS[1])
    role = execution_role(world, MEMBERS[1])
    linked = (
        f"arn:aws:iam::{MANAGEMENT}:role/aws-service-role/"
        f"stacksets.cloudformation.amazonaws.com/{LINKED}"
    )
    member.trust(role, trusting("lambda"))
    create(client)
    member.refused()
    operation = deploy(client, PRODUCTION, OperationPreferences={"FailureToleranceCount": 9})
    assert holders(world) == [MEMBERS[2]]
    exec_arn = f"arn:aws:iam::{MEMBERS[1]}:role/{role}"
    assert (LINKED, "sts:AssumeRole", exec_arn) in [
        (who.rpartition("/")[2], what, on) for who, what, on in member.refused()
    ]
    member.trust(
        role,
        {"Effect": "Allow", "Principal": {"AWS": linked}, "Action": "sts:AssumeRole"},
    )
    deploy(client, PRODUCTION, OperationPreferences={"FailureToleranceCount": 9})
    assert holders(world) == list(MEMBERS[1:3])
    assert operation["Status"] == "SUCCEEDED"


def test_stack_sets_do_nothing_without_the_linked_roles_permission(world: World) -> None:
    client = delegate(world)
    management = Entitled(world, MANAGEMENT)
    (policy,) = management.client("iam").list_role_policies(RoleName=LINKED)["PolicyNames"]
    management.client("iam").put_role_policy(
        RoleName=LINKED,
        PolicyName=policy,
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [allow("organizations:Describe*")]}
        ),
    )
    create(client)
    management.refused()
    assert deploy(client, PRODUCTION)["Status"] == "FAILED"
    assert holders(world) == []
    assert management.refused()[0][:2] == (LINKED, "sts:AssumeRole")


def test_the_stacks_of_stack_sets_are_made_with_the_members_role(world: World) -> None:
    client = delegate(world)
    role = execution_role(world, MEMBERS[1])
    iam = Entitled(world, MEMBERS[1]).client("iam")
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.detach_role_policy(RoleName=role, PolicyArn=administrator)
    create(client)
    deploy(client, PRODUCTION, OperationPreferences={"FailureToleranceCount": 9})
    assert holders(world) == [MEMBERS[2]]
    assert (role, "cloudformation:CreateStack") in [
        row[:2] for row in Entitled(world, MEMBERS[1]).refused()
    ]
    found = client.list_stack_instances(StackSetName="set", **DELEGATED)["Summaries"]
    assert {entry["Account"] for entry in found if entry["Status"] != "CURRENT"} == {MEMBERS[1]}
