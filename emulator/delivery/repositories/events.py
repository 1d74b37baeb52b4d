"""What EventBridge receives from a repository."""

from __future__ import annotations

from ...events import bus
from ...wire.place import here
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
    kind = "CodeCommit Repository State Change"
    bus.dispatch(here(), bus.event(here(), "aws.codecommit", kind, [repository.arn], detail))
