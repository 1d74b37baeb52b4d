"""Goes through the steps: each looks first, does what is missing, and looks again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from deploy.problem import Problem, aws_reason

from .outcome import (
    FAILED,
    HELD,
    LEFT_OUT,
    MISSING,
    NOT_ASKED,
    NOT_YET,
    SOON,
    Outcome,
    failed,
)
from .remedies import remedy
from .scene import Scene

POLL_SECONDS = 2
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


@dataclass(frozen=True)
class Step:
    """One line of the checklist."""

    name: str
    title: str
    who: str  # whose profile it runs with
    look: Callable[[Scene], Outcome]
    remedy: str
    do: Callable[[Scene], None] | None = None
    would: str = ""  # what `do` would do, in words
    after: tuple[str, ...] = ()  # steps that must hold before
    asked: Callable[[Scene], bool] = field(default=lambda scene: True)
    how: str = ""  # how to ask for it, where it is not always done


@dataclass(frozen=True)
class Result:
    """What came of a step."""

    step: Step
    outcome: Outcome
    remedy: str = ""


def run(
    steps, scene: Scene, apply: bool, wait: float, tell: Callable[[Result], None]
) -> list[Result]:
    """Looks at every step, and with `apply` does what is missing; tells each result as it comes."""
    results: dict[str, Result] = {}
    for step in steps:
        before = [name for name in step.after if results[name].outcome.kind != HELD]
        if not step.asked(scene):
            outcome = Outcome(NOT_ASKED, (step.how,))
        elif before:
            outcome = Outcome(LEFT_OUT, (f"needs: {', '.join(before)}",))
        else:
            outcome = _one(step, scene, apply, wait)
        results[step.name] = Result(
            step, outcome, remedy(outcome.words, step.remedy) if outcome.kind == FAILED else ""
        )
        tell(results[step.name])
        if apply:
            scene.state.part("steps")[step.name] = outcome.kind
            scene.state.save()
    return list(results.values())


def status(results: list[Result]) -> int:
    """0: everything holds. 1: something does not. 3: something is still to come."""
    kinds = {result.outcome.kind for result in results}
    if FAILED in kinds:
        return 1
    return 3 if kinds & {NOT_YET, MISSING, LEFT_OUT} else 0


def _one(step: Step, scene: Scene, apply: bool, wait: float) -> Outcome:
    outcome = _attempt(step, scene, lambda: step.look(scene))
    if not apply:
        return _in_preview(step, outcome)
    # What failed in an earlier run is tried again, once: its cause may be gone.
    again = outcome.kind == FAILED and scene.state.part("steps").get(step.name) == FAILED
    if step.do and (outcome.kind == MISSING or again):
        done = _attempt(step, scene, lambda: step.do(scene))
        if done is not None:
            return done
        outcome = _attempt(step, scene, lambda: step.look(scene))
    deadline = time.monotonic() + wait
    while outcome.again == SOON and time.monotonic() < deadline:
        time.sleep(min(POLL_SECONDS, wait))
        outcome = _attempt(step, scene, lambda: step.look(scene))
    return outcome


def _in_preview(step: Step, outcome: Outcome) -> Outcome:
    if outcome.kind == MISSING:
        return replace(outcome, seen=(*outcome.seen, f"would {step.would}"))
    return outcome


def _attempt(step: Step, scene: Scene, act: Callable):
    """What the act returns; the outcome of a call that AWS refused or that could not be made."""
    try:
        return act()
    except ClientError as error:
        words = f"{error.operation_name}: {aws_reason(error)}"
        if error.response["Error"]["Code"] in DENIED:
            note_denial(scene, step, words)
        return failed(words)
    except BotoCoreError as error:
        return failed(f"AWS could not be called: {' '.join(str(error).split())}")
    except Problem as problem:
        return failed(str(problem))


def note_denial(scene: Scene, step: Step, words: str) -> None:
    """Keeps every refusal for the report, once a step."""
    kept = scene.state.data.setdefault("denied", [])
    if not any(entry["step"] == step.name and entry["words"] == words for entry in kept):
        when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        kept.append({"step": step.name, "who": step.who, "when": when, "words": words})
