"""Copying each kind of recovery point, into another account or Region.

What AWS Backup manages in full is copied by AWS Backup itself. The rest is copied by its service,
which AWS Backup's service-linked role asks for it: the actions and resources are those of the
role's policy, which AWS publishes (`published/`).
"""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass

from ministack.core.responses import request_scope
from ministack.services import ec2, rds

from ...tags.stores import Tags, as_list
from ...wire.native import Native
from ...wire.place import Place
from ..kinds import SOURCE_TAG, Made
from ..recovery_points import RecoveryPoint


@dataclass(frozen=True)
class Kind:
    """How one kind of snapshot is copied: the service that does it, and its action.

    ``is_on_copy`` is whether that action is about the copy; else it is about what is copied.
    """

    service: str
    action: str
    is_on_copy: bool


_EBS = Kind("ec2", "ec2:CopySnapshot", False)
_EC2 = Kind("ec2", "ec2:CopyImage", False)
_RDS = Kind("rds", "rds:CopyDBSnapshot", True)
_CLUSTER = Kind("rds", "rds:CopyDBClusterSnapshot", True)

_KINDS = {
    "EBS": _EBS,
    "EC2": _EC2,
    "RDS": _RDS,
    "Aurora": _CLUSTER,
    "Neptune": _CLUSTER,
    "DocumentDB": _CLUSTER,
}


def kind_of(point: RecoveryPoint) -> Kind | None:
    """How another service copies it; None for what AWS Backup copies, and what nobody copies."""
    return None if point.is_managed_in_full else _KINDS.get(point.resource_type)


def is_copied(point: RecoveryPoint) -> bool:
    """Whether it can be copied at all: a backup that DynamoDB keeps itself cannot.

    AWS's knowledge centre, "backup-troubleshoot-cross-account-copy": advanced features are needed.
    """
    return point.is_managed_in_full or point.resource_type in _KINDS


def arn_of_copy(point: RecoveryPoint, place: Place, job_id: str) -> str:
    """The ARN that the copy gets, in the form of its kind."""
    name = f"awsbackup:copyjob-{job_id.lower()}"
    match kind_of(point):
        case None:
            head, _, _ = point.arn.partition(":recovery-point:")
            rest = point.arn.removeprefix(f"{head}:recovery-point:")
            kept = f"{rest.rpartition('/')[0]}/" if "/" in rest else ""
            own = f"arn:aws:backup:{place.region}:{place.account}"
            return f"{own}:recovery-point:{kept}{uuid.uuid4()}"
        case kind if kind is _EBS:
            return f"arn:aws:ec2:{place.region}::snapshot/snap-{uuid.uuid4().hex[:17]}"
        case kind if kind is _EC2:
            return f"arn:aws:ec2:{place.region}::image/ami-{uuid.uuid4().hex[:17]}"
        case kind if kind is _RDS:
            return f"arn:aws:rds:{place.region}:{place.account}:snapshot:{name}"
    return f"arn:aws:rds:{place.region}:{place.account}:cluster-snapshot:{name}"


async def make(native: Native, point: RecoveryPoint, place: Place, arn: str, tags: Tags) -> Made:
    """Make the copy of this ARN in another place, with these tags where its service keeps them."""
    made = Made(arn, point.resource_type, point.contents)
    match kind_of(point):
        case kind if kind is _EBS:
            _copy_snapshot(point.place, place, _name(point.arn), _name(arn), bool(point.keys))
        case kind if kind is _EC2:
            _copy_image(point.place, place, _name(point.arn), _name(arn), bool(point.keys))
        case kind if kind is _RDS:
            _copy_database_snapshot(point, place, arn)
    with request_scope(*place):
        if arn.startswith("arn:aws:ec2:"):
            marked = as_list(tags | {SOURCE_TAG: point.resource_arn})
            await native.call("ec2", "CreateTags", Resources=[_name(arn)], Tags=marked)
        elif arn.startswith("arn:aws:rds:"):
            await native.call("rds", "AddTagsToResource", ResourceName=arn, Tags=as_list(tags))
    return made


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _copy_snapshot(source: Place, place: Place, old: str, new: str, encrypted: bool) -> None:
    with request_scope(*source):
        record = copy.deepcopy(ec2._snapshots[old])
    record |= {"SnapshotId": new, "OwnerId": place.account, "Encrypted": encrypted}
    with request_scope(*place):
        ec2._snapshots[new] = record


def _copy_image(source: Place, place: Place, old: str, new: str, encrypted: bool) -> None:
    """An image of copies of its snapshots."""
    with request_scope(*source):
        record = copy.deepcopy(ec2._images[old])
    record |= {"ImageId": new, "OwnerId": place.account}
    for mapping in record["BlockDeviceMappings"]:
        snapshot = f"snap-{uuid.uuid4().hex[:17]}"
        _copy_snapshot(source, place, mapping["Ebs"]["SnapshotId"], snapshot, encrypted)
        mapping["Ebs"]["SnapshotId"] = snapshot
    with request_scope(*place):
        ec2._images[new] = record


def _copy_database_snapshot(point: RecoveryPoint, place: Place, arn: str) -> None:
    with request_scope(*point.place):
        record = copy.deepcopy(rds._snapshots[point.arn.partition(":snapshot:")[2]])
    name = arn.partition(":snapshot:")[2]
    record |= {"DBSnapshotIdentifier": name, "DBSnapshotArn": arn}
    with request_scope(*place):
        rds._snapshots[name] = record
