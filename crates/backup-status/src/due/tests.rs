use backup_policy::Organization;
use serde_json::{Value, json};

use super::*;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn rule(schedule: &str) -> Expected {
    Expected {
        rule: "daily/nightly".to_owned(),
        vault: "V".to_owned(),
        regions: vec!["eu-west-1".to_owned()],
        schedule: schedule.to_owned(),
        minutes: 60 + 1200,
        kept_days: Some(35),
        copies: Vec::new(),
        tags: None,
    }
}

#[test]
fn a_backup_is_due_once_its_windows_are_over() {
    let daily = rule("cron(0 5 ? * * *)");
    // 05:00 and 21 hours: until 02:00 of the next day nothing is missing.
    for (now, due) in [
        ("2026-01-31T01:59:00Z", "2026-01-29T05:00:00Z"),
        ("2026-01-31T02:00:00Z", "2026-01-30T05:00:00Z"),
    ] {
        assert_eq!(daily.due(None, at(now)), Some(at(due)), "{now}");
    }
    // A copy has another day.
    let copied = daily.copy_due(None, at("2026-01-31T02:00:00Z"));
    assert_eq!(copied, Some(at("2026-01-29T05:00:00Z")));
}

#[test]
fn rare_schedules_are_found_as_well() {
    let now = at("2026-01-31T12:00:00Z");
    for (schedule, due) in [
        ("cron(0 5 1 * ? *)", "2026-01-01T05:00:00Z"),
        ("cron(0 5 1 3 ? *)", "2025-03-01T05:00:00Z"),
    ] {
        let kept = Expected {
            kept_days: None,
            ..rule(schedule)
        };
        assert_eq!(kept.due(None, now), Some(at(due)), "{schedule}");
    }
    assert_eq!(rule("rate(1 day)").due(None, now), None);
}

#[test]
fn what_is_gone_or_forgotten_is_not_asked_for() {
    let now = at("2026-01-31T12:00:00Z");
    let mut monthly = rule("cron(0 5 1 * ? *)");
    assert_eq!(monthly.copy_due(None, now), None, "30 days ago");
    monthly.kept_days = Some(7);
    assert_eq!(monthly.due(None, now), None, "deleted on the 8th");
}

#[test]
fn a_copy_is_asked_for_as_long_as_aws_remembers_it() {
    // Of 1 January; AWS Backup remembers it for 30 days, and a day of that is kept as a margin.
    let monthly = rule("cron(0 5 1 * ? *)");
    let first = at("2026-01-01T05:00:00Z");
    for (now, due) in [
        ("2026-01-30T04:59:59Z", Some(first)),
        ("2026-01-30T05:00:00Z", None),
    ] {
        assert_eq!(monthly.copy_due(None, at(now)), due, "{now}");
    }
}

#[test]
fn nothing_is_due_of_the_time_before() {
    let now = at("2026-01-31T12:00:00Z");
    let daily = rule("cron(0 5 ? * * *)");
    assert_eq!(daily.due(Some(at("2026-01-31T00:00:00Z")), now), None);
    let since = Some(at("2026-01-30T04:00:00Z"));
    assert_eq!(daily.due(since, now), Some(at("2026-01-30T05:00:00Z")));
    let yearly = rule("cron(0 5 1 3 ? *)");
    assert_eq!(yearly.due(Some(at("2025-06-01T00:00:00Z")), now), None);
}

/// What an account expects that gets one plan with this rule and these selections.
fn of_plan(rule: &Value, selections: &Value) -> Expected {
    let content = json!({"plans": {"daily": {
        "regions": {"@@assign": ["eu-west-1", "us-east-1"]},
        "rules": {"nightly": rule},
        "selections": selections,
    }}});
    let organization = json!({
        "policy_type": "BACKUP_POLICY",
        "root": {"id": "r-abcd", "name": "Root", "policies": ["p-1"],
                 "accounts": [{"id": "444444444441", "name": "shop"}]},
        "policies": {"p-1": {"name": "daily", "content": content}},
    });
    let organization = Organization::parse(&organization.to_string()).unwrap();
    let effective = organization
        .effective_policies(at("2026-01-31T12:00:00Z"))
        .unwrap();
    expected(&effective.accounts[0].effective).remove(0)
}

fn tagged(key: &str, values: &[&str]) -> Value {
    json!({
        "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/R"},
        "tag_key": {"@@assign": key},
        "tag_value": {"@@assign": values},
    })
}

#[test]
fn a_rule_is_expected_as_the_policy_has_it_and_without_values_as_aws_completes_it() {
    const SECOND: &str = "arn:aws:backup:eu-central-1:333333333333:backup-vault:Central";
    let bare = json!({"target_backup_vault_name": {"@@assign": "Vault"}});
    let selections = json!({"tags": {"by-tag": tagged("backup", &["daily", "hourly"])}});
    let own = Expected {
        rule: "daily/nightly".to_owned(),
        vault: "Vault".to_owned(),
        regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
        schedule: "cron(0 5 ? * * *)".to_owned(),
        // Eight hours and seven days.
        minutes: 10_560,
        kept_days: None,
        copies: Vec::new(),
        tags: Some(vec![(
            "backup".to_owned(),
            vec!["daily".to_owned(), "hourly".to_owned()],
        )]),
    };
    assert_eq!(of_plan(&bare, &selections), own);
    let full = json!({
        "target_backup_vault_name": {"@@assign": "Vault"},
        "schedule_expression": {"@@assign": "cron(0 3 ? * 1 *)"},
        "start_backup_window_minutes": {"@@assign": "60"},
        "complete_backup_window_minutes": {"@@assign": "480"},
        "lifecycle": {"delete_after_days": {"@@assign": "35"}},
        "copy_actions": {SECOND: {"target_backup_vault_arn": {"@@assign": SECOND}}},
    });
    let given = Expected {
        schedule: "cron(0 3 ? * 1 *)".to_owned(),
        minutes: 540,
        kept_days: Some(35),
        copies: vec![SECOND.to_owned()],
        ..own
    };
    assert_eq!(of_plan(&full, &selections), given);
}

#[test]
fn tags_say_whether_anything_is_selected_only_where_nothing_else_selects() {
    let rule = json!({"target_backup_vault_name": {"@@assign": "Vault"}});
    let tags = |selections: Value| of_plan(&rule, &selections).tags;
    let key = |key: &str| (key.to_owned(), vec!["daily".to_owned()]);
    let (a, b) = (tagged("a", &["daily"]), tagged("b", &["daily"]));
    let both = tags(json!({"tags": {"one": a, "two": b}}));
    assert_eq!(both, Some(vec![key("a"), key("b")]));

    let conditions = json!({"string_equals": {"c": {
        "condition_key": {"@@assign": "aws:ResourceTag/stage"},
        "condition_value": {"@@assign": "live"},
    }}});
    let mut narrowed = tagged("a", &["daily"]);
    narrowed["conditions"] = conditions;
    let types = json!({
        "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/R"},
        "resource_types": {"@@assign": ["arn:aws:ec2:*:*:volume/*"]},
    });
    let beside = json!({"tags": {"one": tagged("a", &["daily"])}, "resources": {"all": types}});
    for (why, selections) in [
        ("a condition", json!({"tags": {"one": narrowed}})),
        ("types", json!({"resources": {"all": types}})),
        ("types beside a tag", beside),
    ] {
        assert_eq!(tags(selections), None, "{why}");
    }
}
