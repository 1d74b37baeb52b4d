"""The source of a build, in a folder that stays from build to build."""

from __future__ import annotations

from pathlib import Path

from ...delivery.builds.source_tree import write
from ...delivery.repositories.model import EXECUTABLE, File

SOURCE = {"a.txt": File(b"a"), "bin/run": File(b"b", EXECUTABLE)}


def test_what_is_gone_goes_and_what_a_build_made_stays(tmp_path: Path) -> None:
    write(tmp_path, SOURCE, {})
    (tmp_path / "made").write_text("by a build")
    write(tmp_path, {"a.txt": File(b"new")}, {})
    assert (tmp_path / "a.txt").read_text() == "new"
    assert not (tmp_path / "bin/run").exists()
    assert (tmp_path / "made").exists()


def test_a_link_takes_the_place_of_a_folder_that_a_build_has_made(tmp_path: Path) -> None:
    """As when packages are built in one rehearsal, and brought along in the next."""
    there = tmp_path / "packages"
    there.mkdir()
    folder = tmp_path / "source"
    write(folder, SOURCE, {})
    (folder / "dist").mkdir()
    (folder / "dist" / "old.zip").write_text("old")
    write(folder, SOURCE, {"dist": str(there)})
    assert (folder / "dist").resolve() == there


def test_a_link_of_an_earlier_build_goes(tmp_path: Path) -> None:
    """As when packages are brought along in one rehearsal, and built in the next."""
    folder = tmp_path / "source"
    write(folder, SOURCE, {"dist": str(tmp_path / "gone")})
    write(folder, SOURCE, {})
    assert not (folder / "dist").is_symlink()
    (folder / "dist").mkdir()
    write(folder, SOURCE, {})
    assert (folder / "dist").is_dir()
