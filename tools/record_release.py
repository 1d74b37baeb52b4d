"""Records what a released version deploys, so that the rehearsal can take the next one from there.

    python tools/record_release.py v0.1.0

Templates, builds and deploy commands of the tag, in one archive, and beside it which version,
commit and checksum that is. It is committed: a clean checkout has no history to take it from.
"""

import argparse
import hashlib
import io
import json
import lzma
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INTO = ROOT / "tests" / "rehearsal" / "released"
ARCHIVE = INTO / "release.tar.xz"
RECORD = INTO / "release.json"
# All that is deployed, and all that a person or a build runs to deploy it.
TAKEN = (
    "Cargo.toml",
    "Makefile",
    "buildspecs",
    "cloudformation",
    "codebuild",
    "tools/deploy",
    "tools/environment.py",
)


class NotRecorded(Exception):
    """A version that cannot be recorded, or a record that is not what it says: why."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tag", help="the tag of the version, such as v0.1.0")
    parser.add_argument("--commit", help="where the tag would be, for a version without one")
    arguments = parser.parse_args()
    try:
        record(arguments.tag, arguments.commit or arguments.tag)
    except NotRecorded as refusal:
        sys.exit(f"record-release: {refusal}")


def record(tag, revision, into=INTO):
    """Write the archive, and what it is."""
    commit = _git("rev-parse", "--verify", f"{revision}^{{commit}}").decode().strip()
    archived = _git("archive", "--format=tar", commit, "--", *TAKEN)
    content = lzma.compress(archived, preset=9 | lzma.PRESET_EXTREME)
    into.mkdir(parents=True, exist_ok=True)
    (into / ARCHIVE.name).write_bytes(content)
    about = {"version": tag.removeprefix("v"), "commit": commit, "sha256": _digest(content)}
    (into / RECORD.name).write_text(json.dumps(about, indent=2) + "\n")
    print(f"record-release: {about['version']}, {len(content):,} bytes in {into}")


def recorded(into=INTO):
    """Version and archive, once the checksum fits."""
    about = json.loads((into / RECORD.name).read_text())
    content = (into / ARCHIVE.name).read_bytes()
    if _digest(content) != about["sha256"]:
        raise NotRecorded(f"{ARCHIVE.name} is not the one that {RECORD.name} names: record it anew")
    return about["version"], io.BytesIO(lzma.decompress(content))


def _git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True)
    if done.returncode:
        raise NotRecorded(f"git {' '.join(arguments)}: {' '.join(done.stderr.decode().split())}")
    return done.stdout


def _digest(content):
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main()
