"""The deployment guide's commands, one after another, on the emulator.

The pipeline itself runs in `tests/rehearsal`; the stacks that it deploys are deployed here by the
code behind `make deploy-*`, in the pipeline's order. What is asserted is what exists afterwards,
not what a stack says of itself.
"""

import json
import re
import time
import urllib.request

import pytest
from conftest import (
    CENTRAL,
    CENTRAL_REGION,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    ROOT,
    TARGETS,
    Organization,
)
from deploy import cloudformation
from deploy.stacks import BY_NAME, load_template
from deploy.templates import VARIABLES
from kit.isolation import SECONDS

MEMBERS = ("444444444441", "444444444442", "444444444443", "444444444444")
REGIONS = (HOME_REGION, CENTRAL_REGION)


def names(pages, key):
    return {entry[key] for entry in pages}


def deploy(organization, account, region, name, path, **parameters):
    client = organization.client("cloudformation", account, region)
    cloudformation.deploy(client, name, (ROOT / path).read_text(), parameters, lambda _: None)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0.2)


def test_targets_are_sound(organization):
    assert "0 errors, 0 warnings" in organization.make(HOME, HOME_REGION, "targets-check").stdout


def test_what_the_central_account_would_get_is_said_first(organization):
    result = organization.make(CENTRAL, CENTRAL_REGION, "deploy-central")
    assert result.returncode == 0, result.stderr
    assert "+ CentralVault (AWS::Backup::BackupVault)" in result.stdout
    assert result.stdout.endswith("nothing was changed; add APPLY=1 to do this\n")
    backup = organization.client("backup", CENTRAL, CENTRAL_REGION)
    assert backup.list_backup_vaults()["BackupVaultList"] == []


def test_central_account(organization):
    result = organization.make(CENTRAL, CENTRAL_REGION, "deploy-central", "APPLY=1")
    assert result.returncode == 0, result.stderr
    backup = organization.client("backup", CENTRAL, CENTRAL_REGION)
    vault = backup.describe_backup_vault(BackupVaultName="AWSBackupSolutionCentralVault")
    assert vault["BackupVaultArn"] == TARGETS["CentralBackupVaultArn"]
    aliases = organization.client("kms", CENTRAL, CENTRAL_REGION).list_aliases()["Aliases"]
    assert "alias/AWSBackupSolutionCentralKey" in names(aliases, "AliasName")
    role = organization.client("iam", CENTRAL).get_role(
        RoleName="AWSBackupSolutionCentralAccountRole"
    )
    assert "backup.amazonaws.com" in json.dumps(role["Role"]["AssumeRolePolicyDocument"])


def test_the_central_account_has_aws_backups_own_role(organization):
    """No copy arrives without it: the vault was made by CloudFormation, which makes no role."""
    found = organization.client("iam", CENTRAL).get_role(RoleName="AWSServiceRoleForBackup")
    assert found["Role"]["Path"] == "/aws-service-role/backup.amazonaws.com/"


def test_central_account_again_changes_nothing(organization):
    result = organization.make(CENTRAL, CENTRAL_REGION, "deploy-central", "APPLY=1")
    assert result.returncode == 0, result.stderr
    assert result.stdout.count(": unchanged") == 2
    result = organization.make(CENTRAL, CENTRAL_REGION, "deploy-central")
    assert result.stdout.count(": unchanged") == 2
    assert "nothing to do: everything is as the files here have it" in result.stdout


def test_the_wrong_account_is_refused(organization):
    result = organization.make(HOME, CENTRAL_REGION, "deploy-central", "APPLY=1")
    assert result.returncode != 0
    assert (
        "error: account 222222222222: the central account is 333333333333; use a profile of "
        "that account" in result.stderr
    )


