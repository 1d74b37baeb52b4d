"""Restores as one piece: AWS Backup, the tag stores, and what leads from an event to a function."""

from __future__ import annotations

import functools
from typing import Any

from ministack.services import cloudwatch, ec2, eventbridge, lambda_svc

from ..base import patches
from ..events import deliveries, notifications
from ..events.message_moves import MessageMoves
from ..frame.rates import Rates
from ..functions import queue_batches
from ..tags import calls as tag_calls
from ..tags.api import TaggingApi
from ..wire.calls import Call, Request
from ..wire.native import BASE, Handler
from . import instances
from .api import BackupApi
from .changes import Changes
from .clusters import Clusters
from .copies.api import CopyApi
from .copies.jobs import CopyJobs
from .events import BackupEvents
from .instances import Instances
from .recovery_points import RecoveryPoints
from .restores.jobs import RestoreJobs
from .settings import BackupSettings

Response = tuple[int, dict[str, str], bytes]


class Restores:
    """The state of it all; made before anything of the plug-in stands before the base."""

    def __init__(self, handlers: dict[str, Handler], settings: BackupSettings) -> None:
        self.native = BASE
        self.events = BackupEvents()
        self.points = RecoveryPoints(self.native, settings)
        self.instances = Instances(self.native, handlers["ec2"])
        self.jobs = RestoreJobs(self.native, self.instances, self.events)
        self.copies = CopyJobs(
            self.native, self.points, self.events, settings.copies_across_accounts
        )
        self.copy_api = CopyApi(self.points, self.copies)
        self.changes = Changes(self.events)
        self.api = BackupApi(
            self.points, self.jobs, self.copy_api, self.changes, handlers["backup"]
        )
        self.clusters = Clusters(handlers["rds"], handlers["documentdb"])
        self.moves = MessageMoves(handlers["sqs"])
        self.tagging = TaggingApi(self.native, handlers["tagging"])
        self.rates = Rates()

    def install(self, handlers: dict[str, Any]) -> None:
        """Stand before the base's services, and replace what delivers events."""
        handlers.update(
            backup=self.api.handle,
            ec2=self.instances.handle,
            rds=self.clusters.handle,
            sqs=self.moves.handle,
            tagging=self.tagging.handle,
        )
        patches.replace(
            "ministack.services.ec2",
            "_instance_xml",
            functools.partial(instances.instance_xml, ec2._instance_xml),
        )
        patches.replace(
            "ministack.services.eventbridge",
            "_invoke_target",
            functools.partial(deliveries.invoke_target, eventbridge._invoke_target),
        )
        patches.replace(
            "ministack.services.eventbridge", "_dispatch_to_lambda", deliveries.dispatch_to_lambda
        )
        module = "ministack.services.lambda_svc"
        patches.replace(
            module,
            "_run_sqs_batch",
            functools.partial(queue_batches.run_batch, lambda_svc._run_sqs_batch),
        )
        patches.replace(
            module,
            "_execute_function",
            functools.partial(queue_batches.execute_function, lambda_svc._execute_function),
        )
        patches.replace(
            module,
            "_sqs_esm_concurrency",
            functools.partial(queue_batches.concurrency, lambda_svc._sqs_esm_concurrency),
        )
        patches.replace(
            "ministack.services.cloudwatch",
            "_dispatch_alarm_actions",
            functools.partial(notifications.alarm_actions, cloudwatch._dispatch_alarm_actions),
        )
        patches.replace(
            "ministack.services.sqs", "queue_policy_allows", notifications.queue_lets_in
        )
        patches.replace(
            "ministack.services.sns", "topic_policy_allows", notifications.topic_lets_in
        )

    async def refusal(self, call: Call, request: Request) -> Response | None:
        """The error of a call that AWS would throttle or whose tags it would not take."""
        throttled = self.rates.refusal(call)
        return throttled or await tag_calls.refusal(self.native, call, request)

    def clear(self) -> None:
        """The state of a fresh start."""
        self.jobs.clear()
        self.copies.clear()
        self.points.clear()
        self.events.clear()
        self.api.clear()
        self.moves.clear()
        self.rates.reset()
