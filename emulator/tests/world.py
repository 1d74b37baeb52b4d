"""What the tests say to the emulator: AWS clients and the control plane."""

from __future__ import annotations

import http.client
import io
import json
import sys
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

MANAGEMENT = "111111111111"
HOME = "222222222222"
CENTRAL = "333333333333"
MEMBER = "444444444441"
ROOT = "r-reh1"
REGION = "eu-west-1"

# What the ARN of every backup policy begins with.
ARN = "arn:aws:organizations::111111111111:policy/o-rehearsal01/backup_policy"

GOOD = json.dumps({"plans": {"daily": {"regions": {"@@assign": ["eu-west-1"]}}}})

Json = Any

# How long anything may take before a test gives up waiting for it.
PATIENCE = 120


@dataclass
class World:
    """A running emulator."""

    url: str
    pid: int
    # Clients of accounts' roots by service, account (and Region): making one is slow.
    clients: dict[tuple[str, ...], Any] = field(default_factory=dict)

    def client(self, service: str, account: str = MANAGEMENT, **credentials: str) -> Any:
        """A client that does not retry; of an account's root unless credentials are given."""
        if credentials:
            return self._new_client(service, credentials)
        if (service, account) not in self.clients:
            keys = {"aws_access_key_id": account, "aws_secret_access_key": "secret"}
            self.clients[service, account] = self._new_client(service, keys)
        return self.clients[service, account]

    def in_region(self, service: str, account: str, region: str) -> Any:
        """A client of an account's root in another Region."""
        if (service, account, region) not in self.clients:
            keys = {"aws_access_key_id": account, "aws_secret_access_key": "secret"}
            self.clients[service, account, region] = self._new_client(service, keys, region)
        return self.clients[service, account, region]

    def _new_client(self, service: str, keys: dict[str, str], region: str = REGION) -> Any:
        config = Config(
            retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"},
            read_timeout=PATIENCE,
        )
        return boto3.client(
            service, region_name=region, endpoint_url=self.url, config=config, **keys
        )

    def with_config(self, service: str, config: Config, account: str = MANAGEMENT) -> Any:
        """A client of an account's root with a configuration of its own."""
        keys = {"aws_access_key_id": account, "aws_secret_access_key": "secret"}
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url, config=config, **keys
        )

    def wait_for_calls(self, service: str, number: int) -> list[str]:
        """The operations called, once there are so many."""
        eventually(lambda: len(self.calls(service)) >= number)
        return self.calls(service)

    def unchecked(self, service: str, account: str = MANAGEMENT) -> Any:
        """A client that sends what AWS's own model forbids."""
        config = Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        return self.with_config(service, config, account)

    def json_error(self, operation: str, payload: Json) -> tuple[str, str | None]:
        """The code and reason that Organizations answers to a raw request."""
        status, _, body = self.organizations(operation, payload)
        assert status == 400, (status, body)
        error = json.loads(body)
        return error["__type"], error.get("Reason")

    def organizations(self, operation: str, payload: Json) -> tuple[int, dict[str, str], bytes]:
        """A raw request of the management account to Organizations."""
        scope = f"{MANAGEMENT}/20260101/us-east-1/organizations/aws4_request"
        headers = {
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=, Signature=",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AWSOrganizationsV20161128.{operation}",
        }
        return self.http("POST", "/", headers, json.dumps(payload))

    def control(self, method: str, name: str, body: Json = None) -> Json:
        """A request to the control plane that must succeed."""
        status, _, answer = self.http(
            method, f"/_emulator/{name}", body=None if body is None else json.dumps(body)
        )
        assert status == 200, (status, answer)
        return json.loads(answer)

    def http(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        body: str | bytes | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """A plain HTTP request; (status, headers in lower case, body)."""
        target = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(target.hostname), target.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            lines = {name.lower(): value for name, value in response.getheaders()}
            return response.status, lines, response.read()
        finally:
            connection.close()

    def settings(self, **changes: Json) -> None:
        """Change quotas or habits."""
        self.control("POST", "settings", changes)

    def fault(self, service: str, operation: str, kind: str, **more: Json) -> None:
        """Inject a fault."""
        self.control(
            "POST", "faults", {"service": service, "operation": operation, "kind": kind, **more}
        )

    def mend(self) -> None:
        """End all faults."""
        self.control("DELETE", "faults")

    def calls(self, service: str, **wanted: str) -> list[str]:
        """The operations of a service that were called, in order."""
        query = "&".join(f"{k}={v}" for k, v in {"service": service, **wanted}.items())
        return [entry["operation"] for entry in self.control("GET", f"calls?{query}")]

    def enable_backup_policies(self) -> Any:
        """Enable the policy type without its delay; the client of the management account."""
        self.settings(policy_type_delay=0)
        client = self.client("organizations")
        client.enable_policy_type(RootId=ROOT, PolicyType="BACKUP_POLICY")
        return client

    def policy(self, name: str = "daily", **more: Json) -> str:
        """Create a backup policy; its id."""
        wanted = {"Name": name, "Description": "", "Type": "BACKUP_POLICY", "Content": GOOD, **more}
        created = self.client("organizations").create_policy(**wanted)
        return str(created["Policy"]["PolicySummary"]["Id"])

    def role(
        self, name: str, *actions: str, account: str = HOME, trust: Json = None, path: str = "/"
    ) -> str:
        """A role that may do these actions on everything; its ARN.

        It trusts the service of its name, or the principals of ``trust``.
        """
        principal = trust or {"Service": f"{name}.amazonaws.com"}
        assume = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
        iam = self.client("iam", account)
        arn = iam.create_role(
            RoleName=name,
            Path=path,
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": assume}),
        )["Role"]["Arn"]
        if actions:
            self.allow(arn, {"Effect": "Allow", "Action": actions, "Resource": "*"})
        return str(arn)

    def allow(self, role: str, *statements: Json, name: str = "policy") -> None:
        """Give a role an inline policy with these statements, in the place of the last one."""
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self.client("iam", role.split(":")[4]).put_role_policy(
            RoleName=role.rpartition("/")[2],
            PolicyName=name,
            PolicyDocument=json.dumps(document),
        )

    def upload_function(
        self, account: str = HOME, bucket: str = "packages", key: str = "function.zip"
    ) -> bytes:
        """Put the fake function's package into a bucket of its own; the zip."""
        client = self.client("s3", account)
        client.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        package = function_zip()
        client.put_object(Bucket=bucket, Key=key, Body=package)
        return package

    def wait_for_stack(self, name: str, account: str = HOME) -> Any:
        """The stack when nothing happens to it any more."""
        client = self.client("cloudformation", account)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            stack = client.describe_stacks(StackName=name)["Stacks"][0]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                return stack
            time.sleep(0.05)
        raise AssertionError(f"stack {name} is still at work")

    def stack_reasons(self, name: str, account: str = HOME) -> list[tuple[str, str, str]]:
        """(logical id, status, reason) of the stack's events, oldest first."""
        client = self.client("cloudformation", account)
        events = client.describe_stack_events(StackName=name)["StackEvents"]
        return [
            (
                event["LogicalResourceId"],
                event["ResourceStatus"],
                event.get("ResourceStatusReason", ""),
            )
            for event in reversed(events)
        ]


def function_zip(source: str | None = None) -> bytes:
    """A package whose bootstrap is a Python script run by this interpreter."""
    text = (
        source if source is not None else (Path(__file__).parent / "fake_function.py").read_text()
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, f"#!{sys.executable}\n{text}")
    return buffer.getvalue()


def eventually(condition: Any) -> Any:
    """Wait until ``condition()`` is true; its value. The limit is no measure: machines are slow."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return value


def error_of(call: Any, **arguments: Any) -> tuple[str, str | None]:
    """The code and the reason with which a call fails."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response.get("Reason")
