"""Whose credentials are used: sessions of roles, never an account's root after the first minute."""

import configparser
import json

from kit.clients import with_keys
from kit.environment import SECRET
from kit.names import MEMBER

from ..names import CENTRAL, HOME, MANAGEMENT

ADMINISTRATOR = "Administrator"
ACCESS_ROLE = "OrganizationAccountAccessRole"
# As the guide names them.
PROFILES = {"management": MANAGEMENT, "home": HOME, "central": CENTRAL, "member": MEMBER}
_EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"


class Administrators:
    """The administrators of the accounts."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self._keys = {}

    def bootstrap(self):
        """As root of the management account: a role to work with. The only calls of a root."""
        root = {"aws_access_key_id": MANAGEMENT, "aws_secret_access_key": SECRET}
        iam = self._make("iam", "us-east-1", root)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{MANAGEMENT}:root"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        iam.create_role(RoleName=ADMINISTRATOR, AssumeRolePolicyDocument=json.dumps(trust))
        iam.attach_role_policy(RoleName=ADMINISTRATOR, PolicyArn=_EVERYTHING)
        sts = self._make("sts", "us-east-1", root)
        self._keys[MANAGEMENT] = self._assume(sts, MANAGEMENT, ADMINISTRATOR)

    def keys(self, account):
        """Credentials of an administrator of an account."""
        if account not in self._keys:
            sts = self.client("sts", MANAGEMENT)
            self._keys[account] = self._assume(sts, account, ACCESS_ROLE)
        return self._keys[account]

    def client(self, service, account, region="us-east-1"):
        """A client of an account's administrator."""
        return self._make(service, region, self.keys(account))

    def write_profiles(self, path):
        """The profiles that the guide's commands name."""
        profiles = configparser.ConfigParser()
        for name, account in PROFILES.items():
            profiles[name] = self.keys(account)
        with path.open("w") as file:
            profiles.write(file)
        path.chmod(0o600)

    def _assume(self, sts, account, role):
        found = sts.assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="rehearsal"
        )["Credentials"]
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }

    def _make(self, service, region, keys):
        # Three attempts, as a person's tools have: a machine may be slow.
        return with_keys(self.endpoint, service, region, *keys.values(), attempts=3)
