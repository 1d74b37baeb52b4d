"""What is wrong with backups is told to people once, in words; on a quiet day nothing is said."""

import json

from kit.clients import with_keys
from kit.isolation import come_to_rest, going
from kit.names import MEMBER, SECOND_MEMBER
from kit.wait import eventually

from ..names import (
    CENTRAL_REGION,
    CENTRAL_VAULT,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    SETTLE_SECONDS,
    RehearsalFailed,
)
from .expectations import ROLE, VAULT

TOPIC = f"arn:aws:sns:{HOME_REGION}:{HOME}:aws-backup-notifications"
PEOPLE = "backups@example.com"
BREAK_GLASS = "AWSBackupSolutionBreakGlass"
DAY = 86400
# A plan that everybody has, as the deployed policy makes it in an account.
PLAN = f"arn:aws:backup:{{region}}:{MEMBER}:backup-plan:watched"
POLICIES = ("org-daily-backup-policy", "org-monthly-backup-policy")
UNABLE = "The job could not be completed because of a lack of permission."


class Watching:
    """Makes things go wrong, one after another, and reads what people get."""

    def __init__(self, emulator, administrators):
        self._emulator = emulator
        self._administrators = administrators
        # Region -> the table that is backed up there, and its newest recovery point.
        self._tables, self._points = {}, {}
        self._already = {}

    def prove(self):
        """Fail unless each incident is told once, with where it is and what mends it."""
        self._already = going(self._emulator.control)
        sns = self._client("sns", HOME)
        subscription = sns.subscribe(
            TopicArn=TOPIC, Protocol="email", Endpoint=PEOPLE, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        # The policies of this rehearsal are minutes old: no night has passed since.
        with self._emulator.settings(in_force_before=30 * DAY):
            self._incidents()
        sns.unsubscribe(SubscriptionArn=subscription)

    def _incidents(self):
        for days in (4, 3, 2, 1, 0):
            self._back_up(HOME_REGION, days)
        for days in (4, 3):
            self._back_up(CENTRAL_REGION, days)
        self._told_once("a Region in which a plan stopped", self._look, MEMBER, CENTRAL_REGION)
        self._nothing("a quiet day", self._quiet_day)
        self._told_once("a threat", self._threat, MEMBER, "threat", "do not restore")
        self._told_once("a deletion", self._break_glass, MEMBER, "DeleteRecoveryPoint", BREAK_GLASS)
        self._told_once("a failed copy", self._failing_copies, MEMBER, "copy of EBS", UNABLE)
        self._changes_by_hand()
        self._an_invalid_merge()

    # -- what people get

    def _letters(self):
        return [
            f"{letter['subject']}\n{letter['text']}"
            for letter in self._emulator.control("GET", "letters")
            if letter["to"] == PEOPLE
        ]

    def _new(self, happens):
        """The letters that come of something that happens."""
        before = len(self._letters())
        happens()
        come_to_rest(self._emulator.control, self._already)
        return self._letters()[before:]

    def _told_once(self, what, happens, *words):
        letters = self._new(happens)
        if len(letters) != 1 or not all(word in letters[0] for word in words):
            raise RehearsalFailed(f"{what} is not told once with {words}: {letters}")

    def _nothing(self, what, happens):
        if letters := self._new(happens):
            raise RehearsalFailed(f"on {what} people are told: {letters}")

    # -- what happens

    def _look(self):
        """Let the six hours of the watch's schedule pass."""
        self._elapse("aws-backup-watch-")

    def _look_for_drift(self):
        """Let the six hours of the policy manager's schedule pass."""
        self._elapse("aws-backup-backuporgpolicymanager-")

    def _elapse(self, stack):
        schedules = self._client("scheduler", HOME).list_schedules()["Schedules"]
        (name,) = (one["Name"] for one in schedules if one["Name"].startswith(stack))
        place = {"account": HOME, "region": HOME_REGION}
        self._emulator.control("POST", "elapse", {**place, "schedule": name})

    def _quiet_day(self):
        """Backups that succeed, a scan that finds nothing, and four looks that find no more."""
        for resource_type in ("EBS", "S3"):
            detail = {"state": "COMPLETED", "resourceType": resource_type}
            self._send("Backup Job State Change", detail)
            self._send("Copy Job State Change", detail)
        clean = {"scanResult": {"scanResultStatus": "NO_THREATS_FOUND"}, "resourceType": "EBS"}
        self._send("Scan Job State Change", {"state": "COMPLETED", **clean})
        for _ in range(4):
            self._look()
            come_to_rest(self._emulator.control, self._already)

    def _threat(self):
        """A scan that found something; AWS sends its event twice."""
        point = f"arn:aws:ec2:{HOME_REGION}::snapshot/snap-0123456789abcdef0"
        found = {"scanResult": {"scanResultStatus": "THREATS_FOUND"}, "recoveryPointArn": point}
        detail = {"state": "COMPLETED", "resourceType": "EBS", "scanJobId": "0A1B", **found}
        for _ in range(2):
            self._send("Scan Job State Change", detail)

    def _failing_copies(self):
        """Five disks of an account whose copies fail for the same reason."""
        for number in range(5):
            disk = f"arn:aws:ec2:{HOME_REGION}:{MEMBER}:volume/vol-{number:017x}"
            detail = {
                "copyJobId": f"0A1B{number}",
                "destinationBackupVaultArn": CENTRAL_VAULT,
                "resourceArn": disk,
                "resourceType": "EBS",
                "state": "FAILED",
                "statusMessage": UNABLE,
            }
            self._send("Copy Job State Change", detail)

    def _changes_by_hand(self):
        """Somebody detaches a policy and changes another's content, and puts both back."""
        organizations = self._client("organizations", MANAGEMENT)
        found = organizations.list_policies(Filter="BACKUP_POLICY")["Policies"]
        ids = {one["Name"]: one["Id"] for one in found if one["Name"] in POLICIES}
        daily, monthly = (ids[name] for name in POLICIES)
        targets = organizations.list_targets_for_policy(PolicyId=daily)["Targets"]
        target = {"PolicyId": daily, "TargetId": targets[0]["TargetId"]}

        def detach():
            organizations.detach_policy(**target)

        self._told_once("a detached policy", detach, POLICIES[0], "DetachPolicy", "detached from")
        self._nothing("the next look for drift", self._look_for_drift)
        self._nothing("the policy's return", lambda: organizations.attach_policy(**target))
        content = organizations.describe_policy(PolicyId=monthly)["Policy"]["Content"]

        other = json.loads(content)
        for plan in other["plans"].values():
            plan["regions"] = {"@@assign": [HOME_REGION]}

        def change(to):
            organizations.update_policy(PolicyId=monthly, Content=to)

        self._told_once(
            "a changed policy", lambda: change(json.dumps(other)), POLICIES[1], "content"
        )
        self._nothing("the next look for drift", self._look_for_drift)
        self._nothing("the content's return", lambda: change(content))

    def _break_glass(self):
        """Somebody takes the role that may, and deletes a recovery point."""
        point = self._points[HOME_REGION]
        iam, sts = self._client("iam", MEMBER), self._client("sts", MEMBER)
        trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
        trust |= {"Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"}}
        may = {"Effect": "Allow", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}
        trust, may = (
            json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            for statement in (trust, may)
        )
        role = iam.create_role(RoleName=BREAK_GLASS, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName=BREAK_GLASS, PolicyName="p", PolicyDocument=may)
        taken = sts.assume_role(RoleArn=role, RoleSessionName="night")["Credentials"]
        keys = (taken[part] for part in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
        backup = with_keys(self._emulator.url, "backup", HOME_REGION, *keys)
        backup.delete_recovery_point(BackupVaultName=VAULT, RecoveryPointArn=point)
        iam.delete_role_policy(RoleName=BREAK_GLASS, PolicyName="p")
        iam.delete_role(RoleName=BREAK_GLASS)

    def _an_invalid_merge(self):
        """A policy of others that AWS withholds together with ours, and its end."""
        organizations = self._client("organizations", MANAGEMENT)
        broken = {"plans": {"others": {"regions": {"@@assign": [HOME_REGION]}}}}
        policy = organizations.create_policy(
            Name="others-plan",
            Description="A plan without rules",
            Type="BACKUP_POLICY",
            Content=json.dumps(broken),
        )["Policy"]["PolicySummary"]["Id"]
        organizations.attach_policy(PolicyId=policy, TargetId=SECOND_MEMBER)

        def is_withheld():
            found = organizations.list_accounts_with_invalid_effective_policy(
                PolicyType="BACKUP_POLICY"
            )
            return [one["Id"] for one in found["Accounts"]] == [SECOND_MEMBER]

        late = f"AWS does not withhold the policy of {SECOND_MEMBER}"
        eventually(is_withheld, late, SETTLE_SECONDS, error=RehearsalFailed)
        self._told_once("an invalid merge", self._look, SECOND_MEMBER)
        self._nothing("the second look at it", self._look)
        organizations.detach_policy(PolicyId=policy, TargetId=SECOND_MEMBER)
        organizations.delete_policy(PolicyId=policy)
        self._told_once("its end", self._look, SECOND_MEMBER)

    # -- means

    def _back_up(self, region, days):
        """The plan's nightly backup of a table in a Region, so many days ago."""
        place = {"account": MEMBER, "region": region}
        if region not in self._tables:
            made = self._administrators.client("dynamodb", MEMBER, region).create_table(
                TableName="watched",
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
            self._tables[region] = made["TableDescription"]["TableArn"]
        answer = self._emulator.control(
            "POST",
            "scheduled-backups",
            {
                **place,
                "resource": self._tables[region],
                "vault": VAULT,
                "role": f"arn:aws:iam::{MEMBER}:role/{ROLE}",
                "plan": PLAN.format(region=region),
                "seconds_ago": days * DAY,
            },
        )
        self._points[region] = answer["recovery_point"]

    def _send(self, kind, detail):
        place = {"account": MEMBER, "region": HOME_REGION}
        self._emulator.control("POST", "backup-events", {**place, "kind": kind, "detail": detail})

    def _client(self, service, account):
        return self._administrators.client(service, account, HOME_REGION)
