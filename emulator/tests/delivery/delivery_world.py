"""What the tests of pipelines and builds share: roles, a bucket, a repository, projects."""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import Any

from ..world import HOME, PATIENCE, REGION, World

BUCKET = "artifacts"
ROLE = f"arn:aws:iam::{HOME}:role/"
TEMPLATE = json.dumps(
    {
        "Parameters": {"Value": {"Type": "String"}},
        "Resources": {
            "Parameter": {
                "Type": "AWS::SSM::Parameter",
                "Properties": {"Name": "/x", "Type": "String", "Value": {"Ref": "Value"}},
            }
        },
        "Outputs": {"Value": {"Value": {"Ref": "Value"}}},
    }
)
# What the roles of the services need for what the tests do.
PERMISSIONS = {
    "codepipeline": (
        "codecommit:GetBranch",
        "codecommit:GetCommit",
        "codecommit:UploadArchive",
        "codecommit:GetUploadArchiveStatus",
        "s3:GetBucketVersioning",
        "s3:GetObject",
        "s3:PutObject",
        "codebuild:StartBuild",
        "codebuild:BatchGetBuilds",
        "cloudformation:CreateStack",
        "cloudformation:UpdateStack",
        "cloudformation:DeleteStack",
        "cloudformation:DescribeStacks",
        "cloudformation:DescribeStackEvents",
        "cloudformation:TagResource",
        "cloudformation:UntagResource",
        "iam:PassRole",
    ),
    "codebuild": (
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "s3:GetObject",
        "ssm:GetParameters",
        "ssm:PutParameter",
    ),
    "cloudformation": ("ssm:*", "codepipeline:*", "iam:PassRole"),
    "events": ("codepipeline:StartPipelineExecution",),
}
FILES = {
    "template.json": TEMPLATE,
    "values.json": json.dumps({"Parameters": {"Value": "one"}, "Tags": {"a": "b"}}),
    "build.yml": (
        "version: 0.2\n"
        "env:\n  variables: {NAME: none}\n  exported-variables: [NAME]\n"
        "phases:\n  build:\n    commands: [export NAME=built]\n"
    ),
}


def prepare(world: World, files: dict[str, str] | None = None) -> None:
    """Roles of the three services, the artifact bucket, a repository with these files."""
    for name, permissions in PERMISSIONS.items():
        world.role(name, *permissions)
    world.client("s3", HOME).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    world.client("codecommit", HOME).create_repository(repositoryName="source")
    commit(world, FILES if files is None else files)


def commit(world: World, files: dict[str, str], message: str = "change") -> str:
    """Commit files on main; the commit's id."""
    client = world.client("codecommit", HOME)
    metadata = client.list_branches(repositoryName="source")["branches"]
    parent = {}
    if metadata:
        branch = client.get_branch(repositoryName="source", branchName="main")["branch"]
        parent = {"parentCommitId": branch["commitId"]}
    made = client.create_commit(
        repositoryName="source",
        branchName="main",
        commitMessage=message,
        putFiles=[{"filePath": path, "fileContent": text.encode()} for path, text in files.items()],
        **parent,
    )
    return str(made["commitId"])


def project(world: World, buildspec: str = "build.yml", name: str = "project", **more: Any) -> None:
    """A project as the solution's templates make them."""
    environment = {
        "type": "LINUX_CONTAINER",
        "image": "x",
        "computeType": "BUILD_GENERAL1_SMALL",
        **more,
    }
    world.client("codebuild", HOME).create_project(
        name=name,
        source={"type": "CODEPIPELINE", "buildspec": buildspec},
        artifacts={"type": "CODEPIPELINE"},
        environment=environment,
        serviceRole=ROLE + "codebuild",
    )
    world.client("logs", HOME).create_log_group(logGroupName=f"/aws/codebuild/{name}")


