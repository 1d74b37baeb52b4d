//! What is wrong with an organization's file, each thing with its place.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use backup_policy::{Account, Instant, Organization, Unit};
use proptest::prelude::*;
use serde_json::{Value, json};

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let errors = Organization::parse(text).unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(shown, expected);
}

/// A file with these lines as members of the root and of `policies`.
fn file(root: &str, policies: &str) -> String {
    format!(
        "{{\"policy_type\": \"BACKUP_POLICY\",\n\"root\": {{\"id\": \"r-1\", \"name\": \"Root\"\n{root}}},\n\
         \"policies\": {{\n{policies}}}}}"
    )
}

#[test]
fn a_file_that_is_not_json() {
    check(
        "{\n  \"root\": }",
        &["this is not JSON: expected value (line 2, column 11)"],
    );
    check(
        "{\"root\": 1, \"root\": 2}",
        &["this is not JSON: the key `root` is there twice (line 1, column 18)"],
    );
}

#[test]
fn keys_that_are_missing_unknown_or_hold_something_else() {
    check(
        "[]",
        &[
            "this is not an organization: write an object with the keys `policy_type`, `read_at`, `root`, `policies` (line 1, column 1)",
        ],
    );
    check(
        "{}",
        &[
            "the key `root` is missing: add it (line 1, column 1)",
            "the key `policies` is missing: add it (line 1, column 1)",
            "the key `policy_type` is missing: add it (line 1, column 1)",
        ],
    );
    check(
        &file(
            ", \"ous\": [],\n\"accounts\": {},\n\"organizational_units\": [7,\n{\"id\": 8, \"name\": \"x\", \"policies\": [9]}]",
            "\"p-1\": {\"name\": \"one\", \"contents\": {}},\n\"p-2\": []",
        ),
        &[
            "`root.ous`: a root or organizational unit has no key `ous`: what can stand here: `id`, `name`, `policies`, `organizational_units` or `accounts` (line 3, column 10)",
            "`root.accounts`: this is not a list: write it in `[]` (line 4, column 13)",
            "`root.organizational_units[0]`: this is not a root or organizational unit: write an object with the keys `id`, `name`, `policies`, `organizational_units`, `accounts` (line 5, column 26)",
            "`root.organizational_units[1].id`: this is not a text: put it in quotes (line 6, column 8)",
            "`root.organizational_units[1].policies[0]`: this is not the id of a policy: put it in quotes (line 6, column 37)",
            "`policies.p-1`: the key `content` is missing: add it (line 8, column 8)",
            "`policies.p-1.contents`: a policy has no key `contents`: did you mean `content`? (line 8, column 36)",
            "`policies.p-2`: this is not a policy: write an object with the keys `name`, `content` (line 9, column 8)",
        ],
    );
}

#[test]
fn the_moment_at_which_it_was_read_stays_with_it() {
    let file = |read_at: &str| {
        format!(
            r#"{{"policy_type": "BACKUP_POLICY", "read_at": "{read_at}", "root": {{"id": "r-1", "name": "Root"}}, "policies": {{}}}}"#
        )
    };
    let organization = Organization::parse(&file("2026-01-31T13:00:00+01:00")).unwrap();
    let written = serde_json::to_value(&organization).unwrap();
    assert_eq!(written["read_at"], "2026-01-31T12:00:00Z");
    check(
        &file("yesterday"),
        &[
            "`read_at`: this is no moment: write it as 2026-01-31T12:00:00Z, or take it out (line 1, column 45)",
        ],
    );
}

