"""AWS's published data: the emulator judges by the documents of AWS's own managed policies."""

from __future__ import annotations

import re
from typing import Any

import pytest

from .. import published
from .world import HOME, World, error_of

PREFIX = "arn:aws:iam::aws:policy/"


@pytest.mark.parametrize("policy", published.managed_policies(), ids=lambda policy: policy["arn"])
def test_a_published_policy_has_its_version_its_dates_and_its_source(
    world: World, policy: dict[str, Any]
) -> None:
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", policy["date"])
    assert re.fullmatch(r"[\w-]+ \d+\.\d+\.\d+", policy["package"])
    iam = world.client("iam", HOME)
    assert (
        iam.get_policy(PolicyArn=policy["arn"])["Policy"]["DefaultVersionId"] == policy["version"]
    )
    wanted = {"PolicyArn": policy["arn"], "VersionId": policy["version"]}
    assert iam.get_policy_version(**wanted)["PolicyVersion"]["Document"] == policy["document"]


def test_a_role_with_awss_policy_may_what_its_document_allows_and_no_more(world: World) -> None:
    name = "AWSBackupServiceRolePolicyForRestores"
    arn = world.role("restores", trust={"AWS": HOME})
    world.client("iam", HOME).attach_role_policy(
        RoleName="restores", PolicyArn=f"{PREFIX}service-role/{name}"
    )
    session = world.client("sts", HOME).assume_role(RoleArn=arn, RoleSessionName="test")
    keys = session["Credentials"]
    ec2 = world.client(
        "ec2",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert ec2.describe_volumes()["Volumes"] == []
    code, message = error_of(ec2.describe_key_pairs)[:2]
    assert code == "UnauthorizedOperation", message


def test_the_linked_roles_document_reads_no_key_and_grants_only_for_awss_resources() -> None:
    name = "AWSBackupServiceLinkedRolePolicyForBackup"
    [found] = [p for p in published.managed_policies() if p["arn"].endswith(f"/{name}")]
    of_keys = {
        action: statement.get("Condition")
        for statement in found["document"]["Statement"]
        for action in [statement["Action"]]
        if isinstance(action, str) and action.startswith("kms:")
    }
    assert of_keys["kms:CreateGrant"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
    assert "kms:Decrypt" not in str(found["document"])
