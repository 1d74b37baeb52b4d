//! How findings of earlier looks stand.

use super::*;

#[test]
fn what_was_late_is_well_once_it_is_there() {
    let mut sight = late_in_shop();
    let key = keys(&sight).remove(0);
    // What began an hour before the run was made by another.
    for before in [None, Some("2026-01-30T04:00:00Z")] {
        arrive(&mut sight, SHOP, Kind::Backup, before.as_slice());
        assert_eq!(sight.stands(&key), Now::Unknown, "{before:?}");
    }
    arrive(&mut sight, SHOP, Kind::Backup, &["2026-01-30T05:00:00Z"]);
    assert_eq!(keys(&sight), [""; 0]);
    assert_eq!(sight.stands(&key), Now::Well);
}

#[test]
fn what_arrived_makes_nothing_well_under_an_invalid_policy_or_in_a_region_half_looked_at() {
    let mut sight = late_in_shop();
    let key = keys(&sight).remove(0);
    arrive(&mut sight, SHOP, Kind::Backup, &["2026-01-30T05:00:00Z"]);
    let regions = std::mem::take(&mut sight.regions);
    assert_eq!(sight.stands(&key), Now::Unknown);
    sight.regions = regions;
    assert_eq!(sight.stands(&key), Now::Well);
    let invalid = merge(&["KEY_REQUIRED"], vec![rule()]);
    sight.merges = Ok([(SHOP.to_string(), invalid)].into());
    assert_eq!(sight.stands(&key), Now::Unknown);
}

#[test]
fn a_rule_that_is_gone_ends_what_was_told_of_it() {
    let mut sight = late_in_shop();
    let key = keys(&sight).remove(0);
    let other = merge(&[], Vec::new());
    sight.merges = Ok([(SHOP.to_string(), other)].into());
    assert_eq!(sight.stands(&key), Now::Gone);
    // So does a rule that leaves the Region, and one of the Region that has another name.
    let elsewhere = Expected {
        regions: vec!["us-east-1".to_string()],
        ..rule()
    };
    let renamed = Expected {
        rule: "daily/morning".to_string(),
        ..rule()
    };
    for other in [elsewhere, renamed] {
        sight.merges = Ok([(SHOP.to_string(), merge(&[], vec![other]))].into());
        assert_eq!(sight.stands(&key), Now::Gone);
    }
}

#[test]
fn a_region_that_was_not_looked_at_is_neither_late_nor_well() {
    let mut sight = late_in_shop();
    let key = keys(&sight).remove(0);
    sight.regions.clear();
    sight.blind = vec![("backup jobs in eu-west-1".into(), "throttled".into())];
    assert_eq!(keys(&sight), ["blind|backup jobs in eu-west-1"]);
    assert_eq!(sight.stands(&key), Now::Unknown);
    assert_eq!(sight.stands("blind|backup jobs in eu-west-1"), Now::Well);
}

#[test]
fn without_the_organization_nothing_is_late_and_nothing_is_well() {
    let mut sight = late_in_shop();
    let key = keys(&sight).remove(0);
    sight.merges = Err("throttled".to_string());
    assert_eq!(keys(&sight), [""; 0]);
    assert_eq!(sight.stands(&key), Now::Unknown);
    assert_eq!(sight.stands("invalid|444444444441"), Now::Unknown);
}

#[test]
fn suspended_accounts_do_not_cry_wolf_and_what_was_told_of_them_ends() {
    // The organization's reader passes closed and suspended accounts over.
    let mut sight = late_in_shop();
    let key = keys(&sight).remove(0);
    sight.merges.as_mut().unwrap().remove(SHOP);
    assert_eq!(keys(&sight), [""; 0]);
    assert_eq!(sight.stands(&key), Now::Gone);
}
