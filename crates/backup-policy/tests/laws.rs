//! Laws of the document, its variables and its injected Regions, against naive models.

use std::collections::BTreeMap;

use backup_policy::{Document, character_count, inject_regions, replace_variables, validate};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn json_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[\"\\\\/\u{0}-\u{1f}\u{7f}ä🙂]{0,6}".prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("\\PC{0,8}", inner), 0..6)
                .prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// Values that look like a policy here and there: the words of the language at any place.
fn policy_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "plans",
        "regions",
        "rules",
        "selections",
        "tags",
        "resources",
        "lifecycle",
        "r",
        "PLANS",
        "copy_actions",
        "delete_after_days",
        "move_to_cold_storage_after_days",
        "tag_key",
        "opt_in_to_archive_for_supported_resources",
        "enable_continuous_backup",
        "tag_value",
        "schedule_expression",
        "conditions",
        "string_equals",
        "@@assign",
        "@@append",
        "@@Remove",
        "@@operators_allowed_for_child_policies",
        "backup_plan_tags",
        "rulez",
        "iam_role_arn",
        "arn:aws:backup:eu-west-1:$account:backup-vault:V",
        "start_backup_window_minutes",
    ]);
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "cron\\([0-9*?/L#W,-]{1,5}( [0-9*?/L#W,-]{1,5}){4,5}\\)".prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(vec!["eu-west-1", "true", "35", "@@none", "$account", "*"])
            .prop_map(Value::from),
    ];
    scalar.prop_recursive(8, 80, 5, move |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::vec((word.clone(), inner), 0..5).prop_map(|members| {
                Value::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
            }),
        ]
    })
}

/// What `replace_variables` does to one text, written in another way: find the leftmost key,
/// the longest of those that begin there, and go on behind it.
fn replaced_naively(text: &str, variables: &[(String, String)]) -> String {
    let first = variables
        .iter()
        .filter_map(|(key, value)| text.find(key.as_str()).map(|at| (at, key, value)))
        .min_by_key(|(at, key, _)| (*at, usize::MAX - key.len()));
    match first {
        None => text.to_owned(),
        Some((at, key, value)) => {
            let after = &text[at + key.len()..];
            format!(
                "{}{value}{}",
                &text[..at],
                replaced_naively(after, variables)
            )
        }
    }
}

proptest! {
    #[test]
    fn parse_and_print_return_the_same_document(value in json_value()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let document = Document::parse(&pretty).unwrap();
        prop_assert_eq!(document.value(), &value);
        let minified = document.minified();
        prop_assert_eq!(Document::parse(&minified).unwrap().minified(), minified.clone());
        prop_assert_eq!(Document::from_value(value).minified(), minified);
    }

    #[test]
    fn minified_is_never_longer(value in json_value()) {
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        let minified = Document::parse(&pretty).unwrap().minified();
        prop_assert!(character_count(&minified) <= character_count(&pretty));
    }

    #[test]
    fn validation_says_the_same_with_places_and_without(value in policy_like(), wrap in any::<bool>()) {
        let value = if wrap { json!({"plans": {"daily": {"rules": {"r": value}}}}) } else { value };
        let now = backup_policy::Instant::UNIX_EPOCH;
        let text = serde_json::to_string_pretty(&value).unwrap();
        let parsed = Document::parse(&text).unwrap();
        let summary = |document: &Document| {
            let mut found: Vec<String> =
                validate(document, now).iter().map(ToString::to_string).collect();
            found.sort();
            found
        };
        prop_assert_eq!(summary(&parsed), summary(&Document::from_value(value)));
        for finding in validate(&parsed, now) {
            let at = finding.position.unwrap();
            let line = text.lines().nth(at.line - 1).unwrap();
            prop_assert!(at.column + at.length <= line.chars().count() + 1, "{finding:?}");
            prop_assert!(!finding.message.contains('\n'), "{finding:?}");
        }
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,60}|[\\[\\]{}:,\"\\\\0-9eE.a ]{0,60}") {
        let _ = Document::parse(&text);
    }

    #[test]
    fn variables_are_replaced_as_the_naive_model_says(
        text in "[ab$]{0,12}",
        variables in prop::collection::btree_map("[ab$]{1,3}", "[abcxyz]{0,3}", 0..5),
        reverse in any::<bool>(),
    ) {
        let mut listed: Vec<(String, String)> = variables.clone().into_iter().collect();
        if reverse {
            listed.reverse();
        }
        let document = Document::from_value(json!([text.clone()]));
        let replaced = replace_variables(document, &variables).unwrap();
        let expected = replaced_naively(&text, &listed);
        prop_assert_eq!(replaced.document.value(), &json!([expected]));
    }

    #[test]
    fn keys_are_replaced_as_values_are(
        key in "[ab]{0,8}",
        variables in prop::collection::btree_map("[ab]{1,3}", "[xyz]{0,3}", 0..5),
    ) {
        let as_key = Document::from_value(json!({ key.clone(): 1 }));
        let as_value = Document::from_value(json!([key]));
        let as_key = replace_variables(as_key, &variables).unwrap();
        let as_value = replace_variables(as_value, &variables).unwrap();
        let new_key = as_key.document.value().as_object().unwrap().keys().next();
        prop_assert_eq!(new_key.map(String::as_str), as_value.document.value()[0].as_str());
        prop_assert_eq!(as_key.unused, as_value.unused);
    }

    #[test]
    fn without_variables_nothing_changes(value in json_value()) {
        let document = Document::from_value(value.clone());
        if let Ok(replaced) = replace_variables(document, &BTreeMap::new()) {
            prop_assert_eq!(replaced.document.value(), &value);
        } else {
            let placeholder = value.to_string().contains("${");
            prop_assert!(placeholder);
        }
    }

    #[test]
    fn injection_changes_exactly_the_plans_without_regions(
        plans in prop::collection::btree_map(
            "[a-z]{1,4}",
            prop_oneof![
                Just(json!({"regions": {"@@append": ["eu-west-1"]}})),
                Just(json!({"Regions": {}, "rules": {}})),
                Just(json!({"rules": {}})),
                Just(json!({})),
                Just(json!(1)),
            ],
            0..6,
        ),
    ) {
        let before = json!({ "plans": plans });
        let mut document = Document::from_value(before.clone());
        let changed = inject_regions(&mut document, &["eu-central-1".to_owned()]);
        for (name, plan) in &plans {
            let after = &document.value()["plans"][name];
            let lacks = plan.is_object() && plan.get("regions").is_none() && plan.get("Regions").is_none();
            prop_assert_eq!(changed.contains(name), lacks);
            let mut expected = plan.clone();
            if lacks {
                expected["regions"] = json!({"@@assign": ["eu-central-1"]});
            }
            prop_assert_eq!(after, &expected);
        }
    }
}
