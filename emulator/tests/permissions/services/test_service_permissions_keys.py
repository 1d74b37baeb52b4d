"""Customers' keys behind services, vaults' policies, and tags by the tagging API."""

from __future__ import annotations

from typing import Any

import pytest

from ....permissions.requests.encrypted_calls import REPOSITORY
from ...entitled import Entitled, allow, document
from ...world import REGION, World, error_of

BUCKET = "documents"
THING = f"arn:aws:s3:::{BUCKET}/thing"


@pytest.fixture
def account(world: World) -> Entitled:
    return Entitled(world)


def via(service: str) -> dict[str, Any]:
    """The condition that a key is used through a service only."""
    return {"Condition": {"StringEquals": {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}}}


def bucket(account: Entitled) -> None:
    account.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )


def test_an_encrypted_object_is_put_and_got_with_its_key(account: Entitled) -> None:
    bucket(account)
    key = account.key()
    user = account.user("writer", allow("s3:PutObject", "s3:GetObject", on=THING))
    s3 = user.client("s3")
    put = {
        "Bucket": BUCKET,
        "Key": "thing",
        "Body": b"secret",
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": key,
    }
    account.refused()
    assert error_of(s3.put_object, **put)[0] == "AccessDenied"
    assert account.refused() == [("writer", "kms:GenerateDataKey", key)]
    assert "Contents" not in account.client("s3").list_objects_v2(Bucket=BUCKET)
    objects = allow("s3:PutObject", "s3:GetObject", on=THING)
    user.grant(objects, allow("kms:GenerateDataKey", on=key, **via("s3")))
    s3.put_object(**put)
    assert error_of(s3.get_object, Bucket=BUCKET, Key="thing")[0] == "AccessDenied"
    assert account.refused() == [("writer", "kms:Decrypt", key)]
    user.grant(objects, allow("kms:Decrypt", on=key, **via("s3")))
    assert s3.get_object(Bucket=BUCKET, Key="thing")["Body"].read() == b"secret"
    assert account.refused() == []
    # A direct call is not through S3.
    assert error_of(user.client("kms").decrypt, CiphertextBlob=b"x" * 64, KeyId=key)[0].startswith(
        "AccessDenied"
    )


def test_that_an_object_is_not_there_is_told_to_who_may_list_the_bucket(
    account: Entitled,
) -> None:
    bucket(account)
    user = account.user("reader", allow("s3:GetObject", on=THING))
    s3 = user.client("s3")
    account.refused()
    assert error_of(s3.head_object, Bucket=BUCKET, Key="thing")[0] == "403"
    assert account.refused() == [("reader", "s3:ListBucket", f"arn:aws:s3:::{BUCKET}")]
    user.grant(allow("s3:GetObject", on=THING), allow("s3:ListBucket", on=f"arn:aws:s3:::{BUCKET}"))
    assert error_of(s3.head_object, Bucket=BUCKET, Key="thing")[0] == "404"
    account.client("s3").put_object(Bucket=BUCKET, Key="thing", Body=b"x")
    user.grant(allow("s3:GetObject", on=THING))
    assert s3.head_object(Bucket=BUCKET, Key="thing")["ContentLength"] == 1


def test_the_keys_own_policy_counts_and_so_does_a_buckets_default(account: Entitled) -> None:
    bucket(account)
    administration = {"AWS": f"arn:aws:iam::{account.account}:root"}
    nobody = allow("kms:PutKeyPolicy", "kms:DescribeKey", Principal=administration)
    key = account.key(nobody)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    account.client("s3").put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default}]
        },
    )
    user = account.user("writer", allow("s3:PutObject", on=THING), allow("kms:*"))
    account.refused()
    arguments = {"Bucket": BUCKET, "Key": "thing", "Body": b""}
    error_of(user.client("s3").put_object, **arguments)
    assert account.refused() == [("writer", "kms:GenerateDataKey", key)]
    everybody = allow("kms:GenerateDataKey", Principal=administration)
    account.client("kms").put_key_policy(
        KeyId=key, PolicyName="default", Policy=document(nobody, everybody)
    )
    user.client("s3").put_object(**arguments)
    assert account.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 1


def test_who_publishes_to_an_encrypted_topic_needs_its_key(account: Entitled) -> None:
    key = account.key()
    attributes = {"KmsMasterKeyId": key}
    topic = account.client("sns").create_topic(Name="news", Attributes=attributes)["TopicArn"]
    user = account.user("teller", allow("sns:Publish", on=topic))
    account.refused()
    error_of(user.client("sns").publish, TopicArn=topic, Message="x")
    assert account.refused() == [("teller", "kms:GenerateDataKey", key)]
    user.grant(
        allow("sns:Publish", on=topic),
        allow("kms:GenerateDataKey", "kms:Decrypt", on=key, **via("sns")),
    )
    assert user.client("sns").publish(TopicArn=topic, Message="x")["MessageId"]


