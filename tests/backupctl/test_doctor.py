"""`backupctl doctor` before and after what it asks for is done."""

import json
import re

from kit.isolation import come_to_rest
from kit.names import CENTRAL, CENTRAL_VAULT, HOME, MANAGEMENT, ORGANIZATION, REGION, ROOT

from .consultation import (
    MEMBERS,
    REGIONS,
    back_up_a_table,
    deploy,
    doctor,
    failed,
    of,
    prepare,
    wait,
)

__all__ = ["doctor"]

PREPARED = {
    "trusted access, StackSets",
    "trusted access, AWS Backup",
    "delegated administrator of StackSets",
    "cross-account backup",
    "policy type BACKUP_POLICY",
    "opt-in of resource types",
}
# What the pipeline deploys, and who is notified of failures.
DEPLOYED = {
    "backup plan",
    "function BackupOrgPolicyManager",
    "function TagOnRestore",
    "policies of the stack",
    "who is notified of failures",
}
README = (ROOT / "crates" / "backupctl" / "README.md").read_text()
READS = ("Get", "List", "Describe", "AssumeRole")


def test_a_new_organization_lacks_everything_and_says_what_to_do(world, doctor):
    organizations = world.client("organizations")
    organizations.disable_policy_type(RootId="r-reh1", PolicyType="BACKUP_POLICY")
    world.emulator.forget_calls()
    status, checks = doctor()
    assert status == 1
    assert all(call.split(":")[1].startswith(READS) for call in world.calls())
    assert failed(checks, "unknown") == set()
    assert failed(checks) >= PREPARED
    for entry in checks:
        assert (entry["remedy"] is None) == (entry["state"] in ("ok", "info")), entry
    wanted = {entry["check"]: entry["remedy"] for entry in checks if entry["remedy"]}
    assert wanted["management role"].startswith("make deploy-management")
    assert wanted["central vault"].startswith("make deploy-central")
    assert wanted["stack sets' administration role"].startswith("make deploy-home")
    assert {entry["account"] for entry in checks if entry["check"] == "vault"} == set(MEMBERS)


