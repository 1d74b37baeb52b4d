"""A buildspec, as far as the emulator runs it; what it does not run is refused, not passed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

PHASES = ("install", "pre_build", "build", "post_build")
_KNOWN = frozenset({"version", "env", "phases", "cache"})
_ENV = frozenset({"variables", "exported-variables", "shell"})
_PHASE = frozenset({"commands", "finally", "on-failure"})


class BuildspecError(Exception):
    """What the build's log and phase say of its buildspec."""


@dataclass(frozen=True)
class Phase:
    """A phase's commands; those in ``finally`` run even after one that failed."""

    commands: list[str] = field(default_factory=list)
    finally_: list[str] = field(default_factory=list)
    continues: bool = False


@dataclass(frozen=True)
class Buildspec:
    """What a build does."""

    variables: dict[str, str]
    exported: list[str]
    phases: dict[str, Phase]
    runtimes: dict[str, str]
    shell: str = "sh"


def parse(text: str) -> Buildspec:
    """Read a buildspec; raises `BuildspecError` for what CodeBuild or the emulator does not run."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecError(f"YAML_FILE_ERROR: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict) or "phases" not in document:
        raise BuildspecError("YAML_FILE_ERROR: the buildspec has no phases")
    if str(document.get("version")) != "0.2":
        raise BuildspecError(f"the emulator runs version 0.2, not {document.get('version')}")
    _refuse(set(document) - _KNOWN, "buildspec")
    environment = document.get("env") or {}
    _refuse(set(environment) - _ENV, "env")
    phases = document["phases"] or {}
    # Of the install phase alone; the others refuse them.
    runtimes = (phases.get("install") or {}).pop("runtime-versions", None) or {}
    _refuse(set(phases) - set(PHASES), "phases")
    shell = str(environment.get("shell", "sh"))
    if shell not in ("sh", "bash"):
        raise BuildspecError(f"the emulator has the shells sh and bash, not {shell}")
    return Buildspec(
        {str(k): str(v) for k, v in (environment.get("variables") or {}).items()},
        [str(name) for name in environment.get("exported-variables") or []],
        {name: _phase(name, phases.get(name) or {}) for name in PHASES},
        {str(name): str(version) for name, version in runtimes.items()},
        shell,
    )


def _phase(name: str, document: dict[str, Any]) -> Phase:
    _refuse(set(document) - _PHASE, name)
    on_failure = document.get("on-failure", "ABORT")
    if on_failure not in ("ABORT", "CONTINUE"):
        raise BuildspecError(f"the emulator has on-failure ABORT and CONTINUE, not {on_failure}")
    return Phase(
        [str(command) for command in document.get("commands") or []],
        [str(command) for command in document.get("finally") or []],
        on_failure == "CONTINUE",
    )


def _refuse(unknown: set[Any], where: str) -> None:
    if unknown:
        names = ", ".join(sorted(str(name) for name in unknown))
        raise BuildspecError(f"the emulator does not run {names} of {where}")
