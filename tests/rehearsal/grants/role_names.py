"""Names of roles as the templates have them."""

import re

# What CloudFormation and stack sets make up behind a role's name: of a stack set's stack, too.
_MADE_UP = re.compile(
    r"(-?[0-9A-F]{13}|(?<=^stacksets-exec)-[0-9a-f]{32}|-[0-9a-f]{8}-[0-9a-f]{4}-.*)$"
)


def role_name(name):
    """A role's name without what was made up for it."""
    return _MADE_UP.sub("", name)
