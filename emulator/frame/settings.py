"""What a test may change through the control plane: quotas and habits of AWS."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields


@dataclass
class Settings:
    """Quotas of AWS Organizations and how its asynchronous parts behave.

    The defaults are AWS's published figures. Durations are in seconds.
    """

    policy_characters: int = 10_000
    policies_per_organization: int = 1_000
    policies_per_target: int = 10
    tags_per_resource: int = 50
    # The most items of one page, whatever MaxResults says.
    page_size: int = 20
    # Every page of a listing is preceded by an empty one that has a NextToken.
    empty_pages: bool = False
    # How long EnablePolicyType stays at PENDING_ENABLE, DisablePolicyType at PENDING_DISABLE.
    policy_type_delay: float = 0.5
    # How long a stack waits after it has made a role; some ten seconds on AWS.
    role_seconds: float = 0
    # How long before it was seen an account's effective policy is shown to have come into force.
    in_force_before: float = 0

    def as_dict(self) -> dict[str, int | bool | float]:
        """The values by name, as the control plane shows them."""
        return asdict(self)

    def change(self, changes: dict[str, object]) -> None:
        """Set the named values; all or none.

        Raises ``ValueError`` for an unknown name or a value of another type.
        """
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"unknown setting `{name}`; known are {', '.join(sorted(kinds))}")
            if not _fits(kinds[name], value):
                raise ValueError(f"setting `{name}` must be a {kinds[name].__name__} of at least 0")
        for name, value in changes.items():
            setattr(self, name, kinds[name](value))


def _fits(kind: type, value: object) -> bool:
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    numbers = (int, float) if kind is float else (int,)
    return isinstance(value, numbers) and value >= 0
