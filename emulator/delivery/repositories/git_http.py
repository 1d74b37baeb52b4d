"""Git over HTTP, as people clone from and push to CodeCommit.

The smart protocol is git's own: `git upload-pack` and `git receive-pack` answer. Who asks is in
the user name (the access key, and a session's token behind a percent sign) and the password, a
signature of version 4 of the method `GIT`, the path and the host: so the AWS CLI's published
credential helper makes them (awscli/customizations/codecommit.py).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import calendar
import gzip
import hashlib
import hmac
import re
import time
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import ResolvedCredential
from ministack.core.responses import request_scope
from ministack.services import sts

from ...permissions import principals
from ...permissions.gate import GATE
from ...permissions.needs import Need
from ...permissions.principals import ROOT, Principal
from ...permissions.requests.encrypted_calls import REPOSITORY
from ...permissions.services import encryption
from ...wire.calls import Request
from ...wire.place import Place
from . import events as repository_events
from .api import RepositoryApi
from .git_store import GitStore, git
from .model import Repository

PATH = "/v1/repos/"
Response = tuple[int, dict[str, str], bytes]

_ACTIONS = {"git-upload-pack": "codecommit:GitPull", "git-receive-pack": "codecommit:GitPush"}
_WANTED = re.compile(r"/v1/repos/([\w.-]+)/(info/refs|git-upload-pack|git-receive-pack)")
# How long a password counts (CodeCommit's guide, troubleshooting the credential helper).
_COUNTS = 15 * 60


class Refused(Exception):
    """Who asks may not: HTTP's status and the message."""


class GitHttp:
    """Answers git's requests."""

    def __init__(self, repositories: RepositoryApi) -> None:
        self._repositories = repositories
        self._store = GitStore()

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self._store.forget()

    async def answer(self, request: Request) -> Response:
        """One request of the smart protocol."""
        wanted = _WANTED.fullmatch(request.path)
        service = request.query.removeprefix("service=")
        if wanted is not None and wanted[2] != "info/refs":
            service = wanted[2]
        if wanted is None or service not in _ACTIONS:
            return 404, {}, b"not a request of git's smart protocol\n"
        try:
            repository = self._admit(request, wanted[1], service)
        except Refused as refused:
            status, text = refused.args
            ask = {"WWW-Authenticate": 'Basic realm="AWS CodeCommit"'} if status == 401 else {}
            return status, ask, f"{text}\n".encode()
        folder = self._store.write(repository)
        command = service.removeprefix("git-")
        if wanted[2] == "info/refs":
            listed = git(folder, command, "--stateless-rpc", "--advertise-refs", ".")
            head = f"# service={service}\n"
            body = f"{len(head) + 4:04x}{head}0000".encode() + listed
            return 200, _type(f"{service}-advertisement"), body
        sent = request.body
        if request.headers.get("content-encoding") == "gzip":
            sent = gzip.decompress(sent)
        body = await asyncio.to_thread(git, folder, command, "--stateless-rpc", ".", stdin=sent)
        with request_scope(repository.account, repository.region):
            for branch, commit, before in self._store.read(repository):
                repository_events.tell(repository, branch, commit, before)
        return 200, _type(f"{service}-result"), body

    def _admit(self, request: Request, name: str, service: str) -> Repository:
        """The repository, when who asks is known and may do it."""
        user, password = _basic(request.headers.get("authorization", ""))
        key, _, token = user.partition("%")
        account = key if re.fullmatch(r"\d{12}", key) else ""
        principal = principals.of_access_key(key, account)
        host = request.headers.get("host", "").partition(":")[0]
        # The Region is in CodeCommit's host name; here the signature tells which one is meant.
        for repository in self._repositories.of_account(principal.account, name):
            if _is_signed(principal, key, token, password, (host, PATH + name), repository.region):
                break
        else:
            raise Refused(403, "the signature is not valid, or there is no such repository")
        place = Place(repository.account, repository.region)
        needs = [Need(_ACTIONS[service], repository.arn)]
        needs += encryption.needs(
            repository.key, "codecommit", REPOSITORY, principal.account, place
        )
        with request_scope(place.account, place.region):
            denial = GATE.check(principal, needs, service, place)
        if denial is not None:
            raise Refused(403, denial.message)
        return repository


def _basic(authorization: str) -> tuple[str, str]:
    kind, _, value = authorization.partition(" ")
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user = password = ""
    if kind.lower() != "basic" or not user:
        raise Refused(401, "credentials are needed")
    return user, password


def _is_signed(
    principal: Principal, key: str, token: str, password: str, what: tuple[str, str], region: str
) -> bool:
    """Whether the password is this key's signature; an account's root needs none."""
    session: dict[str, Any] = sts._sessions.get(key) or {}
    if principal.kind == ROOT and not session:
        return True
    found = iam_evaluator.resolve_credential(key, principal.account)
    if token != session.get("SessionToken", "") or not isinstance(found, ResolvedCredential):
        return False
    moment, _, signature = password.partition("Z")
    try:
        sent = calendar.timegm(time.strptime(moment, "%Y%m%dT%H%M%S"))
    except ValueError:
        return False
    expected = _signature(found.secret_access_key, moment, region, *what)
    return hmac.compare_digest(signature, expected) and abs(time.time() - sent) <= _COUNTS


def _signature(secret: str, moment: str, region: str, host: str, path: str) -> str:
    scope = (moment[:8], region, "codecommit", "aws4_request")
    request = f"GIT\n{path}\n\nhost:{host}\n\nhost\n"
    digest = hashlib.sha256(request.encode()).hexdigest()
    signed = ("AWS4-HMAC-SHA256", moment, "/".join(scope), digest)
    key = b"AWS4" + secret.encode()
    for part in (*scope, "\n".join(signed)):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def _type(name: str) -> dict[str, str]:
    return {"Content-Type": f"application/x-{name}", "Cache-Control": "no-cache"}
