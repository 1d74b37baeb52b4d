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

from mutants import page, run
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
    run.copy_tree(ROOT)
    listed = run.mutants()
    unknown = [name for name in chosen if not any(within(file, name) for file in listed)]
    if unknown:
        sys.exit(f"mutants: no mutant in {', '.join(unknown)}: scope.toml says what is in scope")
    record.forget_all_but(listed)
    for file, part in listed.items():
        if chosen and not any(within(file, name) for name in chosen):
            continue
        wanted = part.names if arguments.again else record.to_run(file, part.names)
        if not wanted:
            continue
        if time.monotonic() >= end:
            print(
                f"mutants: {arguments.minutes:g} minutes are over; the next run goes on with {file}"
            )
            break
        print(f"{file}: {len(wanted)} of {len(part.names)} mutants", flush=True)
        record.add(file, part.names, run.run(part, file, wanted))
        record.write()
        page.write(record, listed)
    record.write()
    page.write(record, listed)
    problems = page.problems(record)
    print("\n".join(problems) or page.total(record, listed))
    sys.exit(1 if problems else 0)


def within(file, name):
    """Whether a file is the one that is named, or in the folder that is."""
    return file == name or file.startswith(f"{name}/")


if __name__ == "__main__":
    try:
        main()
    except run.Refusal as refusal:
        sys.exit(f"mutants: {refusal}")
    except KeyboardInterrupt:
        sys.exit("mutants: interrupted; the files that were done have their result")
