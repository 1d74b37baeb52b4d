"""The values of the parameter files: do they fit their templates, and each other?

`check` is pure, and never asks whether a value is the one that the files came with: each value that
a template offers is the user's to choose.
"""

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path

from ..problem import Problem
from ..stacks import BY_NAME, PARAMETERS, TAG, Stack, load_template
from ..targets import FILE as TARGETS

Values = dict[str, dict[str, str]]  # stack name to its file's values
Report = Callable[[str, str, str], None]  # stack name, parameter, what is wrong

POLICY = "aws-backup-org-policy"
CENTRAL = "aws-backup-solution-central-account"
AIR_GAPPED = "aws-backup-solution-central-air-gapped-vault"
MEMBERS = "stackset-aws-backup-member-accounts"
SOURCE = "aws-backup-codecommit"
PIPELINE = "aws-backup-codepipeline"
MANAGER_ROLE = "aws-backup-backuporgpolicymanager-role"
MANAGER = "aws-backup-backuporgpolicymanager"

_LOCK = ("VaultLockMinRetentionDays", "VaultLockMaxRetentionDays")
BOUNDS = {CENTRAL: _LOCK, MEMBERS: _LOCK, AIR_GAPPED: ("MinRetentionDays", "MaxRetentionDays")}
RETENTIONS = ("DailyRetentionDays", "MonthlyRetentionDays")


def read(folder: Path = PARAMETERS) -> dict[str, dict]:
    """Each file's whole document, by the name of its stack."""
    documents = {}
    for path in sorted(folder.glob("*.json")):
        try:
            documents[path.stem] = json.loads(path.read_text())
        except json.JSONDecodeError as error:
            raise Problem(
                f"`{path.name}`",
                f"line {error.lineno} is not JSON ({error.msg})",
                "put the comma, quote or brace right",
            ) from None
    return documents


def check(documents: dict[str, dict]) -> list[str]:
    """Everything that is wrong, one line each. `targets-check` looks at the target values."""
    form, rules = _found(documents, RULES)
    return form or rules


def retentions(documents: dict[str, dict]) -> list[str]:
    """The retentions that no vault takes; none where the files are wrong otherwise."""
    return _found(documents, LOCKS)[1]


def _found(documents: dict[str, dict], rules: tuple) -> tuple[list[str], list[str]]:
    """What is wrong with the files one by one and, if that is nothing, with each other."""
    found: list[str] = []

    def report(stack: str, parameter: str, message: str) -> None:
        found.append(f"{stack}.json: {parameter}: {message}")

    values: Values = {}
    for name, document in documents.items():
        problem = _form(name, document)
        if problem:
            found.append(f"{name}.json: {problem}")
        else:
            values[name] = document["Parameters"]
    for name, given in values.items():
        if name != TARGETS.stem:
            _fit_the_template(BY_NAME[name], given, report)
    form, found = found, []
    if not form:
        for rule in rules:
            rule(values, report)
    return form, found


def _form(name: str, document) -> str | None:
    """What CodePipeline takes as a template configuration, with the solution's own tag."""
    if name not in BY_NAME:
        return "no stack has this name; see cloudformation/README.md"
    if not isinstance(document, dict) or set(document) != {"Parameters", "Tags"}:
        return "not of the form {Parameters, Tags}; see cloudformation/README.md"
    if any(not isinstance(document[part], dict) for part in document):
        return "Parameters and Tags each hold names and texts"
    if document["Tags"].get(TAG["Key"]) != TAG["Value"]:
        return f"the tag {TAG['Key']} is missing or has another value; add yours beside it"
    return None


def _fit_the_template(stack: Stack, given: dict[str, str], report: Report) -> None:
    declared = _declared(stack.name)
    for name, value in given.items():
        if name not in declared:
            report(stack.name, name, f"unknown; the template takes {', '.join(declared)}")
            continue
        not_wanted = value == "" and "Default" not in declared[name] and stack.by.startswith("make")
        if not not_wanted:
            problem = misfit(declared[name], value)
            if problem:
                report(stack.name, name, problem)


def misfit(declared: dict, value) -> str | None:
    """Why a template would refuse the value."""
    if not isinstance(value, str):
        return "not a text; write the value in quotes"
    allowed = [str(item) for item in declared.get("AllowedValues", [])]
    if allowed and value not in allowed:
        return f"`{value}` is not one of {', '.join(allowed)}"
    if not re.fullmatch(declared.get("AllowedPattern", ".*"), value, re.DOTALL):
        wanted = declared.get("ConstraintDescription", declared.get("AllowedPattern"))
        return f"`{value}` is not {wanted}"
    if len(value) > declared.get("MaxLength", 4_096):
        return f"it is longer than {declared.get('MaxLength', 4_096)} characters"
    if declared["Type"] == "Number":
        least, most = declared.get("MinValue", 0), declared.get("MaxValue", 10**9)
        if not re.fullmatch(r"\d+", value) or not least <= int(value) <= most:
            return f"`{value}` is not a whole number from {least} to {most}"
    return None


