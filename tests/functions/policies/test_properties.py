"""The forms in which properties come, and where contents come from."""

import json

import pytest
from kit.names import CENTRAL_VAULT, PRODUCTION, REGION, SANDBOXES

from .home import CONTENT_BUCKET, content, resource


def days(home):
    """The retention of the policy as it is now."""
    rules = home.policies().rules("nightly-backups")
    return rules["nightly"]["lifecycle"]["delete_after_days"]["@@assign"]


def test_lists_may_be_comma_separated_text(home):
    text = {"PolicyTargets": f"{PRODUCTION}, {SANDBOXES}", "PolicyRegions": f"{REGION},us-east-1"}
    assert home.create(Policy=resource(**text)).complete
    assert home.policy()["targets"] == [PRODUCTION, SANDBOXES]
    assert home.policies().regions("nightly-backups") == [[REGION, "us-east-1"]]


def test_targets_and_regions_default_to_the_solutions_parameters(home):
    assert home.create(Policy=resource(drop=["PolicyTargets", "PolicyRegions"])).complete
    assert home.policy()["targets"] == [PRODUCTION, SANDBOXES]
    assert home.policies().regions("nightly-backups") == [[REGION, "us-east-1"]]


def test_the_content_may_be_json_text(home):
    assert home.create(Policy=resource(PolicyContent=json.dumps(content(), indent=2))).complete
    assert days(home) == "35"


def test_numbers_and_booleans_in_the_content_are_as_good_as_text(home):
    document = content()
    rule = document["plans"]["nightly"]["rules"]["nightly"]
    rule["lifecycle"]["delete_after_days"]["@@assign"] = 20
    rule["enable_continuous_backup"] = {"@@assign": True}
    assert home.create(Policy=resource(PolicyContent=document)).complete
    rule = home.policies().rules("nightly-backups")["nightly"]
    assert str(rule["enable_continuous_backup"]["@@assign"]).lower() == "true"
    assert str(days(home)) == "20"


@pytest.mark.parametrize("as_list", [False, True])
def test_variables_are_replaced_in_keys_and_values(home, as_list):
    variables = {"${Vault}": CENTRAL_VAULT, "${Days}": 70}
    if as_list:
        variables = [{key: value} for key, value in variables.items()]
    document = content(days="${Days}", copy_to="${Vault}")
    assert home.create(Policy=resource(PolicyContent=document, Variables=variables)).complete
    rule = home.policies().rules("nightly-backups")["nightly"]
    assert list(rule["copy_actions"]) == [CENTRAL_VAULT]
    assert (
        rule["copy_actions"][CENTRAL_VAULT]["target_backup_vault_arn"]["@@assign"] == CENTRAL_VAULT
    )
    assert days(home) == "70"


def test_a_variable_without_a_value_is_refused(home):
    outcome = home.create(Policy=resource(PolicyContent=content(days="${Days}")))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "${Days}" in outcome.reason
    assert home.policies().everything() == []


def test_tags_are_set_changed_and_removed_with_the_template(home):
    def with_tags(tags):
        return resource(Tags=[{"Key": key, "Value": value} for key, value in tags.items()])

    def theirs():
        tags = home.policy()["tags"]
        return {k: v for k, v in tags.items() if not k.startswith("backup-org-policy:")}

    home.create(Policy=with_tags({"team": "storage", "stage": "test"}))
    assert theirs() == {"team": "storage", "stage": "test"}
    home.organizations.tag_resource(
        ResourceId=home.policy()["id"], Tags=[{"Key": "by-hand", "Value": "yes"}]
    )
    assert home.update(Policy=with_tags({"team": "backup"})).complete
    assert theirs() == {"team": "backup", "by-hand": "yes"}


def s3_content(key, version=None):
    """A policy whose content is in S3."""
    source = {"PolicyBucket": CONTENT_BUCKET, "PolicyKey": key}
    if version:
        source["VersionId"] = version
    return resource(PolicyContent={"S3": source})


def put(home, key, document):
    """A new version of an object; its id."""
    stored = home.s3.put_object(Bucket=CONTENT_BUCKET, Key=key, Body=json.dumps(document, indent=1))
    return stored["VersionId"]


def test_the_content_may_be_in_s3_the_newest_or_a_version(home):
    first = put(home, "nightly.json", content(days=50))
    put(home, "nightly.json", content(days=51))
    assert home.create(Policy=s3_content("nightly.json")).complete
    assert days(home) == "51"
    assert home.update(Policy=s3_content("nightly.json", first)).complete
    assert days(home) == "50"


def test_an_object_that_does_not_exist_is_named(home):
    outcome = home.create(Policy=s3_content("missing.json"))
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "missing.json" in outcome.reason and CONTENT_BUCKET in outcome.reason
    assert home.policies().everything() == []


def test_a_rollback_to_a_version_that_is_gone_succeeds(home):
    first = put(home, "rollback.json", content(days=50))
    home.create(Policy=s3_content("rollback.json", first))
    before = home.policies().everything()
    second = put(home, "rollback.json", {"plan": {}})
    home.s3.delete_object(Bucket=CONTENT_BUCKET, Key="rollback.json", VersionId=first)
    outcome = home.update(Policy=s3_content("rollback.json", second))
    assert outcome.status == "UPDATE_ROLLBACK_COMPLETE"
    assert home.policies().everything() == before


def test_without_enable_policy_type_the_reason_names_it(home):
    home.disable_policy_type()
    outcome = home.create(Policy=resource())
    assert outcome.status == "ROLLBACK_COMPLETE"
    assert "EnablePolicyType" in outcome.reason
    assert home.policies().everything() == []
    assert home.policy_type_status() is None


def test_enable_policy_type_enables_backup_policies_first(home):
    home.disable_policy_type()
    assert home.create(Policy=resource(EnablePolicyType="true")).complete
    assert home.policy_type_status() == "ENABLED"
    assert home.policy()["targets"] == [PRODUCTION]
