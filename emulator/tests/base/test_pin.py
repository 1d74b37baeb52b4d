"""Moving the pin: another version of the base is compared name by name, without importing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...base import pin
from ...base.points import FILE, TABLE, PatchPoint, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package with what a name can be."""
    package = tmp_path / "base"
    package.mkdir()
    (package / "__init__.py").write_text("STORE: dict[str, int] = {}\n")
    (package / "inner.py").write_text(
        "import functools\n"
        "from . import STORE\n"
        "from .other import helper as _helper\n"
        "\n"
        "@functools.cache\n"
        "def twice(x):\n"
        "    return 2 * x\n"
        "\n"
        "try:\n"
        "    import fast\n"
        "except ImportError:\n"
        "    fast = None\n"
    )
    (package / "other.py").write_text("def helper():\n    return 1\n\nLAST = 1\nLAST = 2\n")
    return tmp_path


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("base", "STORE", "STORE: dict[str, int] = {}"),
        ("base.inner", "STORE", "STORE: dict[str, int] = {}"),
        ("base.inner", "twice", "@functools.cache\ndef twice(x):\n    return 2 * x"),
        ("base.inner", "_helper", "def helper():\n    return 1"),
        ("base.inner", "fast", "fast = None"),
        ("base.other", "LAST", "LAST = 1\nLAST = 2"),
        ("base.other", "gone", None),
        ("base.gone", "helper", None),
    ],
)
def test_the_source_of_a_name_is_found_where_it_is_defined(
    folder: Path, module: str, name: str, expected: str | None
) -> None:
    assert pin.source(folder, module, name) == expected


@pytest.mark.parametrize("point", TABLE, ids=str)
def test_the_installed_source_of_every_point_has_its_fingerprint(point: PatchPoint) -> None:
    found = pin.source(pin.installed(), point.module, point.name)
    assert found is not None
    assert not point.fingerprint or pin.digits(found) == point.fingerprint


def test_another_version_is_compared_name_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed, gone = [point for point in TABLE if point.fingerprint][:2]
    for point in TABLE:
        path = tmp_path.joinpath(*point.module.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            text = pin.source(pin.installed(), point.module, point.name)
            if point == changed:
                text = f"def {point.name}(other):\n    pass"
            if point != gone:
                file.write(f"{text}\n")
    assert pin.main([str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert f"== {changed} (" in printed
    assert f"+def {changed.name}(other):" in printed
    assert f"== {gone} (" in printed
    assert printed.splitlines()[-1] == (
        f"ministack 1.5.33 and an unknown version: of {len(TABLE)} names 1 differ and 1 are absent"
    )


def test_the_table_is_written_with_the_installed_fingerprints() -> None:
    text = FILE.read_text("utf-8")
    stale = text
    for point in read(text):
        if point.fingerprint:
            stale = stale.replace(point.fingerprint, "0" * 12)
    assert stale != text
    assert pin.written(stale) == text


def test_a_line_that_is_neither_replaced_nor_used_is_refused() -> None:
    with pytest.raises(ValueError, match="neither replaced nor used, but loved"):
        read("ministack.app\n    app  loved  -  why\n")


def test_the_page_has_the_numbers_of_today() -> None:
    page = (FILE.parents[1] / "docs" / "moving-the-pin.md").read_text("utf-8")
    assert pin.counted() in page
