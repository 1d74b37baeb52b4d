"""Tags: the tagging API and the services' own calls have one store and AWS's rules."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ..backup.restoring import TAGS, Account, arn, as_list
from ..world import MEMBER, REGION, World, error_of

KINDS = (
    "EC2",
    "EBS",
    "RDS",
    "Aurora",
    "Neptune",
    "DocumentDB",
    "DynamoDB",
    "S3",
    "EFS",
    "EKS",
    "DSQL",
)


@pytest.fixture
def account(world: World) -> Account:
    return Account(world)


def native(account: Account, resource: str) -> dict[str, str]:
    """The tags as the customer reads them from the service itself."""
    service, name = resource.split(":")[2], resource.rpartition("/")[2]
    if service == "ec2":
        filters = [{"Name": "resource-id", "Values": [name]}]
        listed = account.ec2.describe_tags(Filters=filters)["Tags"]
    elif service == "rds":
        listed = account.rds.list_tags_for_resource(ResourceName=resource)["TagList"]
    elif service == "dynamodb":
        listed = account.dynamodb.list_tags_of_resource(ResourceArn=resource)["Tags"]
    elif service == "s3":
        listed = account.s3.get_bucket_tagging(Bucket=resource[13:])["TagSet"]
    elif service == "elasticfilesystem":
        listed = account.efs.list_tags_for_resource(ResourceId=name)["Tags"]
    else:
        client = account.eks if service == "eks" else account.dsql
        return dict(client.list_tags_for_resource(resourceArn=resource)["tags"])
    return {tag["Key"]: tag["Value"] for tag in listed}


def tag_natively(account: Account, resource: str, tags: dict[str, str]) -> None:
    service, name = resource.split(":")[2], resource.rpartition("/")[2]
    if service == "ec2":
        account.ec2.create_tags(Resources=[name], Tags=as_list(tags))
    elif service == "rds":
        account.rds.add_tags_to_resource(ResourceName=resource, Tags=as_list(tags))
    elif service == "dynamodb":
        account.dynamodb.tag_resource(ResourceArn=resource, Tags=as_list(tags))
    elif service == "s3":
        tagging = {"TagSet": as_list(native(account, resource) | tags)}
        account.s3.put_bucket_tagging(Bucket=resource[13:], Tagging=tagging)
    elif service == "elasticfilesystem":
        account.efs.tag_resource(ResourceId=name, Tags=as_list(tags))
    else:
        client = account.eks if service == "eks" else account.dsql
        client.tag_resource(resourceArn=resource, tags=tags)


def got(account: Account, *arns: str) -> dict[str, dict[str, str]]:
    listed = account.resourcegroupstaggingapi.get_resources(ResourceARNList=list(arns))
    return {
        row["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in row["Tags"]}
        for row in listed["ResourceTagMappingList"]
    }


def tag(account: Account, *arns: str, **tags: str) -> dict[str, Any]:
    client = account.resourcegroupstaggingapi
    answer = client.tag_resources(ResourceARNList=list(arns), Tags=tags or {"new": "tag"})
    return dict(answer["FailedResourcesMap"])


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_lead_to_the_same_tags(account: Account, kind: str) -> None:
    resource = account.source(kind, TAGS)
    assert tag(account, resource, one="1", app="other") == {}
    assert native(account, resource) == TAGS | {"one": "1", "app": "other"}
    tag_natively(account, resource, {"two": "2"})
    everything = TAGS | {"one": "1", "app": "other", "two": "2"}
    assert got(account, resource) == {resource: everything}
    answer = account.resourcegroupstaggingapi.untag_resources(
        ResourceARNList=[resource], TagKeys=["one", "two", "never"]
    )
    assert answer["FailedResourcesMap"] == {}
    assert native(account, resource) == TAGS | {"app": "other"}


@pytest.mark.parametrize("kind", KINDS)
def test_no_service_takes_reserved_keys_or_more_than_fifty(account: Account, kind: str) -> None:
    resource = account.source(kind, TAGS)
    with pytest.raises(ClientError):
        tag_natively(account, resource, {"AWS:mine": ""})
    many = {f"key-{number}": "" for number in range(49)}
    with pytest.raises(ClientError):
        tag_natively(account, resource, many)
    (failure,) = tag(account, resource, **many).values()
    assert failure["StatusCode"] in (400, 402)
    assert native(account, resource) == TAGS
    tag_natively(account, resource, dict(list(many.items())[:48]))
    assert len(native(account, resource)) == 50


def test_a_full_table_is_no_busy_one(account: Account, world: World) -> None:
    table = account.source("DynamoDB", {f"key-{number}": "" for number in range(49)})
    world.fault("dynamodb", "TagResource", "conflict", code="LimitExceededException")
    assert tag(account, table, last="")[table]["ErrorCode"] == "LimitExceededException"
    assert tag(account, table, last="") == {}
    assert tag(account, table, more="")[table]["ErrorCode"] == "ValidationException"
    more = as_list({"more": ""})
    code, _ = error_of(account.dynamodb.tag_resource, ResourceArn=table, Tags=more)
    assert code == "ValidationException"


def test_two_cannot_tag_a_volume_at_once(account: Account, world: World) -> None:
    volume = account.source("EBS", {})
    world.fault("ec2", "CreateTags", "conflict", code="ConcurrentTagAccess")
    assert tag(account, volume, one="1")[volume]["ErrorCode"] == "ConcurrentTagAccess"
    assert native(account, volume) == {}


def test_what_s3_has_not_is_answered_501(account: Account, world: World) -> None:
    account.source("S3", {})
    world.fault("s3", "PutBucketTagging", "refuse", code="NotImplemented")
    with pytest.raises(ClientError) as raised:
        account.s3.put_bucket_tagging(Bucket="documents", Tagging={"TagSet": as_list(TAGS)})
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert raised.value.response["Error"]["Code"] == "NotImplemented"


def test_every_volume_snapshot_image_and_interface_has_tags_too(account: Account) -> None:
    instance = account.source("EC2", {})
    described = account.ec2.describe_instances(InstanceIds=[instance.rpartition("/")[2]])
    (launched,) = described["Reservations"][0]["Instances"]
    volume = launched["BlockDeviceMappings"][1]["Ebs"]["VolumeId"]
    interface = launched["NetworkInterfaces"][0]["NetworkInterfaceId"]
    snapshot = account.ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    image = account.ec2.register_image(Name="an image")["ImageId"]
    kinds = {
        f"volume/{volume}",
        f"network-interface/{interface}",
        f"snapshot/{snapshot}",
        f"image/{image}",
    }
    arns = [arn("ec2", name) for name in kinds]
    assert got(account, *arns) == {}
    assert tag(account, *arns) == {}
    assert got(account, *arns) == {name: {"new": "tag"} for name in arns}


def test_snapshots_of_databases_have_tags_too(account: Account) -> None:
    account.source("RDS", {})
    account.source("Aurora", {})
    one = account.rds.create_db_snapshot(
        DBSnapshotIdentifier="one", DBInstanceIdentifier="database"
    )
    two = account.rds.create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier="two", DBClusterIdentifier="cluster-aurora-postgresql"
    )
    arns = [
        one["DBSnapshot"]["DBSnapshotArn"],
        two["DBClusterSnapshot"]["DBClusterSnapshotArn"],
    ]
    assert tag(account, *arns) == {}
    assert [native(account, name) for name in arns] == [{"new": "tag"}] * 2
    assert got(account, *arns) == {name: {"new": "tag"} for name in arns}


def test_what_does_not_exist_fails_by_itself(account: Account) -> None:
    bucket = account.source("S3", {})
    missing = {
        arn("ec2", "instance/i-0123456789abcdef0"): "InvalidInstanceID.NotFound",
        arn("ec2", "volume/vol-0123456789abcdef0"): "InvalidVolume.NotFound",
        arn("rds", "db:nothing"): "DBInstanceNotFound",
        arn("rds", "cluster:nothing"): "DBClusterNotFoundFault",
        arn("dynamodb", "table/nothing"): "ResourceNotFoundException",
        arn("elasticfilesystem", "file-system/fs-01234567"): "FileSystemNotFound",
        "arn:aws:s3:::nothing-here": "NoSuchBucket",
    }
    failed = tag(account, bucket, *missing)
    assert {name: failure["ErrorCode"] for name, failure in failed.items()} == missing
    assert got(account, bucket, *missing) == {bucket: {"new": "tag"}}
    rds = account.rds.list_tags_for_resource
    assert error_of(rds, ResourceName=arn("rds", "db:nothing"))[0] == "DBInstanceNotFound"


@pytest.mark.parametrize(
    "arguments",
    [
        {"ResourceARNList": ["nothing"], "Tags": {"a": "b"}},
        {"ResourceARNList": ["arn:aws:ec2:i-0123"], "Tags": {"a": "b"}},
        # As AWS Backup names snapshots.
        {"ResourceARNList": [f"arn:aws:ec2:{REGION}::snapshot/snap-01"], "Tags": {"a": "b"}},
        {"ResourceARNList": [arn("ec2", "i-0123")], "Tags": {"a": "b"}},
        {"ResourceARNList": ["arn:aws:s3:::documents"] * 21, "Tags": {"a": "b"}},
        {"ResourceARNList": ["arn:aws:s3:::documents"], "Tags": {}},
        {"ResourceARNList": ["arn:aws:s3:::documents"], "Tags": {f"k{i}": "" for i in range(51)}},
        {"ResourceARNList": ["arn:aws:s3:::documents"], "Tags": {"aws:mine": ""}},
        {"ResourceARNList": ["arn:aws:s3:::documents"], "Tags": {"k": "v" * 257}},
        {
            "ResourceARNList": [f"arn:aws:ec2:us-east-1:{MEMBER}:volume/vol-0123456789abcdef0"],
            "Tags": {"a": "b"},
        },
    ],
)
def test_one_wrong_parameter_fails_the_whole_call(
    account: Account, world: World, arguments: dict[str, Any]
) -> None:
    bucket = account.source("S3", TAGS)
    arguments["ResourceARNList"] = [bucket, *arguments["ResourceARNList"]]
    unchecked = world.unchecked("resourcegroupstaggingapi", MEMBER)
    code, _ = error_of(unchecked.tag_resources, **arguments)
    assert code == "InvalidParameterException"
    assert native(account, bucket) == TAGS


def test_get_resources_takes_a_hundred_arns_and_nothing_else(
    account: Account, world: World
) -> None:
    unchecked = world.unchecked("resourcegroupstaggingapi", MEMBER)
    buckets = [f"arn:aws:s3:::bucket-{number}" for number in range(101)]
    code, _ = error_of(unchecked.get_resources, ResourceARNList=buckets)
    assert code == "InvalidParameterException"
    code, _ = error_of(unchecked.get_resources, ResourceARNList=buckets[:1], TagFilters=[])
    assert code == "InvalidParameterException"
    assert got(account, *buckets[:100]) == {}


def test_s3_control_adds_to_a_bucket_s_tags(account: Account, world: World) -> None:
    bucket = account.source("S3", TAGS)
    path = f"/v20180820/tags/{bucket}"
    scope = f"{MEMBER}/20260101/{REGION}/s3/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=, Signature=",
        "x-amz-account-id": MEMBER,
    }
    body = (
        '<TagResourceRequest xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/"><Tags>'
        "<Tag><Key>{}</Key><Value>2</Value></Tag></Tags></TagResourceRequest>"
    )
    status, _, _ = world.http("POST", path, headers, body.format("two"))
    assert status == 204
    assert native(account, bucket) == TAGS | {"two": "2"}
    status, _, answer = world.http("POST", path, headers, body.format("aws:two"))
    assert (status, b"<Code>InvalidTag</Code>" in answer) == (400, True)
    status, _, answer = world.http("GET", path, headers)
    assert (status, b"<Key>two</Key>" in answer) == (200, True)
    status, _, answer = world.http("GET", f"{path}-not", headers)
    assert (status, b"<Code>NoSuchBucket</Code>" in answer) == (404, True)
    operations = world.calls("s3control")
    assert operations == ["TagResource"] * 2 + ["ListTagsForResource"] * 2


def test_putting_a_bucket_s_tags_keeps_system_tags_or_fails(account: Account, world: World) -> None:
    bucket = account.source("S3", TAGS)
    system = {"aws:cloudformation:stack-name": "documents"}
    where = {"account": MEMBER, "region": REGION, "arn": bucket, "tags": system}
    world.control("POST", "tags", where)
    put = account.s3.put_bucket_tagging
    code, _ = error_of(put, Bucket="documents", Tagging={"TagSet": as_list(TAGS)})
    assert code == "InvalidTag"
    put(Bucket="documents", Tagging={"TagSet": as_list(system | {"new": "tag"})})
    assert native(account, bucket) == system | {"new": "tag"}


def test_rds_reserves_its_own_prefix_too(account: Account) -> None:
    database = account.source("RDS", TAGS)
    for tags in ({"rds:mine": ""}, {"mine": "rds:yes"}):
        add = account.rds.add_tags_to_resource
        code, _ = error_of(add, ResourceName=database, Tags=as_list(tags))
        assert code == "InvalidParameterValue"


def test_faults_of_a_service_show_by_arn(account: Account, world: World) -> None:
    volume, bucket = account.source("EBS", {}), account.source("S3", {})
    world.fault("ec2", "CreateTags", "throttle")
    failed = tag(account, volume, bucket)
    assert failed[volume]["ErrorCode"] == "RequestLimitExceeded"
    assert failed[volume]["StatusCode"] == 503
    assert list(failed) == [volume]
    assert tag(account, volume, bucket) == {}


def test_published_rates_hold_when_wanted(account: Account, world: World) -> None:
    bucket = account.source("S3", {})
    for _ in range(20):
        assert tag(account, bucket) == {}
    # As good as no time passes between the calls, on the slowest machine.
    world.control("POST", "restore-settings", {"published_rates": True, "rates_second": 3600})
    codes = []
    for _ in range(20):
        try:
            tag(account, bucket)
        except ClientError as error:
            codes.append(error.response["Error"]["Code"])
    assert codes == ["ThrottledException"] * 15
    world.control("POST", "restore-settings", {"rates_second": 0.001})
    assert tag(account, bucket) == {}
    elsewhere = world.client("resourcegroupstaggingapi", "444444444442")
    assert elsewhere.get_resources(ResourceARNList=[bucket])["ResourceTagMappingList"] == []
