"""The deployed solution as the tests see it, and templates to try on it."""

import json

from botocore.exceptions import ClientError
from kit import solution
from kit.clients import client
from kit.isolation import come_to_rest
from kit.names import HOME, MANAGEMENT, ORGANIZATION_ROOT, PACKAGE, PRODUCTION, REGION, SANDBOXES
from kit.observe import Policies, writes
from kit.stacks import Stack, stacks
from kit.wait import eventually

CONTENT_BUCKET = "policy-content"
UNANSWERED_TAG = "backup-org-policy:unanswered"
FUNCTION = f"arn:aws:lambda:{REGION}:{HOME}:function:BackupOrgPolicyManager"


def deploy(emulator):
    """The policy manager, as the demo deploys it."""
    package = solution.Package()
    home = stacks(emulator, HOME)
    stacks(emulator, MANAGEMENT).create(solution.management_role()).expect_complete()
    home.create(solution.targets([PRODUCTION, SANDBOXES])).expect_complete()
    s3 = client(emulator.url, "s3")
    home.create(solution.package_bucket()).expect_complete()
    where = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=CONTENT_BUCKET, CreateBucketConfiguration=where)
    s3.put_bucket_versioning(Bucket=CONTENT_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=solution.PACKAGE_BUCKET, Key=package.key, Body=PACKAGE.read_bytes())
    client(emulator.url, "ssm").put_parameter(
        Name=solution.PACKAGE_KEY_PARAMETER, Type="String", Value=package.key
    )
    home.create(solution.function_role(PolicyContentBucket=CONTENT_BUCKET)).expect_complete()
    home.create(solution.function()).expect_complete()
    assert emulator.function_digests()["BackupOrgPolicyManager"] == package.bootstrap_digest


def content(days=35, copy_to=None, regions=None):
    """A complete policy with one plan."""
    rule = {
        "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
        "target_backup_vault_name": {"@@assign": "AWSBackupSolutionVault"},
        "lifecycle": {"delete_after_days": {"@@assign": str(days)}},
    }
    if copy_to:
        rule["copy_actions"] = {copy_to: {"target_backup_vault_arn": {"@@assign": copy_to}}}
    plan = {
        "rules": {"nightly": rule},
        "selections": {
            "tags": {
                "tagged": {
                    "iam_role_arn": {
                        "@@assign": "arn:aws:iam::$account:role/AWSBackupSolutionRole"
                    },
                    "tag_key": {"@@assign": "backup"},
                    "tag_value": {"@@assign": ["daily"]},
                }
            }
        },
    }
    if regions:
        plan["regions"] = {"@@assign": regions}
    return {"plans": {"nightly": plan}}


def resource(name="nightly-backups", drop=(), **changes):
    """A `Custom::BackupOrgPolicy` with these properties, and those in ``drop`` left out."""
    properties = {
        "ServiceToken": FUNCTION,
        "ServiceTimeout": 120,
        "PolicyName": name,
        "PolicyDescription": "every night",
        "PolicyType": "BACKUP_POLICY",
        "OrgManagementAccount": MANAGEMENT,
        "PolicyTargets": [PRODUCTION],
        "PolicyRegions": [REGION],
        "PolicyContent": content(),
    } | changes
    kept = {key: value for key, value in properties.items() if key not in drop}
    return {"Type": "Custom::BackupOrgPolicy", "Properties": kept}


