"""Run make targets in lanes beside each other, and report what each took.

    python tools/steps.py 'check-rust test-rust package' 'test-emulator test-functions:test-rust'

A lane is a list of targets that run one after the other; `target:other` waits until `other`, which
stands in some lane, has passed. What a target prints is kept in target/steps/: its last line is
shown when it has passed, and all of it when it has failed. After a failure nothing new begins.
"""

import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "target" / "steps"


def main():
    run = Run([[step.partition(":")[::2] for step in lane.split()] for lane in sys.argv[1:]])
    unknown = run.unknown()
    if unknown:
        sys.exit(f"steps: nothing waits for ever: no lane has {', '.join(unknown)}")
    LOGS.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        run.all()
    except (KeyboardInterrupt, SystemExit):
        run.stop()
        sys.exit("steps: interrupted; nothing is left running")
    print(run.table(), flush=True)
    sys.exit(1 if run.failed else 0)


class Run:
    """Lanes of steps, each a target and the one that it waits for (or an empty name)."""

    def __init__(self, lanes, command=("make", "--no-print-directory")):
        self.lanes = lanes
        self.command = command
        self.failed = []
        self.seconds = {}
        self._passed = {step: threading.Event() for lane in lanes for step, _ in lane}
        self._processes = set()
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._begin = time.monotonic()

    def unknown(self):
        """What is waited for and is no step."""
        return sorted(
            {other for lane in self.lanes for _, other in lane if other} - set(self._passed)
        )

    def all(self):
        """Run every lane to its end, or until a step has failed."""
        threads = [threading.Thread(target=self._lane, args=(lane,)) for lane in self.lanes]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                # With a limit, so that a signal is noticed at once.
                while thread.is_alive():
                    thread.join(0.2)
        finally:
            self._stopped.set()

    def stop(self):
        """End what still runs, with all that it has started."""
        self._stopped.set()
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            kill(process)
            process.wait()

    def table(self):
        """The time of each step, in the order in which they ended."""
        width = max(map(len, self._passed))
        lines = [f"{'step':<{width}}  seconds"]
        lines += [f"{step:<{width}}  {took:7.0f}" for step, took in self.seconds.items()]
        lines += [f"{step:<{width}}   failed" for step in self.failed]
        left = [
            step for step in self._passed if step not in self.seconds and step not in self.failed
        ]
        lines += [f"{step:<{width}}  not run" for step in left]
        lines.append(f"{'all, from the first to the last':<{width}}  {self._elapsed():7.0f}")
        return "\n".join(lines)

    def _lane(self, lane):
        for step, other in lane:
            while other and not self._passed[other].wait(0.2):
                if self._stopped.is_set():
                    return
            if self._stopped.is_set():
                return
            self._step(step)

    def _step(self, step):
        self._report(f"{step} begins")
        begin, log = time.monotonic(), LOGS / f"{step}.log"
        with log.open("w") as output, self._lock:
            if self._stopped.is_set():
                return
            process = subprocess.Popen(
                [*self.command, step],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._processes.add(process)
        status = process.wait()
        took = time.monotonic() - begin
        with self._lock:
            self._processes.discard(process)
            if self._stopped.is_set():
                return
        text = log.read_text(errors="replace").rstrip()
        if status != 0:
            self.failed.append(step)
            self._stopped.set()
            self._report(f"{step} FAILED after {took:.0f} s:\n{text}")
            self.stop()
            return
        self.seconds[step] = took
        self._report(
            f"{step} passed in {took:.0f} s: {text.splitlines()[-1] if text else 'no output'}"
        )
        self._passed[step].set()

    def _report(self, what):
        print(f"[{self._elapsed():5.0f} s] {what}", flush=True)

    def _elapsed(self):
        return time.monotonic() - self._begin


def kill(process):
    """End a process and all that it has started."""
    try:
        os.killpg(process.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass


if __name__ == "__main__":
    main()
