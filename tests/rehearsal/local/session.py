"""``session PROFILES ENDPOINT ROLE``: credentials of a role, for the CLI's `credential_process`.

The role is assumed with the keys of the profile `management` in PROFILES.
"""

import configparser
import json
import sys

from botocore.exceptions import BotoCoreError, ClientError
from kit.clients import with_keys


def main():
    """Print the credentials as the CLI wants them."""
    path, endpoint, role = sys.argv[1:]
    profiles = configparser.ConfigParser(interpolation=None)
    profiles.read(path)
    keys = profiles["profile management"]
    client = with_keys(
        endpoint,
        "sts",
        keys["region"],
        keys["aws_access_key_id"],
        keys["aws_secret_access_key"],
        attempts=3,
    )
    try:
        found = client.assume_role(RoleArn=role, RoleSessionName="demo")["Credentials"]
    except (BotoCoreError, ClientError) as error:
        sys.exit(str(error))
    found["Expiration"] = found["Expiration"].isoformat()
    print(json.dumps({"Version": 1} | found))


if __name__ == "__main__":
    main()
