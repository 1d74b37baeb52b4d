"""AWS's published data: the emulator judges by the documents of AWS's own managed policies."""

from __future__ import annotations

import re
from typing import Any

import pytest

from ... import published
from ...permissions.documents import like
from ...permissions.keys import OF_SERVICES
from ...permissions.requests import without_resource
from ...permissions.requests.arns import FINDERS
from ...published import reference
from ..backup.copying import USES
from ..world import HOME, World, error_of

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
        for listed in [statement["Action"]]
        for action in ([listed] if isinstance(listed, str) else listed)
        if action.startswith("kms:")
    }
    # The emulator's copies ask for each of these, and for nothing else on keys: see test_copies.py.
    assert set(of_keys) == set(USES)
    assert of_keys["kms:CreateGrant"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


PATTERNS = [
    (service, pattern)
    for service, patterns in sorted(without_resource.ACTIONS.items())
    for pattern in patterns
]


@pytest.mark.parametrize(("service", "pattern"), PATTERNS)
def test_what_has_no_resource_here_has_none_in_awss_reference(service: str, pattern: str) -> None:
    listed = reference.actions(service)
    meant = [name for name in listed if like(name, pattern)]
    assert meant
    assert {name: listed[name]["on"] for name in meant if "on" in listed[name]} == {}


def test_every_service_whose_resources_are_found_is_in_the_reference() -> None:
    assert set(FINDERS) <= reference.SERVICES


def test_every_condition_key_of_a_service_is_in_the_reference() -> None:
    known = {
        key
        for service in reference.SERVICES
        for name in reference.actions(service)
        for key in reference.keys(f"{service}:{name}")
    }
    assert OF_SERVICES - known == set()


@pytest.mark.parametrize(
    ("action", "resource", "reason"),
    [
        ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{HOME}:key/1", None),
        ("kms:Decrypt", f"arn:aws:kms:eu-west-1:{HOME}:alias/backup", "does not have kms:Decrypt"),
        ("kms:Decrypt", "*", "has kms:Decrypt on resources"),
        ("kms:Decypher", "*", "has no action kms:Decypher"),
        ("backup:ListBackupPlans", f"arn:aws:backup:eu-west-1:{HOME}:backup-plan:1", "does not"),
        ("backup:ListBackupPlans", "*", None),
    ],
)
def test_an_action_is_asked_for_on_what_the_reference_lists(
    action: str, resource: str, reason: str | None
) -> None:
    found = reference.problem(action, resource)
    assert (reason in found) if reason and found else found is reason
