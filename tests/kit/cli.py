"""The AWS CLI as a user runs it: one process a command, credentials by account."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

from .clients import client
from .environment import as_root, environment
from .names import REGION, ROOT

SECONDS = 120


class CommandFailed(Exception):
    """A command of the AWS CLI failed; the message is what it printed."""


class Cli:
    """The AWS CLI against one endpoint.

    ``tell`` hears every command before it runs, without the tags that all stacks have. What is only
    looked at in between, like a stack that is not ready yet, is read with the CLI's library: the
    CLI takes most of a second to start.
    """

    def __init__(self, endpoint, tell=lambda account, command: None):
        self._endpoint = endpoint
        self._tell = tell
        # The CLI is a module of the interpreter that runs the demo, so it is the pinned one.
        self._program = [sys.executable, "-m", "awscli"]

    def version(self):
        """The CLI's own version line."""
        return self._run("000000000000", ["--version"]).strip()

    def run(self, account, *arguments):
        """Run a command with the credentials of an account; its output, parsed if it is JSON."""
        is_stack = arguments[0] == "cloudformation" and "--tags" in arguments
        reported = arguments[: arguments.index("--tags")] if is_stack else arguments
        self._tell(account, "aws " + shlex.join(reported))
        output = self._run(account, arguments)
        try:
            return json.loads(output) if output.strip() else {}
        except ValueError:
            return output

    def read(self, account, service, operation, **parameters):
        """What a call of the API answers, untold."""
        return client(self._endpoint, service, account)._make_api_call(operation, parameters)

    def cloudformation(self, account):
        """A client for ``stacks.Stacks``: every change is a command."""

        def call(operation, **parameters):
            if operation.startswith("Describe"):
                return self.read(account, "cloudformation", operation, **parameters)
            return self.run(account, "cloudformation", kebab(operation), *options(parameters))

        return call

    def _run(self, account, arguments):
        # For SQS the CLI prefers an address of its own to the environment's.
        more = ["--endpoint-url", self._endpoint] if arguments[0] == "sqs" else []
        result = subprocess.run(
            [*self._program, *more, *arguments],
            cwd=ROOT,
            env=environment(
                **as_root(self._endpoint, account),
                AWS_DEFAULT_OUTPUT="json",
                AWS_DEFAULT_REGION=REGION,
                AWS_PAGER="",
            ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        if result.returncode != 0:
            raise CommandFailed(" ".join(result.stderr.split()) or f"exit {result.returncode}")
        return result.stdout


def kebab(name):
    """``StackName`` as the CLI spells it: ``stack-name``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def options(parameters):
    """An API call's parameters as options of the CLI."""
    arguments = []
    for name, value in parameters.items():
        arguments.append(f"--{kebab(name)}")
        if value is not True:
            arguments += [_word(item) for item in (value if isinstance(value, list) else [value])]
    return arguments


def _word(value):
    if isinstance(value, Path):
        return f"file://{value.relative_to(ROOT) if value.is_relative_to(ROOT) else value}"
    if isinstance(value, dict):
        return ",".join(f"{key}={_shorthand(item)}" for key, item in value.items())
    return value


def _shorthand(value):
    """A value in the CLI's shorthand; commas and spaces need its quotes."""
    return value if re.fullmatch(r"[\w./:@+-]+", value) else '"' + value.replace('"', '\\"') + '"'
