"""Package Lambda functions: build, inspect, zip, and sign off with checksums.

Each function is built by cargo-lambda in a cargo call of its own, because cargo unites the
features of whatever is built together: `make package` and `make package-<function>` must give
the same bytes. The zip holds one entry, `bootstrap`, and depends on nothing but the sources, the
compiler and the tools' versions: not on the time, the folder, the user or the machine.
"""

import argparse
import contextlib
import fcntl
import hashlib
import os
import pathlib
import subprocess
import sys

import binary
from archive import write_archive, write_checksums

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("packages", nargs="+", metavar="PACKAGE[:BINARY]")
    parser.add_argument("--architecture", default=os.uname().machine, choices=binary.MACHINES)
    parser.add_argument("--into", type=pathlib.Path, default=ROOT / "dist")
    arguments = parser.parse_args()
    try:
        with alone():
            for package in arguments.packages:
                print(package_function(package, arguments.architecture, arguments.into))
    except Refusal as refusal:
        sys.exit(f"package: {refusal}")
    except KeyboardInterrupt:
        sys.exit("package: interrupted; what was compiled so far is kept")


@contextlib.contextmanager
def alone():
    """While the block runs nobody else packages here: a binary is copied anew with each build."""
    target_directory().mkdir(parents=True, exist_ok=True)
    with open(target_directory() / "package.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Refusal(Exception):
    """Why there is no package: the thing, the reason, the remedy."""


def package_function(package, architecture, into):
    """Package one function and return the line to print about it."""
    package, _, name = package.partition(":")
    name = name or package
    content = checked(package, name, architecture)
    archive = into / f"{name}.zip"
    state = "written" if write_archive(archive, content) else "unchanged"
    write_checksums(into)
    return (
        f"package: {archive.name} {state}, {archive.stat().st_size:,} bytes, "
        f"{len(content):,} unpacked, {architecture}, glibc {binary.newest_glibc(content)} or newer"
    )


def checked(package, name, architecture, profile="release"):
    """Build one program and return its bytes, if they can be shipped."""
    content = build(package, name, architecture, profile).read_bytes()
    problems = binary.problems(content, architecture, local_paths())
    if problems:
        raise Refusal(f"`{name}` cannot be shipped: " + "; ".join(problems))
    return content


def build(package, name, architecture, profile):
    """Build one program in a profile of Cargo.toml and return its file."""
    target = f"{architecture}-unknown-linux-gnu"
    libraries = output("rustc", "--print", "target-libdir", "--target", target)
    if not pathlib.Path(libraries).is_dir():
        raise Refusal(
            f"no standard library for `{target}` is installed: package on a machine of that "
            f"architecture, as the pipeline does, or install it with `rustup target add {target}`"
        )
    environment = os.environ | {
        "CARGO_ENCODED_RUSTFLAGS": "\x1f".join(remap_flags()),
        "CARGO_TARGET_DIR": str(target_directory()),
        # The linker's wrapper scripts, under a path that does not change between users.
        "CARGO_ZIGBUILD_CACHE_DIR": str(ROOT / ".tools" / "zigbuild"),
    }
    command = ["cargo", "lambda", "build", "--profile", profile, "--locked"]
    command += ["--package", package, "--bin", name, "--compiler", "cargo-zigbuild"]
    # The C library's version of Amazon Linux 2023, whatever this machine runs.
    command += ["--target", f"{target}.{binary.GLIBC_FLOOR}"]
    # Keep our profile: cargo-lambda would build for the Haswell processor, which saves a
    # function that waits for the network nothing and fails on other machines and emulators. It
    # must not fetch a standard library either.
    command += ["--disable-optimizations", "--skip-target-check"]
    if subprocess.run(command, cwd=ROOT, env=environment).returncode != 0:
        raise Refusal(f"`{name}` does not build: the compiler's message is above")
    return target_directory() / "lambda" / name / "bootstrap"


def remap_flags():
    """Compiler flags that keep this machine's paths out of panic messages."""
    names = {cargo_home(): "/cargo", ROOT: "/source"}
    return [f"--remap-path-prefix={path}={name}" for path, name in names.items()]


def local_paths():
    """What must not be found in a binary: it would differ from machine to machine."""
    return [cargo_home(), ROOT, target_directory()]


def cargo_home():
    return pathlib.Path(os.environ.get("CARGO_HOME") or pathlib.Path.home() / ".cargo").resolve()


def target_directory():
    """Where the packages are compiled: a folder of this checkout's own.

    Our flags name the checkout. In a folder that several share (CARGO_TARGET_DIR), each would have
    the other compile every dependency anew.
    """
    shared = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target").resolve()
    if shared.is_relative_to(ROOT):
        return shared
    return shared / "packages" / hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]


def output(*command):
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
