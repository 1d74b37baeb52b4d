//! What a template may hold, and what is answered when it is wrong.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;

/// The smallest properties that are right, changed by `change`.
fn with(change: Value) -> Value {
    let mut properties = json!({
        "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:BackupOrgPolicyManager",
        "PolicyName": "daily",
        "PolicyContent": {"plans": {}},
        "OrgManagementAccount": "111111111111",
    });
    for (key, value) in change.as_object().unwrap() {
        properties[key] = value.clone();
    }
    properties
}

fn read(change: Value) -> Properties {
    Properties::read(&with(change)).unwrap()
}

fn refused(change: Value, expected: Expect) {
    let errors = Properties::read(&with(change)).unwrap_err();
    let texts: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
    expected.assert_eq(&texts.join("\n"));
}

#[test]
fn only_name_content_and_management_account_are_required() {
    let properties = read(json!({}));
    assert_eq!((properties.targets, properties.regions), (None, None));
    assert!(!properties.adopt_existing && !properties.enable_policy_type);
}

#[test]
fn every_wrong_property_is_reported_at_once() {
    let wrong = json!({
        "PolicyName": "", "PolicyType": "SERVICE_CONTROL_POLICY", "PolicyDescription": ["x"],
        "PolicyContent": 7, "Variables": "x", "PolicyTargets": "ou-1, everyone",
        "PolicyRegions": "Ireland", "OrgManagementAccount": "1234", "EnablePolicyType": "maybe",
        "AdoptExisting": 1, "Tags": {"a": "b"}, "PolicyTarget": "r-abcd"
    });
    refused(
        wrong,
        expect![[r#"
            `PolicyTarget` is no property of Custom::BackupOrgPolicy: did you mean `PolicyTargets`?
            `PolicyType` must be `BACKUP_POLICY`, or left out
            `PolicyName` must be a text of 1 to 128 characters
            `PolicyDescription` must be a text of 0 to 512 characters
            `PolicyContent` must be the policy as an object, as JSON text, or {"S3": {"PolicyBucket", "PolicyKey", "VersionId"}}
            `Variables` must be a map of texts, such as {"${VaultName}": "central"}, not `x`
            `PolicyTargets`: `ou-1` is no target: expected a root (`r-abcd`), an organizational unit (`ou-abcd-12345678`) or an account id of 12 digits
            `PolicyTargets`: `everyone` is no target: expected a root (`r-abcd`), an organizational unit (`ou-abcd-12345678`) or an account id of 12 digits
            `PolicyRegions`: `Ireland` is no Region: expected a code such as `eu-west-1`
            `OrgManagementAccount` must be an account id of 12 digits
            `EnablePolicyType` must be `true` or `false`
            `AdoptExisting` must be `true` or `false`
            `Tags` must be a list of {"Key", "Value"}"#]],
    );
}

#[test]
fn missing_properties_are_named_with_what_is_expected() {
    let errors = Properties::read(&json!({})).unwrap_err();
    let expected = expect![[r#"
        3 properties are wrong: `PolicyName` is missing: expected a text of 1 to 128 characters; `PolicyContent` must be the policy as an object, as JSON text, or {"S3": {"PolicyBucket", "PolicyKey", "VersionId"}}; `OrgManagementAccount` is missing: expected an account id of 12 digits"#]];
    expected.assert_eq(&errors.to_string());
}

#[test]
fn lists_may_be_lists_or_comma_separated_text_with_spaces() {
    let expected = Some(vec!["r-abcd".to_string(), "111111111111".to_string()]);
    for targets in [
        json!(["r-abcd", "111111111111"]),
        json!("r-abcd,111111111111"),
        json!(" r-abcd , 111111111111, r-abcd,"),
        json!(["r-abcd, 111111111111"]),
        json!(["r-abcd", 111111111111u64]),
    ] {
        assert_eq!(
            read(json!({ "PolicyTargets": targets })).targets,
            expected,
            "{targets}"
        );
    }
}

#[test]
fn a_target_is_a_root_a_unit_or_an_account_by_the_whole_of_its_id() {
    let (most, more) = ("a".repeat(32), "a".repeat(33));
    for target in [
        "r-abcd".to_string(),
        format!("r-{most}"),
        "ou-a1b2-12345678".into(),
        format!("ou-{most}-{most}"),
        "111111111111".into(),
    ] {
        assert_eq!(target_problem(&target), None, "{target}");
    }
    for target in [
        "r-abc".to_string(),
        "r-ABCD".into(),
        format!("r-{more}"),
        "ou-abcd".into(),
        "ou-abcd-1234567".into(),
        "ou-abc-12345678".into(),
        "ou-abcd-1234567X".into(),
        "ou-ABCD-12345678".into(),
        format!("ou-abcd-{more}"),
        "1111111111111".into(),
    ] {
        assert!(target_problem(&target).is_some(), "{target}");
    }
}

#[test]
fn numbers_and_booleans_may_be_texts_as_cloudformation_writes_them() {
    for account in [json!("111111111111"), json!(111111111111u64)] {
        let properties = read(json!({ "OrgManagementAccount": account }));
        assert_eq!(properties.management_account, "111111111111");
    }
    for flag in [json!(true), json!("true")] {
        assert!(read(json!({ "AdoptExisting": flag })).adopt_existing);
    }
}

#[test]
fn an_empty_list_of_targets_is_refused_because_it_would_protect_nothing() {
    for targets in [json!([]), json!(""), json!(" , ")] {
        assert!(
            Properties::read(&with(json!({ "PolicyTargets": targets }))).is_err(),
            "{targets}"
        );
    }
}

#[test]
fn only_an_explicit_empty_list_puts_no_regions_into_the_policy() {
    assert_eq!(read(json!({"PolicyRegions": []})).regions, Some(Vec::new()));
    assert!(Properties::read(&with(json!({"PolicyRegions": ""}))).is_err());
}

#[test]
fn content_may_be_an_object_text_or_an_s3_object_with_or_without_a_version() {
    let content = |content: Value| read(json!({ "PolicyContent": content })).content;
    assert_eq!(
        content(json!({"plans": {}})),
        ContentSource::Object(json!({"plans": {}}))
    );
    assert_eq!(content(json!("{}")), ContentSource::Text("{}".into()));
    let s3 = S3Object {
        bucket: "b".into(),
        key: "k".into(),
        version_id: Some("v".into()),
    };
    assert_eq!(
        content(json!({"S3": {"PolicyBucket": "b", "PolicyKey": "k", "VersionId": "v"}})),
        ContentSource::S3(s3.clone())
    );
    assert_eq!(
        content(json!({"S3": {"PolicyBucket": "b", "PolicyKey": "k"}})),
        ContentSource::S3(S3Object {
            version_id: None,
            ..s3
        })
    );
}

#[test]
fn a_wrong_s3_content_is_told_what_is_missing_and_what_is_too_much() {
    refused(
        json!({"PolicyContent": {"S3": {"PolicyBucket": "b", "Key": "k"}}}),
        expect![[r#"
            `PolicyContent.S3` must have the keys PolicyBucket, PolicyKey and, if a version is wanted, VersionId, all texts
            `PolicyContent.S3.PolicyKey` is missing: expected a text"#]],
    );
}

#[test]
fn variables_may_be_a_map_or_the_originals_list_of_maps() {
    let expected = BTreeMap::from([("a".to_string(), "1".to_string()), ("b".into(), "2".into())]);
    for variables in [
        json!({"a": 1, "b": "2"}),
        json!([{"a": "1"}, {"b": "2"}]),
        json!([{"a": "1", "b": "2"}, {"a": 1}]),
    ] {
        assert_eq!(read(json!({ "Variables": variables })).variables, expected);
    }
    refused(
        json!({"Variables": [{"a": "1"}, {"a": "2"}, {"": "x"}, {"c": ["x"]}]}),
        expect![[r#"
            `Variables.a` is given twice with different values
            `Variables` has an empty key
            `Variables.c` must be a text"#]],
    );
}

#[test]
fn what_is_no_map_of_variables_is_named_by_its_place_in_a_list_only() {
    for (variables, named) in [
        (json!("x"), "`Variables` must be a map"),
        (json!(["x"]), "`Variables[0]` must be a map"),
        (json!([{"a": "1"}, "x"]), "`Variables[1]` must be a map"),
    ] {
        let errors = Properties::read(&with(json!({ "Variables": variables }))).unwrap_err();
        assert!(errors.to_string().starts_with(named), "{errors}");
    }
}

#[test]
fn tags_that_aws_would_refuse_or_that_mark_the_owner_are_refused_without_their_values() {
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value});
    refused(
        json!({"Tags": [
            tag("aws:x", "secret"), tag("backup-org-policy:stack-id", "secret"),
            tag("a", "secret!"), tag("b", "1"), tag("b", "2"), tag("c*", "secret")
        ]}),
        expect![[r#"
            `Tags`: the key `aws:x` is reserved: expected one without `aws:` or `backup-org-policy:` before it
            `Tags`: the key `backup-org-policy:stack-id` is reserved: expected one without `aws:` or `backup-org-policy:` before it
            `Tags`: the value of `a` must have at most 256 letters, digits, spaces and `_.:/=+-@`
            `Tags`: the key `b` is given twice
            `Tags`: the key `c*` must have 1 to 128 letters, digits, spaces and `_.:/=+-@`"#]],
    );
}

#[test]
fn a_tag_may_have_every_character_and_the_whole_length_that_aws_allows() {
    let tags = |key: &str, value: &str| with(json!({"Tags": [{"Key": key, "Value": value}]}));
    let (text, most, more) = ("Größe 1 _.:/=+-@", "é".repeat(256), "é".repeat(257));
    for (key, value) in [(text, text), ("k", ""), ("k", &most), (&most[..256], "v")] {
        let read = Properties::read(&tags(key, value)).unwrap();
        assert_eq!(read.tags.get(key).map(String::as_str), Some(value));
    }
    for (key, value, named) in [
        ("k", more.as_str(), "the value of `k` must have at most 256"),
        ("k", &"v".repeat(400), "the value of `k`"),
        (&most[..258], "v", "must have 1 to 128"),
        ("", "v", "must have 1 to 128"),
    ] {
        let reason = Properties::read(&tags(key, value)).unwrap_err().to_string();
        assert!(reason.contains(named), "{named}: {reason}");
    }
}

#[test]
fn there_is_room_for_45_tags_beside_the_functions_own() {
    let tags = |count: usize| {
        let tag = |n| json!({"Key": format!("k{n}"), "Value": "v"});
        with(json!({"Tags": (0..count).map(tag).collect::<Vec<_>>()}))
    };
    assert!(Properties::read(&tags(45)).is_ok());
    assert!(
        Properties::read(&tags(46))
            .unwrap_err()
            .to_string()
            .contains("at most 45")
    );
}

#[test]
fn the_management_account_can_be_read_from_properties_that_are_otherwise_wrong() {
    assert_eq!(
        management_account(&json!({"OrgManagementAccount": "111111111111", "PolicyName": []})),
        Some("111111111111".to_string())
    );
    assert_eq!(
        management_account(&json!({"OrgManagementAccount": "x"})),
        None
    );
    assert_eq!(management_account(&json!(null)), None);
}

#[test]
fn the_keys_of_tags_can_be_read_from_properties_that_are_otherwise_wrong() {
    let tags = json!([
        {"Key": "team", "Value": "a"},
        {"Key": 7},
        "no tag",
        {"Value": "b"},
        {"Key": "cost", "Value": {"not": "a text"}},
    ]);
    assert_eq!(tag_keys(&json!({"Tags": tags})), ["team", "cost"]);
    assert_eq!(tag_keys(&json!({"Tags": "team"})), [""; 0]);
    assert_eq!(tag_keys(&json!({})), [""; 0]);
}

#[test]
fn regions_of_every_partition_are_well_formed() {
    for region in [
        "eu-west-1",
        "us-gov-east-1",
        "cn-north-1",
        "ap-southeast-5",
        "us-iso-east-1",
        "eusc-de-east-1",
    ] {
        assert_eq!(region_problem(region), None, "{region}");
    }
    for wrong in [
        "",
        "eu",
        "eu-1",
        "e-west-1",
        "eu--1",
        "eu-west-",
        "eu-west",
        "EU-WEST-1",
        "eu west 1",
        "*",
        "eu-west-1a",
        "-1",
    ] {
        assert!(region_problem(wrong).is_some(), "{wrong}");
    }
}

#[test]
fn what_is_known_only_at_deployment_is_no_problem_and_the_rest_is() {
    let is_open = |text: &str| text.contains('?');
    let open = json!({
        "PolicyName": "?", "PolicyType": "?", "PolicyDescription": "?", "PolicyContent": "?",
        "Variables": [{"${V}": "?"}, {"${V}": "a"}, "?"], "PolicyTargets": ["?", "r-abcd"],
        "PolicyRegions": "?", "OrgManagementAccount": "?", "EnablePolicyType": "?",
        "AdoptExisting": "?", "Tags": [{"Key": "?", "Value": "b"}, "?"], "ServiceToken": "?"
    });
    assert_eq!(Properties::examine(&open, is_open).1, []);
    assert!(
        Properties::read(&open).is_err(),
        "a request has no unknown values"
    );

    let whole = with(json!({"Tags": "?", "Variables": "?", "PolicyTargets": "?"}));
    assert_eq!(Properties::examine(&whole, is_open).1, []);

    let half = with(json!({"PolicyTargets": ["?", "everyone"], "OrgManagementAccount": "12"}));
    let (read, problems) = Properties::examine(&half, is_open);
    let wrong: Vec<&str> = problems.iter().map(|it| it.property.as_str()).collect();
    assert_eq!(wrong, ["PolicyTargets", "OrgManagementAccount"]);
    assert_eq!(read.name, "daily");
}

#[test]
fn a_request_that_could_not_be_worked_off_is_refused_by_a_reason_that_names_the_limit() {
    let accounts: Vec<String> = (0..100_000).map(|n| format!("{n:012}")).collect();
    let variables: serde_json::Map<String, Value> =
        (0..10_000).map(|n| (format!("V{n}"), json!("x"))).collect();
    for (change, limit) in [
        (
            json!({ "PolicyTargets": accounts }),
            "`PolicyTargets` has 100000 items: expected at most 5000",
        ),
        (
            json!({ "PolicyTargets": accounts.join(",") }),
            "`PolicyTargets` has 100000 items",
        ),
        (
            json!({ "PolicyRegions": accounts }),
            "`PolicyRegions` has 100000 items",
        ),
        (
            json!({ "Variables": variables }),
            "`Variables` has 10000 items: expected at most 5000",
        ),
        (
            json!({ "Variables": {"V": "x".repeat(1_000_001)} }),
            "at most 1000000 characters",
        ),
        (
            json!({ "PolicyContent": " ".repeat(1_000_001) }),
            "`PolicyContent` has 1000001 bytes",
        ),
        (json!({ "Tags": accounts }), "`Tags` has 100000 items"),
    ] {
        let reason = Properties::read(&with(change)).unwrap_err().to_string();
        assert!(reason.contains(limit), "{limit}: {reason:.500}");
        assert!(reason.len() < 2_000, "{limit}: {} bytes", reason.len());
    }
}

#[test]
fn a_request_at_the_limits_is_read_and_one_beyond_is_not() {
    let variable = |name: String, value: String| json!({"Variables": {name: value}});
    for (most, more) in [
        (
            json!({ "PolicyContent": " ".repeat(1_000_000) }),
            json!({ "PolicyContent": " ".repeat(1_000_001) }),
        ),
        (
            variable("V".into(), "é".repeat(1_000_000)),
            variable("V".into(), "é".repeat(1_000_001)),
        ),
        (
            variable("é".repeat(200), "x".into()),
            variable("é".repeat(201), "x".into()),
        ),
        (
            json!({ "PolicyRegions": vec!["eu-west-1"; 5_000] }),
            json!({ "PolicyRegions": vec!["eu-west-1"; 5_001] }),
        ),
    ] {
        let problems = Properties::examine(&with(most), |_| false).1;
        assert_eq!(problems, []);
        assert!(Properties::read(&with(more)).is_err());
    }
    let long = Properties::read(&with(variable("V".repeat(300), "x".into()))).unwrap_err();
    assert!(
        long.to_string().contains("at most 200 characters"),
        "{long}"
    );
}

#[test]
fn however_many_problems_there_are_the_reason_is_short() {
    let unknown: serde_json::Map<String, Value> = (0..60_000)
        .map(|n| (format!("{n}{}", "x".repeat(1_000)), json!(1)))
        .collect();
    let wrong: Vec<String> = (0..4_999).map(|n| format!("account {n}")).collect();
    for change in [Value::Object(unknown), json!({ "PolicyTargets": wrong })] {
        let errors = Properties::read(&with(change)).unwrap_err();
        assert_eq!(errors.0.len(), 100);
        let reason = errors.to_string();
        assert!(reason.ends_with("; and 80 more"), "{reason:.200}");
        assert!(reason.len() < 12_000, "{} bytes", reason.len());
    }
}
