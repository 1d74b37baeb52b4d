"""What AWS publishes about permissions, as data with versions and dates: see `make aws-data`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ministack.services import iam

_POLICIES = Path(__file__).parent / "managed_policies"


def managed_policies() -> list[dict[str, Any]]:
    """AWS's managed policies that are here: `arn`, `version`, `date`, `package`, `document`."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(_POLICIES.glob("*.json"))]


def put_managed_policies() -> None:
    """Give the base these documents under their versions, in the place of what it has itself."""
    for policy in managed_policies():
        name = policy["arn"].partition(":policy/")[2]
        record = iam._make_aws_managed_record(name, json.dumps(policy["document"]))
        [(_, version)] = record["Versions"].items()
        version.update(VersionId=policy["version"], CreateDate=f"{policy['date']}T00:00:00Z")
        record["DefaultVersionId"] = policy["version"]
        record["Versions"] = {policy["version"]: version}
        iam._aws_managed_policies[policy["arn"]] = record
