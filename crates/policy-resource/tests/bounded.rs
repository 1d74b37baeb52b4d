//! Whatever a template asks for, the work is bounded, and so is what is said about it.
#![cfg(test)]

use std::time::SystemTime;

use policy_resource::content::{Found, prepare, refusal};
use policy_resource::properties::{ContentSource, Properties};
use serde_json::{Map, Value, json};

/// As the function does it, up to the first call: the reason, or nothing.
fn refused(properties: &Value) -> Option<String> {
    let properties = match Properties::read(properties) {
        Ok(properties) => properties,
        Err(errors) => return Some(errors.to_string()),
    };
    let found = match properties.content {
        ContentSource::Object(value) => Found::Object(value),
        ContentSource::Text(text) => Found::Text(text),
        ContentSource::S3(_) => return None,
    };
    let regions = properties.regions.unwrap_or_default();
    match prepare(found, &properties.variables, &regions) {
        Err(reason) => Some(reason),
        Ok(prepared) => {
            let now = SystemTime::now().into();
            refusal(&backup_policy::validate(&prepared.document, now))
        }
    }
}

fn with(name: &str, value: Value) -> Value {
    let mut properties = json!({
        "PolicyName": "nightly",
        "PolicyContent": {"plans": {}},
        "OrgManagementAccount": "111111111111",
        "PolicyTargets": "r-abcd",
    });
    properties[name] = value;
    properties
}

fn numbered(count: usize, name: impl Fn(usize) -> String, value: impl Fn(usize) -> Value) -> Value {
    let members = (0..count).map(|n| (name(n), value(n)));
    Value::Object(members.collect::<Map<_, _>>())
}

fn many(count: usize) -> Value {
    numbered(count, |n| format!("k{n}"), |_| json!({}))
}

