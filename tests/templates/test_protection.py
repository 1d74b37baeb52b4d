"""What holds or decrypts backups survives, and nobody reaches it who should not."""

import json
import re
from pathlib import Path

from deploy.pipeline.source import ARCHIVE_KEY
from deploy.stacks import DEMO
from model import ROOT, Template, as_list, policies, statements, templates

##### What must survive

# Deleted when the operation that makes it is rolled back, or the next attempt would find it in its
# way; kept like `Retain` at everything later (CloudFormation's reference, DeletionPolicy attribute:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html).
KEPT = "RetainExceptOnCreate"


def test_what_holds_or_decrypts_backups_outlives_its_stack():
    kept = {
        "AWS::Backup::BackupVault",
        "AWS::Backup::LogicallyAirGappedBackupVault",
        "AWS::KMS::Key",
        "AWS::S3::Bucket",
        "AWS::CodeCommit::Repository",
    }
    service_roles = {"AWSBackupSolutionRole", "AWSBackupSolutionCentralAccountRole"}
    # What is backed up for show goes with its stack.
    for template in [found for found in templates() if found.path != DEMO.template_path]:
        for key, resource in template.resources().items():
            properties = resource.get("Properties", {})
            # The alias goes with the key when an account takes over what was retained.
            vault_key = properties.get("AliasName", "").startswith("alias/AWSBackupSolution")
            if resource["Type"] in kept or vault_key or properties.get("RoleName") in service_roles:
                assert resource.get("DeletionPolicy") == KEPT, f"{template.name} {key}"
                assert resource.get("UpdateReplacePolicy") == "Retain", f"{template.name} {key}"


def test_a_creation_that_fails_leaves_nothing_in_its_own_way():
    for template in templates():
        for key, resource in template.resources().items():
            assert resource.get("DeletionPolicy") != "Retain", f"{template.name} {key}: {KEPT}"


def expirations():
    """(template, bucket, rule) of every rule that lets current objects expire."""
    for template in templates():
        for key, bucket in template.resources("AWS::S3::Bucket").items():
            for rule in bucket["Properties"].get("LifecycleConfiguration", {}).get("Rules", []):
                if {"ExpirationInDays", "ExpirationDate"} & set(rule):
                    yield template, key, rule


def test_of_what_is_current_only_the_pipelines_artifacts_expire_and_none_that_a_retry_needs():
    ((template, key, rule),) = expirations()
    assert (template.path.name, key) == ("aws-backup-s3-bucket.yaml", "ArtifactBucket")
    (pipeline,) = (
        Template(ROOT / "cloudformation/home-account/aws-backup-codepipeline.yaml")
        .resources("AWS::CodePipeline::Pipeline")
        .values()
    )
    # CodePipeline writes below the first 20 characters of its pipeline's name (AWS re:Post,
    # "Code Pipeline truncates folder names").
    assert rule["Prefix"] == pipeline["Properties"]["Name"][:20]
    for kept in (ARCHIVE_KEY, "templates/"):
        assert not kept.startswith(rule["Prefix"])
    assert rule["ExpirationInDays"] >= 90


def test_no_account_region_or_partition_is_written_down():
    for template in templates():
        plain = "\n".join(
            line.split("#")[0] for line in template.text.splitlines() if "Description" not in line
        )
        assert not re.search(r"\b\d{12}\b", plain), template.name
        assert "arn:aws" not in plain.replace("arn:aws:iam::aws", "arn:aws"), template.name
        assert not re.search(r"\b(us|eu|ap)-[a-z]+-\d\b", plain), template.name


##### What may not be loosened

RECORD = json.loads(Path(__file__).with_name("protection.json").read_text())


