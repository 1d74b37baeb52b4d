"""What an action of each provider does, with the pipeline's role or the action's own."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import codebuild

from ...wire import credentials
from ...wire.credentials import CannotAssume, Credentials
from ...wire.loopback import Loopback
from ..repositories.api import RepositoryApi
from ..repositories.model import as_zip
from . import artifacts, stack_action
from .artifacts import ArtifactError
from .declaration import SERVICE
from .model import ActionRun, Execution, Pipeline
from .stack_action import StackActionFailed, Waiting

_VARIABLE = re.compile(r"#\{([A-Za-z0-9@\-_]+)\.([A-Za-z0-9@\-_]+)\}")


class ActionFailed(Exception):
    """What the action's error details say."""


class Stopped(Exception):
    """Nobody waits for the action any more."""


class Actions:
    """Performs actions; blocks until each has ended."""

    def __init__(
        self, loopback: Loopback, repositories: RepositoryApi, aborted: Callable[[], bool]
    ) -> None:
        self._loopback = loopback
        self._repositories = repositories
        self._aborted = aborted
        self._providers: dict[str, Callable[[_Context], None]] = {
            "CodeCommit": self._source,
            "CodeBuild": self._build,
            "CloudFormation": self._deploy,
            "Manual": self._approve,
        }

    def perform(self, pipeline: Pipeline, execution: Execution, run: ActionRun) -> None:
        """Perform an action; raises `ActionFailed` or `Stopped`."""
        declared = run.action.get("configuration") or {}
        try:
            run.configuration = {
                key: resolve(str(value), execution) for key, value in declared.items()
            }
            run.inputs = [
                execution.artifacts[artifact["name"]]
                for artifact in run.action.get("inputArtifacts") or []
            ]
            session = self._session(pipeline, execution, run)
            context = _Context(pipeline, execution, run, session, self._loopback, self._aborted)
            self._providers[run.action["actionTypeId"]["provider"]](context)
        except CannotAssume as error:
            raise ActionFailed(f"CodePipeline is not authorized: {error}") from error
        except (ArtifactError, StackActionFailed) as error:
            raise ActionFailed(str(error)) from error
        except (ClientError, BotoCoreError) as error:
            raise ActionFailed(_aws_message(error)) from error

    def _session(self, pipeline: Pipeline, execution: Execution, run: ActionRun) -> Credentials:
        """Of the pipeline's role, or of the action's own, which the pipeline's assumes."""
        name = execution.id.replace("-", "")[:32]
        session = credentials.assume(str(execution.declaration["roleArn"]), SERVICE, name)
        if (own := run.action.get("roleArn")) is None:
            return session
        region = str(run.action.get("region") or pipeline.region)
        sts = self._loopback.client("sts", region, session)
        found = sts.assume_role(RoleArn=str(own), RoleSessionName=name)["Credentials"]
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    def _source(self, context: _Context) -> None:
        """CodeCommit: the branch's commit as an archive in the artifact bucket."""
        wanted = context.run.configuration
        name = wanted["RepositoryName"]
        client = context.client("codecommit")
        branch = client.get_branch(repositoryName=name, branchName=wanted["BranchName"])["branch"]
        commit_id = branch["commitId"]
        commit = client.get_commit(repositoryName=name, commitId=commit_id)["commit"]
        upload = context.raw(
            "codecommit",
            "CodeCommit_20150413.UploadArchive",
            {"repositoryName": name, "commitId": commit_id},
        )
        context.raw(
            "codecommit",
            "CodeCommit_20150413.GetUploadArchiveStatus",
            {"repositoryName": name, "uploadId": upload.get("uploadId")},
        )
        pipeline = context.pipeline
        repository = self._repositories.find(pipeline.account, pipeline.region, name)
        if repository is None:
            raise ActionFailed(f"The repository {name} is gone")
        archive = as_zip(repository.commits[commit_id].files)
        for artifact in context.run.action.get("outputArtifacts") or []:
            context.run.outputs.append(
                artifacts.put(
                    context.client("s3"), pipeline, context.execution, artifact["name"], archive
                )
            )
        message = commit["message"]
        context.run.variables = {
            "RepositoryName": name,
            "BranchName": wanted["BranchName"],
            "CommitId": commit_id,
            "CommitMessage": message,
            "AuthorDate": commit["author"]["date"],
            "CommitterDate": commit["committer"]["date"],
        }
        context.run.external_id = commit_id
        context.run.summary = message
        context.execution.revisions.append(
            {
                "actionName": context.run.action["name"],
                "revisionId": commit_id,
                "revisionSummary": message,
            }
        )

    def _build(self, context: _Context) -> None:
        """CodeBuild: a build of the input artifact; its exported variables are the action's."""
        wanted = context.run.configuration
        if context.run.action.get("outputArtifacts"):
            raise ActionFailed("the emulator's builds hand on variables, not artifacts")
        (source,) = context.run.inputs
        place = source["s3location"]
        client = context.client("codebuild")
        variables = json.loads(wanted.get("EnvironmentVariables", "[]"))
        build = client.start_build(
            projectName=wanted["ProjectName"],
            sourceVersion=f"arn:aws:s3:::{place['bucket']}/{place['key']}",
            environmentVariablesOverride=[
                {"type": "PLAINTEXT", **variable} for variable in variables
            ],
        )["build"]
        context.run.external_id = build["id"]
        pipeline = context.pipeline
        # Looks into the base: asking by API all the time would drown the call log.
        while _is_running(pipeline.account, pipeline.region, build["id"]):
            context.pause()
        (ended,) = client.batch_get_builds(ids=[build["id"]])["builds"]
        context.run.variables = {
            entry["name"]: entry["value"] for entry in ended.get("exportedEnvironmentVariables", [])
        }
        if ended["buildStatus"] != "SUCCEEDED":
            failed = [p for p in ended["phases"] if p.get("phaseStatus") not in (None, "SUCCEEDED")]
            reasons = [c["message"] for p in failed for c in p.get("contexts", [])]
            raise ActionFailed(
                f"Build terminated with state: {ended['buildStatus']}. Phase: "
                f"{failed[0]['phaseType'] if failed else 'none'}, Code: COMMAND_EXECUTION_ERROR, "
                f"Message: {reasons[0] if reasons else 'none'}"
            )

    def _deploy(self, context: _Context) -> None:
        """CloudFormation: a stack from a template in an input artifact."""
        files = {
            artifact["name"]: artifacts.read(context.client("s3"), artifact)
            for artifact in context.run.inputs
        }
        pipeline = context.pipeline
        waiting = Waiting(pipeline.account, pipeline.region, context.pause)
        outputs = stack_action.perform(
            context.client("cloudformation"), context.run.configuration, files, waiting
        )
        context.run.variables = outputs
        context.run.external_id = context.run.configuration["StackName"]

    def _approve(self, context: _Context) -> None:
        """A person says yes or no by PutApprovalResult."""
        context.run.token = secrets.token_hex(18)
        while not context.run.approval:
            context.pause()
        if context.run.approval != "Approved":
            raise ActionFailed(f"{context.run.approval}: {context.run.summary}")