def test_what_is_mended_is_not_complained_about_any_more(world, doctor):
    prepare(world, doctor.targets)
    _, checks = doctor()
    assert failed(checks) & PREPARED == set()

    deploy(
        world,
        MANAGEMENT,
        REGION,
        "management-account",
        "aws-backup-backuporgpolicymanager-mangement-role",
        BackupAndRecoveryHomeAccountId=HOME,
    )
    deploy(world, CENTRAL, REGION, "central-account", "aws-backup-central-backup-account-role")
    deploy(
        world,
        CENTRAL,
        REGION,
        "central-account",
        "aws-backup-central-backup-account",
        pOrganizationId=ORGANIZATION,
        DeployingPrincipal="role/Admin",
    )
    world.client("ssm", HOME).put_parameter(
        Name="/backup/org-management-account", Type="String", Value=MANAGEMENT
    )
    home = world.client("cloudformation", HOME)
    for name, template in (
        ("aws-cloudformation-stackset-admin-role", "aws-cloudformation-stackset-admin-role"),
        (
            "aws-cloudformation-stackset-execution-role",
            "aws-cloudformation-stackset-execution-role",
        ),
        ("aws-backup-backuporgpolicymanager-role", "aws-backup-backuporgpolicymanager-role"),
    ):
        text = (ROOT / "cloudformation" / "home-account" / f"{template}.yaml").read_text()
        parameters = [{"ParameterKey": "AdministratorAccountId", "ParameterValue": HOME}]
        home.create_stack(
            StackName=name,
            TemplateBody=text,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Parameters=parameters if "AdministratorAccountId" in text else [],
        )
        wait(home, name)
    for account in MEMBERS:
        deploy(world, account, REGION, "member-account", "aws-backup-member-account-role")
        for region in REGIONS:
            deploy(
                world,
                account,
                region,
                "member-account",
                "aws-backup-member-account",
                CentralAccountId=CENTRAL,
            )
    # What no stack makes: AWS Backup's own role. What a pipeline deploys is test_doctor_promises'.
    status, checks = doctor()
    assert failed(checks) - DEPLOYED == {"central service-linked role", "service-linked role"}
    remedies = {entry["check"]: entry["remedy"] for entry in checks if entry["remedy"]}
    assert remedies["central service-linked role"].startswith("make deploy-central")
    assert remedies["service-linked role"].startswith("make prepare-members APPLY=1")
    world.client("iam", CENTRAL).create_service_linked_role(AWSServiceName="backup.amazonaws.com")
    prepare(world, doctor.targets, "prepare-members")
    status, checks = doctor()
    assert failed(checks) == DEPLOYED
    member = of(checks, MEMBERS[0], REGION)
    assert {name: entry["state"] for name, entry in member.items()} == {
        "function TagOnRestore": "failed",
        "vault": "ok",
        "key": "ok",
        "last backup": "info",
        "last copy": "info",
        "failed copies": "ok",
        "advanced backup of DynamoDB": "ok",
    }
    # Nothing was backed up yet, which is a failure for whoever says how old a backup may be.
    status, checks = doctor("--max-age", "2")
    assert (status, failed(checks) - DEPLOYED) == (1, {"last backup", "last copy"})

    # With a backup there is a newest one.
    back_up_a_table(world, MEMBERS[0])
    _, checks = doctor()
    newest = of(checks, MEMBERS[0], REGION)["last backup"]
    assert newest["state"] == "ok"
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d UTC", newest["detail"])
    assert of(checks, MEMBERS[1], REGION)["last backup"]["detail"] == "none yet"

    # A key on its way out takes every backup with it.
    kms = world.client("kms", MEMBERS[1])
    key = kms.describe_key(KeyId="alias/AWSBackupSolutionKey")["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    status, checks = doctor("--account", MEMBERS[1])
    assert (status, failed(checks) - DEPLOYED) == (1, {"key"})
    remedy = of(checks, MEMBERS[1], REGION)["key"]["remedy"]
    assert remedy.startswith(f"aws kms cancel-key-deletion --region {REGION} --key-id ")
    assert of(checks, MEMBERS[0]) == {}


def make_role(world):
    """The role `Doctor` in every account but the management account, as the README has it."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    # In the order of the README: of the caller, of the role in the other accounts.
    _, everywhere, at_home = re.findall(
        r"```json\n(.*?)```", README.partition("# doctor")[2], re.DOTALL
    )
    for account in (*MEMBERS, HOME, CENTRAL):
        iam = world.client("iam", account)
        iam.create_role(RoleName="Doctor", AssumeRolePolicyDocument=json.dumps(trust))
        policies = {"Everywhere": everywhere} | ({"AtHome": at_home} if account == HOME else {})
        for name, policy in policies.items():
            iam.put_role_policy(RoleName="Doctor", PolicyName=name, PolicyDocument=policy)


def test_a_copy_that_its_key_did_not_let_be_made_is_named_with_its_mend(world, doctor):
    """An encrypted disk whose own key says nothing of the central account."""
    prepare(world, doctor.targets)
    account = MEMBERS[0]
    world.client("iam", CENTRAL).create_service_linked_role(AWSServiceName="backup.amazonaws.com")
    vault = {"pOrganizationId": ORGANIZATION, "DeployingPrincipal": "root"}
    deploy(world, CENTRAL, REGION, "central-account", "aws-backup-central-backup-account", **vault)
    deploy(world, account, REGION, "member-account", "aws-backup-member-account-role")
    central = {"CentralAccountId": CENTRAL}
    deploy(world, account, REGION, "member-account", "aws-backup-member-account", **central)
    key = world.client("kms", account).create_key()["KeyMetadata"]["Arn"]
    zone = f"{REGION}a"
    disk = world.client("ec2", account).create_volume(
        AvailabilityZone=zone, Size=1, Encrypted=True, KmsKeyId=key
    )
    backup = world.client("backup", account)
    role = f"arn:aws:iam::{account}:role/AWSBackupSolutionRole"
    arn = f"arn:aws:ec2:{REGION}:{account}:volume/{disk['VolumeId']}"
    point = backup.start_backup_job(
        BackupVaultName="AWSBackupSolutionVault", ResourceArn=arn, IamRoleArn=role
    )["RecoveryPointArn"]
    started = backup.start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName="AWSBackupSolutionVault",
        DestinationBackupVaultArn=CENTRAL_VAULT,
        IamRoleArn=role,
    )
    come_to_rest(world.emulator.control)
    job = backup.describe_copy_job(CopyJobId=started["CopyJobId"])["CopyJob"]
    assert job["State"] == "FAILED"
    make_role(world)
    _, checks = doctor("--account", account, "--member-role", "Doctor")
    found = of(checks, account, REGION)["failed copies"]
    assert found["state"] == "failed"
    assert found["detail"] == f"{arn}: Given key ID is not accessible (key {key})"
    assert '"Your own keys" in docs/deployment.md' in found["remedy"]
    assert "## Your own keys" in (ROOT / "docs" / "deployment.md").read_text()


def test_an_account_that_cannot_be_looked_into_is_named(world, doctor):
    iam = world.client("iam", MEMBERS[0])
    everything = "arn:aws:iam::aws:policy/AdministratorAccess"
    iam.detach_role_policy(RoleName="OrganizationAccountAccessRole", PolicyArn=everything)
    iam.delete_role(RoleName="OrganizationAccountAccessRole")
    status, checks = doctor()
    assert status == 1
    entry = of(checks, MEMBERS[0])["account"]
    assert entry["state"] == "unknown"
    assert entry["name"] == "member-2"
    assert "role/OrganizationAccountAccessRole" in entry["detail"]
    assert "--member-role" in entry["remedy"]
    assert of(checks, MEMBERS[1], REGION)["vault"]["state"] == "failed"


def test_another_role_and_a_denied_call(world, doctor):
    make_role(world)
    world.emulator.inject(
        {
            "service": "iam",
            "operation": "GetRole",
            "kind": "refuse",
            "account": MEMBERS[0],
            "times": 2,
        }
    )
    world.emulator.forget_calls()
    _, checks = doctor("--member-role", "Doctor")
    roles = {
        call["principal"].split("/")[1]
        for call in world.emulator.calls()
        if "/" in call["principal"]
    }
    assert roles == {"Doctor"}
    # Denied twice for the same reason, reported once.
    role = of(checks, MEMBERS[0])["service role, service-linked role"]
    assert role["state"] == "unknown"
    assert role["detail"].startswith(
        f"iam:GetRole is denied to arn:aws:iam::{MEMBERS[0]}:role/Doctor: "
    )
    # The fault is none; the actions of the README are enough for everything else.
    assert world.emulator.denials() == []


def test_only_the_management_account_can_ask(world, doctor):
    result = world.run("doctor", "--targets", doctor.targets, account=HOME)
    assert result.returncode == 2
    assert result.stderr == (
        f"arn:aws:iam::{HOME}:root, account {HOME}, organization {ORGANIZATION}\n"
        f"error: arn:aws:iam::{HOME}:root is not the management account {MANAGEMENT} that the "
        "targets name: use its credentials (`--profile`, `--role-arn`), or correct "
        "OrgManagementAccount\n"
    )
    result = world.run("doctor", "--targets", doctor.targets, "--account", HOME)
    assert result.returncode == 2
    assert "is not an account of the targets" in result.stderr


def test_the_table_names_every_remedy_once(world, doctor):
    result = world.run("doctor", "--targets", doctor.targets)
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    remedies = [line for line in lines if line.startswith("mends ")]
    assert len(remedies) == len(set(remedies)) >= 4
    failures = [line for line in lines if line.startswith("FAILED")]
    counted = sum(int(line.split()[1].rstrip(":")) for line in remedies)
    assert counted == len(failures)
