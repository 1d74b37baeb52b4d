"""The Resource Groups Tagging API over the services' own tag stores.

GetResources by ARN, TagResources and UntagResources of the kinds in
`stores`, as AWS answers them: 200 with the failures by ARN, or one
exception for the whole call when the call itself is wrong. Other kinds, and
listings by tag, are the base's.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.core.router import extract_access_key_id

from ..permissions.gate import Denial
from ..permissions.principals import Principal, of_access_key
from ..permissions.requests import tagging
from ..wire.native import Handler, Native, NativeError
from . import rules as tag_rules
from .stores import GLOBAL_SERVICES, Resource, TagStore, as_list, parse, store_of

Headers = dict[str, str]
Response = tuple[int, Headers, bytes]
Failures = dict[str, dict[str, Any]]

_JSON = "application/x-amz-json-1.1"


class _InvalidParameter(Exception):
    """The whole call is refused."""


class TaggingApi:
    """Answers the calls, and asks the base about what it alone knows."""

    def __init__(self, native: Native, base: Handler) -> None:
        self._native = native
        self._base = base

    async def handle(
        self, method: str, path: str, headers: Headers, body: bytes, query: Any
    ) -> Response:
        """One call."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            payload = json.loads(body or b"{}")
        except ValueError:
            payload = None
        if isinstance(payload, dict):
            try:
                if operation == "GetResources" and payload.get("ResourceARNList"):
                    return await self._get(payload, headers)
                if operation == "TagResources":
                    return await self._tag(payload, headers)
                if operation == "UntagResources":
                    return await self._untag(payload, headers)
            except _InvalidParameter as error:
                return _error("InvalidParameterException", str(error))
        answer: Response = await self._base(method, path, headers, body, query)
        return answer

    async def _get(self, payload: dict[str, Any], headers: Headers) -> Response:
        others = set(payload) - {"ResourceARNList"}
        if others:
            raise _InvalidParameter(f"ResourceARNList cannot be combined with {sorted(others)[0]}")
        arns = _arns(payload, 100)
        ours, theirs = _split(arns)
        found = []
        for resource, store in ours:
            if _elsewhere(resource):
                continue
            try:
                await store.missing(self._native, resource)
                tags = await store.read(self._native, resource)
            except NativeError:
                continue
            # What has no tags is missing in the answer like what does not exist.
            if tags:
                found.append({"ResourceARN": resource.arn, "Tags": as_list(tags)})
        if theirs:
            listed = await self._ask_base("GetResources", {"ResourceARNList": theirs}, headers)
            found += listed["ResourceTagMappingList"]
        return _ok({"ResourceTagMappingList": found, "PaginationToken": ""})

    async def _tag(self, payload: dict[str, Any], headers: Headers) -> Response:
        tags = payload.get("Tags")
        if not isinstance(tags, dict) or not 1 <= len(tags) <= 50:
            raise _InvalidParameter("Tags must have 1 to 50 members")
        for key, value in tags.items():
            if tag_rules.is_system(key):
                raise _InvalidParameter(f"tag keys must not start with aws: ({key})")
            if not 1 <= len(key) <= 128 or len(str(value)) > 256:
                raise _InvalidParameter("a tag key has 1 to 128 characters, its value at most 256")

        principal = _caller(headers)

        def refused(arn: str) -> Denial | None:
            return tagging.adding_refused(principal, arn, tags)

        async def add(resource: Resource, store: TagStore) -> None:
            await tag_rules.check(self._native, resource, store, tags)
            await store.add(self._native, resource, tags)

        return await self._write("TagResources", payload, {"Tags": tags}, refused, add, headers)

    async def _untag(self, payload: dict[str, Any], headers: Headers) -> Response:
        keys = payload.get("TagKeys")
        if not isinstance(keys, list) or not 1 <= len(keys) <= 50:
            raise _InvalidParameter("TagKeys must have 1 to 50 members")
        if any(tag_rules.is_system(key) for key in keys):
            raise _InvalidParameter("tag keys must not start with aws:")

        principal = _caller(headers)

        def refused(arn: str) -> Denial | None:
            return tagging.removing_refused(principal, arn, keys)

        async def remove(resource: Resource, store: TagStore) -> None:
            await store.missing(self._native, resource)
            await store.remove(self._native, resource, keys)

        return await self._write(
            "UntagResources", payload, {"TagKeys": keys}, refused, remove, headers
        )

    async def _write(
        self,
        operation: str,
        payload: dict[str, Any],
        change: Any,
        refused: Callable[[str], Denial | None],
        write: Any,
        headers: Headers,
    ) -> Response:
        arns = _arns(payload, 20)
        ours, theirs = _split(arns)
        for resource, _ in ours:
            if resource.region and resource.region != get_region():
                raise _InvalidParameter(
                    f"Region in the ARN {resource.arn} does not match with the region in which "
                    f"{operation} API is invoked"
                )
        failed: Failures = {}
        for resource, store in ours:
            try:
                if resource.account and resource.account != get_account_id():
                    raise NativeError("AccessDeniedException", "the account is not yours", 403)
                if (denial := refused(resource.arn)) is not None:
                    raise NativeError("AccessDeniedException", denial.message, 403)
                await write(resource, store)
            except NativeError as error:
                failed[resource.arn] = _failure(error)
        denials = {arn: refused(arn) for arn in theirs}
        for arn, denial in denials.items():
            if denial is not None:
                failed[arn] = _failure(NativeError("AccessDeniedException", denial.message, 403))
        if theirs := [arn for arn in theirs if denials[arn] is None]:
            answer = await self._ask_base(operation, {"ResourceARNList": theirs, **change}, headers)
            failed |= answer["FailedResourcesMap"]
        return _ok({"FailedResourcesMap": failed})

    async def _ask_base(self, operation: str, payload: Any, headers: Headers) -> dict[str, Any]:
        body = json.dumps(payload).encode()
        status, _, answer = await self._base("POST", "/", headers, body, {})
        parsed: dict[str, Any] = json.loads(answer)
        if status != 200:
            raise _InvalidParameter(str(parsed.get("message", f"{operation} failed")))
        return parsed


