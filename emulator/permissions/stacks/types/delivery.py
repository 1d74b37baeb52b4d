"""AWS::CodeBuild, AWS::CodeCommit, AWS::CodeConnections and AWS::CodePipeline."""

from __future__ import annotations

from typing import Any

from ...needs import Need
from .resource import Demands, Passed, Resource, entries, last_part, on


def project(resource: Resource) -> Demands:
    """The type has no published handlers: CodeBuild's actions of the same name, not verified."""
    arn = resource.arn("codebuild", f"project/{resource.name('Name')}")
    if resource.deletes:
        yield Need("codebuild:DeleteProject", arn)
        return
    yield Need("codebuild:CreateProject" if resource.creates else "codebuild:UpdateProject", arn)
    if resource.sets("ServiceRole"):
        yield Passed(str(resource.properties["ServiceRole"]), "codebuild.amazonaws.com")
    yield Need("codebuild:BatchGetProjects", arn)


def repository(resource: Resource) -> Demands:
    """What the handler's own calls do not show: how it reads back what it made.

    CreateRepository, DeleteRepository and the archive's s3:GetObject are calls of the handler.
    The type has no published handlers; not verified.
    """
    arn = resource.arn("codecommit", str(resource.properties.get("RepositoryName") or ""))
    if not resource.deletes:
        yield Need("codecommit:GetRepository", arn)
        yield from resource.tagging(arn, "codecommit:TagResource", "codecommit:UntagResource")


def pipeline(resource: Resource) -> Demands:
    """After the published schema, less CreatePipeline, UpdatePipeline, DeletePipeline and
    StartPipelineExecution with the role that they pass: calls of the handler, checked as such."""
    arn = resource.arn("codepipeline", resource.name("Name"))
    yield Need("codepipeline:GetPipeline", arn)
    if resource.deletes:
        return
    if resource.creates or resource.sets("RoleArn"):
        role = str(resource.properties.get("RoleArn") or "")
        yield Need("iam:GetRole", role)
    for connection in _connections(resource):
        # The schema names the action with the service's old prefix only.
        yield Need("codestar-connections:PassConnection", connection)
    for stage in entries(resource.properties.get("DisableInboundStageTransitions")):
        if resource.sets("DisableInboundStageTransitions"):
            place = f"{arn}/{stage.get('StageName')}"
            yield Need("codepipeline:DisableStageTransition", place)
    if resource.drops("DisableInboundStageTransitions"):
        yield Need("codepipeline:EnableStageTransition", f"{arn}/*")
    yield from resource.tagging(arn, "codepipeline:TagResource", "codepipeline:UntagResource")
    yield from on(arn, "codepipeline:GetPipelineState", "codepipeline:ListTagsForResource")


def connection(resource: Resource) -> Demands:
    """After the published schema. CreateConnection has no resource in IAM."""
    arn = resource.arn("codeconnections", f"connection/{last_part(resource.physical_id)}")
    if resource.deletes:
        yield Need("codeconnections:DeleteConnection", arn)
        return
    if resource.creates:
        keys = {"codeconnections:providertype": str(resource.properties.get("ProviderType", ""))}
        yield Need("codeconnections:CreateConnection", "*", keys)
    yield from resource.tagging(arn, "codeconnections:TagResource", "codeconnections:UntagResource")
    yield from on(arn, "codeconnections:GetConnection", "codeconnections:ListTagsForResource")


def _connections(resource: Resource) -> list[str]:
    found: set[Any] = set()
    for stage in entries(resource.properties.get("Stages")):
        for action in entries(stage.get("Actions")):
            found.add((action.get("Configuration") or {}).get("ConnectionArn"))
    return sorted(str(arn) for arn in found if arn)