def test_management_account(organization):
    result = organization.make(MANAGEMENT, HOME_REGION, "deploy-management", "APPLY=1")
    assert result.returncode == 0, result.stderr
    role = organization.client("iam", MANAGEMENT).get_role(
        RoleName="BackupOrgPolicyManagerOrgAdmin"
    )
    assert HOME in json.dumps(role["Role"]["AssumeRolePolicyDocument"])
    assert result.stdout.count("names no TargetIds") == 2


def test_the_organization_is_prepared(organization):
    place = (MANAGEMENT, HOME_REGION, "prepare-organization")
    assert organization.make(*place).stdout.count("missing  ") == 7
    result = organization.make(*place, "APPLY=1")
    assert result.returncode == 0, result.stdout + result.stderr
    again = organization.make(*place).stdout
    assert again.count("ok       ") == 8
    assert "missing" not in again


def test_the_members_get_aws_backups_own_role(organization):
    """The same where it is already: an account that used AWS Backup before."""
    there = organization.client("iam", MEMBERS[1])
    there.create_service_linked_role(AWSServiceName="backup.amazonaws.com")
    place = (MANAGEMENT, HOME_REGION, "prepare-members")
    before = organization.make(*place).stdout
    assert before.count("missing  ") == 3
    assert f"ok       AWSServiceRoleForBackup in {MEMBERS[1]}" in before
    result = organization.make(*place, "APPLY=1")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("done     ") == 3
    for account in MEMBERS:
        iam = organization.client("iam", account)
        assert iam.get_role(RoleName="AWSServiceRoleForBackup")
    assert organization.make(*place).stdout.count("ok       ") == 4


def test_home_account_up_to_a_pipeline_that_runs(organization, monkeypatch):
    """What is not committed stops the command, so it is driven without that look.

    The pipeline starts by itself; here it is stopped before its first build. It runs to its end
    in the rehearsal.
    """
    from deploy import accounts, source, targets

    monkeypatch.setattr(source, "require_committed", lambda: None)
    organization.fault(service="codebuild", operation="StartBuild", kind="refuse")
    said = []

    class Session:
        region_name, profile_name = HOME_REGION, "home"

        def client(self, service, region_name=None):
            return organization.client(service, HOME, region_name or HOME_REGION)

    accounts.deploy_home(Session(), targets.load(organization.targets), True, said.append)
    client = organization.client("cloudformation", HOME)
    exports = names(client.list_exports()["Exports"], "Name")
    assert {"aws-backup-s3-bucket-name", "aws-backup-codepipeline-kms-arn"} <= exports
    projects = set(organization.client("codebuild", HOME).list_projects()["projects"])
    assert {
        "AWSBackup-ValidateTemplates",
        "AWSBackup-TestAndPackageBackupOrgPolicyManager",
    } <= projects
    assert any(line.startswith("source archive: ") for line in said)
    (topic,) = organization.client("sns", HOME).list_topics()["Topics"]
    assert topic["TopicArn"].endswith(":aws-backup-notifications")
    repository = organization.client("codecommit", HOME)
    makefile = repository.get_file(repositoryName=source.REPOSITORY, filePath="Makefile")
    assert b"deploy-home" in makefile["fileContent"] or b"deploy.mk" in makefile["fileContent"]
    pipeline = organization.client("codepipeline", HOME)
    deadline = time.monotonic() + SECONDS
    while True:
        executions = pipeline.list_pipeline_executions(pipelineName=source.REPOSITORY)
        (execution,) = executions["pipelineExecutionSummaries"]
        if execution["status"] != "InProgress":
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert execution["status"] == "Failed"
    states = pipeline.get_pipeline_state(name=source.REPOSITORY)["stageStates"]
    reached = {
        state["stageName"]: state.get("latestExecution", {}).get("status") for state in states
    }
    assert reached["Source"] == "Succeeded"
    assert reached["Validate"] == "Failed"
    assert reached["UpdatePipeline"] is None


