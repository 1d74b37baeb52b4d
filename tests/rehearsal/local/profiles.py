"""Profiles for whoever looks around later: every account's administrator, and no key that expires.

The management account's profile is a user. The others are sessions of the
organization's access role, which `session` gets whenever a command needs one.
"""

import configparser
import shlex

from ..names import CENTRAL, CENTRAL_REGION, HOME_REGION, MANAGEMENT, PYTHON, ROOT
from ..stages.administrators import ACCESS_ROLE

USER = "demo"
_EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"
_SESSION = ("env", f"PYTHONPATH={ROOT / 'tests'}", str(PYTHON), "-m", "rehearsal.local.session")


def write(path, administrators, accounts):
    """A configuration file of the AWS CLI; ``accounts`` are (id, name)."""
    profiles = configparser.ConfigParser(interpolation=None)
    profiles["profile management"] = _user(administrators) | {"region": HOME_REGION}
    for account, name in accounts:
        if account != MANAGEMENT:
            role = f"arn:aws:iam::{account}:role/{ACCESS_ROLE}"
            command = [*_SESSION, str(path), administrators.endpoint, role]
            profiles[f"profile {name}"] = {
                "credential_process": shlex.join(command),
                "region": CENTRAL_REGION if account == CENTRAL else HOME_REGION,
            }
    path.touch(mode=0o600)
    with path.open("w") as file:
        profiles.write(file)


def _user(administrators):
    iam = administrators.client("iam", MANAGEMENT)
    iam.create_user(UserName=USER)
    iam.attach_user_policy(UserName=USER, PolicyArn=_EVERYTHING)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