class Home:
    """The home account with the solution, and the organization behind it."""

    def __init__(self, emulator):
        self.emulator = emulator
        self.stacks = stacks(emulator, HOME)
        self.organizations = client(emulator.url, "organizations", MANAGEMENT)
        self.s3 = client(emulator.url, "s3")
        self._cloudformation = client(emulator.url, "cloudformation")

    # -- stacks

    def create(self, name="test", outputs=None, **resources):
        """Create a stack of these resources and wait for the end."""
        outcome = self.create_marked(name, outputs, **resources)
        self.await_unmarked()
        return outcome

    def create_marked(self, name="test", outputs=None, **resources):
        """Create a stack and wait for its end, which comes before the function's."""
        return self.stacks.create(self._stack(name, outputs, resources))

    def update(self, name="test", outputs=None, **resources):
        """Update a stack to these resources and wait for the end."""
        return self.stacks.update(self._stack(name, outputs, resources))

    def delete(self, name="test"):
        """Delete a stack and wait for the end."""
        return self.stacks.delete(name)

    def await_unmarked(self):
        """Wait until no policy bears the mark of a Create that CloudFormation may not know of.

        The function takes it off after its answer, so a stack can be complete a moment before.
        """

        def unmarked():
            return not any(UNANSWERED_TAG in p["tags"] for p in self.policies().everything())

        eventually(unmarked, "a policy is still marked as unanswered")

    def _stack(self, name, outputs, resources):
        template = {"Resources": resources}
        if outputs:
            template["Outputs"] = {key: {"Value": value} for key, value in outputs.items()}
        return Stack(name, json.dumps(template))

    # -- what happened

    def policies(self):
        """The policies as they really are."""
        return Policies(self.emulator.organization())

    def policy(self, name="nightly-backups"):
        """The policy of this name."""
        return self.policies().named(name)

    def writes(self):
        """The calls that changed the organization since they were last forgotten."""
        return writes(self.emulator.calls())

    def requests(self):
        """The custom resource requests so far, each with its answers, oldest first."""
        return self.emulator.custom_resources()

    def answer(self):
        """The answer to the last request; there must be exactly one."""
        (answer,) = self.requests()[-1]["answers"]
        return json.loads(answer)

    def resend(self, request):
        """Invoke the function once more with a request it has had; its new answer."""
        before = len(request["answers"])
        self.emulator.resend(request["request"]["RequestId"])
        late = "the request was not answered a second time"
        return json.loads(eventually(lambda: self._answers(request)[before:], late)[-1])

    def await_answer(self, request, text):
        """Wait until one of a request's answers has this text."""
        eventually(
            lambda: any(text in answer for answer in self._answers(request)),
            f"no answer with `{text}`",
        )

    def _answers(self, request):
        """All answers to a request so far."""
        sought = request["request"]["RequestId"]
        return next(
            sent["answers"] for sent in self.requests() if sent["request"]["RequestId"] == sought
        )

    # -- the organization as others change it

    def foreign_policy(self, name, targets=(), document=None):
        """A backup policy that somebody else made; its id."""
        created = self.organizations.create_policy(
            Name=name,
            Description="not ours",
            Type="BACKUP_POLICY",
            Content=json.dumps(document or {"plans": {"foreign": {}}}),
        )
        policy = created["Policy"]["PolicySummary"]["Id"]
        for target in targets:
            self.organizations.attach_policy(PolicyId=policy, TargetId=target)
        return policy

    def enable_policy_type(self):
        """Enable backup policies and wait until they are."""
        if self.policy_type_status() is None:
            self.organizations.enable_policy_type(
                RootId=ORGANIZATION_ROOT, PolicyType="BACKUP_POLICY"
            )
        self._await_policy_type("ENABLED")

    def disable_policy_type(self):
        """Disable backup policies and wait until they are."""
        self.organizations.disable_policy_type(RootId=ORGANIZATION_ROOT, PolicyType="BACKUP_POLICY")
        self._await_policy_type(None)

    def policy_type_status(self):
        """ENABLED when backup policies can be attached, None when they are disabled."""
        types = self.organizations.list_roots()["Roots"][0]["PolicyTypes"]
        return {kind["Type"]: kind["Status"] for kind in types}.get("BACKUP_POLICY")

    def _await_policy_type(self, status):
        eventually(lambda: self.policy_type_status() == status, "the policy type did not change")

    # -- cleaning up

    def clean(self):
        """No stack of a test, no policy and no fault is left; backup policies are enabled."""
        self.emulator.mend()
        come_to_rest(self.emulator.control)
        for stack in self._cloudformation.describe_stacks()["Stacks"]:
            if stack["StackName"].startswith("test"):
                self._forget(stack["StackName"])
        for policy in self.policies().everything():
            for target in policy["targets"]:
                self.organizations.detach_policy(PolicyId=policy["id"], TargetId=target)
            self.organizations.delete_policy(PolicyId=policy["id"])
        self.enable_policy_type()
        self.emulator.forget_calls()

    def _forget(self, name):
        try:
            self.stacks.delete(name)
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
