"""The reason above a statement: YAML's data has no comments, so the text is read."""

from model import Template


def reasons(template: Template) -> list[tuple[str, str]]:
    """(Sid, comment above it) for every statement, in the order of the text."""
    lines = template.text.splitlines()
    found = []
    for number, line in enumerate(lines):
        text = line.strip()
        if not text.startswith("- Sid: "):
            continue
        above = number - 1
        # A statement behind a condition: its comment stands above the condition.
        if not lines[above].strip().startswith("#") and lines[above - 1].strip() == "- !If":
            above -= 2
        comment = []
        while lines[above].strip().startswith("#"):
            comment.insert(0, lines[above].strip().lstrip("# "))
            above -= 1
        found.append((text.removeprefix("- Sid: "), " ".join(comment)))
    return found
