use super::*;
use crate::Arn;
use crate::keys::Globs;
use crate::route::route;

fn tags(list: &[(&str, &str)]) -> Tags {
    pairs(list).into_iter().collect()
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let list = list.iter();
    let owned = list.map(|(key, value)| ((*key).to_string(), (*value).to_string()));
    owned.collect()
}

/// Tags `PREFIX00`, `PREFIX01`, ... with the prefix as value.
fn many(prefix: &str, count: usize) -> Tags {
    let keys = (0..count).map(|index| format!("{prefix}{index:02}"));
    keys.map(|key| (key, prefix.to_string())).collect()
}

fn table() -> Route {
    route(&Arn::parse("arn:aws:dynamodb:eu-west-1:111122223333:table/orders").unwrap())
}

fn database() -> Route {
    route(&Arn::parse("arn:aws:rds:eu-west-1:111122223333:db:orders").unwrap())
}

/// A plan for what was restored itself.
pub(super) fn for_resource(
    target: &Tags,
    recovery_point: &Tags,
    source: &Tags,
    provenance: &Tags,
    route: &Route,
    config: &Config,
) -> Plan {
    let from = Origin::Restored {
        recovery_point,
        source,
    };
    plan(target, Offered { from, provenance }, route, config)
}

/// A plan for a volume of it.
pub(super) fn for_volume(
    target: &Tags,
    snapshot: &Tags,
    instance: &Tags,
    provenance: &Tags,
    route: &Route,
    config: &Config,
) -> Plan {
    let from = Origin::Volume { snapshot, instance };
    plan(target, Offered { from, provenance }, route, config)
}

/// A plan for another part of it.
pub(super) fn for_part(
    target: &Tags,
    whole: &Tags,
    provenance: &Tags,
    route: &Route,
    config: &Config,
) -> Plan {
    let from = Origin::Part { whole };
    plan(target, Offered { from, provenance }, route, config)
}

/// A plan for a table, without provenance.
fn plan_of(target: &Tags, recovery_point: &Tags, source: &Tags, config: &Config) -> Plan {
    let none = Tags::new();
    for_resource(target, recovery_point, source, &none, &table(), config)
}

fn keys<'k>(keys: impl IntoIterator<Item = &'k String>) -> Vec<&'k str> {
    keys.into_iter().map(String::as_str).collect()
}

#[test]
fn what_the_target_has_wins_over_the_recovery_point_and_that_over_the_source() {
    let target = tags(&[("a", "target")]);
    let recovery_point = tags(&[("a", "recovery point"), ("b", "recovery point")]);
    let source = tags(&[("a", "source"), ("b", "source"), ("c", "source")]);
    let plan = plan_of(&target, &recovery_point, &source, &Config::default());
    let expected = Plan {
        write: pairs(&[("b", "recovery point"), ("c", "source")]),
        ..Plan::default()
    };
    assert_eq!(plan, expected);
}

#[test]
fn tags_are_in_the_order_in_which_they_are_kept() {
    let plan = for_resource(
        &Tags::new(),
        &tags(&[("a", "point"), ("y", "point"), ("z", "point")]),
        &tags(&[("x", "source"), ("z", "source")]),
        &tags(&[("restored-by:job", "1")]),
        &table(),
        &Config::default(),
    );
    let expected = [
        ("x", "source"),
        ("z", "point"),
        ("a", "point"),
        ("y", "point"),
        ("restored-by:job", "1"),
    ];
    assert_eq!(plan.write, pairs(&expected));
}

#[test]
fn the_source_can_be_preferred_to_the_recovery_point_but_never_to_the_target() {
    let config = Config {
        prefer: Prefer::Source,
        ..Config::default()
    };
    let target = tags(&[("a", "target")]);
    let recovery_point = tags(&[("a", "recovery point"), ("b", "recovery point")]);
    let source = tags(&[("a", "source"), ("b", "source")]);
    let plan = plan_of(&target, &recovery_point, &source, &config);
    assert_eq!(plan.tags(), tags(&[("b", "source")]));
}

#[test]
fn keys_that_differ_in_case_are_different_keys() {
    let plan = plan_of(
        &tags(&[("env", "")]),
        &tags(&[("Env", "prod")]),
        &Tags::new(),
        &Config::default(),
    );
    assert_eq!(plan.tags(), tags(&[("Env", "prod")]));
}

#[test]
fn adjacent_excluded_and_reserved_keys_are_all_left_out() {
    let config = Config {
        exclude: Globs::new(["skip*"]),
        ..Config::default()
    };
    let recovery_point = tags(&[
        ("AWS:x", ""),
        ("a", ""),
        ("aws:cloudformation:stack-id", ""),
        ("aws:cloudformation:stack-name", ""),
        ("awsbackup-restore-test", ""),
        ("skipA", ""),
        ("skipB", ""),
    ]);
    let plan = plan_of(&Tags::new(), &recovery_point, &recovery_point, &config);
    assert_eq!(keys(plan.tags().keys()), ["a"]);
    assert_eq!(keys(&plan.excluded), ["skipA", "skipB"]);
    assert_eq!(
        keys(&plan.reserved),
        [
            "AWS:x",
            "aws:cloudformation:stack-id",
            "aws:cloudformation:stack-name",
            "awsbackup-restore-test",
        ]
    );
}

#[test]
fn only_included_keys_are_copied_and_exclusion_wins() {
    let config = Config {
        include: Globs::new(["team:*"]),
        exclude: Globs::new(["*:secret"]),
        ..Config::default()
    };
    let offered = tags(&[("Name", ""), ("team:owner", ""), ("team:secret", "")]);
    let plan = plan_of(&Tags::new(), &offered, &Tags::new(), &config);
    assert_eq!(keys(plan.tags().keys()), ["team:owner"]);
    assert_eq!(keys(&plan.excluded), ["Name", "team:secret"]);
}

