"""Repositories: branches, commits and their files, in memory."""

from __future__ import annotations

import io
import stat
import time
import uuid
import zipfile
from dataclasses import dataclass, field

from . import git_objects

NORMAL, EXECUTABLE, SYMLINK = "NORMAL", "EXECUTABLE", "SYMLINK"
_MODES = {NORMAL: 0o100644, EXECUTABLE: 0o100755, SYMLINK: 0o120777}
GIT_MODES = {NORMAL: "100644", EXECUTABLE: "100755", SYMLINK: "120000"}


@dataclass(frozen=True)
class File:
    """A file of a commit."""

    content: bytes
    mode: str = NORMAL

    @property
    def blob(self) -> str:
        """The id that git gives the content."""
        return git_objects.GitObject("blob", self.content).id


Files = dict[str, File]


@dataclass(frozen=True)
class Commit:
    """A commit with all files of its tree."""

    id: str
    tree: str
    parents: tuple[str, ...]
    message: str
    author: dict[str, str]
    time: int
    files: Files


@dataclass
class Repository:
    """A repository; its first branch is the default one."""

    name: str
    account: str
    region: str
    description: str
    key: str
    created: float = field(default_factory=time.time)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The ARN, which events and policies name."""
        return f"arn:aws:codecommit:{self.region}:{self.account}:{self.name}"

    def resolve(self, specifier: str | None) -> Commit | None:
        """The commit that a branch, a full reference or an id names; the default branch's tip."""
        if specifier is None:
            specifier = next(iter(self.branches), "")
        name = specifier.removeprefix("refs/heads/")
        return self.commits.get(self.branches.get(name, specifier))

    def commit(self, branch: str, files: Files, message: str, author: dict[str, str]) -> Commit:
        """Put a commit on top of a branch, which may be new."""
        parent = self.branches.get(branch)
        parents = (parent,) if parent else ()
        *_, tree = git_objects.of_tree(entries(files))
        now = int(time.time())
        made = git_objects.of_commit(tree.id, parents, author, now, message)
        commit = Commit(made.id, tree.id, parents, message, author, now, files)
        self.commits[commit.id] = commit
        self.branches[branch] = commit.id
        return commit


def entries(files: Files) -> list[git_objects.Entry]:
    """Files as git's trees have them."""
    return [(tuple(p.split("/")), GIT_MODES[f.mode], f.content) for p, f in files.items()]


def as_zip(files: Files) -> bytes:
    """Files as a source artifact holds them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, file in sorted(files.items()):
            entry = zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0))
            entry.external_attr = _MODES[file.mode] << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.content)
    return buffer.getvalue()


def from_zip(content: bytes) -> Files:
    """The files of an archive; raises ``zipfile.BadZipFile``."""
    files: Files = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if not entry.is_dir():
                files[entry.filename] = File(archive.read(entry), _mode(entry.external_attr >> 16))
    return files


def _mode(bits: int) -> str:
    if stat.S_ISLNK(bits):
        return SYMLINK
    return EXECUTABLE if bits & 0o100 else NORMAL
