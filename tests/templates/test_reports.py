"""Failed jobs and what scans find are reported from every account that can have them."""

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
        pattern["detail-type"][0]: pattern
        for pattern in found
        if pattern["source"] == ["aws.backup"]
    }


def test_every_account_reports_the_same():
    member = patterns(MEMBER)
    assert set(member) == {"Backup Job State Change", "Scan Job State Change"}
    for file in OTHERS:
        assert patterns(file) == member, file


def test_every_rule_keeps_what_it_cannot_deliver():
    for file in (MEMBER, *OTHERS, POLICY_EVENTS):
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
    assert "aws.backup" in behind["source"] and set(behind) == {"source"}
