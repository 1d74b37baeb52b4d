"""How services of this emulator call each other: over its own port, like anybody else.

So such calls are in the call log with their principal, faults strike them, and
whoever evaluates permissions sees them. Never from the event loop's thread: the
call would wait for itself.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as SigningKeys
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from .credentials import Credentials


class Loopback:
    """Makes clients of the emulator."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._session = botocore.session.Session()
        # Making clients is not thread-safe, using them is.
        self._lock = threading.Lock()
        self._http = URLLib3Session()
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

    def raw(
        self,
        service: str,
        target: str,
        payload: Mapping[str, Any],
        region: str,
        credentials: Credentials,
    ) -> dict[str, Any]:
        """A signed JSON call of an operation that is in no public model.

        Raises `ClientError`, as a client does.
        """
        request = AWSRequest(
            "POST",
            self.origin + "/",
            headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target},
            data=json.dumps(payload),
        )
        keys = SigningKeys(credentials.access_key, credentials.secret, credentials.token)
        SigV4Auth(keys, service, region).add_auth(request)
        response = self._http.send(request.prepare())
        answer: dict[str, Any] = json.loads(response.content or b"{}")
        if response.status_code >= 400:
            code, message = answer.get("__type", "Unknown"), answer.get("message", "")
            error: Any = {"Error": {"Code": str(code), "Message": str(message)}}
            raise ClientError(error, target.rpartition(".")[2])
        return answer
