//! What the author of a policy is told, word for word, and where nothing is.

use serde_json::{Value, json};

use super::*;
use crate::UNKNOWN;

fn set(value: impl Into<Value>) -> Value {
    json!({"@@assign": value.into()})
}

fn plan(own: Value) -> Value {
    json!({"plans": {"p": own}})
}

fn rule(own: Value) -> Value {
    plan(json!({"rules": {"r": own}}))
}

/// The findings of one kind, as they are shown.
fn told(code: &str, policy: &Value) -> Vec<String> {
    let now = "2026-09-15T12:00:00Z".parse().unwrap();
    let findings = validate(&Document::from_value(policy.clone()), now).into_iter();
    let of_kind = findings.filter(|finding| finding.code.name() == code);
    of_kind.map(|finding| finding.to_string()).collect()
}

#[track_caller]
fn check(code: &str, policy: &Value, expected: &[&str]) {
    assert_eq!(told(code, policy), expected, "{policy}");
}

#[test]
fn days_in_cold_storage() {
    let lifecycle = |cold: u64, delete: u64, archive: bool| {
        rule(json!({
            "schedule_expression": set("cron(0 5 1 * ? *)"),
            "lifecycle": {
                "move_to_cold_storage_after_days": set(cold),
                "delete_after_days": set(delete),
                "opt_in_to_archive_for_supported_resources": set(archive),
            },
        }))
    };
    let (cold, archive) = ("cold-storage-too-short", "archive-lifecycle");
    check(
        cold,
        &lifecycle(30, 119, false),
        &[
            "`plans.p.rules.r.lifecycle`: cold storage with only 89 days between \
                 `move_to_cold_storage_after_days` (30) and `delete_after_days` (119) \
                 [cold-storage-too-short]: AWS Backup keeps what is in cold storage for 90 days at \
                 least: set `delete_after_days` to 120 or more",
        ],
    );
    check(cold, &lifecycle(30, 120, false), &[]);
    // The archive is told of once, and zero is no number of days.
    check(cold, &lifecycle(30, 119, true), &[]);
    check(
        archive,
        &lifecycle(30, 119, true),
        &[
            "`plans.p.rules.r.lifecycle`: `opt_in_to_archive_for_supported_resources` with only \
                 89 days between `move_to_cold_storage_after_days` (30) and `delete_after_days` \
                 (119) [archive-lifecycle]: set `move_to_cold_storage_after_days`, and \
                 `delete_after_days` at least 90 days later",
        ],
    );
    check(archive, &lifecycle(30, 120, true), &[]);
    for (move_after, delete_after) in [(0, 30), (30, 0)] {
        let zero = lifecycle(move_after, delete_after, false);
        check(cold, &zero, &[]);
        assert_eq!(told("days-invalid", &zero).len(), 1);
    }
}

#[test]
fn archived_backups_of_1_february_and_1_march_are_28_days_apart() {
    let runs = |schedule: &str| {
        rule(json!({
            "schedule_expression": set(schedule),
            "lifecycle": {
                "move_to_cold_storage_after_days": set(30),
                "delete_after_days": set(120),
                "opt_in_to_archive_for_supported_resources": set(true),
            },
        }))
    };
    check("archive-schedule", &runs("cron(0 5 1 2-3 ? *)"), &[]);
    check(
        "archive-schedule",
        &runs("cron(0 5 1,28 9,10 ? *)"),
        &[
            "`plans.p.rules.r.schedule_expression`: the next two runs of `cron(0 5 1,28 9,10 ? \
                 *)` are 3 days and 0 hours apart, too close for \
                 `opt_in_to_archive_for_supported_resources` [archive-schedule]: archived backups \
                 are taken at least 28 days apart, such as `cron(0 5 1 * ? *)`",
        ],
    );
}

