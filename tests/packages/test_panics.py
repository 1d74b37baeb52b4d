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


def create(function, **properties):
    """What CloudFormation hears after a Create."""
    function.invoke(
        {
            "RequestType": "Create",
            "RequestId": "request-1",
            "StackId": "arn:aws:cloudformation:us-east-1:111111111111:stack/s/1",
            "LogicalResourceId": "Resource",
            "ResourceType": "Custom::Resource",
            "ResponseURL": f"{function.origin}/answer",
            "ResourceProperties": {"ServiceToken": "arn", **properties},
        }
    )
    path, answer = function.puts.get(timeout=1)
    assert path == "answer"
    return answer


def test_cloudformation_hears_of_a_panic_in_a_custom_resource(function):
    answer = create(function, Panic="true")
    assert answer["Status"] == "FAILED"
    assert "panic" in answer["Reason"]
    assert answer["PhysicalResourceId"] == "create-failed:request-1"


def test_the_next_request_is_served_by_the_same_process(function):
    create(function, Panic="true")
    answer = create(function)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", "calm")
    assert function.puts.empty() and function.process.poll() is None


def test_lambda_hears_of_a_panic_anywhere_else(function):
    kind, answer = function.invoke({"panic": True})
    assert kind == "error"
    assert "as the event asked" in answer["errorMessage"]
    assert function.invoke({"panic": False}) == ("response", {"alive": True})
    assert function.process.poll() is None
