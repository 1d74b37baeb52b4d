"""`make acceptance` on a deployed organization: held, faulty, cut off, undone, with few rights."""

import configparser
import json
import re
import signal
import subprocess
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError
from kit.environment import environment
from kit.names import MEMBER, ROOT, SECOND_MEMBER, WORKLOADS
from kit.wait import eventually

from rehearsal.local.up import until
from rehearsal.names import (
    CENTRAL,
    CENTRAL_REGION,
    HOME,
    HOME_REGION,
    MANAGEMENT,
)
from rehearsal.stages.acceptance import JOINER, holdings, let_the_plan_run, resources_of

from .conftest import rehearsal_in
from .test_deploying_permissions import UNASKED, document, idle

# The profile's name -> its account, and the documents that are all it has.
PEOPLE = {
    "management": (MANAGEMENT, ("acceptance-management",)),
    "home": (HOME, ("acceptance-home",)),
    "central": (CENTRAL, ("acceptance-central",)),
    "member": (MEMBER, ("demo-resources", "acceptance-member")),
}
# What `make acceptance` runs.
PYTHON = ROOT / ".tools" / "deploy" / "bin" / "python"
STACK = "aws-backup-demo-resources"
TAG = "backup-acceptance"
WRITES = re.compile(r"^(?!Describe|Get|List|Head|AssumeRole|Lookup|DownloadDB)")
NO_COPIES = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "backup:StartCopyJob", "Resource": "*"}],
}


class Acceptance:
    """The command in the working copy of a deployed organization."""

    def __init__(self, folder, story, emulator):
        self.story, self.emulator = story, emulator
        self.checkout = story.checkout.folder
        self.folder = self.checkout / "acceptance" / "o-rehearsal01"
        self.state = self.folder / "state.json"
        profiles = configparser.ConfigParser()
        for who, (account, documents) in PEOPLE.items():
            profiles[who] = self._person(account, f"acceptance-{who}", documents)
        with (folder / "people").open("w") as file:
            profiles.write(file)
        self._environment = environment(
            AWS_ENDPOINT_URL=emulator.url,
            AWS_SHARED_CREDENTIALS_FILE=str(folder / "people"),
            PYTHONPATH=str(self.checkout / "tools"),
        )

    def _person(self, account, role, documents):
        """A role with these documents and nothing else; a session of it."""
        iam = self.client("iam", account)
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
            "Action": "sts:AssumeRole",
        }
        iam.create_role(
            RoleName=role,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        for name in documents:
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document(name))
        found = self.client("sts", account).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="acceptance"
        )["Credentials"]
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def client(self, service, account=MEMBER, region=HOME_REGION):
        return self.story.administrators.client(service, account, region)

    def start(self, *words):
        """The command, running."""
        return subprocess.Popen(
            [str(PYTHON), "-m", "acceptance", "--region", HOME_REGION, *words],
            cwd=self.checkout,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words, expect):
        """The command, which must end with this status; what it printed."""
        process = self.start("--wait", "120", *words)
        printed = process.communicate(timeout=600)[0]
        assert process.returncode == expect, printed
        return printed

    def report(self, name="report"):
        return json.loads((self.folder / f"{name}.json").read_text())

    def outcomes(self):
        return {step["name"]: step["outcome"] for step in self.report()["steps"]}

    def to_the_end(self):
        """A run, a day that passes, and what is then the last run."""
        self.run("--apply", expect=3)
        assert {k for k, v in self.outcomes().items() if v == "not yet"} == {"schedule"}
        let_the_plan_run(self.emulator, resources_of(self.client("cloudformation")))
        self.run("--apply", expect=0)

    def holdings(self):
        return holdings(self.story.administrators)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    """An organization as the guide leaves it, with what somebody else has in the member account."""
    folder = tmp_path_factory.mktemp("acceptance")
    with rehearsal_in(folder) as (story, emulator):
        for _, act in until(story.stages(), story.see_first):
            act()
        emulator.join(JOINER, "joiner")
        found = Acceptance(folder, story, emulator)
        somebody_elses(found)
        yield found


@pytest.fixture
def acceptance(deployed):
    """The command; whatever a test's run made goes afterwards, and nothing of others."""
    before = deployed.holdings()
    yield deployed
    deployed.emulator.mend()
    if deployed.state.exists():
        deployed.run("--undo", "--apply", expect=0)
    assert not deployed.state.exists()
    assert deployed.holdings() == before
    deployed.emulator.take_denials()


def somebody_elses(found):
    """Names and tags that look like a run's."""
    tags = [{"Key": TAG, "Value": "somebody"}]
    found.client("dynamodb").create_table(
        TableName="backup-acceptance-theirs",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=tags,
    )
    found.client("ec2").create_volume(
        AvailabilityZone=f"{HOME_REGION}a",
        Size=1,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )
    found.client("s3").create_bucket(
        Bucket="backup-acceptance-theirs",
        CreateBucketConfiguration={"LocationConstraint": HOME_REGION},
    )


def actions_of(name):
    """What a document allows."""
    statements = json.loads(document(name))["Statement"]
    listed = [one["Action"] for one in statements]
    return {a for one in listed for a in ([one] if isinstance(one, str) else one)}


def refused(acceptance):
    """What permissions refused, but for what the vaults must deny."""
    return [
        denial["message"]
        for denial in acceptance.emulator.denials()
        if "resource-based" not in denial["reason"]
    ]


def test_a_run_holds_with_the_documents_alone_and_a_second_one_changes_nothing(acceptance):
    printed = acceptance.run("--joiner", JOINER, expect=3)
    assert "costs less than a cent a day" in printed
    assert "nothing was changed; add APPLY=1" in printed
    assert not acceptance.state.exists()

    acceptance.run("--joiner", JOINER, "--apply", expect=3)
    assert acceptance.state.stat().st_mode & 0o777 == 0o600
    let_the_plan_run(acceptance.emulator, resources_of(acceptance.client("cloudformation")))
    acceptance.run("--apply", expect=0)
    assert set(acceptance.outcomes().values()) == {"held"}
    steps = {step["name"]: step for step in acceptance.report()["steps"]}
    for name, kinds in (("deletion", 5), ("central-deletion", 4)):
        denied = [line for line in steps[name]["seen"] if "explicit deny in a resource" in line]
        assert len(denied) == kinds, steps[name]

    before = acceptance.holdings()
    acceptance.emulator.forget_calls()
    acceptance.run("--apply", "--anonymous", expect=0)
    roles = tuple(f"assumed-role/acceptance-{who}/" for who in PEOPLE)
    wrote = [
        call["operation"]
        for call in acceptance.emulator.calls()
        if WRITES.search(call["operation"]) and any(role in call["principal"] for role in roles)
    ]
    assert wrote == []
    assert acceptance.holdings() == before
    nameless = (acceptance.folder / "report-anonymous.json").read_text()
    nameless += (acceptance.folder / "report-anonymous.html").read_text()
    for secret in (MANAGEMENT, HOME, CENTRAL, MEMBER, JOINER, "o-rehearsal01", "ou-reh1-", "vol-"):
        assert secret not in nameless

    acceptance.run("--undo", expect=0)
    assert acceptance.holdings() == before
    acceptance.run("--undo", "--apply", expect=0)
    assert "nothing to undo" in acceptance.run("--undo", "--apply", expect=0)
    assert refused(acceptance) == []
    for who, (account, documents) in PEOPLE.items():
        # What making and changing the resources needs has a test of its own.
        found = idle(acceptance.emulator, f"arn:aws:iam::{account}:role/acceptance-{who}")
        own = documents[-1]
        assert found & actions_of(own) == set().union(*UNASKED[own].values()), who


def test_three_faults_are_each_named_with_their_remedy_and_the_next_run_goes_on(acceptance):
    organizations = acceptance.client("organizations", MANAGEMENT)
    policy = organizations.create_policy(
        Name="no-copies",
        Description="seeded",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps(NO_COPIES),
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=WORKLOADS)
    acceptance.emulator.leave_out(("acceptance-member", "backup:StartRestoreJob"))
    acceptance.emulator.suspend(SECOND_MEMBER)
    acceptance.run("--apply", expect=1)
    steps = {step["name"]: step for step in acceptance.report()["steps"]}
    wrong = {name: step for name, step in steps.items() if step["outcome"] == "failed"}
    assert set(wrong) == {"accounts", "copy", "restore"}
    assert f"{SECOND_MEMBER} is SUSPENDED" in wrong["accounts"]["words"]
    assert "reopen the account" in wrong["accounts"]["remedy"]
    assert "explicit deny in a service control policy" in wrong["copy"]["words"]
    assert "a service control policy forbids it" in wrong["copy"]["remedy"]
    assert "StartRestoreJob: AccessDenied" in wrong["restore"]["words"]
    assert "tools/deploy/permissions" in wrong["restore"]["remedy"]
    assert {denial["step"] for denial in acceptance.report()["denied"]} == {"copy", "restore"}

    organizations.detach_policy(PolicyId=policy, TargetId=WORKLOADS)
    organizations.delete_policy(PolicyId=policy)
    acceptance.emulator.leave_out()
    acceptance.emulator.suspend(SECOND_MEMBER, suspended=False)
    acceptance.to_the_end()


def test_a_suspended_account_that_a_roll_out_passed_over_is_named_by_the_stack_sets(acceptance):
    acceptance.emulator.suspend(SECOND_MEMBER)
    roll_out(acceptance)
    acceptance.run(expect=1)
    (step,) = [s for s in acceptance.report()["steps"] if s["name"] == "stack-sets"]
    assert f"{SECOND_MEMBER} in {HOME_REGION}" in step["words"]
    assert "SKIPPED_SUSPENDED_ACCOUNT" in step["words"]
    assert "move it out of the target OUs" in step["remedy"]
    acceptance.emulator.suspend(SECOND_MEMBER, suspended=False)
    roll_out(acceptance)


def roll_out(acceptance):
    """Update the stack set of the vaults in one account, as Verify prints it."""
    client = acceptance.client("cloudformation", HOME)
    update = client.update_stack_instances(
        StackSetName="aws-backup-member-accounts",
        CallAs="DELEGATED_ADMIN",
        DeploymentTargets={
            "OrganizationalUnitIds": [WORKLOADS],
            "Accounts": [SECOND_MEMBER],
            "AccountFilterType": "INTERSECTION",
        },
        Regions=[HOME_REGION],
    )["OperationId"]

    def ended():
        found = client.describe_stack_set_operation(
            StackSetName="aws-backup-member-accounts",
            OperationId=update,
            CallAs="DELEGATED_ADMIN",
        )
        return found["StackSetOperation"]["Status"] == "SUCCEEDED"

    eventually(ended, "the roll-out did not end")


def test_a_run_that_is_killed_in_the_middle_goes_on_and_makes_nothing_twice(acceptance):
    # Stacks of the same name make tables of the same name here, with their jobs of before.
    began = datetime.now(UTC)
    for operation in ("StartBackupJob", "StartRestoreJob"):
        acceptance.emulator.forget_calls()
        acceptance.emulator.inject(
            {
                "service": "backup",
                "operation": operation,
                "kind": "slow",
                "account": MEMBER,
                "after": 1,
                "delay_ms": 600_000,
            }
        )
        process = acceptance.start("--apply")
        eventually(
            lambda operation=operation: is_waiting(acceptance, operation),
            lambda process=process: f"it did not come so far: {process.poll()}",
        )
        process.send_signal(signal.SIGKILL)
        process.communicate()
        # What was asked for is done, although nobody hears of it.
        acceptance.emulator.mend()
    acceptance.to_the_end()
    backup = acceptance.client("backup")
    sources = resources_of(acceptance.client("cloudformation"))
    own = [
        job
        for job in backup.list_backup_jobs()["BackupJobs"]
        if "CreatedBy" not in job and job["CreationDate"] > began
    ]
    assert sorted(job["ResourceArn"] for job in own) == sorted(sources)
    made = {job["RecoveryPointArn"] for job in own}
    restores = [job["RecoveryPointArn"] for job in backup.list_restore_jobs()["RestoreJobs"]]
    assert sorted(arn for arn in restores if arn in made) == sorted(made)


def is_waiting(acceptance, operation):
    """Whether a call of this name waits for its answer."""
    under_way = acceptance.emulator.control("GET", "under-way")
    return any(operation in one["what"] for one in under_way)


def test_a_profile_of_another_account_is_refused_by_name_and_nothing_is_done(acceptance):
    for words, said in (
        (("--central", "home"), f"the profile `home`: account {HOME}: the central account is"),
        (("--member", "central"), "it is the central account"),
        (("--home", "nobody"), "the profile `nobody`: there is none of that name"),
    ):
        acceptance.emulator.forget_calls()
        assert said in acceptance.run("--apply", *words, expect=2)
        operations = {call["operation"] for call in acceptance.emulator.calls()}
        assert operations <= {"GetCallerIdentity"}
        assert not acceptance.folder.exists() or not acceptance.state.exists()


def test_a_stack_of_its_name_that_is_somebody_elses_is_left_alone(acceptance):
    cloud = acceptance.client("cloudformation")
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "theirs"}}
    cloud.create_stack(StackName=STACK, TemplateBody=json.dumps({"Resources": {"Topic": topic}}))
    cloud.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
    printed = acceptance.run("--apply", expect=1)
    assert f"the stack {STACK} of {MEMBER} is somebody else's" in printed
    assert acceptance.outcomes()["backup"] == "left out"
    assert "which this run did not make" in acceptance.run("--undo", "--apply", expect=0)
    assert cloud.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    cloud.delete_stack(StackName=STACK)
    cloud.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})


def test_a_vault_that_denies_nothing_is_named(acceptance):
    """The central vault's policy is taken away by who may."""
    backup = acceptance.client("backup", CENTRAL, CENTRAL_REGION)
    vault = {"BackupVaultName": "AWSBackupSolutionCentralVault"}
    policy = backup.get_backup_vault_access_policy(**vault)["Policy"]
    without = json.loads(policy)
    without["Statement"] = [s for s in without["Statement"] if s["Effect"] == "Allow"]
    try:
        backup.put_backup_vault_access_policy(**vault, Policy=json.dumps(without))
    except ClientError as error:
        pytest.fail(f"the administrator deploys the vault, and may change it: {error}")
    acceptance.run("--apply", expect=1)
    (step,) = [s for s in acceptance.report()["steps"] if s["name"] == "central-deletion"]
    assert step["words"].count("was not denied") == 4
    assert "make deploy-central" in step["remedy"]
    backup.put_backup_vault_access_policy(**vault, Policy=policy)
