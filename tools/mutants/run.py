"""Run the tests against each mutant, two at a time, and tell which tests noticed."""

import concurrent.futures
import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import threading
import time
import tomllib

from mutants import build, texts
from mutants.build import TREE, WORK, Refusal

SCOPE = texts.ROOT / "tools" / "mutants" / "scope.toml"
REACHED = WORK / "reached"
AT_ONCE = os.cpu_count() or 2
FAILED = re.compile(r"^test (\S+) \.\.\. FAILED", re.M)
FIRST = 4  # tests that run before all others that reach a mutant
LEAST = 8  # seconds for tests of no length, on a machine that does something else as well
BASELINE = 600  # seconds for a test without a mutant
MOST_MEMORY = 8_000_000  # kilobytes of address space: a mutant may allocate without end

CAUGHT, MISSED, UNVIABLE, TIMEOUT = "CaughtMutant", "MissedMutant", "Unviable", "Timeout"


@dataclasses.dataclass
class Part:
    """A file's mutants, and the tests that are to notice them: `[CRATE:]BINARY [ARGUMENT …]`."""

    crate: str
    steps: list
    mutants: list

    @property
    def names(self):
        return [it.name for it in self.mutants]


@dataclasses.dataclass
class Step:
    """Tests that were run without a mutant, one by one: how many seconds each took, and which
    mutants it reaches."""

    binary: build.Binary
    arguments: list
    tests: dict

    @property
    def reached(self):
        return set().union(*(reached for _, reached in self.tests.values()))

    def which_reach(self, number):
        """The tests that reach a mutant, those first that reach little else."""
        reaching = [name for name, (_, reached) in self.tests.items() if number in reached]
        return sorted(reaching, key=lambda name: len(self.tests[name][1]))

    def seconds(self, names):
        return sum(self.tests[name][0] for name in names)


def parts(root, listed):
    """Every file in scope that has mutants, in the order of the scope."""
    found = {}
    for part in tomllib.loads(SCOPE.read_text())["part"]:
        source = root / "crates" / part["crate"] / "src"
        for pattern in part["files"]:
            # Before Python 3.13 `**` alone finds folders only.
            pattern = f"{pattern}/*.rs" if pattern.endswith("**") else pattern
            for file in sorted(source.glob(pattern)):
                name = file.relative_to(root).as_posix()
                if name in listed and name not in found:
                    found[name] = Part(part["crate"], part["steps"], listed[name])
    return found


def crates():
    return list(dict.fromkeys(part["crate"] for part in tomllib.loads(SCOPE.read_text())["part"]))


class Runner:
    """One build with all wanted mutants, and what its tests say of each."""

    def __init__(self, mutants):
        self.build = build.Build(mutants)
        self.binaries = self.build.make()
        self._steps = {}

    def run(self, part, wanted):
        """By a mutant's name, what became of it and the tests that failed: `(source, test)`."""
        mutants = [it for it in part.mutants if it.name in wanted]
        switched = []
        results = {}
        for mutant in mutants:
            if mutant.number in self.build.unviable:
                results[mutant.name] = UNVIABLE, []
            elif mutant.number not in self.build.alone:
                switched.append(mutant)
        steps = [self._step(part.crate, it) for it in part.steps] if switched else []
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            done = pool.map(lambda it: _noticed(steps, it), switched)
            results |= {it.name: result for it, result in zip(switched, done, strict=True)}
        return results

    def run_alone(self, part, wanted):
        """The same for mutants that cannot be switched: each is compiled by itself."""
        mutants = [it for it in part.mutants if it.name in wanted and it.number in self.build.alone]
        if mutants and any((part.crate, it) not in self._steps for it in part.steps):
            # Those that were built last may have had a mutant in them.
            self.binaries = build.binaries()
        steps = [self._step(part.crate, it) for it in part.steps] if mutants else []
        results = {}
        for mutant in mutants:
            before = (TREE / mutant.file).read_bytes()
            try:
                self.build.put_alone(mutant)
                results[mutant.name] = _noticed_alone(steps, mutant)
            finally:
                build.put(TREE / mutant.file, before)
        return results

    def _step(self, crate, text):
        """Run a step's tests without a mutant, once."""
        if (crate, text) not in self._steps:
            name, *arguments = text.split()
            owner, _, name = name.rpartition(":")
            try:
                binary = self.binaries[owner or crate, name]
            except KeyError:
                raise Refusal(f"scope.toml: {crate} has no tests `{text}`") from None
            step = _without_a_mutant(binary, arguments)
            print(
                f"  {crate} {text}: {len(step.tests)} tests, {step.seconds(step.tests):.0f} s, "
                f"{len(step.reached)} mutants reached",
                flush=True,
            )
            self._steps[crate, text] = step
        return self._steps[crate, text]


