"""What a release carries for one architecture, in dist/release: both functions' packages,
backupctl, a bill of materials for each (CycloneDX), and checksums.

    python tools/release.py --architecture x86_64 --tag v0.1.0
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib

import archive
import binary
import package
import record_release
from package import ROOT, Refusal

FUNCTIONS = ("org-policy-manager", "tag-on-restore", "backup-watch")
TOOL = "backupctl"
INTO = ROOT / "dist" / "release"
BILL = "release.cdx"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--architecture", default=os.uname().machine, choices=binary.MACHINES)
    parser.add_argument("--tag", help="the tag that is released: it must name the version")
    arguments = parser.parse_args()
    try:
        if arguments.tag:
            check_tag(arguments.tag, ROOT)
        release(arguments.architecture)
    except (Refusal, record_release.NotRecorded) as refusal:
        sys.exit(f"release: {refusal}")
    except KeyboardInterrupt:
        sys.exit("release: interrupted; what was compiled so far is kept")


def check_tag(tag, root):
    """Refuse a tag that names another version than the crates have, or one without a changelog."""
    version = tomllib.loads((root / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    if tag != f"v{version}":
        raise Refusal(
            f"the tag `{tag}` is not `v{version}`, which Cargo.toml has: change one of them"
        )
    changelog = (root / "CHANGELOG.md").read_text()
    if not re.search(rf"^## {re.escape(version)}\b", changelog, re.M):
        raise Refusal(f"CHANGELOG.md has no heading `## {version}`: write what a user can see")
    released = re.findall(r"^## (\d+\.\d+\.\d+)\b", changelog, re.M)
    before = released[released.index(version) + 1 :][:1]
    if before and (recorded := record_release.recorded()[0]) != before[0]:
        raise Refusal(
            f"the way to the next version is rehearsed from {recorded}, and the last one is "
            f"{before[0]}: `make record-release TAG=v{before[0]}`, and commit that"
        )


def release(architecture):
    shutil.rmtree(INTO, ignore_errors=True)
    INTO.mkdir(parents=True)
    with package.alone():
        for function in FUNCTIONS:
            print(package.package_function(function, architecture, ROOT / "dist"), flush=True)
            shutil.copy(ROOT / "dist" / f"{function}.zip", INTO / f"{function}-{architecture}.zip")
        program = package.checked(TOOL, TOOL, architecture, profile="tool")
    (INTO / f"{TOOL}-{architecture}").write_bytes(program)
    (INTO / f"{TOOL}-{architecture}").chmod(0o755)
    print(f"release: {TOOL}-{architecture}, {len(program):,} bytes")
    write_bills(architecture)
    archive.write_checksums(INTO, f"SHA256SUMS-{architecture}", "*")
    print(f"release: complete in {INTO.relative_to(ROOT)}")


def write_bills(architecture):
    """A bill of materials for each package: its crates with version, licence and checksum."""
    command = [str(ROOT / ".tools" / "sbom" / "bin" / "cargo-cyclonedx"), "cyclonedx", "--quiet"]
    command += ["--format", "json", "--spec-version", "1.5", "--override-filename", BILL]
    command += ["--target", f"{architecture}-unknown-linux-gnu"]
    # The same commit gives the same bills.
    time = package.output("git", "log", "-1", "--format=%ct")
    try:
        if subprocess.run(
            command, cwd=ROOT, env=os.environ | {"SOURCE_DATE_EPOCH": time}
        ).returncode:
            raise Refusal("there are no bills of materials: the reason is above")
        for name in (*FUNCTIONS, TOOL):
            bill = (ROOT / "crates" / name / f"{BILL}.json").read_text()
            bill = bill.replace(f"file://{ROOT}/", "file:///source/")
            if str(ROOT) in bill:
                raise Refusal(f"the bill of materials of `{name}` names a folder of this machine")
            (INTO / f"{name}-{architecture}.cdx.json").write_text(bill)
    finally:
        # It writes one beside the manifest of every member of the workspace.
        for written in (*ROOT.glob(f"*/*/{BILL}.json"), *ROOT.glob(f"*/{BILL}.json")):
            written.unlink()


if __name__ == "__main__":
    main()
