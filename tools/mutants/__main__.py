"""Change the decisions of the crates one by one, and see that a test notices each change.

    python -m mutants [--minutes 60] [--again] [FILE ...]

A file whose own text and whose tests are as they were when it had its result is passed over, so a
run is as long as what changed. FILE names files or folders; --again runs them in any case. The
result is docs/evidence/mutants.json, and the page beside it. Ends with status 1 when a mutant
survives for which tools/mutants/reasons.toml has no reason, or a reason there is for none.
"""

import argparse
import sys
import time

from mutants import build, page, run
from mutants.record import Record
from mutants.texts import ROOT


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", help="files or folders (default: all in scope)")
    parser.add_argument(
        "--minutes", type=float, default=60, help="no file is begun later than that"
    )
    parser.add_argument("--again", action="store_true", help="run what has a result, too")
    arguments = parser.parse_args()
    end = time.monotonic() + 60 * arguments.minutes
    chosen = [
        name.removeprefix(f"{ROOT}/").removeprefix("./").rstrip("/") for name in arguments.files
    ]

    record = Record.read(ROOT)
    parts = run.parts(ROOT, build.listed(run.crates()))
    unknown = [name for name in chosen if not any(within(file, name) for file in parts)]
    if unknown:
        sys.exit(f"mutants: no mutant in {', '.join(unknown)}: scope.toml says what is in scope")
    record.forget_all_but(parts)
    wanted = {}
    for file, part in parts.items():
        if not chosen or any(within(file, name) for name in chosen):
            names = part.names if arguments.again else record.to_run(file, part.names)
            wanted |= {file: set(names)} if names else {}
    if wanted:
        examine(record, parts, wanted, end)
    keep(record, parts)
    problems = page.problems(record)
    print("\n".join(problems) or page.total(record, parts))
    sys.exit(1 if problems else 0)


def examine(record, parts, wanted, end):
    """Run the wanted mutants of each file until the time is over, and keep what became of them."""
    everything = [
        it for file, names in wanted.items() for it in parts[file].mutants if it.name in names
    ]
    print(f"{len(everything)} mutants in {len(wanted)} files", flush=True)
    build.copy_tree(ROOT)
    runner = run.Runner(everything)
    unviable, alone = len(runner.build.unviable), len(runner.build.alone)
    print(f"{unviable} do not compile, {alone} are compiled one by one", flush=True)
    # What is compiled by itself takes a hundred times as long: it comes last.
    for run_some in runner.run, runner.run_alone:
        for file, names in wanted.items():
            if time.monotonic() >= end:
                print(f"mutants: the time is over; the next run goes on with {file}")
                return
            began = time.monotonic()
            results = run_some(parts[file], names)
            if results:
                record.add(file, parts[file].names, results)
                keep(record, parts)
                missed = sum(1 for it in results.values() if it[0] == run.MISSED)
                seconds = time.monotonic() - began
                print(f"{file}: {missed} of {len(results)} survive ({seconds:.0f} s)", flush=True)


def keep(record, parts):
    record.write()
    page.write(record, parts)


def within(file, name):
    """Whether a file is the one that is named, or in the folder that is."""
    return file == name or file.startswith(f"{name}/")


if __name__ == "__main__":
    try:
        main()
    except build.Refusal as refusal:
        sys.exit(f"mutants: {refusal}")
    except KeyboardInterrupt:
        sys.exit("mutants: interrupted; the files that were done have their result")
