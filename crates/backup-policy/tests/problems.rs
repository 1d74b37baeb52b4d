//! Why AWS would withhold an account's backup policy: every problem in AWS's words, with the
//! policies that contribute.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use backup_policy::{Account, Instant, Organization, Policy, Problem, Unit};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::$account:role/Backup";
const VAULT: &str = "arn:aws:backup:eu-west-2:$account:backup-vault:V";

/// A whole plan, as `p-root` at the root.
fn plan() -> Value {
    json!({"plans": {"daily": {
        "regions": {"@@assign": ["eu-west-1"]},
        "rules": {"nightly": {"target_backup_vault_name": {"@@assign": "V"}}},
        "selections": {"tags": {"tagged": {
            "iam_role_arn": {"@@assign": ROLE},
            "tag_key": {"@@assign": "backup"},
            "tag_value": {"@@assign": ["daily"]},
        }}},
    }}})
}

/// The problems of an account whose root has the plan, and which adds `own` to it as `p-own`.
fn problems_of(root: Value, own: Value) -> (Vec<Problem>, Option<Value>) {
    let policy = |name: &str, content| {
        let name = name.to_owned();
        (name.clone(), Policy { name, content })
    };
    let organization = Organization {
        read_at: None,
        policy_type: "BACKUP_POLICY".into(),
        root: Unit {
            id: "r-0".into(),
            policies: vec!["p-root".into()],
            accounts: vec![Account {
                id: "111111111111".into(),
                name: "shop".into(),
                policies: vec!["p-own".into()],
            }],
            ..Unit::default()
        },
        policies: [policy("p-root", root), policy("p-own", own)].into(),
    };
    let now: Instant = "2026-09-15T12:00:00Z".parse().unwrap();
    let effective = organization.effective_policies(now).unwrap();
    let effective = &effective.accounts[0].effective;
    (effective.problems.clone(), effective.document())
}

/// Adds `own` to the rule.
fn rule(own: Value) -> Value {
    json!({"plans": {"daily": {"rules": {"nightly": own}}}})
}

#[track_caller]
fn check(own: Value, expected: &[&str]) {
    check_with(plan(), own, expected);
}

/// Problems as `CODE path: message [policies]`.
#[track_caller]
fn check_with(root: Value, own: Value, expected: &[&str]) {
    let (problems, document) = problems_of(root, own);
    let shown: Vec<String> = problems
        .iter()
        .map(|one| {
            let policies = one.policies.join(" ");
            format!(
                "{} {}: {} [{policies}]",
                one.code.name(),
                one.path,
                one.message
            )
        })
        .collect();
    assert_eq!(shown, expected);
    // A quota of AWS Backup is the one thing for which AWS Organizations withholds nothing.
    let is_withheld = |one: &Problem| one.code.name() != "QUOTA_EXCEEDED";
    assert_eq!(document.is_none(), problems.iter().any(is_withheld));
}

#[test]
fn a_whole_plan_has_none() {
    check(json!({}), &[]);
}

#[test]
fn an_empty_plan_is_no_plan() {
    check(json!({"plans": {"other": {"rules": {"r": {}}}}}), &[]);
}

#[test]
fn a_plan_needs_regions_rules_and_selections() {
    let other = json!({"plans": {"other": {"advanced_backup_settings": {
        "ec2": {"windows_vss": {"@@assign": "enabled"}},
    }}}});
    check(
        other,
        &[
            "KEY_REQUIRED plans/other: 'regions' is missing [p-own]",
            "KEY_REQUIRED plans/other: 'rules' is missing [p-own]",
            "KEY_REQUIRED plans/other: 'selections' is missing [p-own]",
        ],
    );
}

#[test]
fn a_rule_needs_a_vault_but_no_schedule() {
    let second = json!({"plans": {"daily": {"rules": {"second": {
        "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
    }}}}});
    check(
        second,
        &["KEY_REQUIRED plans/daily/rules/second: 'target_backup_vault_name' is missing [p-own]"],
    );
}

#[test]
fn policies_come_from_the_root_downwards_whatever_the_order_of_the_values() {
    let mut root = plan();
    root["plans"]["daily"]["selections"]["tags"]["tagged"]
        .as_object_mut()
        .unwrap()
        .remove("iam_role_arn");
    let own = json!({"plans": {"daily": {"selections": {"tags": {"tagged": {
        "tag_key": {"@@assign": "other"},
        "tag_value": {"@@append": ["other"]},
    }}}}}});
    check_with(
        root,
        own,
        &[
            "KEY_REQUIRED plans/daily/selections/tags/tagged: 'iam_role_arn' is missing [p-root p-own]",
        ],
    );
}

