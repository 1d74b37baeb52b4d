"""AWS Backup: recovery points and their tags, restore jobs, restore tests, events."""

from __future__ import annotations

import json

import pytest

from ..world import MEMBER, REGION, World, error_of, eventually
from .restoring import PLACE, ROLE, TAGS, VAULT, Account, Json, arn

# Kind, what the recovery point's ARN begins with, and the metadata for a new resource.
KINDS: list[tuple[str, str, dict[str, str]]] = [
    ("EC2", f"arn:aws:ec2:{REGION}::image/ami-", {}),
    ("EBS", f"arn:aws:ec2:{REGION}::snapshot/snap-", {}),
    ("RDS", arn("rds", "snapshot:awsbackup:job-"), {}),
    ("Aurora", arn("rds", "cluster-snapshot:awsbackup:job-"), {}),
    ("Neptune", arn("rds", "cluster-snapshot:awsbackup:job-"), {}),
    ("DocumentDB", arn("rds", "cluster-snapshot:awsbackup:job-"), {}),
    ("DynamoDB", arn("backup", "recovery-point:"), {"targetTableName": "again"}),
    ("S3", arn("backup", "recovery-point:"), {"NewBucket": "true", "DestinationBucketName": "new"}),
    ("EFS", arn("backup", "recovery-point:"), {"newFileSystem": "true"}),
    ("EKS", arn("backup", "recovery-point:composite:eks/"), {"newCluster": "true"}),
    ("DSQL", arn("backup", "recovery-point:"), {}),
]


@pytest.fixture
def account(world: World) -> Account:
    account = Account(world)
    account.backup.create_backup_vault(BackupVaultName=VAULT)
    world.control("POST", "restore-settings", {"seconds": 0})
    return account


@pytest.mark.parametrize(("kind", "prefix", "metadata"), KINDS, ids=[kind for kind, _, _ in KINDS])
def test_a_restore_makes_a_new_resource_without_the_tags(
    account: Account, kind: str, prefix: str, metadata: dict[str, str]
) -> None:
    source = account.source(kind, TAGS)
    point = account.back_up(source, {"plan": "nightly"})
    assert point.startswith(prefix)
    job = account.restore(point, metadata)
    assert job["Status"] == "COMPLETED", job
    assert job["SourceResourceArn"] == source
    assert job["CreatedResourceArn"] != source
    assert job["CreatedResourceArn"].split(":")[:5] == source.split(":")[:5]
    users = {k for k in account.tags(job["CreatedResourceArn"]) if not k.startswith("aws:")}
    assert users == set()
    assert {k: v for k, v in account.tags(source).items() if not k.startswith("aws:")} == TAGS


def test_recovery_points_have_the_source_s_tags_and_the_plan_s_which_win(account: Account) -> None:
    source = account.source("S3", TAGS)
    point = account.back_up(source, {"app": "plan", "more": ""})
    listed = account.backup.list_tags(ResourceArn=point)["Tags"]
    assert listed == {"Name": "orders", "app": "plan", "more": ""}
    account.s3.put_bucket_tagging(Bucket="documents", Tagging={"TagSet": []})
    assert account.backup.list_tags(ResourceArn=point)["Tags"] == listed


def test_tags_of_a_recovery_point_come_in_pages(account: Account, world: World) -> None:
    tags = {f"key-{number:02}": "" for number in range(25)}
    point = account.back_up(account.source("EFS", tags))
    world.control("POST", "restore-settings", {"page_size": 10})
    pages: list[Json] = []
    token: Json = {}
    while not pages or token:
        page = account.backup.list_tags(ResourceArn=point, **token)
        pages.append(page)
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert [len(page["Tags"]) for page in pages] == [10, 10, 5]
    assert {key: value for page in pages for key, value in page["Tags"].items()} == tags


def test_snapshots_keep_their_tags_where_they_are(account: Account) -> None:
    point = account.back_up(account.source("EBS", TAGS))
    assert error_of(account.backup.list_tags, ResourceArn=point)[0] == (
        "InvalidParameterValueException"
    )
    (snapshot,) = account.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert point.endswith(snapshot["SnapshotId"])
    tags = {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]}
    assert {"app", "Name", "aws:backup:source-resource"} == set(tags)


