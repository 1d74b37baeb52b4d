"""Our evaluation of policies against the base's own: the only voice here that is not ours.

Both are asked the same questions, made at random from parts that both understand (the same ones
in every run). Where they do not agree, one of them is wrong: the kinds of question in which the
base is are listed at the end, each with AWS's word for it.
"""

from __future__ import annotations

import dataclasses
import random
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, parse_policy_document

from ...permissions.documents import read
from ...permissions.evaluation import (
    SERVICE_CONTROL,
    Layer,
    Question,
    ResourcePolicy,
    refusal,
)
from ...permissions.identity import BOUNDARY, SESSION
from ...permissions.keys import Keys
from ...permissions.needs import Unmapped
from ...permissions.principals import ROLE, ROOT, USER, Principal

Json = dict[str, Any]

ACCOUNT, OTHER = "222222222222", "333333333333"
ACTION, RESOURCE = "s3:GetObject", "arn:aws:s3:::bucket/home/key"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/somebody"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/worker"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/session"
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"

SOMEBODY = Principal(USER, USER_ARN, ACCOUNT, "somebody")
WORKER = Principal(ROLE, SESSION_ARN, ACCOUNT, "worker", ROLE_ARN)
OWNER = Principal(ROOT, ROOT_ARN, ACCOUNT)

# The keys of every question; the base is given those of its own that it does not make up.
KEYS: dict[str, str | list[str]] = {
    "aws:requestedregion": "eu-west-1",
    "aws:securetransport": "true",
    "aws:sourceip": "192.0.2.7",
    "aws:principalaccount": ACCOUNT,
    "aws:tagkeys": ["cost", "team"],
    "s3:prefix": "home/a",
    "s3:max-keys": "10",
    "s3:object-lock-retain-until-date": "2026-01-01T00:00:00Z",
    "lambda:functionarn": "arn:aws:lambda:eu-west-1:222222222222:function:worker",
}
ABSENT = "s3:x-amz-acl"


@dataclass(frozen=True)
class Asked:
    """One question in documents, which both sides read for themselves."""

    principal: Principal = SOMEBODY
    identity: tuple[Json, ...] = ()
    # (kind, statements)
    limits: tuple[tuple[str, tuple[Json, ...]], ...] = ()
    own: tuple[Json, ...] | None = None
    owner: str = ACCOUNT
    required: bool = False
    keys: dict[str, Any] = dataclasses.field(default_factory=lambda: dict(KEYS))


def ours(asked: Asked) -> bool:
    """Whether our evaluation allows it."""
    own = None
    if asked.own is not None:
        document = read("resource's", {"Statement": list(asked.own)})
        own = ResourcePolicy(document, asked.owner, asked.required)
    question = Question(
        asked.principal,
        ACTION,
        RESOURCE,
        Keys(asked.keys),
        (read("identity", {"Statement": list(asked.identity)}),),
        tuple(Layer(kind, (read(kind, {"Statement": list(s)}),)) for kind, s in asked.limits),
        asked.owner,
        own,
    )
    return refusal(question) is None


def bases(asked: Asked) -> bool:
    """Whether the base's evaluation allows it.

    It knows no service control policies, so each is a question of its own, as AWS has it.
    """
    kinds = {USER: "User", ROLE: "AssumedRole", ROOT: "Root"}
    context = EvalContext(
        principal_arn=asked.principal.arn,
        principal_type=kinds[asked.principal.kind],
        principal_account=ACCOUNT,
        action=ACTION,
        resource_arn=RESOURCE,
        region="eu-west-1",
        source_ip="192.0.2.7",
        secure_transport=True,
        service_context=asked.keys,
    )

    def parsed(statements: tuple[Json, ...]) -> list[Any]:
        return [parse_policy_document({"Statement": list(statements)})]

    identity = parsed(asked.identity)
    if asked.principal.kind == ROOT:
        identity.append(parse_policy_document({"Statement": [allow("*", "*")]}))
    limits = [parsed(statements) for kind, statements in asked.limits if kind != SERVICE_CONTROL]
    organization = [
        parsed(statements) for kind, statements in asked.limits if kind == SERVICE_CONTROL
    ]
    if any(iam_evaluator.evaluate(context, layer).decision != "Allow" for layer in organization):
        return False
    decided = iam_evaluator.evaluate(context, identity, *limits)
    policy = {"Statement": list(asked.own)} if asked.own is not None else None
    combined = iam_evaluator.combine_resource_policy(
        decided, context, policy, asked.owner, asked.required, tuple(limits)
    )
    return bool(combined.decision == "Allow")