#[test]
fn numbers_that_aws_backup_takes() {
    let minutes = |number: u64| rule(json!({"start_backup_window_minutes": set(number)}));
    let days = |number: u64| rule(json!({"lifecycle": {"delete_after_days": set(number)}}));
    check("number-too-large", &days(36_500), &[]);
    check(
        "number-too-large",
        &days(36_501),
        &[
            "`plans.p.rules.r.lifecycle.delete_after_days`: 36501 days are more than AWS Backup \
                 takes [number-too-large]: write at most 36500",
        ],
    );
    check("number-too-large", &minutes(52_560_000), &[]);
    check(
        "number-too-large",
        &minutes(52_560_001),
        &[
            "`plans.p.rules.r.start_backup_window_minutes`: 52560001 minutes are more than AWS \
                 Backup takes [number-too-large]: write at most 52560000",
        ],
    );
}

#[test]
fn schedules_of_crontab_and_every_hour() {
    let runs = |schedule: &str| rule(json!({"schedule_expression": set(schedule)}));
    for (schedule, help) in [
        ("cron(0 5 * * FRI)", "write `cron(0 5 ? * FRI *)`"),
        (
            "cron(0 5 * * 1)",
            "write `cron(0 5 ? * MON *)` if Monday is 1 for you, as for crontab: for AWS it is 2",
        ),
        (
            "cron(0 5 * * 1-3,7)",
            "write `cron(0 5 ? * MON-WED,SUN *)` if Monday is 1 for you, as for crontab: for AWS it \
             is 2",
        ),
        (
            "cron(0 5 * * 2,4,5,6)",
            "write `cron(0 5 ? * TUE,THU,FRI,SAT *)` if Monday is 1 for you, as for crontab: \
             for AWS it is 2",
        ),
        ("cron(0 5 * * 6L)", "write `cron(0 5 ? * 6L *)`"),
        ("cron(0 5 1 * *)", "write `cron(0 5 1 * ? *)`"),
        (
            "cron(0 5 1 * 2)",
            "write `?` for the days of the month or for those of the week, and `*` for the year",
        ),
    ] {
        let told = told("schedule-day-fields", &runs(schedule));
        assert!(told[0].ends_with(&format!(": {help}")), "{told:?}");
    }
    let sometimes = "schedule-sometimes-too-frequent";
    check(sometimes, &runs("cron(0 * ? * * *)"), &[]);
    assert_eq!(told(sometimes, &runs("cron(0,59 12 ? * * *)")).len(), 1);
}

#[test]
fn schedules_that_end_or_never_run() {
    let runs = |schedule: &str| rule(json!({"schedule_expression": set(schedule)}));
    for (schedule, told) in [
        (
            "cron(0 5 31 2 ? *)",
            "`cron(0 5 31 2 ? *)` never runs: there is no 31 February [schedule-ends]: write \
             another day, or `L` for the last one of the month",
        ),
        (
            "cron(0 5 1 1 ? 2027)",
            "`cron(0 5 1 1 ? 2027)` runs less than twice after 2026-09-15 [schedule-ends]: AWS \
             wants a schedule that goes on: take out the year, or check the date",
        ),
    ] {
        let told = format!("`plans.p.rules.r.schedule_expression`: {told}");
        check("schedule-ends", &runs(schedule), &[&told]);
    }
    check("schedule-ends", &runs("cron(0 5 1 1 ? 2027-2028)"), &[]);
}

#[test]
fn a_misspelt_region_has_the_right_one_for_remedy() {
    let regions = |region: &str| plan(json!({"regions": set(json!([region]))}));
    for (code, region, help) in [
        ("region-unlisted", "eu-wset-1", "did you mean `eu-west-1`?"),
        (
            "region-unlisted",
            "moon-farside-1",
            "AWS refuses it unless it is new",
        ),
        ("region-invalid", "eu-west1", "did you mean `eu-west-1`?"),
        (
            "region-invalid",
            "*",
            "write the code of one Region, such as `eu-west-1`",
        ),
    ] {
        let told = told(code, &regions(region));
        assert!(told[0].ends_with(&format!("]: {help}")), "{told:?}");
    }
}

