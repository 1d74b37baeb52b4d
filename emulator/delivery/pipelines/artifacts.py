"""Artifacts: zip archives in the artifact bucket, handed from action to action."""

from __future__ import annotations

import secrets
from typing import Any

from ..repositories.model import Files, from_zip
from .model import Declaration, Execution, Pipeline


class ArtifactError(Exception):
    """What an action says of an artifact that it cannot use."""


def put(
    s3: Any, pipeline: Pipeline, execution: Execution, name: str, content: bytes
) -> Declaration:
    """Put an artifact into the bucket, encrypted with the pipeline's key.

    CodePipeline looks at the bucket's versioning first; "Manage the CodePipeline service role"
    of its guide has s3:GetBucketVersioning among the least permissions.
    """
    store = execution.declaration["artifactStore"]
    s3.get_bucket_versioning(Bucket=store["location"])
    key = f"{pipeline.name[:20]}/{name[:10]}/{secrets.token_urlsafe(5)}"
    encryption = {}
    if (wanted := store.get("encryptionKey")) is not None:
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": wanted["id"]}
    s3.put_object(Bucket=store["location"], Key=key, Body=content, **encryption)
    artifact = {"name": name, "s3location": {"bucket": store["location"], "key": key}}
    execution.artifacts[name] = artifact
    return artifact


def read(s3: Any, artifact: Declaration) -> Files:
    """The files of an artifact."""
    place = artifact["s3location"]
    found = s3.get_object(Bucket=place["bucket"], Key=place["key"])
    return from_zip(found["Body"].read())


def text(files: dict[str, Files], path: str, what: str) -> str:
    """A file named as `Artifact::path`."""
    artifact, _, inner = path.partition("::")
    if artifact not in files:
        raise ArtifactError(f"{what}: {artifact} is no input artifact of this action")
    if inner not in files[artifact]:
        raise ArtifactError(f"File [{inner}] does not exist in artifact [{artifact}]")
    return files[artifact][inner].content.decode()