#[test]
fn types_of_policy_that_cannot_be_meant() {
    let typed = |name: &str| file("", "").replace("BACKUP_POLICY", name);
    check(
        &typed("BACKUP_POLICIES"),
        &[
            "`policy_type`: there is no policy type `BACKUP_POLICIES`: did you mean `BACKUP_POLICY`? (line 1, column 17)",
        ],
    );
    check(
        &typed("backup_policy"),
        &[
            "`policy_type`: there is no policy type `backup_policy`: did you mean `BACKUP_POLICY`? (line 1, column 17)",
        ],
    );
    check(
        &typed(""),
        &[
            "`policy_type`: the type of the policies is empty: write `BACKUP_POLICY` (line 1, column 17)",
        ],
    );
    check(
        &typed("SERVICE_CONTROL_POLICY"),
        &[
            "`policy_type`: policies of the type `SERVICE_CONTROL_POLICY` are not merged: AWS evaluates each of them (line 1, column 17)",
        ],
    );
    for other in [
        "TAG_POLICY",
        "S3_POLICY",
        "BEDROCK_POLICY",
        "AISERVICES_OPT_OUT_POLICY",
    ] {
        assert!(Organization::parse(&typed(other)).is_ok(), "{other}");
    }
}

#[test]
fn policies_that_are_not_there_or_attached_twice() {
    check(
        &file(
            ", \"policies\": [\"p-1\",\n\"p-2\",\n\"p-1\"]",
            "\"p-1\": {\"name\": \"one\", \"content\": {}}",
        ),
        &[
            "`root.policies[1]`: there is no policy `p-2`: add it to `policies`, or take the id out (line 4, column 1)",
            "`root.policies[2]`: `p-1` is attached here twice: take one out (line 5, column 1)",
        ],
    );
}

#[test]
fn more_policies_than_aws_attaches() {
    let attached = |count: usize| {
        let policies: Vec<String> = (0..count)
            .map(|number| format!("\"p-{number}\": {{\"name\": \"x\", \"content\": {{}}}}"))
            .collect();
        let ids: Vec<String> = (0..count).map(|number| format!("\"p-{number}\"")).collect();
        file(
            &format!(", \"policies\": [{}]", ids.join(",")),
            &policies.join(","),
        )
    };
    assert!(Organization::parse(&attached(10)).is_ok());
    check(
        &attached(11),
        &["`root.policies`: 11 policies are attached here: AWS allows 10 (line 3, column 15)"],
    );
}

#[test]
fn ids_that_are_there_twice_empty_or_no_account() {
    check(
        &file(
            ", \"organizational_units\": [{\"id\": \"r-1\", \"name\": \"a\"},\n{\"id\": \"\", \"name\": \"b\"}],\n\
             \"accounts\": [{\"id\": \"111111111111\", \"name\": \"c\"},\n\
             {\"id\": \"111111111111\", \"name\": \"d\"},\n{\"id\": \"1111\", \"name\": \"e\"}]",
            "",
        ),
        &[
            "`root.organizational_units[0].id`: `r-1` is there twice: the root before this has the same id (line 3, column 35)",
            "`root.organizational_units[1].id`: the id is empty: write it (line 4, column 8)",
            "`root.accounts[1].id`: `111111111111` is there twice: an account before this has the same id (line 6, column 8)",
            "`root.accounts[2].id`: `1111` is not the id of an account: write its 12 digits (line 7, column 8)",
        ],
    );
}

fn nested(levels: usize) -> Unit {
    let mut unit = Unit::default();
    for level in (0..=levels).rev() {
        unit = Unit {
            id: format!("u-{level}"),
            organizational_units: if level == levels { vec![] } else { vec![unit] },
            ..Unit::default()
        };
    }
    unit
}

#[test]
fn units_on_more_levels_than_aws_has() {
    let with_levels = |levels| Organization {
        read_at: None,
        policy_type: "BACKUP_POLICY".into(),
        root: nested(levels),
        policies: Default::default(),
    };
    assert_eq!(with_levels(5).check(), Ok(()));
    let errors = with_levels(6).check().unwrap_err();
    let path = format!("root{}", ".organizational_units[0]".repeat(6));
    assert_eq!(
        errors[0].to_string(),
        format!("`{path}`: this organizational unit is on level 6 below the root: AWS allows 5")
    );
    assert_eq!(errors.len(), 1);
}

