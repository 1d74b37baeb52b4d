"""Check who may depend on whom, as far as deny.toml cannot say it, and that every lock is clean.

deny.toml names who may use our crates directly; here is what a crate must not reach through any
number of others.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Each crate of ours, and the crates that no dependency of it may bring in. `aws-sdk-*` are the
# clients of AWS services; the rest of the SDK (`aws-smithy-*`) is HTTP and its types.
FORBIDDEN = {
    "backup-policy": r"aws-.*|tokio.*|hyper.*|reqwest|lambda_runtime",
    "backup-status": r"aws-.*|tokio.*|hyper.*|reqwest|lambda_runtime|policy-resource",
    "backup-reading": r"aws-config|lambda_runtime|policy-resource|cfn-custom-resource",
    "policy-resource": r"aws-.*|tokio.*|hyper.*|reqwest|lambda_runtime|cfn-custom-resource",
    "cfn-custom-resource": r"aws-sdk-.*|aws-config|lambda_runtime",
    "aws-client": r"aws-sdk-.*|aws-config|lambda_runtime",
    "lambda-log": r"aws-.*",
    "org-policy-manager": r"tag-on-restore|aws-config",
    "tag-on-restore": r"backup-policy|cfn-custom-resource|org-policy-manager|aws-config",
    "backup-watch": r"policy-resource|cfn-custom-resource|org-policy-manager|tag-on-restore"
    r"|aws-config",
    "backupctl": r"backup-watch|org-policy-manager|tag-on-restore|cfn-custom-resource|lambda-log"
    r"|lambda_runtime",
}
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def main():
    problems = [*stray_crates(), *foreign_sources(), *host_names()]
    for problem in problems:
        print(f"dependencies: {problem}", file=sys.stderr)
    sys.exit(1 if problems else 0)


def stray_crates():
    """Crates of ours that reach what they must not, or that are not in the table."""
    for name in sorted(our_crates()):
        if name not in FORBIDDEN:
            yield f"`{name}` is not in the table of tools/dependencies.py: say what it must not use"
            continue
        yield from forbidden_in(name, FORBIDDEN[name], dependencies(name))


def forbidden_in(name, pattern, crates):
    for crate in sorted(set(crates)):
        if re.fullmatch(pattern, crate):
            yield (
                f"`{name}` reaches `{crate}`, which it must not: "
                f"`cargo tree -p {name} -e normal -i {crate}` shows how"
            )


def our_crates():
    metadata = json.loads(cargo("metadata", "--format-version=1", "--no-deps"))
    crates = ROOT / "crates"
    return [
        package["name"]
        for package in metadata["packages"]
        if crates in pathlib.Path(package["manifest_path"]).parents
    ]


def dependencies(name):
    tree = cargo("tree", "-p", name, "-e", "normal", "--prefix=none", "--format={p}")
    names = [line.split()[0] for line in tree.splitlines() if line]
    return [found for found in names if found != name]


def cargo(*arguments):
    command = ["cargo", *arguments, "--locked", "--quiet"]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def foreign_sources():
    """Sources in Cargo.lock other than crates.io's own index."""
    for source in sorted(set(re.findall(r'^source = "(.*)"$', read("Cargo.lock"), re.M))):
        if source != CRATES_IO:
            yield f"Cargo.lock names `{source}`: only crates.io is allowed"


def host_names():
    """Addresses in requirements files: they name packages, and everyone's pip knows where from."""
    files = [
        *ROOT.glob("tools/requirements/*"),
        *ROOT.glob("emulator/requirements*"),
        *ROOT.glob("tests/*/requirements*"),
    ]
    for file in sorted(files):
        name = file.relative_to(ROOT)
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            if re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", line):
                yield f"{name}:{number} names a host: remove it"


def read(name):
    return (ROOT / name).read_text()


if __name__ == "__main__":
    main()