#[test]
fn copies_and_the_regions_in_their_arns() {
    let copy = |region: &str| {
        let arn = format!("arn:aws:backup:{region}:$account:backup-vault:V");
        let target = json!({"target_backup_vault_arn": set(arn.clone())});
        rule(json!({"copy_actions": {arn: target}}))
    };
    let at = |region: &str| {
        format!("`plans.p.rules.r.copy_actions.arn:aws:backup:{region}:$account:backup-vault:V`: ")
    };
    let (new, other) = ("eu-west-9", "us-gov-west-1");
    check(
        "region-unlisted",
        &copy(new),
        &[&format!(
            "{}`eu-west-9` is not a Region that was known when this was made \
                 [region-unlisted]: AWS refuses it unless it is new",
            at(new)
        )],
    );
    check("partitions-differ", &copy(new), &[]);
    check(
        "partitions-differ",
        &copy(other),
        &[&format!(
            "{}`us-gov-west-1` is in the partition `aws-us-gov`, not `aws` \
                 [partitions-differ]: write `arn:aws-us-gov:...`",
            at(other)
        )],
    );
    check("region-unlisted", &copy(other), &[]);
    check("partitions-differ", &copy("eu-west-1"), &[]);
}

#[test]
fn regions_of_several_partitions() {
    let regions = |regions: &[&str]| plan(json!({"regions": set(json!(regions))}));
    check(
        "partitions-differ",
        &regions(&["eu-west-1", "cn-north-1", "eu-west-2"]),
        &[
            "`plans.p.regions`: the Regions are of several partitions: aws, aws-cn \
                 [partitions-differ]: an organization is in one partition: use a policy for each",
        ],
    );
    for one in [&["eu-west-1", "eu-west-2"][..], &["eu-west-9"], &[]] {
        check("partitions-differ", &regions(one), &[]);
    }
}

#[test]
fn what_is_left_empty_does_not_complete_a_plan() {
    let limits = json!({"@@operators_allowed_for_child_policies": ["@@all"]});
    let hollow = plan(json!({
        "regions": set(json!(["eu-west-1"])),
        "rules": {"r": {"lifecycle": limits}, "@@operators_allowed_for_child_policies": ["@@all"]},
        "selections": {},
    }));
    check(
        "plan-incomplete",
        &hollow,
        &[
            "`plans.p`: the plan has no `rules` and no `selections` of its own \
                 [plan-incomplete]: unless another policy on the way to the account brings it, AWS \
                 withholds the account's whole new backup policy",
        ],
    );
}

#[test]
fn a_rule_indexes_one_type() {
    let index = |types: Value| rule(json!({"index_actions": {"resource_types": set(types)}}));
    check("index-several", &index(json!(["EBS"])), &[]);
    check(
        "index-several",
        &index(json!(["EBS", "S3"])),
        &[
            "`plans.p.rules.r.index_actions.resource_types`: several resource types are to be \
                 indexed [index-several]: AWS Backup's API takes one for each rule: use a rule for \
                 each",
        ],
    );
}

fn plan_tag(key: &str, value: &str) -> Value {
    let tag = json!({"tag_key": set(key), "tag_value": set(value)});
    plan(json!({"backup_plan_tags": {key: tag}}))
}

#[test]
fn tags_of_aws_are_reserved_and_no_others() {
    check(
        "tag-key-reserved",
        &plan_tag("AWS:note", "x"),
        &[
            "`plans.p.backup_plan_tags.AWS:note.tag_key`: `AWS:note` begins with `aws:`, which \
                 is reserved [tag-key-reserved]: choose a tag of your own",
        ],
    );
    check("tag-key-reserved", &plan_tag("note", "aws:x"), &[]);
}

