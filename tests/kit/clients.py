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


# Making one takes longer than most tests. Bounded: each rehearsal has an endpoint of its own.
@functools.lru_cache(maxsize=256)
def with_keys(endpoint, service, region, key, secret, token=None, attempts=1):
    """A client with these credentials. Nothing of the user's own configuration takes part."""
    return _session().create_client(
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


@functools.cache  # it remembers the descriptions of the services
def _session():
    nobody = {"config_file": os.devnull, "credentials_file": os.devnull, "profile": None}
    variables = {name: (None, None, value, None) for name, value in nobody.items()}
    return botocore.session.Session(session_vars=variables)