#[test]
fn policies_that_are_malformed() {
    check(
        &file(
            "",
            "\"p-1\": {\"name\": \"a\", \"content\": 7},\n\
             \"p-2\": {\"name\": \"b\", \"content\": \"{'\"},\n\
             \"p-3\": {\"name\": \"c\", \"content\": \"{\\\"plans\\\": {\\\"d\\\": 1}}\"}",
        ),
        &[
            "`policies.p-2.content`: the text of this policy is not JSON: key must be a string (line 1, column 2): JSON has double quotation marks only: write `\"` (line 6, column 33)",
        ],
    );
    check(
        &file(
            "",
            "\"p-1\": {\"name\": \"a\", \"content\": 7},\n\
             \"p-3\": {\"name\": \"c\", \"content\": \"{\\\"plans\\\": {\\\"d\\\": 1}}\"},\n\
             \"p-4\": {\"name\": \"d\", \"content\": {\"plans\": {\"d\": {\n\
             \"regions\": [\"x\"],\n\"rules\": {\"@@append\": []},\n\
             \"selections\": {\"tags\": {\"s\": {\"tag_key\": {\"k\": {}},\n\"tag_value\": {\"@@asign\": []},\n\
             \"iam_role_arn\": {\"@@assign\": {}, \"@@operators_allowed_for_child_policies\": [\"none\"]}}}}}}}}",
        ),
        &[
            "`policies.p-1.content`: this is not a policy: write an object (line 5, column 33)",
            "`policies.p-3.content.plans.d`: a value stands where an operator should: write `{\"@@assign\": ...}` (line 6, column 33)",
            "`policies.p-4.content.plans.d.regions`: a value stands where an operator should: write `{\"@@assign\": ...}` (line 8, column 12)",
            "`policies.p-4.content.plans.d.rules.@@append`: a value stands where only keys can: take it out (line 9, column 23)",
            "`policies.p-4.content.plans.d.selections.tags.s.tag_key.k`: `k` is a key where only a value can stand: take it out (line 10, column 48)",
            "`policies.p-4.content.plans.d.selections.tags.s.tag_value.@@asign`: there is no operator `@@asign` (line 11, column 26)",
            "`policies.p-4.content.plans.d.selections.tags.s.iam_role_arn.@@assign`: this is not a value: write a text, a number, or true or false (line 12, column 30)",
            "`policies.p-4.content.plans.d.selections.tags.s.iam_role_arn.@@operators_allowed_for_child_policies`: this is not a list of `@@all`, `@@assign`, `@@append`, `@@remove` or `@@none` (line 12, column 76)",
        ],
    );
}

#[test]
fn a_place_has_a_value_or_keys_of_its_own() {
    let tags = |own: &str| {
        let tags = format!("{{\"tags\": {{\"team\": {own}}}}}");
        let policy = format!("\"p-1\": {{\"name\": \"a\", \"content\": {tags}}}");
        file("", &policy).replace("BACKUP_POLICY", "TAG_POLICY")
    };
    for operator in ["@@assign", "@@append", "@@remove"] {
        check(
            &tags(&format!("{{\"{operator}\": [\"x\"], \"below\": {{}}}}")),
            &[
                "`policies.p-1.content.tags.team`: this has a value and keys of its own: AWS takes one or the other (line 5, column 51)",
            ],
        );
        let value_only = tags(&format!("{{\"{operator}\": [\"x\"]}}"));
        assert!(Organization::parse(&value_only).is_ok(), "{operator}");
    }
    let keys_only = tags("{\"below\": {\"@@assign\": \"x\"}}");
    assert!(Organization::parse(&keys_only).is_ok());
}

