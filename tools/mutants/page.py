"""docs/evidence/mutants.md: the record, to be read."""

from mutants.record import REASONS

FILE = "docs/evidence/mutants.md"

BEGINNING = """# What the tests notice

Made by `make mutants`: [cargo-mutants](https://mutants.rs) lists changes of the crates' decisions
(another operator, a condition that always holds, a function that returns nothing). They are
compiled together, each behind a switch of its own, and the tests that reach one run with it on.
*Caught*: a test failed. *Unviable*: it does not compile. *Timeout*: the tests did not end, so it
would be seen. *Survived*: no test noticed; then the behaviour is the same or nobody's business,
with the reason below, or a test is missing. What is in scope, and by which tests, stands in
[scope.toml](../../tools/mutants/scope.toml).
"""


def write(record, listed):
    (record.root / FILE).write_text(
        text(record, {file: len(it.names) for file, it in listed.items()})
    )


def text(record, listed):
    """The page; `listed` has the number of mutants of every file in scope."""
    lines = [BEGINNING, total(record, listed), ""]
    done = [file for file in listed if file in record.files]
    lines += [
        "| file | mutants | caught | unviable | timeouts | survived | of these with a reason |",
        "|---|--:|--:|--:|--:|--:|--:|",
        *(row(record, file) for file in done),
        "",
    ]
    open_ones = [(file, it) for file in done for it in record.unexplained(file)]
    if open_ones:
        lines += ["## Survivors for which a test is missing", ""]
        lines += [f"- `{file}`: {it['name']} in `{it['line']}`" for file, it in open_ones] + [""]
    explained = [
        (file, it, record.reason(file, it))
        for file in done
        for it in record.files[file]["survivors"]
    ]
    if any(reason for *_, reason in explained):
        lines += ["## Survivors, and why no test is missing", ""]
        lines += [
            f"- `{file}`: {it['name']} in `{it['line']}`. {reason}"
            for file, it, reason in explained
            if reason
        ] + [""]
    timeouts = [(file, it) for file in done for it in record.files[file]["timeouts"]]
    if timeouts:
        lines += ["## Timeouts", ""]
        lines += [f"- `{file}`: {it['name']} in `{it['line']}`" for file, it in timeouts] + [""]
    left = [(file, len(record.files[file]["left"])) for file in done if record.files[file]["left"]]
    if left:
        lines += ["## Left, to be compiled one by one", ""]
        lines += [f"- `{file}`: {count} mutants" for file, count in left] + [""]
    missing = [(file, count) for file, count in listed.items() if file not in record.files]
    if missing:
        lines += ["## Without a result so far", ""]
        lines += [f"- `{file}`: {count} mutants" for file, count in missing] + [""]
    return "\n".join(lines).rstrip("\n") + "\n"


def row(record, file):
    entry = record.files[file]
    survivors = len(entry["survivors"])
    explained = survivors - len(record.unexplained(file))
    cells = [
        entry["mutants"],
        entry["caught"],
        entry["unviable"],
        len(entry["timeouts"]),
        survivors,
        explained,
    ]
    return f"| `{file}` | " + " | ".join(map(str, cells)) + " |"


def total(record, listed):
    """The figures of all files with a result, in a sentence."""
    files = record.files.values()
    count = sum(entry["mutants"] for entry in files)
    caught = sum(entry["caught"] + len(entry["timeouts"]) for entry in files)
    survivors = sum(len(entry["survivors"]) for entry in files)
    open_ones = sum(len(record.unexplained(file)) for file in record.files)
    left = sum(len(entry["left"]) for entry in files)
    viable = caught + survivors
    share = f", {100 * caught / viable:.1f} % of those that compile" if viable else ""
    return (
        f"{len(record.files)} of {len(listed)} files have a result: of {count} mutants {caught} "
        f"were noticed{share}; {survivors} survived, {open_ones} of them for want of a test"
        + (f"; {left} are still to be compiled one by one." if left else ".")
    )


def problems(record):
    """What has to be done: a test to write, or a reason to take out."""
    found = [
        f"{file}: {it['name']} in `{it['line']}` survives: write a test, or a reason into {REASONS}"
        for file in record.files
        for it in record.unexplained(file)
    ]
    known = {
        (file, it["name"], it["line"])
        for file, entry in record.files.items()
        for it in entry["survivors"]
    }
    return found + [
        f"{file}: no mutant survives that does `{what}` in `{line}`: take its reason "
        f"out of {REASONS}"
        for file, what, line in record.reasons
        if file in record.files and (file, what, line) not in known
    ]
