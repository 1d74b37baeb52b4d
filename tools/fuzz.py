"""Fuzz what reads what others wrote: libFuzzer makes up bytes, the targets of tests/fuzz read them.

    python tools/fuzz.py --runs 10000000 --record schedule

It needs no tool but the compilers of Rust and C++: libFuzzer comes with the crate `libfuzzer-sys`,
pinned in fuzz/Cargo.lock, and the compiler's flags below give it its coverage (they are
cargo-fuzz's, without a sanitizer: there is no unsafe code here to look for). A failure leaves its
input in fuzz/found/ and says how to go on. What is new goes into fuzz/target/corpus/, which the
next run begins with; fuzz/corpus/ stays as it is.
"""

import argparse
import datetime
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUZZ = ROOT / "fuzz"
EVIDENCE = ROOT / "docs" / "evidence" / "fuzzing.md"

FLAGS = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
]

# Bytes of an input; those that are grown have 64 KB (tests/fuzz/src/growth.rs).
LONGEST = 4096
# Seconds for one input, after which it hangs. One that ends has three (fuzz/src/lib.rs).
HANGS = 60
# Megabytes of the whole process, most of which is the corpus. One input has 128 (fuzz/src/lib.rs).
MEMORY = 1024

HEADER = """# What the fuzzer has tried

Written by `make fuzz RECORD=1`. Each target reads arbitrary bytes as the product does
([tests/fuzz](../../tests/fuzz/src/lib.rs)). An input has up to 4 KB, and a stretch of one in 256 is
repeated until it has 64 KB; it must end within three seconds of the processor's time, with the
compiler's probes, without a panic, and with at most 128 MB in use at once. A row says how many
inputs were tried in one run without any failure. *Places* and *ways* are libFuzzer's coverage: what
was reached, and in how many ways.

| target | inputs | seconds | slowest | memory of one | of the process | places | ways | on | by |
|---|--:|--:|--:|--:|--:|--:|--:|---|---|
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "targets", nargs="*", metavar="TARGET", help="all of them, if none is named"
    )
    parser.add_argument("--runs", type=int, default=20_000, help="inputs for each target")
    parser.add_argument("--record", action="store_true", help=f"write {EVIDENCE.relative_to(ROOT)}")
    arguments = parser.parse_args()
    known = sorted(path.stem for path in (FUZZ / "src" / "bin").glob("*.rs"))
    targets = arguments.targets or known
    if unknown := set(targets) - set(known):
        sys.exit(f"fuzz: no target `{', '.join(unknown)}`: the targets are {', '.join(known)}")
    host = host_triple()
    build(targets, host)
    for target in targets:
        row = run(target, FUZZ / "target" / host / "release" / target, arguments.runs)
        print(
            f"fuzz: {target}: {row['inputs']:,} inputs in {row['seconds']} s, none fails",
            flush=True,
        )
        if arguments.record:
            EVIDENCE.write_text(
                recorded(EVIDENCE.read_text() if EVIDENCE.exists() else "", target, row)
            )


def build(targets, host):
    # The caller's own flags would replace these. `--target` keeps them from build scripts.
    environment = {**os.environ, "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(FLAGS)}
    environment.pop("CARGO_TARGET_DIR", None)
    bins = [argument for target in targets for argument in ("--bin", target)]
    command = ["cargo", "build", "--release", "--locked", "--target", host, *bins]
    print("fuzz: compiling with probes: minutes the first time", flush=True)
    if subprocess.run(command, cwd=FUZZ, env=environment).returncode != 0:
        sys.exit("fuzz: the targets do not build: the compiler's message is above")


def run(target, program, runs):
    """Runs one target, and returns its figures. What it found ends the whole."""
    found, corpus = FUZZ / "found" / target, FUZZ / "target" / "corpus" / target
    for folder in (found, corpus):
        folder.mkdir(parents=True, exist_ok=True)
    log = FUZZ / "target" / f"{target}.log"
    command = [
        program,
        corpus,
        FUZZ / "corpus" / target,
        f"-artifact_prefix={found}/",
        f"-dict={FUZZ / 'dictionary.txt'}",
        f"-max_len={LONGEST}",
        f"-rss_limit_mb={MEMORY}",
        f"-runs={runs}",
        f"-timeout={HANGS}",
        "-print_final_stats=1",
    ]
    began = time.monotonic()
    with log.open("wb") as output:
        ended = subprocess.run(command, cwd=FUZZ, stdout=output, stderr=output)
    said = log.read_text(errors="replace")
    if ended.returncode != 0:
        print(said[-4000:], file=sys.stderr)
        sys.exit(
            f"fuzz: {target} fails: the input is in {found.relative_to(ROOT)}. Make it small "
            f"(`{program.relative_to(ROOT)} -minimize_crash=1 -runs=10000 INPUT`), keep it in "
            f"fuzz/corpus/{target}/, where `make test` replays it, and mend what reads it"
        )
    return {**figures(said), "seconds": round(time.monotonic() - began)}


def figures(said):
    """What a run tells about itself."""

    def last(pattern, otherwise="0"):
        return (re.findall(pattern, said) or [otherwise])[-1]

    return {
        "inputs": int(last(r"number_of_executed_units:\s*(\d+)")),
        "process": int(last(r"peak_rss_mb:\s*(\d+)")),
        "slowest": int(last(r"slowest: (\d+) us")),
        "largest": int(last(r"largest: (\d+) bytes")),
        "places": int(last(r"cov: (\d+)")),
        "ways": int(last(r"ft: (\d+)")),
    }


def recorded(page, target, row):
    """The page with this target's row instead of its earlier one."""
    line = (
        f"| {target} | {row['inputs']:,} | {row['seconds']:,} | {row['slowest'] / 1000:.1f} ms "
        f"| {row['largest'] / 1_000_000:.1f} MB | {row['process']:,} MB | {row['places']:,} "
        f"| {row['ways']:,} | {datetime.date.today()} | {compiler()} |"
    )
    others = [row for row in page.splitlines() if re.match(r"\| \w+ \| \d", row)]
    others = [row for row in others if not row.startswith(f"| {target} |")]
    return HEADER + "\n".join(sorted([*others, line])) + "\n"


def compiler():
    return output("rustc", "--version").split(" (")[0]


def host_triple():
    return re.search(r"host: (\S+)", output("rustc", "-vV"))[1]


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