class _Context:
    """One action with whose credentials it works."""

    def __init__(
        self,
        pipeline: Pipeline,
        execution: Execution,
        run: ActionRun,
        session: Credentials,
        loopback: Loopback,
        aborted: Callable[[], bool],
    ) -> None:
        self.pipeline = pipeline
        self.execution = execution
        self.run = run
        self._session = session
        self._loopback = loopback
        self._aborted = aborted

    def client(self, service: str) -> Any:
        """A client with the action's role."""
        region = str(self.run.action.get("region") or self.pipeline.region)
        return self._loopback.client(service, region, self._session)

    def raw(self, service: str, target: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A call of an operation that is in no public model."""
        return self._loopback.raw(service, target, payload, self.pipeline.region, self._session)

    def pause(self) -> None:
        """Wait a moment; raises `Stopped` when nobody waits for the end."""
        if self._aborted() or self.execution.status == "Stopped":
            raise Stopped
        time.sleep(0.1)


def resolve(text: str, execution: Execution) -> str:
    """Replace `#{Namespace.variable}`; one that nobody set fails the action."""

    def value(found: re.Match[str]) -> str:
        namespace, name = found.groups()
        known = execution.variables.get(namespace, {})
        if namespace == "codepipeline":
            known = {"PipelineExecutionId": execution.id}
        if name not in known:
            raise ActionFailed(
                f"The action configuration has a variable that cannot be resolved: {found.group()}"
            )
        return known[name]

    return _VARIABLE.sub(value, text)


def _is_running(account: str, region: str, build_id: str) -> bool:
    build = codebuild._builds.get_scoped(account, region, build_id)
    return build is not None and build["buildStatus"] == "IN_PROGRESS"


def _aws_message(error: Exception) -> str:
    if isinstance(error, ClientError):
        found = error.response["Error"]
        return f"{error.operation_name}: {found.get('Message')} ({found.get('Code')})"
    return str(error)
