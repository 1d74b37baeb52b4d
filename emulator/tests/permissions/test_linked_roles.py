"""IAM: service-linked roles, above all AWS Backup's."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ..entitled import Entitled, allow
from ..world import CENTRAL, World, error_of

ARN = f"arn:aws:iam::{CENTRAL}:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"
BACKUP = {"AWSServiceName": "backup.amazonaws.com"}


def test_the_role_of_aws_backup_has_its_path_its_trust_and_its_policy(world: World) -> None:
    iam = world.client("iam", CENTRAL)
    assert error_of(iam.get_role, RoleName="AWSServiceRoleForBackup")[0] == "NoSuchEntity"
    made = iam.create_service_linked_role(**BACKUP)["Role"]
    assert made["Arn"] == ARN
    found = iam.get_role(RoleName="AWSServiceRoleForBackup")["Role"]
    trusted = found["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert trusted == {"Service": "backup.amazonaws.com"}
    attached = iam.list_attached_role_policies(RoleName="AWSServiceRoleForBackup")
    [policy] = attached["AttachedPolicies"]
    assert policy["PolicyName"] == "AWSBackupServiceLinkedRolePolicyForBackup"


def test_a_second_one_is_refused_in_iams_words(world: World) -> None:
    iam = world.client("iam", CENTRAL)
    iam.create_service_linked_role(**BACKUP)
    with pytest.raises(ClientError) as caught:
        iam.create_service_linked_role(**BACKUP)
    assert caught.value.response["Error"]["Code"] == "InvalidInput"
    assert caught.value.response["Error"]["Message"] == (
        "Service role name AWSServiceRoleForBackup has been taken in this account, "
        "please try a different suffix."
    )


def test_making_one_needs_the_permission_for_that_service(world: World) -> None:
    account = Entitled(world)
    condition = {"StringEquals": {"iam:AWSServiceName": "autoscaling.amazonaws.com"}}
    create = "iam:CreateServiceLinkedRole"
    user = account.user("maker", allow(create, Condition=condition))
    assert error_of(user.client("iam").create_service_linked_role, **BACKUP)[0] == "AccessDenied"
    condition["StringEquals"]["iam:AWSServiceName"] = "backup.amazonaws.com"
    user.grant(allow(create, Condition=condition))
    user.client("iam").create_service_linked_role(**BACKUP)
