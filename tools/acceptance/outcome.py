"""What a look at one step finds. Plain values."""

from dataclasses import dataclass

HELD, NOT_YET, FAILED, MISSING = "held", "not yet", "failed", "missing"
# A step that was not looked at: one that it needs did not hold, or nobody asked for it.
LEFT_OUT, NOT_ASKED = "left out", "not asked for"

SOON = "in five minutes"


@dataclass(frozen=True)
class Outcome:
    """What was found: lines for people, AWS's own words, and when to look again."""

    kind: str
    seen: tuple[str, ...] = ()
    words: str = ""
    again: str = ""


def held(*seen: str) -> Outcome:
    return Outcome(HELD, seen)


def not_yet(*seen: str, again: str = SOON) -> Outcome:
    """Something is under way and needs nothing but time."""
    return Outcome(NOT_YET, seen, again=again)


def missing(*seen: str) -> Outcome:
    """It is not there, and can be made."""
    return Outcome(MISSING, seen)


def failed(words: str, *seen: str) -> Outcome:
    """It does not hold; `words` are AWS's where AWS said something."""
    return Outcome(FAILED, seen, words)
