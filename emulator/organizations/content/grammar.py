"""The grammar of backup policies, as far as AWS's admission is documented or recorded.

What neither the guide nor a recording settles is accepted.
"""

from __future__ import annotations

import re

from .admission import (
    Check,
    Node,
    Parts,
    assigned,
    fixed,
    mapping,
    needs,
    needs_one_of,
    scalar,
    several,
)

_NAME = r"[A-Za-z0-9_.-]{1,50}"
_VAULT = r"[A-Za-z0-9_-]{1,50}"
_REGION = r"[a-z]{2}(-[a-z]+)+-\d"
_VAULT_ARN = rf"arn:aws[a-z-]*:backup:{_REGION}:(\$account|\d{{12}}):backup-vault:{_VAULT}"
_ANY_NAME = r"[\s\S]+"

# What a selection by resource type may name, behind the partition.
_RESOURCE_TYPES = (
    "backup-gateway:*:*:vm/*",
    "cloudformation:*:*:stack/*",
    "dsql:*:*:cluster/*",
    "dynamodb:*:*:table/*",
    "ec2:*:*:instance/*",
    "ec2:*:*:volume/*",
    "eks:*:*:cluster/*",
    "elasticfilesystem:*:*:file-system/*",
    "fsx:*:*:file-system/*",
    "fsx:*:*:volume/*",
    "rds:*:*:cluster:*",
    "rds:*:*:db:*",
    "redshift:*:*:cluster:*",
    "redshift-serverless:*:*:namespace/*",
    "s3:::*",
    "ssm-sap:*:*:HANA/*",
    "storagegateway:*:*:gateway/*",
    "timestream:*:*:database/*",
)

# Continuous backups are kept 35 days at most; archive needs 90 days in cold storage.
LONGEST_CONTINUOUS = 35
SHORTEST_COLD = 90


def _matches(pattern: str) -> Check:
    return lambda value: re.fullmatch(pattern, value) is not None


def _one_of(*values: str) -> Check:
    return lambda value: value in values


def _length(shortest: int, longest: int) -> Check:
    return lambda value: shortest <= len(value) <= longest


def _at_least(least: int) -> Check:
    """Digits only; the greatest 64-bit integer is already refused."""
    return lambda value: (
        re.fullmatch(r"[0-9]+", value) is not None and least <= int(value) < 2**63 - 1
    )


def _is_schedule(value: str) -> bool:
    """Five or six fields, and not more often than hourly as far as the minutes tell."""
    found = re.fullmatch(r"cron\((\S+)( +\S+){4,5}\)", value)
    return found is not None and re.fullmatch(r"\d{1,2}", found.group(1)) is not None


_any_text = scalar(lambda value: True)
_switch = scalar(_one_of("enabled", "disabled"))
_truth = scalar(_one_of("true", "false"))
_role = scalar(_matches(r"arn:aws[a-z-]*:iam::\$account:role/\S+"))

_LIFECYCLE = fixed(
    {
        "move_to_cold_storage_after_days": scalar(_at_least(1)),
        "delete_after_days": scalar(_at_least(1)),
        "opt_in_to_archive_for_supported_resources": _truth,
    }
)


def _tags(*, same_name: bool) -> Node:
    """Tags of a plan or of recovery points; a plan's are named for their keys."""
    return mapping(
        _ANY_NAME,
        fixed(
            {"tag_key": _any_text, "tag_value": scalar(_length(0, 256))},
            needs("tag_key", "tag_value"),
        ),
        lambda name, tag: not same_name or name.lower() == (assigned(tag, "tag_key") or "").lower(),
    )


def _keeps_what_it_must(rule: Parts) -> bool:
    """What continuous backup and archiving demand of the lifecycle in the same rule."""
    keep = assigned(rule, "lifecycle", "delete_after_days")
    cold = assigned(rule, "lifecycle", "move_to_cold_storage_after_days")
    archive = assigned(rule, "lifecycle", "opt_in_to_archive_for_supported_resources")
    if assigned(rule, "enable_continuous_backup") == "true" and (
        keep is None or int(keep) > LONGEST_CONTINUOUS or cold is not None
    ):
        return False
    if archive != "true":
        return True
    return (
        keep is not None
        and cold is not None
        and int(keep) - int(cold) >= SHORTEST_COLD
        and "schedule_expression" in rule
    )


_COPY = fixed(
    {"target_backup_vault_arn": scalar(_matches(_VAULT_ARN)), "lifecycle": _LIFECYCLE},
    needs("target_backup_vault_arn"),
)
_RULE = fixed(
    {
        "schedule_expression": scalar(_is_schedule),
        "target_backup_vault_name": scalar(_matches(_VAULT)),
        "target_logically_air_gapped_backup_vault_arn": scalar(
            _matches(rf"arn:aws[a-z-]*:backup:\$region:\$account:backup-vault:{_VAULT}")
        ),
        "start_backup_window_minutes": scalar(_at_least(60)),
        "complete_backup_window_minutes": scalar(_at_least(60)),
        "enable_continuous_backup": _truth,
        "lifecycle": _LIFECYCLE,
        "copy_actions": mapping(_VAULT_ARN, _COPY),
        "recovery_point_tags": _tags(same_name=False),
        "index_actions": fixed({"resource_types": several(_one_of("EBS", "S3"), 1)}),
        "scan_actions": fixed(
            {"guardduty": fixed({"scan_mode": scalar(_one_of("INCREMENTAL_SCAN", "FULL_SCAN"))})}
        ),
    },
    _keeps_what_it_must,
)
_CONDITION = mapping(
    _NAME,
    fixed(
        {"condition_key": _any_text, "condition_value": _any_text},
        needs("condition_key", "condition_value"),
    ),
)
_CONDITIONS = fixed(
    {
        "string_equals": _CONDITION,
        "string_not_equals": _CONDITION,
        "string_like": _CONDITION,
        "string_not_like": _CONDITION,
    }
)
_TYPES = several(
    _matches(rf"\*|arn:aws[a-z-]*:({'|'.join(re.escape(kind) for kind in _RESOURCE_TYPES)})"), 1
)
_SELECTIONS = fixed(
    {
        "tags": mapping(
            _NAME,
            fixed(
                {
                    "iam_role_arn": _role,
                    "tag_key": scalar(_length(1, 128)),
                    "tag_value": several(lambda value: True, 1),
                    "conditions": _CONDITIONS,
                },
                needs("tag_key", "tag_value"),
            ),
        ),
        "resources": mapping(
            _NAME,
            fixed(
                {
                    "iam_role_arn": _role,
                    "resource_types": _TYPES,
                    "not_resource_types": _TYPES,
                    "conditions": _CONDITIONS,
                },
                needs_one_of("resource_types", "conditions"),
            ),
        ),
    }
)
_PLAN = fixed(
    {
        "regions": several(_matches(_REGION)),
        "rules": mapping(_NAME, _RULE),
        "selections": _SELECTIONS,
        "backup_plan_tags": _tags(same_name=True),
        "advanced_backup_settings": fixed(
            {
                "ec2": fixed({"windows_vss": _switch}),
                "s3": fixed({"backup_acls": _switch, "backup_object_tags": _switch}),
            }
        ),
        "scan_settings": fixed(
            {
                "guardduty": fixed(
                    {
                        "resource_types": several(_one_of("EBS", "EC2", "S3", "ALL"), 1),
                        "scanner_role_arn": _role,
                    }
                )
            }
        ),
    }
)

PLANS = mapping(_NAME, _PLAN)
