"""Starting and stopping: one address, one line, no process left behind."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from ...base.pinned import BaseMismatch, check_versions
from ..conftest import ROOT, start
from ..stacks import CAPABILITIES, custom, template
from ..world import HOME, PATIENCE, World, eventually


def ready(process: subprocess.Popen[str]) -> str:
    """The URL of the ready line."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert re.fullmatch(r"ready http://127\.0\.0\.1:\d+\n", line)
    return line.split()[1]


def children(pid: int) -> list[int]:
    """The processes whose parent is ``pid``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(entry.parent.name))
    return found


def alive(pid: int) -> bool:
    """Whether the process is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_and_takes_its_functions_with_it(number: signal.Signals) -> None:
    process = start("--port", "0")
    world = World(ready(process), process.pid)
    world.upload_function()
    # The second resource is never answered: somebody waits for it when the signal comes.
    body = template(
        Thing=custom(),
        Waiting=custom(OnCreate="silent", ServiceTimeout=3600) | {"DependsOn": "Thing"},
    )
    client = world.client("cloudformation", HOME)
    client.create_stack(StackName="stack", TemplateBody=body, Capabilities=CAPABILITIES)
    eventually(lambda: len(world.control("GET", "custom-resources")) == 2)
    running = eventually(lambda: children(process.pid))
    process.send_signal(number)
    # Long before the answer that is waited for would be overdue.
    output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, output) == (0, "")
    assert "Traceback" not in errors
    assert not any(alive(child) for child in running)


def test_it_listens_on_the_loopback_address_only(served: World) -> None:
    port = int(served.url.rpartition(":")[2])
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            address, state = line.split()[1], line.split()[3]
            if state == "0A" and int(address.rpartition(":")[2], 16) == port:
                listening.append(address.rpartition(":")[0])
    assert listening == ["0100007F"]


def test_a_port_in_use_is_said_clearly() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = start("--port", str(port))
        output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert output == ""
    assert errors == (
        f"emulator: cannot listen on 127.0.0.1:{port}: Address already in use; "
        "stop what uses the port or choose another with --port\n"
    )


def test_it_leaves_no_files_behind(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "--port", "0"],
        cwd=ROOT,
        env={
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(tmp_path),
            "PATH": "/usr/bin:/bin",
            "AWS_PROFILE": "of-a-developer",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    world = World(ready(process), process.pid)
    world.upload_function()
    assert len(list(tmp_path.iterdir())) == 1
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert list(tmp_path.iterdir()) == []


def test_another_version_of_the_base_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    check_versions()
    monkeypatch.setattr("emulator.base.pinned.PINNED", {"ministack": "1.5.34"})
    with pytest.raises(
        BaseMismatch, match=r"ministack is 1\.5\.33, the emulator was written for 1\.5\.34"
    ):
        check_versions()


def test_a_mismatch_stops_the_start_with_its_name() -> None:
    script = (
        "import runpy, sys, ministack.services.lambda_svc as base\n"
        "base._provided_worker_env = lambda config, code_dir, port, more: {}\n"
        "sys.argv = ['emulator', '--port', '0']\n"
        "runpy.run_module('emulator', run_name='__main__', alter_sys=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert (
        "patch point ministack.services.lambda_svc._provided_worker_env"
        in done.stderr.splitlines()[-1]
    )


def test_health_of_the_base_is_reachable(served: World) -> None:
    with urllib.request.urlopen(f"{served.url}/_ministack/health") as answer:
        assert json.load(answer)["services"]


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_what_is_no_port_is_one_line(port: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "emulator", "--port", port],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == f"emulator: {port} is no port: a number from 0 to 65535 is one\n"