def _caller(headers: Headers) -> Principal:
    return of_access_key(extract_access_key_id(headers), get_account_id())


def _arns(payload: dict[str, Any], most: int) -> list[str]:
    """The ARNs of a request, or the exception that all of them get for one bad one."""
    arns = payload.get("ResourceARNList")
    if not isinstance(arns, list) or not 1 <= len(arns) <= most:
        raise _InvalidParameter(f"ResourceARNList must have 1 to {most} members")
    for arn in arns:
        resource = parse(arn)
        if resource is None or _misses_its_place(resource) or not resource.name:
            raise _InvalidParameter(f"{arn} is not a valid AmazonResourceName (ARN)")
    return list(dict.fromkeys(arns))


def _misses_its_place(resource: Resource) -> bool:
    """An ARN without account, as AWS Backup writes those of snapshots, is none for this API."""
    if resource.service in GLOBAL_SERVICES or store_of(resource) is None:
        return False
    return not resource.account or not resource.region


def _elsewhere(resource: Resource) -> bool:
    account = resource.account and resource.account != get_account_id()
    return bool(account or (resource.region and resource.region != get_region()))


def _split(arns: list[str]) -> tuple[list[tuple[Resource, TagStore]], list[str]]:
    ours, theirs = [], []
    for arn in arns:
        resource = parse(arn)
        store = store_of(resource) if resource else None
        if resource is not None and store is not None:
            ours.append((resource, store))
        else:
            theirs.append(arn)
    return ours, theirs


def _failure(error: NativeError) -> dict[str, Any]:
    """One entry of FailedResourcesMap: it carries the service's own code."""
    return {
        "StatusCode": error.status,
        "ErrorCode": error.code,
        "ErrorMessage": error.message,
    }


def _ok(answer: dict[str, Any]) -> Response:
    return 200, {"Content-Type": _JSON}, json.dumps(answer).encode()


def _error(code: str, message: str) -> Response:
    body = json.dumps({"__type": code, "message": message}).encode()
    return 400, {"Content-Type": _JSON, "x-amzn-errortype": code}, body