def build(world: World, spec: str, name: str = "project", **variables: str) -> Any:
    """Run a build of a source with this buildspec and wait; the build."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("build.yml", spec)
        archive.writestr("folder/file.txt", "content")
    world.client("s3", HOME).put_object(Bucket=BUCKET, Key="source.zip", Body=buffer.getvalue())
    client = world.client("codebuild", HOME)
    started = client.start_build(
        projectName=name,
        sourceVersion=f"arn:aws:s3:::{BUCKET}/source.zip",
        environmentVariablesOverride=[
            {"name": name, "value": value} for name, value in variables.items()
        ],
    )["build"]["id"]
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        (found,) = client.batch_get_builds(ids=[started])["builds"]
        if found["buildStatus"] != "IN_PROGRESS":
            return found
        time.sleep(0.05)
    raise AssertionError("the build still runs")


def log(world: World, found: Any) -> list[str]:
    """The lines of a build's log."""
    events = world.client("logs", HOME).get_log_events(
        logGroupName=found["logs"]["groupName"],
        logStreamName=found["logs"]["streamName"],
        startFromHead=True,
    )["events"]
    return [event["message"] for event in events]


def action(name: str, kind: str, configuration: dict[str, str], **more: Any) -> dict[str, Any]:
    """An action; ``kind`` is category and provider with a slash between."""
    category, _, provider = kind.partition("/")
    inputs = [] if category in ("Source", "Approval") else [{"name": "Source"}]
    return {
        "name": name,
        "actionTypeId": {
            "category": category,
            "owner": "AWS",
            "provider": provider,
            "version": "1",
        },
        "configuration": configuration,
        "inputArtifacts": inputs,
        **more,
    }


def source() -> dict[str, Any]:
    wanted = {"RepositoryName": "source", "BranchName": "main"}
    output = [{"name": "Source"}]
    return action("Source", "Source/CodeCommit", wanted, outputArtifacts=output)


def stack(name: str = "Deploy", **more: Any) -> dict[str, Any]:
    """The deployment of the stack `deployed`."""
    configuration = {
        "ActionMode": "CREATE_UPDATE",
        "StackName": "deployed",
        "TemplatePath": "Source::template.json",
        "TemplateConfiguration": "Source::values.json",
        "RoleArn": ROLE + "cloudformation",
    }
    configuration |= more.pop("configuration", {})
    return action(name, "Deploy/CloudFormation", configuration, **more)


def pipeline(*stages: tuple[str, list[dict[str, Any]]], **more: Any) -> dict[str, Any]:
    """A pipeline: the source, then these stages."""
    return {
        "name": "pipeline",
        "roleArn": ROLE + "codepipeline",
        "artifactStore": {"type": "S3", "location": BUCKET},
        "pipelineType": "V2",
        "executionMode": "SUPERSEDED",
        "stages": [
            {"name": name, "actions": actions}
            for name, actions in (("Source", [source()]), *stages)
        ],
        **more,
    }


def finish(world: World, execution: str | None = None) -> Any:
    """Wait for an execution, the newest without one; how it is described then."""
    client = world.client("codepipeline", HOME)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = client.list_pipeline_executions(pipelineName="pipeline")[
            "pipelineExecutionSummaries"
        ]
        for entry in found:
            wanted = execution in (None, entry["pipelineExecutionId"])
            if wanted and entry["status"] not in ("InProgress", "Stopping"):
                return entry
            if wanted:
                break
        time.sleep(0.05)
    raise AssertionError(f"the execution still runs: {actions(world)}")


def actions(world: World) -> dict[str, tuple[str, str]]:
    """Action -> status and error of its newest run."""
    client = world.client("codepipeline", HOME)
    found = client.list_action_executions(pipelineName="pipeline")["actionExecutionDetails"]
    return {
        entry["actionName"]: (
            entry["status"],
            entry["output"]["executionResult"].get("errorDetails", {}).get("message", ""),
        )
        for entry in reversed(found)
    }
