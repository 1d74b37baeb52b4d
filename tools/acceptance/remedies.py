"""What to do about AWS's words. Pure; the first pattern that fits counts."""

import re

# In the order in which they are tried: the particular ones first.
TABLE = (
    (
        r"explicit deny in a service control policy",
        "a service control policy forbids it here: give the exception of docs/planning.md "
        "(Control Tower), or detach it from this OU",
    ),
    (
        r"no (identity|session|permissions boundary)[\w -]*policy allows|UnauthorizedOperation",
        "this profile lacks the right: give it the document of tools/deploy/permissions for this "
        "account (docs/planning.md, without administrator rights)",
    ),
    (
        r"Given key ID is not accessible|source snapshot KMS key",
        "the key that encrypts it does not let the central account in: add the statement of "
        "docs/deployment.md (your own keys), and VOLUME_KEY=ARN where EBS encrypts by default",
    ),
    (
        r"default key cannot be shared|AWS managed key can't be shared",
        "AWS's own key allows no copies: EBS encrypts by default here, so add VOLUME_KEY=ARN of a "
        "customer managed key, undo and begin again",
    ),
    (
        r"for DynamoDB resources|advanced DynamoDB",
        "make enable-advanced-dynamodb PROFILE=management APPLY=1, then a new backup: undo and "
        "begin again",
    ),
    (
        r"Cross-account copy feature is not enabled",
        "make prepare-organization PROFILE=management APPLY=1",
    ),
    (
        r"Access Denied trying to call AWS Backup service",
        "the backup role, the central vault's policy or a service control policy does not let the "
        "copy through: look for an SCP that denies backup:CopyIntoBackupVault or "
        "backup:CopyFromBackupVault on this OU, then for the stack set of the role",
    ),
    (
        r"AWSServiceRoleForBackup",
        "the central account lacks AWS Backup's own role: make deploy-central APPLY=1",
    ),
    (
        r"SUSPENDED|suspended",
        "nothing is backed up there: reopen the account, or move it out of the target OUs; then "
        "make verify-stack-sets PROFILE=home",
    ),
)


def remedy(words: str, otherwise: str) -> str:
    """The remedy for AWS's words, else the step's own."""
    return next((text for pattern, text in TABLE if re.search(pattern, words)), otherwise)
