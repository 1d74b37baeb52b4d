"""CodeCommit, CodePipeline and CodeBuild together, for one run of the emulator."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import get_account_id
from ministack.core.router import SERVICE_PATTERNS, extract_access_key_id
from ministack.services import sts

from ..wire.loopback import Loopback
from . import json_api
from .builds.api import BuildApi
from .json_api import Response
from .pipelines.api import PipelineApi
from .repositories.api import RepositoryApi
from .repositories.git_http import GitHttp
from .types import PipelineType, RepositoryType, handlers

Handler = Callable[..., Awaitable[Any]]

# How the base knows the services that it does not have.
_TARGETS = {"codecommit": "CodeCommit_20150413", "codepipeline": "CodePipeline_20150709"}


class Delivery:
    """State and wiring of the three services."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        # Operations answer before the next request comes, so one is enough.
        self._caller = ""
        self.repositories = RepositoryApi(loopback.origin)
        self.git = GitHttp(self.repositories)
        self.builds = BuildApi(loopback, self._principal)
        self._aborted = threading.Event()
        self._pipelines = self._new_pipelines()

    def install(self, services: dict[str, Handler]) -> None:
        """Put the services into the base's table."""
        for service, target in _TARGETS.items():
            SERVICE_PATTERNS[service] = {"target_prefixes": [target], "credential_scope": service}
        base_codebuild = services["codebuild"]

        async def codecommit(
            method: str, path: str, headers: dict[str, str], body: bytes, query: Any
        ) -> Response:
            self._remember(headers)
            return json_api.answer("codecommit", self.repositories.operations(), headers, body)

        async def codepipeline(
            method: str, path: str, headers: dict[str, str], body: bytes, query: Any
        ) -> Response:
            self._remember(headers)
            return json_api.answer("codepipeline", self._pipelines.operations(), headers, body)

        async def codebuild(
            method: str, path: str, headers: dict[str, str], body: bytes, query: Any
        ) -> Response:
            self._remember(headers)
            operations = self.builds.operations()
            if headers.get("x-amz-target", "").rpartition(".")[2] in operations:
                return json_api.answer("codebuild", operations, headers, body)
            response: Response = await base_codebuild(method, path, headers, body, query)
            return response

        services.update(codecommit=codecommit, codepipeline=codepipeline, codebuild=codebuild)

    def types(self) -> dict[str, dict[str, Callable[..., Any]]]:
        """The CloudFormation types."""
        return {
            RepositoryType.TYPE: handlers(RepositoryType(self._loopback, self.repositories)),
            PipelineType.TYPE: handlers(PipelineType(self._loopback)),
        }

    def stop(self) -> None:
        """End every build and every execution."""
        self._aborted.set()
        self.builds.end_all()

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self.stop()
        self._aborted = threading.Event()
        self._pipelines = self._new_pipelines()
        self.repositories.forget()
        self.git.forget()
        self.builds.forget()

    def _new_pipelines(self) -> PipelineApi:
        return PipelineApi(self._loopback, self.repositories, self._aborted.is_set, self._principal)

    def _remember(self, headers: dict[str, str]) -> None:
        self._caller = extract_access_key_id(headers)

    def _principal(self) -> str:
        """The ARN of who calls."""
        session = sts._sessions.get(self._caller)
        return str(session["Arn"]) if session else f"arn:aws:iam::{get_account_id()}:root"
