"""What a template leaves behind when its stack goes, and a new stack that takes it over.

`keeps` and `import_template` are pure. Only the types that the solution retains in member accounts
and the central account are known here.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass

from botocore.exceptions import ClientError

from .. import cloudformation
from ..accounts import role_exists
from ..problem import Problem, aws_reason
from ..removal import letting_go

CHANGE_SET = "import"
KEY, ALIAS = "AWS::KMS::Key", "AWS::KMS::Alias"
VAULT, ROLE = "AWS::Backup::BackupVault", "AWS::IAM::Role"
# Type -> the property that is its name, and its identifier in an import; a key has none.
NAMES = {ALIAS: "AliasName", VAULT: "BackupVaultName", ROLE: "RoleName"}
WORDS = {KEY: "key", ALIAS: "alias", VAULT: "vault", ROLE: "role"}


@dataclass(frozen=True)
class Kept:
    """A resource that is there and belongs to no stack."""

    logical_id: str
    type: str
    identifier: str

    def __str__(self):
        return f"{WORDS[self.type]} {self.identifier}"

    def to_import(self) -> dict:
        key = NAMES.get(self.type, "KeyId")
        return {
            "ResourceType": self.type,
            "LogicalResourceId": self.logical_id,
            "ResourceIdentifier": {key: self.identifier},
        }


def require_nothing_else(client, name: str) -> None:
    """Stops at another's stack that holds more than can be taken out of it: that would go."""
    resources = letting_go.template(client, name)["Resources"]
    if besides := [key for key, about in resources.items() if not _is_kept(about)]:
        raise Problem(
            f"stack `{name}`",
            f"it holds {', '.join(besides)} too, which would go with it",
            "give vault, key and role `DeletionPolicy: Retain` there, remove them from its "
            "template, then run this again",
        )


def take_out(client, name: str, say: Callable[[str], None]) -> None:
    """Makes vault, key, alias and role belong to no stack; the other's stack goes."""
    require_nothing_else(client, name)
    letting_go.let_go(client, name, _is_kept, say)


def _is_kept(resource: dict) -> bool:
    return resource["Type"] in WORDS


def keeps(document: dict) -> dict[str, dict]:
    """The resources of a template that outlive its stack, by logical id."""
    return {
        logical_id: resource
        for logical_id, resource in document["Resources"].items()
        if resource.get("DeletionPolicy", "").startswith("Retain")
    }


def import_template(document: dict, kept: list[Kept]) -> str:
    """The part of a template that an import takes: these resources, and no outputs."""
    parts = ("AWSTemplateFormatVersion", "Parameters", "Mappings", "Conditions")
    taken = {part: document[part] for part in parts if part in document}
    resources = {one.logical_id: document["Resources"][one.logical_id] for one in kept}
    return json.dumps(taken | {"Resources": resources})


def find(session, region: str, document: dict) -> list[Kept]:
    """What of the template is in the session's account and this Region."""
    wanted = keeps(document)
    found: list[Kept] = []
    keys: dict[str, dict] = {}
    for logical_id, resource in wanted.items():
        kind, properties = resource["Type"], resource["Properties"]
        if kind == ALIAS and (key := _key(session, region, properties["AliasName"])):
            found.append(Kept(logical_id, ALIAS, properties["AliasName"]))
            target = properties["TargetKeyId"]["Ref"]
            found.append(Kept(target, KEY, key["KeyId"]))
            keys[target] = key
        elif kind == ROLE and role_exists(session, properties["RoleName"]):
            found.append(Kept(logical_id, ROLE, properties["RoleName"]))
    for logical_id, resource in wanted.items():
        if resource["Type"] == VAULT:
            name = resource["Properties"]["BackupVaultName"]
            if (vault := _vault(session, region, name)) is not None:
                _check_key(vault, region, resource, document, keys)
                found.append(Kept(logical_id, VAULT, name))
    return found


def take_over(
    client,
    name: str,
    document: dict,
    parameters: dict[str, str],
    kept: list[Kept],
    say: Callable[[str], None],
) -> None:
    """Make a stack of these resources, as they are. What an earlier attempt left goes first."""
    if cloudformation.status(client, name) in ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"):
        say(f"{name}: an earlier import was not completed; removing what is left of it")
        cloudformation.delete(client, name, say)
    request = {
        "StackName": name,
        "ChangeSetName": CHANGE_SET,
        "ChangeSetType": "IMPORT",
        "TemplateBody": import_template(document, kept),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value}
            for key, value in sorted(parameters.items())
        ],
        "Capabilities": ["CAPABILITY_NAMED_IAM"],
        "ResourcesToImport": [one.to_import() for one in kept],
    }
    try:
        client.create_change_set(**request)
    except ClientError as error:
        raise Problem(
            f"import into `{name}`", aws_reason(error), "correct it, try again"
        ) from error
    status, reason = cloudformation.planned(client, name, CHANGE_SET)
    if status != "CREATE_COMPLETE":
        raise Problem(f"import into `{name}`", f"{status}: {reason}", "correct it, try again")
    client.execute_change_set(StackName=name, ChangeSetName=CHANGE_SET)
    after = cloudformation.wait(client, name)
    if after != "IMPORT_COMPLETE":
        raise Problem(
            f"import into `{name}`", f"it is {after}", "the stack's events say why; then try again"
        )
    say(f"{name}: has {', '.join(str(one) for one in kept)}")


def _check_key(
    vault: dict, region: str, resource: dict, document: dict, keys: dict[str, dict]
) -> None:
    """A stack that had another key would replace the vault, or fail to."""
    name = vault["BackupVaultName"]
    logical_id = resource["Properties"]["EncryptionKeyArn"]["Fn::GetAtt"][0]
    key = keys.get(logical_id, {}).get("Arn")
    alias = next(
        other["Properties"]["AliasName"]
        for other in document["Resources"].values()
        if other["Type"] == ALIAS and other["Properties"]["TargetKeyId"] == {"Ref": logical_id}
    )
    if key != vault["EncryptionKeyArn"]:
        raise Problem(
            f"vault {name} in {region}",
            f"its key is {vault['EncryptionKeyArn']}, and the solution's alias is of {key}",
            f"point {alias} at the vault's key (aws kms update-alias, or create-alias), then run "
            "this again",
        )


def _key(session, region: str, alias: str) -> dict | None:
    try:
        return session.client("kms", region_name=region).describe_key(KeyId=alias)["KeyMetadata"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return None
        raise


def _vault(session, region: str, name: str) -> dict | None:
    # Asking for one that is not there is denied, not "not found".
    backup = session.client("backup", region_name=region)
    for page in backup.get_paginator("list_backup_vaults").paginate():
        for vault in page["BackupVaultList"]:
            if vault["BackupVaultName"] == name:
                return vault
    return None
