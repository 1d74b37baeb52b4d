"""The only place where clients of AWS are made."""

import functools
import os

import botocore.session
from botocore.config import Config

from .environment import SECRET
from .names import HOME, REGION


def client(endpoint, service, account=HOME, region=REGION):
    """A client with the credentials of an account's root; it never tries again."""
    return with_keys(endpoint, service, region, account, SECRET)


@functools.cache  # making one takes longer than most tests
def with_keys(endpoint, service, region, key, secret, token=None, attempts=1):
    """A client with these credentials. Nothing of the user's own configuration takes part."""
    nobody = {"config_file": os.devnull, "credentials_file": os.devnull, "profile": None}
    variables = {name: (None, None, value, None) for name, value in nobody.items()}
    session = botocore.session.Session(session_vars=variables)
    return session.create_client(
        service,
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(
            proxies={},
            retries={"total_max_attempts": attempts},
            s3={"addressing_style": "path"},
        ),
    )
