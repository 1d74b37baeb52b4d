"""The base: ministack, its version, and the settings it reads when imported.

ministack reads its environment when its modules are imported, so `configure`
must have run before the first `import ministack` anywhere in the process.
"""

from __future__ import annotations

import os
from importlib import metadata

from ..organizations import landscape

VERSION = "1.5.33"

# The packages whose private names are used, with the versions they were read in.
PINNED = {"ministack": VERSION, "Hypercorn": "0.18.0"}


class BaseMismatch(Exception):
    """The installed base is not the one this plug-in was written for."""


def check_versions() -> None:
    """Raise `BaseMismatch` unless exactly the pinned versions are installed."""
    for package, wanted in PINNED.items():
        found = metadata.version(package)
        if found != wanted:
            raise BaseMismatch(
                f"{package} is {found}, the emulator was written for {wanted}: "
                "install emulator/requirements.txt"
            )


def configure(port: int, directory: str, log_level: str) -> None:
    """Set what the base reads at import.

    One address, no persistence, and no file outside ``directory``.
    """
    for name in list(os.environ):
        if name.startswith(("AWS_", "LAMBDA_", "MINISTACK_", "LOCALSTACK_", "S3_")):
            del os.environ[name]
    os.environ.update(
        AUTH="true",
        AWS_ENDPOINT_URL=f"http://127.0.0.1:{port}",
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        IOT_MTLS_ENABLED="0",
        LAMBDA_EXECUTOR="local",
        LOG_LEVEL=log_level,
        MINISTACK_ACCOUNT_ID=landscape.NOBODY,
        MINISTACK_HOST="127.0.0.1",
        PERSIST_STATE="0",
        S3_PERSIST="0",
        SFTP_ENABLED="0",
        STATE_DIR=directory,
        TMPDIR=directory,
    )
    for name in ("SERVICES", "USE_SSL", "EDGE_PORT", "DOCKER_NETWORK", "DOCKER_HOST"):
        os.environ.pop(name, None)
