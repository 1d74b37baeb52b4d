"""What each action that a role is granted was good for in a rehearsal: pure functions.

An action is *checked* when something was allowed by it alone: without it that call, or what a
service did in the role's name, would have been refused. The gate of the emulator works that out
for everything that it allows. Every other action needs a reason in `unchecked.toml`, or it is to
be removed from the template.
"""

from dataclasses import dataclass, replace

from .role_names import role_name

CHECKED, SHARED, UNUSED = "checked", "allowed by something else, too", "never asked for"


@dataclass(frozen=True, order=True)
class Grant:
    """An action, as written, in a statement of a role's policy."""

    role: str
    policy: str
    statement: str
    action: str


@dataclass(frozen=True)
class Reason:
    """Why a rehearsal does not show that actions of a role are needed; without actions, any.

    ``test`` is the file that shows it; ``only_aws`` says that nothing here can.
    """

    role: str
    actions: tuple[str, ...]
    why: str
    test: str = ""
    only_aws: bool = False

    def is_for(self, grant):
        """Whether it explains a grant."""
        return self.role == grant.role and (not self.actions or grant.action in self.actions)


@dataclass(frozen=True)
class Row:
    """What became of a grant: its state, and, unless it is checked, why it stays."""

    grant: Grant
    state: str
    reason: Reason | None = None


def granted(roles):
    """The grants of roles, from (role name, policy name, policy document)."""
    found = set()
    for role, policy, document in roles:
        for number, statement in enumerate(document["Statement"], 1):
            if statement["Effect"] != "Allow":
                continue
            label = statement.get("Sid") or f"statement {number}"
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                found.add(Grant(role_name(role), policy, label, action))
    return found


def used(ledger):
    """Grant -> its state, from the emulator's `GET /_emulator/permissions`."""
    states = {}
    for role in ledger["roles"]:
        name = role_name(role["role"].rpartition("/")[2])
        for statement in role["statements"]:
            for row in statement["actions"]:
                if row["state"] == "unused":
                    continue
                grant = Grant(
                    name,
                    statement["policy"].removeprefix("inline "),
                    statement["statement"],
                    row["action"],
                )
                state = CHECKED if row["state"] == "decisive" else SHARED
                if states.get(grant) != CHECKED:
                    states[grant] = state
    return states


def rows(grants, ledger, reasons):
    """Every grant with what became of it, in order."""
    states = used(ledger)
    found = []
    for grant in sorted(grants):
        state = states.get(grant, UNUSED)
        reason = next((reason for reason in reasons if reason.is_for(grant)), None)
        found.append(Row(grant, state, None if state == CHECKED else reason))
    return found


def read_reasons(document):
    """The reasons of `unchecked.toml`."""
    return tuple(
        Reason(**{**entry, "actions": tuple(entry.get("actions", ()))})
        for entry in document.get("unchecked", [])
    )


def problems(found, reasons):
    """What is wrong, in sentences: grants without use or reason, and reasons without need."""
    useless = {}
    for row in found:
        if row.state != CHECKED and not row.reason:
            useless.setdefault((row.grant.role, row.state), []).append(row.grant.action)
    reported = [
        f"{role} has what was {state}: {', '.join(actions)}. Remove it, or say in unchecked.toml "
        "why only AWS can show it"
        for (role, state), actions in useless.items()
    ]
    unchecked = [row.grant for row in found if row.state != CHECKED]
    for reason in reasons:
        for action in reason.actions or (None,):
            only = replace(reason, actions=(action,) if action else ())
            if not any(only.is_for(grant) for grant in unchecked):
                what = f"{action or 'all else'} of {reason.role}"
                reported.append(
                    f"unchecked.toml explains {what}, which is checked or not granted: drop it"
                )
    return reported


# How a grant stands in the table's summary.
_COLUMNS = ("checked", "by another test", "only AWS", "kept", "unused")


def _column(row):
    if row.state == CHECKED:
        return "checked"
    if row.reason is None:
        return "unused"
    if row.reason.test:
        return "by another test"
    return "only AWS" if row.reason.only_aws else "kept"


def table(found):
    """The table as Markdown."""
    by_role = {}
    for row in found:
        by_role.setdefault(row.grant.role, []).append(row)
    lines = [
        *_INTRODUCTION,
        "",
        f"| role | granted | {' | '.join(_COLUMNS)} |",
        "|---|--:" + "|--:" * len(_COLUMNS) + "|",
        *(_counts(f"[`{role}`](#{role.lower()})", its) for role, its in by_role.items()),
        _counts("together", found),
    ]
    for role, its in by_role.items():
        lines += [
            "",
            f"## {role}",
            "",
            "| policy, statement | checked | not checked |",
            "|---|---|---|",
        ]
        by_statement = {}
        for row in its:
            by_statement.setdefault((row.grant.policy, row.grant.statement), []).append(row)
        for place, group in by_statement.items():
            checked = [f"`{row.grant.action}`" for row in group if row.state == CHECKED]
            lines.append(f"| {', '.join(place)} | {', '.join(checked)} | {_unchecked(group)} |")
    return "\n".join(lines) + "\n"


def _counts(title, its):
    columns = [_column(row) for row in its]
    numbers = " | ".join(str(columns.count(name)) for name in _COLUMNS)
    return f"| {title} | {len(its)} | {numbers} |"


def _unchecked(group):
    by_reason = {}
    for row in group:
        if row.state != CHECKED:
            by_reason.setdefault((row.reason, row.state), []).append(f"`{row.grant.action}`")
    return "; ".join(
        f"{', '.join(actions)}: {_words(reason, state)}"
        for (reason, state), actions in by_reason.items()
    )


def _words(reason, state):
    if reason is None:
        return state
    if reason.test:
        return f"[{reason.why}](../../{reason.test})"
    return f"only AWS: {reason.why}" if reason.only_aws else reason.why


_INTRODUCTION = (
    "# Which permission is needed, as far as can be seen without AWS",
    "",
    "Made by `make rehearsal-permissions`. *Checked*: in a rehearsal a call, or what a service did",
    "in the role's name, was allowed by this action alone; with the action taken out of the role's",
    "policies it would have been refused and recorded. *By another test*: that one shows it. *Only",
    "AWS*: nothing here can. *Kept*: something else allows it as well. *Unused*: to be removed.",
    "Resource, key and trust policies are in force, too, but not taken apart here.",
)
