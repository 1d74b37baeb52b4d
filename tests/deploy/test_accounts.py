"""Each account's stacks: the right account only, in order, and what stays when they go."""

import dataclasses

import pytest
from deploy import accounts, cloudformation, stacks
from deploy.pipeline import source
from deploy.problem import Problem
from deploy.removal import own_stacks
from deploy.stacks import PARAMETERS, STACKS
from fakes import S3, CloudFormation, CodeCommit, Ec2, Iam, Session, Ssm, Sts

AIR_GAPPED = "aws-backup-solution-central-air-gapped-vault"
CENTRAL_REPORTS = "aws-backup-failed-jobs"
MANAGEMENT_REPORTS = "aws-backup-management-failed-jobs"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0)
    monkeypatch.setattr(source, "require_committed", lambda: None)


def session(account, region="eu-central-1", cloud=None, roles=None, arn=None):
    cloud = cloud or CloudFormation()
    clients = {
        "sts": Sts(account, arn),
        "iam": Iam(roles or {}),
        "ssm": Ssm({}),
        "s3": S3({"artifacts"}),
        "codecommit": CodeCommit(cloud),
        "ec2": Ec2(),
        "cloudformation": cloud,
    }
    return Session(clients, region)


def stacks_by(by):
    return [stack.name for stack in STACKS if stack.by == by]


def fill_in(folder, monkeypatch, **values):
    """Give values to what the parameter files leave open."""
    for file in PARAMETERS.glob("*.json"):
        text = file.read_text()
        for name, value in values.items():
            text = text.replace(f'"{name}": ""', f'"{name}": "{value}"')
        (folder / file.name).write_text(text)
    monkeypatch.setattr(stacks, "PARAMETERS", folder)


def created(made):
    return [name for what, name in made.clients["cloudformation"].requests if what == "create"]


@pytest.mark.parametrize(
    "deploy", [accounts.deploy_central, accounts.deploy_management, accounts.deploy_home]
)
def test_another_account_is_refused(targets, printed, deploy):
    made = session("999999999999")
    with pytest.raises(Problem, match="use a profile of that account"):
        deploy(made, targets, True, printed.append)
    assert created(made) == []


def test_central_in_another_region_is_refused(targets, printed):
    with pytest.raises(Problem, match="add REGION=eu-west-1"):
        accounts.deploy_central(
            session("333333333333", "eu-central-1"), targets, True, printed.append
        )


def test_central_deploys_its_stacks_and_tells_the_vault(targets, printed):
    cloud = CloudFormation()
    cloud.outputs["aws-backup-solution-central-account"] = {
        "CentralBackupVaultArn": targets.central_vault_arn
    }
    made = session("333333333333", "eu-west-1", cloud)
    accounts.deploy_central(made, targets, True, printed.append)
    left_open = {AIR_GAPPED, CENTRAL_REPORTS}
    assert created(made) == [
        name for name in stacks_by("make deploy-central") if name not in left_open
    ]
    assert f"{CENTRAL_REPORTS}: skipped, aws-backup-failed-jobs.json names no HomeRegion" in printed
    assert f"{AIR_GAPPED}: skipped, {AIR_GAPPED}.json names no MinRetentionDays" in printed
    _, parameters = cloud.bodies["aws-backup-solution-central-account"]
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in parameters}
    assert given["pOrganizationId"] == targets.organization
    assert given["DeployingPrincipal"] == "root"
    assert printed[-1] == f"central vault: {targets.central_vault_arn}"


def test_central_gets_aws_backups_own_role_before_its_stacks(targets, printed):
    cloud = CloudFormation()
    cloud.outputs["aws-backup-solution-central-account"] = {
        "CentralBackupVaultArn": targets.central_vault_arn
    }
    made = session("333333333333", "eu-west-1", cloud)
    accounts.deploy_central(made, targets, True, printed.append)
    assert "AWSServiceRoleForBackup" in made.clients["iam"].roles
    assert printed[0] == "role AWSServiceRoleForBackup: made"
    printed.clear()
    accounts.deploy_central(made, targets, True, printed.append)
    assert printed[0] == "role AWSServiceRoleForBackup: there already"


def test_central_stops_where_the_role_is_refused(targets, printed):
    made = session("333333333333", "eu-west-1")
    made.clients["iam"].refuses = "explicit deny in a service control policy"
    with pytest.raises(Problem, match="explicit deny"):
        accounts.deploy_central(made, targets, True, printed.append)
    assert created(made) == []


