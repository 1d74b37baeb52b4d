"""What the template of TagOnRestore, its code and its users' guide promise each other."""

import math
import re

import pytest
from model import ROOT, Template, as_list, policies, statements

MEMBER = ROOT / "cloudformation" / "member-account"
TEMPLATE = Template(MEMBER / "aws-backup-tagonrestore.yaml")
CODE = (ROOT / "crates" / "tag-on-restore" / "src" / "config.rs").read_text()
HEALTH = (ROOT / "crates" / "tag-on-restore" / "src" / "health.rs").read_text()
PERMISSIONS = (ROOT / "crates" / "tag-on-restore" / "permissions.txt").read_text()
GUIDE = (ROOT / "docs" / "restore-tagging.md").read_text()
# Read by the runtime's logging, before the code.
LOG_LEVEL = "RUST_LOG"
# Of the stack itself, and nobody's choice.
QUEUE = "QUEUE_URL"


def variables() -> dict[str, str]:
    """The function's environment variables and the parameters (or resource) that they come from."""
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
        if variable in (LOG_LEVEL, QUEUE):
            continue
        for value in TEMPLATE.body["Parameters"][parameter].get("AllowedValues", []):
            assert f'"{value}"' in CODE, f"{parameter} allows {value}"


@pytest.mark.shipped
def test_the_guide_has_the_parameters_with_their_defaults():
    rows = re.findall(r"^\| `(\w+)` \| `([A-Z_]+)` \| ([^|]+) \|", GUIDE, re.M)
    chosen = {name: parameter for name, parameter in variables().items() if name != QUEUE}
    assert {variable: parameter for parameter, variable, _ in rows} == chosen
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
            reports = action == "events:PutEvents" and entry["Resource"].endswith("/default")
            assert READS.fullmatch(name) or name in ADDS_TAGS or reports, action


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
    }
    assert all(entry["Resource"] != "*" for entry in operation)


def test_of_its_own_state_it_reaches_its_dead_letters_and_its_accounts_bus():
    resources = {entry["Sid"]: entry["Resource"] for entry in role()["OwnState"]}
    # CloudWatch has no resource for metrics in IAM.
    assert resources.pop("LookAtMetrics") == "*"
    assert all(":111122223333:" in str(resource) for resource in resources.values()), resources


def test_the_queue_outwaits_the_function():
    (function,) = TEMPLATE.resources("AWS::Lambda::Function").values()
    queue = TEMPLATE.resources("AWS::SQS::Queue")["Queue"]["Properties"]
    assert queue["VisibilityTimeout"] == 6 * function["Properties"]["Timeout"]
    (mapping,) = TEMPLATE.resources("AWS::Lambda::EventSourceMapping").values()
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # A message that fails for good is a dead letter before it counts as one that waits.
    last = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert last < number("LONGEST_WAIT_SECONDS")


def test_restore_tests_are_left_out_in_the_rule_unless_they_are_wanted():
    rule = TEMPLATE.resources()["RestoreRule"]["Properties"]["EventPattern"]
    choice = rule["detail"]["restoreTestingPlanArn"]["Fn::If"]
    assert choice == ["TagsRestoreTests", {"Ref": "AWS::NoValue"}, [{"exists": False}]]


def number(constant):
    """A whole number of `health.rs`."""
    (found,) = re.findall(rf"const {constant}: \w+ = ([\d *]+);", HEALTH)
    return math.prod(int(factor) for factor in found.split("*"))


def test_an_account_and_region_has_one_alarm_at_most_and_only_for_a_topic():
    (alarm,) = TEMPLATE.resources("AWS::CloudWatch::Alarm").values()
    assert alarm["Condition"] == "HasAlarmTopic"
    topic = TEMPLATE.body["Parameters"]["AlarmTopicName"]
    assert topic["Default"] == ""


def test_no_look_misses_what_happened_since_the_one_before():
    (schedule,) = TEMPLATE.resources("AWS::Scheduler::Schedule").values()
    properties = schedule["Properties"]
    (hours,) = re.findall(r"rate\((\d+) hours\)", properties["ScheduleExpression"])
    window = properties["FlexibleTimeWindow"]["MaximumWindowInMinutes"]
    longest = int(hours) * 3600 + window * 60
    assert longest < number("LOOK_BACK_SECONDS")
    assert number("LOOK_BACK_SECONDS") % number("PERIOD_SECONDS") == 0


def test_the_function_finds_its_dead_letters_by_the_queues_name():
    names = {
        logical: queue["Properties"]["QueueName"]
        for logical, queue in TEMPLATE.resources("AWS::SQS::Queue").items()
    }
    config = (ROOT / "crates/tag-on-restore/src/config.rs").read_text()
    for logical, constant in (
        ("DeadLetters", "DEAD_LETTERS"),
        ("ReconcileDeadLetters", "RECONCILE_DEAD_LETTERS"),
    ):
        (suffix,) = re.findall(rf'pub const {constant}: &str = "(.*)";', config)
        assert names[logical] == names["Queue"] + suffix


def test_what_it_reports_and_what_it_cannot_report_reaches_the_member_stacks_rule():
    (config,) = TEMPLATE.resources("AWS::Lambda::EventInvokeConfig").values()
    failures = config["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
    assert failures["Fn::Sub"].endswith(":event-bus/default")
    member = Template(MEMBER / "aws-backup-member-account.yaml")
    rule = member.resources()["TagOnRestoreRule"]["Properties"]
    own, lambdas = rule["EventPattern"]["$or"]
    assert f'SOURCE: &str = "{own["source"][0]}"' in HEALTH
    assert f'DETAIL_TYPE: &str = "{own["detail-type"][0]}"' in HEALTH
    assert lambdas["source"] == ["lambda"]
    (function,) = TEMPLATE.resources("AWS::Lambda::Function").values()
    (prefix,) = lambdas["detail"]["requestContext"]["functionArn"]
    assert prefix["prefix"]["Fn::Sub"].endswith(":" + function["Properties"]["FunctionName"])
