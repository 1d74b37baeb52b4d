"""What `make up` left running: where it is, and whether it still is. Standard library only."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

from kit.wait import NotInTime, eventually

from ..names import ROOT, CannotRehearse

FOLDER = ROOT / "target" / "up"
STOP_SECONDS = 15


@dataclass(frozen=True)
class Running:
    """An emulator in the background."""

    process_id: int
    # Of that process and no other one, not even one that gets its id later.
    identity: str
    port: int
    since: str
    # Whether everything is deployed in it.
    complete: bool = False

    @property
    def url(self):
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def is_alive(self):
        """Whether it still runs."""
        return identity(self.process_id) == self.identity


def identity(process_id):
    """What tells a process from all others, on this machine and since it started; None if gone."""
    try:
        stat = Path(f"/proc/{process_id}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # Behind the name, which may contain anything: the state, and 19 fields later the start.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{boot} {fields[19]}"


def read(folder):
    """What is noted in a folder, running or not; None when nothing is."""
    try:
        return Running(**json.loads((folder / "state.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def write(folder, running):
    """Note what runs, whole or not at all."""
    new = folder / "state.json.new"
    new.write_text(json.dumps(asdict(running), indent=2) + "\n")
    new.replace(folder / "state.json")


def stop(running):
    """End an emulator that is alive, with all its processes; it leads a session of its own."""
    os.kill(running.process_id, signal.SIGTERM)
    with contextlib.suppress(NotInTime):
        eventually(lambda: not running.is_alive(), "it still runs", STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(running.process_id, signal.SIGKILL)


@contextlib.contextmanager
def alone(folder):
    """Nobody else starts or stops what runs in this folder during the block."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(folder.name + ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotRehearse(
                "another `make up` or `make down` is at work here: let it end first"
            ) from error
        yield


def clear(folder):
    """Remove everything that was kept for it."""
    shutil.rmtree(folder, ignore_errors=True)
