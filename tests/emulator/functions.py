"""Lambda functions: where their code comes from and the environment they run in."""

from __future__ import annotations

import hashlib
import os
import threading
import time
import uuid
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import lambda_svc, s3, sts

from . import processes
from .permissions.gate import GATE
from .permissions.needs import Need
from .permissions.principals import ROOT, Principal


class CodeError(ValueError):
    """A function's package cannot be had; the text is Lambda's."""


# What Lambda sets itself and a function's own variables cannot change.
RESERVED = frozenset(lambda_svc._RESERVED_RUNTIME_ENV_VARS)


_stopping = threading.Event()


def stop() -> None:
    """Start no process any more: Lambda's retries would outlive the emulator."""
    _stopping.set()


def process_environment(config: dict[str, Any], code_dir: str, port: int) -> dict[str, str]:
    """The whole environment of a function's process; the base asks for it before each start.

    Nothing of the emulator's own environment leaks in: what is not here, the
    function does not have on AWS either, except for the two variables that
    point it at this emulator.
    """
    if _stopping.is_set():
        raise RuntimeError("the emulator stops")
    endpoint = os.environ["AWS_ENDPOINT_URL"]
    name = config["FunctionName"]
    version = config.get("Version", "$LATEST")
    logging = config.get("LoggingConfig") or {}
    environment = {
        key: value
        for key, value in ((config.get("Environment") or {}).get("Variables") or {}).items()
        if key not in RESERVED
    }
    environment.update(
        AWS_DEFAULT_REGION=get_region(),
        AWS_ENDPOINT_URL=endpoint,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE=str(config.get("MemorySize", 128)),
        AWS_LAMBDA_FUNCTION_NAME=name,
        AWS_LAMBDA_FUNCTION_VERSION=version,
        AWS_LAMBDA_INITIALIZATION_TYPE="on-demand",
        AWS_LAMBDA_LOG_GROUP_NAME=logging.get("LogGroup") or f"/aws/lambda/{name}",
        AWS_LAMBDA_LOG_STREAM_NAME=f"{time.strftime('%Y/%m/%d')}/[{version}]{uuid.uuid4().hex}",
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


def fetch_code(bucket: str, key: str, version_id: str | None = None) -> bytes:
    """A function's zip from S3, from another account's bucket too if its policy lets us.

    Raises `CodeError` with Lambda's message when there is no such object:
    the base would deploy an empty function instead.
    """
    owner = s3._bucket_owner_account(bucket)
    caller = get_account_id()
    if owner is None:
        raise CodeError(_get_object_failed("NoSuchBucket", "The specified bucket does not exist"))
    need = Need(
        "s3:GetObjectVersion" if version_id else "s3:GetObject", f"arn:aws:s3:::{bucket}/{key}"
    )
    reader = Principal(ROOT, f"arn:aws:iam::{caller}:root", caller)
    if owner != caller and GATE.check(reader, [need], "Lambda code"):
        raise CodeError(
            "Your access has been denied by S3, please make sure your request credentials have "
            f"permission to GetObject for {bucket}/{key}. "
            "S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
        )
    with request_scope(owner, get_region()):
        code: bytes | None = s3._get_object_data(bucket, key, version_id=version_id)
    if code is None:
        raise CodeError(_get_object_failed("NoSuchKey", "The specified key does not exist."))
    return code


def code_region_message(original: Any, bucket: str, layer: bool = False) -> Any:
    """The base's check of the bucket's Region, made where the bucket is."""
    owner = s3._bucket_owner_account(bucket) or get_account_id()
    with request_scope(owner, get_region()):
        return original(bucket, layer)


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
    """The hash of the extracted file that is (or would be) executed, not of the zip's entry."""
    path = os.path.join(lambda_svc._provided_runtime_code_dir(code), "bootstrap")
    if not os.path.exists(path):
        return None
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def _get_object_failed(code: str, message: str) -> str:
    return f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
