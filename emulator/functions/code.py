"""Where a function's code comes from: S3, in the name of who makes the function."""

from __future__ import annotations

import contextvars
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope

from ..cloudformation import deployers
from ..permissions.gate import GATE, Denial
from ..permissions.needs import Need
from ..permissions.principals import of_access_key
from ..permissions.requests import encrypted_calls
from ..permissions.services import encryption
from ..wire import objects
from ..wire.place import here

# The access key of the request to Lambda that is being answered.
CALLER: contextvars.ContextVar[str] = contextvars.ContextVar("caller_of_lambda", default="")


class CodeError(ValueError):
    """A function's package cannot be had; the text is Lambda's."""


def fetch_code(bucket: str, key: str, version_id: str | None = None) -> bytes:
    """A function's zip from S3, read in the name of who makes the function.

    That is the caller of Lambda, or whoever deploys the stack; the bucket's policy counts, and
    the object's key if it has a customer's. Raises `CodeError` with Lambda's message when there
    is no such object: the base would deploy an empty function instead.
    """
    if objects.owner_of(bucket) is None:
        raise CodeError(_get_object_failed("NoSuchBucket", "The specified bucket does not exist"))
    if _code_denial(bucket, key, version_id) is not None:
        raise CodeError(
            "Your access has been denied by S3, please make sure your request credentials have "
            f"permission to GetObject for {bucket}/{key}. "
            "S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
        )
    code = objects.read(bucket, key, version_id or "")
    if code is None:
        raise CodeError(_get_object_failed("NoSuchKey", "The specified key does not exist."))
    return code


def _code_denial(bucket: str, key: str, version_id: str | None) -> Denial | None:
    """Why the object may not be read; the guide on deployment packages: the caller reads it."""
    place = here()
    deployer = deployers.CURRENT.get()
    if deployer is None:
        principal = of_access_key(CALLER.get(), place.account)
    else:
        principal = deployer.principal()
    action = "s3:GetObjectVersion" if version_id else "s3:GetObject"
    encrypted_with = encrypted_calls.key_of_object(bucket, key, version_id or "")
    needs = [
        Need(action, f"arn:aws:s3:::{bucket}/{key}"),
        *encryption.needs(encrypted_with, "s3", encryption.READ, principal.account, place),
    ]
    return GATE.check(principal, needs, "Lambda code", place)


def code_region_message(original: Any, bucket: str, layer: bool = False) -> Any:
    """The base's check of the bucket's Region, made where the bucket is."""
    owner = objects.owner_of(bucket) or get_account_id()
    with request_scope(owner, get_region()):
        return original(bucket, layer)


def _get_object_failed(code: str, message: str) -> str:
    return f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