/// Each with what its refusal names.
fn hostile() -> Vec<(&'static str, Value, &'static str)> {
    let long = |count: usize| "x".repeat(count);
    let plan =
        |count: usize, inner: Value| numbered(count, |n| format!("p{n}"), move |_| inner.clone());
    let mut both = with(
        "PolicyContent",
        json!({"plans": {"a": "$".repeat(900_000)}}),
    );
    both["Variables"] = numbered(5_000, |n| format!("$$$$$$$$${n}"), |_| json!("v"));
    let mut nested_keys = with(
        "PolicyContent",
        json!({"plans": {"a": "a".repeat(900_000)}}),
    );
    nested_keys["Variables"] = numbered(2_000, |n| format!("{}b", "a".repeat(n)), |_| json!("v"));
    let mut regions = with("PolicyContent", json!({"plans": plan(50_000, json!({}))}));
    regions["PolicyRegions"] = (0..5_000)
        .map(|n| format!("{}-west-1", "a".repeat(2 + n % 50)))
        .collect();
    vec![
        (
            "open placeholders",
            with(
                "PolicyContent",
                json!({"plans": {"a": format!("{}}}", "${".repeat(20_000))}}),
            ),
            "no variable stands for",
        ),
        (
            "a long value, often",
            {
                let mut it = with("PolicyContent", json!({"plans": {"a": "V".repeat(5_000)}}));
                it["Variables"] = json!({"V": long(100_000)});
                it
            },
            "more than 100000 characters",
        ),
        (
            "wrong targets",
            with(
                "PolicyTargets",
                (0..50_000).map(|n| format!("x{n}")).collect(),
            ),
            "expected at most 5000",
        ),
        (
            "right targets",
            with(
                "PolicyTargets",
                (0..100_000).map(|n| format!("{n:012}")).collect(),
            ),
            "expected at most 5000",
        ),
        (
            "5,000 right targets",
            with(
                "PolicyTargets",
                (0..5_000).map(|n| format!("{n:012}")).collect(),
            ),
            "",
        ),
        (
            "one long target",
            with("PolicyTargets", json!(long(1_000_000))),
            "xxx…",
        ),
        (
            "10,000 variables",
            with(
                "Variables",
                numbered(10_000, |n| format!("v{n}"), |_| json!("v")),
            ),
            "expected at most 5000",
        ),
        (
            "many variables in a long text",
            both,
            "more than 100000 characters",
        ),
        (
            "variables that begin alike",
            nested_keys,
            "at most 200 characters in its name",
        ),
        (
            "unknown properties",
            {
                let mut it = with("PolicyName", json!("nightly"));
                for n in 0..60_000 {
                    it[format!("Unknown{n}")] = json!("x");
                }
                it
            },
            "is no property",
        ),
        (
            "a long unknown property",
            with(&long(1_000_000), json!("x")),
            "xxx…",
        ),
        (
            "a long name",
            with("PolicyName", json!(long(1_000_000))),
            "1 to 128 characters",
        ),
        (
            "50,000 plans",
            with("PolicyContent", json!({"plans": plan(50_000, json!({}))})),
            "the 10000 that AWS allows",
        ),
        (
            "50,000 unknown keys",
            with("PolicyContent", many(50_000)),
            "the 10000 that AWS allows",
        ),
        (
            "a long key over many",
            with(
                "PolicyContent",
                json!({"plans": {long(500_000): many(50_000)}}),
            ),
            "the 10000 that AWS allows",
        ),
        (
            "a long key over many rules",
            with(
                "PolicyContent",
                json!({"plans": {"a": {"rules": {long(400_000): many(50_000)}}}}),
            ),
            "the 10000 that AWS allows",
        ),
        (
            "text of a million",
            with(
                "PolicyContent",
                json!(format!("{{\"plans\": {{\"a\": \"{}\"}}}}", long(900_000))),
            ),
            "the 10000 that AWS allows",
        ),
        (
            "text of lines",
            with("PolicyContent", json!("\n".repeat(900_000))),
            "cannot be read",
        ),
        (
            "text of lists",
            with(
                "PolicyContent",
                json!(format!(
                    "{{\"plans\": {{\"a\": {{\"regions\": {{\"@@assign\": [{}\"x\"]}}}}}}}}",
                    "\"eu-west-1\",".repeat(70_000)
                )),
            ),
            "the 10000 that AWS allows",
        ),
        (
            "text of keys",
            with(
                "PolicyContent",
                json!(format!(
                    "{{{}\"plans\":{{}}}}",
                    (0..80_000)
                        .map(|n| format!("\"k{n}\":1,"))
                        .collect::<String>()
                )),
            ),
            "the 10000 that AWS allows",
        ),
        (
            "many tags",
            with(
                "Tags",
                (0..5_000)
                    .map(|n| json!({"Key": format!("k{n}"), "Value": "v"}))
                    .collect(),
            ),
            "expected at most 45",
        ),
        (
            "a long tag",
            with(
                "Tags",
                json!([{"Key": long(1_000_000), "Value": long(1_000_000)}]),
            ),
            "xxx…",
        ),
        (
            "regions for many plans",
            regions,
            "the 10000 that AWS allows",
        ),
        (
            "a long Region",
            with("PolicyRegions", json!(long(1_000_000))),
            "xxx…",
        ),
        (
            "a long S3 key",
            with(
                "PolicyContent",
                json!({"S3": {long(1_000_000): long(1_000_000)}}),
            ),
            "must have the keys PolicyBucket",
        ),
        (
            "a long account",
            with("OrgManagementAccount", json!(long(1_000_000))),
            "account id of 12 digits",
        ),
        (
            "nested a hundred deep",
            with(
                "PolicyContent",
                (0..99).fold(json!(1), |inner, _| json!({"plans": inner})),
            ),
            "can stand here",
        ),
    ]
}

/// Without its limits one of these would take minutes or gigabytes.
#[test]
fn whatever_a_template_asks_for_the_reason_is_one_short_line() {
    for (name, properties, expected) in hostile() {
        let reason = refused(&properties).unwrap_or_default();
        assert!(
            reason.contains(expected),
            "{name}: {expected} is not in {reason}"
        );
        assert!(reason.len() < 12_000, "{name}: {}", reason.len());
        assert!(!reason.contains('\n'), "{name}");
    }
}
