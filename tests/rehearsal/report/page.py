"""The result as a page: one file without scripts and requests. A pure function of a result."""

from web_page.document import document, headline, verdict
from web_page.markup import card, el, join, lines, names, none, table

from .report import count, duration, starter
from .result import FAILED, LEFT_OUT, OK, PARTS

_OUTCOMES = {OK: ("ok", "held"), FAILED: ("failed", "failed"), LEFT_OUT: ("left-out", "not run")}
_KINDS = ("vault", "key", "role", "function", "bucket")


def page(result):
    """The whole page."""
    footer = (
        "Everything ran on one machine, in an emulated AWS organization. "
        "What that shows, and what it does not, stands in ",
        el("code", "tests/rehearsal/README.md"),
        ".",
    )
    title = f"{result.title}: {_outcome_words(result)}"
    return document(title, _header(result), _sections(result), footer)


def _header(result):
    held = sum(stage.outcome == OK for stage in result.stages)
    figures = [
        ("stages held", f"{held} of {len(result.stages)}"),
        ("accounts", len(result.snapshot.accounts)),
        ("Regions", len(result.snapshot.regions)),
        ("backup policies", len(result.snapshot.policies)),
        ("AWS calls", f"{sum(caller.calls for caller in result.callers):,}"),
    ]
    if result.denials is not None:
        figures.append(("denials", len(result.denials)))
    line = f"{result.began}, {duration(result.seconds)}"
    return headline(result.title, line, figures)


def _outcome_words(result):
    if failure := result.failure:
        return f"failed in stage {result.stages.index(failure) + 1}, {failure.title}"
    return f"all {len(result.stages)} stages held"


def _sections(result):
    snapshot = result.snapshot
    failure = result.failure
    look = "bad" if failure else "good"
    yield verdict(_outcome_words(result), look, failure.message if failure else None)
    if snapshot.accounts:
        yield card("Accounts and Regions", "places", _places(result))
    if snapshot.policies:
        yield card("Backup policies", "policies", _policies(snapshot))
    if snapshot.executions:
        yield card("The pipeline in the home account", "pipeline", _pipeline(snapshot))
    yield el(
        "div",
        card("Stages", "stages", _stages(result)),
        card("AWS calls", "calls", _calls(result)),
        class_="pair",
    )
    holding = [account for account in snapshot.accounts if account.stacks or account.holdings]
    if holding:
        # The one that has most gets a row for itself, if that is left.
        holding.sort(key=lambda account: len(account.stacks) + len(account.holdings))
        yield el(
            "div",
            *(card(f"The {a.name} account", f"account-{a.id}", _account(a)) for a in holding),
            class_="pair",
        )
    yield card("Not run by the builds here", "not-run", _not_run(result))
    if result.denials is not None:
        yield card("Permissions: denials", "denials", lines(result.denials))
    if result.look:
        rows = [child for k, v in result.look for child in (el("dt", k), el("dd", el("code", v)))]
        yield card("Where to look", "look", el("dl", *rows, class_="look"))


def _places(result):
    regions = result.snapshot.regions
    rows = []
    for account in result.snapshot.accounts:
        where = " / ".join(account.units) or "the root"
        name = join(
            [
                account.name,
                el("span", account.id, class_="small"),
                el("span", f"in {where}", class_="small"),
                # What it is for is not what a target account has.
                el("a", "its own stacks", class_="small", href=f"#account-{account.id}")
                if account.stacks
                else None,
            ]
        )
        places = [_parts(account.places[region]) for region in regions]
        rows.append((name, *places, names(account.policies)))
    caption = f"What each account has, {result.seen}." if result.seen else None
    columns = ("account", *regions, "policies that reach it")
    return table("places", columns, rows, caption, wide=True)


