"""cargo-mutants on a copy of the sources, with a build folder of its own: file by file."""

import dataclasses
import json
import os
import re
import shutil
import subprocess
import tomllib

from mutants import texts
from mutants.texts import ROOT

WORK = ROOT / "target" / "mutants"
TREE = WORK / "tree"
OUTPUT = WORK / "output"
PROGRAM = ROOT / ".tools" / "mutants" / "bin" / "cargo-mutants"
SCOPE = ROOT / "tools" / "mutants" / "scope.toml"
BUILDING = 600  # seconds: the first build of a crate compiles what it depends on, too

# A test's failure need not be read: no debug information, and no shrinking of what failed.
ENVIRONMENT = {
    "CARGO_TARGET_DIR": str(WORK / "build"),
    "CARGO_PROFILE_DEV_DEBUG": "0",
    "CARGO_PROFILE_TEST_DEBUG": "0",
    "PROPTEST_MAX_SHRINK_ITERS": "0",
    "RUST_BACKTRACE": "0",
}


class Refusal(Exception):
    """Why there is nothing to run on."""


@dataclasses.dataclass
class Part:
    """A file's mutants, and how its crate is tested."""

    crate: str
    steps: list
    seconds: int
    names: list


def copy_tree(root):
    """Bring the copy up to date. What did not change keeps its time: it is not built again."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    out = subprocess.run(listed, cwd=root, check=True, capture_output=True, text=True).stdout
    wanted = {name for name in out.split("\0") if name and (root / name).is_file()}
    for name in wanted:
        source, copy = root / name, TREE / name
        if not copy.is_file() or copy.read_bytes() != source.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
    for copy in [it for it in TREE.rglob("*") if it.is_file() and not it.is_symlink()]:
        if copy.relative_to(TREE).as_posix() not in wanted:
            copy.unlink()


def mutants():
    """Every file in scope that has mutants, in the order of the scope."""
    scope = tomllib.loads(SCOPE.read_text())["part"]
    crates = [f"--package={crate}" for crate in dict.fromkeys(part["crate"] for part in scope)]
    listed = {}
    for mutant in json.loads(_cargo_mutants("--list", "--json", *crates, capture=True)):
        listed.setdefault(mutant["file"], []).append(mutant["name"])
    parts = {}
    for part in scope:
        source = TREE / "crates" / part["crate"] / "src"
        for pattern in part["files"]:
            # Before Python 3.13 `**` alone finds folders only.
            for file in sorted(
                source.glob(f"{pattern}/*.rs" if pattern.endswith("**") else pattern)
            ):
                name = file.relative_to(TREE).as_posix()
                if name in listed and name not in parts:
                    parts[name] = Part(part["crate"], part["steps"], part["seconds"], listed[name])
    return parts


def run(part, file, wanted):
    """Run some mutants of a file: by name, what became of it and the tests that failed."""
    results = {}
    for step in part.steps:
        left = [
            name for name in wanted if results.get(name, ("MissedMutant",))[0] == "MissedMutant"
        ]
        if left:
            results |= _step(part, file, step, left)
    lost = [name for name in wanted if name not in results]
    if lost:
        raise Refusal(f"{file}: cargo-mutants did not run {lost[0]}: see {OUTPUT}")
    return results


def _step(part, file, step, names):
    _green(part, step)
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir(parents=True)
    # Which tests are built, and which of them run.
    built, ran = (
        (step[: step.index("--")], step[step.index("--") :]) if "--" in step else (step, [])
    )
    _cargo_mutants(
        *("--in-place", "--baseline=skip", "--no-config", f"--file={file}", f"--output={OUTPUT}"),
        *(f"--timeout={part.seconds}", f"--build-timeout={BUILDING}"),
        *(f"--re=^{re.escape(name)}$" for name in names),
        *(f"--cargo-arg={word}" for word in built),
        *(["--", *ran] if ran else []),
    )
    output = OUTPUT / "mutants.out"
    outcomes = json.loads((output / "outcomes.json").read_text())["outcomes"]
    results = {}
    for outcome in outcomes:
        log = (output / outcome["log_path"]).read_text(errors="replace")
        name = outcome["scenario"]["Mutant"]["name"]
        results[name] = outcome["summary"], failed(TREE, part.crate, log)
    return results


def failed(root, crate, log):
    """The tests that failed in a run of `cargo test`, each with the file it stands in."""
    binary, found = None, []
    for line in log.splitlines():
        if running := re.match(r"\s+Running `\S*/deps/(\w+)-[0-9a-f]+[ `]", line):
            binary = _source(root / "crates" / crate, running[1])
        if binary and (test := re.match(r"test (\S+) \.\.\. FAILED", line)):
            source = texts.source_of(root, crate, binary, test[1])
            found.append((source, test[1].rsplit("::", 1)[-1]))
    return found


def _source(folder, binary):
    """The first file of a crate's binary of tests."""
    candidates = [f"tests/{binary}.rs", f"tests/{binary}/main.rs"]
    return next((name for name in candidates if (folder / name).is_file()), "src/lib.rs")


_seen_green = set()


def _green(part, step):
    """A step that fails without any mutant catches everything, and says nothing."""
    key = (part.crate, *step)
    if key in _seen_green:
        return
    command = ["cargo", "test", "--locked", "--package", part.crate, *step]
    done = subprocess.run(
        command, cwd=TREE, env=os.environ | ENVIRONMENT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout, done.stderr)
        raise Refusal(f"`{' '.join(command)}` fails without any mutant: mend that first")
    _seen_green.add(key)


def _cargo_mutants(*arguments, capture=False):
    done = subprocess.run(
        [PROGRAM, "mutants", "--dir", TREE, *arguments],
        env=os.environ | ENVIRONMENT,
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )
    # 2: some survived; 3: some took too long. Anything else is no result.
    if done.returncode not in (0, 2, 3):
        raise Refusal(f"cargo-mutants ended with status {done.returncode}")
    return done.stdout
