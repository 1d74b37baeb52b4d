//! Inheritance, case by case: what AWS was recorded to answer (`inheritance/recorded.json`), and a
//! sentence for every rule.
//!
//! A case has `levels` of policy documents: the first list is attached to the root, the last to
//! the account, each in its order of attachment. The policy `p-1-0` is the first on level 1.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use backup_policy::{Account, Instant, Organization, Policy, Unit};
use serde_json::Value;

fn now() -> Instant {
    "2026-09-15T12:00:00Z".parse().unwrap()
}

/// An organization of one account, whose last level is the account.
fn organization(policy_type: &str, levels: &[Value]) -> Organization {
    let mut policies = std::collections::BTreeMap::new();
    let mut attached: Vec<Vec<String>> = Vec::new();
    for (level, contents) in levels.iter().enumerate() {
        let mut ids = Vec::new();
        for (index, content) in contents.as_array().unwrap().iter().enumerate() {
            let id = format!("p-{level}-{index}");
            let policy = Policy {
                name: id.clone(),
                content: content.clone(),
            };
            policies.insert(id.clone(), policy);
            ids.push(id);
        }
        attached.push(ids);
    }
    let account = Account {
        id: "111111111111".into(),
        name: "shop".into(),
        policies: attached.pop().unwrap(),
    };
    let mut below = None;
    for (level, policies) in attached.into_iter().enumerate().rev() {
        let is_lowest = below.is_none();
        below = Some(Unit {
            id: if level == 0 {
                "r-0".into()
            } else {
                format!("ou-{level}")
            },
            name: format!("level {level}"),
            policies,
            organizational_units: below.into_iter().collect(),
            accounts: if is_lowest {
                vec![account.clone()]
            } else {
                Vec::new()
            },
        });
    }
    Organization {
        policy_type: policy_type.into(),
        root: below.unwrap(),
        policies,
    }
}

#[track_caller]
fn check_file(text: &str) {
    let cases: Vec<Value> = serde_json::from_str(text).unwrap();
    for case in cases {
        let sentence = case["case"].as_str().unwrap();
        let policy_type = case["type"].as_str().unwrap_or("BACKUP_POLICY");
        let organization = organization(policy_type, case["levels"].as_array().unwrap());
        let effective = organization.effective_policies(now()).unwrap();
        let result = effective.accounts[0].to_value();
        assert_eq!(result["effective"], case["effective"], "{sentence}");
        let problems = case.get("problems").cloned();
        let problems = problems.unwrap_or_else(|| Value::Array(Vec::new()));
        assert_eq!(result["problems"], problems, "{sentence}");
    }
}

#[test]
fn what_aws_was_recorded_to_answer() {
    check_file(include_str!("inheritance/recorded.json"));
}
