"""Seeded defects: the rehearsal must fail, and say why."""

import pytest

from rehearsal.names import CENTRAL, CENTRAL_REGION, HOME, HOME_REGION, RehearsalFailed

REGIONS = (HOME_REGION, CENTRAL_REGION)

# What is wrong -> file, what stands there, what is put in its place, what must be said.
DEFECTS = {
    "the management role trusts somebody else": (
        "cloudformation/management-account/aws-backup-backuporgpolicymanager-mangement-role.yaml",
        "role/BackupOrgPolicyManager\n",
        "role/SomebodyElse\n",
        "OrgPolicy/DeployBackupOrgPolicy: .*sts:AssumeRole",
    ),
    "the package bucket's policy lets nobody read": (
        "cloudformation/home-account/aws-backup-lambda-s3-bucket.yaml",
        "Action: s3:GetObject\n",
        "Action: s3:GetObjectTagging\n",
        "Verify/VerifyStackSets: .*Your access has been denied by S3",
    ),
    "an export has another name": (
        "cloudformation/home-account/aws-backup-s3-bucket.yaml",
        "Name: aws-backup-s3-bucket-name\n",
        "Name: aws-backup-s3-buckets-name\n",
        "make deploy-home.*aws-backup-s3-bucket-name",
    ),
    "a stack set does not hand on a parameter": (
        "cloudformation/stack-sets/stackset-aws-backup-member-accounts.yaml",
        "        - ParameterKey: CentralAccountId\n"
        "          ParameterValue: !Select [4, !Split [':', !Ref CentralBackupVaultArn]]\n",
        "",
        r"MemberAccounts/DeployMemberAccounts: .*Parameters: \[CentralAccountId\] must have values",
    ),
    "a function is declared for another processor than its package": (
        "cloudformation/stack-sets/stackset-aws-backup-tagonrestore.yaml",
        "ParameterValue: !Select [1, !Split ['/', !Ref PackageKey]]",
        "ParameterValue: {other_architecture}",
        "`TagOnRestore` of 444444444441 in .* is declared for .*, and its package is built for",
    ),
}


def tell(story, last):
    """Run the stages up to one of them."""
    for title, act in story.stages():
        act()
        if title == last:
            return


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_seen_and_named(rehearse, defect):
    path, there, instead, expected = DEFECTS[defect]

    def spoil(folder):
        file = folder / path
        text = file.read_text()
        assert text.count(there) == 1, f"{path} changed: seed the defect anew"
        file.write_text(text.replace(there, instead.format(other_architecture=other_machine())))

    story, _ = rehearse(spoil)
    with pytest.raises(RehearsalFailed, match=f"(?s){expected}"):
        tell(story, "see what every account has")


def test_without_aws_backups_own_role_no_copy_arrives(rehearse):
    def spoil(folder):
        file = folder / "tools" / "deploy" / "accounts.py"
        text = file.read_text()
        there = 'linked_role.make(session.client("iam"))'
        assert text.count(there) == 1, "accounts.py changed: seed the defect anew"
        file.write_text(text.replace(there, "False"))

    story, _ = rehearse(spoil)
    expected = f"the copy of an EC2 instance is FAILED: .*AWSServiceRoleForBackup of {CENTRAL}"
    with pytest.raises(RehearsalFailed, match=expected):
        tell(story, "every kind is copied into the central account")


def other_machine():
    """Not the processor that the packages in dist/ are for."""
    from rehearsal.names import PACKAGES
    from rehearsal.stages.expectations import architecture_of

    built_for = architecture_of(PACKAGES["tag-on-restore"].read_bytes())
    return {"x86_64": "arm64", "arm64": "x86_64"}[built_for]


def half_published(story, emulator):
    """Let the first upload of a package fail, and the pipeline with it."""
    tell(story, "deploy the management account")
    # The archive, the source artifact and the four templates come first.
    emulator.inject(
        {"service": "s3", "operation": "PutObject", "kind": "refuse", "account": HOME, "after": 6}
    )
    story.home()
    with pytest.raises(RehearsalFailed, match="Packages/"):
        story.first_commit()


def test_a_publication_that_fails_half_way_records_nothing_and_is_repaired(rehearse):
    story, emulator = rehearse()
    half_published(story, emulator)
    story.expectations.expect_true_records(REGIONS)
    emulator.mend()
    failed = story.watch.executions()[0]["pipelineExecutionId"]
    story.watch.retry("Packages", failed)
    story.watch.succeed()
    story.see_first()


def test_a_publication_that_records_before_it_uploads_is_seen(rehearse):
    def spoil(folder):
        file = folder / "tools/deploy/packages.py"
        text = file.read_text()
        begin = text.index("    failed = []\n")
        middle = text.index('    base = f"/backup/lambda/')
        end = text.index('    say(f"{function}: {key} is in')
        file.write_text(text[:begin] + text[middle:end] + text[begin:middle] + text[end:])

    story, emulator = rehearse(spoil)
    half_published(story, emulator)
    with pytest.raises(RehearsalFailed, match="is recorded as the package of .* does not have it"):
        story.expectations.expect_true_records(REGIONS)
