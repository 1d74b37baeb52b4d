use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

const REGION: &str = "eu-west-1";

fn hours(times: &[&str]) -> BTreeSet<DateTime<Utc>> {
    times.iter().map(|time| at(time)).collect()
}

fn ledger(account: &str, times: &[&str]) -> Ledger {
    let mut ledger = Ledger::default();
    let place = (account.to_string(), REGION.to_string());
    ledger.recall(place, Kind::Backup, "Vault".to_string(), hours(times));
    ledger
}

fn recalled(parts: &[String]) -> Ledger {
    let mut ledger = Ledger::default();
    for part in parts {
        recall(&mut ledger, REGION, part);
    }
    ledger
}

#[test]
fn the_first_look_lists_days_and_each_later_one_what_ended_since() {
    let now = at("2026-01-31T12:00:00Z");
    let mut known = Known::default();
    let first = known.slices(Kind::Backup, now, TimeDelta::days(2));
    assert_eq!(first.len(), 2);
    assert_eq!(first[0].0, at("2026-01-29T12:00:00Z"));
    assert_eq!(first[1].1, now);
    for (from, to) in first {
        known.listed(Kind::Backup, from, to);
    }
    let later = at("2026-01-31T18:00:00Z");
    let next = known.slices(Kind::Backup, later, TimeDelta::days(2));
    assert_eq!(next, [(at("2026-01-31T10:00:00Z"), later)]);
    assert_eq!(known.from, Some(at("2026-01-29T12:00:00Z")));
    assert_eq!(Known::from_json(&known.to_json()), known);
}

#[test]
fn what_was_not_listed_to_its_end_is_listed_again() {
    let now = at("2026-01-31T12:00:00Z");
    let mut known = Known::default();
    let slices = known.slices(Kind::Copy, now, TimeDelta::days(3));
    // The second of three failed half-way.
    known.listed(Kind::Copy, slices[0].0, slices[0].1);
    let again = known.slices(Kind::Copy, now, TimeDelta::days(3));
    assert_eq!(again[0].0, at("2026-01-29T10:00:00Z"));
    assert_eq!(again.last().unwrap().1, now);
}

#[test]
fn a_clock_that_was_wrong_does_not_stop_the_watch() {
    let mut known = Known::default();
    let future = at("2030-01-01T00:00:00Z");
    known.listed(Kind::Backup, future, future);
    let now = at("2026-01-31T12:00:00Z");
    let slices = known.slices(Kind::Backup, now, TimeDelta::days(8));
    assert_eq!(slices, [(at("2026-01-31T10:00:00Z"), now)]);
}

#[test]
fn arrivals_are_kept_and_the_newest_longest() {
    let now = at("2026-01-31T12:00:00Z");
    let all = [
        "2025-12-01T05:00:00Z",
        "2026-01-29T05:00:00Z",
        "2026-01-30T05:00:00Z",
    ];
    let recent = &all[1..];
    let ledger_of = |times: &[&str]| ledger("444444444444", times);
    let kept = recalled(&parts(&ledger_of(&all), REGION, now));
    let place = ("444444444444".to_string(), REGION.to_string());
    let found: Vec<_> = kept.arrivals().collect();
    assert_eq!(found[0].3, &hours(recent), "the old one is not needed");
    let old = recalled(&parts(&ledger_of(&all[..1]), REGION, now));
    let newest = old.newest(&place, Kind::Backup, "Vault");
    assert_eq!(newest, Some(at("2025-12-01T05:00:00Z")));
    let ancient = recalled(&parts(&ledger_of(&["2024-01-01T05:00:00Z"]), REGION, now));
    assert_eq!(ancient.arrivals().count(), 0);
}

#[test]
fn an_arrival_is_kept_for_ten_days_and_the_newest_for_four_hundred() {
    let now = at("2026-01-31T12:00:00Z");
    for (times, kept) in [
        // The older one is exactly ten days old, or an hour younger.
        (&["2026-01-21T12:00:00Z", "2026-01-30T05:00:00Z"][..], 1),
        (&["2026-01-21T13:00:00Z", "2026-01-30T05:00:00Z"], 2),
        (&["2024-12-27T12:00:00Z"], 0),
        (&["2024-12-27T13:00:00Z"], 1),
    ] {
        let kept_now = recalled(&parts(&ledger("444444444444", times), REGION, now));
        let each: usize = kept_now.arrivals().map(|it| it.3.len()).sum();
        assert_eq!(each, kept, "{times:?}");
    }
}

#[test]
fn of_a_rule_that_runs_hourly_the_newest_two_days_are_kept() {
    let now = at("2026-01-31T12:00:00Z");
    let mut ledger = Ledger::default();
    let place = ("444444444444".to_string(), REGION.to_string());
    let hourly = (0..100).map(|hour| now - TimeDelta::hours(hour));
    ledger.recall(place, Kind::Backup, "Vault".to_string(), hourly.collect());
    let kept = recalled(&parts(&ledger, REGION, now));
    let found: Vec<_> = kept.arrivals().collect();
    let newest = (0..48).map(|hour| now - TimeDelta::hours(hour));
    assert_eq!(found[0].3, &newest.collect());
}

#[test]
fn a_part_is_filled_as_far_as_it_may_and_every_part_is_a_list() {
    let entry = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let counts = |lengths: &[usize]| -> Vec<usize> {
        let parts = packed(lengths.iter().map(|length| entry(*length)));
        let lists = parts
            .iter()
            .map(|part| serde_json::from_str::<Vec<String>>(part).unwrap());
        lists.map(|list| list.len()).collect()
    };
    assert_eq!(counts(&[]), [0]);
    assert_eq!(counts(&[100_000, 200_000, 10]), [2, 1]);
    assert_eq!(counts(&[100_000, 200_001, 10]), [1, 2]);
}

#[test]
fn what_ten_thousand_accounts_keep_fits_into_items_of_the_table() {
    let mut ledger = Ledger::default();
    let now = at("2026-01-31T12:00:00Z");
    for account in 0..10_000 {
        let place = (format!("{account:012}"), REGION.to_string());
        for kind in LISTED {
            let vault = "arn:aws:backup:eu-central-1:333333333333:backup-vault:Central".to_string();
            let daily = (1..9).map(|day| now - TimeDelta::days(day));
            ledger.recall(place.clone(), kind, vault, daily.collect());
        }
    }
    let parts = parts(&ledger, REGION, now);
    assert!(parts.iter().all(|part| part.len() < 310_000));
    assert!(parts.len() < 15, "{} parts", parts.len());
    assert_eq!(recalled(&parts).arrivals().count(), 20_000);
}

#[test]
fn a_spoilt_part_is_none() {
    let mut ledger = Ledger::default();
    recall(&mut ledger, REGION, "{");
    recall(&mut ledger, REGION, r#"[["4", "dance", "V", [1]]]"#);
    assert_eq!(ledger.arrivals().count(), 0);
    assert_eq!(Known::from_json(&json!(null)), Known::default());
}