def test_targets_reach_the_parameters_without_blanks(organization):
    stack = BY_NAME["aws-backup-ssm-targets"]
    deploy(organization, HOME, HOME_REGION, stack.name, stack.template, **TARGETS)
    ssm = organization.client("ssm", HOME)
    assert ssm.get_parameter(Name="/backup/target/regions")["Parameter"]["Value"] == ",".join(
        REGIONS
    )
    units = ssm.get_parameter(Name="/backup/target/organizational-units")["Parameter"]["Value"]
    assert units == "ou-reh1-workloads,ou-reh1-sandboxes"
    assert (
        ssm.get_parameter(Name="/backup/org-id")["Parameter"]["Value"] == TARGETS["OrganizationId"]
    )


def test_templates_are_published_by_their_build(organization):
    variables = organization.build(HOME, HOME_REGION, "publish-templates.yml")
    ssm = organization.client("ssm", HOME)
    bucket = ssm.get_parameter(Name="/backup/bucket")["Parameter"]["Value"]
    stored = organization.client("s3", HOME).list_objects_v2(Bucket=bucket, Prefix="templates/")
    keys = names(stored["Contents"], "Key")
    assert set(variables.values()) == keys and len(keys) == 4
    # The keys are what the stack sets' templates accept.
    for name, key in variables.items():
        parent = load_template(BY_NAME[VARIABLES[name]].template_path.read_text())
        assert re.search(parent["Parameters"]["TemplateKey"]["AllowedPattern"], key)
    assert "uploaded" not in organization.make(HOME, HOME_REGION, "publish-templates").stdout


def test_package_buckets_and_the_package_in_every_region(organization):
    """The first roll-out fails in one Region, keeps the others, and is repeated there alone."""
    stack = BY_NAME["stackset-aws-backup-lambda-s3-bucket"]
    key = organization.build(HOME, HOME_REGION, "publish-templates.yml")[
        "LAMBDA_S3_BUCKET_TEMPLATE"
    ]
    in_the_way = organization.client("s3", HOME, CENTRAL_REGION)
    bucket = {"Bucket": f"lambda-deployment-bucket-{HOME}-{CENTRAL_REGION}"}
    where = {"LocationConstraint": CENTRAL_REGION}
    in_the_way.create_bucket(**bucket, CreateBucketConfiguration=where)
    parameters = stack.parameters() | {"TemplateKey": key}
    deploy(organization, HOME, HOME_REGION, stack.name, stack.template, **parameters)
    told = organization.make(HOME, HOME_REGION, "verify-stack-sets").stdout
    assert f"  {HOME} in {CENTRAL_REGION}: OUTDATED (FAILED): " in told
    assert f"{HOME} in {HOME_REGION}" not in told

    in_the_way.delete_bucket(**bucket)
    # One Region has no bucket yet: nothing may be recorded.
    result = organization.make(HOME, HOME_REGION, "publish-org-policy-manager")
    assert result.returncode != 0
    assert f"not in {CENTRAL_REGION} (NoSuchBucket" in result.stderr
    ssm = organization.client("ssm", HOME)
    recorded = ssm.get_parameters_by_path(Path="/backup/lambda", Recursive=True)["Parameters"]
    assert not [entry["Name"] for entry in recorded if "deployed" in entry["Name"]]

    update_as_told(organization, told)
    result = organization.make(HOME, HOME_REGION, "publish-org-policy-manager")
    assert result.returncode == 0, result.stderr
    base = "/backup/lambda/aws-backup-backuporgpolicymanager"
    key = ssm.get_parameter(Name=f"{base}/deployed-package")["Parameter"]["Value"]
    package = (ROOT / "dist/org-policy-manager.zip").read_bytes()
    for region in REGIONS:
        stored = organization.client("s3", HOME, region).get_object(
            Bucket=f"lambda-deployment-bucket-{HOME}-{region}", Key=key
        )
        assert stored["Body"].read() == package
    assert (
        "uploaded" not in organization.make(HOME, HOME_REGION, "publish-org-policy-manager").stdout
    )


