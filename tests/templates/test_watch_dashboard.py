"""The dashboard `aws-backup`: CloudWatch takes its body, and it shows what BackupWatch counts."""

import json
import re

import jsonschema
import pytest
from deploy.cost import PRICES
from model import ROOT, Template, templates

TEMPLATE = Template(ROOT / "cloudformation/home-account/aws-backup-watch.yaml")
README = (ROOT / "crates/backup-watch/README.md").read_text()

# After AWS's text, "Dashboard Body Structure and Syntax" of CloudWatch's API reference: for the
# three types of widgets and the properties that are used here, what is required and which values.
WHOLE = {"type": "integer", "minimum": 0}
METRIC = {
    "type": "object",
    "required": ["metrics", "region"],
    "additionalProperties": False,
    "properties": {
        "metrics": {"type": "array", "minItems": 1, "maxItems": 500, "items": {"type": "array"}},
        "period": {"type": "integer", "multipleOf": 60},
        "region": {"type": "string"},
        "sparkline": {"type": "boolean"},
        "stacked": {"type": "boolean"},
        "stat": {"enum": ["SampleCount", "Average", "Sum", "Minimum", "Maximum"]},
        "title": {"type": "string"},
        "view": {"enum": ["timeSeries", "singleValue", "gauge", "bar", "pie", "table"]},
        "yAxis": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                side: {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "label": {"type": "string"},
                        "max": {"type": "number"},
                        "min": {"type": "number"},
                        "showUnits": {"type": "boolean"},
                    },
                }
                for side in ("left", "right")
            },
        },
    },
}
ALARM = {
    "type": "object",
    "required": ["alarms"],
    "additionalProperties": False,
    "properties": {
        "alarms": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {"type": "string", "pattern": r"^arn:aws:cloudwatch:[a-z0-9-]+:\d{12}:alarm:"},
        },
        "sortBy": {"enum": ["default", "stateUpdatedTimestamp", "timestamp"]},
        "title": {"type": "string"},
    },
}
TEXT = {
    "type": "object",
    "required": ["markdown"],
    "additionalProperties": False,
    "properties": {
        "background": {"enum": ["solid", "transparent"]},
        "markdown": {"type": "string", "minLength": 1},
    },
}
BODY = {
    "type": "object",
    "required": ["widgets"],
    "additionalProperties": False,
    "properties": {
        "end": {"type": "string"},
        "periodOverride": {"enum": ["auto", "inherit"]},
        "start": {"type": "string", "pattern": r"^-P(T\d+[MH]|\d+[DWM])$"},
        "widgets": {
            "type": "array",
            "maxItems": 500,
            "items": {
                "type": "object",
                "required": ["type", "properties"],
                "properties": {
                    "x": {**WHOLE, "maximum": 23},
                    "y": WHOLE,
                    "width": {"type": "integer", "minimum": 1, "maximum": 24},
                    "height": {"type": "integer", "minimum": 1, "maximum": 1000},
                },
                "oneOf": [
                    {"properties": {"type": {"const": kind}, "properties": properties}}
                    for kind, properties in (("metric", METRIC), ("alarm", ALARM), ("text", TEXT))
                ],
            },
        },
    },
}


def text() -> str:
    """The body as CloudWatch gets it."""
    (dashboard,) = TEMPLATE.resources("AWS::CloudWatch::Dashboard").values()
    body = dashboard["Properties"]["DashboardBody"]["Fn::Sub"]
    values = {"Partition": "aws", "Region": "eu-central-1", "AccountId": "111122223333"}
    return re.sub(r"\$\{AWS::(\w+)\}", lambda found: values[found[1]], body)


def widgets() -> list[dict]:
    return json.loads(text())["widgets"]


def test_cloudwatch_takes_the_body():
    jsonschema.validate(json.loads(text()), BODY)


@pytest.mark.parametrize(
    "edit",
    [
        ('"view": "singleValue"', '"view": "number"'),
        ('"type": "alarm"', '"type": "alarms"'),
        ('"markdown": "#', '"text": "#'),
        ('"x": 20', '"x": 24'),
        ('"start": "-P14D"', '"start": "14 days"'),
        ('"region": "eu-central-1",', ""),
    ],
)
def test_the_check_of_the_body_can_fail(edit):
    assert edit[0] in text()
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(text().replace(*edit)), BODY)


def test_widgets_fill_rows_and_do_not_overlap():
    taken = set()
    for widget in widgets():
        x, y, width, height = (widget[name] for name in ("x", "y", "width", "height"))
        assert x + width <= 24, widget
        cells = {(column, row) for column in range(x, x + width) for row in range(y, y + height)}
        assert not taken & cells, widget
        taken |= cells
    assert len(taken) == 24 * (1 + max(row for _, row in taken))


def shown() -> set[str]:
    return {
        entry[1]
        for widget in widgets()
        for entry in widget["properties"].get("metrics", [])
        if entry[0] == "BackupWatch"
    }


def test_it_shows_every_metric_that_the_function_makes():
    paragraph = README.partition("Metrics of namespace `BackupWatch`")[2].partition("\n\n")[0]
    made = set(re.findall(r"`([A-Z]\w+)`", paragraph))
    assert shown() == made and len(made) > 5


def test_it_shows_the_alarms_about_the_watch_itself():
    there = {
        alarm["Properties"]["AlarmName"]
        for template in templates()
        for alarm in template.resources("AWS::CloudWatch::Alarm").values()
        if str(alarm["Properties"].get("AlarmName", "")).startswith("BackupWatch-")
    }
    (widget,) = (widget for widget in widgets() if widget["type"] == "alarm")
    assert {arn.rpartition(":")[2] for arn in widget["properties"]["alarms"]} == there


def test_it_finds_every_queue_of_dead_letters_of_the_home_account():
    """By a word of their names, which are made up for some of them."""
    (search,) = re.findall(r"\\\" \(([\w ]+)\)'", text())
    words = search.split(" OR ")
    for template in templates():
        if template.path.parent.name != "home-account":
            continue
        for key, queue in template.resources("AWS::SQS::Queue").items():
            name = queue["Properties"].get("QueueName", key)
            if "RedrivePolicy" not in queue["Properties"]:
                assert any(word in name for word in words), f"{template.name} {key}"


def test_it_says_what_the_alarms_cost():
    (cost,) = re.findall(r"\*\*What this costs\*\*[^\"]+", text())
    alarms = sum(
        len(template.resources("AWS::CloudWatch::Alarm"))
        for template in templates()
        if template.path.parent.name == "home-account"
    )
    assert f"an alarm ${PRICES['prices']['alarm_month']['usd']:.2f} a month" in cost
    assert f"this account has {alarms} for backups" in cost
    assert f"of which there are {len(shown())}" in cost
