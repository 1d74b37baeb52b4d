"""Failed jobs, what scans find and changes are reported from every account that can have them."""

import json

from model import ROOT, Template

MEMBER = "cloudformation/member-account/aws-backup-member-account.yaml"
# What no stack set reaches: the central and the management account, and the home account itself.
OTHERS = (
    "cloudformation/central-and-management-account/aws-backup-failed-jobs.yaml",
    "cloudformation/home-account/aws-backup-notifications.yaml",
)
# Organizations' own events.
POLICY_EVENTS = "cloudformation/management-account/aws-backup-policy-events.yaml"


def patterns(file: str) -> dict[str, dict]:
    """The patterns on AWS Backup's events, by the kind of event that comes first."""
    rules = Template(ROOT / file).resources("AWS::Events::Rule").values()
    found = [rule["Properties"]["EventPattern"] for rule in rules]
    return {
        pattern.get("detail-type", ["changes"])[0]: pattern
        for pattern in found
        if pattern.get("source") == ["aws.backup"]
    }


def test_every_account_reports_the_same():
    member = patterns(MEMBER)
    assert set(member) == {"Backup Job State Change", "Scan Job State Change", "changes"}
    for file in OTHERS:
        assert patterns(file) == member, file


def test_every_rule_keeps_what_it_cannot_deliver():
    for file in (MEMBER, *OTHERS, POLICY_EVENTS):
        template = Template(ROOT / file)
        rules = template.resources("AWS::Events::Rule")
        policies = template.resources("AWS::SQS::QueuePolicy").items()
        (policy,) = (policy for name, policy in policies if not name.startswith("Watch"))
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
        assert {entry["Fn::GetAtt"][0] for entry in sources} == set(rules), file
        for name, rule in rules.items():
            for target in rule["Properties"]["Targets"]:
                assert "DeadLetterConfig" in target, f"{file} {name}"


def test_the_bus_takes_what_central_and_management_send():
    """It is open to the organization, and the rule behind it takes all events of AWS Backup."""
    notifications = Template(ROOT / OTHERS[1])
    (bus,) = notifications.resources("AWS::Events::EventBus").values()
    sent_to = json.dumps(Template(ROOT / OTHERS[0]).resources("AWS::Events::Rule"))
    assert f":event-bus/{bus['Properties']['Name']}" in sent_to
    (statement,) = bus["Properties"]["Policy"]["Statement"]
    assert set(statement["Condition"]) == {"StringEquals"}
    assert set(statement["Condition"]["StringEquals"]) == {"aws:PrincipalOrgID"}
    behind = notifications.body["Resources"]["AccountsRule"]["Properties"]["EventPattern"]
    taken = [it["source"] for it in behind["$or"] if set(it) == {"source"}]
    assert ["aws.backup", "aws.cloudwatch"] in taken


def test_the_bus_takes_what_the_member_accounts_say_of_tag_on_restore():
    behind = Template(ROOT / OTHERS[1]).body["Resources"]["AccountsRule"]["Properties"]
    rule = Template(ROOT / MEMBER).body["Resources"]["TagOnRestoreRule"]["Properties"]
    sent = {
        (source, kind)
        for it in rule["EventPattern"]["$or"]
        for source in it["source"]
        for kind in it["detail-type"]
    }
    taken = {
        (source, kind)
        for it in behind["EventPattern"]["$or"]
        for source in it["source"]
        for kind in it.get("detail-type", [])
    }
    assert sent <= taken


def test_no_pattern_is_longer_than_eventbridge_takes():
    """2,048 characters, EventBridge's quota for event patterns."""
    for file in (MEMBER, *OTHERS):
        for name, rule in Template(ROOT / file).resources("AWS::Events::Rule").items():
            assert len(json.dumps(rule["Properties"]["EventPattern"])) < 2048, f"{file} {name}"


def test_every_report_goes_to_the_watch_or_to_the_topic():
    """One switch for all rules of the home account, and the queue lets each of them in."""
    notifications = Template(ROOT / OTHERS[1])
    rules = notifications.resources("AWS::Events::Rule")
    switch = ["IsWatched", {"Fn::GetAtt": ["WatchQueue", "Arn"]}, {"Ref": "Topic"}]
    for name, rule in rules.items():
        assert [target["Arn"] for target in rule["Properties"]["Targets"]] == [
            {"Fn::If": switch}
        ], name
    policy = notifications.resources()["WatchQueuePolicy"]["Properties"]["PolicyDocument"]
    (statement,) = policy["Statement"]
    sources = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert {entry["Fn::GetAtt"][0] for entry in sources} == set(rules)


def test_the_queue_of_reports_is_there_whether_it_is_used_or_not():
    """Neither order in which the stacks are deployed loses a report."""
    resources = Template(ROOT / OTHERS[1]).resources()
    for name in ("WatchQueue", "WatchDeadLetters", "WatchQueuePolicy"):
        assert "Condition" not in resources[name], name


def test_what_is_wrong_with_the_way_of_the_reports_does_not_go_that_way():
    """Alarms of the watch and its queue go to the topic, and no rule takes them."""
    home = (
        Template(ROOT / OTHERS[1]),
        Template(ROOT / "cloudformation/home-account/aws-backup-watch.yaml"),
    )
    prefix = home[0].resources()["HomeAlarmsRule"]["Properties"]["EventPattern"]["detail"]
    (taken,) = prefix["alarmName"]
    # CloudFormation names what has no name after its stack, and both stacks' names begin so.
    names = [
        alarm["Properties"].get("AlarmName", taken["prefix"])
        for template in home
        for alarm in template.resources("AWS::CloudWatch::Alarm").values()
    ]
    assert names
    assert not any(name.startswith(taken["prefix"]) for name in names)
    topic = [{"Ref": "Topic"}], [{"Fn::ImportValue": "aws-backup-notifications-topic-arn"}]
    for template, wanted in zip(home, topic, strict=True):
        for alarm in template.resources("AWS::CloudWatch::Alarm").values():
            assert alarm["Properties"]["AlarmActions"] == wanted
