"""Variables of child processes: nothing of the user's own AWS, no proxy, no outer make."""

import os

_FOREIGN = ("AWS_", "MAKE", "MFLAGS")


def is_proxy(name):
    """Whether a variable names a proxy: everything here is on this machine."""
    return name.lower().endswith("_proxy")


def environment(**more):
    """The variables for a child process, with ``more``; a configuration of AWS has to be in it."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and not is_proxy(name)
    }
    nobody = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    return kept | nobody | more


def as_root(endpoint, account):
    """Variables with which a child process calls an endpoint as the root of an account."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": SECRET,
    }


# The emulator takes any secret.
SECRET = "rehearsal"