def test_who_sends_to_an_encrypted_queue_or_reads_it_needs_its_key(account: Entitled) -> None:
    key = account.key()
    url = account.client("sqs").create_queue(QueueName="work", Attributes={"KmsMasterKeyId": key})[
        "QueueUrl"
    ]
    messages = allow("sqs:SendMessage", "sqs:ReceiveMessage", on=account.arn("sqs", "work"))
    user = account.user("sender", messages)
    sqs = user.client("sqs")
    account.refused()
    error_of(sqs.send_message, QueueUrl=url, MessageBody="x")
    assert account.refused() == [("sender", "kms:GenerateDataKey", key)]
    user.grant(messages, allow("kms:GenerateDataKey", "kms:Decrypt", on=key))
    sqs.send_message(QueueUrl=url, MessageBody="x")
    user.grant(messages, allow("kms:GenerateDataKey", on=key))
    error_of(sqs.receive_message, QueueUrl=url)
    assert account.refused() == [("sender", "kms:Decrypt", key)]
    user.grant(messages, allow("kms:Decrypt", on=key))
    assert [m["Body"] for m in sqs.receive_message(QueueUrl=url)["Messages"]] == ["x"]


@pytest.mark.parametrize("missing", REPOSITORY)
def test_who_commits_to_an_encrypted_repository_needs_its_key(
    account: Entitled, missing: str
) -> None:
    key = account.key()
    account.client("codecommit").create_repository(repositoryName="source", kmsKeyId=key)
    commits = allow("codecommit:CreateCommit", on=account.arn("codecommit", "source"))
    others = [action for action in REPOSITORY if action != missing]
    user = account.user("developer", commits, allow(*others, on=key))
    account.refused()
    commit = {
        "repositoryName": "source",
        "branchName": "main",
        "putFiles": [{"filePath": "a", "fileContent": b"a"}],
    }
    error_of(user.client("codecommit").create_commit, **commit)
    assert account.refused() == [("developer", missing, key)]
    branches = account.client("codecommit").list_branches
    assert branches(repositoryName="source")["branches"] == []
    user.grant(commits, allow(*REPOSITORY, on=key))
    user.client("codecommit").create_commit(**commit)
    assert branches(repositoryName="source")["branches"] == ["main"]


def test_keys_of_aws_itself_ask_for_nothing(account: Entitled) -> None:
    attributes = {"KmsMasterKeyId": "alias/aws/sns"}
    topic = account.client("sns").create_topic(Name="news", Attributes=attributes)["TopicArn"]
    user = account.user("teller", allow("sns:Publish", on=topic))
    assert user.client("sns").publish(TopicArn=topic, Message="x")["MessageId"]


def test_a_vaults_policy_binds_administrators_too(account: Entitled) -> None:
    backup = account.client("backup")
    backup.create_backup_vault(BackupVaultName="vault")
    vault = account.arn("backup", "backup-vault:vault")
    unless = {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{account.account}:user/breaker"}}
    deny = allow("backup:PutBackupVaultAccessPolicy", "backup:DeleteBackupVault", Principal="*")
    policy = document({**deny, "Effect": "Deny", "Condition": unless})
    backup.put_backup_vault_access_policy(BackupVaultName="vault", Policy=policy)
    found = backup.get_backup_vault_access_policy(BackupVaultName="vault")
    assert (found["BackupVaultArn"], found["Policy"]) == (vault, policy)
    administrator = account.user("administrator", allow("*"))
    account.refused()
    error_of(administrator.client("backup").delete_backup_vault, BackupVaultName="vault")
    assert account.refused() == [("administrator", "backup:DeleteBackupVault", vault)]
    breaker = account.user("breaker", allow("*"))
    breaker.client("backup").delete_backup_vault(BackupVaultName="vault")
    assert backup.list_backup_vaults()["BackupVaultList"] == []


def test_the_tagging_api_asks_for_the_services_own_permission(account: Entitled) -> None:
    bucket(account)
    arn = f"arn:aws:s3:::{BUCKET}"
    user = account.user("tagger", allow("tag:TagResources", "tag:UntagResources"))
    tagging = user.client("resourcegroupstaggingapi")
    account.refused()
    failed = tagging.tag_resources(ResourceARNList=[arn], Tags={"a": "b"})["FailedResourcesMap"]
    assert failed[arn]["ErrorCode"] == "AccessDeniedException"
    assert account.refused() == [("tagger", "s3:PutBucketTagging", arn)]
    user.grant(allow("tag:TagResources"), allow("s3:PutBucketTagging", on=arn))
    done = tagging.tag_resources(ResourceARNList=[arn], Tags={"a": "b"})
    assert done["FailedResourcesMap"] == {}
    tags = account.client("s3").get_bucket_tagging(Bucket=BUCKET)["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}]
    unknown = account.arn("sqs", "queue/work")
    failed = tagging.tag_resources(ResourceARNList=[unknown], Tags={"a": "b"})
    assert unknown in failed["FailedResourcesMap"]
    (denial,) = account.world.control("GET", "denials")
    assert denial["reason"].startswith("unmapped")
