"""The table of patch points: every entry is checked, and nothing is patched outside it."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from ...base import points
from ...base.patches import check, replace
from ...base.pinned import BaseMismatch
from ...base.points import TABLE, PatchPoint
from ..conftest import ROOT

PACKAGE = Path(points.__file__).parents[1]
SOURCES = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "tests" not in path.parents]


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
    assert point.fingerprint == points.fingerprint(point.current())
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


@functools.cache
def used() -> tuple[tuple[Path, str, str], ...]:
    """Every name of a module of the base that the plug-in has: file, module and name.

    Both as `module.name` and as `from module import name`.
    """
    found = []
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        modules: dict[str, str] = {}
        for node in ast.walk(tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            package = node.module or ""
            if package.partition(".")[0] != "ministack":
                continue
            for alias in node.names:
                inner = f"{package}.{alias.name}"
                if importlib.util.find_spec(inner) if _is_package(package) else None:
                    modules[alias.asname or alias.name] = inner
                else:
                    found.append((path, package, alias.name))
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module = modules.get(node.value.id, "")
                if module:
                    found.append((path, module, node.attr))
    return tuple(found)


def _is_package(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.submodule_search_locations is not None


def test_every_private_name_that_the_plug_in_uses_is_in_the_table() -> None:
    known = {str(point) for point in TABLE}
    for path, module, name in used():
        assert not name.startswith("_") or f"{module}.{name}" in known, (
            f"{path.name}: {module}.{name}"
        )


def test_nothing_is_in_the_table_that_the_plug_in_does_not_use() -> None:
    found = {f"{module}.{name}" for _, module, name in used()}
    texts = "".join(
        p.read_text() for p in PACKAGE.rglob("*.py") if PACKAGE / "tests" not in p.parents
    )
    for point in TABLE:
        # What is replaced is named in a string.
        assert str(point) in found or (point.replaced and f'"{point.name}"' in texts), str(point)


def test_a_function_is_replaced_wherever_the_base_imports_it_by_name() -> None:
    script = (
        "from emulator.base import patches\n"
        "from ministack.services.cloudformation import changesets, handlers, provisioners, stacks\n"
        "patches.replace(stacks.__name__, '_roll_back_operation', print)\n"
        "assert stacks._roll_back_operation is handlers._roll_back_operation is print\n"
        "patches.replace(stacks.__name__, '_roll_back_operation', repr)\n"
        "assert stacks._roll_back_operation is handlers._roll_back_operation is repr\n"
        "# Here it is a name of the importing module only.\n"
        "patches.replace(stacks.__name__, '_provision_resource', print)\n"
        "assert stacks._provision_resource is print\n"
        "assert provisioners._provision_resource is not print\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_public_name_that_the_plug_in_uses_is_there() -> None:
    for path, module, name in used():
        found = getattr(importlib.import_module(module), name, None)
        assert found is not None, f"{path.name}: {module}.{name}"
