"""Who must allow a copy, and AWS Backup's messages where somebody does not.

The messages are AWS's: its guide's list "Reasons for problematic jobs", and for databases what
https://github.com/tecracer/aws-blog quotes. What is asked, and whose word it is:

* Who copies across accounts is the *destination's* service-linked role (AWS Backup's guide, "Using
  service-linked roles"; tecracer saw it in CloudTrail), with the policy that AWS publishes.
* The job's role takes from the source's vault and puts into the destination's, whose access policy
  must allow it (AWS's guide, "Setting up cross-account backup").
* A key of AWS's own cannot be shared, and the copy of a snapshot needs a customer's key at its
  destination (the same guide).
* Which of the role's actions on a key a service really calls nobody documents. Here it needs all
  that its policy has, on the source's key and the destination's: our reading, the strictest one. A
  key that lets the role do all of them is right in any case.
* That nothing is copied while the service-linked role is missing is our reading, and so is the
  message. AWS may make the role by itself with the first copy, which nobody documents either.
"""

from __future__ import annotations

from dataclasses import dataclass

from ministack.services import backup

from ...permissions import linked_roles
from ...permissions.gate import GATE
from ...permissions.limits import keys as organization_keys
from ...permissions.needs import Need
from ...permissions.principals import Principal
from ...permissions.services import encryption, service_roles
from ...wire.place import Place
from ..recovery_points import RecoveryPoint
from . import kinds as copy_kinds
from .kinds import Kind

DENIED = "Access Denied trying to call AWS Backup service"
OTHER_ORGANIZATION = (
    "Copy job failed. "
    "Both source and destination account must be a member of the same organization."
)
NOT_ENABLED = (
    "Copy job failed. Cross-account copy feature is not enabled for the current organization."
)
DEFAULT_KEY = (
    "Copy job failed because the destination Backup vault is encrypted with the default Backup "
    "service managed key. The contents of this vault cannot be copied. Only the contents of a "
    "Backup vault encrypted by an AWS KMS key may be copied."
)
_MANAGED_KEY = {
    "ec2": "Encrypted snapshots with Amazon EBS default key cannot be shared",
    "rds": "Snapshots encrypted with the AWS managed key can't be shared. "
    "Specify another snapshot.",
}

VIA = "AWS Backup copy job"
SESSION = "AWSBackup-Copy"
# What the service-linked role's published policy allows on keys, through the service that copies;
# kms:DescribeKey it may call itself.
_ON_KEYS = ("kms:ListGrants", "kms:ReEncryptFrom", "kms:GenerateDataKeyWithoutPlaintext")


@dataclass(frozen=True)
class Copy:
    """One copy to be made: ``role`` is the job's, ``arn`` what the copy will have."""

    point: RecoveryPoint
    destination: Place
    vault: str
    role: str
    arn: str

    @property
    def vault_arn(self) -> str:
        """The ARN of the vault that gets the copy."""
        place = self.destination
        return f"arn:aws:backup:{place.region}:{place.account}:backup-vault:{self.vault}"

    @property
    def crosses_accounts(self) -> bool:
        """Whether it goes into another account."""
        return self.point.place.account != self.destination.account

    @property
    def destination_key(self) -> str | None:
        """The customer's key of the vault that gets the copy; None for AWS's own."""
        record = backup._vaults.get_scoped(*self.destination, self.vault) or {}
        key = str(record.get("EncryptionKeyArn") or "")
        return encryption.arn_of(key, self.destination)


def refusal(copy: Copy, is_enabled: bool) -> str | None:
    """Why the copy is not made; None when everybody allows it.

    ``is_enabled`` is whether the organization has cross-account backup switched on.
    """
    source, target = (
        GATE.organization_of(place.account) for place in (copy.point.place, copy.destination)
    )
    if copy.crosses_accounts and (source is None or source is not target):
        return OTHER_ORGANIZATION
    if copy.crosses_accounts and not is_enabled:
        return NOT_ENABLED
    if not copy_kinds.is_copied(copy.point):
        return (
            f"Copy job from {copy.point.place.region} to {copy.destination.region} cannot be "
            f"initiated for {copy.point.resource_type} resources. Feature is not supported for "
            "provided resource type."
        )
    if not _job_role_may(copy):
        return DENIED
    return _linked_role_refusal(copy) if copy.crosses_accounts else None


def _job_role_may(copy: Copy) -> bool:
    place = copy.point.place
    paths = organization_keys(GATE.organization_of, "resource", copy.destination.account)
    found = paths.get("aws:resourceorgpaths") or []
    targets = {"backup:copytargets": [copy.vault_arn], "backup:copytargetorgpaths": found}
    asked = [
        Need("backup:CopyFromBackupVault", copy.point.arn, targets),
        Need("backup:CopyIntoBackupVault", copy.vault_arn),
    ]
    principal = service_roles.acting(copy.role, SESSION)
    return GATE.check(principal, asked, VIA, place) is None


def _linked_role_refusal(copy: Copy) -> str | None:
    linked = linked_roles.of_backup(copy.destination.account)
    if linked is None:
        return (
            f"The service-linked role AWSServiceRoleForBackup of {copy.destination.account} does "
            "not exist: it cannot be assumed by AWS Backup."
        )
    kind = copy_kinds.kind_of(copy.point)
    if kind is None:
        # Who makes a vault gives AWS Backup a grant on its key.
        return None
    own = copy.destination_key
    if own is None:
        return DEFAULT_KEY
    principal = service_roles.acting(linked, SESSION)
    resource = copy.arn if kind.is_on_copy else copy.point.arn
    place = copy.destination
    if GATE.check(principal, [Need(kind.action, resource)], VIA, place) is not None:
        return DENIED
    for key in copy.point.keys:
        read = encryption.arn_of(key, copy.point.place)
        if read is None:
            return _MANAGED_KEY[kind.service]
        if not _may_use(principal, read, kind):
            return _no_key(copy.point.resource_type, read)
    return None if _may_use(principal, own, kind) else _no_key(copy.point.resource_type, own)


def _may_use(principal: Principal, key: str, kind: Kind) -> bool:
    region, account = key.split(":")[3:5]
    through = {
        "kms:viaservice": f"{kind.service}.{region}.amazonaws.com",
        "kms:calleraccount": principal.account,
    }
    asked = [
        Need("kms:DescribeKey", key),
        Need("kms:CreateGrant", key, {**through, "kms:grantisforawsresource": "true"}),
        *(Need(action, key, through) for action in _ON_KEYS),
    ]
    return GATE.check(principal, asked, VIA, Place(account, region)) is None


def _no_key(resource_type: str, key: str) -> str:
    if resource_type == "EBS":
        return "Given key ID is not accessible"
    if resource_type == "EC2":
        return (
            "AMI snapshot copy failed with error: Given key ID is not accessible. You must have "
            "DescribeKey permissions on the default key"
        )
    return (
        f"The source snapshot KMS key [{key}] does not exist, is not enabled or you do not have "
        "permissions to access it."
    )