def _parts(there):
    if not there:
        return el("span", "nothing", class_="muted")
    items = [
        el("li", f"✓ {part}", class_="has")
        if part in there
        else el("li", f"no {part}", class_="lacks")
        for part in PARTS
    ]
    return el("ul", *items, class_="parts")


def _policies(snapshot):
    rows = []
    for policy in snapshot.policies:
        reached = [a.name for a in snapshot.accounts if policy.name in a.policies]
        rules = [
            join(
                [
                    el("code", rule.schedule),
                    f" into {rule.vault}, kept {rule.keeps}",
                    *(join([", copied to ", el("code", copy)]) for copy in rule.copies),
                ]
            )
            for rule in policy.rules
        ]
        rows.append(
            (
                policy.name,
                names(policy.targets),
                names(reached),
                names(policy.regions),
                names(policy.selects),
                lines(rules),
            )
        )
    columns = ("policy", "attached to", "accounts", "Regions", "resources tagged", "rules")
    return table("policies", columns, rows, wide=True)


def _pipeline(snapshot):
    runs = snapshot.executions
    # As in the pipeline, which may have got actions between its runs.
    actions = {(a.stage, a.name): None for run in reversed(runs) for a in run.actions}
    longest = max((action.seconds for run in runs for action in run.actions), default=0)
    rows = [
        (
            join([name, el("span", f"in {stage}", class_="small aside")]),
            *(
                join(
                    _time(action.status.lower(), action.seconds, longest)
                    for action in run.actions
                    if (action.stage, action.name) == (stage, name)
                )
                for run in runs
            ),
        )
        for stage, name in actions
    ]
    columns = ["action"]
    columns += [
        f"run {number}: {starter(run)}, {run.status.lower()}, {duration(run.seconds)}"
        for number, run in enumerate(runs, 1)
    ]
    return table("pipeline", columns, rows, wide=True)


def _time(words, seconds, longest):
    """An outcome, its time, and a bar for those who see it."""
    width = round(50 * seconds / longest) * 2 if longest else 0
    bar = el("span", el("span", class_=f"w{width}"), class_="track", aria_hidden="true")
    look = {"succeeded": "ok", "held": "ok", "failed": "failed"}.get(words, "left-out")
    return el("div", el("span", words, class_=look), f" {duration(seconds)}", bar, class_="took")


def _account(account):
    named = {kind: [] for kind in _KINDS}
    for kind, region, name in account.holdings:
        named.setdefault(kind, []).append(f"{name} ({region})" if region else name)
    held = [(kind, lines(found)) for kind, found in named.items() if found]
    name = f"account-{account.id}"
    rows = [
        (stack, el("span", region, class_="short"), status)
        for region, stack, status in account.stacks
    ]
    return el(
        "div",
        table(name, ("kind", "what"), held) if held else None,
        table(name, ("stack", "Region", "status"), rows) if rows else None,
        class_="pair",
    )


def _stages(result):
    longest = max((stage.seconds for stage in result.stages), default=0)
    rows = []
    for number, stage in enumerate(result.stages, 1):
        look, words = _OUTCOMES[stage.outcome]
        ran = stage.outcome != LEFT_OUT
        how = _time(words, stage.seconds, longest) if ran else el("span", words, class_=look)
        rows.append((f"{number}. {stage.title}", how))
    return table("stages", ("stage", "how it ended"), rows)


def _calls(result):
    rows = [
        (el("code", caller.name), f"{caller.calls:,}", caller.errors, caller.accounts)
        for caller in result.callers
    ]
    roots = ", ".join(result.root_calls) or "none"
    shown = table("calls", ("role", "calls", "errors", "accounts"), rows, numbers=(1, 2, 3))
    return join([shown, el("p", f"As an account's root: {roots}.", class_="small")])


def _not_run(result):
    if not result.not_run:
        return none()
    rows = [
        (el("code", entry.command), count(entry.times, "time"), entry.reason)
        for entry in result.not_run
    ]
    return table("not-run", ("command", "met", "why"), rows)
