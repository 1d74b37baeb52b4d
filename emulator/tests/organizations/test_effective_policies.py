"""What accounts get: merged as recorded answers have it, and withheld where AWS withholds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from emulator.organizations.effective_merge import document, errors, merged

from ..world import HOME, MANAGEMENT, ROOT, World, error_of

MEMBER = "444444444442"
# AWS's own answers, kept beside the crate that is held to them, too.
CASES = Path(__file__).parents[3] / "crates" / "backup-policy" / "tests" / "inheritance"
RECORDED = json.loads((CASES / "recorded.json").read_text("utf-8"))
VALID = [case for case in RECORDED if "problems" not in case]
PLAN = {
    "regions": {"@@assign": ["eu-west-1"]},
    "rules": {"nightly": {"target_backup_vault_name": {"@@assign": "Vault"}}},
    "selections": {
        "tags": {
            "daily": {
                "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Role"},
                "tag_key": {"@@assign": "backup"},
                "tag_value": {"@@assign": ["daily"]},
            }
        }
    },
}


@pytest.mark.parametrize("case", VALID, ids=[case["case"] for case in VALID])
def test_policies_are_merged_as_aws_was_seen_to_merge_them(case: dict[str, Any]) -> None:
    expected = case["effective"]
    found = document(merged(case["levels"]))
    # AWS completes tag policies, which nothing here asks for.
    for tag in [*expected.get("tags", {}).values(), *found.get("tags", {}).values()]:
        tag.pop("tag_key", None)
    assert found == expected


def attach(world: World, content: Any, target: str) -> str:
    client = world.client("organizations")
    policy = client.create_policy(
        Name=f"policy-{target}", Description="", Type="BACKUP_POLICY", Content=json.dumps(content)
    )["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=target)
    return str(policy)


def effective(world: World, account: str, caller: str = MANAGEMENT) -> Any:
    answer = world.client("organizations", caller).describe_effective_policy(
        PolicyType="BACKUP_POLICY", TargetId=account
    )
    return json.loads(answer["EffectivePolicy"]["PolicyContent"])


def test_an_account_gets_what_it_inherits(world: World) -> None:
    client = world.client("organizations")
    asked = {"PolicyType": "BACKUP_POLICY", "TargetId": MEMBER}
    failure = error_of(client.describe_effective_policy, **asked)
    assert failure[0] == "EffectivePolicyNotFoundException"
    world.enable_backup_policies()
    assert effective(world, MEMBER) == {}
    attach(world, {"plans": {"Daily": PLAN}}, ROOT)
    (plan,) = effective(world, MEMBER)["plans"].items()
    assert plan[0] == "Daily"
    assert plan[1]["regions"] == ["eu-west-1"]
    # Any account may ask for itself, and for no other.
    own = world.client("organizations", HOME).describe_effective_policy(PolicyType="BACKUP_POLICY")
    assert own["EffectivePolicy"]["TargetId"] == HOME
    denied = error_of(world.client("organizations", HOME).describe_effective_policy, **asked)
    assert denied[0] == "AccessDeniedException"


def test_a_policy_can_be_older_than_the_test(world: World) -> None:
    world.enable_backup_policies()
    attach(world, {"plans": {"Daily": PLAN}}, ROOT)
    organizations = world.client("organizations")
    asked = {"PolicyType": "BACKUP_POLICY", "TargetId": MEMBER}

    def since() -> float:
        policy = organizations.describe_effective_policy(**asked)["EffectivePolicy"]
        return float(policy["LastUpdatedTimestamp"].timestamp())

    seen = since()
    world.control("POST", "settings", {"in_force_before": 86400})
    assert since() == seen - 86400


def test_an_invalid_document_is_withheld_and_named(world: World) -> None:
    world.enable_backup_policies()
    attach(world, {"plans": {"Daily": PLAN}}, ROOT)
    before = effective(world, MEMBER)
    attach(world, {"plans": {"Other": {"regions": {"@@assign": ["eu-west-1"]}}}}, MEMBER)
    assert effective(world, MEMBER) == before
    client = world.client("organizations")
    invalid = client.list_accounts_with_invalid_effective_policy(PolicyType="BACKUP_POLICY")
    assert [account["Id"] for account in invalid["Accounts"]] == [MEMBER]
    found = client.list_effective_policy_validation_errors(
        AccountId=MEMBER, PolicyType="BACKUP_POLICY"
    )
    reasons = {entry["ErrorMessage"] for entry in found["EffectivePolicyValidationErrors"]}
    assert reasons == {"'rules' is missing", "'selections' is missing"}
    assert found["Path"].endswith(f"/{MEMBER}/")


def test_continuous_backups_are_kept_for_35_days_at_most() -> None:
    rule = {"target_backup_vault_name": "V", "enable_continuous_backup": "true"}
    plan = {"regions": ["x"], "selections": {"tags": {}}, "rules": {"r": rule}}
    (found,) = errors({"plans": {"p": plan}})
    assert found["ErrorCode"] == "CROSS_ATTRIBUTE_VALIDATION"
    rule["lifecycle"] = {"delete_after_days": "35"}  # type: ignore[assignment]
    assert errors({"plans": {"p": plan}}) == []