#[test]
fn an_operator_at_the_root_of_a_policy_means_nothing_and_cannot_hold_keys() {
    let of_type = |policy_type: &str, root: &str| {
        let policy = format!("\"p-1\": {{\"name\": \"a\", \"content\": {{\"@@assign\": {root}}}}}");
        file("", &policy).replace("BACKUP_POLICY", policy_type)
    };
    for policy_type in ["BACKUP_POLICY", "TAG_POLICY"] {
        let organization = Organization::parse(&of_type(policy_type, "7")).unwrap();
        let effective = organization
            .effective_policies(Instant::UNIX_EPOCH)
            .unwrap();
        assert_eq!(effective.accounts.len(), 0);
    }
    check(
        &of_type("BACKUP_POLICY", "{\"plans\": {}}"),
        &[
            "`policies.p-1.content.@@assign`: a value stands where only keys can: take it out (line 5, column 46)",
        ],
    );
    check(
        &of_type("TAG_POLICY", "{\"tags\": {}}"),
        &[
            "`policies.p-1.content.@@assign`: this is not a value: write a text, a number, or true or false (line 5, column 46)",
        ],
    );
}

#[test]
fn a_file_is_nested_100_levels_deep_at_most() {
    // The root of the file, `policies`, the policy and its content are the first four.
    let nested = |levels: usize| {
        let inner = levels - 4;
        let content = format!("{}{{}}{}", "{\"a\":".repeat(inner), "}".repeat(inner));
        let policy = format!("\"p-1\": {{\"name\": \"a\", \"content\": {content}}}");
        file("", &policy).replace("BACKUP_POLICY", "TAG_POLICY")
    };
    assert!(Organization::parse(&nested(100)).is_ok());
    for levels in [101, 102] {
        let errors = Organization::parse(&nested(levels)).unwrap_err();
        let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
        assert_eq!(messages, ["this is nested more than 100 levels deep"]);
    }
}

#[test]
fn the_content_can_be_its_text_as_aws_gives_it() {
    let organization = Organization::parse(&file(
        "",
        "\"p-1\": {\"name\": \"a\", \"content\": \"{\\\"plans\\\": {}}\"}",
    ));
    assert_eq!(
        organization.unwrap().policies["p-1"].content,
        json!({"plans": {}})
    );
}

#[test]
fn the_file_in_the_documentation_can_be_read() {
    let page = include_str!("../../../docs/effective-policies.md");
    let (_, rest) = page.split_once("```json\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let organization = Organization::parse(example).unwrap();
    let effective = organization
        .effective_policies(Instant::UNIX_EPOCH)
        .unwrap();
    assert_eq!(effective.accounts.len(), 1);
}

#[test]
fn accounts_come_in_the_order_of_the_tree_with_the_units_above_them() {
    let account = |id: &str| Account {
        id: id.into(),
        ..Account::default()
    };
    let mut root = nested(2);
    root.accounts.push(account("000000000001"));
    root.organizational_units[0]
        .accounts
        .push(account("000000000002"));
    root.organizational_units[0].organizational_units[0]
        .accounts
        .push(account("000000000003"));
    // A unit beside the first one has none of that one's units above it.
    root.organizational_units.push(Unit {
        id: "u-beside".into(),
        accounts: vec![account("000000000004")],
        ..Unit::default()
    });
    let organization = Organization {
        read_at: None,
        policy_type: "BACKUP_POLICY".into(),
        root,
        policies: Default::default(),
    };
    let effective = organization
        .effective_policies(Instant::UNIX_EPOCH)
        .unwrap();
    let listed: Vec<Vec<&str>> = effective
        .accounts
        .iter()
        .map(|account| account.levels().iter().map(|level| level.id).collect())
        .collect();
    assert_eq!(
        listed,
        [
            vec!["u-0", "000000000001"],
            vec!["u-0", "u-1", "000000000002"],
            vec!["u-0", "u-1", "u-2", "000000000003"],
            vec!["u-0", "u-beside", "000000000004"],
        ]
    );
}

/// What the validator takes for accepted by AWS can be merged, and what AWS is known to accept.
#[test]
fn every_policy_that_aws_accepts_can_be_merged() {
    let mut tried = 0;
    for file in std::fs::read_dir(format!("{}/tests/cases", env!("CARGO_MANIFEST_DIR"))).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in cases.iter().filter(|case| case["errors"] == json!([])) {
            let text = json!({
                "policy_type": "BACKUP_POLICY",
                "root": {"id": "r-1", "name": "Root", "policies": ["p-1"]},
                "policies": {"p-1": {"name": "one", "content": case["policy"]}},
            })
            .to_string();
            // What is not known before deployment is no policy of AWS's yet.
            if text.contains(backup_policy::UNKNOWN) {
                continue;
            }
            let parsed = Organization::parse(&text);
            assert!(parsed.is_ok(), "{}: {:?}", case["case"], parsed.err());
            tried += 1;
        }
    }
    assert!(tried > 80, "{tried}");
}