@pytest.mark.parametrize("account", ["central", "home"])
def test_aws_backups_own_role_stays_and_that_is_told(targets, printed, account):
    expected = {"central": targets.central_account, "home": targets.home_account}[account]
    own_stacks.destroy(session(expected), targets, account, True, printed.append)
    assert any("AWSServiceRoleForBackup" in line for line in printed if line.startswith("stays: "))


def test_central_has_an_air_gapped_vault_when_its_retention_is_named(
    targets, printed, tmp_path, monkeypatch
):
    fill_in(tmp_path, monkeypatch, MinRetentionDays="14")
    cloud = CloudFormation()
    cloud.outputs["aws-backup-solution-central-account"] = {
        "CentralBackupVaultArn": targets.central_vault_arn
    }
    made = session("333333333333", "eu-west-1", cloud)
    accounts.deploy_central(made, targets, True, printed.append)
    assert AIR_GAPPED in created(made)
    _, parameters = cloud.bodies[AIR_GAPPED]
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in parameters}
    assert given["MinRetentionDays"] == "14"
    assert given["OrganizationId"] == targets.organization
    assert given["DeployingPrincipal"] == "root"


def test_a_central_vault_with_another_arn_is_told(targets, printed):
    cloud = CloudFormation()
    cloud.outputs["aws-backup-solution-central-account"] = {"CentralBackupVaultArn": "arn:other"}
    with pytest.raises(Problem, match="write it into aws-backup-ssm-targets.json"):
        accounts.deploy_central(
            session("333333333333", "eu-west-1", cloud), targets, True, printed.append
        )


def test_management_leaves_out_service_control_policies_without_targets(targets, printed):
    made = session("111111111111")
    accounts.deploy_management(made, targets, True, printed.append)
    assert created(made) == ["aws-backup-backuporgpolicymanager-mangement-role"]
    assert sum("names no TargetIds" in line for line in printed) == 2


def test_failed_jobs_of_central_and_management_are_reported_when_the_home_region_is_named(
    targets, printed, tmp_path, monkeypatch
):
    fill_in(tmp_path, monkeypatch, HomeRegion="eu-central-1")
    wanted = [
        {"ParameterKey": "HomeAccountId", "ParameterValue": targets.home_account},
        {"ParameterKey": "HomeRegion", "ParameterValue": "eu-central-1"},
    ]
    cloud = CloudFormation()
    cloud.outputs["aws-backup-solution-central-account"] = {
        "CentralBackupVaultArn": targets.central_vault_arn
    }
    accounts.deploy_central(
        session("333333333333", "eu-west-1", cloud), targets, True, printed.append
    )
    assert cloud.bodies[CENTRAL_REPORTS][1] == wanted
    # The management account has no Region of its own: its jobs run in every target Region.
    made = session("111111111111")
    clouds = {region: CloudFormation() for region in targets.regions}
    made.clients |= {("cloudformation", region): cloud for region, cloud in clouds.items()}
    accounts.deploy_management(made, targets, True, printed.append)
    assert [cloud.bodies[MANAGEMENT_REPORTS][1] for cloud in clouds.values()] == [wanted] * 2
    for region in targets.regions:
        assert f"{MANAGEMENT_REPORTS}: created in {region}" in printed
    own_stacks.destroy(made, targets, "management", True, printed.append)
    for cloud in clouds.values():
        assert ("delete", MANAGEMENT_REPORTS) in cloud.requests


def home(cloud=None, roles=None):
    cloud = cloud or CloudFormation()
    cloud.outputs["aws-backup-s3-bucket"] = {"BucketName": "artifacts"}
    return session("222222222222", cloud=cloud, roles=roles)


def test_home_deploys_its_stacks_in_order_and_the_source_before_the_repository(targets, printed):
    made = home()
    accounts.deploy_home(made, targets, True, printed.append)
    assert created(made) == stacks_by("make deploy-home")
    assert made.clients["s3"].uploads == [f"artifacts/{source.ARCHIVE_KEY}"]
    assert made.clients["s3"].objects["artifacts", source.ARCHIVE_KEY][:2] == b"PK"
    order = [line.split(":")[0] for line in printed]
    assert order.index("source archive") < order.index("aws-backup-codecommit")


def with_hong_kong(targets):
    return dataclasses.replace(targets, regions=(*targets.regions, "ap-east-1"))


