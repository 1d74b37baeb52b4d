"""Lambda functions: the environment they run in, and which there are."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
import uuid
import zipfile
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc, sts

from ..permissions.services import execution_role
from ..wire.native import BASE
from ..wire.place import here
from . import processes

_stopping = threading.Event()


def stop() -> None:
    """Start no process any more: Lambda's retries would outlive the emulator."""
    _stopping.set()


def resume() -> None:
    """Processes may be started again."""
    _stopping.clear()


def stopped_within(seconds: float) -> bool:
    """Wait so long; True at once when no process may be started any more."""
    return _stopping.wait(seconds)


def process_environment(config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
    """The whole environment of a function's process; the base asks for it before each start.

    Nothing of the emulator's own environment leaks in: what is not here, the
    function does not have on AWS either, except for the two variables that
    point it at this emulator.
    """
    if _stopping.is_set():
        raise RuntimeError("the emulator stops")
    if execution_role.start_refused(config) is not None:
        raise RuntimeError("The role defined for the function cannot be assumed by Lambda.")
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    name = config["FunctionName"]
    version = config.get("Version", "$LATEST")
    logging = config.get("LoggingConfig") or {}
    environment = dict((config.get("Environment") or {}).get("Variables") or {})
    # What Lambda sets itself, a function's own variables cannot change.
    environment.update(
        AWS_DEFAULT_REGION=get_region(),
        AWS_ENDPOINT_URL=endpoint,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(config.get("MemorySize", 128)),
        AWS_LAMBDA_FUNCTION_NAME=name,
        AWS_LAMBDA_FUNCTION_VERSION=version,
        AWS_LAMBDA_INITIALIZATION_TYPE="on-demand",
        AWS_LAMBDA_LOG_GROUP_NAME=logging.get("LogGroup") or f"/aws/lambda/{name}",
        AWS_LAMBDA_LOG_STREAM_NAME=log_stream(version),
        AWS_LAMBDA_RUNTIME_API=f"127.0.0.1:{port}",
        AWS_REGION=get_region(),
        CUSTOM_RESOURCE_RESPONSE_ORIGIN=endpoint,
        LAMBDA_RUNTIME_DIR="/var/runtime",
        LAMBDA_TASK_ROOT=code_dir,
        LANG="en_US.UTF-8",
        PATH="/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        TZ=":UTC",
        _HANDLER=config.get("Handler", "bootstrap"),
        **_credentials(config, port),
    )
    if logging.get("LogFormat"):
        environment["AWS_LAMBDA_LOG_FORMAT"] = logging["LogFormat"]
    if logging.get("ApplicationLogLevel"):
        environment["AWS_LAMBDA_LOG_LEVEL"] = logging["ApplicationLogLevel"]
    return environment


def log_stream(version: str) -> str:
    """A new stream's name, as Lambda makes it."""
    return f"{time.strftime('%Y/%m/%d')}/[{version}]{uuid.uuid4().hex}"


def _credentials(config: dict[str, Any], port: int) -> dict[str, str]:
    """A session of the function's role, so that trust policies can name the role."""
    account = get_account_id()
    role = str(config.get("Role", "")).rsplit("/", 1)[-1]
    seed = hashlib.sha256(f"{config['FunctionArn']} {role} {uuid.uuid4()}".encode()).hexdigest()
    credentials = {
        "AWS_ACCESS_KEY_ID": f"ASIA{seed[:16].upper()}",
        "AWS_SECRET_ACCESS_KEY": seed[16:56],
        "AWS_SESSION_TOKEN": hashlib.sha256(seed.encode()).hexdigest(),
    }
    processes.remember(credentials["AWS_ACCESS_KEY_ID"], port)
    sts.register_session(
        credentials["AWS_ACCESS_KEY_ID"],
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role}/{config['FunctionName']}",
            "UserId": f"{role}:{config['FunctionName']}",
            "SecretAccessKey": credentials["AWS_SECRET_ACCESS_KEY"],
            "SessionToken": credentials["AWS_SESSION_TOKEN"],
            "AccountId": account,
            "PrincipalType": "AssumedRole",
        },
    )
    return credentials


def config_of(function: str) -> dict[str, Any] | None:
    """The configuration of a function by its name or ARN; None for one that there is not."""
    return BASE.find(here(), "lambda", "GetFunctionConfiguration", FunctionName=function)


def inventory() -> list[dict[str, Any]]:
    """Every function of every account with the hash of the file that it runs."""
    rows = []
    for (account, region, name), record in sorted(lambda_svc._functions._data.items()):
        code = record.get("code_zip")
        rows.append(
            {
                "account": account,
                "region": region,
                "name": name,
                "runtime": record["config"].get("Runtime"),
                "architectures": record["config"].get("Architectures"),
                "zip_sha256": hashlib.sha256(code).hexdigest() if code else None,
                "bootstrap_sha256": _bootstrap_sha256(code) if code else None,
            }
        )
    return rows


def _bootstrap_sha256(code: bytes) -> str | None:
    """The hash of the file that is executed, once it is out of the package."""
    with zipfile.ZipFile(io.BytesIO(code)) as package:
        if "bootstrap" not in package.namelist():
            return None
        return hashlib.sha256(package.read("bootstrap")).hexdigest()
