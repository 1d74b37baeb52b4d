"""Which requests pass which role to which service."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest

from ....permissions.requests.http import Asked
from ....permissions.requests.pass_role import TABLE, needs_of_passed_roles
from ...entitled import Entitled, allow
from ...world import World, error_of

ROLE = "arn:aws:iam::111111111111:role/given"


def asked(payload: Any, form: bool = False) -> Asked:
    body = (urlencode(payload) if form else json.dumps(payload)).encode()
    params = parse_qs(urlencode(payload)) if form else {}
    return Asked("", "POST", "/", {}, body, params, "111111111111", "eu-west-1")


@pytest.mark.parametrize(
    ("action", "payload", "service"),
    [
        ("lambda:CreateFunction", {"Role": ROLE}, "lambda"),
        ("lambda:UpdateFunctionConfiguration", {"Role": ROLE}, "lambda"),
        ("codebuild:CreateProject", {"serviceRole": ROLE}, "codebuild"),
        ("codepipeline:UpdatePipeline", {"pipeline": {"roleArn": ROLE}}, "codepipeline"),
        ("events:PutTargets", {"Targets": [{"Arn": "a"}, {"RoleArn": ROLE}]}, "events"),
        ("scheduler:CreateSchedule", {"Target": {"RoleArn": ROLE}}, "scheduler"),
        ("backup:StartRestoreJob", {"IamRoleArn": ROLE}, "backup"),
        ("backup:CreateBackupSelection", {"BackupSelection": {"IamRoleArn": ROLE}}, "backup"),
    ],
)
def test_a_role_in_a_json_request_is_passed(action: str, payload: Any, service: str) -> None:
    assert needs_of_passed_roles(action, asked(payload)) == [(ROLE, f"{service}.amazonaws.com")]


@pytest.mark.parametrize(
    ("action", "member"),
    [
        ("cloudformation:CreateStackSet", "AdministrationRoleARN"),
        ("cloudformation:UpdateStackSet", "AdministrationRoleARN"),
    ],
)
def test_a_role_in_a_form_is_passed(action: str, member: str) -> None:
    passed = needs_of_passed_roles(action, asked({member: ROLE}, form=True))
    assert passed == [(ROLE, "cloudformation.amazonaws.com")]


def test_a_request_without_a_role_and_one_that_passes_none_need_nothing() -> None:
    assert needs_of_passed_roles("cloudformation:CreateStackSet", asked({}, form=True)) == []
    assert needs_of_passed_roles("sts:AssumeRole", asked({"RoleArn": ROLE}, form=True)) == []
    assert needs_of_passed_roles("events:PutTargets", asked({"Targets": [{"Arn": "a"}]})) == []


def test_every_target_with_a_role_passes_it_once() -> None:
    targets = [{"RoleArn": ROLE}, {"RoleArn": ROLE}, {"RoleArn": ROLE + "2"}]
    passed = needs_of_passed_roles("events:PutTargets", asked({"Targets": targets}))
    assert [role for role, _ in passed] == [ROLE, ROLE + "2"]


def test_a_request_that_passes_a_role_and_is_not_in_the_table_is_refused(world: World) -> None:
    account = Entitled(world)
    role = account.role("stream", "firehose")
    user = account.user("maker", allow("firehose:*", "iam:PassRole"))
    account.refused()
    error_of(
        user.client("firehose").create_delivery_stream,
        DeliveryStreamName="stream",
        S3DestinationConfiguration={"RoleARN": role, "BucketARN": "arn:aws:s3:::documents"},
    )
    (denial,) = world.control("GET", "denials")
    assert denial["action"] == "iam:PassRole"
    assert denial["reason"].startswith("unmapped")


def test_the_table_names_operations_as_iam_does() -> None:
    assert all(action.count(":") == 1 and passings for action, passings in TABLE.items())
