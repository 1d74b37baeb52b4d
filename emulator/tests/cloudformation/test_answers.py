"""The ResponseURL: what S3 takes and what CloudFormation makes of it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from ...cloudformation.answers import AnswerError, Answers, read_answer

STACK = "arn:aws:cloudformation:eu-west-1:222222222222:stack/s/1"
REQUEST = {"StackId": STACK, "RequestId": "r-1", "LogicalResourceId": "Thing"}
GOOD = {"Status": "SUCCESS", "PhysicalResourceId": "thing-1", "Data": {"A": "b"}, **REQUEST}


def put(
    answers: Answers,
    url: str,
    content_type: str = "",
    body: bytes = b"{}",
    query: str | None = None,
) -> int:
    """PUT to a response URL; the status."""
    parts = urlsplit(url)
    return answers.put(parts.path, parts.query if query is None else query, content_type, body)[0]


def test_a_presigned_put_is_stored() -> None:
    answers = Answers()
    pending = answers.expect("http://127.0.0.1:1", STACK, "Thing", "r-1")
    # The key is one path segment, as S3 gives it: slashes, colons and bars are encoded.
    assert urlsplit(pending.url).path.count("/") == 2
    assert put(answers, pending.url, body=b"first") == 200
    assert put(answers, pending.url, body=b"second") == 200
    assert pending.bodies == [b"first", b"second"]
    assert pending.arrived.is_set()


def test_a_content_type_or_another_signature_is_refused() -> None:
    answers = Answers()
    pending = answers.expect("http://127.0.0.1:1", STACK, "Thing", "r-1")
    assert put(answers, pending.url, content_type="application/json") == 403
    assert put(answers, pending.url, query="X-Amz-Signature=0") == 403
    assert put(answers, pending.url.replace("Thing", "Thong")) == 403
    assert pending.bodies == []
    assert not pending.arrived.is_set()


@pytest.mark.parametrize("extra", [{}, {"Reason": "why"}, {"Data": None}, {"NoEcho": True}])
def test_good_answers(extra: dict[str, Any]) -> None:
    assert (
        read_answer(json.dumps(GOOD | extra).encode(), REQUEST)["PhysicalResourceId"] == "thing-1"
    )


def test_an_answer_may_have_4096_bytes_and_not_one_more() -> None:
    body = json.dumps(GOOD | {"Reason": ""})
    fits = body.replace('"Reason": ""', '"Reason": "' + "x" * (4096 - len(body)) + '"').encode()
    assert len(fits) == 4096
    read_answer(fits, REQUEST)
    with pytest.raises(AnswerError, match="Response object is too long"):
        read_answer(fits.replace(b"xx", b"xxx", 1), REQUEST)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("nonsense", "not JSON"),
        ("[]", "not a JSON object"),
        (json.dumps(GOOD | {"Status": "OK"}), "Invalid Status"),
        (json.dumps(GOOD | {"StackId": "other"}), "Invalid StackId"),
        (json.dumps(GOOD | {"RequestId": "other"}), "Invalid RequestId"),
        (json.dumps(GOOD | {"LogicalResourceId": "other"}), "Invalid LogicalResourceId"),
        (json.dumps(GOOD | {"PhysicalResourceId": ""}), "Invalid PhysicalResourceId"),
        (json.dumps(GOOD | {"PhysicalResourceId": "x" * 1025}), "Invalid PhysicalResourceId"),
        (json.dumps(GOOD | {"PhysicalResourceId": None}), "Invalid PhysicalResourceId"),
        (json.dumps(GOOD | {"Status": "FAILED"}), "Reason is required"),
        (json.dumps(GOOD | {"Data": [1]}), "Data must be a map"),
    ],
)
def test_answers_that_cloudformation_cannot_use(body: str, text: str) -> None:
    with pytest.raises(AnswerError, match=text):
        read_answer(body.encode(), REQUEST)
