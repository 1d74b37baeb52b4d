"""Regions: which an account must enable before it can use them, and what AWS refuses elsewhere.

Account Management reference guide, "Enable or disable AWS Regions in your account": Regions from
after March 2019 are disabled until an account enables them; the older ones cannot be disabled.
"""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import botocore.session
from ministack.core.responses import get_account_id

from ..wire import error_formats as wire_errors
from ..wire.calls import Call, Request
from ..wire.native import Handler

# IAM User Guide, "AWS STS Regions and endpoints": those that are active by default.
BY_DEFAULT = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1"),
        *("ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2"),
        *("eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    }
)
# Their endpoints, or their names, belong to no Region.
_GLOBAL = frozenset({"account", "iam", "organizations", "s3"})
_INVALID_TOKEN = "The security token included in the request is invalid"
_TOKEN_CODES = {"ec2": "AuthFailure"}
_TRUST = {
    "CreateRole": "AssumeRolePolicyDocument",
    "UpdateAssumeRolePolicy": "PolicyDocument",
}
_REGIONAL_PRINCIPAL = re.compile(r"[a-z0-9-]+\.([a-z]+(?:-[a-z]+)*-\d+)\.amazonaws\.com")

Response = tuple[int, dict[str, str], bytes]


class Regions:
    """The opt-in Regions that accounts have enabled; none at the start."""

    def __init__(self) -> None:
        self._enabled: set[tuple[str, str]] = set()

    def can_use(self, account: str, region: str) -> bool:
        """Whether the account can use the Region."""
        return region in BY_DEFAULT or (account, region) in self._enabled

    def change(self, account: Any, region: Any, enabled: Any) -> None:
        """Enable or disable; raises ``ValueError`` for what is no opt-in Region."""
        if region not in known() - BY_DEFAULT:
            raise ValueError(f"`{region}` is no opt-in Region")
        if not isinstance(account, str) or not isinstance(enabled, bool):
            raise ValueError("`account` is an id, `enabled` true or false")
        change = self._enabled.add if enabled else self._enabled.discard
        change((account, region))

    def show(self) -> list[dict[str, str]]:
        """Who has enabled what."""
        return [{"account": account, "region": region} for account, region in sorted(self._enabled)]

    def forget(self) -> None:
        """Back to the state of a fresh start."""
        self._enabled.clear()


REGIONS = Regions()


@functools.cache
def known() -> frozenset[str]:
    """Every Region of the partition, after botocore's data."""
    return frozenset(botocore.session.get_session().get_available_regions("cloudformation"))


def describing(base: Handler) -> Handler:
    """EC2, which says which Regions there are and whether the account has enabled them."""

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> tuple[int, dict[str, str], Any]:
        form = parse_qs(body.decode("utf-8", "replace"))
        if form.get("Action") == ["DescribeRegions"]:
            return _described(form)
        return await base(method, path, headers, body, query)

    return handle


def listing(base: Handler) -> Handler:
    """Account Management, which lists the Regions and whether the account has enabled them."""

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: Any
    ) -> tuple[int, dict[str, str], Any]:
        if path.rstrip("/") == "/listRegions":
            return _listed(json.loads(body or b"{}"))
        return await base(method, path, headers, body, query)

    return handle


def refusal(call: Call, request: Request) -> Response | None:
    """The answer to a call that AWS refuses for its Region, or for one that it names."""
    if call.service == "iam" and call.operation in _TRUST:
        form = parse_qs(request.body.decode("utf-8", "replace"))
        if found := unknown_principal(form.get(_TRUST[call.operation], [""])[0]):
            return wire_errors.write(call, "MalformedPolicyDocument", 400, invalid(found))
    if call.service in _GLOBAL:
        return None
    if not REGIONS.can_use(call.account, call.region):
        # Recorded for STS: github.com/hashicorp/terraform-provider-aws/issues/32549.
        is_query = call.protocol == "query"
        code = "InvalidClientTokenId" if is_query else "UnrecognizedClientException"
        return wire_errors.write(call, _TOKEN_CODES.get(call.service, code), 403, _INVALID_TOKEN)
    if (call.service, call.operation) == ("sts", "AssumeRole"):
        # IAM User Guide, "Manage AWS STS in an AWS Region": the account that asks and the one whose
        # credentials they are. Recorded: github.com/turbot/steampipe-plugin-aws/issues/1510.
        account = (str(call.parameters.get("RoleArn")).split(":") + 5 * [""])[4]
        if account and not REGIONS.can_use(account, call.region):
            text = f"STS is not activated in this region for account:{account}. "
            text += (
                "Your account administrator can activate STS in this region using the IAM Console."
            )
            return wire_errors.write(call, "RegionDisabledException", 403, text)
    return None


def unknown_principal(document: Any) -> str | None:
    """A service that a trust policy names and IAM does not know.

    IAM publishes no list: a name without a dot, and one with a Region that there is not. The
    sentence is recorded: github.com/cdklabs/cdk-stacksets/issues/61.
    """
    try:
        policy = json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return None
    for name in _services(policy):
        regional = _REGIONAL_PRINCIPAL.fullmatch(name)
        if "." not in name or (regional and regional[1] not in known()):
            return name
    return None


def invalid(principal: str) -> str:
    """IAM's sentence."""
    return f'Invalid principal in policy: "SERVICE":"{principal}"'


def _services(policy: Any) -> Iterator[str]:
    statements = policy.get("Statement", []) if isinstance(policy, dict) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal") if isinstance(statement, dict) else None
        found = principal.get("Service", []) if isinstance(principal, dict) else []
        yield from (str(name) for name in (found if isinstance(found, list) else [found]))


def _described(form: dict[str, list[str]]) -> tuple[int, dict[str, str], bytes]:
    named = [values[0] for name, values in form.items() if name.startswith("RegionName.")]
    every = named or form.get("AllRegions", [""])[0].lower() == "true"
    items = ""
    for region in sorted(known()):
        status = "opt-in-not-required" if region in BY_DEFAULT else "not-opted-in"
        if status == "not-opted-in" and REGIONS.can_use(get_account_id(), region):
            status = "opted-in"
        if (named and region not in named) or (status == "not-opted-in" and not every):
            continue
        items += (
            f"<item><regionName>{region}</regionName><regionEndpoint>ec2.{region}.amazonaws.com"
            f"</regionEndpoint><optInStatus>{status}</optInStatus></item>"
        )
    answer = (
        '<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
        f"<requestId>{uuid.uuid4()}</requestId><regionInfo>{items}</regionInfo>"
        "</DescribeRegionsResponse>"
    )
    return 200, {"Content-Type": "text/xml"}, answer.encode()


def _listed(payload: dict[str, Any]) -> Response:
    wanted = payload.get("RegionOptStatusContains") or []
    found = []
    for region in sorted(known()):
        status = "ENABLED_BY_DEFAULT" if region in BY_DEFAULT else "DISABLED"
        if status == "DISABLED" and REGIONS.can_use(get_account_id(), region):
            status = "ENABLED"
        if not wanted or status in wanted:
            found.append({"RegionName": region, "RegionOptStatus": status})
    body = json.dumps({"Regions": found}).encode()
    return 200, {"Content-Type": "application/json"}, body
