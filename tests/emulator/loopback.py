"""How services of this emulator call each other: over its own port, like anybody else.

So such calls are in the call log with their principal, faults strike them, and
whoever evaluates permissions sees them. Never from the event loop's thread: the
call would wait for itself.
"""

from __future__ import annotations

import threading
from typing import Any

import botocore.session
from botocore.config import Config

from .credentials import Credentials


class Loopback:
    """Makes clients of the emulator."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._session = botocore.session.Session()
        # Making clients is not thread-safe, using them is.
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}

    def client(self, service: str, region: str, credentials: Credentials) -> Any:
        """A client with these credentials. It tries a call four times, as AWS's services do."""
        key = (service, region, credentials.access_key)
        with self._lock:
            if key not in self._clients:
                if len(self._clients) >= 256:
                    self._clients.clear()
                self._clients[key] = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self.origin,
                    aws_access_key_id=credentials.access_key,
                    aws_secret_access_key=credentials.secret,
                    aws_session_token=credentials.token,
                    config=Config(
                        s3={"addressing_style": "path"},
                        retries={"total_max_attempts": 4, "mode": "standard"},
                        read_timeout=120,
                    ),
                )
            return self._clients[key]