#[test]
fn a_selection_needs_a_role_and_what_it_selects_by() {
    let selections = json!({"plans": {"daily": {"selections": {"resources": {
        "typed": {"resource_types": {"@@assign": ["*"]}},
        "conditional": {
            "iam_role_arn": {"@@assign": ROLE},
            "conditions": {"string_equals": {"c": {
                "condition_key": {"@@assign": "aws:ResourceTag/a"},
                "condition_value": {"@@assign": "b"},
            }}},
        },
        "nothing": {"iam_role_arn": {"@@assign": ROLE}},
    }}}}});
    check(
        selections,
        &[
            "KEY_REQUIRED plans/daily/selections/resources/typed: 'iam_role_arn' is missing [p-own]",
            "KEY_REQUIRED plans/daily/selections/resources/nothing: 'resource_types' is missing [p-own]",
        ],
    );
}

#[test]
fn lists_from_which_everything_was_removed() {
    let own = json!({"plans": {"daily": {
        "regions": {"@@remove": ["eu-west-1"]},
        "selections": {"tags": {"tagged": {
            "tag_key": {"@@assign": "backup"},
            "tag_value": {"@@remove": ["daily"]},
        }}},
    }}});
    check(
        own,
        &[
            "ELEMENTS_TOO_FEW plans/daily/regions: 'regions' is less than the allowed minimum limit 1 [p-root p-own]",
            "ELEMENTS_TOO_FEW plans/daily/selections/tags/tagged/tag_value: 'tag_value' is less than the allowed minimum limit 1 [p-root p-own]",
        ],
    );
}

#[test]
fn continuous_backups_are_kept_for_35_days_at_most() {
    let continuous = |days: &str| {
        rule(json!({
            "enable_continuous_backup": {"@@assign": true},
            "lifecycle": {"delete_after_days": {"@@assign": days}},
        }))
    };
    check(continuous("35"), &[]);
    check(
        continuous("45"),
        &[
            "CROSS_ATTRIBUTE_VALIDATION plans/daily/rules/nightly: Dependent fields enable_continuous_backup=true,delete_after_days=45 in policy block nightly are invalid when used together [p-own]",
        ],
    );
}

#[test]
fn continuous_backups_without_an_end() {
    check(
        rule(json!({"enable_continuous_backup": {"@@assign": "true"}})),
        &[
            "CROSS_ATTRIBUTE_VALIDATION plans/daily/rules/nightly: Dependent fields enable_continuous_backup=true,delete_after_days=undefined in policy block nightly are invalid when used together [p-own]",
        ],
    );
}

#[test]
fn continuous_backups_with_inherited_cold_storage_are_not_flagged() {
    let mut root = plan();
    root["plans"]["daily"]["rules"]["nightly"]["lifecycle"] =
        json!({"move_to_cold_storage_after_days": {"@@assign": "10"}});
    let own = rule(json!({
        "enable_continuous_backup": {"@@assign": "true"},
        "lifecycle": {"delete_after_days": {"@@assign": "30"}},
    }));
    check_with(root, own, &[]);
}

fn archived(schedule: &str, cold: u32, delete: u32) -> Value {
    json!({
        "schedule_expression": {"@@assign": schedule},
        "lifecycle": {
            "move_to_cold_storage_after_days": {"@@assign": cold},
            "delete_after_days": {"@@assign": delete},
            "opt_in_to_archive_for_supported_resources": {"@@assign": "true"},
        },
    })
}

#[test]
fn archived_backups_stay_in_cold_storage_for_90_days() {
    check(rule(archived("cron(0 5 1 * ? *)", 30, 120)), &[]);
    check(
        rule(archived("cron(0 5 1 * ? *)", 30, 119)),
        &[
            "CROSS_ATTRIBUTE_VALIDATION plans/daily/rules/nightly: Dependent fields opt_in_to_archive_for_supported_resources=true,delete_after_days=119,move_to_cold_storage_after_days=30 in policy block nightly are invalid when used together [p-own]",
        ],
    );
}

#[test]
fn archived_backups_are_28_days_apart() {
    // The first of February and of March.
    check(rule(archived("cron(0 5 1 2-3 ? *)", 30, 120)), &[]);
    check(
        rule(archived("cron(0 5 ? * * *)", 30, 120)),
        &[
            "CROSS_ATTRIBUTE_VALIDATION plans/daily/rules/nightly: Dependent fields opt_in_to_archive_for_supported_resources=true,schedule_expression=cron(0 5 ? * * *) in policy block nightly are invalid when used together [p-own]",
        ],
    );
}

