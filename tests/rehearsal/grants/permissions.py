"""Permissions count: roots are of no use after the first minute, and no refusal goes unseen."""

from ..names import RehearsalFailed

# How many refusals are printed; the report lists them all.
_TOLD = 5


def checked(emulator, after):
    """``after``, and then the expectation that nothing was refused: for behind every stage."""

    def look():
        after()
        expect_no_denials(emulator)

    return look


def expect_no_denials(emulator):
    """Fail when permissions refused anything so far, even if whoever asked made do without it."""
    refused = emulator.denials()
    if refused:
        sentences = dict.fromkeys(f"{denial['message']} ({denial['via']})" for denial in refused)
        reported = "; ".join(list(sentences)[:_TOLD])
        raise RehearsalFailed(f"permissions refused {len(refused)} times: {reported}")
