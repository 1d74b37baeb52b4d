"""A Python that cannot make environments is told apart, with the remedy."""

import sys

import environment


def test_this_python_is_fit():
    assert environment.unfit() is None


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 12, "final", 0))
    assert environment.unfit().startswith("python3 is 3.10.12: 3.11 or newer is needed")


def test_a_missing_module_is_named_with_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert "python3-venv" in environment.unfit()
