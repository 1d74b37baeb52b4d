"""CodeCommit: commits by API, and what pipelines and stacks need of it."""

from __future__ import annotations

import io
import json
import zipfile
from unittest.mock import ANY

import pytest

from ..stacks import create, outputs
from ..world import HOME, REGION, World, error_of
from .delivery_world import commit, prepare


def test_commits_put_and_delete_files(world: World) -> None:
    prepare(world, {"a": "1", "b": "2"})
    client = world.client("codecommit", HOME)
    first = client.get_branch(repositoryName="source", branchName="main")["branch"]["commitId"]
    made = client.create_commit(
        repositoryName="source",
        branchName="main",
        parentCommitId=first,
        putFiles=[{"filePath": "a", "fileContent": b"3"}, {"filePath": "c", "fileContent": b"4"}],
        deleteFiles=[{"filePath": "b"}],
        authorName="somebody",
        email="somebody@rehearsal.example",
    )
    changed = {
        kind: [entry["absolutePath"] for entry in made[kind]]
        for kind in ("filesAdded", "filesUpdated", "filesDeleted")
    }
    assert changed == {"filesAdded": ["c"], "filesUpdated": ["a"], "filesDeleted": ["b"]}
    found = client.get_file(repositoryName="source", filePath="a", commitSpecifier="main")
    assert found["fileContent"] == b"3"
    # git's own id of this content.
    assert found["blobId"] == "e440e5c842586965a7fb77deda2eca68612b1f53"
    shown = client.get_commit(repositoryName="source", commitId=made["commitId"])["commit"]
    assert shown["parents"] == [first]
    assert shown["author"]["name"] == "somebody"


def test_commits_that_cannot_be(world: World) -> None:
    prepare(world, {"a": "1"})
    client = world.client("codecommit", HOME)
    tip = client.get_branch(repositoryName="source", branchName="main")["branch"]["commitId"]
    put = {"putFiles": [{"filePath": "a", "fileContent": b"1"}]}
    wanted = {"repositoryName": "source", "branchName": "main", "parentCommitId": tip}
    assert error_of(client.create_commit, **wanted, **put)[0] == "NoChangeException"
    old = {**wanted, "parentCommitId": "0" * 40}
    assert error_of(client.create_commit, **old, **put)[0] == "ParentCommitIdOutdatedException"
    none = {"repositoryName": "source", "branchName": "main"}
    assert error_of(client.create_commit, **none, **put)[0] == "ParentCommitIdRequiredException"
    missing = error_of(client.get_repository, repositoryName="nothing")[0]
    assert missing == "RepositoryDoesNotExistException"
    taken = error_of(client.create_repository, repositoryName="source")[0]
    assert taken == "RepositoryNameExistsException"
    empty = {**wanted, "filePath": "b", "fileContent": b""}
    assert error_of(client.put_file, **empty)[0] == "FileContentRequiredException"


def test_a_repository_of_another_name_keeps_its_commits(world: World) -> None:
    prepare(world, {"a": "1"})
    client = world.client("codecommit", HOME)
    tip = client.get_branch(repositoryName="source", branchName="main")
    before = client.get_repository(repositoryName="source")["repositoryMetadata"]
    client.create_repository(repositoryName="taken")
    taken = error_of(client.update_repository_name, oldName="source", newName="taken")[0]
    assert taken == "RepositoryNameExistsException"
    client.update_repository_name(oldName="source", newName="kept")
    assert client.get_branch(repositoryName="kept", branchName="main") == {
        **tip,
        "ResponseMetadata": ANY,
    }
    after = client.get_repository(repositoryName="kept")["repositoryMetadata"]
    assert after["repositoryId"] == before["repositoryId"]
    assert after["Arn"] == before["Arn"].replace("source", "kept")
    missing = error_of(client.update_repository_name, oldName="source", newName="again")[0]
    assert missing == "RepositoryDoesNotExistException"


def test_a_commit_is_an_event(world: World) -> None:
    prepare(world, {"a": "1"})
    sqs = world.client("sqs", HOME)
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{HOME}:heard"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    events = world.client("events", HOME)
    pattern = {"source": ["aws.codecommit"], "detail": {"referenceName": ["main"]}}
    events.put_rule(Name="rule", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="rule", Targets=[{"Id": "queue", "Arn": arn}])
    made = commit(world, {"a": "2"})
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail-type"] == "CodeCommit Repository State Change"
    assert event["resources"] == [f"arn:aws:codecommit:{REGION}:{HOME}:source"]
    assert event["detail"]["event"] == "referenceUpdated"
    assert event["detail"]["commitId"] == made


def seeded(world: World, kept: str, **files: str) -> str:
    """A stack's template with a repository `made` from an archive of these files."""
    s3 = world.client("s3", HOME)
    s3.create_bucket(Bucket="seeds", CreateBucketConfiguration={"LocationConstraint": REGION})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            script = zipfile.ZipInfo(name)
            script.external_attr = 0o100755 << 16
            archive.writestr(script, content)
    s3.put_object(Bucket="seeds", Key="seed.zip", Body=buffer.getvalue())
    repository = {
        "Type": "AWS::CodeCommit::Repository",
        "DeletionPolicy": kept,
        "Properties": {
            "RepositoryName": "made",
            "Code": {"BranchName": "main", "S3": {"Bucket": "seeds", "Key": "seed.zip"}},
        },
    }
    document = {
        "Resources": {"Repository": repository},
        "Outputs": {
            name: {"Value": {"Fn::GetAtt": ["Repository", name]}}
            for name in ("Arn", "Name", "CloneUrlHttp")
        },
    }
    return json.dumps(document)


def test_a_stack_makes_a_repository_from_an_archive(world: World) -> None:
    stack = create(world, seeded(world, "Delete", run="echo hello"))
    assert stack["StackStatus"] == "CREATE_COMPLETE", world.stack_reasons("stack")
    assert outputs(stack)["Arn"] == f"arn:aws:codecommit:{REGION}:{HOME}:made"
    client = world.client("codecommit", HOME)
    found = client.get_file(repositoryName="made", filePath="run")
    assert (found["fileContent"], found["fileMode"]) == (b"echo hello", "EXECUTABLE")
    assert client.get_repository(repositoryName="made")["repositoryMetadata"]["defaultBranch"] == (
        "main"
    )


@pytest.mark.parametrize(("kept", "left"), [("Retain", True), ("RetainExceptOnCreate", False)])
def test_an_archive_with_an_empty_file_makes_no_repository(
    world: World, kept: str, left: bool
) -> None:
    stack = create(world, seeded(world, kept, full="x", nothing=""))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [reason for _, _, reason in world.stack_reasons("stack")]
    assert any("`nothing` is empty" in reason for reason in reasons), reasons
    repositories = world.client("codecommit", HOME).list_repositories()["repositories"]
    assert bool(repositories) == left
