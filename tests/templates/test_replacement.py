"""What holds or decrypts backups is never replaced: a deployed account takes every later commit.

CloudFormation makes a resource anew when a property changes that its schema calls create-only, when
its logical id or type changes, or when its condition does. `stateful.json` holds these of every
resource that outlives its stack, and of the stack sets, as they were first released. It only grows.
"""

import json
from pathlib import Path

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from model import templates

RECORD = json.loads(Path(__file__).with_name("stateful.json").read_text())


def create_only(kind):
    """The properties at whose change CloudFormation makes another resource, by AWS's schema."""
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return [path.removeprefix("/properties/") for path in schema.get("createOnlyProperties", [])]


def described(resource):
    """All of a resource that must stay; without a property is not with any value of it."""
    found = {"Type": resource["Type"]}
    if "Condition" in resource:
        found["Condition"] = resource["Condition"]
    properties = resource.get("Properties", {})
    kept = {name: properties[name] for name in create_only(resource["Type"]) if name in properties}
    return found | {"Properties": kept}


def stays(resource):
    """Whether it holds something, or owns the stacks that do: without its stack set no later commit
    reaches a vault, and the new stack set finds the vault in its way."""
    is_stack_set = resource["Type"] == "AWS::CloudFormation::StackSet"
    return is_stack_set or resource.get("UpdateReplacePolicy") == "Retain"


def stateful():
    """(template, logical id) -> what must stay."""
    return {
        (template.name, key): described(resource)
        for template in templates()
        for key, resource in template.resources().items()
        if stays(resource)
    }


def test_the_schemas_are_aws_own():
    assert create_only("AWS::Backup::BackupVault") == ["BackupVaultName", "EncryptionKeyArn"]
    assert create_only("AWS::KMS::Alias") == ["AliasName"]
    assert {"PermissionModel", "StackSetName"} <= set(create_only("AWS::CloudFormation::StackSet"))


@pytest.mark.parametrize("name", RECORD)
def test_nothing_that_was_released_is_replaced(name):
    now = {key: found for (template, key), found in stateful().items() if template == name}
    for key, released in RECORD[name].items():
        assert now.get(key) == released, (
            f"{name} {key}: accounts that have it would get another one, and what the old one "
            "holds or owns would be in no stack; leave it, and add one of another name beside it"
        )


def test_every_resource_that_must_stay_is_recorded():
    new = {
        f"{template} {key}": found
        for (template, key), found in stateful().items()
        if key not in RECORD.get(template, {})
    }
    assert new == {}, "add it to tests/templates/stateful.json"
