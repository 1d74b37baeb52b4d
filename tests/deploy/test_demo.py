"""Demo resources: made and removed only where they are backed up, and nothing of anybody else."""

import pytest
from deploy import cloudformation, demo
from deploy.problem import Problem
from deploy.stacks import DEMO, TAG, load_template
from fakes import S3, CloudFormation, Session, Sts

MEMBER = "444444444441"
SAMPLE = "cloudformation/home-account/aws-backup-org-policy.yaml"


class Versions(S3):
    """A bucket with versions, a page at a time."""

    def __init__(self):
        super().__init__({"demo-bucket"})
        self.deleted = []

    def get_paginator(self, name):
        assert name == "list_object_versions"
        return self

    def paginate(self, Bucket):
        versions = [{"Key": key, "VersionId": "1"} for _, key in self.objects]
        return [{"Versions": versions}, {"DeleteMarkers": [{"Key": "old", "VersionId": "2"}]}]

    def delete_objects(self, Bucket, Delete):
        self.deleted += [(entry["Key"], entry["VersionId"]) for entry in Delete["Objects"]]


class Cloud(CloudFormation):
    """Stacks with tags."""

    tags = (TAG,)

    def describe_stacks(self, StackName):
        answer = super().describe_stacks(StackName)
        answer["Stacks"][0]["Tags"] = list(self.tags)
        return answer


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(cloudformation, "POLL_SECONDS", 0)


@pytest.fixture
def member():
    cloud = Cloud()
    cloud.outputs[DEMO.name] = {"BucketName": "demo-bucket"}
    return Session({"sts": Sts(MEMBER), "cloudformation": cloud, "s3": Versions()})


def test_the_price_and_every_resource_are_told_before_anything_is_made(member, targets, printed):
    demo.deploy(member, targets, {}, False, printed.append)
    assert printed[0] == f"{DEMO.name}: {demo.PRICE}"
    assert [line for line in printed if line.startswith("  + ")] == [
        "  + Table (AWS::DynamoDB::Table)",
        "  + Volume (AWS::EC2::Volume)",
        "  + Bucket (AWS::S3::Bucket)",
        "  + FileSystem (AWS::EFS::FileSystem)",
    ]
    assert printed[-1] == "nothing was changed; add APPLY=1 to do this"
    assert member.clients["cloudformation"].requests == []
    assert member.clients["s3"].uploads == []


def test_made_then_removed_with_what_is_in_the_bucket_and_a_second_time_nothing(
    member, targets, printed
):
    demo.deploy(member, targets, {"BackupTag": "monthly"}, True, printed.append)
    assert member.clients["s3"].uploads == [f"demo-bucket/{demo.OBJECT}"]
    demo.remove(member, targets, False, printed.append)
    assert printed[-2] == "nothing was changed; add APPLY=1 to delete"
    demo.remove(member, targets, True, printed.append)
    demo.remove(member, targets, True, printed.append)
    cloud = member.clients["cloudformation"]
    assert cloud.requests == [("create", DEMO.name), ("delete", DEMO.name)]
    assert member.clients["s3"].deleted == [(demo.OBJECT, "1"), ("old", "2")]
    assert f"{DEMO.name}: not there" in printed


@pytest.mark.parametrize("what", ["deploy", "remove"])
def test_somebody_elses_stack_of_that_name_is_left_alone(member, targets, printed, what):
    cloud = member.clients["cloudformation"]
    cloud.stacks[DEMO.name] = "CREATE_COMPLETE"
    cloud.tags = ({"Key": "Application", "Value": "theirs"},)
    with pytest.raises(Problem, match="somebody else's"):
        if what == "deploy":
            demo.deploy(member, targets, {}, True, printed.append)
        else:
            demo.remove(member, targets, True, printed.append)
    assert cloud.requests == []
    assert member.clients["s3"].deleted == []


@pytest.mark.parametrize("kind", ["management", "home", "central"])
def test_an_account_that_is_not_backed_up_is_refused(member, targets, printed, kind):
    member.clients["sts"] = Sts(getattr(targets, f"{kind}_account"))
    with pytest.raises(Problem, match=f"it is the {kind} account; use a profile of an account"):
        demo.deploy(member, targets, {}, True, printed.append)


def test_a_region_where_nothing_is_backed_up_is_refused(member, targets, printed):
    member.region_name = "us-east-1"
    with pytest.raises(Problem, match="one of eu-central-1, eu-west-1"):
        demo.deploy(member, targets, {}, True, printed.append)


def test_the_sample_policy_selects_every_resource():
    (daily,) = [
        resource
        for resource in load_template((DEMO.template_path.parents[2] / SAMPLE).read_text())[
            "Resources"
        ].values()
        if resource["Properties"]["PolicyName"] == "org-daily-backup-policy"
    ]
    plans = daily["Properties"]["PolicyContent"]["plans"].values()
    (selection,) = [one for plan in plans for one in plan["selections"]["tags"].values()]
    template = load_template(DEMO.template_path.read_text())
    assert template["Parameters"]["BackupTag"]["Default"] in selection["tag_value"]["@@assign"]
    for resource in template["Resources"].values():
        kind = "FileSystemTags" if resource["Type"] == "AWS::EFS::FileSystem" else "Tags"
        assert resource["Properties"][kind] == [
            {"Key": selection["tag_key"]["@@assign"], "Value": {"Ref": "BackupTag"}}
        ]
        assert resource["DeletionPolicy"] == "Delete"
