//! What only some policies and some resources ask.

use backup_status::Seen;
use serde_json::json;

use super::{check, healthy, targets, trust, wrong};
use crate::doctor::diagnosis::{Check, State, diagnose};
use crate::doctor::facts::{Abilities, Asked, Facts, Tables};

#[test]
fn tables_fail_only_where_a_backup_cannot_be_copied() {
    check(
        |facts| super::member(facts).tables = Seen::There(Tables::PlainBackups),
        "advanced backup of DynamoDB",
        "cannot be copied",
        "make enable-advanced-dynamodb APPLY=1",
    );
    let mut facts = healthy();
    super::member(&mut facts).tables = Seen::There(Tables::Plain);
    assert!(wrong(&facts).is_empty());
    let checks = diagnose(&facts, &targets(), None);
    let what = "advanced backup of DynamoDB";
    let found = checks.iter().find(|it| it.what == what).unwrap();
    assert_eq!((found.state, found.remedy.as_deref()), (State::Noted, None));
}

/// What is wrong with the member once this is asked of its role.
fn asking(change: impl FnOnce(&mut Abilities)) -> Vec<Check> {
    let mut facts = healthy();
    change(facts.members[0].abilities.as_mut().unwrap());
    let wrong = wrong(&facts);
    for check in &wrong {
        let (id, name) = check.account.as_ref().unwrap();
        assert_eq!((id.as_str(), name.as_str()), ("444444444441", "shop"));
    }
    wrong
}

#[test]
fn a_policy_that_asks_more_than_the_role_can_is_found() {
    let indexes = |abilities: &mut Abilities| {
        abilities.asked = Seen::There(Asked {
            indexes_volumes: true,
            ..Asked::default()
        });
    };
    let wrong = asking(indexes);
    assert_eq!(wrong[0].what, "indexes of volumes");
    assert_eq!(
        wrong[0].detail,
        "the role lacks AWSBackupServiceRolePolicyForIndexing"
    );
    let remedy = wrong[0].remedy.as_deref().unwrap();
    assert!(
        remedy.starts_with("\"IndexBackups\": \"true\" in"),
        "{remedy}"
    );
    let fine = asking(|abilities| {
        indexes(abilities);
        abilities.managed =
            Seen::There(["AWSBackupServiceRolePolicyForIndexing".to_owned()].into());
    });
    assert!(fine.is_empty());

    let scanner = |name: &str, trust| {
        let name = name.to_owned();
        asking(|abilities| abilities.scanners = vec![(name, trust)])
    };
    let service = |name: &str| Seen::There(trust(json!({"Service": name})));
    let malware_protection = service("malware-protection.guardduty.amazonaws.com");
    assert!(scanner("AWSBackupSolutionScannerRole", malware_protection).is_empty());
    let wrong = scanner("AWSBackupSolutionScannerRole", Seen::Missing);
    assert!(wrong[0].detail.contains("which is missing"));
    let remedy = wrong[0].remedy.as_deref().unwrap();
    assert!(
        remedy.starts_with("\"ScanBackups\": \"true\" in"),
        "{remedy}"
    );
    let wrong = scanner("Own", service("backup.amazonaws.com"));
    assert!(wrong[0].detail.contains("Own does not trust malware-"));
    assert!(wrong[0].remedy.as_deref().unwrap().contains("role Own"));

    let wrong = asking(|abilities| abilities.asked = Seen::Unknown("denied".to_owned()));
    assert_eq!(wrong[0].state, State::Unknown);
    assert_eq!(wrong[0].detail, "denied");
}

#[test]
fn tags_of_sap_hana_without_its_restores_are_told() {
    let mut facts = healthy();
    facts.tags_sap_hana = true;
    let line = |facts: &Facts| -> (State, String) {
        let checks = diagnose(facts, &targets(), None);
        let mut found = checks
            .into_iter()
            .filter(|it| it.what == "restores of SAP HANA");
        found.next().map(|it| (it.state, it.detail)).unwrap()
    };
    let (state, detail) = line(&facts);
    assert_eq!(state, State::Noted);
    assert!(detail.contains("set RestoreSapHana"), "{detail}");
    let abilities = facts.members[0].abilities.as_mut().unwrap();
    abilities.managed = Seen::There(["AWSBackupRestoreAccessForSAPHANA".to_owned()].into());
    assert_eq!(line(&facts).0, State::Fine);
}
