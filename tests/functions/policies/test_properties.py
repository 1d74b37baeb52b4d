"""The forms in which properties come, and where contents come from."""

import json

import pytest
from kit.names import CENTRAL_VAULT, PRODUCTION, REGION, SANDBOXES

from .world import CONTENT_BUCKET, content, resource


def days(world):
    """The retention of the policy as it is now."""
    rules = world.policies().rules("nightly-backups")
    return rules["nightly"]["lifecycle"]["delete_after_days"]["@@assign"]


def test_lists_may_be_comma_separated_text(world):
    text = {"PolicyTargets": f"{PRODUCTION}, {SANDBOXES}", "PolicyRegions": f"{REGION},us-east-1"}
    assert world.create(Policy=resource(**text)).complete
    assert world.policy()["targets"] == [PRODUCTION, SANDBOXES]
    assert world.policies().regions("nightly-backups") == [[REGION, "us-east-1"]]


def test_targets_and_regions_default_to_the_solutions_parameters(world):
    assert world.create(Policy=resource(drop=["PolicyTargets", "PolicyRegions"])).complete
    assert world.policy()["targets"] == [PRODUCTION, SANDBOXES]
    assert world.policies().regions("nightly-backups") == [[REGION, "us-east-1"]]


def test_the_content_may_be_json_text(world):
    assert world.create(Policy=resource(PolicyContent=json.dumps(content(), indent=2))).complete
    assert days(world) == "35"


def test_numbers_and_booleans_in_the_content_are_as_good_as_text(world):
    document = content()
    rule = document["plans"]["nightly"]["rules"]["nightly"]
    rule["lifecycle"]["delete_after_days"]["@@assign"] = 20
    rule["enable_continuous_backup"] = {"@@assign": True}
    assert world.create(Policy=resource(PolicyContent=document)).complete
    rule = world.policies().rules("nightly-backups")["nightly"]
    assert str(rule["enable_continuous_backup"]["@@assign"]).lower() == "true"
    assert str(days(world)) == "20"


@pytest.mark.parametrize("as_list", [False, True])
def test_variables_are_replaced_in_keys_and_values(world, as_list):
    variables = {"${Vault}": CENTRAL_VAULT, "${Days}": 70}
    if as_list:
        variables = [{key: value} for key, value in variables.items()]
    document = content(days="${Days}", copy_to="${Vault}")
    assert world.create(Policy=resource(PolicyContent=document, Variables=variables)).complete
    rule = world.policies().rules("nightly-backups")["nightly"]
    assert list(rule["copy_actions"]) == [CENTRAL_VAULT]
    assert (
        rule["copy_actions"][CENTRAL_VAULT]["target_backup_vault_arn"]["@@assign"] == CENTRAL_VAULT
    )
    assert days(world) == "70"


def test_a_variable_without_a_value_is_refused(world):
    outcome = world.create(Policy=resource(PolicyContent=content(days="${Days}")))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "${Days}" in outcome.reason
    assert world.policies().everything() == []


def test_tags_are_set_changed_and_removed_with_the_template(world):
    def with_tags(tags):
        return resource(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])

    def theirs():
        tags = world.policy()["tags"]
        return {k: v for k, v in tags.items() if not k.startswith("backup-org-policy:")}

    world.create(Policy=with_tags({"team": "storage", "stage": "test"}))
    assert theirs() == {"team": "storage", "stage": "test"}
    world.organizations.tag_resource(
        ResourceId=world.policy()["id"], Tags=[{"Key": "by-hand", "Value": "yes"}]
    )
    assert world.update(Policy=with_tags({"team": "backup"})).complete
    assert theirs() == {"team": "backup", "by-hand": "yes"}


def s3_content(key, version=None):
    """A policy whose content is in S3."""
    source = {"PolicyBucket": CONTENT_BUCKET, "PolicyKey": key}
    if version:
        source["VersionId"] = version
    return resource(PolicyContent={"S3": source})


def put(world, key, document):
    """A new version of an object; its id."""
    stored = world.s3.put_object(
        Bucket=CONTENT_BUCKET, Key=key, Body=json.dumps(document, indent=1)
    )
    return stored["VersionId"]


def test_the_content_may_be_in_s3_the_newest_or_a_version(world):
    first = put(world, "nightly.json", content(days=50))
    put(world, "nightly.json", content(days=51))
    assert world.create(Policy=s3_content("nightly.json")).complete
    assert days(world) == "51"
    assert world.update(Policy=s3_content("nightly.json", first)).complete
    assert days(world) == "50"


def test_an_object_that_does_not_exist_is_named(world):
    outcome = world.create(Policy=s3_content("missing.json"))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "missing.json" in outcome.reason and CONTENT_BUCKET in outcome.reason
    assert world.policies().everything() == []


def test_a_rollback_to_a_version_that_is_gone_succeeds(world):
    first = put(world, "rollback.json", content(days=50))
    world.create(Policy=s3_content("rollback.json", first))
    before = world.policies().everything()
    second = put(world, "rollback.json", {"plan": {}})
    world.s3.delete_object(Bucket=CONTENT_BUCKET, Key="rollback.json", VersionId=first)
    outcome = world.update(Policy=s3_content("rollback.json", second))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert world.policies().everything() == before


def test_without_enable_policy_type_the_reason_names_it(world):
    world.disable_policy_type()
    outcome = world.create(Policy=resource())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "EnablePolicyType" in outcome.reason
    assert world.policies().everything() == []
    assert world.policy_type_status() is None


def test_enable_policy_type_enables_backup_policies_first(world):
    world.disable_policy_type()
    assert world.create(Policy=resource(EnablePolicyType="true")).complete
    assert world.policy_type_status() == "ENABLED"
    assert world.policy()["targets"] == [PRODUCTION]
