"""The table of patch points: every entry is checked, and nothing is patched outside it."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path

import pytest

from ...base import patch_point, patches
from ...base.patch_point import PatchPoint
from ...base.patches import TABLE, check, replace
from ...base.pinned import BaseMismatch

PACKAGE = Path(patches.__file__).parents[1]


@pytest.mark.parametrize("point", TABLE, ids=str)
def test_every_point_is_there_and_missed_when_it_is_not(point: PatchPoint) -> None:
    check((point,))
    missing = dataclasses.replace(point, name=point.name + "_gone")
    with pytest.raises(BaseMismatch, match=f"{point.name}_gone: no such name"):
        check((missing,))
    elsewhere = dataclasses.replace(point, module=point.module + "_gone")
    with pytest.raises(BaseMismatch, match="no such module"):
        check((elsewhere,))


@pytest.mark.parametrize("point", [point for point in TABLE if callable(point.current())], ids=str)
def test_every_function_has_a_fingerprint_that_is_checked(point: PatchPoint) -> None:
    assert point.fingerprint == patch_point.fingerprint(point.current())
    changed = dataclasses.replace(point, fingerprint="0" * 12)
    with pytest.raises(BaseMismatch, match=f"{point.name}: its source has changed"):
        check((changed,))


def test_all_mismatches_are_reported_at_once() -> None:
    table = [
        dataclasses.replace(point, fingerprint="0" * 12) for point in TABLE if point.fingerprint
    ]
    with pytest.raises(BaseMismatch) as caught:
        check(tuple(table))
    assert str(caught.value).count("its source has changed") == len(table)


def test_a_name_outside_the_table_is_not_replaced() -> None:
    with pytest.raises(BaseMismatch, match="not in the table"):
        replace("ministack.app", "main", print)
    with pytest.raises(BaseMismatch, match="not in the table"):
        # It is in the table, but to be used and not to be replaced.
        replace("ministack.services.s3", "_get_object_data", print)


def test_every_private_name_that_the_plug_in_uses_is_in_the_table() -> None:
    """Looks for `module._name` where the module is one of the base."""
    known = {(point.module.rpartition(".")[2], point.name) for point in TABLE}
    for path in (path for path in PACKAGE.rglob("*.py") if PACKAGE / "tests" not in path.parents):
        tree = ast.parse(path.read_text())
        imported: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ministack"):
                for alias in node.names:
                    imported[alias.asname or alias.name] = alias.name
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr.startswith("_")
                and isinstance(node.value, ast.Name)
            ):
                module = imported.get(node.value.id)
                assert module is None or (module, node.attr) in known, (
                    f"{path.name}: {module}.{node.attr}"
                )
