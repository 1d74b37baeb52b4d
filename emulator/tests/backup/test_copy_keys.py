"""The solution's own key policies and the guide's statement for the user's keys, with copies."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ministack.services.cloudformation import engine

from ..entitled import Entitled, allow
from ..world import CENTRAL, MANAGEMENT, MEMBER, REGION, World, error_of
from .copying import CENTRAL_VAULT, DESTINATION, FOR_BACKUP, Copying, administration, policy
from .restoring import TAGS, VAULT
from .test_copies import SNAPSHOTS

REPOSITORY = Path(__file__).parents[3]
BACK = f"arn:aws:backup:{REGION}:{MEMBER}:backup-vault:{VAULT}"
CENTRAL_ROLE = "AWSBackupSolutionCentralAccountRole"

Json = Any


def guides_statements() -> list[Json]:
    """What the guide gives for the key policies of the user's own resources."""
    text = (REPOSITORY / "docs" / "deployment.md").read_text("utf-8")
    [block] = re.findall(r'```json\n(\{\n  "Sid": "CopiesInto.*?)```', text, re.DOTALL)
    found: list[Json] = json.loads(f"[{block.replace('CENTRAL-ACCOUNT', CENTRAL)}]")
    return found


def service_control_policy() -> Json:
    """The content that the template has, for the central vault of these tests."""
    name = "aws-backup-scp-limit-to-central-vault.yaml"
    text = (REPOSITORY / "cloudformation" / "management-account" / name).read_text("utf-8")
    [resource] = engine._parse_template(text)["Resources"].values()

    def resolved(value: Json) -> Json:
        if isinstance(value, list):
            return [resolved(entry) for entry in value]
        if not isinstance(value, dict):
            return value
        if "Ref" in value:
            return DESTINATION
        if "Fn::Sub" in value:
            return DESTINATION.replace(CENTRAL_VAULT, "AWSBackupSolutionAirGappedVault")
        return {key: resolved(entry) for key, entry in value.items()}

    return resolved(resource["Properties"]["Content"])


def deploy(world: World, account: str, template: str, **parameters: str) -> None:
    body = (REPOSITORY / "cloudformation" / template).read_text("utf-8")
    client = world.client("cloudformation", account)
    client.create_stack(
        StackName="vault",
        TemplateBody=body,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    found = world.wait_for_stack("vault", account)
    assert found["StackStatus"] == "CREATE_COMPLETE", found


@pytest.fixture
def solution(world: World) -> Copying:
    """Both vaults with their keys and policies as the templates have them."""
    copying = Copying(world, makes_vaults=False)
    deploy(
        world,
        CENTRAL,
        "central-account/aws-backup-central-backup-account.yaml",
        pOrganizationId="o-rehearsal01",
        DeployingPrincipal="root",
    )
    deploy(
        world,
        MEMBER,
        "member-account/aws-backup-member-account.yaml",
        CentralAccountId=CENTRAL,
        CopyBack="true",
    )
    world.role(CENTRAL_ROLE, account=CENTRAL, trust={"Service": "backup.amazonaws.com"})
    iam = world.client("iam", CENTRAL)
    iam.attach_role_policy(RoleName=CENTRAL_ROLE, PolicyArn=FOR_BACKUP)
    return copying


def test_the_service_control_policy_lets_copies_into_the_central_vault_only(
    solution: Copying,
) -> None:
    world = solution.world
    content = json.dumps(service_control_policy())
    policy = world.policy("limit", Type="SERVICE_CONTROL_POLICY", Content=content)
    world.client("organizations", MANAGEMENT).attach_policy(PolicyId=policy, TargetId=MEMBER)
    point = solution.account.back_up(solution.account.source("EFS", TAGS))
    assert solution.copy(point)["State"] == "COMPLETED"
    there = world.in_region("backup", MEMBER, "us-east-1")
    there.create_backup_vault(BackupVaultName="elsewhere")
    elsewhere = f"arn:aws:backup:us-east-1:{MEMBER}:backup-vault:elsewhere"
    job = solution.copy(point, DestinationBackupVaultArn=elsewhere)
    assert job["StatusMessage"] == "Access Denied trying to call AWS Backup service"
    denied = world.control("GET", "denials")[-1]
    assert denied["action"] == "backup:CopyFromBackupVault"
    assert "service control policy" in denied["reason"]


def copy_back(solution: Copying, point: str) -> Json:
    started = solution.central.start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName=CENTRAL_VAULT,
        DestinationBackupVaultArn=BACK,
        IamRoleArn=f"arn:aws:iam::{CENTRAL}:role/{CENTRAL_ROLE}",
    )
    return solution.ended(solution.central, started["CopyJobId"])


@pytest.mark.parametrize("kind", [*SNAPSHOTS, "S3"])
def test_what_is_copied_comes_back_and_goes_again(solution: Copying, kind: str) -> None:
    """The keys of both vaults let the other account's service-linked role do all it does."""
    there = solution.copy_of(solution.account.source(kind, TAGS))
    assert there["State"] == "COMPLETED", there
    solution.link(MEMBER)
    back = copy_back(solution, there["DestinationRecoveryPointArn"])
    assert back["State"] == "COMPLETED", back
    again = solution.copy(back["DestinationRecoveryPointArn"])
    assert again["State"] == "COMPLETED", again


@pytest.mark.parametrize("kind", SNAPSHOTS)
def test_the_guides_statement_lets_every_encrypted_kind_be_copied(
    solution: Copying, kind: str
) -> None:
    key = solution.key(MEMBER, *guides_statements())
    job = solution.copy_of(solution.encrypted(kind, key))
    assert job["State"] == "COMPLETED", job


def without_each_part() -> list[tuple[str, list[Json]]]:
    """The guide's statements with one part of them taken away, by its name."""
    found = []
    for number, statement in enumerate(guides_statements()):
        actions = statement["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            less = guides_statements()
            kept = [name for name in less[number]["Action"] if name != action]
            if isinstance(actions, list):
                less[number]["Action"] = kept
            else:
                del less[number]
            found.append((action, less))
    return found


@pytest.mark.parametrize(("part", "statements"), without_each_part())
def test_without_a_part_of_the_guides_statement_nothing_is_copied(
    solution: Copying, part: str, statements: list[Json]
) -> None:
    key = solution.key(MEMBER, *statements)
    job = solution.copy_of(solution.encrypted("EBS", key))
    assert job["StatusMessage"] == "Given key ID is not accessible"
    denied = {entry["action"] for entry in solution.world.control("GET", "denials")}
    assert denied == {part}


def test_the_guides_statement_serves_only_the_linked_role_and_awss_services(
    solution: Copying,
) -> None:
    key = solution.key(MEMBER, *guides_statements())
    person = Entitled(solution.world, CENTRAL).user("administrator", allow("*"))
    kms = person.client("kms")
    for call in (kms.describe_key, kms.list_grants):
        assert error_of(call, KeyId=key)[0] == "AccessDeniedException"
    [grants] = [entry for entry in guides_statements() if entry["Action"] == "kms:CreateGrant"]
    assert grants["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}
    assert policy(administration(MEMBER), *guides_statements()).isascii()