def update_as_told(organization, told):
    """The update of the package buckets' instances that verify-stack-sets printed, waited for."""
    (command,) = re.findall(r"update-stack-instances .*--stack-set-name aws-backup-lambda.*", told)
    words = command.split()
    name, account, region = (
        words[words.index(option) + 1] for option in ("--stack-set-name", "--accounts", "--regions")
    )
    client = organization.client("cloudformation", HOME)
    wanted = {"StackSetName": name, "Accounts": [account], "Regions": [region]}
    operation = client.update_stack_instances(**wanted)["OperationId"]
    deadline = time.monotonic() + SECONDS
    while True:
        found = client.describe_stack_set_operation(StackSetName=name, OperationId=operation)
        if (status := found["StackSetOperation"]["Status"]) not in ("QUEUED", "RUNNING"):
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert status == "SUCCEEDED"


def test_member_accounts_get_role_vault_and_key(organization):
    """By the stack sets themselves, with the templates that the build has published."""
    keys = organization.build(HOME, HOME_REGION, "publish-templates.yml")
    for variable in ("MEMBER_ACCOUNTS_ROLE_TEMPLATE", "MEMBER_ACCOUNTS_TEMPLATE"):
        stack = BY_NAME[VARIABLES[variable]]
        parameters = stack.parameters() | {"TemplateKey": keys[variable]}
        if "CopyBack" in parameters:
            parameters["CopyBack"] = "true"
        deploy(organization, HOME, HOME_REGION, stack.name, stack.template, **parameters)
    for member in MEMBERS:
        assert organization.client("iam", member).get_role(RoleName="AWSBackupSolutionRole")
        for region in REGIONS:
            vaults = organization.client("backup", member, region).list_backup_vaults()[
                "BackupVaultList"
            ]
            assert "AWSBackupSolutionVault" in names(vaults, "BackupVaultName")
            # Failed jobs are reported to the home account's bus.
            events = organization.client("events", member, region)
            rules = events.list_rules()["Rules"]
            (rule,) = [rule for rule in rules if "restore jobs" in rule["Description"]]
            (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
            bus = f"arn:aws:events:{HOME_REGION}:{HOME}:event-bus/aws-backup-notifications"
            assert target["Arn"] == bus


def test_member_accounts_get_tag_on_restore(organization):
    result = organization.make(HOME, HOME_REGION, "publish-tag-on-restore")
    assert result.returncode == 0, result.stderr
    keys = organization.build(HOME, HOME_REGION, "publish-templates.yml")
    stack = BY_NAME["stackset-aws-backup-tagonrestore"]
    parameters = stack.parameters() | {"TemplateKey": keys["TAGONRESTORE_TEMPLATE"]}
    deploy(organization, HOME, HOME_REGION, stack.name, stack.template, **parameters)
    for member in MEMBERS:
        for region in REGIONS:
            functions = organization.client("lambda", member, region)
            function = functions.get_function_configuration(FunctionName="TagOnRestore")
            # Made from the package's own key, so the package runs.
            exported = (ROOT / "dist/tag-on-restore.env").read_text()
            assert f"PACKAGE_ARCHITECTURE={function['Architectures'][0]}" in exported
            (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
            assert mapping["EventSourceArn"].endswith(":TagOnRestore")
            assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def job_event(kind: str, **detail) -> str:
    """An event of AWS Backup, as far as patterns look at it."""
    envelope = {"id": "1", "account": MEMBERS[0], "region": HOME_REGION, "resources": []}
    envelope |= {"source": "aws.backup", "time": "2026-01-29T05:00:00Z"}
    return json.dumps(envelope | {"detail-type": f"{kind} Job State Change", "detail": detail})


@pytest.mark.parametrize(
    ("event", "reported", "tagged"),
    [
        (job_event("Backup", state="FAILED"), True, False),
        (job_event("Backup", state="EXPIRED"), True, False),
        (job_event("Backup", state="RUNNING"), False, False),
        (job_event("Backup", state="COMPLETED"), False, False),
        (
            job_event("Backup", state="COMPLETED", statusMessage="one object is missing"),
            True,
            False,
        ),
        (job_event("Copy", state="FAILED"), True, False),
        (job_event("Restore", state="CREATED"), False, False),
        (job_event("Restore", status="ABORTED"), True, False),
        (job_event("Restore", status="COMPLETED"), False, True),
        (job_event("Restore", status="COMPLETED", statusMessage="one is missing"), True, True),
        (job_event("Restore", status="COMPLETED", restoreTestingPlanArn="arn:x"), False, False),
        (job_event("Restore", status="FAILED", restoreTestingPlanArn="arn:x"), True, False),
    ],
)
def test_rules_take_the_events_that_they_are_for(organization, event, reported, tagged):
    events = organization.client("events", MEMBERS[0])
    rules = {rule["Description"]: rule["EventPattern"] for rule in events.list_rules()["Rules"]}
    for description, expected in (
        ("Failed backup, copy and restore jobs are reported to the home account", reported),
        ("Completed restores of AWS Backup go to the queue of TagOnRestore", tagged),
    ):
        answer = events.test_event_pattern(EventPattern=rules[description], Event=event)
        assert answer["Result"] is expected, description


@pytest.mark.parametrize(
    ("detail", "reported"),
    [
        ({"state": "RUNNING"}, False),
        ({"state": "COMPLETED", "scanResult": {"scanResultStatus": "NO_THREATS_FOUND"}}, False),
        ({"state": "COMPLETED", "scanResult": {"scanResultStatus": "THREATS_FOUND"}}, True),
        ({"state": "COMPLETED_WITH_ISSUES"}, True),
        ({"state": "FAILED"}, True),
        ({"state": "CANCELED"}, False),
    ],
)
def test_what_scans_find_is_reported(organization, detail, reported):
    """As in AWS Backup's samples, where a completed scan has a message, too."""
    events = organization.client("events", MEMBERS[0])
    event = job_event("Scan", **detail, statusMessage="An AWS Backup scan job has ended.")
    answers = {
        rule["Description"]: events.test_event_pattern(
            EventPattern=rule["EventPattern"], Event=event
        )["Result"]
        for rule in events.list_rules()["Rules"]
    }
    taken = {description for description, taken in answers.items() if taken}
    rule = "Malware scans of backups that found something or failed are reported"
    assert taken == ({f"{rule} to the home account"} if reported else set())


def test_policy_manager_and_backup_policies(organization):
    for name in (
        "aws-backup-backuporgpolicymanager-role",
        "aws-backup-backuporgpolicymanager",
        "aws-backup-org-policy",
    ):
        stack = BY_NAME[name]
        parameters = stack.parameters()
        if name == "aws-backup-backuporgpolicymanager":
            # As the pipeline does: the published package's own architecture.
            exported = (ROOT / "dist/org-policy-manager.env").read_text()
            parameters["Architecture"] = exported.split("PACKAGE_ARCHITECTURE=")[1].strip()
        deploy(organization, HOME, HOME_REGION, name, stack.template, **parameters)
    with urllib.request.urlopen(f"{organization.endpoint}/_emulator/organization") as answer:
        policies = {policy["name"]: policy for policy in json.load(answer)["policies"]}
    assert set(policies) >= {"org-daily-backup-policy", "org-monthly-backup-policy"}
    for policy in policies.values():
        assert policy["targets"] == ["ou-reh1-workloads", "ou-reh1-sandboxes"]
    content = json.dumps(policies["org-daily-backup-policy"]["content"])
    assert TARGETS["CentralBackupVaultArn"] in content
    assert all(region in content for region in REGIONS)


def test_the_plan_tells_what_a_change_would_do_and_stops_at_a_loss(organization, tmp_path):
    """What is deployed already is no change; without an OU its accounts lose their plans."""
    plan = (MANAGEMENT, HOME_REGION, "plan-org-policy")
    deployed = organization.make(*plan)
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert "0 policies to change, 0 of 7 accounts affected, 0 findings" in deployed.stdout
    fewer = tmp_path / "targets.json"
    values = TARGETS | {"TargetOUs": "ou-reh1-workloads"}
    fewer.write_text(json.dumps({"Parameters": values}))
    smaller = Organization(organization.endpoint, fewer)
    loss = smaller.make(*plan)
    assert loss.returncode != 0
    assert "FINDING[last-plan-lost] no backup plan is left for 444444444444" in loss.stdout
    meant = smaller.make(*plan, "PLAN=allow-loss")
    assert meant.returncode == 0, meant.stdout + meant.stderr


def test_only_the_pipelines_build_may_read_with_the_management_accounts_role(organization):
    """The home account's root may not; that the build may is seen where the pipeline runs."""
    result = organization.make(HOME, HOME_REGION, "plan-org-policy", "READER=1")
    assert result.returncode != 0
    assert f"arn:aws:iam::{MANAGEMENT}:role/BackupOrgPolicyReader" in result.stderr


def test_the_policies_stack_is_protected_by_its_builds(organization):
    for step in ("before", "after"):
        organization.build(HOME, HOME_REGION, "guard-org-policy.yml", GUARD_STEP=step)
    client = organization.client("cloudformation", HOME)
    (stack,) = client.describe_stacks(StackName="aws-backup-org-policy")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["EnableTerminationProtection"] is True


def test_an_urgent_change_of_the_policies_does_without_the_pipelines_builds(organization):
    stack = BY_NAME["aws-backup-org-policy"]
    earlier = stack.parameters() | {"DailyRetentionDays": "40"}
    deploy(organization, HOME, HOME_REGION, stack.name, stack.template, **earlier)
    assert kept_days(organization) == "40"
    result = organization.make(HOME, HOME_REGION, "deploy-policies", "APPLY=1")
    assert result.returncode == 0, result.stderr
    assert kept_days(organization) == stack.parameters()["DailyRetentionDays"]
    assert "commit and push the same" in result.stdout


def kept_days(organization) -> str:
    with urllib.request.urlopen(f"{organization.endpoint}/_emulator/organization") as answer:
        policies = {policy["name"]: policy for policy in json.load(answer)["policies"]}
    content = json.loads(policies["org-daily-backup-policy"]["content"])
    return content["plans"]["OrgDailyBackupPlan"]["rules"]["OrgDailyBackupRule"]["lifecycle"][
        "delete_after_days"
    ]["@@assign"]


def test_destroying_home_removes_the_policies_and_keeps_the_backups(organization):
    planned = organization.make(HOME, HOME_REGION, "destroy-home")
    assert "would delete aws-backup-org-policy" in planned.stdout
    assert "nothing was changed; add APPLY=1 to delete" in planned.stdout
    result = organization.make(HOME, HOME_REGION, "destroy-home", "APPLY=1")
    assert result.returncode == 0, result.stderr
    with urllib.request.urlopen(f"{organization.endpoint}/_emulator/organization") as answer:
        assert json.load(answer)["policies"] == []
    for member in MEMBERS[:2]:
        vaults = organization.client("backup", member, CENTRAL_REGION).list_backup_vaults()[
            "BackupVaultList"
        ]
        assert "AWSBackupSolutionVault" in names(vaults, "BackupVaultName")


def test_destroying_central_keeps_the_copies(organization):
    result = organization.make(CENTRAL, CENTRAL_REGION, "destroy-central", "APPLY=1")
    assert result.returncode == 0, result.stderr
    vaults = organization.client("backup", CENTRAL, CENTRAL_REGION).list_backup_vaults()[
        "BackupVaultList"
    ]
    assert "AWSBackupSolutionCentralVault" in names(vaults, "BackupVaultName")