/// Values with the words of the file at any place.
fn file_like() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "policy_type",
        "root",
        "policies",
        "id",
        "name",
        "accounts",
        "organizational_units",
        "content",
        "p-1",
        "plans",
        "rules",
        "regions",
        "@@assign",
        "@@append",
        "r-1",
        "x",
        "@@operators_allowed_for_child_policies",
        "BACKUP_POLICY",
        "111111111111",
        "{\"plans\":{}}",
    ]);
    let scalar = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        1 => any::<u8>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    scalar.prop_recursive(8, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6).prop_map(|members| members
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

/// A good file in which one thing is replaced by anything.
fn damaged_file() -> impl Strategy<Value = Value> {
    let good = json!({
        "policy_type": "BACKUP_POLICY",
        "root": {"id": "r-1", "name": "Root", "policies": ["p-1"], "organizational_units": [
            {"id": "ou-1", "name": "Unit", "policies": [], "organizational_units": [], "accounts": [
                {"id": "111111111111", "name": "shop", "policies": ["p-1"]},
            ]},
        ], "accounts": []},
        "policies": {"p-1": {"name": "one", "content": {"plans": {"daily": {
            "regions": {"@@assign": ["eu-west-1"]},
            "rules": {"nightly": {"target_backup_vault_name": {"@@assign": "V"}}},
        }}}}},
    });
    (any::<prop::sample::Index>(), file_like()).prop_map(move |(at, anything)| {
        let mut file = good.clone();
        let count = count(&file);
        *nth(&mut file, &mut at.index(count)).unwrap() = anything;
        file
    })
}

fn count(value: &Value) -> usize {
    let list = value.as_array().into_iter().flatten();
    let members = value
        .as_object()
        .into_iter()
        .flat_map(|members| members.values());
    1 + list.chain(members).map(count).sum::<usize>()
}

fn nth<'v>(value: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|inner| nth(inner, left)),
        Value::Object(members) => members.values_mut().find_map(|inner| nth(inner, left)),
        _ => None,
    }
}

proptest! {
    #[test]
    fn any_file_is_read_or_has_errors_with_places(
        file in prop_oneof![file_like(), damaged_file()],
        is_pretty: bool,
    ) {
        let text = if is_pretty { format!("{file:#}") } else { file.to_string() };
        let lines: Vec<&str> = text.split('\n').collect();
        match Organization::parse(&text) {
            Ok(organization) => {
                let effective = organization.effective_policies(Instant::UNIX_EPOCH).unwrap();
                serde_json::to_string(&effective).unwrap();
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors {
                    let at = error.position.unwrap();
                    prop_assert!(at.column <= lines[at.line - 1].chars().count());
                    prop_assert!(!error.to_string().contains('\n'));
                }
            }
        }
    }

    #[test]
    fn any_text_is_read_or_has_errors(text in "\\PC{0,60}") {
        prop_assert!(Organization::parse(&text).is_err());
    }
}