#[test]
fn variables_that_aws_does_not_replace() {
    for (value, shown) in [
        ("$owner", "$owner"),
        ("${owner}", "${owner}"),
        // In a tag AWS replaces none.
        ("the $account", "$account"),
    ] {
        check(
            "variable-left",
            &plan_tag("owner", value),
            &[&format!(
                "`plans.p.backup_plan_tags.owner.tag_value`: AWS does not replace `{shown}` \
                     here: it stays as it is [variable-left]: replace it before the policy is sent, \
                     or write the value"
            )],
        );
    }
    let vault = rule(json!({
        "target_logically_air_gapped_backup_vault_arn":
            set("arn:aws:backup:$region:$account:backup-vault:V"),
    }));
    check("variable-left", &vault, &[]);
    // One mistake is told of once.
    let vault = rule(json!({"target_backup_vault_name": set("$vault")}));
    check("variable-left", &vault, &[]);
    assert_eq!(told("vault-name-invalid", &vault).len(), 1);
}

#[test]
fn a_key_of_another_place_or_api_has_the_remedy_for_where_it_stands() {
    let selections = |kind: &str, key: &str| {
        plan(json!({"selections": {kind: {"s": {key: set(json!(["*"]))}}}}))
    };
    let lifecycle = |key: &str| rule(json!({"lifecycle": {key: set(30)}}));
    let by_tag = "a selection by tag takes no types: put it below `selections.resources`, with \
                      `conditions` on the tag";
    for (policy, help) in [
        (selections("tags", "Resources"), by_tag),
        (selections("tags", "resource_types"), by_tag),
        (
            selections("resources", "resources"),
            "a backup policy calls it `resource_types`",
        ),
        (
            plan(json!({"backup_plan_tags": {"t": {"resources": set("*")}}})),
            "what can stand here: `tag_key` or `tag_value`",
        ),
        (
            lifecycle("delete_after"),
            "a backup policy calls it `delete_after_days`",
        ),
        (
            lifecycle("DeleteAfterDays"),
            "a backup policy calls it `delete_after_days` (`DeleteAfterDays` is a key of other \
                 APIs)",
        ),
    ] {
        let told = told("key-unknown", &policy);
        assert!(
            told[0].ends_with(&format!("[key-unknown]: {help}")),
            "{told:?}"
        );
    }
}

#[test]
fn a_type_that_is_none_has_a_similar_one_of_its_service_for_remedy() {
    let types = |one: &str| {
        let selection = json!({"resource_types": set(json!([one]))});
        plan(json!({"selections": {"resources": {"s": selection}}}))
    };
    for (one, help) in [
        (
            "arn:aws:ec2:*:*:snapshot/*",
            "write a whole resource type, such as `arn:aws:ec2:*:*:volume/*`",
        ),
        (
            "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
            "write a whole resource type, such as `arn:aws:dynamodb:*:*:table/*`",
        ),
        (
            "arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
            "write `*`, or a type such as `arn:aws:ec2:*:*:volume/*`",
        ),
        (
            "everything",
            "write `*`, or a type such as `arn:aws:ec2:*:*:volume/*`",
        ),
        (
            "arn:aws:ec2:*:*:volumes/*",
            "did you mean `arn:aws:ec2:*:*:volume/*`?",
        ),
    ] {
        let told = told("resource-type-unknown", &types(one));
        assert!(told[0].ends_with(&format!("]: {help}")), "{told:?}");
    }
}

