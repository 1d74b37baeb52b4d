"""How policies are evaluated together, on documents alone: what IAM's guide says, in sentences."""

from __future__ import annotations

from typing import Any

import pytest

from ...permissions.documents import Policy, read
from ...permissions.evaluation import Layer, Question, ResourcePolicy, refusal
from ...permissions.keys import Keys
from ...permissions.needs import UNKNOWN, Unmapped
from ...permissions.principals import ROLE, ROOT, USER, Principal

ACCOUNT, OTHER = "222222222222", "333333333333"
BUCKET = "arn:aws:s3:::bucket/key"
PERSON = Principal(
    ROLE,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/session",
    ACCOUNT,
    "worker",
    f"arn:aws:iam::{ACCOUNT}:role/path/worker",
)
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/somebody"


def allow(action: str = "s3:GetObject", resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: str = "s3:GetObject", resource: str = "*", **more: Any) -> dict[str, Any]:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def policy(*statements: dict[str, Any]) -> Policy:
    return read("policy", {"Statement": list(statements)})


def reason(
    *statements: dict[str, Any],
    principal: Principal = PERSON,
    limits: tuple[tuple[str, dict[str, Any]], ...] = (),
    resource_policy: tuple[dict[str, Any], ...] | None = None,
    owner: str = ACCOUNT,
    required: bool = False,
    resource: str = BUCKET,
    keys: dict[str, Any] | None = None,
) -> str | None:
    """Why `s3:GetObject` is refused; None when it is allowed."""
    own = None
    if resource_policy is not None:
        own = ResourcePolicy(policy(*resource_policy), owner, required)
    return refusal(
        Question(
            principal,
            "s3:GetObject",
            resource,
            Keys(keys or {}),
            (policy(*statements),),
            tuple(Layer(kind, (policy(statement),)) for kind, statement in limits),
            owner,
            own,
        )
    )


def by(principal: str, effect: str = "Allow") -> dict[str, Any]:
    """A statement of a resource's policy."""
    return {**allow(), "Effect": effect, "Principal": {"AWS": principal}}


def test_nothing_is_allowed_that_no_policy_allows() -> None:
    printed = "because no identity-based policy allows the s3:GetObject action"
    assert reason() == printed
    assert reason(allow("s3:PutObject")) == printed
    assert reason(allow(resource="arn:aws:s3:::another/*")) == printed
    assert reason(allow()) is None


def test_an_explicit_deny_wins_wherever_it_stands() -> None:
    assert reason(allow(), deny()) == "with an explicit deny in an identity-based policy"
    for kind in ("permissions boundary", "session policy", "service control policy"):
        assert reason(allow(), limits=((kind, deny()),)) == f"with an explicit deny in a {kind}"
    refused = reason(allow(), resource_policy=(by("*", "Deny"),))
    assert refused == "with an explicit deny in a resource-based policy"


@pytest.mark.parametrize(
    "kind", ["permissions boundary", "session policy", "service control policy"]
)
def test_boundary_session_policy_and_service_control_policy_grant_nothing_and_limit_all(
    kind: str,
) -> None:
    assert reason(limits=((kind, allow()),)) is not None
    assert reason(allow(), limits=((kind, allow()),)) is None
    refused = reason(allow(), limits=((kind, allow("s3:PutObject")),))
    assert refused == f"because no {kind} allows the s3:GetObject action"


def test_every_level_of_the_organization_must_allow() -> None:
    levels = tuple(("service control policy", allow("s3:*")) for _ in range(3))
    assert reason(allow(), limits=levels) is None
    broken = (*levels[:1], ("service control policy", allow("ec2:*")), *levels[1:])
    assert reason(allow(), limits=broken) is not None


