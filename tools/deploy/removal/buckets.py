"""What has to be done before CloudFormation can delete a bucket."""

from collections.abc import Callable


def empty(s3, bucket: str, say: Callable[[str], None]) -> None:
    """Deletes every version of every object: CloudFormation deletes no bucket that holds one."""
    removed = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [
            {"Key": entry["Key"], "VersionId": entry["VersionId"]}
            for kind in ("Versions", "DeleteMarkers")
            for entry in page.get(kind, [])
        ]
        if found:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": found, "Quiet": True})
        removed += len(found)
    say(f"{bucket}: {removed} versions of objects deleted")
