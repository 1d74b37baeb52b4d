"""What EventBridge hears of a repository."""

from __future__ import annotations

import json
import time

from ministack.services import eventbridge

from .model import Repository


def tell(repository: Repository, branch: str, commit: str, before: str | None) -> None:
    """The event `CodeCommit Repository State Change`, which starts pipelines."""
    detail = {
        "event": "referenceUpdated" if before else "referenceCreated",
        "repositoryName": repository.name,
        "repositoryId": repository.id,
        "referenceType": "branch",
        "referenceName": branch,
        "referenceFullName": f"refs/heads/{branch}",
        "commitId": commit,
    }
    if before:
        detail["oldCommitId"] = before
    entry = {
        "Source": "aws.codecommit",
        "DetailType": "CodeCommit Repository State Change",
        "Resources": [repository.arn],
        "Detail": json.dumps(detail),
        "Time": time.time(),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
