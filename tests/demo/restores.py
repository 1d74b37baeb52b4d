"""The chapters about restores: tags before and after, and events that go wrong."""

import json
from dataclasses import dataclass

from kit import solution
from kit.names import HOME, MEMBER, REGION, ROOT, TAG_ON_RESTORE
from kit.solution import Package
from kit.stacks import Stacks
from kit.wait import eventually

VAULT = "AWSBackupSolutionVault"
ROLE = f"arn:aws:iam::{MEMBER}:role/AWSBackupSolutionRole"
QUEUE, DEAD_LETTERS, LOG_GROUP = (
    "TagOnRestore",
    "TagOnRestore-DeadLetters",
    "/aws/lambda/TagOnRestore",
)
# As often is a message given to the function, by the template's RedrivePolicy.
RECEIVES = 6
# Of the function's calls, those that change nothing.
READS = ("Describe", "List", "Get")

PLAN_TAGS = {"backup-plan": "daily"}
SHOP = {"app": "shop", "cost-center": "4711"}
# Of the instance, of its second volume, of the bucket, and what somebody puts on the restored one.
INSTANCE = SHOP | {"Name": "web"}
DATA_DISK = {"Name": "web-data", "disk": "data"}
BUCKET = SHOP | {"owner": "shop-team"}
OWN = {"owner": "legal", "litigation-hold": "yes"}


@dataclass
class Restore:
    """One restore: what was backed up, how, and what came of it."""

    name: str
    source: str
    metadata: str
    point: str = ""
    job: str = ""
    made: str = ""


def tell(stage):
    """The chapters in order."""
    deploy(stage)
    restores = back_up(stage)
    restore(stage, restores)
    twice_and_senseless(stage, restores)
    lost(stage, restores)


def deploy(stage):
    """The function in a member account, its package in the home account's bucket."""
    story, cli = stage.story, stage.cli
    story.chapter("In a member account, a function waits for restores")
    story.say(
        "AWS Backup restores resources without their tags, or with some of them. TagOnRestore puts "
        "them back: AWS Backup's event goes through a rule and a queue to the function."
    )
    package = Package(TAG_ON_RESTORE)
    target = f"s3://{solution.PACKAGE_BUCKET}/{package.key}"
    cli.run(HOME, "s3", "cp", str(TAG_ON_RESTORE.relative_to(ROOT)), target, "--only-show-errors")
    member = Stacks(cli.cloudformation(MEMBER))
    member.create(solution.backup_role()).expect_complete()
    member.create(solution.tag_on_restore(package)).expect_complete()
    digest = stage.emulator.function_digests()["TagOnRestore"]
    story.promise(
        "the function runs the very binary that was packaged",
        digest == package.bootstrap_digest,
        f"sha256 {package.bootstrap_digest[:16]}…, {package.size:,} bytes zipped",
    )


def back_up(stage):
    """An instance with two volumes, a table, a bucket and a cluster, all tagged and backed up."""
    story, cli = stage.story, stage.cli
    story.chapter("Four tagged resources are backed up")
    cli.run(MEMBER, "backup", "create-backup-vault", "--backup-vault-name", VAULT)
    run = cli.run(
        MEMBER, "ec2", "run-instances", "--image-id", "ami-0abcdef1234567890",
        "--block-device-mappings", "DeviceName=/dev/xvda,Ebs={VolumeSize=8}",
        "DeviceName=/dev/sdf,Ebs={VolumeSize=20}",
        "--tag-specifications", f"ResourceType=instance,Tags=[{shorthand(INSTANCE)}]",
    )  # fmt: skip
    instance = run["Instances"][0]["InstanceId"]
    disk = volumes(stage, instance)[1]
    cli.run(MEMBER, "ec2", "create-tags", "--resources", disk, "--tags", *words(DATA_DISK))
    table = cli.run(
        MEMBER, "dynamodb", "create-table", "--table-name", "carts",
        "--attribute-definitions", "AttributeName=id,AttributeType=S",
        "--key-schema", "AttributeName=id,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST",
        "--tags", *words(SHOP),
    )["TableDescription"]["TableArn"]  # fmt: skip
    cli.run(MEMBER, "s3", "mb", "s3://shop-documents")
    put_bucket_tags(cli, "shop-documents", BUCKET)
    cluster = cli.run(
        MEMBER, "rds", "create-db-cluster", "--db-cluster-identifier", "orders",
        "--engine", "aurora-postgresql", "--master-username", "shop",
        "--master-user-password", "rehearsal", "--tags", *words(SHOP),
    )["DBCluster"]["DBClusterArn"]  # fmt: skip
    restores = [
        Restore("instance", f"arn:aws:ec2:{REGION}:{MEMBER}:instance/{instance}", "{}"),
        Restore("table", table, "targetTableName=carts-restored"),
        Restore(
            "bucket",
            "arn:aws:s3:::shop-documents",
            "NewBucket=true,DestinationBucketName=shop-documents-restored",
        ),
        Restore("cluster", cluster, "DBClusterIdentifier=orders-restored"),
    ]
    for each in restores:
        each.point = cli.run(
            MEMBER, "backup", "start-backup-job", "--backup-vault-name", VAULT,
            "--resource-arn", each.source, "--iam-role-arn", ROLE,
            "--recovery-point-tags", ",".join(f"{k}={v}" for k, v in PLAN_TAGS.items()),
        )["RecoveryPointArn"]  # fmt: skip
    return restores