def test_an_instance_comes_back_with_volumes_from_their_own_snapshots(account: Account) -> None:
    source = account.source("EC2", TAGS)
    before = described(account, source)
    volumes = [mapping["Ebs"]["VolumeId"] for mapping in before["BlockDeviceMappings"]]
    assert len(volumes) == 2
    assert len(before["NetworkInterfaces"]) == 1
    account.ec2.create_tags(Resources=volumes[1:], Tags=[{"Key": "disk", "Value": "data"}])
    restored = described(account, account.restore(account.back_up(source))["CreatedResourceArn"])
    assert [m["DeviceName"] for m in restored["BlockDeviceMappings"]] == ["/dev/xvda", "/dev/sdf"]
    assert len(restored["NetworkInterfaces"]) == 1
    tags = []
    for mapping in restored["BlockDeviceMappings"]:
        (volume,) = account.ec2.describe_volumes(VolumeIds=[mapping["Ebs"]["VolumeId"]])["Volumes"]
        tags.append(account.tags(arn("ec2", f"snapshot/{volume['SnapshotId']}")))
    assert ["disk" in snapshot for snapshot in tags] == [False, True]


@pytest.mark.parametrize("kind", ["Aurora", "Neptune", "DocumentDB"])
def test_rds_s_api_describes_every_cluster_by_arn(account: Account, kind: str) -> None:
    source = account.source(kind, TAGS)
    (found,) = account.rds.describe_db_clusters(DBClusterIdentifier=source)["DBClusters"]
    assert found["DBClusterArn"] == source
    code, _ = error_of(account.rds.describe_db_clusters, DBClusterIdentifier=f"{source}-not")
    assert code == "DBClusterNotFoundFault"


def test_a_bucket_comes_back_with_its_objects(account: Account) -> None:
    point = account.back_up(account.source("S3", TAGS))
    account.restore(point, {"newBucket": "true", "destinationbucketname": "again"})
    assert account.s3.get_object(Bucket="again", Key="a/b")["Body"].read() == b"\xff hello"


def test_a_restore_into_an_existing_resource_names_it(account: Account) -> None:
    point = account.back_up(account.source("S3", TAGS))
    metadata = {"newBucket": "false", "DestinationBucketName": "documents"}
    job = account.restore(point, metadata)
    assert job["CreatedResourceArn"] == "arn:aws:s3:::documents"
    reported = account.backup.get_restore_job_metadata(RestoreJobId=job["RestoreJobId"])
    assert reported["Metadata"] == metadata


def test_dynamodb_s_backups_are_its_own_when_the_region_says_so(account: Account) -> None:
    account.backup.update_region_settings(ResourceTypeManagementPreference={"DynamoDB": False})
    point = account.back_up(account.source("DynamoDB", TAGS))
    assert point.startswith(arn("dynamodb", "table/orders/backup/"))
    assert account.restore(point)["Status"] == "COMPLETED"


def test_a_restore_that_cannot_be_made_fails_with_the_reason(account: Account) -> None:
    point = account.back_up(account.source("DynamoDB", TAGS))
    job = account.restore(point, {"targetTableName": "orders"})
    assert job["Status"] == "FAILED"
    assert "orders already exists" in job["StatusMessage"]


def test_native_copying_of_tags(account: Account) -> None:
    volume = account.back_up(account.source("EBS", TAGS))
    job = account.restore(volume, CopySourceTagsToRestoredResource=True)
    assert TAGS.items() <= account.tags(job["CreatedResourceArn"]).items()
    bucket = account.back_up(account.source("S3", TAGS))
    job = account.restore(bucket, {"newBucket": "true"}, CopySourceTagsToRestoredResource=True)
    assert job["Status"] == "FAILED"


def test_what_does_not_exist(account: Account) -> None:
    nothing = arn("backup", "recovery-point:nothing")
    for call, arguments in (
        (account.backup.list_tags, {"ResourceArn": nothing}),
        (account.backup.describe_restore_job, {"RestoreJobId": "nothing"}),
        (account.backup.get_restore_job_metadata, {"RestoreJobId": "nothing"}),
        (
            account.backup.describe_recovery_point,
            {"BackupVaultName": VAULT, "RecoveryPointArn": nothing},
        ),
        (account.backup.start_restore_job, {"RecoveryPointArn": nothing, "Metadata": {}}),
    ):
        assert error_of(call, **arguments)[0] == "ResourceNotFoundException"