def test_actions_are_matched_without_case_and_resources_with_it() -> None:
    assert reason(allow("S3:getobject")) is None
    assert reason(allow("s3:Get*")) is None
    assert reason(allow("s3:GetObjec?")) is None
    assert reason(allow(resource="arn:aws:s3:::bucket/*")) is None
    assert reason(allow(resource="arn:aws:s3:::Bucket/*")) is not None
    assert reason(allow(resource="arn:aws:s3:::bucket[/]key")) is not None


def test_not_action_and_not_resource_speak_of_everything_else() -> None:
    assert reason({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}) is None
    assert reason({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}) is not None
    other = {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::other/*"}
    assert reason(other) is None
    assert reason({**other, "NotResource": BUCKET}) is not None


def test_in_its_own_account_a_role_that_the_resource_names_needs_nothing_else() -> None:
    assert reason(resource_policy=(by(str(PERSON.role_arn)),)) is None
    assert reason(resource_policy=(by(PERSON.arn),)) is None
    assert reason(resource_policy=(by("*"),)) is None
    # Naming the account leaves it to the account's own policies.
    assert reason(resource_policy=(by(ACCOUNT),)) is not None
    assert reason(resource_policy=(by(f"arn:aws:iam::{ACCOUNT}:role/worker"),)) is not None


def test_a_resource_that_names_a_session_is_limited_by_service_control_policies_alone() -> None:
    boundary = (("permissions boundary", allow("ec2:*")),)
    assert reason(resource_policy=(by(PERSON.arn),), limits=boundary) is None
    assert reason(resource_policy=(by(str(PERSON.role_arn)),), limits=boundary) is not None
    control = (("service control policy", allow("ec2:*")),)
    assert reason(resource_policy=(by(PERSON.arn),), limits=control) is not None


@pytest.mark.parametrize("principal", [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "*", PERSON.arn])
def test_across_accounts_both_must_allow(principal: str) -> None:
    theirs = (by(principal),)
    assert reason(allow(), resource_policy=theirs, owner=OTHER) is None
    assert reason(resource_policy=theirs, owner=OTHER) is not None
    refused = reason(allow(), resource_policy=(by(OTHER),), owner=OTHER)
    assert refused == "because no resource-based policy allows the s3:GetObject action"
    assert reason(allow(), resource_policy=(), owner=OTHER) is not None


def test_a_key_policy_must_allow_in_its_own_account_too() -> None:
    assert reason(allow(), resource_policy=(), required=True) is not None
    assert reason(allow(), resource_policy=(by(ACCOUNT),), required=True) is None
    assert reason(resource_policy=(by(ACCOUNT),), required=True) is not None
    assert reason(resource_policy=(by(str(PERSON.role_arn)),), required=True) is None


def test_a_root_needs_no_identity_policy_and_is_bound_by_all_others() -> None:
    root = Principal(ROOT, f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT)
    assert reason(principal=root) is None
    control = (("service control policy", allow("ec2:*")),)
    assert reason(principal=root, limits=control) is not None
    assert reason(principal=root, resource_policy=(by(ACCOUNT, "Deny"),)) is not None
    assert reason(principal=root, resource_policy=(), owner=OTHER) is not None


def test_a_user_is_named_by_its_arn() -> None:
    user = Principal(USER, USER_ARN, ACCOUNT, "somebody")
    assert reason(principal=user, resource_policy=(by(USER_ARN),)) is None
    assert reason(principal=user, resource_policy=(by(USER_ARN + "else"),)) is not None


KEYS = {
    "aws:principalaccount": ACCOUNT,
    "aws:principalarn": str(PERSON.role_arn),
    "aws:principalorgpaths": ["o-a/r-b/ou-c/ou-d/"],
    "aws:tagkeys": ["a", "b"],
    "aws:securetransport": "true",
    "aws:currenttime": "2026-06-01T00:00:00Z",
    "aws:sourceip": "10.1.2.3",
}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:PrincipalAccount": [OTHER, ACCOUNT]}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, False),
        ({"StringNotEquals": {"aws:PrincipalAccount": [OTHER, ACCOUNT]}}, False),
        ({"StringNotEquals": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}}, True),
        ({"StringEqualsIfExists": {"aws:PrincipalAccount": OTHER}}, False),
        ({"Null": {"aws:SourceAccount": "true"}}, True),
        ({"Null": {"aws:PrincipalAccount": "true"}}, False),
        ({"StringLike": {"aws:PrincipalAccount": "22*"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": "22*"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:PrincipalArn": str(PERSON.role_arn).upper()}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*/worker"}}, True),
        ({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/path/worker"}}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/path/*"}}, False),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a/*/ou-c/*"}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-x/*"}}, False),
        ({"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-a/*"}}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}, False),
        ({"ForAllValues:StringEquals": {"aws:SourceAccount": "x"}}, True),
        ({"ForAnyValue:StringNotEquals": {"aws:TagKeys": "a"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, False),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"DateGreaterThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}, True),
        ({"DateLessThanEquals": {"aws:CurrentTime": "2026-01-01T00:00:00"}}, False),
        ({"NumericLessThan": {"aws:PrincipalAccount": "5"}}, False),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:SourceAccount": OTHER}}, False),
    ],
)
def test_conditions(condition: dict[str, Any], holds: bool) -> None:
    assert (reason(allow(Condition=condition), keys=KEYS) is None) is holds


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(
    "condition",
    [
        {"StringMatches": {"aws:PrincipalAccount": ACCOUNT}},
        {"ForSomeValues:StringLike": {"aws:PrincipalAccount": ACCOUNT}},
        {"StringEquals": {"aws:FavouriteColour": "green"}},
        {"StringEquals": {"s3:something-new": "x"}},
        {"StringEquals": {"aws:PrincipalAccount": "${aws:username}"}},
    ],
)
def test_what_is_not_known_of_a_condition_is_never_decided(
    condition: dict[str, Any], effect: str
) -> None:
    statement = {**allow(Condition=condition), "Effect": effect}
    with pytest.raises(Unmapped):
        reason(allow(), statement, keys=KEYS)
    # It does not matter to who asks for something else.
    assert reason(allow(), {**statement, "Action": "ec2:*"}, keys=KEYS) is None


def test_a_resource_that_nobody_knows_is_among_all_resources_only() -> None:
    assert reason(allow(), resource=UNKNOWN) is None
    for statement in (allow(resource="arn:aws:s3:::bucket/*"), deny(resource=BUCKET)):
        with pytest.raises(Unmapped, match="nobody here knows the resource"):
            reason(allow(), statement, resource=UNKNOWN)


@pytest.mark.parametrize(
    "document",
    [
        "nonsense",
        [],
        {"Statement": [{"Action": "*"}]},
        {"Statement": [{**deny(), "NotPrincipal": "*"}]},
    ],
)
def test_a_policy_that_cannot_be_read_is_not_passed_over(document: Any) -> None:
    text = document if isinstance(document, (str, dict)) else "[]"
    with pytest.raises(Unmapped):
        read("policy", text)


@pytest.mark.parametrize("kind", ["permissions boundary", "session policy"])
def test_across_accounts_a_statement_that_names_the_session_itself_is_limited(kind: str) -> None:
    """Both accounts must allow: IAM's guide, "Cross-account policy evaluation logic"."""
    limits = ((kind, allow("s3:PutObject")),)
    named = (by(PERSON.arn),)
    assert reason(allow(), limits=limits, resource_policy=named) is None
    printed = f"because no {kind} allows the s3:GetObject action"
    assert reason(allow(), limits=limits, resource_policy=named, owner=OTHER) == printed


@pytest.mark.parametrize("account", [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"])
def test_everybody_is_named_beside_an_account_too(account: str) -> None:
    named = {**by("*"), "Principal": {"AWS": [account, "*"]}}
    assert reason(resource_policy=(named,)) is None
