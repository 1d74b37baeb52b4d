"""The report as a page. A pure function of it."""

from web_page.document import document, headline, verdict
from web_page.markup import card, el, join, lines, none, table

from .outcome import FAILED, HELD, NOT_ASKED

_LOOKS = {HELD: "ok", FAILED: "failed"}


def page(report: dict) -> str:
    """The whole page."""
    steps = report["steps"]
    kinds = [step["outcome"] for step in steps]
    figures = [
        ("steps held", f"{kinds.count(HELD)} of {len(steps)}"),
        ("did not hold", kinds.count(FAILED)),
        ("calls denied", len(report["denied"])),
        ("stack instances", len(report["stack instances"])),
    ]
    footer = (
        f"Made by `make acceptance` of commit {report['commit']}, run {report['run']}. "
        "What it shows, and what not, stands in ",
        el("code", "docs/deployment.md"),
        ".",
    )
    made = f"{report['organization']}, {report['made']}"
    title = f"Acceptance: {report['outcome']}"
    return document(title, headline("Acceptance", made, figures), _sections(report), footer)


def _sections(report: dict):
    wrong = [step for step in report["steps"] if step["outcome"] == FAILED]
    kinds = {step["outcome"] for step in report["steps"]}
    yield verdict(
        report["outcome"],
        "bad" if wrong else "good" if kinds <= {HELD, NOT_ASKED} else "open",
        "\n\n".join(f"{one['title']}\n{one['words']}\nRemedy: {one['remedy']}" for one in wrong),
    )
    yield card("The checklist", "steps", _steps(report["steps"]))
    yield card(
        "Calls that were denied and should not have been", "denied", _denied(report["denied"])
    )
    if report["stack instances"]:
        columns = ("stack set", "account", "Region", "status", "detailed status", "reason")
        rows = [(row[0], *row[1:]) for row in report["stack instances"]]
        yield card("Stack instances", "instances", table("instances", columns, rows, wide=True))
    yield el(
        "div",
        card(
            "Accounts", "accounts", table("accounts", ("what", "account", "caller"), _who(report))
        ),
        card("What stays", "stays", lines(report["stays"])),
        class_="pair",
    )


def _steps(steps: list[dict]):
    rows = []
    for step in steps:
        outcome = el("span", step["outcome"], class_=_LOOKS.get(step["outcome"], "left-out"))
        again = el("span", f"look again {step['again']}", class_="small") if step["again"] else None
        seen = list(step["seen"])
        if step["words"]:
            seen = [f"AWS or the check says: {step['words']}", *seen]
        if step["remedy"]:
            seen.append(f"Remedy: {step['remedy']}")
        rows.append(
            (
                join([step["title"], el("span", f"with {step['with']}", class_="small")]),
                join([outcome, el("br") if again else None, again]),
                lines(seen),
            )
        )
    return table("steps", ("step", "outcome", "what was seen"), rows, wide=True)


def _denied(denied: list[dict]):
    if not denied:
        return none()
    rows = [(one["step"], one["who"], one["when"], one["words"]) for one in denied]
    return table("denied", ("step", "profile", "when", "AWS's words"), rows, wide=True)


def _who(report: dict):
    return [
        (who, account, report["callers"].get(who, ""))
        for who, account in report["accounts"].items()
    ]
