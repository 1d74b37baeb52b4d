"""Failed jobs, what scans find and changes are reported from every account that can have them."""

import json

from model import ROOT, Template

MEMBER = "cloudformation/member-account/aws-backup-member-account.yaml"
# What no stack set reaches: the central and the management account, and the home account itself.
OTHERS = (
    "cloudformation/central-and-management-account/aws-backup-failed-jobs.yaml",
    "cloudformation/home-account/aws-backup-notifications.yaml",
)


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
    for file in (MEMBER, *OTHERS):
        template = Template(ROOT / file)
        rules = template.resources("AWS::Events::Rule")
        (policy,) = template.resources("AWS::SQS::QueuePolicy").values()
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