def test_recovery_points_are_described_and_listed(account: Account) -> None:
    source = account.source("EBS", TAGS)
    point = account.back_up(source)
    reported = account.backup.describe_recovery_point(BackupVaultName=VAULT, RecoveryPointArn=point)
    assert (reported["ResourceArn"], reported["ResourceType"]) == (source, "EBS")
    listed = account.backup.list_recovery_points_by_backup_vault(BackupVaultName=VAULT)
    assert [row["RecoveryPointArn"] for row in listed["RecoveryPoints"]] == [point]
    of_source = account.backup.list_recovery_points_by_resource(ResourceArn=source)
    assert [row["RecoveryPointArn"] for row in of_source["RecoveryPoints"]] == [point]


def test_restore_jobs_are_listed_newest_first_by_filters_and_in_pages(
    account: Account, world: World
) -> None:
    volume = account.back_up(account.source("EBS", {}))
    table = account.back_up(account.source("DynamoDB", {}))
    jobs = [account.restore(volume)["RestoreJobId"] for _ in range(3)]
    failed = account.restore(table, {"targetTableName": "orders"})

    def listed(**filters: object) -> list[str]:
        pages = account.backup.get_paginator("list_restore_jobs").paginate(**filters)
        return [job["RestoreJobId"] for page in pages for job in page["RestoreJobs"]]

    world.control("POST", "restore-settings", {"page_size": 2})
    assert listed() == [failed["RestoreJobId"], *reversed(jobs)]
    assert listed(ByStatus="COMPLETED") == jobs[::-1]
    assert listed(ByResourceType="DynamoDB") == [failed["RestoreJobId"]]
    assert listed(ByCompleteAfter="2020-01-01T00:00:00Z", ByStatus="COMPLETED") == jobs[::-1]
    assert listed(ByCompleteBefore="2020-01-01T00:00:00Z") == []
    assert listed(ByAccountId=MEMBER, ByCreatedBefore="2020-01-01T00:00:00Z") == []
    assert listed(ByParentJobId="nobody") == []
    elsewhere = world.client("backup", "444444444442").list_restore_jobs()
    assert elsewhere["RestoreJobs"] == []


def test_a_restore_test_is_marked_and_validated_once(account: Account, world: World) -> None:
    point = account.back_up(account.source("EBS", TAGS))
    asked = {**PLACE, "recovery_point": point, "plan": "weekly"}
    job = account.finished(world.control("POST", "restore-tests", asked)["job"])
    plan = job["CreatedBy"]["RestoreTestingPlanArn"]
    assert plan.startswith(arn("backup", "restore-testing-plan:weekly-"))
    assert "awsbackup-restore-test" in account.tags(job["CreatedResourceArn"])
    validate = account.backup.put_restore_validation_result
    wanted = {"RestoreJobId": job["RestoreJobId"], "ValidationStatus": "SUCCESSFUL"}
    validate(**wanted)
    assert error_of(validate, **wanted)[0] == "InvalidRequestException"
    assert details(world)[-1]["restoreTestingPlanArn"] == plan


def test_the_events_of_a_restore_are_aws_s(account: Account, world: World) -> None:
    source = account.source("EBS", TAGS)
    point = account.back_up(source)
    job = account.restore(point)
    sent = eventually(lambda: len(details(world)) == 4 and details(world))
    assert [detail.get("state", detail.get("status")) for detail in sent] == [
        "CREATED",
        "PENDING",
        "RUNNING",
        "COMPLETED",
    ]
    assert set(sent[0]) == {"restoreJobId", "creationDate", "state"}
    assert sent[-1] == {
        "restoreJobId": job["RestoreJobId"],
        "backupVaultArn": arn("backup", f"backup-vault:{VAULT}"),
        "recoveryPointArn": point,
        "sourceResourceArn": source,
        "backupSizeInBytes": "0",
        "creationDate": sent[0]["creationDate"],
        "iamRoleArn": ROLE,
        "percentDone": 0,
        "resourceType": "EBS",
        "status": "COMPLETED",
        "createdResourceArn": job["CreatedResourceArn"],
        "completionDate": sent[-1]["completionDate"],
    }