def _without_a_mutant(binary, arguments):
    """Run tests without a mutant, each by itself."""
    _, output = _tests(binary, ["--list", "--format=terse", *arguments], {}, BASELINE)
    names = re.findall(r"^(\S+): test$", output, re.M)
    REACHED.mkdir(parents=True, exist_ok=True)

    def one(index_and_name):
        index, name = index_and_name
        file = REACHED / str(index)
        file.unlink(missing_ok=True)
        began = time.monotonic()
        status, output = _tests(binary, ["--exact", name], {"MUTANTS_REACHED": str(file)}, BASELINE)
        if status != 0:
            raise Refusal(f"{binary.crate} {name} fails without any mutant:\n{output[-4000:]}")
        reached = set(map(int, file.read_text().split())) if file.exists() else set()
        return time.monotonic() - began, reached

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(one, enumerate(names)))
    return Step(binary, arguments, dict(zip(names, done, strict=True)))


def _noticed(steps, mutant):
    """What became of a mutant, and the tests that failed."""
    for step in steps:
        reaching = step.which_reach(mutant.number)
        for names in reaching[:FIRST], reaching[FIRST:]:
            if names:
                seconds = LEAST + 6 * step.seconds(names)
                result = _run(step.binary, ["--exact", *names], mutant, seconds)
                if result:
                    return result
    return MISSED, []


def _noticed_alone(steps, mutant):
    """The same where it is not known which tests reach it. Each step is built when its turn comes:
    most mutants are noticed by the first."""
    for step in steps:
        name = step.binary.name
        try:
            binary = build.binaries(name)[step.binary.crate, name]
        except build.NoRust:
            return UNVIABLE, []
        seconds = LEAST + 6 * step.seconds(step.tests)
        result = _run(binary, step.arguments, mutant, seconds)
        if result:
            return result
    return MISSED, []


def _run(binary, arguments, mutant, seconds):
    """What tests say of a mutant: nothing, if all of them pass."""
    status, output = _tests(binary, arguments, {"MUTANT": str(mutant.number)}, seconds)
    if status is None:
        return TIMEOUT, []
    return (CAUGHT, failed(TREE, binary.crate, binary.source, output)) if status else None


def _tests(binary, arguments, environment, seconds):
    """Run tests until the first fails: the status, or nothing after so many seconds, and what they
    wrote."""
    folder = TREE / "crates" / binary.crate
    limited = ["sh", "-c", f'ulimit -v {MOST_MEMORY}; exec "$@"', "sh"]
    with subprocess.Popen(
        [*limited, binary.path, *arguments],
        cwd=folder,
        env=os.environ | build.ENVIRONMENT | {"CARGO_MANIFEST_DIR": str(folder)} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as tests:
        late = threading.Event()
        timer = threading.Timer(seconds, lambda: (late.set(), _kill(tests)))
        timer.start()
        lines = []
        for line in tests.stdout:
            lines.append(line)
            if FAILED.match(line):
                _kill(tests)
        timer.cancel()
        status = tests.wait()
        _kill(tests)
    return (None if late.is_set() else status), "".join(lines)


def _kill(tests):
    """End tests, and whatever they started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(tests.pid, signal.SIGKILL)


def failed(root, crate, source, output):
    """The tests that failed, each with the file it stands in."""
    names = FAILED.findall(output)
    return [
        (texts.source_of(root, crate, source, name), name.rsplit("::", 1)[-1]) for name in names
    ]
