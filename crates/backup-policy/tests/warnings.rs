//! What AWS accepts and what backs up nothing all the same: judged on what an account gets, and on a
//! document with care, since another policy may complete it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use backup_policy::{
    Account, Document, EffectivePolicies, Instant, Organization, Policy, Unit, validate,
};
use serde_json::{Value, json};

const LAG: &str = "arn:aws:backup:$region:$account:backup-vault:Lag";
const CENTRAL: &str = "arn:aws:backup:eu-west-1:222222222222:backup-vault:central";

fn now() -> Instant {
    "2026-09-15T12:00:00Z".parse().unwrap()
}

fn set(value: impl Into<Value>) -> Value {
    json!({"@@assign": value.into()})
}

/// A whole plan; `rule` comes to its rule, `plan` to the plan itself.
fn policy(rule: Value, plan: Value) -> Value {
    let mut own = json!({
        "schedule_expression": set("cron(0 5 ? * * *)"),
        "target_backup_vault_name": set("member"),
        "lifecycle": {"delete_after_days": set(30)},
    });
    own.as_object_mut()
        .unwrap()
        .extend(rule.as_object().unwrap().clone());
    let mut whole = json!({
        "regions": set(json!(["eu-west-1"])),
        "rules": {"nightly": own},
        "selections": {"tags": {"all": {
            "iam_role_arn": set("arn:aws:iam::$account:role/Backup"),
            "tag_key": set("backup"),
            "tag_value": set(json!(["daily", "weekly"])),
        }}},
    });
    whole
        .as_object_mut()
        .unwrap()
        .extend(plan.as_object().unwrap().clone());
    json!({"plans": {"p": whole}})
}

fn selection(own: Value) -> Value {
    let mut all = policy(json!({}), json!({}))["plans"]["p"]["selections"]["tags"]["all"].clone();
    all.as_object_mut()
        .unwrap()
        .extend(own.as_object().unwrap().clone());
    policy(json!({}), json!({"selections": {"tags": {"all": all}}}))
}

fn of_types(own: Value) -> Value {
    let mut all = json!({"iam_role_arn": set("arn:aws:iam::$account:role/Backup")});
    all.as_object_mut()
        .unwrap()
        .extend(own.as_object().unwrap().clone());
    json!({"selections": {"resources": {"all": all}}})
}

fn condition(operator: &str, value: &str) -> Value {
    json!({"conditions": {operator: {"one": {
        "condition_key": set("aws:ResourceTag/backup"),
        "condition_value": set(value),
    }}}})
}

/// An account in a unit; policies as place, id and content, in the order of attachment.
fn organization(policies: &[(&str, &str, Value)]) -> Organization {
    let at = |place: &str| {
        let here = policies.iter().filter(|(at, ..)| *at == place);
        here.map(|(_, id, _)| (*id).to_owned())
            .collect::<Vec<String>>()
    };
    Organization {
        policy_type: "BACKUP_POLICY".into(),
        read_at: None,
        root: Unit {
            id: "r-0".into(),
            policies: at("root"),
            organizational_units: vec![Unit {
                id: "ou-0".into(),
                policies: at("unit"),
                accounts: vec![Account {
                    id: "111111111111".into(),
                    name: "shop".into(),
                    policies: at("account"),
                }],
                ..Unit::default()
            }],
            ..Unit::default()
        },
        policies: policies
            .iter()
            .map(|(_, id, content)| {
                let name = (*id).to_owned();
                (
                    name.clone(),
                    Policy {
                        name,
                        content: content.clone(),
                    },
                )
            })
            .collect(),
    }
}

fn effective(organization: &Organization) -> EffectivePolicies<'_> {
    organization.effective_policies(now()).unwrap()
}

/// The codes with their paths, of what an account gets from one policy.
fn merged(policy: &Value) -> Vec<String> {
    let organization = organization(&[("unit", "p-own", policy.clone())]);
    let policies = effective(&organization);
    let warnings = &policies.accounts[0].effective.warnings;
    for warning in warnings {
        assert_eq!(warning.policies, ["p-own".into()], "{}", warning.message);
    }
    warnings
        .iter()
        .map(|it| format!("{} {}", it.code, it.path[2..].join("/")))
        .collect()
}

/// The codes of a document on its own.
fn written(policy: &Value) -> Vec<String> {
    let findings = validate(&Document::parse(&policy.to_string()).unwrap(), now());
    findings.iter().map(|it| it.code.to_string()).collect()
}

