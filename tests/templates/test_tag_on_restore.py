"""What the template of TagOnRestore, its code and its users' guide promise each other."""

import re

import pytest
from model import ROOT, Template, as_list, policies, statements

TEMPLATE = Template(ROOT / "cloudformation" / "member-account" / "aws-backup-tagonrestore.yaml")
CODE = (ROOT / "crates" / "tag-on-restore" / "src" / "config.rs").read_text()
PERMISSIONS = (ROOT / "crates" / "tag-on-restore" / "permissions.txt").read_text()
GUIDE = (ROOT / "docs" / "restore-tagging.md").read_text()
# Read by the runtime's logging, before the code.
LOG_LEVEL = "RUST_LOG"


def variables() -> dict[str, str]:
    """The function's environment variables and the parameters that they come from."""
    (function,) = TEMPLATE.resources("AWS::Lambda::Function").values()
    given = function["Properties"]["Environment"]["Variables"]
    return {
        name: re.findall(r"'Ref': '(?!AWS::)(\w+)'", str(value))[0] for name, value in given.items()
    }


def test_the_function_gets_the_variables_that_it_reads():
    read = re.findall(r'^pub const ([A-Z_]+): &str = "\1";', CODE, re.M)
    assert sorted(variables()) == sorted([*read, LOG_LEVEL])


def test_the_code_knows_every_value_that_a_parameter_allows():
    for variable, parameter in variables().items():
        if variable == LOG_LEVEL:
            continue
        for value in TEMPLATE.body["Parameters"][parameter].get("AllowedValues", []):
            assert f'"{value}"' in CODE, f"{parameter} allows {value}"


@pytest.mark.shipped
def test_the_guide_has_the_parameters_with_their_defaults():
    rows = re.findall(r"^\| `(\w+)` \| `([A-Z_]+)` \| ([^|]+) \|", GUIDE, re.M)
    assert {variable: parameter for parameter, variable, _ in rows} == variables()
    for parameter, _, default in rows:
        stated = str(TEMPLATE.body["Parameters"][parameter]["Default"])
        assert default.strip() == (f"`{stated}`" if stated else "the list above"), parameter


def role() -> dict[str, list[dict]]:
    """The statements of the function's role, policy by policy."""
    return {
        where: statements(document, TEMPLATE)
        for key, _, where, kind, document in policies(TEMPLATE)
        if key == "TagOnRestoreRole" and kind == "identity"
    }


def of_the_code() -> list[dict]:
    return [entry for name, entries in role().items() if name != "Operation" for entry in entries]


def test_the_role_allows_what_the_code_can_call_and_nothing_else():
    """The crate's list; its own tests hold it against the calls that the code makes."""
    called = {line.split()[0] for line in PERMISSIONS.splitlines() if line.strip()}
    allowed = [action for entry in of_the_code() for action in as_list(entry["Action"])]
    assert sorted(set(allowed)) == sorted(called)


READS = re.compile(r"(Describe|Get|List)\w+")
ADDS_TAGS = {
    "TagResource",
    "TagResources",
    "CreateTags",
    "AddTagsToResource",
    "PutBucketTagging",
}


def test_no_statement_allows_more_than_reading_and_adding_tags():
    for entry in of_the_code():
        assert entry["Effect"] == "Allow"
        for action in as_list(entry["Action"]):
            name = action.split(":")[1]
            assert READS.fullmatch(name) or name in ADDS_TAGS, action


def test_only_what_restores_make_can_be_tagged():
    """Never a recovery point, and by name wherever IAM knows one."""
    for entry in of_the_code():
        writes = {action.split(":")[1] for action in as_list(entry["Action"])} & ADDS_TAGS
        if not writes or entry["Sid"] == "TagIndex":
            continue
        for resource in as_list(entry["Resource"]):
            assert resource != "*", entry["Sid"]
            assert not re.search(r"snapshot|image/|recovery-point|backup[:/]", resource), resource
            bound = ":111122223333:" in resource or "aws:ResourceAccount" in str(entry)
            assert bound, resource


def test_what_it_needs_to_run_is_its_own_queue_and_log():
    operation = role()["Operation"]
    actions = {action for entry in operation for action in as_list(entry["Action"])}
    assert actions == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    }
    assert all(entry["Resource"] != "*" for entry in operation)


def test_the_queue_outwaits_the_function():
    (function,) = TEMPLATE.resources("AWS::Lambda::Function").values()
    queue = TEMPLATE.resources("AWS::SQS::Queue")["Queue"]["Properties"]
    assert queue["VisibilityTimeout"] == 6 * function["Properties"]["Timeout"]
    (mapping,) = TEMPLATE.resources("AWS::Lambda::EventSourceMapping").values()
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # A message is a dead letter before the age alarm rings.
    alarm = TEMPLATE.resources()["AgeAlarm"]["Properties"]
    last = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert last < alarm["Threshold"]


def test_restore_tests_are_left_out_in_the_rule_unless_they_are_wanted():
    rule = TEMPLATE.resources()["RestoreRule"]["Properties"]["EventPattern"]
    choice = rule["detail"]["restoreTestingPlanArn"]["Fn::If"]
    assert choice == ["TagsRestoreTests", {"Ref": "AWS::NoValue"}, [{"exists": False}]]


def test_the_alarms_watch_metrics_that_the_code_makes():
    report = (ROOT / "crates" / "tag-on-restore" / "src" / "report.rs").read_text()
    for alarm in TEMPLATE.resources("AWS::CloudWatch::Alarm").values():
        properties = alarm["Properties"]
        if properties["Namespace"].startswith("AWS/"):
            continue
        assert f'NAMESPACE: &str = "{properties["Namespace"]}"' in report
        assert f'"{properties["MetricName"]}"' in report
        # An alarm without dimensions needs a metric without them.
        assert "Dimensions" not in properties and '"Dimensions": [[], ' in report