#[test]
fn an_invalid_tag_is_dropped_alone() {
    let recovery_point = tags(&[
        ("rds:owner", ""),
        ("a|b", ""),
        ("ok", ""),
        ("taken", "aws:x"),
    ]);
    let none = Tags::new();
    let config = Config::default();
    let plan = for_resource(&none, &recovery_point, &none, &none, &database(), &config);
    assert_eq!(keys(plan.tags().keys()), ["ok"]);
    assert_eq!(keys(&plan.reserved), ["rds:owner"]);
    assert_eq!(
        plan.invalid.into_iter().collect::<Vec<_>>(),
        [
            ("a|b".to_string(), WhyInvalid::KeyCharacter('|')),
            ("taken".to_string(), WhyInvalid::ValuePrefix),
        ]
    );
}

#[test]
fn an_invalid_tag_takes_no_place_from_a_valid_one() {
    let mut recovery_point = many("k", 50);
    recovery_point.insert("a".repeat(129), String::new());
    let plan = plan_of(
        &Tags::new(),
        &recovery_point,
        &Tags::new(),
        &Config::default(),
    );
    assert_eq!(plan.tags(), many("k", 50));
    assert_eq!(plan.invalid.len(), 1);
    assert!(plan.dropped.is_empty());
}

#[test]
fn the_targets_tags_stay_then_come_the_sources_then_the_recovery_points() {
    let target = many("t", 20);
    let source = many("s", 20);
    let recovery_point = many("r", 20);
    let plan = plan_of(&target, &recovery_point, &source, &Config::default());
    let mut expected = many("s", 20);
    expected.extend(many("r", 10));
    assert_eq!(plan.tags(), expected);
    let dropped: Vec<String> = (10..20).map(|index| format!("r{index}")).collect();
    assert_eq!(keys(&plan.dropped), dropped);
    assert_eq!(plan.after(&target).len(), 50);
}

#[test]
fn a_key_of_both_keeps_its_place_and_has_the_preferred_value() {
    let target = many("t", 49);
    let recovery_point = tags(&[("a", "recovery point"), ("b", "recovery point")]);
    let source = tags(&[("b", "source")]);
    let plan = plan_of(&target, &recovery_point, &source, &Config::default());
    assert_eq!(plan.tags(), tags(&[("b", "recovery point")]));
    assert_eq!(keys(&plan.dropped), ["a"]);
}

#[test]
fn the_systems_tags_take_no_place() {
    let mut target = many("t", 49);
    target.insert("aws:backup:source-resource".into(), "x".into());
    let plan = plan_of(
        &target,
        &tags(&[("a", "")]),
        &Tags::new(),
        &Config::default(),
    );
    assert_eq!(keys(plan.tags().keys()), ["a"]);
    assert_eq!(plan.after(&target).len(), 51);
}

#[test]
fn a_target_that_is_full_gets_nothing() {
    let plan = plan_of(
        &many("t", 50),
        &tags(&[("a", "")]),
        &Tags::new(),
        &Config::default(),
    );
    assert!(plan.write.is_empty());
    assert_eq!(keys(&plan.dropped), ["a"]);
}

#[test]
fn provenance_comes_last_and_that_of_an_earlier_restore_is_not_copied() {
    let none = Tags::new();
    let own = tags(&[("restored-by:job", "job-2")]);
    let recovery_point = tags(&[("a", ""), ("restored-by:job", "job-1"), ("z", "")]);
    let config = Config::default();
    let plan = for_resource(&none, &recovery_point, &none, &own, &table(), &config);
    assert_eq!(
        plan.tags(),
        tags(&[("a", ""), ("restored-by:job", "job-2"), ("z", "")])
    );
    let full = many("t", 48);
    let plan = for_resource(&full, &recovery_point, &none, &own, &table(), &config);
    assert_eq!(keys(plan.tags().keys()), ["a", "z"]);
    assert_eq!(keys(&plan.dropped), ["restored-by:job"]);
}

#[test]
fn a_volume_has_its_own_snapshots_tags_before_the_instances() {
    let config = Config {
        prefer: Prefer::Source,
        ..Config::default()
    };
    let volume = route(&Arn::parse("arn:aws:ec2:r:1:volume/vol-1").unwrap());
    let snapshot = tags(&[("Name", "data"), ("aws:backup:source-resource", "x")]);
    let instance = tags(&[("Name", "web"), ("team", "a")]);
    let none = Tags::new();
    let plan = for_volume(&none, &snapshot, &instance, &none, &volume, &config);
    assert_eq!(plan.tags(), tags(&[("Name", "data"), ("team", "a")]));
    let full = many("t", 49);
    let plan = for_volume(&full, &snapshot, &instance, &none, &volume, &config);
    assert_eq!(plan.tags(), tags(&[("Name", "data")]));
    assert_eq!(keys(&plan.dropped), ["team"]);
}

#[test]
fn a_part_has_the_wholes_tags() {
    let interface = route(&Arn::parse("arn:aws:ec2:r:1:network-interface/eni-1").unwrap());
    let whole = tags(&[("Name", "web"), ("aws:x", ""), ("team", "a")]);
    let target = tags(&[("Name", "mine")]);
    let none = Tags::new();
    let plan = for_part(&target, &whole, &none, &interface, &Config::default());
    assert_eq!(plan.tags(), tags(&[("team", "a")]));
}

#[test]
fn nothing_to_copy_is_nothing_to_write() {
    let none = Tags::new();
    let plan = plan_of(&none, &none, &none, &Config::default());
    assert_eq!(plan, Plan::default());
}
