"""What a function printed is in the log of the invocation that printed it."""

from __future__ import annotations

import io
import os
import queue
import threading

import pytest

from ...functions.output import Output


class Pipe:
    """A process's pipe, and who reads it."""

    def __init__(self, most: int = 0) -> None:
        read, self._write = os.pipe()
        self.lines: queue.Queue[str] = queue.Queue(most)
        self.output = Output(io.BufferedReader(io.FileIO(read)), self.lines)

    def prints(self, text: str) -> None:
        """The process writes."""
        os.write(self._write, text.encode())

    def ends(self) -> None:
        """The process ends."""
        os.close(self._write)

    def read(self) -> list[str]:
        """What is in the log."""
        return [self.lines.get_nowait() for _ in range(self.lines.qsize())]


@pytest.fixture
def pipe() -> Pipe:
    """A pipe whose reading thread has not run yet, as on a busy machine."""
    return Pipe()


def test_lines_are_there_though_the_thread_that_reads_them_has_not_run(pipe: Pipe) -> None:
    pipe.prints("one\ntwo\n")
    pipe.output.take()
    assert pipe.read() == ["one", "two"]
    pipe.output.take()
    assert pipe.read() == []


def test_a_line_is_kept_until_it_is_whole(pipe: Pipe) -> None:
    pipe.prints("on")
    pipe.output.take()
    assert pipe.read() == []
    pipe.prints("e\r\ntw")
    pipe.output.take()
    assert pipe.read() == ["one"]
    pipe.ends()
    pipe.output.take()
    assert pipe.read() == ["tw"]


def test_who_follows_ends_with_the_process(pipe: Pipe) -> None:
    following = threading.Thread(target=pipe.output.follow, daemon=True)
    following.start()
    for number in range(1000):
        pipe.prints(f"{number}\n")
    pipe.output.take()
    pipe.ends()
    following.join(60)
    assert not following.is_alive()
    assert pipe.read() == [str(number) for number in range(1000)]


def test_a_process_with_a_late_descriptor_is_read_as_well(pipe: Pipe) -> None:
    """`select` takes none above 1023, and a long session has many."""
    many = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    try:
        late = Pipe()
        following = threading.Thread(target=late.output.follow, daemon=True)
        following.start()
        late.prints("one\n")
        late.output.take()
        late.ends()
        following.join(60)
        assert not following.is_alive()
        assert late.read() == ["one"]
    finally:
        for descriptor in many:
            os.close(descriptor)


def test_of_too_many_lines_the_oldest_go() -> None:
    pipe = Pipe(most=2)
    pipe.prints("one\ntwo\nthree\n")
    pipe.output.take()
    assert pipe.read() == ["two", "three"]
