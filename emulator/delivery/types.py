"""AWS::CodeCommit::Repository and AWS::CodePipeline::Pipeline: their handlers call the APIs."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_account_id, get_region

from ..cloudformation import deployers, failed_creates
from ..wire.loopback import Loopback
from .repositories.api import RepositoryApi
from .repositories.model import Files, from_zip

Properties = dict[str, Any]


class DeliveryFailure(Exception):
    """What the stack's event says."""


class RepositoryType:
    """A repository, with a first commit from an archive in S3."""

    TYPE = "AWS::CodeCommit::Repository"

    def __init__(self, loopback: Loopback, repositories: RepositoryApi) -> None:
        self._loopback = loopback
        self._repositories = repositories

    def create(self, logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
        """CreateRepository, then the commit."""
        name = props["RepositoryName"]
        archive = self._archive(props)
        made = _call(
            self._client("codecommit").create_repository,
            repositoryName=name,
            repositoryDescription=props.get("RepositoryDescription", ""),
            **({"kmsKeyId": props["KmsKeyId"]} if props.get("KmsKeyId") else {}),
        )["repositoryMetadata"]
        if archive is not None:
            repository = self._repositories.find(get_account_id(), get_region(), name)
            if repository is None:
                raise DeliveryFailure(f"the repository {name} went while it was made")
            try:
                _require_content(archive)
            except DeliveryFailure:
                # Whether the repository stays is for its DeletionPolicy to decide: our reading.
                identity = made["repositoryId"]
                failed_creates.keep(stack_name, logical_id, self.TYPE, props, identity)
                raise
            branch = (props.get("Code") or {}).get("BranchName", "main")
            # CreateCommit takes a hundred files; CloudFormation has a way of its own.
            self._repositories.commit(
                repository, branch, archive, {"commitMessage": "Initial commit"}
            )
        return made["repositoryId"], self._attributes(made)

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack_name: str, *more: Any
    ) -> tuple[str, Properties]:
        """Another archive is not committed, as on AWS; a name is not changed here."""
        if old["RepositoryName"] != new["RepositoryName"]:
            raise DeliveryFailure("the emulator does not rename repositories")
        found = _call(
            self._client("codecommit").get_repository, repositoryName=new["RepositoryName"]
        )
        return physical_id, self._attributes(found["repositoryMetadata"])

    def delete(self, physical_id: str, props: Properties) -> None:
        """DeleteRepository."""
        _call(self._client("codecommit").delete_repository, repositoryName=props["RepositoryName"])

    def _archive(self, props: Properties) -> Any:
        place = (props.get("Code") or {}).get("S3")
        if place is None:
            return None
        version = {"VersionId": place["ObjectVersion"]} if place.get("ObjectVersion") else {}
        found = _call(
            self._client("s3").get_object, Bucket=place["Bucket"], Key=place["Key"], **version
        )
        try:
            return from_zip(found["Body"].read())
        except zipfile.BadZipFile as error:
            raise DeliveryFailure(
                f"s3://{place['Bucket']}/{place['Key']} is no zip file"
            ) from error

    def _attributes(self, metadata: Properties) -> Properties:
        return {
            "Arn": metadata["Arn"],
            "Name": metadata["repositoryName"],
            "CloneUrlHttp": metadata["cloneUrlHttp"],
            "CloneUrlSsh": metadata["cloneUrlSsh"],
        }

    def _client(self, service: str) -> Any:
        return self._loopback.client(service, get_region(), deployers.current())


class PipelineType:
    """A pipeline; with RestartExecutionOnUpdate it runs again after each update."""

    TYPE = "AWS::CodePipeline::Pipeline"

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback

    def create(self, logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
        """CreatePipeline, which starts it."""
        wanted = declaration(props, f"{stack_name}-{logical_id}")
        made = _call(self._client().create_pipeline, pipeline=wanted)["pipeline"]
        return made["name"], {"Version": str(made["version"])}

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack_name: str, *more: Any
    ) -> tuple[str, Properties]:
        """UpdatePipeline, and StartPipelineExecution if wanted."""
        wanted = declaration(new, physical_id)
        if wanted["name"] != physical_id:
            raise DeliveryFailure("the emulator does not rename pipelines")
        client = self._client()
        made = _call(client.update_pipeline, pipeline=wanted)["pipeline"]
        if str(new.get("RestartExecutionOnUpdate", "false")).lower() == "true":
            _call(client.start_pipeline_execution, name=physical_id)
        return physical_id, {"Version": str(made["version"])}

    def delete(self, physical_id: str, props: Properties) -> None:
        """DeletePipeline."""
        _call(self._client().delete_pipeline, name=physical_id)

    def _client(self) -> Any:
        return self._loopback.client("codepipeline", get_region(), deployers.current())


def _require_content(files: Files) -> None:
    """The seed has no empty file: users' word (aws/aws-cdk#19012) and, for PutFile, the API's."""
    for path, file in sorted(files.items()):
        if not file.content:
            raise DeliveryFailure(f"Empty files cannot be added to a repository: `{path}` is empty")


def handlers(kind: RepositoryType | PipelineType) -> dict[str, Callable[..., Any]]:
    """As the base's table of types wants them."""
    return {"create": kind.create, "update": kind.update, "delete": kind.delete}


def declaration(props: Properties, name: str) -> Properties:
    """The pipeline as the API spells it; a property that is not known fails."""
    known = {
        "ArtifactStore",
        "DisableInboundStageTransitions",
        "ExecutionMode",
        "Name",
        "PipelineType",
        "RestartExecutionOnUpdate",
        "RoleArn",
        "Stages",
        "Tags",
    }
    if unknown := sorted(set(props) - known):
        raise DeliveryFailure(f"the emulator's pipelines have no {', '.join(unknown)}")
    if props.get("DisableInboundStageTransitions"):
        raise DeliveryFailure("the emulator's type has no DisableInboundStageTransitions")
    wanted = {
        "name": props.get("Name") or name,
        "roleArn": props["RoleArn"],
        "artifactStore": _spelled(props["ArtifactStore"]),
        "stages": [_spelled(stage) for stage in props["Stages"]],
        "pipelineType": props.get("PipelineType", "V1"),
        "executionMode": props.get("ExecutionMode", "SUPERSEDED"),
    }
    for stage in wanted["stages"]:
        for action in stage["actions"]:
            if "runOrder" in action:
                action["runOrder"] = int(action["runOrder"])
    return wanted


def _spelled(value: Any, *, raw: bool = False) -> Any:
    """`RunOrder` becomes `runOrder`; the keys of a configuration stay, its values become text."""
    if isinstance(value, dict):
        if raw:
            return {key: _text(item) for key, item in value.items()}
        return {
            key[0].lower() + key[1:]: _spelled(item, raw=key == "Configuration")
            for key, item in value.items()
        }
    return [_spelled(item) for item in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _call(operation: Any, **arguments: Any) -> Any:
    try:
        return operation(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        raise DeliveryFailure(
            f'Resource handler returned message: "{found.get("Message")} (Service: '
            f'{error.operation_name}, Error Code: {found.get("Code")})"'
        ) from error
    except BotoCoreError as error:
        raise DeliveryFailure(str(error)) from error
