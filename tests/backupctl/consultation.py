"""What the tests of `backupctl doctor` share: accounts to look into, and how to mend them."""

import json
import subprocess

import pytest
from kit.environment import as_root, environment
from kit.names import (
    CENTRAL_VAULT,
    HOME,
    MANAGEMENT,
    ORGANIZATION,
    PRODUCTION,
    REGION,
    ROOT,
    SECOND_MEMBER,
    THIRD_MEMBER,
)

MEMBERS = (SECOND_MEMBER, THIRD_MEMBER)
REGIONS = (REGION, "eu-central-1")


def targets_file(path, regions=REGIONS):
    """The rehearsal's targets, as the guide has them typed."""
    values = {
        "OrganizationId": ORGANIZATION,
        "OrgManagementAccount": MANAGEMENT,
        "TargetHomeAccount": HOME,
        "CentralBackupVaultArn": CENTRAL_VAULT,
        "TargetOUs": PRODUCTION,
        "TargetRegions": ", ".join(regions),
        "TargetGlobalRegion": REGION,
    }
    path.write_text(json.dumps({"Parameters": values}))
    return path


@pytest.fixture
def doctor(world, tmp_path):
    """Runs the doctor with the rehearsal's targets; exit status and what it found."""
    targets = targets_file(tmp_path / "targets.json")

    def run(*arguments, **options):
        arguments = ("doctor", "--targets", targets, "--format", "json", *arguments)
        result = world.run(*arguments, **options)
        assert result.returncode in (0, 1), result.stderr
        return result.returncode, json.loads(result.stdout)

    run.targets = targets
    return run


def failed(checks, state="failed"):
    return {entry["check"] for entry in checks if entry["state"] == state}


def of(checks, account, region=None):
    return {
        entry["check"]: entry
        for entry in checks
        if (entry["account"], entry["region"]) == (account, region)
    }


def deploy(world, account, region, folder, template, **parameters):
    path = ROOT / "cloudformation" / folder / f"{template}.yaml"
    client = world.client("cloudformation", account, region)
    client.create_stack(
        StackName=template,
        TemplateBody=path.read_text(),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    wait(client, template)


def wait(client, name):
    waiter = client.get_waiter("stack_create_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})


def back_up_a_table(world, account):
    table = world.client("dynamodb", account).create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    world.client("backup", account).start_backup_job(
        BackupVaultName="AWSBackupSolutionVault",
        ResourceArn=table["TableDescription"]["TableArn"],
        IamRoleArn=f"arn:aws:iam::{account}:role/AWSBackupSolutionRole",
    )


def prepare(world, targets, command="prepare-organization"):
    make(world, targets, command, "APPLY=1")


def make(world, targets, *words):
    result = subprocess.run(
        ["make", "--no-print-directory", *words, f"REGION={REGION}", f"TARGETS={targets}"],
        cwd=ROOT,
        env=environment(**as_root(world.emulator.url, MANAGEMENT)),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout
