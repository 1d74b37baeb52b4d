"""What `backupctl doctor` must name in a deployed organization, and that it names nothing else.

One organization for all tests. Each spoils one thing, looks, mends it, and looks again.
"""

import json
import signal
import subprocess
from contextlib import contextmanager

import pytest
from kit import solution
from kit.emulator import Emulator
from kit.environment import as_root, environment
from kit.isolation import come_to_rest
from kit.names import (
    CENTRAL,
    HOME,
    MANAGEMENT,
    ORGANIZATION,
    PACKAGE,
    PRODUCTION,
    REGION,
    SECOND_MEMBER,
    TAG_ON_RESTORE,
    TEMPLATES,
    THIRD_MEMBER,
)
from kit.stacks import Stack, stacks
from kit.wait import eventually

from .conftest import BINARY, World
from .consultation import prepare, targets_file

ACCOUNTS = (SECOND_MEMBER, THIRD_MEMBER)
TAGGER = "TagOnRestore"
MANAGER = "BackupOrgPolicyManager"
NOTIFICATIONS = "aws-backup-notifications"
ROLE = "AWSServiceRoleForBackup"
# A plan without rules: alone it is invalid.
FRAGMENT = {"plans": {"half": {"regions": {"@@assign": [REGION]}}}}


def template(folder, name, parameters=None, named=True):
    return Stack(name, TEMPLATES / folder / f"{name}.yaml", parameters or {}, named)


class Organization(World):
    """A deployed organization, and what doctor finds wrong with it."""

    def __init__(self, emulator, folder):
        super().__init__(emulator)
        self.targets = targets_file(folder / "targets.json", regions=(REGION,))

    def deploy(self):
        """Everything that the guide deploys, and somebody who reads the letters."""
        prepare(self, self.targets)
        management, home, central = (
            stacks(self.emulator, account) for account in (MANAGEMENT, HOME, CENTRAL)
        )
        management.create(solution.management_role()).expect_complete()
        central.create(
            template("central-account", "aws-backup-central-backup-account-role")
        ).expect_complete()
        central.create(
            template(
                "central-account",
                "aws-backup-central-backup-account",
                {"pOrganizationId": ORGANIZATION, "DeployingPrincipal": "role/Admin"},
            )
        ).expect_complete()
        home.create(
            template("home-account", "aws-cloudformation-stackset-admin-role")
        ).expect_complete()
        home.create(
            template(
                "home-account",
                "aws-cloudformation-stackset-execution-role",
                {"AdministratorAccountId": HOME},
            )
        ).expect_complete()
        home.create(
            template("home-account", NOTIFICATIONS, {"OrganizationId": ORGANIZATION})
        ).expect_complete()
        home.create(solution.targets([PRODUCTION], (REGION,))).expect_complete()
        home.create(solution.package_bucket()).expect_complete()
        self._packages()
        home.create(solution.function_role()).expect_complete()
        home.create(solution.function()).expect_complete()
        home.create(solution.org_policy()).expect_complete()
        for account in ACCOUNTS:
            member = stacks(self.emulator, account)
            member.create(solution.backup_role()).expect_complete()
            member.create(
                template(
                    "member-account", "aws-backup-member-account", {"CentralAccountId": CENTRAL}
                )
            ).expect_complete()
            member.create(
                solution.tag_on_restore(solution.Package(TAG_ON_RESTORE))
            ).expect_complete()
        for account in (CENTRAL, *ACCOUNTS):
            self.client("iam", account).create_service_linked_role(
                AWSServiceName="backup.amazonaws.com"
            )
        self.subscribe()

    def _packages(self):
        s3 = self.client("s3", HOME)
        for path in (PACKAGE, TAG_ON_RESTORE):
            key = solution.Package(path).key
            s3.put_object(Bucket=solution.PACKAGE_BUCKET, Key=key, Body=path.read_bytes())
        self.client("ssm", HOME).put_parameter(
            Name=solution.PACKAGE_KEY_PARAMETER, Type="String", Value=solution.Package().key
        )

    @property
    def topic(self):
        return f"arn:aws:sns:{REGION}:{HOME}:{NOTIFICATIONS}"

    def subscribe(self):
        """A queue hears of failures: it needs no letter to confirm."""
        queue = f"arn:aws:sqs:{REGION}:{HOME}:mailbox"
        self.client("sqs", HOME).create_queue(QueueName="mailbox")
        self.client("sns", HOME).subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue)

    def policies(self):
        """The backup policies' ids by their names."""
        listed = self.client("organizations").list_policies(Filter="BACKUP_POLICY")["Policies"]
        return {policy["Name"]: policy["Id"] for policy in listed}

    def doctor(self, *arguments):
        """Exit status, everything that was looked at, and what is wrong: (account, check)."""
        where = ("--targets", self.targets, "--region", REGION)
        result = self.run("doctor", *where, "--format", "json", *arguments)
        assert result.returncode in (0, 1), result.stderr
        checks = json.loads(result.stdout)
        wrong = {
            (entry["account"], entry["check"]): entry
            for entry in checks
            if entry["state"] in ("failed", "unknown")
        }
        assert result.returncode == (1 if wrong else 0)
        return checks, wrong


def named(wrong):
    """What is wrong, for whoever reads why a test failed."""
    return "".join(f"\n{place}: {entry['detail']}" for place, entry in wrong.items())


@pytest.fixture(scope="module")
def healthy(tmp_path_factory):
    """An organization in which everything is deployed."""
    with Emulator() as emulator:
        emulator.control("POST", "settings", {"policy_type_delay": 0})
        organization = Organization(emulator, tmp_path_factory.mktemp("targets"))
        organization.deploy()
        come_to_rest(emulator.control)
        yield organization


def test_nothing_is_reported_of_a_healthy_organization_but_what_that_rests_on(healthy):
    checks, wrong = healthy.doctor()
    assert not wrong, named(wrong)
    assert {entry["detail"] for entry in checks if entry["check"] == "backup plan"} == {
        "OrgDailyBackupPlan, OrgMonthlyBackupPlan"
    }
    (rests,) = [entry["detail"] for entry in checks if entry["check"] == "looked at"]
    assert rests.startswith(
        f"2 of 2 accounts of the targets, 2 of 2 Regions of theirs ({REGION}), "
        "5 organizational units and 2 backup policies, as of 20"
    )
    result = healthy.run("doctor", "--targets", healthy.targets)
    assert (
        result.stderr
        == (f"arn:aws:iam::{MANAGEMENT}:root, account {MANAGEMENT}, organization {ORGANIZATION}\n")
        or "read so far" in result.stderr
    )


@contextmanager
def detached(organization):
    client = organization.client("organizations")
    policies = organization.policies()
    for policy in policies.values():
        client.detach_policy(PolicyId=policy, TargetId=PRODUCTION)
    yield
    for name in ("org-daily-backup-policy", "org-monthly-backup-policy"):
        client.attach_policy(PolicyId=policies[name], TargetId=PRODUCTION)


@contextmanager
def changed_by_hand(organization):
    client = organization.client("organizations")
    policy = organization.policies()["org-daily-backup-policy"]
    before = client.describe_policy(PolicyId=policy)["Policy"]["Content"]
    client.update_policy(PolicyId=policy, Content=before.replace('"35"', '"3"').replace("35", "3"))
    yield
    client.update_policy(PolicyId=policy, Content=before)


@contextmanager
def invalid(organization):
    client = organization.client("organizations")
    policy = client.create_policy(
        Name="half", Description="", Type="BACKUP_POLICY", Content=json.dumps(FRAGMENT)
    )["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=SECOND_MEMBER)
    yield
    client.detach_policy(PolicyId=policy, TargetId=SECOND_MEMBER)
    client.delete_policy(PolicyId=policy)


@contextmanager
def without_rule(organization):
    events = organization.client("events", SECOND_MEMBER)
    queue = f"arn:aws:sqs:{REGION}:{SECOND_MEMBER}:{TAGGER}"
    (name,) = events.list_rule_names_by_target(TargetArn=queue)["RuleNames"]
    events.disable_rule(Name=name)
    yield
    events.enable_rule(Name=name)


@contextmanager
def without_mapping(organization):
    functions = organization.client("lambda", SECOND_MEMBER)
    mappings = functions.list_event_source_mappings(FunctionName=TAGGER)["EventSourceMappings"]
    (uuid,) = (mapping["UUID"] for mapping in mappings)
    functions.update_event_source_mapping(UUID=uuid, Enabled=False)
    yield
    functions.update_event_source_mapping(UUID=uuid, Enabled=True)


@contextmanager
def without_subscriber(organization):
    sns = organization.client("sns", HOME)
    found = sns.list_subscriptions_by_topic(TopicArn=organization.topic)["Subscriptions"]
    for subscription in found:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    yield
    organization.subscribe()


@contextmanager
def without_linked_role(organization):
    iam = organization.client("iam", THIRD_MEMBER)
    iam.delete_service_linked_role(RoleName=ROLE)
    yield
    iam.create_service_linked_role(AWSServiceName="backup.amazonaws.com")


@contextmanager
def opted_out(organization):
    backup = organization.client("backup", MANAGEMENT)
    backup.update_region_settings(ResourceTypeOptInPreference={"EFS": False})
    yield
    backup.update_region_settings(ResourceTypeOptInPreference={"EFS": True})


@contextmanager
def denied(organization):
    organization.emulator.inject(
        {
            "service": "backup",
            "operation": "DescribeBackupVault",
            "kind": "refuse",
            "account": SECOND_MEMBER,
            "times": 9,
        }
    )
    yield
    organization.emulator.control("DELETE", "faults")


DEFECTS = {
    detached: {
        (None, "policy org-daily-backup-policy"): f"not attached to {PRODUCTION}",
        (None, "policy org-monthly-backup-policy"): f"not attached to {PRODUCTION}",
        (SECOND_MEMBER, "backup plan"): "none: nothing is backed up",
        (THIRD_MEMBER, "backup plan"): "none: nothing is backed up",
    },
    changed_by_hand: {
        (None, "policy org-daily-backup-policy"): "changed by hand since",
    },
    invalid: {
        (SECOND_MEMBER, "backup plan"): "the merged policy is invalid",
        (SECOND_MEMBER, "effective policy at AWS"): "invalid: KEY_REQUIRED",
    },
    without_rule: {(SECOND_MEMBER, "function TagOnRestore"): "its rule is disabled"},
    without_mapping: {(SECOND_MEMBER, "function TagOnRestore"): "mapping is Disabled"},
    without_subscriber: {(HOME, "who is notified of failures"): "nobody is subscribed"},
    without_linked_role: {(THIRD_MEMBER, "service-linked role"): f"{ROLE} is missing"},
    opted_out: {(None, "opt-in of resource types"): "off: EFS"},
    denied: {(SECOND_MEMBER, "vault"): "backup:DescribeBackupVault is denied"},
}


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_a_defect_is_named_and_nothing_else(healthy, defect):
    with defect(healthy):
        _, wrong = healthy.doctor()
        assert set(wrong) == set(DEFECTS[defect]), named(wrong)
        for place, detail in DEFECTS[defect].items():
            assert detail in wrong[place]["detail"]
    _, wrong = healthy.doctor()
    assert not wrong, named(wrong)


def test_an_interrupted_run_gives_no_verdict(healthy):
    slow = {"service": "backup", "operation": "DescribeBackupVault", "kind": "slow"}
    healthy.emulator.inject(slow | {"delay_ms": 600_000, "times": 9})
    healthy.emulator.forget_calls()
    doctor = subprocess.Popen(
        [BINARY, "doctor", "--targets", healthy.targets, "--region", REGION],
        env=environment(**as_root(healthy.emulator.url, MANAGEMENT)),
        stdout=subprocess.PIPE,
        text=True,
        # As a terminal leaves it, whatever the runner ignores.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    eventually(lambda: "organizations:ListRoots" in healthy.calls(), "doctor did not begin")
    doctor.send_signal(signal.SIGINT)
    out, _ = doctor.communicate(timeout=60)
    assert (doctor.returncode, out) == (-signal.SIGINT, "")
    healthy.emulator.control("DELETE", "faults")


def test_a_function_that_is_gone_is_named(healthy):
    """The last test: what is deleted stays so."""
    healthy.client("lambda", SECOND_MEMBER).delete_function(FunctionName=TAGGER)
    healthy.client("lambda", HOME).delete_function(FunctionName=MANAGER)
    _, wrong = healthy.doctor()
    assert {place: entry["detail"] for place, entry in wrong.items()} == {
        (SECOND_MEMBER, "function TagOnRestore"): "missing",
        (HOME, "function BackupOrgPolicyManager"): f"missing in {REGION}",
    }
    assert "stage Functions" in wrong[HOME, "function BackupOrgPolicyManager"]["remedy"]
