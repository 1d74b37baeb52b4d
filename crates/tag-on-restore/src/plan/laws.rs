//! What every plan keeps to, and a second, naive way to the same tags.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::tests::{for_part, for_resource, for_volume};
use super::*;
use crate::Arn;
use crate::keys::{Globs, PROVENANCE_KEYS};
use crate::route::route;
use crate::tags::is_system_key;

/// Keys of all sorts, and enough ordinary ones to fill a resource.
fn all_keys() -> Vec<String> {
    let special = [
        "Name",
        "name",
        "",
        "aws:x",
        "AWS:y",
        "rds:z",
        "RDS:z",
        "awsbackup-restore-test",
        "AwsBackup-Restore-Test",
        "eks:cluster",
        "restored-by:job",
        "a|b",
        "🦀",
        "Größe",
    ];
    let special = special.iter().map(|key| (*key).to_string());
    let long = [128, 129].map(|length| "k".repeat(length));
    let ordinary = (0..60).map(|index| format!("k{index:02}"));
    special.chain(long).chain(ordinary).collect()
}

fn any_tags(most: usize) -> impl Strategy<Value = Tags> {
    let values = select(vec!["", "v", "w", "aws:v", "RDS:v", "é", "a|b"]);
    let long = Just("v".repeat(257));
    let value = prop_oneof![8 => values.prop_map(str::to_string), 1 => long];
    subsequence(all_keys(), 0..=most).prop_flat_map(move |keys| {
        let values = prop::collection::vec(value.clone(), keys.len());
        values.prop_map(move |values| keys.iter().cloned().zip(values).collect())
    })
}

/// What a target may have: at most 50 tags of users.
fn any_target() -> impl Strategy<Value = Tags> {
    any_tags(76).prop_filter("no resource has more", |tags| user_tags(tags) <= 50)
}

fn any_route() -> impl Strategy<Value = Route> {
    let resources = [
        "dynamodb:r:1:table/t",
        "rds:r:1:cluster:c",
        "dsql:r:1:cluster/c",
        "s3:::bucket",
        "ssm-sap:r:1:HANA/a",
    ];
    select(resources.to_vec())
        .prop_map(|resource| route(&Arn::parse(&format!("arn:aws:{resource}")).unwrap()))
}

fn any_config() -> impl Strategy<Value = Config> {
    let prefer = select(vec![Prefer::RecoveryPoint, Prefer::Source]);
    let include = select(vec!["*", "k*"]);
    let exclude = select(vec!["", "k1*", "Name", "eks:*"]);
    (prefer, include, exclude).prop_map(|(prefer, include, exclude)| Config {
        prefer,
        include: Globs::new([include]),
        exclude: Globs::new([exclude]),
        ..Config::default()
    })
}

fn any_provenance() -> impl Strategy<Value = Tags> {
    let all: Tags = PROVENANCE_KEYS
        .map(|key| (key.to_string(), "p".to_string()))
        .into();
    select(vec![Tags::new(), all])
}

