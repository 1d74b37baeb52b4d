"""Uploads the stack sets' child templates under keys that carry their content's hash.

A stack set notices a changed template only by a changed address.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError

from .pipeline.packages import read_parameter
from .stacks import BY_NAME, ROOT

# The build's variable for each stack set's template; buildspecs/publish-templates.yml exports them.
VARIABLES = {
    "LAMBDA_S3_BUCKET_TEMPLATE": "stackset-aws-backup-lambda-s3-bucket",
    "MEMBER_ACCOUNTS_ROLE_TEMPLATE": "stackset-aws-backup-member-accounts-role",
    "MEMBER_ACCOUNTS_TEMPLATE": "stackset-aws-backup-member-accounts",
    "TAGONRESTORE_TEMPLATE": "stackset-aws-backup-tagonrestore",
}


def key_of(path: Path) -> str:
    return f"templates/{path.stem}/{hashlib.sha256(path.read_bytes()).hexdigest()}.yaml"


def publish(session, say: Callable[[str], None]) -> dict[str, str]:
    """Uploads what is not there yet; returns the keys as the build's variables."""
    bucket = read_parameter(session.client("ssm"), "/backup/bucket")
    s3 = session.client("s3")
    variables = {}
    for variable, stack in VARIABLES.items():
        path = ROOT / BY_NAME[stack].child
        key = key_of(path)
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                raise
            s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), ContentType="text/yaml")
            say(f"uploaded s3://{bucket}/{key}")
        variables[variable] = key
    return variables