def test_events_get_lost_doubled_held_and_sent_by_hand(account: Account, world: World) -> None:
    queue = listening(account)
    point = account.back_up(account.source("EBS", TAGS))
    for effect in ("lose", "duplicate", "hold"):
        world.control("POST", "backup-events", {"effect": effect})
    lost, doubled, held = (account.restore(point)["RestoreJobId"] for _ in range(3))
    eventually(lambda: len(details(world)) == 12)
    heard = received(account, queue)
    assert [event["detail"]["restoreJobId"] for event in heard] == [doubled, doubled]
    assert heard[0]["id"] == heard[1]["id"]
    assert heard[0]["source"] == "aws.backup"
    assert heard[0]["resources"] == [point]
    assert world.control("POST", "backup-events", {"release": True}) == {"released": 1}
    (event,) = received(account, queue)
    assert event["detail"]["restoreJobId"] == held
    fates = {
        event["detail"]["restoreJobId"]: event["fate"]
        for event in world.control("GET", "backup-events")
        if event["detail"].get("status") == "COMPLETED"
    }
    assert fates == {lost: "lost", doubled: "sent twice", held: "sent"}
    world.control("POST", "backup-events", {"repeat": event["id"]})
    assert received(account, queue) == [event]
    poison = {**PLACE, "detail": {"status": "COMPLETED", "restoreJobId": 7}}
    world.control("POST", "backup-events", poison)
    (event,) = received(account, queue)
    assert event["detail"] == poison["detail"]


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("backup-events", {"effect": "garble"}, "unknown effect `garble`"),
        ("backup-events", {}, "say `effect`"),
        ("restore-settings", {"seconds": -1}, "at least 0"),
        ("restore-settings", {"speed": 1}, "unknown member `speed`"),
        ("restore-tests", {"account": MEMBER}, "`region` must be a string"),
        ("elapse", {**PLACE, "queue": "nothing"}, "no queue `nothing`"),
        ("elapse", {**PLACE, "schedule": "nothing"}, "no schedule `nothing`"),
        ("tags", {**PLACE, "arn": "nothing"}, "no tags are kept"),
    ],
)
def test_the_control_plane_says_what_makes_no_sense(
    world: World, name: str, body: object, reason: str
) -> None:
    status, _, answer = world.http("POST", f"/_emulator/{name}", body=json.dumps(body))
    assert status == 400
    assert reason in json.loads(answer)["error"]


def test_a_reset_forgets_restores(account: Account, world: World) -> None:
    account.restore(account.back_up(account.source("EBS", TAGS)))
    world.control("POST", "reset")
    assert world.control("GET", "restores") == {"recovery_points": [], "jobs": [], "copies": []}
    assert world.control("GET", "backup-events") == []


def described(account: Account, instance: str) -> Json:
    ids = [instance.rpartition("/")[2]]
    found = account.ec2.describe_instances(InstanceIds=ids)
    return found["Reservations"][0]["Instances"][0]


def details(world: World) -> list[Json]:
    """Those of the events of restores so far."""
    sent = world.control("GET", "backup-events")
    return [event["detail"] for event in sent if event["kind"] == "Restore Job State Change"]


def listening(account: Account) -> str:
    """A queue that receives completed restores; its URL."""
    queue = str(account.sqs.create_queue(QueueName="heard")["QueueUrl"])
    pattern = {"source": ["aws.backup"], "detail": {"status": ["COMPLETED"]}}
    rule = account.events.put_rule(Name="heard", EventPattern=json.dumps(pattern))["RuleArn"]
    allow_rule(account, queue, arn("sqs", "heard"), rule)
    target = {"Id": "queue", "Arn": arn("sqs", "heard")}
    account.events.put_targets(Rule="heard", Targets=[target])
    return queue


def allow_rule(account: Account, queue: str, queue_arn: str, rule: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    account.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})


def received(account: Account, queue: str) -> list[Json]:
    """Everything that waits in a queue, taken out of it."""
    got = account.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in got:
        account.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in got]
