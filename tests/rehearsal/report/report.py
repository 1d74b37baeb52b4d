"""The report at the end, as text: a pure function of a result."""

from .result import FAILED, LEFT_OUT, OK, PARTS, TO_BE_QUICK

# Of the table of callers; the page has all of them.
_CALLERS = 12


def report(result, brief=False):
    """(line, whether it is a heading) from the first to the last."""
    parts = [
        ("Stages", _stages(result)),
        (_places_title(result), _places(result)),
        ("Backup policies", _policies(result)),
    ]
    if not brief:
        parts += [
            ("Pipeline", _executions(result)),
            ("Not run by the builds here", _not_run(result)),
            ("AWS calls", _calls(result)),
            ("Permissions: denials", _denials(result)),
        ]
    parts.append(("Where to look", _padded(result.look)))
    lines = []
    for title, body in parts:
        if body:
            lines += [("", False), (title, True), *((f"   {line}", False) for line in body)]
    return [*lines, ("", False), (verdict(result), True)]


def verdict(result):
    """The last line: how it ended, and after how long."""
    failure = result.failure
    if failure:
        number = result.stages.index(failure) + 1
        first = (failure.message.splitlines() or [""])[0]
        return f"{result.title} failed in stage {number}, {failure.title}: {first}"
    held = f"{result.title}: all {len(result.stages)} stages held ({duration(result.seconds)})"
    quick = [entry.command for entry in result.not_run if entry.reason == TO_BE_QUICK]
    return f"{held}, without {', '.join(quick)}." if quick else f"{held}."


def duration(seconds):
    """`7.3 s`, `2 min 5 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


def count(number, noun):
    """`1 Region`, `3 Regions`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def table(rows, right=()):
    """Rows as lines with their columns below each other; ``right`` names those flush right."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = (
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append("  ".join(cells).rstrip())
    return lines


def part_words(parts):
    """What a place has, short: `complete`, `vault key role`, `nothing`."""
    if tuple(parts) == PARTS:
        return "complete"
    return " ".join(parts) or "nothing"


_STARTERS = {
    "CreatePipeline": "the new pipeline",
    "CloudWatchEvent": "a commit",
    "StartPipelineExecution": "a person",
}


def starter(execution):
    """Who or what started a run of the pipeline, in words."""
    return _STARTERS.get(execution.started_by, execution.started_by)


def _stages(result):
    if not result.stages:
        return []
    shown = {FAILED: "FAILED", LEFT_OUT: LEFT_OUT}
    rows = [
        (
            str(number),
            stage.title,
            duration(stage.seconds) if stage.outcome == OK else shown[stage.outcome],
        )
        for number, stage in enumerate(result.stages, 1)
    ]
    return table([*rows, ("", "together", duration(result.seconds))], right=(0, 2))


def _places_title(result):
    return "What every account has" + (f" ({result.seen})" if result.seen else "")


def _places(result):
    snapshot = result.snapshot
    if not snapshot.accounts:
        return []
    rows = [("account", "", "in", *snapshot.regions)]
    for account in snapshot.accounts:
        places = [part_words(account.places[region]) for region in snapshot.regions]
        where = "/".join(account.units) or "the root"
        rows.append((account.name, account.id, where, *places))
    return [*table(rows), f"complete: {', '.join(PARTS[:-1])} and {PARTS[-1]}"]


def _policies(result):
    lines = []
    for policy in result.snapshot.policies:
        reached = sum(policy.name in account.policies for account in result.snapshot.accounts)
        lines.append(
            f"{policy.name}: on {', '.join(policy.targets) or 'nothing'}; reaches "
            f"{count(reached, 'account')} in {', '.join(policy.regions)}"
        )
        for rule in policy.rules:
            copies = count(len(rule.copies), "copy").replace("copys", "copies")
            lines.append(f"  {rule.schedule} into {rule.vault}, kept {rule.keeps}, {copies}")
    return lines


def _executions(result):
    rows = [
        (
            f"run {number}, started by {starter(execution)}",
            execution.status.lower(),
            count(len(execution.actions), "action"),
            duration(execution.seconds),
        )
        for number, execution in enumerate(result.snapshot.executions, 1)
    ]
    return table(rows, right=(2, 3)) if rows else []


def _not_run(result):
    rows = [(entry.command, count(entry.times, "time"), entry.reason) for entry in result.not_run]
    return table(rows, right=(1,)) if rows else []


def _calls(result):
    if not result.callers:
        return []
    rows = [("role", "calls", "errors", "accounts")]
    rows += [
        (caller.name, str(caller.calls), str(caller.errors), str(caller.accounts))
        for caller in result.callers[:_CALLERS]
    ]
    lines = table(rows, right=(1, 2, 3))
    if rest := result.callers[_CALLERS:]:
        lines.append(f"and {count(len(rest), 'role')} with {sum(c.calls for c in rest)} calls")
    total = sum(caller.calls for caller in result.callers)
    roots = ", ".join(result.root_calls) or "none"
    return [*lines, f"together {total}; as an account's root: {roots}"]


def _denials(result):
    if result.denials is None:
        return []
    return list(result.denials) or ["none"]


def _padded(rows):
    width = max((len(row[0]) for row in rows), default=0)
    return [f"{what.ljust(width)}  {where}" for what, where in rows]
