"""The packaged tag-on-restore starts, refuses what it cannot read, and lives on."""

import pathlib
import zipfile

import pytest
from runtime_api import Function

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def function(tmp_path):
    with zipfile.ZipFile(ROOT / "dist" / "tag-on-restore.zip") as archive:
        bootstrap = pathlib.Path(archive.extract("bootstrap", tmp_path))
    bootstrap.chmod(0o755)
    with Function(bootstrap) as running:
        yield running


def test_lambda_hears_of_a_payload_that_nobody_sends(function):
    kind, answer = function.invoke({"x": 1})
    assert (kind, answer["errorType"]) == ("error", "NotTagged")
    assert "neither an EventBridge event" in answer["errorMessage"]
    assert function.invoke({"Records": []}) == ("response", {"batchItemFailures": []})


def test_a_poisoned_message_is_returned_and_the_others_are_not(function):
    elsewhere = {"source": "aws.ec2", "detail-type": "x", "detail": {}}
    records = [
        {"messageId": "poisoned", "body": "no event"},
        {"messageId": "elsewhere", "body": str(elsewhere).replace("'", '"')},
    ]
    kind, answer = function.invoke({"Records": records})
    assert (kind, answer) == ("response", {"batchItemFailures": [{"itemIdentifier": "poisoned"}]})
