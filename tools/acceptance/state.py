"""What a run remembers from day to day: a file an organization, written whole or not at all.

It names what the run has made, so that another one goes on, and `UNDO=1` removes that and no more.
"""

import fcntl
import json
import os
import secrets
from contextlib import contextmanager
from pathlib import Path

from deploy.problem import Problem

VERSION = 1


class State:
    """The file's content; `save` after every change that must not be lost."""

    def __init__(self, folder: Path, organization: str):
        self.folder = folder / organization
        self.file = self.folder / "state.json"
        self.organization = organization
        self.data = self._read()

    @property
    def exists(self) -> bool:
        return self.file.exists()

    @property
    def run(self) -> str:
        """What the run is called; every resource that it makes bears it as a tag."""
        return self.data["run"]

    def part(self, name: str) -> dict:
        """A part of the content, which is there from now on."""
        return self.data.setdefault(name, {})

    def save(self) -> None:
        self._make_folder()
        new = self.file.with_name(f".state.{os.getpid()}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self.data, file, indent=2)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.file)

    def forget(self) -> None:
        """Nothing that the run has made is left."""
        self.file.unlink(missing_ok=True)

    @contextmanager
    def alone(self):
        """No second run works with the file meanwhile; a `Problem` if one does."""
        self._make_folder()
        with (self.folder / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Problem(
                    f"`{self.file}`", "another run works with it", "wait until that has ended"
                ) from None
            # What another run has written since.
            self.data = self._read()
            yield

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _read(self) -> dict:
        try:
            found = json.loads(self.file.read_text())
        except FileNotFoundError:
            run = secrets.token_hex(4)
            return {"version": VERSION, "organization": self.organization, "run": run}
        except json.JSONDecodeError as error:
            raise Problem(
                f"`{self.file}`",
                f"line {error.lineno} is not JSON ({error.msg})",
                "put it right: it names what the last run has made",
            ) from None
        if not isinstance(found, dict) or found.get("version") != VERSION:
            raise Problem(
                f"`{self.file}`", "another version wrote it", "undo that run with its own version"
            )
        if found.get("organization") != self.organization:
            raise Problem(
                f"`{self.file}`",
                f"it is of the organization {found.get('organization')}",
                "move it to where it belongs",
            )
        return found