/// The tags of a target after a restore, worked out one key at a time, by hand.
fn naive(
    target: &Tags,
    recovery_point: &Tags,
    source: &Tags,
    provenance: &Tags,
    route: &Route,
    config: &Config,
) -> Tags {
    let mut result = target.clone();
    let mut put = |key: &str, value: &str| {
        let mut own = 0;
        for key in result.keys() {
            if !key.to_lowercase().starts_with("aws:") {
                own += 1;
            }
        }
        let fits = own < 50 && route.limits.why_invalid(key, value).is_none();
        if fits && !result.contains_key(key) {
            result.insert(key.to_string(), value.to_string());
        }
    };
    for offered in [source, recovery_point] {
        for key in offered.keys() {
            let small = key.to_lowercase();
            let rds = route.kind.is_rds() && small.starts_with("rds:");
            if small.starts_with("aws:") || small == "awsbackup-restore-test" || rds {
                continue;
            }
            if PROVENANCE_KEYS.contains(&small.as_str()) {
                continue;
            }
            if config.exclude.match_key(key) || !config.include.match_key(key) {
                continue;
            }
            let value = match (recovery_point.get(key), source.get(key), config.prefer) {
                (Some(value), None, _) | (None, Some(value), _) => value,
                (Some(value), Some(_), Prefer::RecoveryPoint) => value,
                (_, Some(value), Prefer::Source) => value,
                (None, None, _) => continue,
            };
            put(key, value);
        }
    }
    for (key, value) in provenance {
        put(key, value);
    }
    result
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_plan_gives_the_tags_that_the_naive_way_gives(
        target in any_target(),
        recovery_point in any_tags(76),
        source in any_tags(76),
        provenance in any_provenance(),
        route in any_route(),
        config in any_config(),
    ) {
        let plan = for_resource(&target, &recovery_point, &source, &provenance, &route, &config);
        let expected = naive(&target, &recovery_point, &source, &provenance, &route, &config);
        prop_assert_eq!(plan.after(&target), expected);
    }

    #[test]
    fn nothing_on_the_target_is_changed_and_no_more_than_fits_is_added(
        target in any_target(),
        recovery_point in any_tags(76),
        source in any_tags(76),
        provenance in any_provenance(),
        route in any_route(),
        config in any_config(),
    ) {
        let plan = for_resource(&target, &recovery_point, &source, &provenance, &route, &config);
        prop_assert!(plan.tags().keys().all(|key| !target.contains_key(key)));
        prop_assert!(plan.tags().keys().all(|key| !is_system_key(key)));
        prop_assert!(user_tags(&plan.after(&target)) <= 50);
        for (key, value) in &plan.tags() {
            prop_assert_eq!(route.limits.why_invalid(key, value), None);
        }
    }

    #[test]
    fn the_plan_after_the_plan_is_empty(
        target in any_target(),
        recovery_point in any_tags(76),
        source in any_tags(76),
        provenance in any_provenance(),
        route in any_route(),
        config in any_config(),
    ) {
        let plan = |target: &Tags| {
            for_resource(target, &recovery_point, &source, &provenance, &route, &config)
        };
        let after = plan(&target).after(&target);
        prop_assert_eq!(plan(&after).tags(), Tags::new());
    }

    #[test]
    fn the_plan_after_a_part_of_the_plan_completes_it(
        target in any_target(),
        recovery_point in any_tags(76),
        source in any_tags(76),
        written in prop::collection::vec(any::<bool>(), 50),
        route in any_route(),
        config in any_config(),
    ) {
        let none = Tags::new();
        let plan = |target: &Tags| {
            for_resource(target, &recovery_point, &source, &none, &route, &config)
        };
        let whole = plan(&target);
        let mut halfway = target.clone();
        let part = whole.tags().into_iter().zip(&written).filter(|(_, written)| **written);
        halfway.extend(part.map(|(tag, _)| tag));
        prop_assert_eq!(plan(&halfway).after(&halfway), whole.after(&target));
    }

    #[test]
    fn every_offered_key_is_accounted_for_once(
        target in any_target(),
        recovery_point in any_tags(76),
        source in any_tags(76),
        route in any_route(),
        config in any_config(),
    ) {
        let none = Tags::new();
        let plan = for_resource(&target, &recovery_point, &source, &none, &route, &config);
        for key in recovery_point.keys().chain(source.keys()) {
            let places = [
                target.contains_key(key),
                plan.tags().contains_key(key),
                plan.reserved.contains(key),
                plan.excluded.contains(key),
                plan.invalid.contains_key(key),
                plan.dropped.contains(key),
            ];
            prop_assert_eq!(places.iter().filter(|is| **is).count(), 1, "{}", key);
        }
    }

    #[test]
    fn parts_are_idempotent_too(
        target in any_target(),
        first in any_tags(76),
        then in any_tags(76),
        provenance in any_provenance(),
        config in any_config(),
    ) {
        let volume = route(&Arn::parse("arn:aws:ec2:r:1:volume/vol-1").unwrap());
        let plan = |target: &Tags| {
            for_volume(target, &first, &then, &provenance, &volume, &config)
        };
        let after = plan(&target).after(&target);
        prop_assert_eq!(plan(&after).tags(), Tags::new());
        let plan = |target: &Tags| for_part(target, &then, &provenance, &volume, &config);
        let after = plan(&target).after(&target);
        prop_assert_eq!(plan(&after).tags(), Tags::new());
    }
}
