"""What people get of a topic: letters and text messages, which the base sends to nobody.

SNS's API reference of Publish has the rules that are held here: a subject is ASCII text of fewer
than 100 characters without line breaks, which begins with a letter, number or punctuation mark; and
with the structure `json` the message is a JSON object with a text `default`. Whoever subscribes has
confirmed it: the letter with the link is not modelled.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from ..wire.native import BASE, Handler
from ..wire.place import here

Headers = dict[str, str]
Response = tuple[int, Headers, Any]

FOR_PEOPLE = ("email", "email-json", "sms")
_SUBJECT = re.compile(r"[!-~][ -~]{0,98}")


class Letters:
    """Stands before SNS; keeps what is published to a topic in its text for people."""

    def __init__(self, base: Handler) -> None:
        self._base = base
        self._kept: list[dict[str, str]] = []

    def clear(self) -> None:
        """Forget every letter."""
        self._kept.clear()

    def show(self) -> list[dict[str, str]]:
        """Every letter, oldest first."""
        return list(self._kept)

    async def handle(
        self, method: str, path: str, headers: Headers, body: bytes, query: Any
    ) -> Response:
        """One call of SNS."""
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        is_message = form.get("Action") == "Publish" and "TopicArn" in form
        if is_message and (problem := _problem(form)) is not None:
            return _refused(problem)
        response: Response = await self._base(method, path, headers, body, query)
        if is_message and response[0] == 200:
            self._keep(form)
        return response

    def _keep(self, form: dict[str, str]) -> None:
        topic = form["TopicArn"]
        found = BASE.find(here(), "sns", "ListSubscriptionsByTopic", TopicArn=topic) or {}
        for subscription in found.get("Subscriptions", []):
            protocol = subscription["Protocol"]
            if protocol in FOR_PEOPLE:
                self._kept.append(
                    {
                        "topic": topic,
                        "protocol": protocol,
                        "to": subscription["Endpoint"],
                        "subject": form.get("Subject", ""),
                        "text": _text(form, protocol),
                    }
                )


def _problem(form: dict[str, str]) -> str | None:
    """Why SNS refuses a message."""
    subject = form.get("Subject")
    if subject is not None and not _SUBJECT.fullmatch(subject):
        return "Subject"
    if form.get("MessageStructure") != "json":
        return None
    try:
        texts = json.loads(form.get("Message", ""))
    except ValueError:
        return "Message Structure - JSON message body failed to parse"
    if not isinstance(texts, dict) or not isinstance(texts.get("default"), str):
        return "Message Structure - No default entry in JSON message body"
    return None


def _text(form: dict[str, str], protocol: str) -> str:
    if form.get("MessageStructure") != "json":
        return form["Message"]
    texts = json.loads(form["Message"])
    return str(texts.get(protocol, texts["default"]))


def _refused(problem: str) -> Response:
    body = (
        '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>'
        f"<Code>InvalidParameter</Code><Message>Invalid parameter: {problem}</Message></Error>"
        "<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>"
    )
    return 400, {"Content-Type": "text/xml"}, body.encode()