@pytest.mark.parametrize(
    ("opt_in", "more"),
    [
        ({}, ""),
        ({"ap-east-1": True, "me-south-1": True}, ",cloudformation.ap-east-1.amazonaws.com"),
    ],
)
def test_stack_sets_role_trusts_the_principals_of_the_opt_in_regions(
    targets, printed, opt_in, more
):
    made = home()
    made.clients["ec2"] = Ec2(opt_in)
    accounts.deploy_home(made, with_hong_kong(targets), True, printed.append)
    _, given = made.clients["cloudformation"].bodies["aws-cloudformation-stackset-admin-role"]
    assert given == [
        {
            "ParameterKey": "ServicePrincipals",
            "ParameterValue": f"cloudformation.amazonaws.com{more}",
        }
    ]


def test_a_region_that_the_home_account_has_not_enabled_stops_it(targets, printed):
    made = home()
    made.clients["ec2"] = Ec2({"ap-east-1": False})
    with pytest.raises(Problem, match="Region `ap-east-1`: the home account has not enabled it"):
        accounts.deploy_home(made, with_hong_kong(targets), True, printed.append)
    assert created(made) == []


@pytest.mark.parametrize("region", ["", "ap-east-1."])
def test_a_role_that_was_there_has_to_trust_the_opt_in_regions_itself(targets, printed, region):
    role = "AWSCloudFormationStackSetAdministrationRole"
    made = home(roles={role: f"arn:aws:iam::222222222222:role/{role}"})
    made.clients["ec2"] = Ec2({"ap-east-1": True})
    trusted = ("cloudformation.amazonaws.com", f"cloudformation.{region}amazonaws.com")
    made.clients["iam"].trusted = trusted
    if region:
        accounts.deploy_home(made, with_hong_kong(targets), True, printed.append)
        assert any(
            line.startswith("aws-cloudformation-stackset-admin-role: skipped") for line in printed
        )
    else:
        with pytest.raises(Problem, match="does not trust cloudformation.ap-east-1.amazonaws.com"):
            accounts.deploy_home(made, with_hong_kong(targets), True, printed.append)


def test_home_twice_changes_nothing_and_uploads_no_second_archive(targets, printed):
    made = home()
    accounts.deploy_home(made, targets, True, printed.append)
    before = list(made.clients["cloudformation"].requests)
    accounts.deploy_home(made, targets, True, printed.append)
    assert made.clients["cloudformation"].requests == before
    assert len(made.clients["s3"].uploads) == 1


def test_a_second_attempt_takes_the_corrected_archive(targets, printed):
    made = home(CloudFormation(fails={"aws-backup-codecommit": "`a` is empty"}))
    with pytest.raises(Problem, match="`a` is empty"):
        accounts.deploy_home(made, targets, True, printed.append)
    cloud = made.clients["cloudformation"]
    assert cloud.stacks["aws-backup-codecommit"] == "ROLLBACK_COMPLETE"
    cloud.fails.clear()
    accounts.deploy_home(made, targets, True, printed.append)
    assert len(made.clients["s3"].uploads) == 2
    assert cloud.requests.index(("delete", "aws-backup-codecommit")) < len(cloud.requests) - 2


def test_a_repository_that_a_failed_stack_left_is_told(targets, printed):
    made = home(CloudFormation({"aws-backup-codecommit": "ROLLBACK_COMPLETE"}))
    made.clients["codecommit"].repositories.add("backup-recovery-with-aws-backup")
    with pytest.raises(Problem, match="keep a clone of it and delete it"):
        accounts.deploy_home(made, targets, True, printed.append)


def test_stack_set_roles_that_exist_already_are_skipped_and_said(targets, printed):
    role = "AWSCloudFormationStackSetAdministrationRole"
    made = home(roles={role: f"arn:aws:iam::222222222222:role/{role}"})
    accounts.deploy_home(made, targets, True, printed.append)
    assert "aws-cloudformation-stackset-admin-role" not in created(made)
    assert "aws-cloudformation-stackset-execution-role" in created(made)
    assert (
        f"aws-cloudformation-stackset-admin-role: skipped, this account has a role {role} already"
        in printed
    )


