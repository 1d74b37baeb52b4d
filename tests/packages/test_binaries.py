"""Every binary that is shipped passes the inspection, and the inspection can fail."""

import re
import zipfile

import archive
import binary
import package
import pytest

DIST = package.ROOT / "dist"
SHIPPED = sorted(DIST.glob("*.zip"))


def read(archive):
    with zipfile.ZipFile(archive) as file:
        return file.read("bootstrap")


def problems(content, architecture=None, local_paths=()):
    return binary.problems(content, architecture or machine(content), local_paths)


def machine(content):
    """The architecture that this run packages for."""
    return next(name for name in binary.MACHINES if not binary.problems(content, name, []))


@pytest.fixture(scope="module")
def sound():
    return read(DIST / "test" / "panicking-function.zip")


def test_there_is_a_package():
    assert SHIPPED


@pytest.mark.parametrize("zipped", SHIPPED, ids=lambda zipped: zipped.stem)
def test_a_shipped_binary_is_sound_and_its_checksum_is_listed(zipped):
    assert problems(read(zipped), local_paths=package.local_paths()) == []
    checksums = (DIST / "SHA256SUMS").read_text()
    assert f"{archive.checksum(zipped)}  {zipped.name}\n" in checksums


def test_another_architecture_is_a_problem(sound):
    [other] = set(binary.MACHINES) - {machine(sound)}
    [problem] = problems(sound, architecture=other)
    assert problem.startswith("it is built for EM_")


def test_a_newer_c_library_is_a_problem(sound, monkeypatch):
    architecture = machine(sound)
    monkeypatch.setattr(binary, "GLIBC_FLOOR", "2.5")
    assert problems(sound, architecture) == ["it needs glibc 2.34, Amazon Linux 2023 has 2.5"]


def test_a_library_that_lambda_may_lack_is_a_problem(sound, monkeypatch):
    architecture = machine(sound)
    monkeypatch.setattr(binary, "LIBRARIES", re.compile("libc.*"))
    [problem] = problems(sound, architecture)
    assert problem.startswith("it needs libm.so.6")


def test_a_binary_that_aborts_is_a_problem(sound):
    without = sound.replace(binary.MESSAGE_OF_UNWINDING, b"-" * len(binary.MESSAGE_OF_UNWINDING))
    [problem] = problems(without, machine(sound))
    assert problem.startswith("a panic would end it")


def test_a_path_of_this_machine_is_a_problem(sound):
    # The name that packaging gives to cargo's folder stands for that folder here.
    assert problems(sound, local_paths=["/cargo/registry"]) == [
        "it names `/cargo/registry`, a path of this machine"
    ]
