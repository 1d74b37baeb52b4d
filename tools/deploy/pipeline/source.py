"""The repository in the home account: what it is made from, and how a person pushes to it."""

import subprocess

from botocore.exceptions import ClientError

from .. import cloudformation
from ..problem import Problem
from ..stacks import BY_NAME, ROOT

ARCHIVE_KEY = "source/aws-backup-solution.zip"
STACK = "aws-backup-codecommit"
REPOSITORY = "backup-recovery-with-aws-backup"
REMOTE = "home"


def is_to_be_made(client) -> bool:
    """Whether the next deployment makes the repository, from the last commit's files."""
    return _parameter("SourceProvider") == "CodeCommit" and not cloudformation.is_there(
        client, STACK
    )


def require_committed() -> None:
    """The repository is seeded from the last commit: what is not committed would be left behind."""
    changed = _git("status", "--porcelain", "--untracked-files=no")
    if changed:
        files = ", ".join(line[3:] for line in changed.splitlines()[:5])
        raise Problem(
            "the working tree",
            f"not committed: {files}",
            "commit your target values and changes, then run this again",
        )


def require_seed(session) -> None:
    """Nothing is in the way of the repository, and CodeCommit takes every file of the commit."""
    if repository_exists(session):
        raise Problem(
            f"repository `{REPOSITORY}`",
            "it is there already, and its stack is not",
            "keep a clone of it and delete it, then run this again",
        )
    # Mode, type, id and size, then the path behind a tab.
    entries = [line.split("\t", 1) for line in _git("ls-tree", "-rlz", "HEAD").split("\0") if line]
    empty = [path for fields, path in entries if fields.split()[3] == "0"]
    if empty:
        raise Problem(
            f"the last commit: {', '.join(f'`{path}`' for path in empty[:5])}",
            "empty, and a repository that is made from an archive takes no empty file",
            "write a line into each or remove it, commit, and run this again",
        )


def repository_exists(session) -> bool:
    """Whether an earlier deployment left the repository: it is encrypted with that one's key."""
    try:
        session.client("codecommit").get_repository(repositoryName=REPOSITORY)
    except ClientError:
        return False
    return True


def rename_repository(session, say) -> None:
    """Gives the original's repository another name: the solution's own wants the one it has."""
    kept = f"{REPOSITORY}-original"
    if repository_exists(session):
        session.client("codecommit").update_repository_name(oldName=REPOSITORY, newName=kept)
        say(f"repository {REPOSITORY}: renamed to {kept}")


def upload(session, client, apply: bool, say) -> None:
    """The last commit as an archive, from which the repository is made."""
    if not apply:
        say(f"source archive: would be made from the commit {_git('rev-parse', '--short', 'HEAD')}")
        return
    bucket = cloudformation.output(client, "aws-backup-s3-bucket", "BucketName")
    archive = subprocess.run(
        ["git", "archive", "--format=zip", "HEAD"], cwd=ROOT, check=True, capture_output=True
    ).stdout
    session.client("s3").put_object(Bucket=bucket, Key=ARCHIVE_KEY, Body=archive)
    say(f"source archive: {len(archive)} bytes to s3://{bucket}/{ARCHIVE_KEY}")


def say_connection(session, client, say) -> None:
    """The click that completes a new connection."""
    arn = cloudformation.output(client, STACK, "ConnectionArn")
    if arn is None:
        return
    found = session.client("codeconnections").get_connection(ConnectionArn=arn)["Connection"][
        "ConnectionStatus"
    ]
    if found == "PENDING":
        say(
            "the connection is PENDING; complete it once in the console, or the pipeline has "
            "no source:"
        )
        say(
            f"  https://{session.region_name}.console.aws.amazon.com/codesuite/settings/connections"
        )
        say("  choose backup-recovery-with-aws-backup, then `Update pending connection`")


def say_push(session, say) -> None:
    """How every later commit reaches the repository; nothing for a repository elsewhere.

    The repository's first commit was made from the archive, so it is in no history of ours, and
    a plain push is refused. That commit, and only that, may be replaced by the history from which
    its files came: the lease names it.
    """
    if _parameter("SourceProvider") != "CodeCommit":
        return
    client, branch = session.client("codecommit"), _parameter("BranchName")
    url = client.get_repository(repositoryName=REPOSITORY)["repositoryMetadata"]["cloneUrlHttp"]
    tip = client.get_branch(repositoryName=REPOSITORY, branchName=branch)["branch"]["commitId"]
    parents = client.get_commit(repositoryName=REPOSITORY, commitId=tip)["commit"]["parents"]
    host = url.partition("/v1/")[0]
    profile = "" if session.profile_name == "default" else f" --profile {session.profile_name}"
    helper = f"git config --add credential.{host}.helper"
    say("the next change is a commit and a push; once, in this folder, with git and the AWS CLI:")
    say(f"  git remote add {REMOTE} {url}")
    say(f"  git config credential.{host}.useHttpPath true")
    # The empty one first: git asks no helper that would keep a password which is short-lived.
    say(f"  {helper} ''")
    say(f"  {helper} '!aws codecommit credential-helper{profile} $@'")
    if not parents:
        say("the first push, which puts your history in the place of the archive's only commit:")
        say(f"  git push --force-with-lease={branch}:{tip} {REMOTE} HEAD:{branch}")
    say("every later push:")
    say(f"  git push {REMOTE} HEAD:{branch}")


def _parameter(name: str) -> str:
    stack = BY_NAME[STACK]
    declared = cloudformation.load_template(stack.template_path.read_text())["Parameters"]
    return stack.parameters().get(name, declared[name]["Default"])


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.rstrip()
