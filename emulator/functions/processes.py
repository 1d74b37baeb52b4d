"""Finding and killing the process of a function that made a call."""

from __future__ import annotations

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import sts

# Access key of a function's process -> port of the Runtime API that serves it alone.
_runtime_ports: dict[str, int] = {}


def remember(access_key: str, runtime_port: int) -> None:
    """Note which process gets these credentials."""
    _runtime_ports[access_key] = runtime_port


def kill_caller(access_key: str) -> bool:
    """Kill the function's process that called with this key, or with a session made from its own.

    False when the caller is no function.
    """
    while access_key not in _runtime_ports:
        session = sts._sessions.get(access_key)
        if session is None or "SourceAccessKeyId" not in session:
            return False
        access_key = session["SourceAccessKeyId"]
    for worker in _workers():
        server, process = worker._server, worker._proc
        if server and process and server.server_address[1] == _runtime_ports[access_key]:
            process.kill()
            return True
    return False


def _workers() -> list[Any]:
    with lambda_runtime._lock:
        pools = list(lambda_runtime._workers.values())
    return [
        worker
        for pool in pools
        for worker in pool
        if isinstance(worker, lambda_runtime.ProvidedWorker)
    ]