def restore(stage, restores):
    """Tags before the event and after it."""
    story, cli, emulator = stage.story, stage.cli, stage.emulator
    story.chapter("They are restored, and get their tags back")
    # AWS sends its events in batches, about every five minutes.
    emulator.disturb("hold", times=len(restores))
    for each in restores:
        start(stage, each)
    for each in restores:
        each.made = completed(stage, each.job)["createdResourceArn"]
    story.say(
        "AWS Backup is done, and its events, which it sends every five minutes, are still to come. "
        "Meanwhile somebody tags the restored bucket:"
    )
    put_bucket_tags(cli, "shop-documents-restored", OWN)
    parts = with_parts(stage, restores)
    before = tags_of(stage, parts)
    story.say("The tags before:")
    show_tags(story, parts, before)
    emulator.release_events()
    emulator.await_queue(MEMBER, QUEUE)
    story.say("The events arrive. The tags after:")
    after = tags_of(stage, parts)
    show_tags(story, parts, after)
    wanted = {
        "instance": INSTANCE | PLAN_TAGS,
        "table": SHOP | PLAN_TAGS,
        "bucket": BUCKET | PLAN_TAGS | OWN,
        "cluster": SHOP | PLAN_TAGS,
    }
    story.promise(
        "the restored instance, table, bucket and cluster have the tags of their backups",
        all(wanted[name].items() <= after[name].items() for name in wanted),
        f"{sum(len(wanted[name]) for name in wanted)} tags compared",
    )
    disk, root = after["volume 2"], after["volume 1"]
    story.promise(
        "each volume has its own tags, and the instance's where it had none",
        disk == INSTANCE | PLAN_TAGS | DATA_DISK and root == INSTANCE | PLAN_TAGS,
        f"Name={disk.get('Name')} on the second, Name={root.get('Name')} on the first",
    )
    story.promise(
        "the bucket's own tags are as they were",
        after["bucket"] == BUCKET | PLAN_TAGS | OWN and before["bucket"] == OWN,
        ", ".join(f"{key}={after['bucket'].get(key)}" for key in OWN),
    )


def twice_and_senseless(stage, restores):
    """A duplicate, and an event that no attempt can make sense of."""
    story, cli, emulator = stage.story, stage.cli, stage.emulator
    story.chapter("An event comes twice, and one makes no sense")
    job = next(each.job for each in restores if each.name == "table")
    event = next(e for e in emulator.backup_events() if e["detail"]["restoreJobId"] == job)
    emulator.forget_calls()
    emulator.repeat_event(event)
    emulator.await_queue(MEMBER, QUEUE)
    calls = function_calls(emulator)
    writes = [call for call in calls if not call.startswith(READS)]
    story.promise(
        "the event of the table, delivered once more, changes nothing",
        len(calls) > 0 and not writes,
        f"{', '.join(calls)}; {len(writes)} calls that write",
    )
    poison = {"status": "COMPLETED", "createdResourceArn": "arn:aws:s3:::shop-documents-restored"}
    story.say(
        "Then comes an event without a job's id. It is given back to the queue, whose visibility "
        f"timeout of twelve minutes the emulator lets pass at once, {RECEIVES} times."
    )
    emulator.send_event(MEMBER, poison)
    attempts = int(emulator.await_queue(MEMBER, QUEUE) == 1)
    while emulator.elapse_visibility(MEMBER, QUEUE):
        attempts += 1
    url = cli.run(MEMBER, "sqs", "get-queue-url", "--queue-name", DEAD_LETTERS)["QueueUrl"]
    letters = cli.run(MEMBER, "sqs", "receive-message", "--queue-url", url).get("Messages", [])
    logged = cli.run(
        MEMBER, "logs", "filter-log-events", "--log-group-name", LOG_GROUP,
        "--filter-pattern", "ERROR",
    )["events"]  # fmt: skip
    reasons = [json.loads(event["message"])["fields"]["message"] for event in logged]
    story.say("The function's log says:")
    story.quote(reasons[-1] if reasons else "nothing")
    bodies = [json.loads(letter["Body"])["detail"] for letter in letters]
    story.promise(
        f"after {RECEIVES} attempts it is in the dead-letter queue, with its reason in the log",
        bodies == [poison]
        and attempts == RECEIVES
        and any("restoreJobId" in reason for reason in reasons),
        f"{attempts} attempts, {len(bodies)} dead letter, {len(reasons)} lines in the log",
    )


