//! Reading plans out of what an account gets, and comparing before with after.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use backup_policy::{
    Account, EffectivePolicies, Instant, Organization, Policy, Resources, Sourced, Unit, changes,
};
use serde_json::{Value, json};

fn now() -> Instant {
    "2026-09-15T12:00:00Z".parse().unwrap()
}

const CENTRAL: &str = "arn:aws:backup:eu-central-1:333333333333:backup-vault:Central";

fn root_policy() -> Value {
    json!({"plans": {"Daily": {
        "regions": {"@@assign": ["eu-west-1"]},
        "rules": {"Nightly": {
            "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
            "start_backup_window_minutes": {"@@assign": 60},
            "complete_backup_window_minutes": {"@@assign": 1200},
            "target_backup_vault_name": {"@@assign": "Vault"},
            "lifecycle": {
                "move_to_cold_storage_after_days": {"@@assign": 10},
                "delete_after_days": {"@@assign": 100},
            },
            "copy_actions": {CENTRAL: {
                "target_backup_vault_arn": {"@@assign": CENTRAL},
                "lifecycle": {"delete_after_days": {"@@assign": 366}},
            }},
            "recovery_point_tags": {"by": {"tag_key": {"@@assign": "by"}, "tag_value": {"@@assign": "us"}}},
        }},
        "selections": {"tags": {"tagged": {
            "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/B"},
            "tag_key": {"@@assign": "backup"},
            "tag_value": {"@@assign": ["daily"]},
        }}},
        "backup_plan_tags": {"team": {"tag_key": {"@@assign": "team"}, "tag_value": {"@@assign": "infra"}}},
    }}})
}

fn account_policy() -> Value {
    json!({"plans": {"daily": {
        "regions": {"@@append": ["eu-west-2"]},
        "rules": {"nightly": {"lifecycle": {"delete_after_days": {"@@assign": 120}}}},
        "selections": {"resources": {"typed": {
            "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/B"},
            "resource_types": {"@@assign": ["*"]},
            "not_resource_types": {"@@assign": ["arn:aws:s3:::*"]},
            "conditions": {"string_like": {"c": {
                "condition_key": {"@@assign": "aws:ResourceTag/env"},
                "condition_value": {"@@assign": "prod*"},
            }}},
        }}},
    }}})
}

/// A root with `p-root`, an account that has `p-own`, and one that has nothing of its own.
fn organization() -> Organization {
    let policy = |name: &str, content| {
        let name = name.to_owned();
        (name.clone(), Policy { name, content })
    };
    let account = |id: &str, policies: &[&str]| Account {
        id: id.into(),
        name: format!("account {id}"),
        policies: policies.iter().map(|id| (*id).to_owned()).collect(),
    };
    Organization {
        read_at: None,
        policy_type: "BACKUP_POLICY".into(),
        root: Unit {
            id: "r-0".into(),
            name: "Root".into(),
            policies: vec!["p-root".into()],
            accounts: vec![
                account("111111111111", &["p-own"]),
                account("222222222222", &[]),
            ],
            ..Unit::default()
        },
        policies: [
            policy("p-root", root_policy()),
            policy("p-own", account_policy()),
        ]
        .into(),
    }
}

fn effective(organization: &Organization) -> EffectivePolicies<'_> {
    organization.effective_policies(now()).unwrap()
}

fn shown(one: Option<&Sourced>) -> String {
    one.map_or("nothing".into(), |one| {
        format!("{} by {}", one.text, one.origin.policy)
    })
}

#[test]
fn a_plan_is_read_with_its_origins() {
    let organization = organization();
    let effective = effective(&organization);
    let account = effective.account("111111111111").unwrap();
    let plans = account.effective.plans();
    let [plan] = plans.as_slice() else {
        panic!("one plan")
    };
    assert_eq!(plan.name(), "Daily");
    let regions: Vec<String> = plan
        .regions()
        .iter()
        .map(|region| shown(Some(region)))
        .collect();
    assert_eq!(regions, ["eu-west-1 by p-root", "eu-west-2 by p-own"]);
    let (key, value) = plan.tags()[0];
    assert_eq!((&*key.text, &*value.text), ("team", "infra"));
    assert_eq!(
        plan.node
            .policies()
            .iter()
            .map(|id| &**id)
            .collect::<Vec<_>>(),
        ["p-root", "p-own"]
    );

    let rule = plan.rules()[0];
    assert_eq!(rule.name(), "nightly");
    assert_eq!(shown(rule.schedule()), "cron(0 5 ? * * *) by p-root");
    assert_eq!(shown(rule.vault()), "Vault by p-root");
    assert_eq!(shown(rule.air_gapped_vault()), "nothing");
    assert_eq!(shown(rule.start_minutes()), "60 by p-root");
    assert_eq!(shown(rule.complete_minutes()), "1200 by p-root");
    assert!(!rule.is_continuous());
    assert_eq!(&*rule.tags()[0].1.text, "us");
    let lifecycle = rule.lifecycle();
    assert_eq!(lifecycle.cold_after_days(), Some(10));
    assert_eq!(lifecycle.delete_after_days(), Some(120));
    assert_eq!(shown(lifecycle.delete), "120 by p-own");
    assert!(!lifecycle.is_archived());

    let copy = rule.copies()[0];
    assert_eq!(copy.target(), CENTRAL);
    assert_eq!(copy.region(), Some("eu-central-1"));
    assert_eq!(copy.account(), Some("333333333333"));
    assert_eq!(copy.vault(), Some("Central"));
    assert_eq!(copy.lifecycle().delete_after_days(), Some(366));

    let selections = plan.selections();
    assert_eq!(
        selections.iter().map(|one| one.name()).collect::<Vec<_>>(),
        ["tagged", "typed"]
    );
    let Resources::Tagged { key, values } = selections[0].resources else {
        panic!("by tag")
    };
    assert_eq!((shown(key), values.len()), ("backup by p-root".into(), 1));
    let Resources::OfTypes { types, except } = selections[1].resources else {
        panic!("by type")
    };
    assert_eq!((&*types[0].text, &*except[0].text), ("*", "arn:aws:s3:::*"));
    assert_eq!(
        shown(selections[1].role()),
        "arn:aws:iam::$account:role/B by p-own"
    );
    let condition = selections[1].conditions()[0];
    assert_eq!(condition.operator, "string_like");
    assert_eq!(shown(condition.key), "aws:ResourceTag/env by p-own");
    assert_eq!(shown(condition.value), "prod* by p-own");
}

