"""What each action that a role is granted was good for in a rehearsal: pure functions.

An action is *checked* when something was allowed by it alone: without it that call, or what a
service did in the role's name, would have been refused. The gate of the emulator works that out
for everything that it allows. Every other action needs a reason in `unchecked.toml`, or it is to
be removed from the template.
"""

from dataclasses import dataclass

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
class Row:
    """What became of a grant: its state, what showed that it is needed, or why nothing could."""

    grant: Grant
    state: str
    shown_by: str = ""
    reason: str = ""


def granted(roles):
    """The grants of roles, from (role name, policy name, policy document)."""
    found = set()
    for role, policy, document in roles:
        for number, statement in enumerate(document["Statement"]):
            if statement["Effect"] != "Allow":
                continue
            label = statement.get("Sid") or str(number)
            actions = statement["Action"]
            for action in [actions] if isinstance(actions, str) else actions:
                found.add(Grant(role_name(role), policy, label, action))
    return found


def used(ledger):
    """Grant -> (state, by what), from the emulator's `GET /_emulator/permissions`."""
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
                if states.get(grant, (SHARED,))[0] != CHECKED:
                    states[grant] = (state, row["first"]["via"])
    return states


def rows(grants, ledger, reasons):
    """Every grant with what became of it, in order."""
    states = used(ledger)
    found = []
    for grant in sorted(grants):
        state, shown_by = states.get(grant, (UNUSED, ""))
        reason = "" if state == CHECKED else _why(grant, reasons)
        found.append(Row(grant, state, shown_by, reason))
    return found


@dataclass(frozen=True)
class Reason:
    """Why a rehearsal cannot show that actions of a role are needed; without actions, any."""

    role: str
    actions: tuple[str, ...]
    why: str

    def is_for(self, grant):
        """Whether it explains a grant."""
        return self.role == grant.role and (not self.actions or grant.action in self.actions)


def read_reasons(document):
    """The reasons of `unchecked.toml`."""
    return tuple(
        Reason(entry["role"], tuple(entry.get("actions", ())), entry["why"])
        for entry in document.get("unchecked", [])
    )


def _why(grant, reasons):
    return next((reason.why for reason in reasons if reason.is_for(grant)), "")


def problems(found, reasons):
    """What is wrong, in sentences: grants without use or reason, and reasons without need."""
    useless = {}
    for row in found:
        if row.state != CHECKED and not row.reason:
            useless.setdefault((row.grant.role, row.state), []).append(row.grant.action)
    told = [
        f"{role} has what was {state}: {', '.join(actions)}. Remove it, or say in unchecked.toml "
        "why only AWS can show it"
        for (role, state), actions in useless.items()
    ]
    unchecked = [row.grant for row in found if row.state != CHECKED]
    for reason in reasons:
        for action in reason.actions or (None,):
            only = Reason(reason.role, (action,) if action else (), reason.why)
            if not any(only.is_for(grant) for grant in unchecked):
                what = f"{action or 'all else'} of {reason.role}"
                told.append(
                    f"unchecked.toml explains {what}, which is checked or not granted: drop it"
                )
    return told


def table(found):
    """The table as Markdown."""
    lines = [
        "# Which permission is needed, as far as a rehearsal shows",
        "",
        "Made by `make rehearsal-permissions`. *Checked*: a call, or what a service did in the",
        "role's name, was allowed by this action alone; with the action taken out of the role's",
        "policies it would have been refused and recorded. The others stand with their reason.",
        "Resource, key and trust policies are in force, too, but not taken apart here.",
        "",
        "| role | granted | checked | not checked |",
        "|---|--:|--:|--:|",
    ]
    by_role = {}
    for row in found:
        by_role.setdefault(row.grant.role, []).append(row)
    for role, its in by_role.items():
        checked = sum(row.state == CHECKED for row in its)
        lines.append(
            f"| [`{role}`](#{anchor(role)}) | {len(its)} | {checked} | {len(its) - checked} |"
        )
    total = sum(row.state == CHECKED for row in found)
    lines.append(f"| together | {len(found)} | {total} | {len(found) - total} |")
    for role, its in by_role.items():
        lines += ["", f"## {role}", "", "| statement | checked | not checked |", "|---|---|---|"]
        by_statement = {}
        for row in its:
            by_statement.setdefault((row.grant.policy, row.grant.statement), []).append(row)
        for (_, statement), group in by_statement.items():
            checked = [f"`{row.grant.action}`" for row in group if row.state == CHECKED]
            lines.append(f"| {statement} | {', '.join(checked)} | {_unchecked(group)} |")
    return "\n".join(lines) + "\n"


def anchor(title):
    """How a heading is linked to."""
    return title.lower()


def _unchecked(group):
    by_reason = {}
    for row in group:
        if row.state != CHECKED:
            by_reason.setdefault((row.state, row.reason), []).append(f"`{row.grant.action}`")
    return "; ".join(
        f"{', '.join(actions)}: {reason or state}" for (state, reason), actions in by_reason.items()
    )
