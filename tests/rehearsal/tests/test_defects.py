"""Seeded defects: the rehearsal must fail, and say why.

One rehearsal has them all, each where no other one hides it. What is seen is mended, by a commit or
by the command that the guide names, and the rehearsal goes on to the next one.
"""

import contextlib
import json
import re

import pytest
from kit.names import SECOND_MEMBER

from rehearsal.names import (
    CENTRAL,
    CENTRAL_REGION,
    HOME,
    HOME_REGION,
    MANAGEMENT,
    PACKAGES,
    ROOT,
    RehearsalFailed,
)
from rehearsal.stages.expectations import PARAMETERS, architecture_of
from rehearsal.tests.conftest import rehearsal_in

REGIONS = (HOME_REGION, CENTRAL_REGION)
BUILT_FOR = {"x86_64": "arm64", "arm64": "x86_64"}

EXPORT = "an export has another name"
PARAMETER = "a stack set does not hand on a parameter"
TRUST = "the management role trusts somebody else"
BUCKET = "the package bucket's policy lets nobody read"
PROCESSOR = "a function is declared for another processor than its package"
ROLE = "the central account lacks AWS Backup's own role"
WITHHELD = "somebody's policy makes an account's merged one invalid"

# What is wrong -> file, what stands there, what is put in its place, what must be reported.
DEFECTS = {
    EXPORT: (
        "cloudformation/home-account/aws-backup-s3-bucket.yaml",
        "Name: aws-backup-s3-bucket-name\n",
        "Name: aws-backup-s3-buckets-name\n",
        "make deploy-home.*aws-backup-s3-bucket-name",
    ),
    PARAMETER: (
        "cloudformation/stack-sets/stackset-aws-backup-member-accounts.yaml",
        "        - ParameterKey: CentralAccountId\n"
        "          ParameterValue: !Select [4, !Split [':', !Ref CentralBackupVaultArn]]\n",
        "",
        r"MemberAccounts/DeployMemberAccounts: .*Parameters: \[CentralAccountId\] must have values",
    ),
    TRUST: (
        "cloudformation/management-account/aws-backup-backuporgpolicymanager-mangement-role.yaml",
        "role/BackupOrgPolicyManager\n",
        "role/SomebodyElse\n",
        "OrgPolicy/DeployBackupOrgPolicy: .*sts:AssumeRole",
    ),
    BUCKET: (
        "cloudformation/home-account/aws-backup-lambda-s3-bucket.yaml",
        "Action: s3:GetObject\n",
        "Action: s3:GetObjectTagging\n",
        "Verify/VerifyStackSets: .*Your access has been denied by S3",
    ),
    PROCESSOR: (
        "cloudformation/stack-sets/stackset-aws-backup-tagonrestore.yaml",
        "ParameterValue: !Select [1, !Split ['/', !Ref PackageKey]]",
        "ParameterValue: {other_architecture}",
        "`TagOnRestore` of 4{11}[123] in .* is declared for .*, and its package is built for",
    ),
    ROLE: (
        "tools/deploy/accounts.py",
        'linked_role.make(session.client("iam"))',
        "False",
        f"the copy of an EC2 instance is FAILED: .*AWSServiceRoleForBackup of {CENTRAL}",
    ),
}
# Seen beside BUCKET: both are looked for at the end.
DEFECTS[WITHHELD] = (
    *(None,) * 3,
    rf"Verify/VerifyOrgPolicy: .*FAILED +{SECOND_MEMBER} .*invalid: KEY_REQUIRED[^\n]*org-daily",
)
# A plan needs rules.
INCOMPLETE = {"plans": {"half": {"regions": {"@@assign": [HOME_REGION]}}}}


def tell(story, last):
    """Run the stages up to one of them."""
    for title, act in story.stages():
        act()
        if title == last:
            return


def seed(folder, defect):
    """Spoil a file of the working copy."""
    path, there, instead, _ = DEFECTS[defect]
    other = BUILT_FOR[architecture_of(PACKAGES["tag-on-restore"].read_bytes())]
    file = folder / path
    text = file.read_text()
    assert text.count(there) == 1, f"{path} changed: seed the defect anew"
    file.write_text(text.replace(there, instead.format(other_architecture=other)))