#[test]
fn values_without_their_operator_or_their_list_are_shown_with_it() {
    let long: String = "x".repeat(70);
    for (regions, code, help) in [
        (
            json!(["eu-west-1"]),
            "operator-missing",
            r#"write `{"@@assign": ["eu-west-1"]}`"#,
        ),
        (
            json!([long]),
            "operator-missing",
            r#"write `{"@@assign": ...}`"#,
        ),
        (
            json!({"@@append": "eu-west-1"}),
            "list-expected",
            r#"write `{"@@append": ["eu-west-1"]}`"#,
        ),
        (
            json!({"@@assign": long}),
            "list-expected",
            r#"write `{"@@assign": [...]}`"#,
        ),
        (
            json!({"@@assign": {"a": 1}}),
            "list-expected",
            r#"write `{"@@assign": [...]}`"#,
        ),
    ] {
        let told = told(code, &plan(json!({"regions": regions})));
        assert!(told[0].ends_with(&format!("]: {help}")), "{told:?}");
    }
    for (operator, effect) in [
        ("@@assign", "leaves nothing"),
        ("@@append", "does nothing"),
        ("@@remove", "does nothing"),
    ] {
        check(
            "list-without-effect",
            &plan(json!({"regions": {operator: []}})),
            &[&format!(
                "`plans.p.regions`: `{operator}` with an empty list {effect} \
                     [list-without-effect]: list a value, or take it out"
            )],
        );
    }
    check(
        "leaf-empty",
        &plan(json!({"regions": {"@@append": []}})),
        &[],
    );
    assert_eq!(told("leaf-empty", &plan(json!({"regions": {}}))).len(), 1);
}

#[test]
fn what_stands_where_an_object_should_is_named() {
    for (value, found) in [
        (json!([]), "a list"),
        (json!(null), "null"),
        (json!("x"), "a single value"),
        (json!(7), "a single value"),
    ] {
        check(
            "object-expected",
            &plan(json!({"rules": value})),
            &[&format!(
                "`plans.p.rules`: an object must stand here, and {found} does \
                     [object-expected]: write `{{...}}`"
            )],
        );
    }
}

#[test]
fn a_list_or_object_is_pointed_at_by_its_key_and_a_single_value_where_it_stands() {
    for (text, code, column) in [
        (
            r#"{"plans": {"p": {"regions": ["eu-west-1"]}}}"#,
            "operator-missing",
            18,
        ),
        (
            r#"{"plans": {"p": {"regions": {"@@assign": {"a": 1}}}}}"#,
            "list-expected",
            30,
        ),
        (
            r#"{"plans": {"p": {"regions": "eu-west-1"}}}"#,
            "operator-missing",
            29,
        ),
    ] {
        let findings = validate(&Document::parse(text).unwrap(), crate::Instant::UNIX_EPOCH);
        let found = findings.iter().find(|it| it.code.name() == code).unwrap();
        assert_eq!(found.position.unwrap().column, column, "{text}");
    }
}

#[test]
fn what_is_known_only_at_deployment_is_not_judged() {
    let unknown = UNKNOWN.to_string();
    let air_gapped = |lifecycle: Value| {
        rule(json!({
            "target_logically_air_gapped_backup_vault_arn":
                set("arn:aws:backup:$region:$account:backup-vault:V"),
            "lifecycle": lifecycle,
        }))
    };
    let forever = "air-gapped-retention";
    assert_eq!(told(forever, &air_gapped(json!({}))).len(), 1);
    for lifecycle in [json!(unknown), json!({unknown.clone(): set(30)})] {
        check(forever, &air_gapped(lifecycle), &[]);
    }
    let copy = |name: &str, target: &str| {
        rule(json!({"copy_actions": {name: {"target_backup_vault_arn": set(target)}}}))
    };
    let default = "arn:aws:backup:eu-west-1:111122223333:backup-vault:Default";
    let elsewhere = format!("arn:aws:backup:eu-west-1:{unknown}:backup-vault:Default");
    assert_eq!(told("copy-to-default", &copy(default, default)).len(), 1);
    for (name, target) in [
        (elsewhere.as_str(), elsewhere.as_str()),
        (elsewhere.as_str(), default),
        (default, elsewhere.as_str()),
    ] {
        check("copy-to-default", &copy(name, target), &[]);
    }
    let tag = json!({"tag_key": set(unknown), "tag_value": set("x")});
    let tag = plan(json!({"backup_plan_tags": {"owner": tag}}));
    check("plan-tag-name-differs", &tag, &[]);
}
