"""What AWS admits as a backup policy: recorded answers of CreatePolicy, by rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ...frame.settings import Settings
from ...organizations.content.content import check_content
from ...wire.errors import ApiError

VAULT = "arn:aws:backup:us-east-1:$account:backup-vault:Vault"
ROLE = "arn:aws:iam::$account:role/Backup"


def assign(value: Any) -> dict[str, Any]:
    """A leaf that assigns."""
    return {"@@assign": value}


def rule(**parts: Any) -> dict[str, Any]:
    """A plan with one rule whose leaves assign these values."""
    return {"rules": {"daily": {key: assign(value) for key, value in parts.items()}}}


def lifecycle(**parts: Any) -> dict[str, Any]:
    """A plan with one rule that has this lifecycle."""
    return {"rules": {"daily": {"lifecycle": {key: assign(value) for key, value in parts.items()}}}}


def tagged(**parts: Any) -> dict[str, Any]:
    """A plan with one selection by tag."""
    wanted = {"tag_key": "backup", "tag_value": ["daily"], **parts}
    leaves = {key: assign(value) for key, value in wanted.items() if value is not None}
    return {"selections": {"tags": {"selection": leaves}}}


def by_type(**parts: Any) -> dict[str, Any]:
    """A plan with one selection by resource type."""
    return {"selections": {"resources": {"selection": parts}}}


def continuous(days: Any = None, **more: Any) -> dict[str, Any]:
    """A plan with one rule for continuous backup."""
    kept = {} if days is None else {"delete_after_days": days}
    leaves = {key: assign(value) for key, value in {**kept, **more}.items()}
    return {"rules": {"r": {"enable_continuous_backup": assign(True), "lifecycle": leaves}}}


def archived(cold: int, keep: int, **more: Any) -> dict[str, Any]:
    """A plan with one rule that opts in to archiving."""
    parts = lifecycle(
        move_to_cold_storage_after_days=cold,
        delete_after_days=keep,
        opt_in_to_archive_for_supported_resources="true",
    )
    parts["rules"]["daily"].update({key: assign(value) for key, value in more.items()})
    return parts


def copied(key: str, **parts: Any) -> dict[str, Any]:
    """A plan with one rule that copies."""
    return {"rules": {"daily": {"copy_actions": {key: parts}}}}


def plan_tag(name: str, **parts: Any) -> dict[str, Any]:
    """A plan with a tag of its own."""
    return {"backup_plan_tags": {name: {key: assign(value) for key, value in parts.items()}}}


def controlled(*operators: str) -> dict[str, Any]:
    """A plan whose Regions limit what children may do."""
    return {"regions": {"@@operators_allowed_for_child_policies": list(operators)}}


def condition(**parts: Any) -> dict[str, Any]:
    """A plan with a selection by condition only."""
    leaves = {key: assign(value) for key, value in parts.items()}
    return by_type(conditions={"string_equals": {"first": leaves}})


ADMITTED: list[dict[str, Any]] = [
    {},
    {"regions": assign(["us-east-1", "us-east-1"])},
    {"regions": assign([])},
    {"regions": {"@@append": ["eu-central-2"], "@@remove": ["us-gov-west-1"]}},
    {"Regions": {"@@Assign": ["us-east-1"]}},
    rule(start_backup_window_minutes=60, complete_backup_window_minutes="060"),
    rule(start_backup_window_minutes="2147483648"),
    rule(enable_continuous_backup="false"),
    rule(target_backup_vault_name="V"),
    rule(schedule_expression="cron(0 5 ? * * *)"),
    rule(schedule_expression="cron(0 5 1 1 ?)"),
    rule(target_logically_air_gapped_backup_vault_arn=VAULT.replace("us-east-1", "$region")),
    lifecycle(delete_after_days=36501),
    lifecycle(move_to_cold_storage_after_days=30, delete_after_days=60),
    continuous(35),
    archived(30, 120, schedule_expression="cron(0 5 1 * ? *)"),
    tagged(tag_value=[""]),
    tagged(tag_value=[1]),
    tagged(iam_role_arn=ROLE),
    {"selections": {"tags": {}}},
    by_type(resource_types=assign(["*"])),
    by_type(resource_types=assign(["arn:aws-us-gov:ec2:*:*:volume/*"])),
    condition(condition_key="aws:ResourceTag/cost", condition_value="one"),
    plan_tag("Cost", tag_key="cost", tag_value="v" * 256),
    copied(VAULT, target_backup_vault_arn=assign(VAULT)),
    controlled("@@none"),
    controlled("@@all", "@@append"),
    {"advanced_backup_settings": {"ec2": {"windows_vss": assign("enabled")}}},
    {"rules": {"r": {"index_actions": {"resource_types": assign(["EBS", "S3"])}}}},
    {"rules": {"r": {"scan_actions": {"GUARDDUTY": {"scan_mode": assign("FULL_SCAN")}}}}},
    {"scan_settings": {"GUARDDUTY": {"resource_types": assign(["ALL"])}}},
]
REFUSED: list[Any] = [
    "text",
    {"unknown": assign("x")},
    {"regions": ["us-east-1"]},
    {"regions": assign("us-east-1")},
    {"regions": assign(["*"])},
    {"regions": assign([12])},
    {"regions": {"@@replace": ["us-east-1"]}},
    {"regions": assign(["us-east-1"]), "REGIONS": assign([])},
    {"rules": assign({})},
    {"rules": {"with space": {}}},
    {"rules": {"n" * 51: {}}},
    rule(schedule_expression_timezone="Europe/London"),
    rule(schedule_expression="rate(1 day)"),
    rule(schedule_expression=""),
    rule(schedule_expression="cron(* * * * * *)"),
    rule(start_backup_window_minutes=59),
    rule(start_backup_window_minutes=60.0),
    rule(start_backup_window_minutes="+60"),
    rule(start_backup_window_minutes=" 60"),
    rule(start_backup_window_minutes=True),
    rule(complete_backup_window_minutes="9223372036854775807"),
    rule(complete_backup_window_minutes=["60"]),
    rule(enable_continuous_backup="TRUE"),
    rule(enable_continuous_backup="true"),
    rule(target_backup_vault_name="with.dot"),
    rule(target_logically_air_gapped_backup_vault_arn=VAULT),
    {"rules": {"r": {"start_backup_window_minutes": {"@@append": ["60"]}}}},
    lifecycle(delete_after_days=0),
    lifecycle(move_to_cold_storage_after_days="-1"),
    continuous(36),
    continuous(),
    continuous(35, move_to_cold_storage_after_days=30),
    archived(30, 119, schedule_expression="cron(0 5 1 * ? *)"),
    archived(30, 120),
    tagged(tag_key=None),
    tagged(tag_value=None),
    tagged(tag_value="daily"),
    tagged(tag_value=[]),
    tagged(tag_key=""),
    tagged(tag_key="k" * 129),
    tagged(iam_role_arn="arn:aws:iam::111111111111:role/Backup"),
    by_type(iam_role_arn=assign(ROLE)),
    by_type(resource_types=assign([])),
    by_type(resource_types=assign(["arn:aws:sqs:*:*:*"])),
    condition(condition_key="aws:ResourceTag/cost"),
    plan_tag("cost", tag_key="other", tag_value="one"),
    plan_tag("cost", tag_key="cost"),
    plan_tag("cost", tag_key="cost", tag_value=["one"]),
    copied("vault", target_backup_vault_arn=assign(VAULT)),
    copied(VAULT.replace("us-east-1", "$region"), target_backup_vault_arn=assign(VAULT)),
    copied(VAULT),
    controlled(),
    controlled("@@none", "@@append"),
    controlled("@@append", "@@append"),
    controlled("@@everything"),
    {"advanced_backup_settings": {"s3": {"backup_acls": assign("yes")}}},
    {"rules": {"r": {"index_actions": {"resource_types": assign([])}}}},
    {"scan_settings": {"GUARDDUTY": {"resource_types": assign([])}}},
]


def is_admitted(plan: Any) -> bool:
    """Whether a policy with this one plan is accepted."""
    try:
        check_content(json.dumps({"plans": {"daily": plan}}), Settings())
    except ApiError as error:
        assert error.code == "MalformedPolicyDocumentException"
        return False
    return True


@pytest.mark.parametrize("plan", ADMITTED, ids=json.dumps)
def test_admitted(plan: Any) -> None:
    assert is_admitted(plan)


@pytest.mark.parametrize("plan", REFUSED, ids=json.dumps)
def test_refused(plan: Any) -> None:
    assert not is_admitted(plan)
