"""A build: its source from S3, its phases in a shell, with the project's role and variables."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ...wire import credentials
from ...wire.credentials import CannotAssume, Credentials
from ...wire.loopback import Loopback
from ..repositories.model import from_zip
from . import buildspec, runtimes, source_tree
from .buildspec import Buildspec, BuildspecError
from .log import BuildLog
from .shell import Shell

SERVICE = "codebuild.amazonaws.com"
Record = dict[str, Any]


@dataclass
class BuildMachine:
    """What the machine of every build brings, and what cannot run on it.

    ``links`` are folders that appear in the source, such as tools that an image
    would have; ``not_run`` are patterns of commands, each recorded when it is met;
    ``workspace`` is a folder in which the source of each project stays between
    builds, so that compilers find what they know.
    """

    environment: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    not_run: list[str] = field(default_factory=list)
    workspace: str | None = None

    def skips(self, command: str) -> bool:
        """Whether this command is not run here."""
        return any(re.search(pattern, command) for pattern in self.not_run)


class PhaseFailed(Exception):
    """Ends a phase; the text is its context."""


class Build:
    """Runs one build and keeps its record up to date."""

    def __init__(
        self,
        record: Record,
        project: Record,
        place: tuple[str, str],
        loopback: Loopback,
        machine: BuildMachine,
    ) -> None:
        self.record = record
        self.not_run: list[str] = []
        self._project = project
        self._account, self._region = place
        self._loopback = loopback
        self._machine = machine
        self._shell: Shell | None = None
        self._ended_as: str | None = None
        self._log: BuildLog | None = None

    def run(self) -> None:
        """From PROVISIONING to COMPLETED; blocks."""
        folder = Path(tempfile.mkdtemp(prefix="build-"))
        timer = threading.Timer(
            int(self.record["timeoutInMinutes"]) * 60, lambda: self.end("TIMED_OUT")
        )
        timer.daemon = True
        timer.start()
        status = "FAILED"
        try:
            if self._walk(folder):
                status = "SUCCEEDED"
        finally:
            timer.cancel()
            shutil.rmtree(folder, ignore_errors=True)
            self._finish(self._ended_as or status)

    def end(self, status: str) -> None:
        """Stop it; it ends with this status."""
        self._ended_as = self._ended_as or status
        if self._shell is not None:
            self._shell.kill()

    def _walk(self, folder: Path) -> bool:
        steps: list[tuple[str, Callable[[], None]]] = []
        state: dict[str, Any] = {}

        def provision() -> None:
            state["session"] = self._session()
            self._log = BuildLog(self._client("logs", state["session"]), self.record["logs"])

        source = folder / "src"
        if self._machine.workspace is not None:
            source = Path(self._machine.workspace) / self.record["projectName"]

        def download() -> None:
            state["spec"] = self._download(source, state["session"])
            state["variables"] = self._variables(state["session"])

        steps = [("PROVISIONING", provision), ("DOWNLOAD_SOURCE", download)]
        for name, step in steps:
            if not self._phase(name, step):
                return False
        spec: Buildspec = state["spec"]
        shell = self._prepare_shell(folder, source, spec, state["session"], state["variables"])
        good = self._phases(spec, shell)
        self.record["exportedEnvironmentVariables"] = [
            {"name": name, "value": shell.variable(name) or ""} for name in spec.exported
        ]
        self._phase("FINALIZING", lambda: None)
        return good

    def _phases(self, spec: Buildspec, shell: Shell) -> bool:
        """INSTALL and PRE_BUILD must succeed; POST_BUILD runs after BUILD, whatever came of it."""
        good = True
        for name in buildspec.PHASES:
            phase = spec.phases[name]

            def act(phase: buildspec.Phase = phase) -> None:
                reason = self._commands(shell, phase.commands)
                last = self._commands(shell, phase.finally_)
                if (reason or last) is not None:
                    raise PhaseFailed(f"COMMAND_EXECUTION_ERROR: {reason or last}")

            succeeded = self._phase(name.upper(), act)
            good = good and (succeeded or phase.continues)
            shell.succeeding = good
            if not succeeded and not phase.continues and name in ("install", "pre_build"):
                return False
        return good

    def _commands(self, shell: Shell, commands: list[str]) -> str | None:
        for command in commands:
            if self._machine.skips(command):
                self.not_run.append(command)
                self._say(f"The emulator does not run this command: {command}")
            elif (reason := shell.run([command], self._say)) is not None:
                return reason
        return None

    def _phase(self, name: str, act: Callable[[], None]) -> bool:
        phase: Record = {"phaseType": name, "startTime": time.time()}
        self.record["phases"].append(phase)
        self.record["currentPhase"] = name
        self._say(f"Entering phase {name}")
        status = "SUCCEEDED"
        try:
            act()
        except PhaseFailed as error:
            status = self._ended_as or "FAILED"
            code, _, message = str(error).partition(": ")
            phase["contexts"] = [{"statusCode": code, "message": message}]
            self._say(f"Phase context status code: {code} Message: {message}")
        phase["phaseStatus"], phase["endTime"] = status, time.time()
        phase["durationInSeconds"] = int(phase["endTime"] - phase["startTime"])
        self._say(f"Phase complete: {name} State: {status}")
        return status == "SUCCEEDED"

    def _session(self) -> Credentials:
        role = str(self._project["serviceRole"])
        arn = role if role.startswith("arn:") else f"arn:aws:iam::{self._account}:role/{role}"
        name = "AWSCodeBuild-" + self.record["id"].partition(":")[2]
        try:
            return credentials.assume(arn, SERVICE, name)
        except CannotAssume as error:
            raise PhaseFailed(
                f"ACCESS_DENIED: Service role {role} does not allow AWS CodeBuild to assume it: "
                f"{error}"
            ) from error

    def _download(self, source: Path, session: Credentials) -> Buildspec:
        bucket, _, key = self.record["sourceVersion"].removeprefix("arn:aws:s3:::").partition("/")
        try:
            found = self._client("s3", session).get_object(Bucket=bucket, Key=key)
            files = from_zip(found["Body"].read())
        except (ClientError, BotoCoreError) as error:
            raise PhaseFailed(f"CLIENT_ERROR: {error} for primary source") from error
        source_tree.write(source, files, self._machine.links)
        wanted = str((self._project.get("source") or {}).get("buildspec") or "buildspec.yml")
        try:
            if "\n" not in wanted:
                if wanted not in files:
                    raise BuildspecError(f"YAML_FILE_ERROR: {wanted}: no such file")
                wanted = files[wanted].content.decode()
            spec = buildspec.parse(wanted)
            for name, version in spec.runtimes.items():
                self._say(
                    f"Selecting '{name}' runtime version '{version}' based on manual selections..."
                )
            runtimes.check(str(self._project["environment"]["image"]), spec.runtimes)
            return spec
        except BuildspecError as error:
            raise PhaseFailed(f"YAML_FILE_ERROR: {error}") from error

    def _variables(self, session: Credentials) -> dict[str, str]:
        """The variables of project and start; those of the parameter store are read by the role."""
        entries = self.record["environment"].get("environmentVariables") or []
        found = {entry["name"]: str(entry["value"]) for entry in entries}
        stored = {
            entry["name"]: str(entry["value"])
            for entry in entries
            if entry.get("type") == "PARAMETER_STORE"
        }
        if not stored:
            return found
        try:
            answer = self._client("ssm", session).get_parameters(
                Names=sorted(set(stored.values())), WithDecryption=True
            )
        except (ClientError, BotoCoreError) as error:
            raise PhaseFailed(f"Parameter Store: {error}") from error
        values = {entry["Name"]: entry["Value"] for entry in answer["Parameters"]}
        for name, parameter in stored.items():
            if parameter not in values:
                raise PhaseFailed(f"Parameter Store: parameter does not exist: {parameter}")
            found[name] = values[parameter]
        return found

    def _prepare_shell(
        self,
        folder: Path,
        source: Path,
        spec: Buildspec,
        session: Credentials,
        variables: dict[str, str],
    ) -> Shell:
        state = folder / "state"
        state.mkdir()
        environment = {
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            **self._machine.environment,
            **spec.variables,
            **variables,
            "AWS_ACCESS_KEY_ID": session.access_key,
            "AWS_SECRET_ACCESS_KEY": session.secret,
            "AWS_SESSION_TOKEN": str(session.token),
            "AWS_DEFAULT_REGION": self._region,
            "AWS_REGION": self._region,
            "AWS_ENDPOINT_URL": self._loopback.origin,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CODEBUILD_BUILD_ARN": self.record["arn"],
            "CODEBUILD_BUILD_ID": self.record["id"],
            "CODEBUILD_BUILD_NUMBER": str(self.record["buildNumber"]),
            "CODEBUILD_INITIATOR": self.record["initiator"],
            "CODEBUILD_RESOLVED_SOURCE_VERSION": self.record["sourceVersion"],
            "CODEBUILD_SRC_DIR": str(source),
        }
        self._shell = Shell(spec.shell, source, state, environment)
        if self._ended_as is not None:
            self._shell.kill()
        return self._shell

    def _client(self, service: str, session: Credentials) -> Any:
        return self._loopback.client(service, self._region, session)

    def _say(self, line: str) -> None:
        if self._log is not None:
            self._log.say(line)

    def _finish(self, status: str) -> None:
        if self._log is not None:
            self._log.close()
        now = time.time()
        self.record["phases"].append({"phaseType": "COMPLETED", "startTime": now})
        self.record.update(
            currentPhase="COMPLETED", endTime=now, buildComplete=True, buildStatus=status
        )
