"""AWS's Query protocol from botocore's models: requests read, answers written.

What a model demands of a request (required members, lengths, patterns apart) is
checked as AWS does, before any of it is looked at.
"""

from __future__ import annotations

import html
import time
import uuid
from typing import Any
from urllib.parse import parse_qsl

from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator

from .errors import ApiError

Payload = dict[str, Any]
Response = tuple[int, dict[str, str], bytes]


def read(model: OperationModel, body: bytes) -> Payload:
    """The members of a request.

    Raises `ApiError` with AWS's `ValidationError` for what the model forbids.
    """
    form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    shape = model.input_shape
    if shape is None:
        return {}
    payload: Payload = _structure(shape, form, "") or {}
    report = ParamValidator().validate(payload, shape)
    if report.has_errors():
        raise ApiError("ValidationError", " ".join(report.generate_report().split()))
    for name, member in shape.members.items():
        allowed = member.enum if member.type_name == "string" else []
        if name in payload and allowed and payload[name] not in allowed:
            raise ApiError(
                "ValidationError",
                f"1 validation error detected: Value '{payload[name]}' at "
                f"'{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must "
                f"satisfy enum value set: [{', '.join(allowed)}]",
            )
    return payload


def write(model: OperationModel, answer: Payload) -> Response:
    """An answer in XML."""
    inner = ""
    if model.output_shape is not None:
        wrapper = model.output_shape.serialization.get("resultWrapper", f"{model.name}Result")
        inner = f"<{wrapper}>{_members(model.output_shape, answer)}</{wrapper}>"
    namespace = model.metadata.get("xmlNamespace") or model.service_model.metadata["xmlNamespace"]
    return _xml(
        200,
        f'<{model.name}Response xmlns="{namespace}">{inner}<ResponseMetadata>'
        f"<RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{model.name}Response>",
    )


def write_error(model: OperationModel, error: ApiError) -> Response:
    """An error in XML, with the status that the model has for it."""
    status = 400
    for shape in model.error_shapes:
        declared = shape.metadata.get("error", {})
        if declared.get("code", shape.name) == error.code:
            status = declared.get("httpStatusCode", 400)
    return _xml(
        status,
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{error.code}</Code>"
        f"<Message>{html.escape(error.message)}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>",
    )


def _xml(status: int, text: str) -> Response:
    return status, {"Content-Type": "text/xml"}, text.encode()


def _structure(shape: Shape, form: dict[str, str], prefix: str) -> Payload | None:
    found: Payload = {}
    for name, member in shape.members.items():
        value = _value(member, form, f"{prefix}{member.serialization.get('name', name)}")
        if value is not None:
            found[name] = value
    return found or None


def _value(shape: Shape, form: dict[str, str], key: str) -> Any:
    if shape.type_name == "structure":
        return _structure(shape, form, f"{key}.")
    if shape.type_name == "list":
        return _list(shape, form, key)
    text = form.get(key)
    if text is None:
        return None
    if shape.type_name == "boolean":
        return text.lower() == "true"
    if shape.type_name in ("integer", "long"):
        return int(text) if text.lstrip("-").isdecimal() else text
    return text


def _list(shape: Shape, form: dict[str, str], key: str) -> list[Any] | None:
    items: list[Any] = []
    while True:
        item = _value(shape.member, form, f"{key}.member.{len(items) + 1}")
        if item is None:
            break
        items.append(item)
    # An empty list is sent as `Name=`.
    return items if items or key in form else None


def _members(shape: Shape, value: Payload) -> str:
    return "".join(
        f"<{name}>{_written(member, value[name])}</{name}>"
        for name, member in shape.members.items()
        if value.get(name) is not None
    )


def _written(shape: Shape, value: Any) -> str:
    if shape.type_name == "structure":
        return _members(shape, value)
    if shape.type_name == "list":
        return "".join(f"<member>{_written(shape.member, item)}</member>" for item in value)
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "timestamp":
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(value))
    return html.escape(str(value))
