"""What the template of BackupWatch, its code and the stack of its queue promise each other."""

import re

from model import ROOT, Template, as_list, policies, statements

HOME = ROOT / "cloudformation" / "home-account"
TEMPLATE = Template(HOME / "aws-backup-watch.yaml")
NOTIFICATIONS = Template(HOME / "aws-backup-notifications.yaml")
CRATE = ROOT / "crates" / "backup-watch"
# Read by the runtime's logging, before the code.
LOG_LEVEL = "RUST_LOG"


def function() -> dict:
    (found,) = TEMPLATE.resources("AWS::Lambda::Function").values()
    return found["Properties"]


def test_the_function_gets_the_variables_that_it_reads():
    code = (CRATE / "src" / "config.rs").read_text()
    read = re.findall(r'^pub const ([A-Z_]+): &str = "\1";', code, re.M)
    assert sorted(function()["Environment"]["Variables"]) == sorted([*read, LOG_LEVEL])


def test_a_look_back_fits_what_the_code_takes():
    look_back = TEMPLATE.body["Parameters"]["LookBackDays"]
    code = (CRATE / "src" / "config.rs").read_text()
    assert f"Ok(days @ {look_back['MinValue']}..={look_back['MaxValue']})" in code


def listed() -> set[str]:
    """What the code can call: the crate's list, which its own tests hold against the code."""
    lines = (CRATE / "permissions.txt").read_text().splitlines()
    return {line.split()[0] for line in lines if line.strip()}


def granted() -> dict[str, set[str]]:
    """Policy by policy, the actions of the function's role."""
    found: dict[str, set[str]] = {}
    for key, _, where, kind, document in policies(TEMPLATE):
        if kind == "identity" and key != "LookRole":
            actions = {
                action
                for statement in statements(document, TEMPLATE)
                for action in as_list(statement["Action"])
            }
            found[where if key == "WatchRole" else key] = actions
    return found


def test_the_role_allows_what_the_code_can_call_and_nothing_else():
    actions = granted()
    assert set(actions) == {"Tell", "Operation", "AssumeManagementRole", "Look"}
    assert actions["Tell"] | actions["AssumeManagementRole"] | actions["Look"] == listed()
    # Either the management account's role or the function's own looks.
    assert actions["AssumeManagementRole"] == {"sts:AssumeRole"}
    assert {action.partition(":")[0] for action in actions["Look"]} == {"backup", "organizations"}
    conditions = [
        TEMPLATE.resources()[name]["Condition"] for name in ("AssumeManagementRole", "Look")
    ]
    assert conditions == ["AssumesManagementRole", "LooksItself"]


def test_looking_changes_nothing():
    assert all(re.match(r"\w+:(Describe|List)", action) for action in granted()["Look"])


def test_what_it_needs_to_run_is_its_queue_and_its_log():
    assert granted()["Operation"] == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "sqs:SendMessage",
    }


def test_the_queue_outwaits_the_function():
    queue = NOTIFICATIONS.resources()["WatchQueue"]["Properties"]
    assert queue["VisibilityTimeout"] == 6 * function()["Timeout"]
    (mapping,) = TEMPLATE.resources("AWS::Lambda::EventSourceMapping").values()
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    # A report is a dead letter before the alarm on waiting ones rings.
    alarm = NOTIFICATIONS.resources()["WatchIsLateAlarm"]["Properties"]
    last = queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"]
    assert last < alarm["Threshold"]


def test_the_table_is_the_one_that_the_code_keeps():
    (table,) = TEMPLATE.resources("AWS::DynamoDB::Table").values()
    properties = table["Properties"]
    assert properties["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    code = (CRATE / "src" / "config.rs").read_text()
    assert f'DEFAULT_TABLE_NAME: &str = "{properties["TableName"]}"' in code


def test_the_schedule_says_what_the_function_understands():
    (schedule,) = TEMPLATE.resources("AWS::Scheduler::Schedule").values()
    assert schedule["Properties"]["Target"]["Input"] == '{"action":"look"}'
    assert schedule["Properties"]["ScheduleExpression"] == "rate(6 hours)"


def test_one_failure_has_one_alarm():
    """Errors and throttles end in the queues that are watched already: no alarm of their own."""
    alarms = TEMPLATE.resources("AWS::CloudWatch::Alarm")
    assert [alarm["Properties"]["AlarmName"] for alarm in alarms.values()] == [
        "BackupWatch-LookFailed"
    ]
