"""The source of a build as files; a tree that is there already is brought up to date."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from ..repositories.model import EXECUTABLE, SYMLINK, File, Files

# Which files and links of the tree came from us, so that others are left alone.
_MANIFEST = ".source-tree"
# 2026-01-01: files of a new tree are old, those that change later are not. So what was made from
# a file is made again when the file changes, and tools that came along are not older than it.
_OLD = 1_767_225_600


def write(folder: Path, files: Files, links: dict[str, str]) -> None:
    """Write what differs, remove what is gone, and put the links in."""
    manifest = folder / _MANIFEST
    is_new = not manifest.exists()
    before = {"files": [], "links": []} if is_new else json.loads(manifest.read_text())
    folder.mkdir(parents=True, exist_ok=True)
    for path in set(before["files"]) - set(files):
        (folder / path).unlink(missing_ok=True)
    for name in before["links"]:
        if (folder / name).is_symlink():
            (folder / name).unlink()
    for path, file in files.items():
        if not _is_there(folder / path, file):
            _put(folder / path, file, is_new)
    for name, existing in links.items():
        _link(folder / name, existing)
    manifest.write_text(json.dumps({"files": sorted(files), "links": sorted(links)}))


def _link(path: Path, existing: str) -> None:
    """Link to what exists, in the place of what an earlier build may have made there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(existing)


def _is_there(path: Path, file: File) -> bool:
    if path.is_symlink() or file.mode == SYMLINK:
        there = path.is_symlink() and file.mode == SYMLINK
        return there and os.readlink(path) == file.content.decode()
    if not path.is_file() or path.read_bytes() != file.content:
        return False
    return os.access(path, os.X_OK) == (file.mode == EXECUTABLE)


def _put(path: Path, file: File, is_new: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if file.mode == SYMLINK:
        path.symlink_to(file.content.decode())
        return
    path.write_bytes(file.content)
    path.chmod(0o755 if file.mode == EXECUTABLE else 0o644)
    if is_new:
        os.utime(path, (_OLD, _OLD))