#[track_caller]
fn check(policy: &Value, expected: &[&str]) {
    assert_eq!(merged(policy), expected);
    // The same on the document, at the place that is named.
    let codes = written(policy);
    for line in expected {
        let code = line.split(' ').next().unwrap();
        assert!(codes.iter().any(|it| it == code), "{code}: {codes:?}");
    }
}

#[test]
fn a_whole_plan_has_none() {
    check(&policy(json!({}), json!({})), &[]);
    assert_eq!(written(&policy(json!({}), json!({}))), [""; 0]);
}

#[test]
fn roles_that_can_back_up_nothing() {
    let role = |arn: &str| selection(json!({"iam_role_arn": set(arn)}));
    let at = "selections/tags/all/iam_role_arn";
    for (arn, code) in [
        (
            "arn:aws:iam::$account:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
            "role-service-linked",
        ),
        (
            "arn:aws:iam::$account:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
            "role-service-linked",
        ),
        (
            "arn:aws:iam::$account:role/AWSBackupDefaultServiceRole",
            "role-default-path",
        ),
        ("arn:aws:iam::222222222222:role/Backup", "role-arn-invalid"),
        (
            "arn:aws-us-gov:iam::$account:role/Backup",
            "partitions-differ",
        ),
    ] {
        check(&role(arn), &[&format!("{code} {at}")]);
    }
    for arn in [
        "arn:aws:iam::$account:role/service-role/AWSBackupDefaultServiceRole",
        "arn:aws:iam::$account:role/AWSBackupSolutionRole",
        "arn:aws:iam::$account:role/mine/AWSBackupDefaultServiceRole",
    ] {
        check(&role(arn), &[]);
    }
    // An account that is not known before deployment may be `$account`.
    let unknown = format!("arn:aws:iam::{}:role/Backup", backup_policy::UNKNOWN);
    check(&role(&unknown), &[]);
}

/// The messages about what an account gets from one policy.
fn messages(policy: &Value) -> Vec<String> {
    let organization = organization(&[("unit", "p-own", policy.clone())]);
    let policies = effective(&organization);
    let warnings = policies.accounts[0].effective.warnings.iter();
    warnings.map(|it| it.message.clone()).collect()
}

#[test]
fn a_role_is_told_apart_from_others_that_are_of_no_use() {
    for (arn, message) in [
        (
            "arn:aws:iam::$account:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
            "`AWSServiceRoleForBackup` is AWS Backup's service-linked role: it can back up nothing \
             but EFS file systems that bear AWS's own default-backup tag",
        ),
        (
            "arn:aws:iam::$account:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS",
            "this is a service-linked role, which only its own service can take on",
        ),
        (
            "arn:aws:iam::222222222222:role/Backup",
            "the role is that of the account 222222222222: AWS Backup cannot take it on in any \
             other",
        ),
    ] {
        let role = selection(json!({"iam_role_arn": set(arn)}));
        assert_eq!(messages(&role), [message]);
    }
}

#[test]
fn an_arn_of_another_partition_than_all_of_the_regions() {
    let plan = |regions: Value| {
        let arn = "arn:aws-us-gov:iam::$account:role/Backup";
        let mut policy = selection(json!({"iam_role_arn": set(arn)}));
        policy["plans"]["p"]["regions"] = set(regions);
        policy
    };
    let found = "partitions-differ selections/tags/all/iam_role_arn";
    check(&plan(json!(["eu-west-1", "eu-west-2"])), &[found]);
    check(&plan(json!(["us-gov-west-1", "us-gov-east-1"])), &[]);
    // What the plan is for cannot be said: the Regions themselves are the mistake.
    assert_eq!(
        merged(&plan(json!(["eu-west-1", "us-gov-west-1"]))),
        [""; 0]
    );
}

/// So many of something, named `x0`, `x1` and so on.
fn many(count: usize, one: &Value) -> Value {
    let named = (0..count).map(|number| (format!("x{number}"), one.clone()));
    Value::Object(named.collect())
}

