"""AWS Backup's service-linked role: it copies into its account, and expires what no other can.

Nothing else makes it in an account where AWS Backup was never used: a vault of CloudFormation does
not. Made by IAM's API, because AWS::IAM::ServiceLinkedRole fails where the role is there already.
"""

from botocore.exceptions import ClientError

from ..problem import Problem, aws_reason

SERVICE = "backup.amazonaws.com"
NAME = "AWSServiceRoleForBackup"


def make(iam) -> bool:
    """Make it unless it is there. Whether it was made."""
    try:
        iam.create_service_linked_role(AWSServiceName=SERVICE)
    except ClientError as error:
        found = error.response["Error"]
        if found["Code"] == "InvalidInput" and "has been taken in this account" in found["Message"]:
            return False
        raise Problem(
            f"role {NAME}",
            aws_reason(error),
            f"allow iam:CreateServiceLinkedRole for {SERVICE}, then run this again",
        ) from error
    return True
