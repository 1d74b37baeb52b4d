"""Packaging: the archive and its checksums depend on the binary alone."""

import fcntl
import hashlib
import os
import subprocess
import sys
import zipfile

import archive
import package
import pytest

BOOTSTRAP = b"a program" * 1000


def test_the_archive_holds_one_executable_entry_of_a_fixed_time(tmp_path):
    assert archive.write_archive(tmp_path / "function.zip", BOOTSTRAP)
    with zipfile.ZipFile(tmp_path / "function.zip") as zipped:
        [entry] = zipped.infolist()
        assert zipped.read(entry) == BOOTSTRAP
    assert entry.filename == "bootstrap"
    assert entry.external_attr >> 16 == 0o100755
    assert entry.date_time == (1980, 1, 1, 0, 0, 0)
    assert entry.compress_type == zipfile.ZIP_DEFLATED


def test_the_same_binary_gives_the_same_bytes(tmp_path):
    for name in "first.zip", "second.zip":
        archive.write_archive(tmp_path / name, BOOTSTRAP)
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_an_unchanged_archive_is_not_touched(tmp_path):
    file = tmp_path / "function.zip"
    archive.write_archive(file, BOOTSTRAP)
    os.utime(file, (1, 1))
    assert not archive.write_archive(file, BOOTSTRAP)
    assert file.stat().st_mtime == 1
    assert archive.write_archive(file, BOOTSTRAP + b"!")
    assert sorted(tmp_path.iterdir()) == [file]


def test_two_builds_may_write_the_same_archive_at_once(tmp_path):
    file, begin = tmp_path / "function.zip", "import archive, pathlib, sys; file = pathlib.Path("
    write = f"{begin}sys.argv[1]); [archive.write_archive(file, b'x' * 99) for _ in range(300)]"
    command = [sys.executable, "-c", write, str(file)]
    writers = [subprocess.Popen(command, cwd=package.ROOT / "tools") for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == [file]


def test_packages_are_built_by_one_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "target_directory", lambda: tmp_path)
    with package.alone(), open(tmp_path / "package.lock") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_checksums_cover_every_archive_and_nothing_else(tmp_path):
    for name in "b.zip", "a.zip":
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "notes.txt").write_text("not a package")
    archive.write_checksums(tmp_path)
    expected = [
        f"{hashlib.sha256(name.encode()).hexdigest()}  {name}" for name in ("a.zip", "b.zip")
    ]
    assert (tmp_path / "SHA256SUMS").read_text().splitlines() == expected


def test_an_architecture_without_a_standard_library_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(package, "output", lambda *command: str(tmp_path / "absent"))
    try:
        package.build("function", "function", "aarch64", "release")
    except package.Refusal as refusal:
        assert "no standard library for `aarch64-unknown-linux-gnu`" in str(refusal)
    else:
        raise AssertionError("nothing was refused")


def test_checkouts_that_share_a_target_folder_compile_packages_each_in_one_of_its_own(
    tmp_path, monkeypatch
):
    """The compiler's flags name the checkout: in one folder each would undo the other's work."""
    monkeypatch.setenv("CARGO_TARGET_DIR", str(tmp_path))
    folders = set()
    for checkout in "first", "second":
        monkeypatch.setattr(package, "ROOT", tmp_path / "checkouts" / checkout)
        folders.add(package.target_directory())
    assert len(folders) == 2
    assert all(folder.is_relative_to(tmp_path) for folder in folders)


def test_a_target_folder_in_the_checkout_is_used_as_it_is(monkeypatch):
    monkeypatch.setenv("CARGO_TARGET_DIR", str(package.ROOT / "target"))
    assert package.target_directory() == package.ROOT / "target"
    monkeypatch.delenv("CARGO_TARGET_DIR")
    assert package.target_directory() == package.ROOT / "target"
