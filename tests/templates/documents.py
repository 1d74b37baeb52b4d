"""Tables that are made from the templates: where each name is given, which stack needs what,
and why each statement of each policy is there.

    python tests/templates/documents.py     writes them; a test fails when they are out of date
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2] / "tools")]

from comments import reasons  # noqa: E402
from model import ROOT, STACKS, Template, as_list, imports, policies, statements, templates  # noqa: E402
from names import NAMES, definitions  # noqa: E402

NAMES_FILE = ROOT / "docs/evidence/names.md"
PERMISSIONS = ROOT / "docs/evidence/permissions.md"
OVERVIEW = ROOT / "cloudformation/README.md"
MADE = "<!-- made by tests/templates/documents.py; do not edit below -->"


def names() -> str:
    lines = [
        "# Every name, and where it is given",
        "",
        "Made from the templates by `tests/templates/documents.py`; a test keeps it true. Each",
        "name is given exactly once.",
        "",
        "| kind | name | given in |",
        "|---|---|---|",
    ]
    where = {(found.kind, found.name): found.file for found in definitions()}
    for kind, given in NAMES.items():
        lines += [
            f"| {kind} | `{name}` | {_link(where.get((kind, name), '?'))} |" for name in given
        ]
    return "\n".join(lines) + "\n"


def permissions() -> str:
    lines = [
        "# Every policy, statement by statement",
        "",
        "Made from the templates by `tests/templates/documents.py`; a test keeps it true. The "
        "reason is the",
        "comment above the statement: what it is for, and what would not work without it.",
    ]
    for template in templates():
        found = list(policies(template))
        if not found:
            continue
        comment = iter(reasons(template))
        lines += [
            "",
            f"## [{template.name}](../../{template.name})",
            "",
            "| resource | statement | what | on | reason |",
            "|---|---|---|---|---|",
        ]
        for key, _, where, _, document in found:
            for statement in statements(document, template):
                sid, reason = next(comment)
                assert sid == statement["Sid"], f"{template.name}: {sid} is not {statement['Sid']}"
                lines.append(_row(f"{key}, {where}", sid, statement, reason))
    return "\n".join(lines) + "\n"


def _row(resource: str, sid: str, statement: dict, reason: str) -> str:
    actions = as_list(statement["Action"])
    services: dict[str, list[str]] = {}
    for action in actions:
        service, _, name = action.partition(":")
        services.setdefault(service, []).append(name)
    what = "; ".join(f"{service}: {', '.join(names)}" for service, names in services.items())
    targets = ", ".join(
        f"`{target}`" for target in as_list(statement.get("Resource", "the role itself"))
    )
    effect = "" if statement["Effect"] == "Allow" else "**denies** "
    condition = " (with a condition)" if "Condition" in statement else ""
    return f"| {resource} | {sid} | {effect}{what} | {targets}{condition} | {reason} |"


def overview() -> str:
    """The part of cloudformation/README.md below the mark."""
    lines = [
        "| | stack | template | account | Region | deployed by | exports | needs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    exporters = {}
    for stack in STACKS:
        for file in (stack.template, stack.child):
            if file:
                for output in Template(ROOT / file).body.get("Outputs", {}).values():
                    if "Export" in output:
                        exporters[output["Export"]["Name"]] = stack.name
    for number, stack in enumerate(STACKS, 1):
        body = Template(stack.template_path).body
        exports = [
            f"`{o['Export']['Name']}`" for o in body.get("Outputs", {}).values() if "Export" in o
        ]
        needs = {exporters[name] for name in imports(body) if exporters[name] != stack.name} | set(
            stack.needs
        )
        needed = ", ".join(f"{other.name}" for other in STACKS if other.name in needs)
        template = f"[{Path(stack.template).name}](../{stack.template})"
        if stack.child:
            template += f", with [{Path(stack.child).name}](../{stack.child}) as its child"
        lines.append(
            f"| {number} | `{stack.name}` | {template} | {stack.account} | {stack.region} | "
            f"{stack.by} "
            f"| {', '.join(exports)} | {needed} |"
        )
    return "\n".join(lines) + "\n"


def documents() -> dict[Path, str]:
    """The files as they should be."""
    head = OVERVIEW.read_text().split(MADE)[0]
    return {
        NAMES_FILE: names(),
        PERMISSIONS: permissions(),
        OVERVIEW: f"{head}{MADE}\n\n{overview()}",
    }


def _link(file: str) -> str:
    return f"[{file}](../../{file})" if (ROOT / file).exists() else file


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
        print(path.relative_to(ROOT))
