"""The names of the base that `restores` replaces or relies on; see `patches`."""

from __future__ import annotations

from .patch_point import PatchPoint

_EC2 = "ministack.services.ec2"
_EVENTS = "ministack.services.eventbridge"
_RDS = "ministack.services.rds"
_LAMBDA = "ministack.services.lambda_svc"
_SCHEDULER = "ministack.services.scheduler"
_SQS = "ministack.services.sqs"

TABLE: tuple[PatchPoint, ...] = (
    PatchPoint(_EC2, "_instance_xml", True, "e23dcbbfd0a3", "instances with network interfaces"),
    PatchPoint(_EC2, "_instances", False, "", "instances with what is attached"),
    PatchPoint(_EC2, "_volumes", False, "", "instances with what is attached"),
    PatchPoint(_EC2, "_snapshots", False, "", "copies of snapshots"),
    PatchPoint(_EC2, "_images", False, "", "copies of images"),
    PatchPoint(_RDS, "_snapshots", False, "", "copies of snapshots"),
    PatchPoint(_EC2, "_network_interfaces", False, "", "instances with what is attached"),
    PatchPoint(
        _EVENTS, "_dispatch_to_lambda", True, "cb1c453d362b", "asynchronous invocation with retries"
    ),
    PatchPoint(_EVENTS, "_dispatch_event", False, "dc3a3c4d1b9e", "events of AWS Backup"),
    PatchPoint(_EVENTS, "_pattern_event_view", False, "0cb95364be74", "events of AWS Backup"),
    PatchPoint(
        _EVENTS, "_tick_scheduled_rules", False, "04fc1308a46f", "a schedule's time has come"
    ),
    PatchPoint(_EVENTS, "_rules", False, "", "a schedule's time has come"),
    PatchPoint(_EVENTS, "_rule_last_fired", False, "", "a schedule's time has come"),
    PatchPoint(_SCHEDULER, "_tick_schedules", False, "5a85e2055106", "a schedule's time has come"),
    PatchPoint(_SCHEDULER, "_schedules", False, "", "a schedule's time has come"),
    PatchPoint(_SCHEDULER, "_schedule_last_fired", False, "", "a schedule's time has come"),
    PatchPoint(
        _LAMBDA, "_run_sqs_batch", True, "9aa51781dc61", "answers to batches as Lambda reads them"
    ),
    PatchPoint(
        _LAMBDA,
        "_execute_function",
        True,
        "da9866f365b8",
        "answers to batches as Lambda reads them",
    ),
    PatchPoint(_LAMBDA, "_iter_all_esms", False, "45c850a12c18", "mappings of a queue"),
    PatchPoint(_LAMBDA, "_esm_backoff_until", False, "", "visibility timeouts that pass at once"),
    PatchPoint(_LAMBDA, "_esm_wake", False, "", "visibility timeouts that pass at once"),
    PatchPoint(_SQS, "_queues", False, "", "visibility timeouts that pass at once"),
    PatchPoint(_SQS, "_queues_lock", False, "", "visibility timeouts that pass at once"),
    PatchPoint(_SQS, "_queue_by_arn", False, "b54e6d717ca6", "queues of events"),
    PatchPoint(
        _SQS, "_ensure_msg_fields", False, "07dbe09e03e3", "messages in dead-letter queues of rules"
    ),
    PatchPoint("ministack.services.backup", "_vaults", False, "", "recovery points are in vaults"),
)