#[test]
fn every_contributing_policy_is_named_from_the_root_downwards() {
    let mut root = plan();
    root["plans"]["daily"]["rules"]["nightly"] = archived("cron(0 5 1 * ? *)", 30, 120);
    root["plans"]["daily"]["rules"]["nightly"]["target_backup_vault_name"] =
        json!({"@@assign": "V"});
    let schedule = json!({"schedule_expression": {"@@assign": "cron(0 5 ? * SUN *)"}});
    check_with(
        root,
        rule(schedule),
        &[
            "CROSS_ATTRIBUTE_VALIDATION plans/daily/rules/nightly: Dependent fields opt_in_to_archive_for_supported_resources=true,schedule_expression=cron(0 5 ? * SUN *) in policy block nightly are invalid when used together [p-root p-own]",
        ],
    );
}

#[test]
fn copies_with_the_same_problem_are_reported_once() {
    let mut own = archived("cron(0 5 1 * ? *)", 30, 60);
    let lifecycle = own["lifecycle"].clone();
    own["copy_actions"] = json!({VAULT: {
        "target_backup_vault_arn": {"@@assign": VAULT},
        "lifecycle": lifecycle,
    }});
    check(
        rule(own),
        &[
            "CROSS_ATTRIBUTE_VALIDATION plans/daily/rules/nightly: Dependent fields opt_in_to_archive_for_supported_resources=true,delete_after_days=60,move_to_cold_storage_after_days=30 in policy block nightly are invalid when used together [p-own]",
        ],
    );
}

#[test]
fn a_problem_of_rule_and_copy_names_the_policies_of_both_from_the_root_downwards() {
    let mut root = plan();
    let mut nightly = archived("cron(0 5 1 * ? *)", 30, 60);
    nightly["target_backup_vault_name"] = json!({"@@assign": "V"});
    let lifecycle = nightly["lifecycle"].clone();
    nightly["copy_actions"] = json!({VAULT: {
        "target_backup_vault_arn": {"@@assign": VAULT},
        "lifecycle": lifecycle,
    }});
    root["plans"]["daily"]["rules"]["nightly"] = nightly.clone();
    // The account says the same of the rule itself, so only the copy's values are the root's.
    check_with(
        root,
        rule(json!({"lifecycle": nightly["lifecycle"]})),
        &[
            "CROSS_ATTRIBUTE_VALIDATION plans/daily/rules/nightly: Dependent fields opt_in_to_archive_for_supported_resources=true,delete_after_days=60,move_to_cold_storage_after_days=30 in policy block nightly are invalid when used together [p-root p-own]",
        ],
    );
}

#[test]
fn a_plan_that_accounts_share_is_a_problem_for_each_of_them() {
    let mut root = plan();
    root["plans"]["daily"]["rules"]["nightly"] = json!({"schedule_expression": {"@@assign": "x"}});
    let other = |name: &str| json!({"plans": {name: plan()["plans"]["daily"]}});
    let policy = |content| Policy {
        name: "x".into(),
        content,
    };
    let account = |id: &str, policy: &str| Account {
        id: id.into(),
        name: id.into(),
        policies: vec![policy.into()],
    };
    let organization = Organization {
        read_at: None,
        policy_type: "BACKUP_POLICY".into(),
        root: Unit {
            id: "r-0".into(),
            policies: vec!["p-root".into()],
            accounts: vec![
                account("111111111111", "p-a"),
                account("222222222222", "p-b"),
            ],
            ..Unit::default()
        },
        policies: [
            ("p-root".into(), policy(root)),
            ("p-a".into(), policy(other("a"))),
            ("p-b".into(), policy(other("b"))),
        ]
        .into(),
    };
    let effective = organization
        .effective_policies(Instant::UNIX_EPOCH)
        .unwrap();
    for account in &effective.accounts {
        let messages: Vec<&str> = account
            .effective
            .problems
            .iter()
            .map(|one| one.message.as_str())
            .collect();
        assert_eq!(messages, ["'target_backup_vault_name' is missing"]);
    }
}

#[test]
fn a_value_that_cannot_be_read_is_not_judged() {
    let mut own = archived("cron(0 5 1 * ? *)", 30, 60);
    own["lifecycle"]["delete_after_days"] = json!({"@@assign": "\u{F8FF}"});
    own["schedule_expression"] = json!({"@@assign": "\u{F8FF}"});
    check(rule(own), &[]);
}

/// As many members as asked for, all with the same value.
fn many(count: usize, value: Value) -> Value {
    (0..count)
        .map(|number| (format!("m{number}"), value.clone()))
        .collect()
}

#[test]
fn a_plan_has_ten_rules_at_most_however_many_policies_bring_them() {
    let one = json!({"target_backup_vault_name": {"@@assign": "V"}});
    let rules = |count| json!({"plans": {"daily": {"rules": many(count, one.clone())}}});
    check(rules(9), &[]);
    check(
        rules(10),
        &[
            "ELEMENTS_TOO_MANY plans/daily/rules: 'rules' exceeds the allowed maximum limit 10 [p-root p-own]",
        ],
    );
}

