"""AWS CodeCommit's API, as far as a pipeline and who commits need it."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Any

from ministack.core.responses import get_account_id, get_region

from ...wire.errors import ApiError
from ..json_api import Operations, Payload, page
from . import events as repository_events
from .model import NORMAL, Commit, File, Files, Repository


class RepositoryApi:
    """Repositories by account and Region."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._all: dict[tuple[str, str, str], Repository] = {}
        self._uploads: set[str] = set()

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self._all.clear()
        self._uploads.clear()

    def operations(self) -> Operations:
        """By name."""
        return {
            "CreateRepository": self.create,
            "GetRepository": lambda payload: {"repositoryMetadata": self._metadata(payload)},
            "UpdateRepositoryName": self.rename,
            "DeleteRepository": self.delete,
            "ListRepositories": self.list,
            "GetBranch": self.get_branch,
            "ListBranches": self.list_branches,
            "CreateBranch": self.create_branch,
            "CreateCommit": self.create_commit,
            "PutFile": self.put_file,
            "GetFile": self.get_file,
            "GetCommit": self.get_commit,
            "UploadArchive": self.upload_archive,
            "GetUploadArchiveStatus": self.upload_status,
            "CancelUploadArchive": lambda payload: {},
        }

    def find(self, account: str, region: str, name: str) -> Repository | None:
        """A repository, for the services beside this one."""
        return self._all.get((account, region, name))

    def of_account(self, account: str, name: str) -> list[Repository]:
        """The repositories of this name in an account's Regions."""
        return [r for r in self._all.values() if (r.account, r.name) == (account, name)]

    def key_of(self, account: str, region: str, name: str) -> str:
        """The key of a repository; empty without one."""
        found = self.find(account, region, name)
        return found.key if found is not None else ""

    def create(self, payload: Payload) -> Payload:
        """CreateRepository: empty."""
        name = str(payload.get("repositoryName") or "")
        if not name:
            raise ApiError("RepositoryNameRequiredException", "a repository needs a name")
        key = (get_account_id(), get_region(), name)
        if key in self._all:
            raise ApiError(
                "RepositoryNameExistsException", f"Repository named {name} already exists"
            )
        self._all[key] = Repository(
            name,
            get_account_id(),
            get_region(),
            str(payload.get("repositoryDescription") or ""),
            str(payload.get("kmsKeyId") or ""),
        )
        return {"repositoryMetadata": self._metadata(payload)}

    def rename(self, payload: Payload) -> Payload:
        """UpdateRepositoryName: id, branches and commits stay, the ARN is another."""
        old, new = str(payload.get("oldName")), str(payload.get("newName"))
        repository = self._get({"repositoryName": old})
        if (repository.account, repository.region, new) in self._all:
            raise ApiError(
                "RepositoryNameExistsException", f"Repository named {new} already exists"
            )
        del self._all[repository.account, repository.region, old]
        repository.name = new
        self._all[repository.account, repository.region, new] = repository
        return {}

    def delete(self, payload: Payload) -> Payload:
        """DeleteRepository: one that is not there is no error."""
        name = str(payload.get("repositoryName"))
        found = self._all.pop((get_account_id(), get_region(), name), None)
        return {"repositoryId": found.id} if found else {}

    def list(self, payload: Payload) -> Payload:
        """ListRepositories."""
        here = (get_account_id(), get_region())
        found = [
            {"repositoryName": repository.name, "repositoryId": repository.id}
            for (account, region, _), repository in sorted(self._all.items())
            if (account, region) == here
        ]
        return page(payload, "repositories", found, "maxResults")

    def get_branch(self, payload: Payload) -> Payload:
        """GetBranch."""
        repository = self._get(payload)
        name = _branch(payload)
        if name not in repository.branches:
            raise ApiError("BranchDoesNotExistException", f"Branch {name} does not exist")
        return {"branch": {"branchName": name, "commitId": repository.branches[name]}}

    def list_branches(self, payload: Payload) -> Payload:
        """ListBranches."""
        return page(payload, "branches", sorted(self._get(payload).branches), "maxResults")

    def create_branch(self, payload: Payload) -> Payload:
        """CreateBranch: at a commit."""
        repository = self._get(payload)
        name = _branch(payload)
        if name in repository.branches:
            raise ApiError("BranchNameExistsException", f"Branch {name} already exists")
        commit = self._commit(repository, str(payload.get("commitId")))
        repository.branches[name] = commit.id
        repository_events.tell(repository, name, commit.id, None)
        return {}

    def create_commit(self, payload: Payload) -> Payload:
        """CreateCommit: files put and deleted on top of a branch's tip."""
        repository = self._get(payload)
        branch = _branch(payload)
        before = _tip(repository, branch, payload.get("parentCommitId"))
        old: Files = repository.commits[before].files if before else {}
        files = dict(old)
        for entry in payload.get("deleteFiles") or []:
            if files.pop(entry["filePath"], None) is None:
                raise ApiError("FileDoesNotExistException", f"no file {entry['filePath']}")
        put = payload.get("putFiles") or []
        for entry in put:
            mode = entry.get("fileMode") or getattr(files.get(entry["filePath"]), "mode", NORMAL)
            files[entry["filePath"]] = File(_decoded(entry.get("fileContent", "")), mode)
        if files == old:
            raise ApiError("NoChangeException", "The commit would change nothing")
        commit = self.commit(repository, branch, files, payload)
        return {
            "commitId": commit.id,
            "treeId": commit.tree,
            "filesAdded": _changes(files, old, lambda path: path not in old),
            "filesUpdated": _changes(
                files, old, lambda path: path in old and old[path] != files[path]
            ),
            "filesDeleted": _changes(old, files, lambda path: path not in files),
        }

    def put_file(self, payload: Payload) -> Payload:
        """PutFile: a commit with one file, not an empty one (the API's model, PutFile's errors)."""
        if not payload.get("fileContent"):
            raise ApiError(
                "FileContentRequiredException",
                "The file cannot be added because it is empty. "
                "Empty files cannot be added to the repository with this API.",
            )
        entry = {
            "filePath": payload["filePath"],
            "fileContent": payload["fileContent"],
            "fileMode": payload.get("fileMode"),
        }
        wanted = {**payload, "putFiles": [entry], "authorName": payload.get("name")}
        made = self.create_commit(wanted)
        commit = self._get(payload).commits[made["commitId"]]
        return {
            "commitId": commit.id,
            "treeId": commit.tree,
            "blobId": commit.files[payload["filePath"]].blob,
        }

    def get_file(self, payload: Payload) -> Payload:
        """GetFile."""
        repository = self._get(payload)
        commit = self._commit(repository, payload.get("commitSpecifier"))
        path = str(payload.get("filePath"))
        if path not in commit.files:
            raise ApiError("FileDoesNotExistException", f"no file {path} in {commit.id}")
        file = commit.files[path]
        return {
            "commitId": commit.id,
            "blobId": file.blob,
            "filePath": path,
            "fileMode": file.mode,
            "fileSize": len(file.content),
            "fileContent": base64.b64encode(file.content).decode(),
        }

    def get_commit(self, payload: Payload) -> Payload:
        """GetCommit."""
        commit = self._commit(self._get(payload), str(payload.get("commitId")))
        stamp = {**commit.author, "date": f"{commit.time} +0000"}
        return {
            "commit": {
                "commitId": commit.id,
                "treeId": commit.tree,
                "parents": list(commit.parents),
                "message": commit.message,
                "author": stamp,
                "committer": stamp,
                "additionalData": "",
            }
        }

    def upload_archive(self, payload: Payload) -> Payload:
        """UploadArchive: what CodePipeline calls before it takes a source; in no public model."""
        self._commit(self._get(payload), str(payload.get("commitId")))
        upload = str(uuid.uuid4())
        self._uploads.add(upload)
        return {"uploadId": upload}

    def upload_status(self, payload: Payload) -> Payload:
        """GetUploadArchiveStatus."""
        if payload.get("uploadId") not in self._uploads:
            raise ApiError("UploadDoesNotExistException", "no such upload")
        return {"status": "SUCCEEDED"}

    def commit(self, repository: Repository, branch: str, files: Files, payload: Payload) -> Commit:
        """Make a commit and tell EventBridge."""
        before = repository.branches.get(branch)
        author = {
            "name": str(payload.get("authorName") or "emulator"),
            "email": str(payload.get("email") or ""),
        }
        message = str(payload.get("commitMessage") or "")
        commit = repository.commit(branch, files, message, author)
        repository_events.tell(repository, branch, commit.id, before)
        return commit

    def _get(self, payload: Payload) -> Repository:
        name = str(payload.get("repositoryName"))
        found = self.find(get_account_id(), get_region(), name)
        if found is None:
            raise ApiError("RepositoryDoesNotExistException", f"{name} does not exist")
        return found

    def _commit(self, repository: Repository, specifier: Any) -> Commit:
        commit = repository.resolve(specifier)
        if commit is None:
            raise ApiError("CommitDoesNotExistException", f"Commit {specifier} does not exist")
        return commit

    def _metadata(self, payload: Payload) -> Payload:
        repository = self._get(payload)
        address = f"git-codecommit.{repository.region}.amazonaws.com/v1/repos/{repository.name}"
        shown = {
            "accountId": repository.account,
            "repositoryId": repository.id,
            "repositoryName": repository.name,
            "repositoryDescription": repository.description,
            "lastModifiedDate": repository.created,
            "creationDate": repository.created,
            "cloneUrlHttp": f"https://{address}",
            "cloneUrlSsh": f"ssh://{address}",
            "Arn": repository.arn,
            "kmsKeyId": repository.key,
        }
        if repository.branches:
            shown["defaultBranch"] = next(iter(repository.branches))
        return shown


def _tip(repository: Repository, branch: str, parent: Any) -> str | None:
    """The branch's commit, when the request names it as its parent."""
    before = repository.branches.get(branch)
    if before is None and repository.branches:
        raise ApiError("BranchDoesNotExistException", f"Branch {branch} does not exist")
    if before is not None and parent is None:
        raise ApiError(
            "ParentCommitIdRequiredException", "A parent commit id is required: the branch has one"
        )
    if parent != before:
        raise ApiError(
            "ParentCommitIdOutdatedException",
            f"The parent commit is outdated: the branch {branch} is at {before}",
        )
    return before


def _branch(payload: Payload) -> str:
    name = str(payload.get("branchName") or "")
    if not name:
        raise ApiError("BranchNameRequiredException", "a branch name is required")
    return name


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        raise ApiError("SerializationException", "fileContent is not base64") from error


def _changes(files: Files, others: Files, chosen: Any) -> list[Payload]:
    return [
        {"absolutePath": path, "blobId": file.blob, "fileMode": file.mode}
        for path, file in sorted(files.items())
        if chosen(path)
    ]
