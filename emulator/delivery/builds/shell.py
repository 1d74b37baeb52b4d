"""The shell of a build: exported variables and the folder go on from command to command."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

Say = Callable[[str], None]

# Keeps variables and folder for the command that follows.
_KEEP = (
    'trap \'codebuild_status=$?; export -p > "$CODEBUILD_STATE/env"; '
    'pwd > "$CODEBUILD_STATE/folder"; exit $codebuild_status\' EXIT\n'
)


class Shell:
    """Runs commands of a build one after another, each in a process of its own."""

    def __init__(
        self, program: str, source: Path, state: Path, environment: dict[str, str]
    ) -> None:
        self._program = program
        self._state = state
        self._environment = {**environment, "CODEBUILD_STATE": str(state)}
        self._folder = source
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._killed = False
        # What CODEBUILD_BUILD_SUCCEEDING says to the commands.
        self.succeeding = True

    def run(self, commands: list[str], say: Say) -> str | None:
        """Run commands until one fails; which one failed, with its status."""
        for command in commands:
            say(f"Running command {command}")
            status = self._one(command, say)
            if status != 0:
                return f"Error while executing command: {command}. Reason: exit status {status}"
        return None

    def variable(self, name: str) -> str | None:
        """The value of an exported variable after the last command; None without one."""
        script = f'. "$CODEBUILD_STATE/env" && printenv {name}'
        found = subprocess.run(
            ["sh", "-c", script], env=self._environment, capture_output=True, text=True, check=False
        )
        return found.stdout.removesuffix("\n") if found.returncode == 0 else None

    def kill(self) -> None:
        """End what runs, with all that it started."""
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)

    def _one(self, command: str, say: Say) -> int:
        environment = self._state / "env"
        before = f". {environment}\n" if environment.exists() else ""
        before += f"export CODEBUILD_BUILD_SUCCEEDING={int(self.succeeding)}\n"
        script = _KEEP + before + command + "\n"
        with self._lock:
            if self._killed:
                return -signal.SIGKILL
            self._process = subprocess.Popen(
                [self._program, "-c", script],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            say(line.rstrip("\n"))
        status = self._process.wait()
        folder = self._state / "folder"
        if folder.exists():
            self._folder = Path(folder.read_text().strip())
        return status
