"""HTML as values: whatever is not markup already is escaped, so no text becomes markup."""

from html import escape

_EMPTY = ("meta", "br")


class Html(str):
    """Text that is markup."""


def el(name, /, *children, **attributes):
    """An element; ``None`` among children and attributes is left out.

    An underscore behind an attribute's name falls away (``class_``), one within it
    is a hyphen (``aria_label``).
    """
    words = [name]
    for key, value in attributes.items():
        if value is not None:
            words.append(f'{key.rstrip("_").replace("_", "-")}="{escape(str(value))}"')
    opening = f"<{' '.join(words)}>"
    return Html(opening if name in _EMPTY else f"{opening}{join(children)}</{name}>")


def join(children):
    """Children one behind the other."""
    return Html("".join(_markup(child) for child in children if child is not None))


def _markup(child):
    return child if isinstance(child, Html) else escape(str(child))


def card(title, name, *children):
    """A section with its headline, whose id is ``name``."""
    return el(
        "section",
        el("h2", title, id=name),
        *children,
        class_="card",
        aria_labelledby=name,
    )


def table(name, columns, rows, caption=None, wide=False, numbers=()):
    """A table in a box that scrolls by itself; the first cell of a row is its header."""
    heads = [
        el("th", title, scope="col", class_="number" if at in numbers else None)
        for at, title in enumerate(columns)
    ]
    body = [
        el(
            "tr",
            el("th", row[0], scope="row"),
            *(
                el("td", cell, class_="number" if at in numbers else None)
                for at, cell in enumerate(row[1:], 1)
            ),
        )
        for row in rows
    ]
    return el(
        "div",
        el(
            "table",
            el("caption", caption) if caption else None,
            el("thead", el("tr", *heads)),
            el("tbody", *body),
            class_="wide" if wide else None,
            aria_labelledby=name,
        ),
        class_="scroll",
        role="group",
        tabindex="0",
        aria_labelledby=name,
    )


def lines(items, look="lines"):
    """Items below each other."""
    items = list(items)
    return el("ul", *(el("li", item) for item in items), class_=look) if items else none()


def names(items):
    """Names below each other, none of which is broken."""
    return lines(items, "lines names")


def none():
    """Where there is nothing to show."""
    return el("span", "none", class_="muted")
