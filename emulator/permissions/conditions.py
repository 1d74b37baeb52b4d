"""Whether the conditions of a statement hold."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Callable

from .documents import Statement, like
from .keys import Keys
from .needs import Unmapped, Value


def hold(statement: Statement, keys: Keys) -> bool:
    """Whether all conditions of the statement hold; raises `Unmapped` for what is not known."""
    return all(
        _holds(operator, keys.value(key), wanted) for operator, key, wanted in statement.conditions
    )


def _holds(operator: str, actual: Value | None, wanted: tuple[str, ...]) -> bool:
    """One operator on one key.

    An absent key satisfies `...IfExists`, `ForAllValues:` and negated operators; see IAM's
    guide, "Condition operators" and "Set operators for multivalued context keys".
    """
    if any("${" in value for value in wanted):
        raise Unmapped(f"policy variable in {list(wanted)}")
    name = operator.lower()
    if name == "null":
        return (actual is None) == (wanted[0].lower() == "true")
    quantifier, _, name = name.rpartition(":")
    if_exists = name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    negated = name in _NEGATED
    test = _TESTS.get(_NEGATED.get(name, name))
    if test is None or quantifier not in ("", "forallvalues", "foranyvalue"):
        raise Unmapped(f"condition operator `{operator}`")
    if actual is None:
        return if_exists or quantifier == "forallvalues" or (negated and not quantifier)

    def holds_for(value: str) -> bool:
        return any(test(value, pattern) for pattern in wanted) != negated

    values = actual if isinstance(actual, list) else [actual]
    if quantifier == "forallvalues":
        return all(holds_for(value) for value in values)
    if quantifier == "foranyvalue" or not negated:
        return any(holds_for(value) for value in values)
    return all(holds_for(value) for value in values)


def _number(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(actual: str, wanted: str) -> bool:
        try:
            return compare(float(actual), float(wanted))
        except ValueError:
            return False

    return test


def _date(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(actual: str, wanted: str) -> bool:
        try:
            return compare(_moment(actual), _moment(wanted))
        except ValueError:
            return False

    return test


def _moment(text: str) -> float:
    if text.isdigit():
        return float(text)
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        moment = datetime.datetime.fromisoformat(text + "+00:00")
    return moment.timestamp()


def _ip(actual: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


def _arn(actual: str, wanted: str) -> bool:
    """Each of the six parts by itself: a wildcard does not reach over a colon of the first five."""
    actual_parts, wanted_parts = actual.split(":", 5), wanted.split(":", 5)
    if len(wanted_parts) < 6:
        return like(actual, wanted)
    return len(actual_parts) == 6 and all(map(like, actual_parts, wanted_parts))


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "stringequals": str.__eq__,
    "stringequalsignorecase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "stringlike": like,
    "arnequals": _arn,
    "arnlike": _arn,
    "bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "ipaddress": _ip,
    "numericequals": _number(float.__eq__),
    "numericlessthan": _number(float.__lt__),
    "numericlessthanequals": _number(float.__le__),
    "numericgreaterthan": _number(float.__gt__),
    "numericgreaterthanequals": _number(float.__ge__),
    "dateequals": _date(float.__eq__),
    "datelessthan": _date(float.__lt__),
    "datelessthanequals": _date(float.__le__),
    "dategreaterthan": _date(float.__gt__),
    "dategreaterthanequals": _date(float.__ge__),
}

# A negated operator and the one whose contrary it is.
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}
