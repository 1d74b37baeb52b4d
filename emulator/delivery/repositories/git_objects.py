"""A commit as git's own objects: blobs, trees and the commit, with the ids that git gives them."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# A file of a tree: its path's parts, git's mode and its content.
Entry = tuple[tuple[str, ...], str, bytes]


@dataclass(frozen=True)
class GitObject:
    """An object of a git repository."""

    kind: str
    content: bytes

    @property
    def _whole(self) -> bytes:
        return f"{self.kind} {len(self.content)}\0".encode() + self.content

    @property
    def id(self) -> str:
        """What git calls it."""
        return hashlib.sha1(self._whole).hexdigest()

    def write(self, repository: Path) -> None:
        """Put it into a bare repository, unless it is there."""
        file = repository / "objects" / self.id[:2] / self.id[2:]
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(zlib.compress(self._whole, 1))


def of_tree(entries: Iterable[Entry]) -> Iterator[GitObject]:
    """The blobs and trees of some files; the root's tree comes last."""
    lines: list[tuple[str, str, str]] = []
    folders: dict[str, list[Entry]] = {}
    for (name, *below), mode, content in entries:
        if below:
            folders.setdefault(name, []).append((tuple(below), mode, content))
            continue
        blob = GitObject("blob", content)
        yield blob
        lines.append((name, mode, blob.id))
    for name, inside in folders.items():
        objects = list(of_tree(inside))
        yield from objects
        lines.append((name, "40000", objects[-1].id))
    # Git sorts a folder as if its name ended with a slash.
    lines.sort(key=lambda line: (line[0] + "/" if line[1] == "40000" else line[0]).encode())
    written = (f"{mode} {name}\0".encode() + bytes.fromhex(id) for name, mode, id in lines)
    yield GitObject("tree", b"".join(written))


def of_commit(
    tree: str, parents: Iterable[str], author: dict[str, str], seconds: int, message: str
) -> GitObject:
    """A commit by one person."""
    person = f"{author['name']} <{author['email']}> {seconds} +0000"
    lines = [f"tree {tree}", *(f"parent {parent}" for parent in parents)]
    lines += [f"author {person}", f"committer {person}", "", message]
    return GitObject("commit", "\n".join(lines).encode())