def allow(action: Any = ACTION, resource: Any = "*", **more: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


class Maker:
    """Makes questions of parts that both sides understand."""

    _ACTIONS = (ACTION, "S3:getobject", "s3:Get*", "s3:?etObject", "s3:*", "*", "s3:PutObject")
    _RESOURCES = (
        "*",
        RESOURCE,
        "arn:aws:s3:::bucket/*",
        "arn:aws:s3:::buc?et/home/*",
        "arn:aws:s3:::BUCKET/*",
        "arn:aws:s3:::another/*",
    )
    _NAMED = (
        "*",
        ACCOUNT,
        OTHER,
        ROOT_ARN,
        USER_ARN,
        ROLE_ARN,
        SESSION_ARN,
        f"arn:aws:iam::{ACCOUNT}:user/another",
        f"arn:aws:iam::{OTHER}:role/worker",
    )
    # Operators by the kind of key, and values of which some fit.
    _TESTS: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
        (
            ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"),
            ("aws:RequestedRegion", "s3:prefix", "aws:PrincipalAccount", ABSENT),
            ("eu-west-1", "us-east-1", "home/*", "home/?", ACCOUNT, "Home/a"),
        ),
        (
            ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
            ("s3:prefix", ABSENT),
            ("HOME/A", "other"),
        ),
        (("Bool",), ("aws:SecureTransport",), ("true", "false", "True")),
        (
            ("IpAddress", "NotIpAddress"),
            ("aws:SourceIp",),
            ("192.0.2.0/24", "192.0.2.7", "203.0.113.0/24", "2001:db8::/32"),
        ),
        (
            (
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ),
            ("s3:max-keys", ABSENT),
            ("10", "10.0", "9", "11"),
        ),
        (
            (
                "DateEquals",
                "DateNotEquals",
                "DateLessThan",
                "DateLessThanEquals",
                "DateGreaterThan",
                "DateGreaterThanEquals",
            ),
            ("s3:object-lock-retain-until-date",),
            ("2026-01-01T00:00:00Z", "2026-01-01", "2025-12-31T23:59:59Z", "2026-06-01T00:00:00Z"),
        ),
        (
            ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
            ("lambda:FunctionArn", ABSENT),
            (
                "arn:aws:lambda:*:222222222222:function:*",
                "arn:aws:lambda:eu-west-1:222222222222:function:worker",
                "arn:aws:lambda:eu-west-1:333333333333:function:*",
            ),
        ),
        (("Null",), ("s3:prefix", ABSENT), ("true", "false")),
    )
    _SETS = (
        ("ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAllValues:StringLike"),
        ("ForAnyValue:StringNotEquals", "ForAllValues:StringNotEquals"),
    )

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def asked(self) -> Asked:
        """A question."""
        pick = self._random
        principal = pick.choice((SOMEBODY, WORKER, OWNER))
        kinds = (SERVICE_CONTROL, SERVICE_CONTROL, BOUNDARY, SESSION)
        limits = tuple(
            (kind, self._statements(allows=0.9)) for kind in kinds if pick.random() < 0.25
        )
        if principal is OWNER:
            limits = tuple(limit for limit in limits if limit[0] == SERVICE_CONTROL)
        own = self._statements(named=True) if pick.random() < 0.6 else None
        return Asked(
            principal,
            self._statements(),
            limits,
            own,
            pick.choice((ACCOUNT, ACCOUNT, OTHER)),
            own is not None and pick.random() < 0.3,
        )

    def _statements(self, allows: float = 0.8, named: bool = False) -> tuple[Json, ...]:
        return tuple(
            self._statement(allows, named) for _ in range(self._random.choice((0, 1, 1, 2, 3)))
        )

    def _statement(self, allows: float, named: bool) -> Json:
        pick = self._random
        statement: Json = {"Effect": "Allow" if pick.random() < allows else "Deny"}
        statement["Action" if pick.random() < 0.9 else "NotAction"] = self._some(self._ACTIONS)
        statement["Resource" if pick.random() < 0.9 else "NotResource"] = self._some(
            self._RESOURCES
        )
        if pick.random() < 0.4:
            statement["Condition"] = dict(self._test() for _ in range(pick.choice((1, 1, 2))))
        if named:
            entries = self._some(self._NAMED)
            statement["Principal"] = "*" if entries == "*" else {"AWS": entries}
        return statement

    def _test(self) -> tuple[str, Json]:
        pick = self._random
        if pick.random() < 0.2:
            operator = pick.choice(pick.choice(self._SETS))
            return operator, {"aws:TagKeys": self._some(("cost", "team", "c*", "owner"))}
        operators, keys, values = pick.choice(self._TESTS)
        operator = pick.choice(operators)
        if operator == "Null":
            return operator, {pick.choice(keys): pick.choice(values)}
        if pick.random() < 0.2:
            operator += "IfExists"
        return operator, {pick.choice(keys): self._some(values)}

    def _some(self, values: tuple[str, ...]) -> Any:
        chosen = self._random.sample(values, self._random.choice((1, 1, 2)))
        return chosen[0] if len(chosen) == 1 and self._random.random() < 0.5 else chosen


