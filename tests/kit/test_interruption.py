"""Signals: an orderly end at any moment, and nothing cut in two."""

import os
import shutil
import signal
import subprocess

import pytest

from kit.interruption import Interrupted, deaf, held, listen, start, stop, temporary_folder
from kit.wait import eventually

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers():
    """Signals as a terminal leaves them, whatever the runner ignores; its own come back."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    listen()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_each_of_them_unwinds_the_program(number):
    with pytest.raises(Interrupted):
        signal.raise_signal(number)


def test_what_is_ignored_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    listen()
    signal.raise_signal(signal.SIGHUP)


def test_a_signal_waits_until_the_held_block_ends():
    done = []
    with pytest.raises(Interrupted), held():
        with held():
            signal.raise_signal(signal.SIGINT)
        done.append("all of it")
    assert done == ["all of it"]


def test_whoever_is_done_hears_nothing_any_more():
    with held():
        signal.raise_signal(signal.SIGINT)
        deaf()
    for number in SIGNALS:
        signal.raise_signal(number)


def test_it_is_told_once():
    with pytest.raises(Interrupted), held():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    with held():
        pass


def test_a_folder_goes_although_it_is_interrupted_again_meanwhile(monkeypatch):
    seen, rmtree = [], shutil.rmtree

    def interrupted_again(folder, ignore_errors):
        signal.raise_signal(signal.SIGINT)
        rmtree(folder)

    monkeypatch.setattr("shutil.rmtree", interrupted_again)
    # A prefix of this process's own: what other runs left is removed by the same function.
    with pytest.raises(Interrupted), temporary_folder(f"test-{os.getpid()}-") as folder:
        seen.append(folder)
        signal.raise_signal(signal.SIGINT)
    assert not seen[0].exists()


def test_a_process_is_stopped_with_what_it_started_and_does_not_end_by_itself():
    script = "sh -c 'trap \"\" TERM; echo $$; exec sleep 3600' & echo $!; exec sleep 3600"
    process = start(["sh", "-c", script], stdout=subprocess.PIPE, text=True)
    child = int(process.stdout.readline())
    stop(process)
    assert process.returncode is not None
    eventually(lambda: not runs(child), "the child still runs")
    process.stdout.close()


def runs(process):
    """Whether a process runs that is not ours to wait for."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_process_that_does_not_listen_is_stopped_too():
    process = start(
        ["sh", "-c", "trap '' TERM; echo ready; sleep 3600 & wait; sleep 3600"],
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdout.readline()
    stop(process, seconds=0.2)
    assert process.returncode == -signal.SIGKILL
    process.stdout.close()


def test_to_stop_what_has_ended_is_fine():
    process = start(["true"])
    process.wait()
    stop(process)
