"""The frame of a page: its head with the policy that allows its own style and nothing else."""

import base64
import hashlib
from pathlib import Path

from .markup import Html, el

_STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def document(title, header, sections, footer):
    """The whole page; ``sections`` are its main part."""
    # Widths as rules: style attributes would need a laxer policy.
    style = _STYLE + "".join(f".w{width} {{ width: {width}%; }}\n" for width in range(0, 101, 2))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="color-scheme", content="light dark"),
        el("title", title),
        el("style", Html(style)),
    )
    body = el(
        "body",
        el("a", "Skip to the result", class_="skip", href="#result"),
        header,
        el("main", *sections, id="result", tabindex="-1"),
        el("footer", el("p", *footer)),
    )
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


def headline(title, line, figures):
    """The page's header; ``figures`` are (what, how many)."""
    return el(
        "header",
        el("div", el("h1", title), el("p", line)),
        el("dl", *(el("div", el("dt", k), el("dd", v)) for k, v in figures), class_="figures"),
    )


def verdict(words, look, details=None):
    """How it ended, in a sentence; ``look`` is `good`, `bad` or `open`."""
    return el(
        "section",
        el("p", words[0].upper() + words[1:]),
        el("pre", details) if details else None,
        class_=f"outcome {look}",
        aria_label="How it ended",
    )
