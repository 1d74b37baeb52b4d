"""The operations of CodeBuild that start and stop builds; projects and lists are the base's."""

from __future__ import annotations

import contextvars
import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import codebuild

from ...frame import under_way
from ...wire.errors import ApiError
from ...wire.loopback import Loopback
from ..json_api import Operations, Payload
from .build import Build, BuildMachine

# Overrides of StartBuild that are honoured; any other is refused.
_KNOWN = frozenset({"projectName", "sourceVersion", "environmentVariablesOverride"})


class BuildApi:
    """Starts builds, each on a thread of its own."""

    def __init__(self, loopback: Loopback, principal: Callable[[], str]) -> None:
        self._loopback = loopback
        self._principal = principal
        self._builds: dict[str, Build] = {}
        self.machine = BuildMachine()
        self._stopping = False

    def operations(self) -> Operations:
        """By name; all others are the base's."""
        return {"StartBuild": self.start, "StopBuild": self.stop}

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self.end_all()
        self._builds.clear()
        self._stopping = False
        self.machine = BuildMachine()

    def end_all(self) -> None:
        """Kill every build's processes, and start none any more."""
        self._stopping = True
        for build in list(self._builds.values()):
            build.end("STOPPED")

    def change_machine(self, wanted: dict[str, Any]) -> None:
        """Say what builds find; raises ``ValueError`` for what makes no sense."""
        machine = BuildMachine(**_checked(wanted))
        for name, folder in machine.links.items():
            if not Path(folder).is_absolute() or not Path(folder).exists():
                raise ValueError(f"link `{name}`: `{folder}` is no existing absolute path")
        for pattern in machine.not_run:
            re.compile(pattern)
        self.machine = machine

    def show(self) -> list[dict[str, Any]]:
        """Every build with the commands that were not run, for the control plane."""
        return [
            {
                "id": build.record["id"],
                "project": build.record["projectName"],
                "status": build.record["buildStatus"],
                "not_run": build.not_run,
                "log": build.record["logs"],
            }
            for build in list(self._builds.values())
        ]

    def start(self, payload: Payload) -> Payload:
        """StartBuild."""
        name = str(payload.get("projectName"))
        project = codebuild._projects.get(name)
        if project is None:
            raise ApiError("ResourceNotFoundException", f"Project cannot be found: {name}")
        if unknown := sorted(set(payload) - _KNOWN):
            raise ApiError(
                "InvalidInputException", f"the emulator's builds have no {', '.join(unknown)}"
            )
        source = str(payload.get("sourceVersion") or "")
        if (project.get("source") or {}).get("type") != "CODEPIPELINE":
            raise ApiError(
                "InvalidInputException",
                "the emulator builds projects whose source is CODEPIPELINE only",
            )
        if not source.startswith("arn:aws:s3:::"):
            raise ApiError(
                "InvalidInputException",
                "Cannot start a build of a project whose source is CODEPIPELINE without a pipeline",
            )
        if self._stopping:
            raise ApiError("InvalidInputException", "the emulator stops")
        record = self._record(name, project, source, payload)
        codebuild._builds[record["id"]] = record
        place = (get_account_id(), get_region())
        build = Build(record, dict(project), place, self._loopback, self.machine)
        self._builds[record["id"]] = build
        context = contextvars.copy_context()
        under_way.thread(f"the build {record['id']}", context.run, build.run)
        return {"build": dict(record)}

    def stop(self, payload: Payload) -> Payload:
        """StopBuild."""
        build = self._builds.get(str(payload.get("id")))
        if build is None or codebuild._builds.get(build.record["id"]) is None:
            raise ApiError("ResourceNotFoundException", f"Build {payload.get('id')} not found")
        build.end("STOPPED")
        return {"build": dict(build.record)}

    def _record(
        self, name: str, project: dict[str, Any], source: str, payload: Payload
    ) -> dict[str, Any]:
        here = f"{get_region()}:{get_account_id()}"
        identity = f"{name}:{uuid.uuid4()}"
        now = time.time()
        environment = dict(project.get("environment") or {})
        variables = {
            entry["name"]: entry for entry in environment.get("environmentVariables") or []
        }
        for entry in payload.get("environmentVariablesOverride") or []:
            variables[entry["name"]] = entry
        for entry in variables.values():
            if entry.get("type", "PLAINTEXT") not in ("PLAINTEXT", "PARAMETER_STORE"):
                raise ApiError(
                    "InvalidInputException", f"the emulator's builds have no {entry['type']}"
                )
        environment["environmentVariables"] = list(variables.values())
        number = 1 + sum(b["projectName"] == name for b in list(codebuild._builds.values()))
        stream = identity.partition(":")[2]
        return {
            "id": identity,
            "arn": f"arn:aws:codebuild:{here}:build/{identity}",
            "buildNumber": number,
            "startTime": now,
            "currentPhase": "QUEUED",
            "buildStatus": "IN_PROGRESS",
            "sourceVersion": source,
            "projectName": name,
            "phases": [
                {
                    "phaseType": "SUBMITTED",
                    "phaseStatus": "SUCCEEDED",
                    "startTime": now,
                    "endTime": now,
                }
            ],
            "source": project.get("source", {}),
            "artifacts": {"location": ""},
            "environment": environment,
            "serviceRole": project["serviceRole"],
            "logs": {
                "groupName": f"/aws/codebuild/{name}",
                "streamName": stream,
                "cloudWatchLogsArn": (
                    f"arn:aws:logs:{here}:log-group:/aws/codebuild/{name}:log-stream:{stream}"
                ),
            },
            "timeoutInMinutes": int(project.get("timeoutInMinutes") or 60),
            "buildComplete": False,
            "initiator": self._principal().rpartition(":")[2],
            "encryptionKey": project.get("encryptionKey", ""),
            "exportedEnvironmentVariables": [],
        }


def _checked(wanted: dict[str, Any]) -> dict[str, Any]:
    kinds: dict[str, Any] = {"environment": dict, "links": dict, "not_run": list, "workspace": str}
    for name, value in wanted.items():
        if name not in kinds or not isinstance(value, kinds[name]):
            raise ValueError(
                f"`{name}`: known are environment and links (objects), not_run (a list), workspace"
            )
        if isinstance(value, dict):
            texts: list[Any] = [*value, *value.values()]
        else:
            texts = value if isinstance(value, list) else [value]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError(f"`{name}` holds something that is no text")
    return wanted
