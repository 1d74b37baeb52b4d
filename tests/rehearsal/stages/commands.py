"""Commands as a person types them, with the profiles of the guide."""

import os
import re
import shlex
import signal
import subprocess
import sys

from kit.environment import environment
from kit.interruption import held, start, stop

from ..names import HOME_REGION, ROOT, RehearsalFailed
from .checkout import GIT

# Where CodeCommit speaks git; only the path is left of it here.
_CODECOMMIT = re.compile(r"https://git-codecommit\.[\w-]+\.amazonaws\.com")
# The `aws` that git's credential helper calls: it signs for any host, as far as it is asked to.
_AWS = """\
#!/bin/sh
case "$*" in *" get") set -- "$@" --ignore-host-check ;; esac
exec "{python}" -m awscli "$@"
"""


class Commands:
    """Runs commands in the working copy, and shows each with its output."""

    def __init__(self, folder, endpoint, profiles, console):
        self._folder = folder
        self._endpoint = endpoint
        self._console = console
        self._environment = environment(
            AWS_ENDPOINT_URL=endpoint, AWS_SHARED_CREDENTIALS_FILE=str(profiles)
        )
        self._programs = profiles.with_name("programs")
        self._programs.mkdir()
        program = self._programs / "aws"
        program.write_text(_AWS.format(python=sys.executable))
        program.chmod(0o755)

    def make(self, target, profile=None, region=None, statuses=(0,), **more):
        """Run a target; its output. Fails with the last lines of its output."""
        words = ["make", target]
        words += [f"PROFILE={profile}"] if profile else []
        words += [f"REGION={region}"] if region else []
        words += [f"{name}={value}" for name, value in more.items()]
        program = ["make", "--no-print-directory", *words[1:]]
        return self._run(" ".join(words), program, statuses)

    def cut_off(self, marker, target, profile, region, **more):
        """Run a target, and kill it and all that it started once it has printed the marker."""
        words = ["make", target, f"PROFILE={profile}", f"REGION={region}"]
        words += [f"{name}={value}" for name, value in more.items()]
        program = ["make", "--no-print-directory", *words[1:]]
        reported = self._run(" ".join(words), program, marker=marker, PYTHONUNBUFFERED="1")
        if marker not in reported:
            raise RehearsalFailed(f"`{target}` never printed `{marker}`: {reported}")

    def aws(self, command, profile):
        """Run a command of the AWS CLI, as it was printed."""
        # A module of the interpreter that runs the rehearsal, so it is the pinned one.
        program = [sys.executable, "-m", "awscli", *shlex.split(command)[1:]]
        return self._run(command, program, AWS_PROFILE=profile)

    def doctor(self):
        """What `backupctl doctor` prints, whether it finds something wrong or not.

        The one that `BACKUPCTL` names, or compiled where `make plan-org-policy` of the builds has
        compiled it.
        """
        command = "cargo run --quiet --locked --package backupctl -- doctor"
        program = shlex.split(command)
        program[2:2] = ["--manifest-path", str(ROOT / "Cargo.toml")]
        if given := os.environ.get("BACKUPCTL"):
            program = [given, "doctor"]
        target = os.environ.get("CARGO_TARGET_DIR") or str(ROOT / "target")
        return self._run(
            f"{command} --profile management",
            [*program, "--profile", "management", "--region", HOME_REGION],
            statuses=(0, 1),
            CARGO_TARGET_DIR=target,
        )

    def git(self, command):
        """Run a command of git as it was printed, but for the address of CodeCommit."""
        words = [_CODECOMMIT.sub(self._endpoint, word) for word in shlex.split(command)]
        path = f"{self._programs}:{os.environ['PATH']}"
        return self._run(command, words, **GIT, PATH=path, AWS_DEFAULT_REGION=HOME_REGION)

    def _run(self, shown, program, statuses=(0,), marker=None, **environment):
        self._console.command(shown)
        process, lines = None, []
        try:
            with held():
                process = start(
                    program,
                    cwd=self._folder,
                    env=self._environment | environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    errors="replace",
                )
            with self._console.doing(shown):
                for line in process.stdout:
                    lines.append(line.rstrip("\n"))
                    self._console.heard(lines[-1])
                    if marker is not None and marker in line:
                        os.killpg(process.pid, signal.SIGKILL)
                        statuses = (*statuses, -signal.SIGKILL)
                        break
                status = process.wait()
        finally:
            if process is not None:
                stop(process)
        failed = status not in statuses
        self._console.output(lines, failed=failed)
        if failed:
            last = " | ".join(line for line in lines[-3:] if line)
            raise RehearsalFailed(f"`{shown}` ended with status {status}: {last}")
        return "\n".join(lines)
