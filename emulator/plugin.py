"""Puts the plug-in into the base: the only place that knows both sides."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from ministack import app as base_app
from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.core.router import extract_access_key_id
from ministack.services import eventbridge, iam, lambda_svc
from ministack.services.cloudformation import stacks

from . import published
from .backup.service import Restores
from .backup.settings import BackupSettings
from .base import patches
from .cloudformation import (
    failed_creates,
    kept_policies,
    stack_lookup,
    stack_resource,
    stack_tasks,
    storage,
)
from .cloudformation.custom_resources import CustomResources
from .cloudformation.deployers import Deployers
from .cloudformation.resource_types import ResourceTypes
from .cloudformation.stack_events import StackEvents
from .delivery import start
from .delivery.api import Delivery
from .frame import under_way
from .functions import asynchronous, functions
from .functions import code as function_code
from .functions import output as function_output
from .functions import roles as function_roles
from .organizations import api as organizations_api
from .organizations import landscape, membership, regions
from .organizations.organization import Organization
from .permissions import linked_roles, resource_policies
from .permissions.gate import GATE
from .permissions.requests import enforcement, missing_objects, pass_role
from .permissions.requests.encrypted_calls import EncryptedCalls
from .permissions.stacks import checks as stack_checks
from .stack_sets.api import StackSetApi
from .wire.loopback import Loopback

# What is under way at a reset is told to stop; how long that may take.
RESET_SECONDS = 30

Headers = dict[str, str]
Response = tuple[int, dict[str, str], Any]


class Emulator:
    """The plug-in's own state and its connection to the base."""

    def __init__(self, origin: str) -> None:
        self.organization = Organization()
        self.other_organization = Organization(landscape.OTHER)
        self.custom_resources = CustomResources(origin)
        self.backup_settings = BackupSettings()
        self.restores = Restores(base_app.SERVICE_HANDLERS, self.backup_settings)
        self.loopback = Loopback(origin)
        self.deployers = Deployers()
        self.stack_sets = StackSetApi(self.loopback, self._is_suspended)
        self.delivery = Delivery(self.loopback)
        self.types = ResourceTypes(
            self.loopback,
            self.delivery.types(),
            lambda: self.organization.settings.role_seconds,
        )
        self._follow_membership()

    def install(self) -> None:
        """Check every patch point, then put the replacements in."""
        patches.check()
        self._install_services()
        self._install_cloudformation()
        self._install_functions()
        enforcement.install()
        keys = EncryptedCalls(self.delivery.repositories.key_of)
        enforcement.FURTHER[:] = [pass_role.refused, missing_objects.refused, keys.refused]
        GATE.organization_of = self._organization_of_member
        enforcement.RESOURCES.find_stack_set = self.stack_sets.find
        resource_policies.POINTS.vault_of = self.restores.points.vault_of

    async def prepare_accounts(self) -> None:
        """AWS's managed policies, and in every member its management account's role."""
        published.put_managed_policies()
        for organization in (landscape.REHEARSAL, landscape.OTHER):
            for account in organization.accounts:
                if account.id != organization.management:
                    await _create_access_role(account.id, organization.management)

    async def reset(self) -> None:
        """Back to the state of a fresh start.

        First everything is stopped that is under way, so that nothing of it meets what comes
        next. Raises ``ValueError`` when something is not to be stopped.
        """
        self.restores.clear()
        await asyncio.to_thread(self.stop)
        still = await under_way.rest(RESET_SECONDS)
        self.custom_resources.forget()
        base_app._reset_all_state()
        self.organization = Organization()
        self.other_organization = Organization(landscape.OTHER)
        self.backup_settings.forget()
        self.deployers.forget()
        self.stack_sets.forget()
        self.delivery.forget()
        self.types.forget()
        kept_policies.clear()
        regions.REGIONS.forget()
        GATE.forget()
        functions.resume()
        self._follow_membership()
        await self.prepare_accounts()
        if still:
            raise ValueError(f"still under way after {RESET_SECONDS} s: {'; '.join(still)}")

    async def join(self, account_id: Any, name: Any, parent: Any) -> None:
        """An account joins the organization; raises ``ValueError`` for what cannot be.

        A new one gets the role that CreateAccount makes; one that was here has it still.
        """
        if self.other_organization.has_account(str(account_id)):
            raise ValueError(f"account {account_id} is in another organization")
        account = membership.join(self.organization, account_id, name, parent)
        if iam._roles.get_scoped(account.id, None, landscape.ACCESS_ROLE) is None:
            await _create_access_role(account.id, landscape.MANAGEMENT)
        self.organization.on_membership()

    def stop(self) -> None:
        """End every function's process, start none any more, and end every wait."""
        functions.stop()
        self.stack_sets.stop()
        self.delivery.stop()
        self.types.stop()
        self.custom_resources.stop()
        lambda_runtime.reset()

    def _install_services(self) -> None:
        handlers = base_app.SERVICE_HANDLERS
        self.restores.install(handlers)
        handlers["ec2"] = regions.describing(handlers["ec2"])
        handlers["account"] = regions.listing(handlers["account"])
        handlers["iam"] = linked_roles.creating(handlers["iam"])
        base_lambda = handlers["lambda"]
        base_backup = handlers["backup"]
        base_cloudformation = handlers["cloudformation"]

        async def organizations(
            method: str, path: str, headers: Headers, body: bytes, query: Any
        ) -> Response:
            target = headers.get("x-amz-target", "")
            caller = get_account_id()
            return organizations_api.handle(self.organization_of(caller), caller, target, body)

        async def lambda_(
            method: str, path: str, headers: Headers, body: bytes, query: Any
        ) -> Response:
            function_code.CALLER.set(extract_access_key_id(headers))
            if refused := function_roles.mapping_refused(method, path, body):
                return refused
            try:
                response: Response = await base_lambda(method, path, headers, body, query)
                return response
            except function_code.CodeError as error:
                return function_roles.refused_by_role(str(error))

        async def backup(
            method: str, path: str, headers: Headers, body: bytes, query: Any
        ) -> Response:
            organization = self.organization_of(get_account_id())
            answer = self.backup_settings.answer(organization, method, path, body)
            if answer is None:
                answer = await base_backup(method, path, headers, body, query)
            if answer[0] < 300:
                self.restores.changes.called(method, path, headers, query, body)
            return answer

        async def cloudformation(
            method: str, path: str, headers: Headers, body: bytes, query: Any
        ) -> Response:
            organization = self.organization_of(get_account_id())
            answer = await self.stack_sets.answer(organization, headers, body)
            answer = answer or stack_resource.describe(body)
            answer = answer or self.deployers.begin(headers, body)
            if answer is not None:
                return answer
            asked = stack_lookup.by_physical_id(body)
            response: Response = await base_cloudformation(method, path, headers, asked, query)
            self.deployers.end(response)
            return response

        handlers.update(
            {
                "organizations": organizations,
                "lambda": lambda_,
                "backup": backup,
                "cloudformation": cloudformation,
            }
        )

        self.delivery.install(handlers)
        patches.replace(
            "ministack.services.eventbridge",
            "_invoke_target",
            start.delivering(self.loopback, eventbridge._invoke_target),
        )

    def _install_cloudformation(self) -> None:
        package = "ministack.services.cloudformation"
        delete = stack_checks.install()
        events = StackEvents(stacks._add_event, delete)
        patches.replace(f"{package}.stacks", "_add_event", events.add)
        patches.replace(f"{package}.stacks", "_delete_resource", events.delete)
        self.custom_resources.on_update = events.changes
        self.types.install()
        kept_policies.install()
        self.restores.changes.install()
        storage.install()
        patches.replace(
            f"{package}.custom_resource", "invoke_custom_resource", self.custom_resources.request
        )
        roll_back = failed_creates.deleting(stacks._roll_back_operation)
        patches.replace(f"{package}.stacks", "_roll_back_operation", roll_back)
        patches.replace(f"{package}.stacks", "_create_stack_task_in_region", stack_tasks.start)

    def _install_functions(self) -> None:
        module = "ministack.services.lambda_svc"
        original = lambda_svc.s3_code_region_message
        patches.replace(module, "_provided_worker_env", functions.process_environment)
        patches.replace(module, "invoke_async_with_retry", asynchronous.invoke)
        patches.replace(module, "_fetch_code_from_s3", function_code.fetch_code)
        patches.replace(
            module,
            "s3_code_region_message",
            lambda bucket, layer=False: function_code.code_region_message(original, bucket, layer),
        )
        function_roles.install()
        function_output.install()

    def _follow_membership(self) -> None:
        """Stack sets hear of every account that moves, joins or leaves."""
        organization = self.organization

        def changed() -> None:
            under_way.task(
                "stack sets learn who joined, moved or left",
                self.stack_sets.membership_changed(organization),
            )

        organization.on_membership = changed

    def organization_of(self, account: str) -> Organization:
        """The account's organization; for one that has none, the rehearsal's, to refuse it."""
        if self.other_organization.has_account(account):
            return self.other_organization
        return self.organization

    def _is_suspended(self, account: str) -> bool:
        found = self.organization_of(account).accounts.get(account)
        return found is not None and found.is_suspended

    def _organization_of_member(self, account: str) -> Organization | None:
        organization = self.organization_of(account)
        return organization if organization.has_account(account) else None


async def _create_access_role(account: str, management: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{management}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    create: dict[str, Any] = {
        "Action": ["CreateRole"],
        "RoleName": [landscape.ACCESS_ROLE],
        "AssumeRolePolicyDocument": [json.dumps(trust)],
    }
    attach: dict[str, Any] = {
        "Action": ["AttachRolePolicy"],
        "RoleName": [landscape.ACCESS_ROLE],
        "PolicyArn": ["arn:aws:iam::aws:policy/AdministratorAccess"],
    }
    with request_scope(account, get_region()):
        for query in (create, attach):
            status, _, body = await iam.handle_request("POST", "/", {}, b"", query)
            if status != 200:
                raise RuntimeError(
                    f"the role {landscape.ACCESS_ROLE} of {account} was not prepared: {body!r}"
                )