@pytest.mark.parametrize("seed", range(20))
def test_both_answer_questions_at_random_alike(seed: int) -> None:
    maker = Maker(seed)
    answers: Counter[bool] = Counter()
    for _ in range(400):
        asked = maker.asked()
        answer = ours(asked)
        assert answer == bases(asked), asked
        answers[answer] += 1
    # Questions that are all refused would show nothing.
    assert min(answers.values()) > 60


def where(**test: Json) -> Json:
    """An Allow with one condition."""
    return allow(Condition=test)


def named(principal: Any) -> Json:
    """An Allow of a resource's policy."""
    return allow(Principal={"AWS": principal})


# Where the base is wrong or knows too little: a question, our answer, and AWS's word for it. The
# pages are those of IAM's user guide. Where AWS has no word, no question is asked.
DIFFERENCES: dict[str, tuple[Asked, bool, str]] = {
    "a wildcard of an ARN does not reach over a colon": (
        Asked(
            identity=(where(ArnLike={"lambda:FunctionArn": "arn:aws:lambda:*:function:worker"}),),
        ),
        False,
        'Condition operators, "Amazon Resource Name (ARN) condition operators": each of the six '
        "colon-delimited components is checked separately",
    ),
    "a principal is named in full": (
        Asked(own=(named(f"arn:aws:iam::{ACCOUNT}:user/some*"),)),
        False,
        "AWS JSON policy elements: Principal: a wildcard stands for everybody, never for a part "
        "of a name or an ARN",
    ),
    "a role's path belongs to its ARN": (
        Asked(WORKER, own=(named(f"arn:aws:iam::{ACCOUNT}:role/elsewhere/worker"),)),
        False,
        "IAM identifiers: the path is part of the ARN, and names are unique in an account",
    ),
    "a session's aws:PrincipalArn is the role's": (
        Asked(
            WORKER,
            (where(ArnEquals={"aws:PrincipalArn": ROLE_ARN}),),
            keys={**KEYS, "aws:principalarn": ROLE_ARN},
        ),
        True,
        "Global condition keys, aws:PrincipalArn: for roles it is the ARN of the role, not that "
        "of the session",
    ),
    "several values are compared one by one without a set operator, too": (
        Asked(identity=(where(StringEquals={"aws:TagKeys": "cost"}),)),
        True,
        "not documented but discouraged (Multivalued context keys): our reading is that one that "
        "fits is enough",
    ),
    "a statement of an identity policy without a resource says nothing": (
        Asked(identity=({"Effect": "Allow", "Action": "*"},)),
        False,
        "AWS JSON policy elements: Resource: a statement must include Resource or NotResource",
    ),
}


@pytest.mark.parametrize("kind", DIFFERENCES)
def test_the_base_is_known_to_be_wrong_where_this_list_says_so(kind: str) -> None:
    asked, answer, source = DIFFERENCES[kind]
    assert ours(asked) == answer, source
    # An entry that the base has learnt goes from the list.
    assert bases(asked) != answer


@pytest.mark.parametrize(
    "statement",
    [
        allow(resource="arn:aws:s3:::bucket/${aws:username}/*"),
        where(BinaryEquals={"s3:prefix": "aG9tZQ=="}),
        where(StringEquals={"s3:prefix": "${aws:username}"}),
        where(StringEquals={"unheard:of": "anything"}),
        {**allow(), "Effect": "Maybe"},
    ],
    ids=["variable of a resource", "operator", "variable of a condition", "key", "effect"],
)
def test_what_we_do_not_know_is_refused_as_unmapped_and_not_guessed(statement: Json) -> None:
    asked = Asked(identity=(statement,))
    with pytest.raises(Unmapped):
        ours(asked)
    assert not bases(asked)