#[test]
fn other_policies_have_no_plans() {
    let organization = Organization {
        read_at: None,
        policy_type: "TAG_POLICY".into(),
        ..organization()
    };
    assert!(
        effective(&organization).accounts[0]
            .effective
            .plans()
            .is_empty()
    );
}

#[test]
fn a_changed_value_is_reported_with_both_sides() {
    let before = organization();
    let mut after = before.clone();
    after.policies.get_mut("p-own").unwrap().content = json!({"plans": {"daily": {
        "regions": {"@@append": ["eu-west-2"]},
        "rules": {"nightly": {
            "start_backup_window_minutes": {"@@assign": 90},
            "lifecycle": {"delete_after_days": {"@@assign": 120}},
        }},
    }}});
    let (before, after) = (effective(&before), effective(&after));
    let changes = changes(&before, &after);
    let [change] = changes.as_slice() else {
        panic!("one account")
    };
    assert_eq!(
        (change.id(), change.name()),
        ("111111111111", "account 111111111111")
    );
    let shown: Vec<String> = change
        .differences
        .iter()
        .map(|one| {
            let side = |value: &Option<Value>| value.as_ref().map_or("-".into(), Value::to_string);
            format!(
                "{}: {} {}",
                one.path.join(" "),
                side(&one.before),
                side(&one.after)
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "plans Daily rules nightly start_backup_window_minutes: \"60\" \"90\"",
            "plans Daily selections resources typed iam_role_arn: \"arn:aws:iam::$account:role/B\" -",
            "plans Daily selections resources typed resource_types: [\"*\"] -",
            "plans Daily selections resources typed not_resource_types: [\"arn:aws:s3:::*\"] -",
            "plans Daily selections resources typed conditions string_like c condition_key: \"aws:ResourceTag/env\" -",
            "plans Daily selections resources typed conditions string_like c condition_value: \"prod*\" -",
        ]
    );
    assert!(!change.loses_last_plan() && !change.becomes_withheld());
}

#[test]
fn a_last_plan_that_goes_is_noticed() {
    let before = organization();
    let mut after = before.clone();
    after.root.policies.clear();
    after.root.accounts[0].policies.clear();
    let (before, after) = (effective(&before), effective(&after));
    let changes = changes(&before, &after);
    assert_eq!(changes.len(), 2);
    assert!(changes.iter().all(|change| change.loses_last_plan()));
}

#[test]
fn a_withheld_document_takes_no_plan_away() {
    let before = organization();
    let mut after = before.clone();
    after.root.policies.clear();
    let (before, after) = (effective(&before), effective(&after));
    let changes = changes(&before, &after);
    let of = |id: &str| changes.iter().find(|change| change.id() == id).unwrap();
    assert!(of("111111111111").becomes_withheld() && !of("111111111111").loses_last_plan());
    assert!(of("222222222222").loses_last_plan() && !of("222222222222").becomes_withheld());
}

#[test]
fn accounts_that_come_and_go() {
    let before = organization();
    let mut after = before.clone();
    after.root.accounts[1].id = "333333333333".into();
    let (before, after) = (effective(&before), effective(&after));
    let changes = changes(&before, &after);
    let shown: Vec<(&str, bool, bool)> = changes
        .iter()
        .map(|change| (change.id(), change.before.is_some(), change.after.is_some()))
        .collect();
    assert_eq!(
        shown,
        [("333333333333", false, true), ("222222222222", true, false)]
    );
    assert!(changes.iter().all(|change| !change.differences.is_empty()));
    assert!(changes.iter().all(|change| !change.loses_last_plan()));
}
