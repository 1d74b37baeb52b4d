"""What the control plane shows of the permissions, and changes."""

from __future__ import annotations

from typing import Any

from .gate import Gate, Without


def show(gate: Gate) -> dict[str, Any]:
    """Whether roots are let pass, what is left out, and what the roles' policies were used for."""
    return {
        "roots": gate.roots,
        "without": [{"role": w.role, "action": w.action} for w in gate.without],
        **gate.ledger.show(),
    }


def change(gate: Gate, value: dict[str, Any]) -> None:
    """Let roots pass or not, leave actions out; raises ``ValueError`` for anything else."""
    if unknown := set(value) - {"roots", "without"}:
        raise ValueError(f"unknown member `{sorted(unknown)[0]}` of the permissions")
    roots, without = value.get("roots", gate.roots), value.get("without")
    if not isinstance(roots, bool):
        raise ValueError("`roots` must be true or false")
    if without is not None:
        gate.without = tuple(_read_without(without))
    gate.roots = roots


def _read_without(value: Any) -> list[Without]:
    if not isinstance(value, list):
        raise ValueError("`without` must be a list")
    for entry in value:
        if not isinstance(entry, dict) or set(entry) != {"role", "action"}:
            raise ValueError("an entry of `without` must be an object with `role` and `action`")
        if not all(isinstance(part, str) for part in entry.values()):
            raise ValueError("`role` and `action` of `without` must be strings")
    return [Without(entry["role"], entry["action"]) for entry in value]