@contextlib.contextmanager
def attached_by_hand(administrators):
    """Somebody's policy on an account, for a while."""
    organizations = administrators.client("organizations", MANAGEMENT)
    made = organizations.create_policy(
        Name="half", Description="", Type="BACKUP_POLICY", Content=json.dumps(INCOMPLETE)
    )
    policy = made["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=SECOND_MEMBER)
    yield
    organizations.detach_policy(PolicyId=policy, TargetId=SECOND_MEMBER)
    organizations.delete_policy(PolicyId=policy)


def spoil(folder):
    """Seed what is there from the beginning."""
    for defect in (EXPORT, PARAMETER, TRUST, BUCKET, ROLE):
        seed(folder, defect)


def mend(story, defect):
    """The file as it is in the repository."""
    path = DEFECTS[defect][0]
    (story.checkout.folder / path).write_text((ROOT / path).read_text())


@pytest.fixture(scope="module")
def failures(tmp_path_factory):
    """Defect -> the message with which the rehearsal failed."""
    found = {}

    @contextlib.contextmanager
    def fails(defect):
        try:
            yield
        except RehearsalFailed as error:
            found[defect] = str(error)
        else:
            raise AssertionError(f"nothing failed although {defect}")

    with rehearsal_in(tmp_path_factory.mktemp("defects"), spoil) as (story, emulator):
        tell(story, "deploy the management account")
        with fails(EXPORT):
            story.home()
        mend(story, EXPORT)
        story.checkout.commit("The export's own name")
        story.home()
        with fails(PARAMETER):
            story.first_commit()
        mend(story, PARAMETER)
        story.checkout.commit("The stack set hands on the parameter")
        # It removes the stack whose first creation failed.
        story.home()
        story.push()
        with fails(TRUST):
            story.watch.succeed()
        mend(story, TRUST)
        story.management_role()
        story.watch.retry("OrgPolicy", "ALL_ACTIONS")
        with fails(BUCKET):
            story.watch.succeed()
        with attached_by_hand(story.administrators), fails(WITHHELD):
            story.watch.retry("Verify", "ALL_ACTIONS")
            story.watch.succeed()
        mend(story, BUCKET)
        # A change of the stack set: its failed instances are tried again.
        seed(story.checkout.folder, PROCESSOR)
        story.checkout.commit("The organization may read the packages")
        story.push()
        story.watch.succeed()
        # Until then the functions' stacks were refused the package.
        emulator.take_denials()
        with fails(PROCESSOR):
            story.see_first()
        with fails(ROLE):
            story.copy()
    return found


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_seen_and_named(failures, defect):
    assert re.search(f"(?s){DEFECTS[defect][3]}", failures[defect]), failures[defect]


def test_a_publication_that_fails_half_way_records_nothing_and_is_repaired(rehearsal):
    """A record without its package, as one that records before it uploads would leave, is seen."""
    story, emulator = rehearsal
    tell(story, "deploy the management account")
    # The archive, the source artifact and the four templates come first.
    emulator.inject(
        {"service": "s3", "operation": "PutObject", "kind": "refuse", "account": HOME, "after": 6}
    )
    story.home()
    with pytest.raises(RehearsalFailed, match="Packages/"):
        story.first_commit()
    story.expectations.expect_true_records(REGIONS)
    ssm = story.administrators.client("ssm", HOME, HOME_REGION)
    # Of the function whose upload failed, whichever came first.
    names = {f"/backup/lambda/{name}/deployed-package" for name in PARAMETERS.values()}
    name = ssm.get_parameters(Names=sorted(names))["InvalidParameters"][0]
    ssm.put_parameter(Name=name, Type="String", Value="recorded/arm64/unknown.zip")
    with pytest.raises(RehearsalFailed, match="is recorded as the package of .* does not have it"):
        story.expectations.expect_true_records(REGIONS)
    ssm.delete_parameter(Name=name)
    emulator.mend()
    story.watch.retry("Packages")
    story.watch.succeed()
    story.see_first()
