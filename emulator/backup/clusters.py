"""DocumentDB's clusters in RDS's API, as on AWS: one API describes all of them.

The base keeps them apart and finds them in a request by their names only, not by
their ARNs.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

from ..wire.native import Handler

Response = tuple[int, dict[str, str], Any]


class Clusters:
    """Asks for DocumentDB's clusters where RDS has none of this ARN."""

    def __init__(self, rds: Handler, documentdb: Handler) -> None:
        self._rds = rds
        self._documentdb = documentdb

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> Response:
        """One call of RDS."""
        response: Response = await self._rds(method, path, headers, body, query)
        if response[0] != 404:
            return response
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        name = form.get("DBClusterIdentifier", "")
        if form.get("Action") != "DescribeDBClusters" or not name.startswith("arn:"):
            return response
        form["DBClusterIdentifier"] = name.rpartition(":")[2]
        other: Response = await self._documentdb(
            method, path, headers, urlencode(form).encode(), query
        )
        return other if other[0] == 200 else response