def test_what_a_failed_creation_of_the_pipeline_left_is_removed_and_nothing_else(targets, printed):
    made = home(
        CloudFormation(
            {
                "aws-backup-ssm-targets": "ROLLBACK_COMPLETE",
                "stackset-aws-backup-lambda-s3-bucket": "UPDATE_ROLLBACK_COMPLETE",
                "aws-backup-org-policy": "UPDATE_ROLLBACK_FAILED",
                "stackset-aws-backup-member-accounts": "CREATE_COMPLETE",
            }
        )
    )
    accounts.deploy_home(made, targets, True, printed.append)
    deleted = [name for what, name in made.clients["cloudformation"].requests if what == "delete"]
    assert deleted == ["aws-backup-ssm-targets"]
    assert "aws-backup-ssm-targets: retry the stage Targets" in printed


def test_a_repository_that_was_left_is_told_before_anything_is_made(targets, printed):
    made = home()
    made.clients["codecommit"].repositories.add("backup-recovery-with-aws-backup")
    with pytest.raises(Problem, match="keep a clone of it and delete it"):
        accounts.deploy_home(made, targets, True, printed.append)
    assert created(made) == []


@pytest.mark.parametrize(
    ("arn", "roles", "expected"),
    [
        ("arn:aws:iam::333333333333:root", {}, "root"),
        ("arn:aws:iam::333333333333:user/ops/alice", {}, "user/ops/alice"),
        (
            "arn:aws:sts::333333333333:assumed-role/Admin/alice",
            {"Admin": "arn:aws:iam::333333333333:role/Admin"},
            "role/Admin",
        ),
        (
            "arn:aws:sts::333333333333:assumed-role/Admin/alice",
            {"Admin": "arn:aws:iam::333333333333:role/teams/Admin"},
            "role/teams/Admin",
        ),
        (
            "arn:aws:sts::333333333333:assumed-role/AWSReservedSSO_Admin_0123/alice",
            {},
            "role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_Admin_0123",
        ),
        ("arn:aws:sts::333333333333:assumed-role/Admin/alice", {}, "role/Admin"),
    ],
)
def test_the_deploying_principal_is_what_a_policy_will_see(arn, roles, expected):
    assert accounts.deploying_principal(session("333333333333", roles=roles), arn) == expected


##### Deleting


def everything(account):
    return CloudFormation(
        {stack.name: "CREATE_COMPLETE" for stack in STACKS if stack.account == account}
    )


def test_without_apply_nothing_is_deleted_and_what_stays_is_told(targets, printed):
    made = session("222222222222", cloud=everything("home"))
    own_stacks.destroy(made, targets, "home", False, printed.append)
    assert made.clients["cloudformation"].requests == []
    assert printed[0] == "would delete aws-backup-codepipeline"
    assert [line for line in printed if line.startswith("stays: ")]
    assert printed[-1] == "nothing was changed; add APPLY=1 to delete"


def test_home_goes_in_an_order_that_works(targets, printed):
    cloud = everything("home")
    cloud.protected.add("aws-backup-org-policy")
    made = session("222222222222", cloud=cloud)
    own_stacks.destroy(made, targets, "home", True, printed.append)
    gone = [name for what, name in cloud.requests if what == "delete"]
    assert set(gone) == {stack.name for stack in STACKS if stack.account == "home"}
    position = {name: number for number, name in enumerate(gone)}
    # No commit may bring back what goes; the policies need their function to go; every stack of the
    # pipeline needs CloudFormationRole to go.
    assert position["aws-backup-codepipeline"] == 0
    assert position["aws-backup-org-policy"] < position["aws-backup-backuporgpolicymanager"]
    assert (
        position["aws-backup-backuporgpolicymanager"]
        < position["aws-backup-backuporgpolicymanager-role"]
    )
    last = max(position[stack.name] for stack in STACKS if stack.by.startswith("pipeline"))
    assert last < position["aws-backup-codepipeline-cloudformation-role"]


def test_only_the_policies_stack_loses_its_protection(targets, printed):
    cloud = everything("home")
    own_stacks.destroy(session("222222222222", cloud=cloud), targets, "home", True, printed.append)
    assert [name for what, name in cloud.requests if what == "unprotect"] == [
        "aws-backup-org-policy"
    ]


def test_deleting_twice_is_done(targets, printed):
    made = session("333333333333", cloud=everything("central"))
    own_stacks.destroy(made, targets, "central", True, printed.append)
    own_stacks.destroy(made, targets, "central", True, printed.append)
    assert "no stack of the solution is in this account and Region" in printed
