"""A repository's history in a bare repository on disk, for those who speak git to it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from . import git_objects
from .model import GIT_MODES, Commit, File, Files, Repository, entries

_KINDS = {mode: kind for kind, mode in GIT_MODES.items()}


class GitStore:
    """Bare repositories by the id of the repository whose commits they hold."""

    def __init__(self) -> None:
        self._folders: dict[str, Path] = {}

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        for folder in self._folders.values():
            shutil.rmtree(folder, ignore_errors=True)
        self._folders.clear()

    def write(self, repository: Repository) -> Path:
        """Bring the bare repository to what the other one has; its folder."""
        folder = self._folders.get(repository.id)
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix="git-"))
            git(folder, "init", "--quiet", "--bare")
            # Nothing in the background, which would outlive its repository.
            git(folder, "config", "receive.autogc", "false")
            self._folders[repository.id] = folder
        known = _branches(folder)
        for name, tip in repository.branches.items():
            if known.get(name) != tip:
                self._write_history(folder, repository, tip)
                git(folder, "update-ref", f"refs/heads/{name}", tip)
        if repository.branches:
            default = next(iter(repository.branches))
            git(folder, "symbolic-ref", "HEAD", f"refs/heads/{default}")
        return folder

    def read(self, repository: Repository) -> list[tuple[str, str, str | None]]:
        """Take over what was pushed; each changed branch with its commit and the one before."""
        folder = self._folders[repository.id]
        now, changed = _branches(folder), []
        for name, tip in now.items():
            before = repository.branches.get(name)
            if before == tip:
                continue
            if tip not in repository.commits:
                repository.commits[tip] = _read_commit(folder, tip)
            repository.branches[name] = tip
            changed.append((name, tip, before))
        for name in set(repository.branches) - set(now):
            del repository.branches[name]
        return changed

    def _write_history(self, folder: Path, repository: Repository, tip: str) -> None:
        """A commit and those before it that were not pushed: these are in memory alone."""
        commit = repository.commits.get(tip)
        if commit is None or (folder / "objects" / tip[:2] / tip[2:]).exists():
            return
        for parent in commit.parents:
            self._write_history(folder, repository, parent)
        for found in git_objects.of_tree(entries(commit.files)):
            found.write(folder)
        git_objects.of_commit(
            commit.tree, commit.parents, commit.author, commit.time, commit.message
        ).write(folder)


def git(folder: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    """Run git in a bare repository, without anybody's settings; what it writes."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, input=stdin, check=True, stdout=-1
    ).stdout


def _branches(folder: Path) -> dict[str, str]:
    listed = git(folder, "for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads")
    lines = [line.split(" ", 1) for line in listed.decode().splitlines()]
    return {name: tip for tip, name in lines}


def _read_commit(folder: Path, tip: str) -> Commit:
    shown = git(folder, "show", "--no-patch", "--format=%T%n%P%n%an%n%ae%n%at%n%B", tip).decode()
    tree, parents, name, email, seconds, message = shown.split("\n", 5)
    author = {"name": name, "email": email}
    files = _read_files(folder, tip)
    return Commit(tip, tree, tuple(parents.split()), message, author, int(seconds), files)


def _read_files(folder: Path, tip: str) -> Files:
    listed = git(folder, "ls-tree", "-rz", tip).decode().split("\0")
    found = [(*line.partition("\t")[0].split(), line.partition("\t")[2]) for line in listed if line]
    wanted = "".join(f"{blob}\n" for _, _, blob, _ in found).encode()
    contents, begin, files = git(folder, "cat-file", "--batch", stdin=wanted), 0, {}
    for mode, _, _, path in found:
        # Each is preceded by a line with its size at the end, and followed by the end of a line.
        head = contents.index(b"\n", begin)
        size = int(contents[begin:head].split()[-1])
        files[path] = File(contents[head + 1 : head + 1 + size], _KINDS[mode])
        begin = head + size + 2
    return files
