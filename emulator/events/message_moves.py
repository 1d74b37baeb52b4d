"""SQS's redrive of dead letters: StartMessageMoveTask and its like, which the base lacks."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

from ministack.services import lambda_svc, sqs

from ..wire.native import Handler

Headers = dict[str, str]
Response = tuple[int, Headers, Any]

_JSON = "application/x-amz-json-1.0"


class _Refused(Exception):
    """SQS's error; the first argument is its code."""


class MessageMoves:
    """Moves all messages at once; a task is COMPLETED when its start is answered."""

    def __init__(self, base: Handler) -> None:
        self._base = base
        # By the source's ARN, newest first.
        self._tasks: dict[str, list[dict[str, Any]]] = {}

    def clear(self) -> None:
        """Forget every task."""
        self._tasks.clear()

    async def handle(
        self, method: str, path: str, headers: Headers, body: bytes, query: Any
    ) -> Response:
        """One call of SQS."""
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            if operation == "StartMessageMoveTask":
                return _answer(200, self._start(json.loads(body)))
            if operation == "ListMessageMoveTasks":
                listed = self._tasks.get(json.loads(body)["SourceArn"], [])
                return _answer(200, {"Results": listed[:10]})
        except _Refused as refused:
            code, message = refused.args
            return _answer(400, {"__type": f"com.amazonaws.sqs#{code}", "message": message})
        response: Response = await self._base(method, path, headers, body, query)
        return response

    def _start(self, payload: dict[str, Any]) -> dict[str, str]:
        source_arn = str(payload.get("SourceArn"))
        source = _queue(source_arn)
        if not _is_dead_letter_queue(source_arn):
            raise _Refused(
                "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
            )
        wanted = payload.get("DestinationArn")
        destination = _queue(str(wanted)) if wanted else None
        moved = 0
        with sqs._queues_lock:
            for message in list(source["messages"]):
                queue = destination or _origin(message)
                # A message that came by another way than a redrive policy knows no way back.
                if queue is not None and message["visible_at"] <= time.time():
                    source["messages"].remove(message)
                    queue["messages"].append(_anew(message))
                    moved += 1
        lambda_svc._esm_wake.set()
        task = {
            "Status": "COMPLETED",
            "SourceArn": source_arn,
            "ApproximateNumberOfMessagesMoved": moved,
            "StartedTimestamp": int(time.time() * 1000),
        }
        if wanted:
            task["DestinationArn"] = wanted
        self._tasks.setdefault(source_arn, []).insert(0, task)
        return {"TaskHandle": base64.b64encode(uuid.uuid4().bytes).decode()}


def _queue(arn: str) -> dict[str, Any]:
    queue = _find(arn)
    if queue is None:
        raise _Refused("ResourceNotFoundException", "The resource that you specified is not found.")
    return queue


def _find(arn: str) -> dict[str, Any] | None:
    found = (q for q in sqs._queues.values() if q["attributes"].get("QueueArn") == arn)
    return next(found, None)


def _is_dead_letter_queue(arn: str) -> bool:
    """Whether a redrive policy of any queue names it."""
    return any(
        json.loads(queue["attributes"].get("RedrivePolicy") or "{}").get("deadLetterTargetArn")
        == arn
        for queue in sqs._queues.values()
    )


def _origin(message: dict[str, Any]) -> dict[str, Any] | None:
    arn = (message.get("sys") or {}).get("DeadLetterQueueSourceArn")
    return _find(arn) if arn else None


def _anew(message: dict[str, Any]) -> dict[str, Any]:
    """A moved message is a new one, never received."""
    now = time.time()
    sys = {k: v for k, v in (message.get("sys") or {}).items() if k != "DeadLetterQueueSourceArn"}
    return message | {
        "id": str(uuid.uuid4()),
        "receipt_handle": None,
        "receive_count": 0,
        "first_receive_at": None,
        "sent_at": now,
        "visible_at": now,
        "sys": sys | {"SentTimestamp": str(int(now * 1000))},
    }


def _answer(status: int, body: dict[str, Any]) -> Response:
    return status, {"Content-Type": _JSON}, json.dumps(body).encode()
