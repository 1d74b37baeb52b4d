"""`backupctl doctor` where policies and resources ask more than most do."""

import json

from kit.names import CENTRAL, REGION

from .consultation import MEMBERS, back_up_a_table, deploy, doctor, make, of

__all__ = ["doctor"]


def test_tables_whose_backups_cannot_be_copied_are_found_and_mended(world, doctor):
    account = MEMBERS[0]
    deploy(world, account, REGION, "member-account", "aws-backup-member-account-role")
    deploy(
        world,
        account,
        REGION,
        "member-account",
        "aws-backup-member-account",
        CentralAccountId=CENTRAL,
    )
    settings = world.client("backup", account)
    settings.update_region_settings(
        ResourceTypeManagementPreference={"DynamoDB": False, "EFS": False}
    )

    def tables():
        _, checks = doctor()
        return of(checks, account, REGION)["advanced backup of DynamoDB"]

    # An account without tables loses nothing.
    assert tables()["state"] == "info"
    back_up_a_table(world, account)
    found = tables()
    assert found["state"] == "failed"
    command = found["remedy"].partition(" (")[0].split()
    assert command[0] == "make"

    shown = make(world, doctor.targets, command[1])
    assert f"missing  advanced backup of DynamoDB, {account} in {REGION}" in shown
    assert tables()["state"] == "failed"
    done = make(world, doctor.targets, *command[1:])
    assert f"done     advanced backup of DynamoDB, {account} in {REGION}" in done
    assert f"ok       advanced backup of DynamoDB, {MEMBERS[1]} in {REGION}" in done
    assert tables()["state"] == "ok"
    preferences = settings.describe_region_settings()["ResourceTypeManagementPreference"]
    assert preferences["EFS"] is False


def test_a_policy_that_asks_more_than_the_role_can_is_found(world, doctor):
    account = MEMBERS[0]
    content = {
        "plans": {
            "daily": {
                "rules": {
                    "nightly": {
                        "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
                        "target_backup_vault_name": {"@@assign": "AWSBackupSolutionVault"},
                        "index_actions": {"resource_types": {"@@assign": ["EBS"]}},
                        "scan_actions": {"GUARDDUTY": {"scan_mode": {"@@assign": "FULL_SCAN"}}},
                    }
                },
                "regions": {"@@assign": [REGION]},
                "scan_settings": {
                    "GUARDDUTY": {
                        "resource_types": {"@@assign": ["EBS"]},
                        "scanner_role_arn": {"@@assign": arn("AWSBackupSolutionScannerRole")},
                    }
                },
                "selections": {
                    "tags": {
                        "daily": {
                            "iam_role_arn": {"@@assign": arn("AWSBackupSolutionRole")},
                            "tag_key": {"@@assign": "backup"},
                            "tag_value": {"@@assign": ["daily"]},
                        }
                    }
                },
            }
        }
    }
    organizations = world.client("organizations")
    policy = organizations.create_policy(
        Name="searched", Description="", Type="BACKUP_POLICY", Content=json.dumps(content)
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=account)
    template = "aws-backup-member-account-role"
    deploy(world, account, REGION, "member-account", template)
    asked = ("indexes of volumes", "scanner role")

    def states():
        _, checks = doctor()
        assert all(check not in of(checks, MEMBERS[1]) for check in asked)
        return [of(checks, account)[check]["state"] for check in asked]

    assert states() == ["failed", "failed"]
    client = world.client("cloudformation", account)
    on = [
        {"ParameterKey": name, "ParameterValue": "true"} for name in ("IndexBackups", "ScanBackups")
    ]
    client.update_stack(
        StackName=template,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=on,
    )
    waiter = client.get_waiter("stack_update_complete")
    waiter.wait(StackName=template, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    assert states() == ["ok", "ok"]


def arn(role):
    """A role of whichever account the policy is for."""
    return f"arn:aws:iam::$account:role/{role}"
