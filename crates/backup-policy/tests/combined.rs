//! Policies that have nothing to do with each other, combined in random organizations: the cases of
//! this crate that AWS accepts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may stop and say why"
)]

use std::collections::BTreeMap;

use backup_policy::{Account, Instant, Organization, Policy, Unit};
use serde_json::{Value, json};

fn now() -> Instant {
    "2026-09-15T12:00:00Z".parse().unwrap()
}

/// The policies that can be merged, under ids of our own.
fn policies() -> BTreeMap<String, Policy> {
    let folder = format!("{}/tests/cases", env!("CARGO_MANIFEST_DIR"));
    let mut contents = Vec::new();
    for text in texts(&folder) {
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        let accepted = cases.into_iter().filter(|case| case["errors"] == json!([]));
        contents.extend(accepted.map(|case| case["policy"].clone()));
    }
    let named = contents.into_iter().enumerate().map(|(number, content)| {
        let name = format!("p-{number:03}");
        (name.clone(), Policy { name, content })
    });
    let is_well_formed = |(id, policy): &(String, Policy)| {
        let one = BTreeMap::from([(id.clone(), policy.clone())]);
        let errors = organization(one, &mut || 0).check().err();
        errors
            .iter()
            .flatten()
            .for_each(|error| println!("{error}"));
        errors.is_none()
    };
    named.filter(is_well_formed).collect()
}

fn texts(folder: &str) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn any_policies_in_any_organization_are_merged() {
    let policies = policies();
    let mut state = 7_u64;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(state >> 33).unwrap()
    };
    let (mut valid, mut withheld) = (0, 0);
    for _ in 0..100 {
        let organization = organization(policies.clone(), &mut random);
        let effective = organization.effective_policies(now()).unwrap();
        for account in &effective.accounts {
            let merged = account.effective.merged();
            let plans = account.effective.plans();
            let named = merged["plans"].as_object().map_or(0, |plans| plans.len());
            assert_eq!(plans.len(), named);
            assert!(!merged.to_string().contains("@@"), "{merged}");
            match account.effective.document() {
                Some(document) => {
                    valid += 1;
                    assert_eq!(document, merged);
                }
                None => {
                    withheld += 1;
                    assert!(!account.effective.problems.is_empty());
                }
            }
        }
    }
    println!(
        "{} policies: {valid} accounts valid, {withheld} withheld",
        policies.len()
    );
    assert!(valid > 0 && withheld > 0);
}

/// A root, a unit and two accounts with some of the policies.
fn organization(
    policies: BTreeMap<String, Policy>,
    random: &mut impl FnMut() -> usize,
) -> Organization {
    let ids: Vec<String> = policies.keys().cloned().collect();
    let mut some = || {
        let mut chosen: Vec<String> = Vec::new();
        for _ in 0..random() % 4 {
            let id = ids[random() % ids.len()].clone();
            if !chosen.contains(&id) {
                chosen.push(id);
            }
        }
        chosen
    };
    let mut account = |id: &str| Account {
        id: id.into(),
        name: id.into(),
        policies: some(),
    };
    let accounts = vec![account("000000000001"), account("000000000002")];
    let unit = Unit {
        id: "ou-1".into(),
        policies: some(),
        accounts,
        ..Unit::default()
    };
    let units = vec![unit];
    let root = Unit {
        id: "r-1".into(),
        policies: some(),
        organizational_units: units,
        ..Unit::default()
    };
    Organization {
        read_at: None,
        policy_type: "BACKUP_POLICY".into(),
        root,
        policies,
    }
}
