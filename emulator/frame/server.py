"""Serves the emulator on one port of 127.0.0.1 until it is stopped."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from ..plugin import Emulator
from .gateway import Gateway

Send = Callable[[dict[str, Any]], Awaitable[None]]


def run(listener: socket.socket, log_level: str) -> None:
    """Serve until SIGTERM or SIGINT, then end every function's process."""
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    emulator = Emulator(origin)
    emulator.install()
    asyncio.run(_serve(listener, emulator, origin, log_level))


async def _serve(listener: socket.socket, emulator: Emulator, origin: str, log_level: str) -> None:
    await emulator.prepare_accounts()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    async def stopped() -> None:
        await stop.wait()
        # Before the base's threads are waited for: they wait for functions and answers.
        await asyncio.to_thread(emulator.stop)

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.loglevel = log_level
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    gateway = Gateway(emulator, lambda: print(f"ready {origin}", flush=True))
    await serve(gateway, config, shutdown_trigger=stopped)  # type: ignore[arg-type]
