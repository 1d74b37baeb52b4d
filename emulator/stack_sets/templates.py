"""The template of a stack set: read from the request or from S3, and held against the request."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_region
from ministack.services.cloudformation import engine

from ..wire.credentials import Credentials
from ..wire.errors import ApiError
from ..wire.loopback import Loopback
from ..wire.native import BASE, NativeError
from ..wire.place import here

Payload = dict[str, Any]

# What CreateStack takes in a request, and thus what this emulator can hand to the instances.
LONGEST = 51_200
_VIRTUAL_HOST = re.compile(r"(?P<bucket>.+)\.s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?")
_PATH_STYLE = re.compile(r"s3[.-](?:[a-z0-9-]+\.)*amazonaws\.com(?:\.cn)?|127\.0\.0\.1|localhost")


@dataclass(frozen=True)
class Summary:
    """What a template declares: parameter -> whether it has a default, and what it needs."""

    parameters: dict[str, bool]
    capabilities: list[str]


async def read(loopback: Loopback, payload: Payload, caller: Credentials) -> str | None:
    """The template of a request; None when it names none.

    From S3 it is read with the caller's credentials, once: what is in the bucket
    later does not change the stack set.
    """
    body, url = payload.get("TemplateBody"), payload.get("TemplateURL")
    if body and url:
        raise ApiError(
            "ValidationError", "You must specify either TemplateBody or TemplateURL, not both."
        )
    if url:
        bucket, key = place(str(url))
        body = await asyncio.to_thread(_fetch, loopback, get_region(), caller, bucket, key)
    if body is not None and len(body.encode()) > LONGEST:
        raise ApiError(
            "ValidationError",
            f"the emulator takes templates of stack sets up to {LONGEST} bytes; this one has "
            f"{len(body.encode())}",
        )
    return body


def place(url: str) -> tuple[str, str]:
    """Bucket and key of a template's address, in either style."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", unquote(parts.path.lstrip("/"))
    if (found := _VIRTUAL_HOST.fullmatch(host)) is not None and path:
        return found["bucket"], path
    bucket, _, key = path.partition("/")
    if _PATH_STYLE.fullmatch(host) and key:
        return bucket, key
    raise ApiError("ValidationError", "S3 error: Domain name specified in TemplateURL is not valid")


def _fetch(loopback: Loopback, region: str, caller: Credentials, bucket: str, key: str) -> str:
    try:
        found = loopback.client("s3", region, caller).get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        reason = error.response["Error"]
        raise ApiError("ValidationError", f"S3 error: {reason.get('Message')}") from error
    except BotoCoreError as error:
        raise ApiError("ValidationError", f"S3 error: {error}") from error
    return str(found["Body"].read().decode())


def summarise(template: str) -> Summary:
    """What a template declares; raises CloudFormation's `ValidationError` for what is none."""
    try:
        found = BASE.ask(here(), "cloudformation", "GetTemplateSummary", TemplateBody=template)
    except NativeError as error:
        raise ApiError(error.code, error.message) from error
    # The summary does not tell a default that is empty from none.
    declared = engine._parse_template(template).get("Parameters") or {}
    parameters = {name: "Default" in definition for name, definition in declared.items()}
    return Summary(parameters, found.get("Capabilities", []))


def same(one: Any, other: Any) -> bool:
    """Whether two templates say the same; JSON may have been read already."""
    first, second = (
        engine._parse_template(text) if isinstance(text, str) else text for text in (one, other)
    )
    return bool(first == second)


def tags(entries: list[dict[str, str]]) -> dict[str, str]:
    """Tags as a mapping."""
    return {entry["Key"]: entry["Value"] for entry in entries}


def check(summary: Summary, parameters: dict[str, str], capabilities: list[str]) -> None:
    """Raise what CloudFormation answers when values or acknowledgements do not fit a template."""
    unknown = sorted(set(parameters) - set(summary.parameters))
    if unknown:
        raise ApiError(
            "ValidationError", f"Parameters: [{', '.join(unknown)}] do not exist in the template"
        )
    missing = sorted(
        key
        for key, has_default in summary.parameters.items()
        if not has_default and key not in parameters
    )
    if missing:
        raise ApiError("ValidationError", f"Parameters: [{', '.join(missing)}] must have values")
    lacking = [
        needed
        for needed in summary.capabilities
        if needed not in capabilities
        and not (needed == "CAPABILITY_IAM" and "CAPABILITY_NAMED_IAM" in capabilities)
    ]
    if lacking:
        raise ApiError(
            "InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(lacking)}]"
        )