def lost(stage, restores):
    """An event that AWS never sends, and the reconciliation that notices."""
    story, cli, emulator = stage.story, stage.cli, stage.emulator
    story.chapter("An event is lost, and the reconciliation repairs it")
    again = Restore("table again", "", "targetTableName=carts-again")
    again.point = next(each.point for each in restores if each.name == "table")
    emulator.disturb("lose")
    start(stage, again)
    again.made = completed(stage, again.job)["createdResourceArn"]
    emulator.await_queue(MEMBER, QUEUE)
    before = tags_of(stage, {"table again": again.made})
    show_tags(story, ["table again"], before)
    story.say("Six hours pass, which the schedule of the function waits for.")
    schedule = cli.run(MEMBER, "scheduler", "list-schedules")["Schedules"][0]["Name"]
    emulator.elapse_schedule(MEMBER, schedule)
    eventually(lambda: emulator.tags(MEMBER, again.made), "the reconciliation wrote no tag")
    after = tags_of(stage, {"table again": again.made})
    show_tags(story, ["table again"], after)
    story.promise(
        "the table whose event was lost has its tags all the same",
        before["table again"] == {} and after["table again"] == SHOP | PLAN_TAGS,
        f"{len(before['table again'])} tags before, {len(after['table again'])} after",
    )


def start(stage, restore):
    """Start a restore."""
    restore.job = stage.cli.run(
        MEMBER, "backup", "start-restore-job", "--recovery-point-arn", restore.point,
        "--metadata", restore.metadata, "--iam-role-arn", ROLE,
    )["RestoreJobId"]  # fmt: skip


def completed(stage, job):
    """The detail of the event that a job is complete, whether it was delivered or not."""

    def find():
        for event in stage.emulator.backup_events("FAILED"):
            if event["detail"]["restoreJobId"] == job:
                raise TimeoutError(f"a restore failed: {event['detail']['statusMessage']}")
        found = [e["detail"] for e in stage.emulator.backup_events()]
        return next((detail for detail in found if detail.get("restoreJobId") == job), None)

    return eventually(find, f"restore job {job} is not complete")


def volumes(stage, instance):
    """The ids of an instance's volumes, in the order of their devices."""
    found = stage.cli.read(MEMBER, "ec2", "DescribeInstances", InstanceIds=[instance])
    mappings = found["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
    return [mapping["Ebs"]["VolumeId"] for mapping in mappings]


def with_parts(stage, restores):
    """The ARNs of what was made, and of the instance's volumes, by a name to show."""
    arns = {each.name: each.made for each in restores}
    prefix, _, instance = arns["instance"].rpartition(":instance/")
    first, second = volumes(stage, instance)
    return {
        "instance": arns.pop("instance"),
        "volume 1": f"{prefix}:volume/{first}",
        "volume 2": f"{prefix}:volume/{second}",
        **arns,
    }


def tags_of(stage, arns):
    """The tags of these resources but for the system's, by name."""
    listed = stage.cli.run(
        MEMBER, "resourcegroupstaggingapi", "get-resources",
        "--resource-arn-list", *arns.values(),
    )["ResourceTagMappingList"]  # fmt: skip
    tags = {row["ResourceARN"]: {t["Key"]: t["Value"] for t in row["Tags"]} for row in listed}
    return {
        name: {k: v for k, v in tags.get(arn, {}).items() if not k.startswith("aws:")}
        for name, arn in arns.items()
    }


def show_tags(story, names, tags):
    """A line a resource."""
    for name in names:
        listed = ", ".join(f"{key}={value}" for key, value in sorted(tags[name].items()))
        story.show(f"{name:<12}{listed or '(none)'}")


def put_bucket_tags(cli, bucket, tags):
    """Tag a bucket, which replaces all tags that it has."""
    cli.run(
        MEMBER, "s3api", "put-bucket-tagging", "--bucket", bucket,
        "--tagging", f"TagSet=[{shorthand(tags)}]",
    )  # fmt: skip


def function_calls(emulator):
    """The operations that the function called, in order."""
    return [
        call["operation"]
        for call in emulator.calls()
        if call["account"] == MEMBER and ":assumed-role/" in call["principal"]
    ]


def words(tags):
    """Tags as words of the CLI."""
    return [f"Key={key},Value={value}" for key, value in tags.items()]


def shorthand(tags):
    """Tags within a list of the CLI's shorthand."""
    return ",".join(f"{{Key={key},Value={value}}}" for key, value in tags.items())
