"""What tests write down in `docs/evidence/moving.md`, a section each."""

import os
import re

from kit.names import ROOT

DOCUMENT = ROOT / "docs" / "evidence" / "moving.md"


def expect_section(heading, text):
    """Fail unless the section has this text; with ``UPDATE_EXPECT`` write it."""
    document = DOCUMENT.read_text()
    section = re.compile(rf"(?ms)^## {re.escape(heading)}\n.*?(?=^## |\Z)")
    assert section.search(document), f"{DOCUMENT} has no section `{heading}`"
    updated = section.sub(lambda _: f"## {heading}\n\n{text}\n\n", document).rstrip() + "\n"
    if os.environ.get("UPDATE_EXPECT"):
        DOCUMENT.write_text(updated)
    assert DOCUMENT.read_text() == updated, "UPDATE_EXPECT=1 make test-moves writes it anew"
