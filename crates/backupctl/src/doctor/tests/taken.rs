//! What `in-force` must tell: whether AWS took a stack's policies, in every account that they reach.

use std::collections::BTreeSet;

use backup_status::merge::Invalid;

use super::*;
use crate::doctor::diagnosis::{Reached, reached_by, taken_checks};
use crate::doctor::text::text;

fn reached(id: &str) -> Reached {
    Reached {
        id: id.to_owned(),
        name: "production".to_owned(),
        policies: vec!["daily".to_owned()],
        protection: account(id, "").protection.unwrap(),
    }
}

fn invalid(id: &str) -> Invalid {
    let reasons = Seen::There(vec!["KEY_REQUIRED: 'rules' is missing".to_owned()]);
    BTreeMap::from([(id.to_owned(), reasons)])
}

fn withheld(mut account: Reached) -> Reached {
    account.protection.ours = Seen::There(Arc::new(Merge {
        problems: vec!["KEY_REQUIRED".to_owned()],
        ..merge()
    }));
    account
}

#[test]
fn where_aws_has_what_is_attached_one_line_says_so() {
    let all = [reached("444444444441"), reached("444444444442")];
    let found = text(&taken_checks("policies", &all, &Invalid::new()));
    assert_eq!(
        found,
        "ok  organization  effective policy at AWS  as merged here in 2 of 2 accounts that the stack's \
         policies reach\n\n1 checks: 0 failed, 0 unknown\n"
    );
}

#[test]
fn an_account_whose_merge_aws_withholds_is_named_with_policy_and_reason() {
    let all = [reached("444444444441"), withheld(reached("444444444442"))];
    let found = taken_checks("policies", &all, &invalid("444444444442"));
    let [fine, wrong] = found.as_slice() else {
        panic!("{found:#?}");
    };
    assert!(fine.detail.starts_with("as merged here in 1 of 2"));
    assert_eq!(wrong.state, State::Failed);
    assert_eq!(
        wrong.detail,
        "invalid: KEY_REQUIRED: 'rules' is missing (daily)"
    );
    assert_eq!(wrong.account.as_ref().unwrap().0, "444444444442");
    assert!(wrong.remedy.as_ref().unwrap().starts_with("correct"));
}

#[test]
fn an_account_that_the_stack_does_not_reach_fails_nothing() {
    let found = taken_checks(
        "policies",
        &[reached("444444444441")],
        &invalid("999999999999"),
    );
    assert_eq!(found.last().unwrap().state, State::Noted);
    assert!(found.iter().all(|check| !check.state.counts()));
}

#[test]
fn a_stack_whose_policies_reach_nobody_has_failed() {
    let found = taken_checks("policies", &[], &Invalid::new());
    assert_eq!(found[0].state, State::Failed);
    assert!(found[0].detail.contains("reaches any account"));
}

#[test]
fn only_agreement_ends_the_waiting() {
    let none = Invalid::new();
    let at_aws = |account: &str| invalid(account);
    let one = reached("444444444441");
    assert!(one.is_settled(&none));
    // AWS has not merged yet, or sees it otherwise: both may still change.
    assert!(!one.is_settled(&at_aws("444444444441")));
    assert!(!withheld(one.clone()).is_settled(&none));
    assert!(withheld(one.clone()).is_settled(&at_aws("444444444441")));
    let mut late = one.clone();
    late.protection.theirs = Seen::There(Some(InForce {
        document: json!({}),
        updated: None,
    }));
    assert!(!late.is_settled(&none));
    late.protection.theirs = Seen::Unknown("busy".to_owned());
    assert!(!late.is_settled(&none));
}

#[test]
fn a_policy_reaches_the_accounts_below_where_it_is_attached() {
    let organization = backup_policy::Organization::parse(
        r#"{"policy_type": "BACKUP_POLICY", "root": {"id": "r-abcd", "name": "Root", "policies": [],
            "accounts": [{"id": "111111111111", "name": "management", "policies": []}],
            "organizational_units": [{"id": "ou-abcd-11111111", "name": "Workloads", "policies": ["p-daily"],
              "accounts": [{"id": "222222222222", "name": "one", "policies": ["p-weekly", "p-daily"]}],
              "organizational_units": [{"id": "ou-abcd-22222222", "name": "Inner", "policies": ["p-other"],
                "accounts": [{"id": "333333333333", "name": "two", "policies": []}]}]}]},
            "policies": {"p-daily": {"name": "daily", "content": {}},
              "p-weekly": {"name": "weekly", "content": {}}, "p-other": {"name": "other", "content": {}}}}"#,
    )
    .unwrap();
    let found = reached_by(&organization, &BTreeSet::from(["p-daily", "p-weekly"]));
    let found: Vec<(&str, &[String])> = found
        .iter()
        .map(|(id, (_, names))| (id.as_str(), names.as_slice()))
        .collect();
    assert_eq!(
        found,
        [
            (
                "222222222222",
                ["daily".to_owned(), "weekly".to_owned()].as_slice()
            ),
            ("333333333333", ["daily".to_owned()].as_slice()),
        ]
    );
}

#[test]
fn the_documentation_shows_what_is_printed() {
    let mut all: Vec<Reached> = (0..38).map(|n| reached(&format!("{n:012}"))).collect();
    let named = |account: Reached, name: &str| Reached {
        name: name.to_owned(),
        policies: vec!["org-daily-backup-policy".to_owned()],
        ..account
    };
    all.push(named(withheld(reached("444444444441")), "shop"));
    let mut differing = named(reached("444444444442"), "stock");
    differing.protection.theirs = Seen::There(Some(InForce {
        document: json!({"plans": {"daily": {"regions": ["eu-west-1"]}}}),
        updated: None,
    }));
    all.push(differing);
    let mut verdicts = invalid("444444444441");
    verdicts.append(&mut invalid("444444444449"));
    let printed = text(&taken_checks("policies", &all, &verdicts));
    let readme = include_str!("../../../README.md");
    for line in printed.lines().take(4) {
        assert!(readme.contains(line), "not in the documentation: {line}");
    }
}
