//! Inheritance, case by case: what AWS was recorded to answer (`inheritance/recorded.json`), and a
//! sentence for every rule.
//!
//! A case has `levels` of policy documents: the first list is attached to the root, the last to
//! the account, each in its order of attachment. The policy `p-1-0` is the first on level 1.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::unreachable,
    reason = "a test may stop at the first surprise"
)]

use backup_policy::{Account, Content, Instant, Node, Organization, Policy, Sourced, Unit};
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
        read_at: None,
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
        let policy_type = case["type"].as_str().unwrap_or("SOME_POLICY");
        let organization = organization(policy_type, case["levels"].as_array().unwrap());
        let effective = organization.effective_policies(now()).unwrap();
        let account = &effective.accounts[0];
        let result = account.to_value();
        assert_eq!(result["effective"], case["effective"], "{sentence}");
        let problems = case.get("problems").cloned();
        let problems = problems.unwrap_or_else(|| Value::Array(Vec::new()));
        assert_eq!(result["problems"], problems, "{sentence}");
        let root = &account.effective.root;
        for (path, expected) in case["origins"].as_object().into_iter().flatten() {
            let found: Value = match at(root, path).content().unwrap() {
                Content::Text(text) => vec![&*text.origin.policy].into(),
                Content::List(list) => list.members.iter().map(|one| &*one.origin.policy).collect(),
            };
            assert_eq!(found, *expected, "{sentence}");
        }
        for (path, expected) in case["ignored"].as_object().into_iter().flatten() {
            let ignored = at(root, path).ignored().iter();
            let found: Value = ignored
                .map(|one| {
                    let key = one
                        .key
                        .as_ref()
                        .map_or(String::new(), |key| format!(" {key}"));
                    format!("{} {}{key}", one.origin.policy, one.operator)
                })
                .collect();
            assert_eq!(found, *expected, "{sentence}");
        }
    }
}

fn at<'n>(root: &'n Node, path: &str) -> &'n Node {
    let keys: Vec<&str> = path.split('/').collect();
    root.get(&keys).unwrap()
}

#[test]
fn what_aws_was_recorded_to_answer() {
    check_file(include_str!("inheritance/recorded.json"));
}

#[test]
fn a_sentence_for_every_rule() {
    check_file(include_str!("inheritance/rules.json"));
}

#[test]
fn who_locked_a_value_is_known() {
    let levels = serde_json::json!([
        [{"x": {"@@assign": "1", "@@operators_allowed_for_child_policies": ["@@none"]}}],
        [{"x": {"@@assign": "2", "@@operators_allowed_for_child_policies": ["@@none"]}}],
    ]);
    let organization = organization("SOME_POLICY", levels.as_array().unwrap());
    let effective = organization.effective_policies(now()).unwrap();
    let account = &effective.accounts[0];
    let locks = at(&account.effective.root, "x").limited_by();
    assert_eq!(locks.len(), 1, "only the first lock takes something away");
    assert_eq!((&*locks[0].policy, locks[0].level), ("p-0-0", 0));
    assert_eq!(account.level(&locks[0]).unwrap().id, "r-0");
}

#[test]
fn who_removed_a_member_is_known_until_it_is_back() {
    let levels = serde_json::json!([
        [{"x": {"@@assign": ["1", "2"]}}],
        [{"x": {"@@remove": ["1", "2"]}}],
        [{"x": {"@@append": ["2"]}}],
    ]);
    let organization = organization("SOME_POLICY", levels.as_array().unwrap());
    let effective = organization.effective_policies(now()).unwrap();
    let Some(Content::List(list)) = at(&effective.accounts[0].effective.root, "x").content() else {
        unreachable!("`x` is a list")
    };
    let shown = |one: &Sourced| format!("{} {}", one.text, one.origin.policy);
    assert_eq!(
        list.members.iter().map(shown).collect::<Vec<_>>(),
        ["2 p-2-0"]
    );
    assert_eq!(
        list.removed.iter().map(shown).collect::<Vec<_>>(),
        ["1 p-1-0"]
    );
    assert_eq!(
        list.assigned.as_ref().map(|origin| &*origin.policy),
        Some("p-0-0")
    );
}
