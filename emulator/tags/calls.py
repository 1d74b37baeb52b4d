"""A customer's calls about tags to a service itself, checked before the base answers them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from ministack.core.responses import request_scope

from ..wire import error_formats as wire_errors
from ..wire.calls import Call, Request
from ..wire.native import Native, NativeError
from . import rules as tag_rules
from .stores import Tags, parse, store_of

Response = tuple[int, dict[str, str], bytes]

_EC2_KINDS = {
    "i": "instance",
    "vol": "volume",
    "snap": "snapshot",
    "ami": "image",
    "eni": "network-interface",
}


@dataclass(frozen=True)
class TagCall:
    """What a request wants to add to which resources; a reading one adds nothing.

    ``replaces`` is S3's put.
    """

    arns: list[str]
    tags: Tags
    replaces: bool = False


async def refusal(native: Native, call: Call, request: Request) -> Response | None:
    """The service's error for what AWS would refuse; None lets it pass."""
    wanted = _read(call, request)
    if wanted is None:
        return None
    with request_scope(call.account, call.region):
        try:
            for arn in wanted.arns:
                resource = parse(arn)
                store = store_of(resource) if resource else None
                if resource is None or store is None:
                    continue
                checking = tag_rules.check_replacement if wanted.replaces else tag_rules.check
                await checking(native, resource, store, wanted.tags)
        except NativeError as error:
            return wire_errors.write(call, error.code, error.status, error.message)
    return None


def _read(call: Call, request: Request) -> TagCall | None:
    """The call about tags that a request is; None for any other, and for what is malformed."""
    reader = _READERS.get((call.service, call.operation))
    try:
        return reader(call, request) if reader else None
    except (ValueError, KeyError, TypeError, ElementTree.ParseError):
        return None


def _ec2(call: Call, request: Request) -> TagCall:
    form = _form(request)
    ids = _numbered(form, re.compile(r"ResourceId\.(\d+)"))
    keys = _numbered(form, re.compile(r"Tag\.(\d+)\.Key"))
    values = _numbered(form, re.compile(r"Tag\.(\d+)\.Value"))
    arns = [
        f"arn:aws:ec2:{call.region}:{call.account}:"
        f"{_EC2_KINDS.get(name.partition('-')[0], 'other')}/{name}"
        for name in ids.values()
    ]
    return TagCall(arns, {key: values.get(number, "") for number, key in keys.items()})


def _rds(call: Call, request: Request) -> TagCall:
    form = _form(request)
    keys = _numbered(form, re.compile(r"Tags\.\w+\.(\d+)\.Key"))
    values = _numbered(form, re.compile(r"Tags\.\w+\.(\d+)\.Value"))
    tags = {key: values.get(number, "") for number, key in keys.items()}
    return TagCall([form["ResourceName"]], tags)


def _dynamodb(call: Call, request: Request) -> TagCall:
    payload = json.loads(request.body)
    return TagCall([payload["ResourceArn"]], _list(payload["Tags"]))


def _efs(call: Call, request: Request) -> TagCall:
    tags = _list(json.loads(request.body)["Tags"])
    if ":" in unquote(request.path):
        return TagCall([_arn_in_path(request)], tags)
    name = request.path.rstrip("/").rpartition("/")[2]
    kind = "file-system" if name.startswith("fs-") else "access-point"
    arn = f"arn:aws:elasticfilesystem:{call.region}:{call.account}:{kind}/{name}"
    return TagCall([arn], tags)


def _mapped(call: Call, request: Request) -> TagCall:
    return TagCall([_arn_in_path(request)], dict(json.loads(request.body)["tags"]))


def _s3_put(call: Call, request: Request) -> TagCall:
    bucket = unquote(request.path.strip("/"))
    return TagCall([f"arn:aws:s3:::{bucket}"], _xml(request.body), replaces=True)


def _s3control(call: Call, request: Request) -> TagCall:
    return TagCall([_arn_in_path(request)], _xml(request.body))


def _rds_read(call: Call, request: Request) -> TagCall:
    return TagCall([_form(request)["ResourceName"]], {})


def _s3control_read(call: Call, request: Request) -> TagCall:
    return TagCall([_arn_in_path(request)], {})


def _form(request: Request) -> dict[str, str]:
    text = request.body.decode("utf-8", "replace") or request.query
    return {key: values[0] for key, values in parse_qs(text, keep_blank_values=True).items()}


def _numbered(form: dict[str, str], name: re.Pattern[str]) -> dict[str, str]:
    found = ((name.fullmatch(key), value) for key, value in form.items())
    return {match[1]: value for match, value in found if match}


def _list(tags: list[dict[str, str]]) -> Tags:
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def _arn_in_path(request: Request) -> str:
    return "arn:" + unquote(request.path).partition("arn:")[2].rstrip("/")


def _xml(body: bytes) -> Tags:
    tags: Tags = {}
    # The document is the test's own.
    for element in ElementTree.fromstring(body).iter():
        if element.tag.rpartition("}")[2] == "Tag":
            parts = {child.tag.rpartition("}")[2]: child.text or "" for child in element}
            tags[parts["Key"]] = parts.get("Value", "")
    return tags


_READERS: dict[tuple[str, str], Any] = {
    ("ec2", "CreateTags"): _ec2,
    ("rds", "AddTagsToResource"): _rds,
    ("dynamodb", "TagResource"): _dynamodb,
    ("efs", "TagResource"): _efs,
    ("efs", "CreateTags"): _efs,
    ("eks", "TagResource"): _mapped,
    ("dsql", "TagResource"): _mapped,
    ("s3", "PutBucketTagging"): _s3_put,
    ("s3control", "TagResource"): _s3control,
    # The base answers these for what does not exist, too.
    ("rds", "ListTagsForResource"): _rds_read,
    ("s3control", "ListTagsForResource"): _s3control_read,
}
