"""A Python that cannot make environments is named, with the remedy."""

import os
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


def test_an_index_that_does_not_answer_is_one_line_with_the_remedy(capsys):
    printed = (
        "WARNING: Retrying (Retry(total=1, connect=None)) after connection broken by "
        "'ProxyError('Cannot connect to proxy.')': /simple/awscli/\n"
        "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by "
        "'ProxyError('Cannot connect to proxy.')': /simple/awscli/\n"
        "ERROR: No matching distribution found for awscli==1.46.3\n"
    )
    reason = environment.reason(printed)
    assert reason.startswith("the package index does not answer (ProxyError). The first set-up")
    assert "\n" not in reason
    assert capsys.readouterr().err == ""


def test_any_other_failure_is_shown_as_it_was_said(capsys):
    assert environment.reason("ERROR: hashes do not match\n") == "the reason is above"
    assert capsys.readouterr().err == "ERROR: hashes do not match\n"


def test_an_environment_is_ready_until_what_it_is_made_from_changes(tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("one==1\n")
    folder = tmp_path / "environment"
    assert not environment.is_ready(str(folder), [str(requirements)])
    folder.mkdir()
    (folder / "ready").touch()
    assert not environment.is_ready(str(folder), [str(requirements)])
    (folder / "ready").write_text(environment.digest([str(requirements)]))
    assert environment.is_ready(str(folder), [str(requirements)])
    # The same in another checkout, with a newer file.
    os.utime(requirements, (2**31, 2**31))
    assert environment.is_ready(str(folder), [str(requirements)])
    requirements.write_text("one==2\n")
    assert not environment.is_ready(str(folder), [str(requirements)])
