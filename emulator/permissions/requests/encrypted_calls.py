"""Requests that make a service use a customer's key in the caller's name, and what that needs.

* S3, "Using server-side encryption with AWS KMS keys": kms:GenerateDataKey to put an object,
  kms:Decrypt to get it, both for a multipart upload; a HEAD reads the checksum only with
  `x-amz-checksum-mode`, and only then decrypts.
* SNS and SQS, "Key management": who publishes or sends needs kms:GenerateDataKey and
  kms:Decrypt, who receives kms:Decrypt.
* CodeCommit, "AWS KMS and encryption": the seven actions below for who reads or writes a
  repository. Which of them an operation really asks for is not documented, so each asks for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import unquote

from ...wire import objects
from ...wire.place import Place
from ..gate import GATE, Denial
from ..needs import Need
from ..principals import Principal
from ..services import encryption
from ..services.execution_role import key_of
from .http import Asked

REPOSITORY = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
_OF_REPOSITORIES = frozenset(
    {
        "codecommit:CreateCommit",
        "codecommit:GetCommit",
        "codecommit:GetFile",
        "codecommit:PutFile",
        "codecommit:UploadArchive",
    }
)

# The key of a repository: account, Region and name.
KeyOfRepository = Callable[[str, str, str], str]


class EncryptedCalls:
    """Asks for the keys behind a request."""

    def __init__(self, key_of_repository: KeyOfRepository) -> None:
        self._key_of_repository = key_of_repository

    def refused(self, asked: Asked, action: str, principal: Principal) -> Denial | None:
        """Why the service may not use its key for this caller."""
        service = action.partition(":")[0]
        place = Place(asked.account, asked.region)
        needs: list[Need] = []
        for key, actions in self._uses(asked, action):
            needs += encryption.needs(key, service, actions, principal.account, place)
        return GATE.check(principal, needs, f"call {action}", place)

    def _uses(self, asked: Asked, action: str) -> Iterator[tuple[str, tuple[str, ...]]]:
        if action in ("s3:PutObject", "s3:GetObject", "s3:GetObjectVersion"):
            yield from _of_objects(asked)
        elif action == "sns:Publish":
            yield key_of(asked.text("TopicArn")), encryption.READ_AND_WRITE
        elif action in ("sqs:SendMessage", "sqs:ReceiveMessage"):
            sends = action == "sqs:SendMessage"
            actions = encryption.READ_AND_WRITE if sends else encryption.READ
            yield key_of(_queue(asked)), actions
        elif action in _OF_REPOSITORIES:
            name = asked.text("repositoryName")
            yield self._key_of_repository(asked.account, asked.region, name), REPOSITORY


def _of_objects(asked: Asked) -> Iterator[tuple[str, tuple[str, ...]]]:
    bucket, _, key = unquote(asked.path).lstrip("/").partition("/")
    if asked.method in ("GET", "HEAD"):
        if asked.method == "GET" or "x-amz-checksum-mode" in asked.headers:
            yield key_of_object(bucket, key, asked.text("versionId")), encryption.READ
        return
    if source := asked.headers.get("x-amz-copy-source"):
        read_bucket, _, read_key = unquote(source).lstrip("/").partition("?")[0].partition("/")
        yield key_of_object(read_bucket, read_key), encryption.READ
    multipart = "uploads" in asked.params
    wanted = asked.headers.get(objects.KEY_HEADER)
    if wanted is None and "x-amz-server-side-encryption" not in asked.headers:
        wanted = _default_key(bucket)
    yield wanted or "", encryption.READ_AND_WRITE if multipart else encryption.WRITE


def key_of_object(bucket: str, key: str, version: str = "") -> str:
    """The customer's key of an object; empty without one."""
    found = objects.find("HeadObject", bucket, Key=key, VersionId=version) if key else None
    return str((found or {}).get("SSEKMSKeyId") or "")


def _default_key(bucket: str) -> str:
    found = objects.find("GetBucketEncryption", bucket) or {}
    rules = found.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
    keys = (rule.get("ApplyServerSideEncryptionByDefault", {}) for rule in rules)
    return next((key["KMSMasterKeyID"] for key in keys if key.get("KMSMasterKeyID")), "")


def _queue(asked: Asked) -> str:
    """The ARN of the queue whose address a request names."""
    account, _, name = asked.text("QueueUrl").rpartition("/")
    return f"arn:aws:sqs:{asked.region}:{account.rpartition('/')[2]}:{name}"