def protection(template: Template) -> dict[str, dict]:
    """All that a template denies, its locks, and the values on which they and retention depend."""
    denies: dict[str, list] = {}
    for key, _, where, _, document in policies(template):
        for statement in document["Statement"]:
            if statement.get("Effect") == "Deny":
                denies.setdefault(f"{key}, {where}", []).append(statement)
    locks = {}
    for key, resource in template.resources().items():
        properties = resource.get("Properties", {})
        bounds = ("LockConfiguration", "MinRetentionDays", "MaxRetentionDays")
        if found := {name: properties[name] for name in bounds if name in properties}:
            locks[key] = found
    values = {
        name: {what: declared[what] for what in declared if what != "Description"}
        for name, declared in template.body.get("Parameters", {}).items()
        if re.search(
            "Lock|Compliance|BreakGlass|DeployingPrincipal|^[A-Z][a-z]+RetentionDays$", name
        )
        and name != "LogRetentionDays"
    }
    logic = {
        name: value
        for section in ("Conditions", "Rules")
        for name, value in template.body.get(section, {}).items()
        if re.search("Lock|Compliance", name)
    }
    every = {"denies": denies, "locks": locks, "values": values, "logic": logic}
    return {name: found for name, found in every.items() if found}


def test_no_deny_no_lock_and_no_retention_is_loosened():
    """As first released. What is stricter, or new, is written into the record with its reason."""
    found = {template.name: protection(template) for template in templates()}
    found = {name: kept for name, kept in found.items() if kept}
    for name, released in RECORD.items():
        assert found.get(name) == released, f"{name}: see what protection.json has of it"
    assert set(found) == set(RECORD), "add it to tests/templates/protection.json"


##### Vaults, keys and service control policies


def _vaults():
    for template in templates():
        for _, _, _, _, document in [
            entry for entry in policies(template) if entry[1]["Type"] == "AWS::Backup::BackupVault"
        ]:
            yield template, statements(document, template)


def test_vaults_are_closed():
    found = list(_vaults())
    assert len(found) == 2
    for template, entries in found:
        denied = {
            action for entry in entries if entry["Effect"] == "Deny" for action in entry["Action"]
        }
        assert {
            "backup:DeleteRecoveryPoint",
            "backup:UpdateRecoveryPointLifecycle",
            "backup:PutBackupVaultAccessPolicy",
        } <= denied
        for entry in entries:
            assert "Condition" in entry, f"{template.name} {entry['Sid']}"


def test_everybody_means_the_organization():
    """A statement for every principal is bound to the organization or denies."""
    for template in templates():
        for key, _, _, _, document in policies(template):
            for entry in statements(document, template):
                principal = entry.get("Principal")
                anybody = principal == "*" or (
                    isinstance(principal, dict) and principal.get("AWS") == "*"
                )
                if anybody and entry["Effect"] == "Allow":
                    equals = entry.get("Condition", {}).get("StringEquals", {})
                    assert "aws:PrincipalOrgID" in equals, f"{template.name} {key} {entry['Sid']}"


def test_keys_and_vaults_name_no_role_as_principal():
    """IAM and KMS refuse a principal that does not exist yet."""
    for template in templates():
        for key, _, _, _kind, document in policies(template):
            for entry in statements(document, template):
                for arn in (
                    as_list((entry.get("Principal") or {}).get("AWS", []))
                    if isinstance(entry.get("Principal"), dict)
                    else []
                ):
                    assert ":role/" not in arn, f"{template.name} {key} {entry['Sid']}"


def test_service_control_policies_deny_foreign_and_missing_targets():
    found = [entry for template in templates() for entry in policies(template) if entry[3] == "scp"]
    assert len(found) == 2
    for _, _, _, _, document in found:
        foreign, missing = document["Statement"]
        (operator,) = foreign["Condition"]
        assert operator.startswith("ForAnyValue:") and "Not" in operator
        (key,) = foreign["Condition"][operator]
        assert missing["Condition"] == {"Null": {key: "true"}}
        assert {foreign["Effect"], missing["Effect"]} == {"Deny"}
