//! How long it takes to compute what every account of a large organization gets.
//!
//! The organization is as large as AWS's quotas allow: five levels of units, 2,000 of them, and
//! 1,000 policies. The root has ten policies with whole plans; every unit has a policy of its own
//! that changes one of the plans, and so has every fifth account.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a benchmark may stop at the first surprise"
)]

use std::collections::BTreeMap;

use backup_policy::{Account, Instant, Organization, Policy, Unit};
use serde_json::{Value, json};

fn main() {
    divan::main();
}

fn now() -> Instant {
    "2026-01-15T12:00:00Z".parse().unwrap()
}

fn whole_plan(number: usize) -> Value {
    let vault = "arn:aws:backup:eu-central-1:333333333333:backup-vault:CentralVault";
    let rule = |schedule: &str, days: &str| {
        json!({
            "schedule_expression": {"@@assign": schedule},
            "start_backup_window_minutes": {"@@assign": "60"},
            "complete_backup_window_minutes": {"@@assign": "1200"},
            "target_backup_vault_name": {"@@assign": "Vault"},
            "lifecycle": {"delete_after_days": {"@@assign": days}},
            "copy_actions": {vault: {
                "target_backup_vault_arn": {"@@assign": vault},
                "lifecycle": {"delete_after_days": {"@@assign": days}},
            }},
        })
    };
    json!({"plans": {format!("plan{}", number % 10): {
        "regions": {"@@assign": ["eu-west-1", "eu-central-1"]},
        "rules": {
            "nightly": rule("cron(0 5 ? * * *)", "35"),
            "monthly": rule("cron(0 5 1 * ? *)", "366"),
        },
        "selections": {"tags": {"tagged": {
            "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/BackupRole"},
            "tag_key": {"@@assign": "backup"},
            "tag_value": {"@@assign": ["daily"]},
        }}},
    }}})
}

fn change_of_a_plan(number: usize) -> Value {
    json!({"plans": {format!("plan{}", number % 10): {
        "regions": {"@@append": ["eu-north-1"]},
        "rules": {"nightly": {"lifecycle": {
            "delete_after_days": {"@@assign": (number % 30 + 1).to_string()},
        }}},
        "selections": {"tags": {"tagged": {
            "tag_key": {"@@assign": "backup"},
            "tag_value": {"@@append": [format!("team{number}")]},
        }}},
    }}})
}

fn large_organization(accounts: usize) -> Organization {
    let content = |number: usize| match number {
        0..10 => whole_plan(number),
        _ => change_of_a_plan(number),
    };
    let policy = |number: usize| {
        let id = format!("p-{number:08}");
        let name = id.clone();
        let content = content(number);
        (id, Policy { name, content })
    };
    let policies: BTreeMap<String, Policy> = (0..1_000).map(policy).collect();
    let ids: Vec<&String> = policies.keys().collect();
    let changing = |number: usize| ids.get(10 + number % 990).unwrap();
    let whole = ids.iter().take(10).map(|id| (*id).clone()).collect();
    let mut root = Unit {
        id: "r-0001".into(),
        name: "Root".into(),
        policies: whole,
        ..Unit::default()
    };
    for number in 0..2_000 {
        let unit = Unit {
            id: format!("ou-0001-{number:08}"),
            name: format!("unit {number}"),
            policies: vec![(*changing(number)).clone()],
            ..Unit::default()
        };
        place(&mut root, number).organizational_units.push(unit);
    }
    for number in 0..accounts {
        let own = (number % 5 == 0).then(|| (*changing(number)).clone());
        let account = Account {
            id: format!("{number:012}"),
            name: format!("account {number}"),
            policies: own.into_iter().collect(),
        };
        lowest(&mut root, number).accounts.push(account);
    }
    Organization {
        read_at: None,
        policy_type: "BACKUP_POLICY".into(),
        root,
        policies,
    }
}

/// The unit that the next one belongs in: five below each, as long as there are levels.
fn place(root: &mut Unit, number: usize) -> &mut Unit {
    let mut unit = root;
    let mut rest = number;
    for _ in 0..4 {
        let count = unit.organizational_units.len();
        if count < 5 {
            break;
        }
        unit = unit.organizational_units.get_mut(rest % count).unwrap();
        rest /= count;
    }
    unit
}

fn lowest(root: &mut Unit, number: usize) -> &mut Unit {
    let mut unit = root;
    let mut rest = number;
    while !unit.organizational_units.is_empty() {
        let count = unit.organizational_units.len();
        unit = unit.organizational_units.get_mut(rest % count).unwrap();
        rest /= count;
    }
    unit
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10)]
fn effective_policies(bencher: divan::Bencher, accounts: usize) {
    let organization = large_organization(accounts);
    let result = organization.effective_policies(now()).unwrap();
    assert_eq!(result.accounts.len(), accounts);
    assert!(
        result
            .accounts
            .iter()
            .all(|one| !one.effective.is_withheld())
    );
    bencher.bench(|| {
        organization
            .effective_policies(now())
            .unwrap()
            .accounts
            .len()
    });
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10)]
fn compare_with_a_change_at_the_root(bencher: divan::Bencher, accounts: usize) {
    let before = large_organization(accounts);
    let mut after = before.clone();
    after.root.policies.pop();
    let before = before.effective_policies(now()).unwrap();
    let after = after.effective_policies(now()).unwrap();
    assert_eq!(backup_policy::changes(&before, &after).len(), accounts);
    bencher.bench(|| backup_policy::changes(&before, &after).len());
}

#[divan::bench(args = [1_000, 10_000, 100_000], sample_count = 10)]
fn read_the_file(bencher: divan::Bencher, accounts: usize) {
    let text = serde_json::to_string(&large_organization(accounts)).unwrap();
    bencher.bench(|| Organization::parse(divan::black_box(&text)).unwrap());
}
