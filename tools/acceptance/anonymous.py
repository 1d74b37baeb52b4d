"""Replaces ids by names that stay the same throughout a report. Pure.

Accounts, organization, roots and OUs, what ARNs name, keys, jobs, e-mail addresses. Names of the
solution's own stay: they stand in the repository.
"""

import re

# What the repository names itself, at the end of ARNs.
OWN = re.compile(
    r"(AWSBackupSolution|AWSServiceRole|BackupOrgPolicy|TagOnRestore|StackSet-aws-backup-|"
    r"aws-backup-|backup-recovery-with-aws-backup)"
)
_ARN = re.compile(r"arn:aws[\w-]*:[\w-]*:[\w-]*:\d{0,12}:[^\s\"',;)\]]+")
_E_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
_IDS = (
    ("organization", re.compile(r"\bo-[a-z0-9]{10,32}\b")),
    ("ou", re.compile(r"\bou-[0-9a-z]{4,32}-[a-z0-9]{8,32}\b")),
    ("root", re.compile(r"\br-[0-9a-z]{4,32}\b")),
    ("policy", re.compile(r"\bp-[a-z0-9]{8,128}\b")),
    ("key", re.compile(r"\bmrk-[0-9a-f]{32}\b")),
    ("id", re.compile(r"\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")),
    ("id", re.compile(r"\b(vol|snap|fs|ami|i|eni)-[0-9a-f]{8,17}\b")),
    ("account", re.compile(r"\b\d{12}\b")),
)


class Names:
    """The map; `known` are accounts with names of their own."""

    def __init__(self, known: dict[str, str]):
        self._names = dict(known)
        self._counts: dict[str, int] = {}

    def replaced(self, value):
        """A report's value with every id replaced, however deep it is."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {key: self.replaced(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.replaced(item) for item in value]
        return value

    def _text(self, text: str) -> str:
        text = _E_MAIL.sub(lambda found: self._name("address", found[0]), text)
        text = _ARN.sub(lambda found: self._arn(found[0]), text)
        for kind, pattern in _IDS:
            text = pattern.sub(lambda found, kind=kind: self._name(kind, found[0]), text)
        return text

    def _arn(self, arn: str) -> str:
        """Service, Region and kind stay; the account and what is named there do not."""
        head, rest = ":".join(arn.split(":", 5)[:5]), arn.split(":", 5)[5]
        kind = re.match(r"[a-z-]+[:/](?=.)", rest)
        named = rest[kind.end() :] if kind else rest
        # A name of a bucket is nobody else's in the world, with what CloudFormation put behind it.
        if head.split(":")[2] == "s3" or not OWN.match(named):
            is_key = kind is not None and kind[0] == "key/"
            named = self._name("key" if is_key else "name", named)
        return f"{head}:{kind[0] if kind else ''}{named}"

    def _name(self, kind: str, found: str) -> str:
        if found not in self._names:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._names[found] = f"{kind}-{self._counts[kind]}"
        return self._names[found]
