"""Every wait of the functions is in docs/evidence/awaits.md, with what ends it."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
CRATES = (
    "aws-client",
    "backup-reading",
    "backup-watch",
    "cfn-custom-resource",
    "lambda-log",
    "org-policy-manager",
    "tag-on-restore",
)
# What waits: an await, a lock that blocks a thread, a channel, a thread that is waited for.
WAITS = re.compile(r"\.await\b|\.lock\(\)(?!\.await)|\.recv\(|\.join\(\)|\bblock_on\(")


def waits_in(file):
    """How many waits a source file has, its comments and tests left out."""
    text, _, _ = file.read_text().partition("#[cfg(test)]")
    lines = (line.partition("//")[0] for line in text.splitlines())
    return sum(len(WAITS.findall(line)) for line in lines)


def test_each_wait_of_the_functions_is_entered():
    found = {}
    for crate in CRATES:
        for file in sorted((ROOT / "crates" / crate / "src").rglob("*.rs")):
            if "tests" not in file.stem and (count := waits_in(file)):
                found[str(file.relative_to(ROOT / "crates"))] = count
    page = (ROOT / "docs" / "evidence" / "awaits.md").read_text()
    entered = {
        name: int(count) for name, count in re.findall(r"^\| `(\S+\.rs)` \| (\d+) \|", page, re.M)
    }
    assert entered == found, "enter what ends the new wait, and correct the count"
