"""The condition keys of a request: their values, and which keys exist at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from .needs import Unmapped, Value

# Keys that no request has here, because what they speak of is not emulated: no VPC endpoints, no
# MFA, no tags on sessions, no call that a service makes in its caller's name (forward access
# sessions), but for `aws:CalledVia` and its like where a `Need` brings them.
_ABSENT = frozenset(
    {
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:referer",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceidentity",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:tagkeys",
        "aws:username",
        "aws:useragent",
        "aws:viaawsservice",
        "aws:vpcsourceip",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:resourceorgid",
        "aws:resourceorgpaths",
        "aws:resourceaccount",
    }
)

# Keys of services. Whoever asks brings the value when there is one: for requests `requests.http`,
# for everything else the code that acts for the service.
OF_SERVICES = frozenset(
    {
        "backup:copytargetorgpaths",
        "backup:copytargets",
        "cloudformation:rolearn",
        "cloudformation:stackpolicyurl",
        "cloudformation:targetregion",
        "cloudformation:templateurl",
        "iam:awsservicename",
        "iam:passedtoservice",
        "iam:associatedresourcearn",
        "iam:permissionsboundary",
        "iam:policyarn",
        "kms:calleraccount",
        "kms:grantisforawsresource",
        "kms:viaservice",
        "lambda:functionarn",
        "organizations:policytype",
        "organizations:serviceprincipal",
        "s3:prefix",
        "s3:delimiter",
        "s3:max-keys",
        "s3:x-amz-acl",
        "s3:x-amz-server-side-encryption",
        "sts:externalid",
        "sts:rolesessionname",
    }
)
_PREFIXES = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")


class Keys:
    """The condition keys of one check, in lower case."""

    def __init__(
        self,
        values: Mapping[str, Value | None],
        resource_tags: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """``resource_tags`` is only asked when a condition is about them."""
        self._values = values
        self._resource_tags = resource_tags

    def value(self, name: str) -> Value | None:
        """The value of a key, None when the request has none; `Unmapped` for an unknown key."""
        key = name.lower()
        if key in self._values:
            return self._values[key]
        if key.startswith("aws:resourcetag/"):
            tag = key.partition("/")[2]
            found = [v for k, v in self._resource_tags().items() if k.lower() == tag]
            return found[0] if found else None
        if key in _ABSENT or key in OF_SERVICES or key.startswith(_PREFIXES):
            return None
        raise Unmapped(f"condition key `{name}`")


def of_any_request() -> dict[str, Value | None]:
    """What every request has: services call AWS over TLS, and the emulator's plain http counts."""
    now = time.time()
    return {
        "aws:currenttime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "aws:epochtime": str(int(now)),
        "aws:securetransport": "true",
        "aws:sourceip": "127.0.0.1",
        "aws:principalisawsservice": "false",
    }