def the_pipeline_has_all_its_values(values: Values, report: Report) -> None:
    """It updates itself: a value that the file lacks would depend on how it was made."""
    for name in _declared(PIPELINE):
        if name not in values.get(PIPELINE, {}):
            report(PIPELINE, name, "missing; the pipeline updates itself from this file alone")


def source_and_pipeline_agree(values: Values, report: Report) -> None:
    """The pipeline's source is what the other stack made."""
    for name in ("SourceProvider", "BranchName"):
        if _value(values, PIPELINE, name) != _value(values, SOURCE, name):
            report(PIPELINE, name, f"another value than in {SOURCE}.json; make them the same")
    connected = _value(values, PIPELINE, "SourceProvider") == "CodeConnections"
    if connected and not _value(values, PIPELINE, "FullRepositoryId"):
        report(PIPELINE, "FullRepositoryId", "empty; a connection needs OWNER/REPOSITORY")


def both_stacks_of_the_policy_manager_agree(values: Values, report: Report) -> None:
    """One gives the rights that the other uses."""
    name = "DelegatedAdministrator"
    if _value(values, MANAGER_ROLE, name) != _value(values, MANAGER, name):
        report(MANAGER, name, f"another value than in {MANAGER_ROLE}.json; make them the same")


def compliance_is_meant(values: Values, report: Report) -> None:
    """The template's own rule, before somebody commits what cannot be deployed."""
    compliance = _value(values, CENTRAL, "VaultLockMode") == "compliance"
    if compliance and _value(values, CENTRAL, "ComplianceAcknowledgement") != "cannot-be-undone":
        report(
            CENTRAL,
            "ComplianceAcknowledgement",
            "compliance mode can never be undone; write cannot-be-undone if it is meant",
        )


def bounds_are_in_order(values: Values, report: Report) -> None:
    """AWS Backup refuses a vault whose shortest retention is longer than its longest."""
    for name, (least, most) in BOUNDS.items():
        shortest = _value(values, name, least)
        if shortest and int(shortest) > int(_value(values, name, most)):
            report(name, least, f"{shortest} is more than {most}; no retention would fit")


def retentions_fit_the_vault_locks(values: Values, report: Report) -> None:
    """A retention outside a lock's bounds makes every job fail."""
    locks = ((CENTRAL, "VaultLockMode"), (MEMBERS, "VaultLock"))
    for name, mode in locks:
        if _value(values, name, mode) != "none":
            _bound(values, name, report)


def retentions_fit_the_air_gapped_vault(values: Values, report: Report) -> None:
    """Copies to a vault that is not there would fail every night."""
    if _value(values, POLICY, "CopyToAirGappedVault") != "true":
        return
    if not _value(values, AIR_GAPPED, "MinRetentionDays"):
        report(
            POLICY,
            "CopyToAirGappedVault",
            f"there is no such vault: name MinRetentionDays in {AIR_GAPPED}.json",
        )
        return
    _bound(values, AIR_GAPPED, report)


LOCKS = (retentions_fit_the_vault_locks, retentions_fit_the_air_gapped_vault)
RULES = (
    the_pipeline_has_all_its_values,
    source_and_pipeline_agree,
    both_stacks_of_the_policy_manager_agree,
    compliance_is_meant,
    bounds_are_in_order,
    *LOCKS,
)


def _bound(values: Values, vault: str, report: Report) -> None:
    least, most = BOUNDS[vault]
    shortest, longest = int(_value(values, vault, least)), int(_value(values, vault, most))
    for retention in RETENTIONS:
        days = int(_value(values, POLICY, retention))
        if not shortest <= days <= longest:
            report(
                POLICY,
                retention,
                f"{days} days are outside {least} {shortest} and {most} {longest} of {vault}.json; "
                "every job would fail",
            )


def _value(values: Values, stack: str, name: str) -> str:
    """What the stack gets: the file's value, or the template's own."""
    given = values.get(stack, {}).get(name)
    if given is not None:
        return given
    return str(_declared(stack)[name].get("Default", ""))


@functools.cache
def _declared(stack: str) -> dict[str, dict]:
    """The parameters of the stack's template."""
    return load_template(BY_NAME[stack].template_path.read_text()).get("Parameters", {})