#[test]
fn quotas_of_aws_backup_are_reported_and_withhold_nothing() {
    let copies: Value = (0..6)
        .map(|number| {
            let vault = format!("{VAULT}{number}");
            (
                vault.clone(),
                json!({"target_backup_vault_arn": {"@@assign": vault}}),
            )
        })
        .collect();
    let tag = json!({"tag_key": {"@@assign": "k"}, "tag_value": {"@@assign": "v"}});
    check(
        rule(json!({"copy_actions": copies, "recovery_point_tags": many(11, tag)})),
        &[
            "QUOTA_EXCEEDED plans/daily/rules/nightly/copy_actions: 'copy_actions' exceeds the allowed maximum limit 5 [p-own]",
            "QUOTA_EXCEEDED plans/daily/rules/nightly/recovery_point_tags: 'recovery_point_tags' exceeds the allowed maximum limit 10 [p-own]",
        ],
    );
}

#[test]
fn quotas_of_selections() {
    let values: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    let condition = json!({
        "condition_key": {"@@assign": "aws:ResourceTag/a"},
        "condition_value": {"@@assign": "b"},
    });
    let selection = json!({
        "iam_role_arn": {"@@assign": ROLE},
        "tag_key": {"@@assign": "k"},
        "tag_value": {"@@assign": ["v"]},
    });
    let mut tags = many(100, selection.clone());
    tags["tagged"] = json!({
        "tag_key": {"@@assign": "backup"},
        "tag_value": {"@@append": values},
        "conditions": {
            "string_equals": many(16, condition.clone()),
            "string_like": many(15, condition),
        },
    });
    check(
        json!({"plans": {"daily": {"selections": {"tags": tags}}}}),
        &[
            "QUOTA_EXCEEDED plans/daily/selections: 'selections' exceeds the allowed maximum limit 100 [p-root p-own]",
            "QUOTA_EXCEEDED plans/daily/selections/tags: 'tags' exceeds the allowed maximum limit 10 [p-root p-own]",
            "QUOTA_EXCEEDED plans/daily/selections/tags/tagged/tag_value: 'tag_value' exceeds the allowed maximum limit 30 [p-root p-own]",
            "QUOTA_EXCEEDED plans/daily/selections/tags/tagged/conditions: 'conditions' exceeds the allowed maximum limit 30 [p-own]",
        ],
    );
}

#[test]
fn an_account_has_300_plans_at_most() {
    let one = plan()["plans"]["daily"].clone();
    check(
        json!({"plans": many(300, one)}),
        &["QUOTA_EXCEEDED plans: 'plans' exceeds the allowed maximum limit 300 [p-root p-own]"],
    );
}

#[test]
fn problems_are_written_as_aws_answers_them_with_our_remedy_beside_it() {
    let (problems, _) = problems_of(
        plan(),
        json!({"plans": {"x": {"regions": {"@@assign": ["eu-west-1"]}, "rules": {"r": {"target_backup_vault_name": {"@@assign": "V"}}}}}}),
    );
    assert_eq!(
        serde_json::to_value(problems).unwrap(),
        json!([{
            "code": "KEY_REQUIRED",
            "path": "plans/x",
            "message": "'selections' is missing",
            "policies": ["p-own"],
            "help": "give `x` a `selections` in a policy on the way to the account, or take out \
                     what remains of `x`",
        }])
    );
}

#[test]
fn every_problem_has_the_remedy_that_the_validator_knows() {
    let help = |own: Value| -> Vec<String> {
        let (problems, _) = problems_of(plan(), own);
        problems.into_iter().map(|problem| problem.help).collect()
    };
    assert_eq!(
        help(rule(json!({
            "enable_continuous_backup": {"@@assign": "true"},
            "lifecycle": {"delete_after_days": {"@@assign": "90"}},
        }))),
        [
            "set `lifecycle.delete_after_days` to 35 or less in this rule, or turn continuous backup \
             off"
        ]
    );
    assert_eq!(
        help(json!({"plans": {"half": {"regions": {"@@assign": ["eu-west-1"]}}}})),
        [
            "give `half` a `rules` in a policy on the way to the account, or take out what remains \
             of `half`",
            "give `half` a `selections` in a policy on the way to the account, or take out what \
             remains of `half`",
        ]
    );
    let emptied = json!({"regions": {"@@remove": ["eu-west-1"]}});
    assert_eq!(
        help(json!({"plans": {"daily": emptied}})),
        ["leave at least one value in `regions`, or add one of its own"]
    );
}
