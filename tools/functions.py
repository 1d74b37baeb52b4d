"""Both functions for the emulator on this machine: built as `cargo test` does, never to ship.

Their features are those of the whole workspace with its tests, so that `make test` compiles nothing
twice. What is shipped is made by package.py.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

from archive import write_archive, write_checksums

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ["cargo", "test", "--workspace", "--locked", "--no-run", "--test", "aws"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("functions", nargs="+", metavar="FUNCTION")
    parser.add_argument("--into", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    print("functions: compiling both for the emulator: minutes the first time, seconds later")
    sys.stdout.flush()
    try:
        if subprocess.run(BUILD, cwd=ROOT).returncode != 0:
            sys.exit("functions: they do not build: the compiler's message is above")
    except KeyboardInterrupt:
        sys.exit("functions: interrupted; what was compiled so far is kept")
    built = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target") / "debug"
    arguments.into.mkdir(parents=True, exist_ok=True)
    for name in arguments.functions:
        # Quickly packed: it is unpacked once, on this machine.
        write_archive(arguments.into / f"{name}.zip", stripped(built / name), compresslevel=1)
    write_checksums(arguments.into)
    print(f"functions: ready in {arguments.into}")


def stripped(binary):
    """The binary without its symbols, half of the file, which every start of it would read."""
    with tempfile.TemporaryDirectory() as folder:
        smaller = pathlib.Path(folder) / "bootstrap"
        subprocess.run(["strip", "-o", smaller, binary], check=True)
        return smaller.read_bytes()


if __name__ == "__main__":
    main()
