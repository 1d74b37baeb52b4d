"""The names of the base between a service and what it does for somebody; see `patches`."""

from __future__ import annotations

from .patch_point import PatchPoint

_EVENTS = "ministack.services.eventbridge"
_EC2 = "ministack.services.ec2"
_LAMBDA = "ministack.services.lambda_svc"
_S3 = "ministack.services.s3"
_SNS = "ministack.services.sns"
_REGIONS = "Regions that an account has enabled"
_ROLE = "the function's role is asked"
_LET_IN = "the resource's policy and key are asked"
_KEYS = "keys of objects"

TABLE: tuple[PatchPoint, ...] = (
    PatchPoint(_EC2, "_ACTION_MAP", True, "", _REGIONS),
    PatchPoint(_EC2, "_parse_member_list", False, "e5deeb5f2bae", _REGIONS),
    PatchPoint(_EC2, "_p", False, "1049846cf971", _REGIONS),
    PatchPoint(_EC2, "_xml", False, "d3dc2afa1609", _REGIONS),
    PatchPoint(_LAMBDA, "_emit_lambda_logs", True, "2acd4c557cf3", _ROLE),
    PatchPoint(_LAMBDA, "_route_async_failure", True, "357cde1be6e0", _ROLE),
    PatchPoint(_LAMBDA, "_put_event_invoke_config", True, "211460dd1cfe", _ROLE),
    PatchPoint(_LAMBDA, "_create_esm", True, "a0e31420139e", _ROLE),
    PatchPoint(_LAMBDA, "_sqs_esm_concurrency", True, "6848adc59a20", _ROLE),
    PatchPoint(
        "ministack.services.cloudwatch", "_dispatch_alarm_actions", True, "9c27c0be1198", _LET_IN
    ),
    PatchPoint("ministack.services.sqs", "queue_policy_allows", True, "4f18542d203b", _LET_IN),
    PatchPoint(_SNS, "topic_policy_allows", True, "c2657d95c823", _LET_IN),
    PatchPoint(_SNS, "_topic_by_arn_any_scope", False, "cc1180e1fa80", "keys of topics"),
    PatchPoint("ministack.services.kms", "_resolve_key", False, "2c0f859509c0", "keys by any name"),
    PatchPoint(_S3, "_bucket_default_sse_headers", False, "b78a3962f1e4", _KEYS),
    PatchPoint(_S3, "_buckets", False, "", _KEYS),
    PatchPoint(_S3, "_object_versions", False, "", _KEYS),
    PatchPoint(
        "ministack.services.cloudwatch_logs", "_log_groups", False, "", "groups that are there"
    ),
    PatchPoint(_EVENTS, "_ensure_default_bus", False, "89946661875c", "buses of other accounts"),
    PatchPoint(_EVENTS, "_event_buses", False, "", "buses of other accounts"),
    PatchPoint(_EVENTS, "_event_bus_policies", False, "", "policies of buses"),
)
