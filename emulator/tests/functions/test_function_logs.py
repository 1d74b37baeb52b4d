"""Log levels: what of a function's output is in its log."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ...functions import logs as function_logs
from ..entitled import LOGS
from ..world import HOME, World, eventually, function_zip

TIME = '"timestamp": "2024-11-02T16:51:31.587199Z"'
# AWS's example, and then one for every way in which a line has no level of its own.
LINES = {
    f'{{"level": "debug", "msg": "my debug log", {TIME}}}': "DEBUG",
    f'{{"level": "ERROR", {TIME}}}': "ERROR",
    f'{{"level": "Fatal", {TIME}}}': "FATAL",
    '{"level": "ERROR", "timestamp": "2024-11-02T16:51:31+01:00"}': "ERROR",
    '{"level": "ERROR"}': "INFO",
    '{"level": "ERROR", "timestamp": "now"}': "INFO",
    '{"level": "ERROR", "timestamp": "2024-11-02T16:51:31"}': "INFO",
    '{"level": "ERROR", "timestamp": "2024-13-02T16:51:31Z"}': "INFO",
    '{"level": "ERROR", "timestamp": 1730566291587}': "INFO",
    f'{{"level": "WARNING", {TIME}}}': "INFO",
    f'{{"level": 40, {TIME}}}': "INFO",
    f"{{{TIME}}}": "INFO",
    "ERROR in plain words": "INFO",
    "[]": "INFO",
}


@pytest.mark.parametrize("line", LINES)
def test_the_level_of_a_line(line: str) -> None:
    assert function_logs.level(line) == LINES[line]


@pytest.mark.parametrize("least", function_logs.LEVELS)
def test_lines_below_the_level_are_not_sent(least: str) -> None:
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": least}
    levels = function_logs.LEVELS
    expected = [line for line in LINES if levels.index(LINES[line]) >= levels.index(least)]
    assert function_logs.passed(logging, "\n".join(LINES)).splitlines() == expected


def test_without_a_level_it_is_info_and_plain_text_is_not_filtered() -> None:
    output = "\n".join(LINES)
    informed = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}
    assert function_logs.passed({"LogFormat": "JSON"}, output) == function_logs.passed(
        informed, output
    )
    for plain in ({}, {"LogFormat": "Text"}):
        assert function_logs.passed(plain, output) == output


SOURCE = """
import json, os, urllib.request as u
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    event = u.urlopen(api + "next")
    for line in json.load(event):
        print(line, flush=True)
    request_id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    u.urlopen(u.Request(api + request_id + "/response", b"null"))
"""


def test_a_functions_log_has_what_its_level_lets_through(world: World) -> None:
    logging: dict[str, Any] = {"LogFormat": "JSON", "ApplicationLogLevel": "WARN"}
    client = world.client("lambda", HOME)
    client.create_function(
        FunctionName="printing",
        Role=world.role("lambda", *LOGS),
        Runtime="provided.al2023",
        Handler="bootstrap",
        LoggingConfig=logging,
        Code={"ZipFile": function_zip(SOURCE)},
    )
    client.invoke(FunctionName="printing", Payload=json.dumps(list(LINES)).encode())
    logs = world.client("logs", HOME)

    def lines() -> list[str]:
        found = logs.filter_log_events(logGroupName="/aws/lambda/printing")["events"]
        return [e["message"] for e in found if not e["message"].startswith(("START", "END", "REP"))]

    eventually(lines)
    assert lines() == [line for line, name in LINES.items() if name in ("ERROR", "FATAL")]
