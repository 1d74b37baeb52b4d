"""What CloudTrail records of AWS Organizations, as events of the management account.

Organizations sends them in one Region only, us-east-1, to the management account
(AWS Organizations User Guide, "Logging and monitoring in AWS Organizations"). The form is that of
CloudTrail's records (CloudTrail User Guide, "CloudTrail record contents") in EventBridge's envelope
(EventBridge User Guide, "AWS service events delivered via AWS CloudTrail"); parameters have their
first letter in lower case. A trail that logs management events is taken to be there. What only
reads is not sent: EventBridge leaves it out by default.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from ..events import bus
from ..permissions.principals import ROLE, Principal
from ..wire.place import Place

REGION = "us-east-1"

# What changes policies, their attachments, and where accounts are.
RECORDED = frozenset(
    {
        "AttachPolicy",
        "CreatePolicy",
        "DeletePolicy",
        "DetachPolicy",
        "DisablePolicyType",
        "EnablePolicyType",
        "MoveAccount",
        "UpdatePolicy",
    }
)
# CloudTrail leaves bodies of policies out of the records of some services; of Organizations that is
# not known. Nobody here may depend on one.
_HIDDEN = frozenset({"Content", "Tags"})


def record(management: str, caller: Principal, operation: str, body: bytes) -> None:
    """Send the event of a call that succeeded."""
    if operation not in RECORDED:
        return
    parameters = {
        name[0].lower() + name[1:]: value
        for name, value in json.loads(body or b"{}").items()
        if name not in _HIDDEN
    }
    detail: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller),
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": "organizations.amazonaws.com",
        "eventName": operation,
        "awsRegion": REGION,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": "emulator",
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": management,
        "eventCategory": "Management",
    }
    place = Place(management, REGION)
    kind = "AWS API Call via CloudTrail"
    bus.dispatch(place, bus.event(place, "aws.organizations", kind, [], detail))


def _identity(caller: Principal) -> dict[str, Any]:
    """`userIdentity` (CloudTrail User Guide, "CloudTrail userIdentity element")."""
    if caller.kind != ROLE:
        kind = "IAMUser" if ":user/" in caller.arn else "Root"
        return {"type": kind, "arn": caller.arn, "accountId": caller.account}
    issuer = {
        "type": "Role",
        "arn": caller.role_arn,
        "accountId": caller.account,
        "userName": caller.name,
    }
    return {
        "type": "AssumedRole",
        "arn": caller.arn,
        "accountId": caller.account,
        "sessionContext": {"sessionIssuer": issuer},
    }