/// A plan whose selections by tag have these numbers of selections, values each and conditions each.
fn selections(count: usize, values: usize, conditions: [usize; 2]) -> Value {
    let values: Vec<String> = (0..values).map(|number| number.to_string()).collect();
    let condition = json!({
        "condition_key": set("aws:ResourceTag/backup"),
        "condition_value": set("x"),
    });
    let one = json!({
        "iam_role_arn": set("arn:aws:iam::$account:role/Backup"),
        "tag_key": set("backup"),
        "tag_value": set(values),
        "conditions": {
            "string_equals": many(conditions[0], &condition),
            "string_not_equals": many(conditions[1], &condition),
        },
    });
    json!({"selections": {"tags": many(count, &one)}})
}

#[test]
fn more_than_a_quota_of_aws_backup_is_a_warning_and_the_quota_itself_is_none() {
    let rule = |rule: Value| policy(rule, json!({}));
    let plan = |plan: Value| policy(json!({}), plan);
    let copies = |count: usize| {
        let arn = |number| format!("arn:aws:backup:eu-west-2:$account:backup-vault:V{number}");
        let copy = |arn: String| (arn.clone(), json!({"target_backup_vault_arn": set(arn)}));
        let copies: Value = (0..count).map(|number| copy(arn(number))).collect();
        rule(json!({"copy_actions": copies}))
    };
    let one = plan(json!({}))["plans"]["p"].clone();
    let tag = |number: usize| json!({"tag_key": set(format!("x{number}")), "tag_value": set("v")});
    let tags = |count| -> Value { (0..count).map(|n| (format!("x{n}"), tag(n))).collect() };
    type Made<'m> = &'m dyn Fn(usize) -> Value;
    let quotas: [(&str, usize, Made<'_>); 8] = [
        ("plans in one account and Region", 300, &|count| {
            // Whole ones would be more text than AWS takes.
            json!({"plans": many(count, &json!({}))})
        }),
        ("rules in one plan", 10, &|count| {
            plan(json!({"rules": many(count, &one["rules"]["nightly"])}))
        }),
        ("copies in one rule", 5, &copies),
        ("tags on one recovery point", 10, &|count| {
            rule(json!({"recovery_point_tags": tags(count)}))
        }),
        ("selections by tag in one plan", 10, &|count| {
            plan(selections(count, 1, [0, 0]))
        }),
        ("selections in one plan", 100, &|count| {
            // Whichever way they select.
            let (tags, resources) = (many(10, &json!({})), many(count - 10, &json!({})));
            plan(json!({"selections": {"tags": tags, "resources": resources}}))
        }),
        ("tag values in one selection", 30, &|count| {
            plan(selections(1, count, [0, 0]))
        }),
        ("conditions in one selection", 30, &|count| {
            plan(selections(1, 1, [16, count - 16]))
        }),
    ];
    for (what, most, made) in quotas {
        let warnings = |count: usize| -> Vec<String> {
            let document = Document::parse(&made(count).to_string()).unwrap();
            let findings = validate(&document, now()).into_iter();
            let quotas = findings.filter(|it| it.code.to_string() == "quota-exceeded");
            quotas.map(|it| it.message).collect()
        };
        assert_eq!(warnings(most), [""; 0], "{what}");
        for more in [1, 2] {
            let count = most + more;
            let message = format!("{count} {what} are more than AWS Backup's quota of {most}");
            assert_eq!(warnings(count), [message]);
        }
    }
}

#[test]
fn a_selection_without_a_role_of_its_own_is_noticed_however_it_selects() {
    let whole = policy(json!({}), json!({}));
    let by_tag = whole["plans"]["p"]["selections"].clone();
    let by_type = of_types(json!({"resource_types": set(json!(["*"]))}))["selections"].clone();
    for (kind, selections) in [("tags", by_tag), ("resources", by_type)] {
        let plan = |selections: &Value| policy(json!({}), json!({"selections": selections}));
        assert_eq!(written(&plan(&selections)), [""; 0], "{kind}");
        let mut without = selections.clone();
        let members = without[kind]["all"].as_object_mut().unwrap();
        members.remove("iam_role_arn").unwrap();
        assert_eq!(
            written(&plan(&without)),
            ["selection-without-role"],
            "{kind}"
        );
    }
}

#[test]
fn a_key_beside_plans_that_looks_like_a_plan_is_checked_as_one() {
    let mut document = policy(json!({}), json!({}));
    let mut plan = document["plans"]["p"].clone();
    plan["rules"]["nightly"]["lifecycle"]["delete_after_days"] = set("soon");
    document["stray"] = plan;
    document["other"] = json!({"x": {}});
    document["@@append_all"] = json!([]);
    let findings = validate(&Document::parse(&document.to_string()).unwrap(), now());
    let shown: Vec<String> = findings
        .iter()
        .map(|it| {
            format!(
                "{} {}: {}",
                it.code,
                it.path,
                it.help.as_deref().unwrap_or("-")
            )
        })
        .collect();
    expect_test::expect![[r#"
        [
            "key-unknown stray: `stray` looks like a plan: write `{\"plans\": {\"stray\": ...}}`",
            "days-invalid stray.rules.nightly.lifecycle.delete_after_days: write digits only: `\"35\"`",
            "key-unknown other: only `plans` can stand here",
            "operator-unknown @@append_all: what can stand here: `@@assign`, `@@append`, `@@remove` or `@@operators_allowed_for_child_policies`",
        ]
    "#]]
    .assert_debug_eq(&shown);
}

#[test]
fn copies_to_a_vault_default_and_the_same_copy_twice() {
    let copy = |arn: &str| json!({"copy_actions": {arn: {"target_backup_vault_arn": set(arn)}}});
    let own = "arn:aws:backup:eu-west-1:$account:backup-vault:Default";
    check(
        &policy(copy(own), json!({})),
        &[&format!("copy-to-default rules/nightly/copy_actions/{own}")],
    );
    assert_eq!(
        messages(&policy(copy(own), json!({}))),
        [
            "copies go to the vault `Default`, which exists only where somebody opened the AWS \
             Backup console once, in each account and Region"
        ]
    );
    let other = "arn:aws:backup:eu-west-1:222222222222:backup-vault:Default";
    assert_eq!(
        messages(&policy(copy(other), json!({}))),
        [
            "copies go to the vault `Default` of another account, whose key nobody can share: only \
             what AWS Backup manages fully, such as EFS and S3, can be copied there"
        ]
    );
    check(&policy(copy(CENTRAL), json!({})), &[]);
    let rule = |schedule: &str| {
        let mut rule = policy(copy(CENTRAL), json!({}))["plans"]["p"]["rules"]["nightly"].clone();
        rule["schedule_expression"] = set(schedule);
        rule
    };
    let plan = |schedule: &str| {
        let rules = json!({"a": rule("cron(0 5 ? * * *)"), "b": rule(schedule)});
        policy(json!({}), json!({"rules": rules}))
    };
    // A daily and a monthly rule both copy to the central vault: that is how it is done.
    check(&plan("cron(0 5 1 * ? *)"), &[]);
    check(
        &plan("cron(0 5 ? * * *)"),
        &[&format!("copy-twice rules/b/copy_actions/{CENTRAL}")],
    );
    let other = "arn:aws:backup:eu-west-1:222222222222:backup-vault:other";
    let twice = json!({"copy_actions": {
        CENTRAL: {"target_backup_vault_arn": set(CENTRAL)},
        other: {"target_backup_vault_arn": set(CENTRAL)},
    }});
    check(
        &policy(twice, json!({})),
        &[&format!("copy-twice rules/nightly/copy_actions/{other}")],
    );
}

#[test]
fn what_an_air_gapped_vault_never_takes() {
    let rule = |more: Value| {
        let mut rule = json!({"target_logically_air_gapped_backup_vault_arn": set(LAG)});
        rule.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        policy(rule, json!({}))
    };
    check(&rule(json!({})), &[]);
    check(
        &rule(json!({"lifecycle": {"delete_after_days": set(7)}})),
        &[],
    );
    check(
        &rule(json!({"lifecycle": {"delete_after_days": set(6)}})),
        &["air-gapped-retention rules/nightly/lifecycle/delete_after_days"],
    );
    check(
        &rule(json!({"lifecycle": {}})),
        &["air-gapped-retention rules/nightly/target_logically_air_gapped_backup_vault_arn"],
    );
    check(
        &rule(json!({"enable_continuous_backup": set("true")})),
        &["air-gapped-continuous rules/nightly/enable_continuous_backup"],
    );
    check(
        &rule(json!({"index_actions": {"resource_types": set(json!(["EBS"]))}})),
        &["index-in-vain rules/nightly/index_actions"],
    );
}

#[test]
fn an_index_of_what_is_not_backed_up() {
    let index = |kind: &str| json!({"index_actions": {"resource_types": set(json!([kind]))}});
    let types = |kind: &str, types: &[&str]| {
        let own = json!({"resource_types": set(json!(types))});
        policy(index(kind), of_types(own))
    };
    let found = "index-in-vain rules/nightly/index_actions";
    let (databases, stacks) = ("arn:aws:rds:*:*:db:*", "arn:aws:cloudformation:*:*:stack/*");
    for (kind, own, others) in [
        ("S3", "arn:aws:s3:::*", "arn:aws:ec2:*:*:volume/*"),
        ("EBS", "arn:aws:ec2:*:*:volume/*", "arn:aws:s3:::*"),
    ] {
        check(&types(kind, &[databases]), &[found]);
        check(&types(kind, &[databases, others]), &[found]);
        check(&types(kind, &[databases, own]), &[]);
        check(&types(kind, &[stacks]), &[]);
        check(&types(kind, &["*"]), &[]);
        check(&policy(index(kind), json!({})), &[]);
    }
}

#[test]
fn scans_without_their_settings() {
    let scan = json!({"scan_actions": {"GUARDDUTY": {"scan_mode": set("FULL_SCAN")}}});
    check(
        &policy(scan.clone(), json!({})),
        &["scan-without-settings rules/nightly/scan_actions"],
    );
    let settings = json!({"scan_settings": {"GUARDDUTY": {
        "resource_types": set(json!(["EBS"])),
        "scanner_role_arn": set("arn:aws:iam::$account:role/Scanner"),
    }}});
    check(&policy(scan, settings), &[]);
}

#[test]
fn selections_that_nothing_matches() {
    let found = "selection-matches-nothing selections/tags/all";
    for (operator, value, expected) in [
        ("string_not_equals", "daily", &[][..]),
        ("string_equals", "monthly", &[found][..]),
        ("string_equals", "weekly", &[]),
        ("string_not_like", "*ly", &[found]),
        ("string_not_like", "d*", &[]),
        ("string_like", "m*", &[found]),
    ] {
        check(&selection(condition(operator, value)), expected);
    }
    // Another tag is another matter.
    let mut other = condition("string_equals", "monthly");
    other["conditions"]["string_equals"]["one"]["condition_key"] = set("aws:ResourceTag/Backup");
    check(&selection(other), &[]);
    // A selection by type takes any value of a tag that its conditions leave.
    let found_by_type = "selection-matches-nothing selections/resources/all";
    let by_type = |conditions: Value| {
        let own = json!({"resource_types": set(json!(["*"])), "conditions": conditions});
        policy(json!({}), of_types(own))
    };
    let one = |operator: &str, value: &str| condition(operator, value)["conditions"].clone();
    for operator in ["string_not_equals", "string_not_like", "string_like"] {
        check(&by_type(one(operator, "d*")), &[]);
    }
    let mut both = one("string_equals", "daily");
    both["string_not_like"] = one("string_not_like", "d*")["string_not_like"].clone();
    check(&by_type(both), &[found_by_type]);
    let types = json!(["arn:aws:rds:*:*:db:*"]);
    let found = "selection-matches-nothing selections/resources/all";
    for (except, expected) in [
        (json!(["arn:aws:rds:*:*:db:*"]), &[found][..]),
        (json!(["*"]), &[found]),
        (json!(["arn:aws:s3:::*"]), &[]),
    ] {
        let own = json!({"resource_types": set(types.clone()), "not_resource_types": set(except)});
        check(&policy(json!({}), of_types(own)), expected);
    }
    let own = json!({"resource_types": set(json!(["*"])), "not_resource_types": set(types)});
    check(&policy(json!({}), of_types(own)), &[]);
}

#[test]
fn types_that_no_region_of_the_plan_has() {
    const TIMESTREAM: &str = "arn:aws:timestream:*:*:database/*";
    let found = "selection-matches-nothing selections/resources/all";
    let of = |regions: &[&str], types: &[&str]| {
        let own = json!({"resource_types": set(json!(types))});
        let mut policy = policy(json!({}), of_types(own));
        policy["plans"]["p"]["regions"] = set(json!(regions));
        policy
    };
    for (regions, types, expected) in [
        (&["eu-north-1"][..], &[TIMESTREAM][..], &[found][..]),
        (&["eu-north-1", "eu-south-1"], &[TIMESTREAM], &[found]),
        // One of the Regions, or one of the types, is enough.
        (&["eu-north-1", "eu-west-1"], &[TIMESTREAM], &[]),
        (&["eu-north-1"], &[TIMESTREAM, "arn:aws:s3:::*"], &[]),
        (&["eu-north-1"], &["*"], &[]),
        // Of a Region that is new, and of this service, nothing is known.
        (&["eu-north-9"], &[TIMESTREAM], &[]),
        (&["eu-north-1"], &["arn:aws:dsql:*:*:cluster/*"], &[]),
    ] {
        check(&of(regions, types), expected);
    }
    // Nothing is known of a plan without Regions, nor of a selection of whatever type.
    let mut nowhere = of(&["eu-north-1"], &[TIMESTREAM]);
    let plan = nowhere["plans"]["p"].as_object_mut().unwrap();
    plan.remove("regions").unwrap();
    check(&nowhere, &[]);
    let by_condition = of_types(condition("string_equals", "daily"));
    check(&policy(json!({}), by_condition), &[]);
    // A document alone is told with care, and one that adds Regions not at all.
    let mut alone = of(&["eu-north-1"], &[TIMESTREAM]);
    let help = |document: &Value| {
        let findings = validate(&Document::from_value(document.clone()), now());
        let mut found = findings.into_iter();
        let found = found.find(|it| it.code.name() == "selection-matches-nothing");
        found.map(|it| it.help.unwrap())
    };
    let told = help(&alone).unwrap();
    assert!(
        told.ends_with(", unless another policy brings it"),
        "{told}"
    );
    alone["plans"]["p"]["regions"] = json!({"@@append": ["eu-north-1"]});
    assert_eq!(help(&alone), None);
}

#[test]
fn windows_and_cold_storage_that_only_the_merge_shows() {
    let above = policy(
        json!({"start_backup_window_minutes": set(480), "lifecycle": {"move_to_cold_storage_after_days": set(30), "delete_after_days": set(365)}}),
        json!({}),
    );
    let own = json!({"plans": {"p": {"rules": {"nightly": {
        "complete_backup_window_minutes": set(120), "lifecycle": {"delete_after_days": set(100)},
    }}}}});
    let organization = organization(&[("root", "p-above", above), ("unit", "p-own", own)]);
    let policies = effective(&organization);
    let warnings = &policies.accounts[0].effective.warnings;
    let codes: Vec<&str> = warnings.iter().map(|it| it.code.name()).collect();
    assert_eq!(codes, ["windows-disagree", "cold-storage-too-short"]);
    assert_eq!(warnings[1].policies, ["p-above".into(), "p-own".into()]);
}

#[test]
fn ninety_days_in_cold_storage_are_enough() {
    let days = |cold: u32, delete: u32| {
        let days =
            json!({"move_to_cold_storage_after_days": set(cold), "delete_after_days": set(delete)});
        policy(json!({"lifecycle": days}), json!({}))
    };
    check(&days(30, 120), &[]);
    check(
        &days(30, 119),
        &["cold-storage-too-short rules/nightly/lifecycle"],
    );
}

#[test]
fn a_parent_may_bring_what_a_document_lacks() {
    // Settings and retention come from above: what the account gets is fine.
    let above = policy(
        json!({}),
        json!({"scan_settings": {"GUARDDUTY": {
            "resource_types": set(json!(["ALL"])),
            "scanner_role_arn": set("arn:aws:iam::$account:role/Scanner"),
        }}}),
    );
    let own = json!({"plans": {"p": {"rules": {"nightly": {
        "target_logically_air_gapped_backup_vault_arn": set(LAG),
        "scan_actions": {"GUARDDUTY": {"scan_mode": set("FULL_SCAN")}},
    }}}}});
    let organization = organization(&[("root", "p-above", above), ("unit", "p-own", own.clone())]);
    assert_eq!(effective(&organization).accounts[0].effective.warnings, []);
    let findings = validate(&Document::from_value(own), now());
    let helps: Vec<&str> = findings
        .iter()
        .filter(|it| ["air-gapped-retention", "scan-without-settings"].contains(&it.code.name()))
        .map(|it| it.help.as_deref().unwrap())
        .collect();
    assert_eq!(helps.len(), 2);
    for help in helps {
        assert!(
            help.ends_with(", unless another policy brings it"),
            "{help}"
        );
    }
}

/// `policy path [overruled by]` for everything without effect.
fn idle(policies: &[(&str, &str, Value)]) -> Vec<String> {
    let organization = organization(policies);
    let policies = effective(&organization);
    let lines = policies.without_effect.iter().map(|it| {
        let path = it.path.join("/");
        format!("{} {path} [{}]", it.policy, it.overruled_by.join(" "))
    });
    lines.collect()
}

fn retention(days: u32) -> Value {
    json!({"plans": {"p": {"rules": {"nightly": {"lifecycle": {"delete_after_days": set(days)}}}}}})
}

#[test]
fn of_two_policies_at_one_place_the_first_decides() {
    let (dev, prod) = (
        policy(json!({}), json!({})),
        policy(
            json!({"lifecycle": {"delete_after_days": set(365)}}),
            json!({}),
        ),
    );
    assert_eq!(
        idle(&[
            ("unit", "p-dev", dev.clone()),
            ("unit", "p-prod", prod.clone())
        ]),
        ["p-prod  [p-dev]"]
    );
    assert_eq!(
        idle(&[("unit", "p-prod", prod), ("unit", "p-dev", dev)]),
        ["p-dev  [p-prod]"]
    );
}

#[test]
fn a_part_that_everybody_below_replaces_is_without_effect() {
    let whole = policy(json!({}), json!({}));
    assert_eq!(
        idle(&[
            ("root", "p-root", whole.clone()),
            ("account", "p-own", retention(7))
        ]),
        ["p-root plans/p/rules/nightly/lifecycle [p-own]"]
    );
    // What only adds to it has an effect.
    let added = json!({"plans": {"p": {"regions": {"@@append": ["eu-west-2"]}}}});
    assert_eq!(
        idle(&[
            ("root", "p-root", whole.clone()),
            ("unit", "p-own", added.clone())
        ]),
        [""; 0]
    );
    let again = json!({"plans": {"p": {"regions": {"@@append": ["eu-west-1"]}}}});
    assert_eq!(
        idle(&[("root", "p-root", whole), ("unit", "p-own", again)]),
        ["p-own  [p-root]"]
    );
    // Nothing to remove.
    let removed = json!({"plans": {"p": {"regions": {"@@remove": ["eu-west-3"]}}}});
    assert_eq!(idle(&[("unit", "p-own", removed)]), ["p-own  []"]);
}

#[test]
fn what_a_policy_above_does_not_allow_is_without_effect() {
    let mut root = policy(json!({}), json!({}));
    root["plans"]["@@operators_allowed_for_child_policies"] = json!(["@@none"]);
    root["plans"]["p"]["rules"]["nightly"]["lifecycle"]["delete_after_days"]["@@operators_allowed_for_child_policies"] =
        json!(["@@none"]);
    let mut own = retention(7);
    own["plans"]["mine"] = policy(json!({}), json!({}))["plans"]["p"].clone();
    assert_eq!(
        idle(&[("root", "p-root", root.clone()), ("unit", "p-own", own)]),
        ["p-own  [p-root]"]
    );
    // Limits are an effect.
    let limits = json!({"plans": {"@@operators_allowed_for_child_policies": ["@@none"]}});
    assert_eq!(
        idle(&[("root", "p-limits", limits), ("unit", "p-own", root)]),
        ["p-own  [p-limits]"]
    );
}

#[test]
fn an_account_is_told_of_every_policy_without_effect_on_the_way_to_it() {
    let removed = json!({"plans": {"p": {"regions": {"@@remove": ["eu-west-3"]}}}});
    let policies = ["p-a", "p-b", "p-c"].map(|id| ("unit", id, removed.clone()));
    let mut organization = organization(&policies);
    organization.root.organizational_units[0].policies = vec!["p-c".into(), "p-a".into()];
    organization.root.policies = vec!["p-b".into()];
    let beside = Account {
        id: "222222222222".into(),
        ..Account::default()
    };
    organization.root.accounts.push(beside);
    let policies = effective(&organization);
    let told = |id: &str| -> Vec<&str> {
        let account = policies.account(id).unwrap();
        let told = policies.without_effect_for(account);
        told.iter().map(|it| &*it.policy).collect()
    };
    assert_eq!(told("111111111111"), ["p-a", "p-b", "p-c"]);
    assert_eq!(told("222222222222"), ["p-b"]);
}

#[test]
fn a_policy_with_no_account_below_is_not_judged() {
    let whole = policy(json!({}), json!({}));
    let mut organization =
        organization(&[("unit", "p-dev", whole.clone()), ("unit", "p-prod", whole)]);
    organization.root.organizational_units[0].accounts.clear();
    assert_eq!(effective(&organization).without_effect, []);
}
