"""A panic in a packaged function is answered, and the process lives on.

With `panic = "abort"`, which cargo-lambda would choose, the process would end and nobody would be
told: CloudFormation would wait for an hour.
"""

import pathlib
import zipfile

import pytest
from runtime_api import Function

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def function(tmp_path):
    with zipfile.ZipFile(ROOT / "dist" / "test" / "panicking-function.zip") as archive:
        bootstrap = pathlib.Path(archive.extract("bootstrap", tmp_path))
    bootstrap.chmod(0o755)
    with Function(bootstrap) as running:
        yield running


def test_a_panic_is_answered_with_an_error(function):
    kind, answer = function.invoke({"panic": True})
    assert kind == "error"
    assert "as the event asked" in answer["errorMessage"]


def test_the_next_event_is_served_by_the_same_process(function):
    function.invoke({"panic": True})
    assert function.invoke({"panic": False}) == ("response", {"alive": True})
    assert function.process.poll() is None
