use backup_status::due::Expected;
use backup_status::ledger::Place;
use serde_json::json;

use super::*;

mod stands;

const REGION: &str = "eu-west-1";
const CENTRAL: &str = "arn:aws:backup:eu-central-1:333333333333:backup-vault:Central";
const SHOP: &str = "444444444441";
const BANK: &str = "444444444442";

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// Every day at 05:00, with windows of 21 hours, copied to the central account.
fn rule() -> Expected {
    Expected {
        rule: "daily/nightly".to_string(),
        vault: "Vault".to_string(),
        regions: vec![REGION.to_string()],
        schedule: "cron(0 5 ? * * *)".to_string(),
        minutes: 60 + 1200,
        kept_days: Some(35),
        copies: vec![CENTRAL.to_string()],
        tags: None,
    }
}

fn merge(problems: &[&str], expected: Vec<Expected>) -> Arc<Merge> {
    Arc::new(Merge {
        document: json!({}),
        problems: problems.iter().map(|it| (*it).to_string()).collect(),
        plans: Vec::new(),
        expected,
    })
}

fn place(account: &str) -> Place {
    (account.to_string(), REGION.to_string())
}

fn arrive(sight: &mut Sight, account: &str, kind: Kind, times: &[&str]) {
    let vault = match kind {
        Kind::Copy => CENTRAL,
        _ => "Vault",
    };
    let times = times.iter().map(|time| at(time)).collect();
    sight
        .ledger
        .recall(place(account), kind, vault.to_string(), times);
}

/// Noon of 31 January, with two accounts that the rule reaches.
fn sight() -> Sight {
    let both = merge(&[], vec![rule()]);
    Sight {
        merges: Ok([SHOP, BANK].map(|it| (it.to_string(), both.clone())).into()),
        names: [(SHOP.to_string(), "shop".to_string())].into(),
        regions: vec![REGION.to_string()],
        ledger: Ledger::default(),
        window: Window {
            from: at("2026-01-01T00:00:00Z"),
            now: at("2026-01-31T12:00:00Z"),
        },
        invalid: Ok(BTreeMap::new()),
        blind: Vec::new(),
    }
}

fn keys(sight: &Sight) -> Vec<String> {
    let found = found(sight, &Memory::default());
    found.into_keys().collect()
}

fn found(sight: &Sight, memory: &Memory) -> BTreeMap<String, Finding> {
    sight.found(
        &sight.suspects(),
        memory,
        &BTreeMap::new(),
        &BTreeSet::new(),
    )
}

fn late_in_shop() -> Sight {
    let mut sight = sight();
    arrive(&mut sight, SHOP, Kind::Backup, &["2026-01-28T05:00:00Z"]);
    sight
}

#[test]
fn a_backup_that_stopped_is_told_with_account_rule_run_and_what_to_do() {
    let sight = late_in_shop();
    let mut memory = Memory::default();
    let found = found(&sight, &memory);
    memory.take_in(found, sight.window.now, |_| Now::Unknown);
    let messages = memory.messages();
    assert_eq!(messages.len(), 1);
    let (subject, text) = sight.written(&messages[0]);
    expect_test::expect![[r#"
        shop: a backup of daily/nightly is missing in eu-west-1

        - 444444444441 shop: no backup in vault Vault of the run of 2026-01-30 05:00 UTC; the newest began 2026-01-28 05:00 UTC

        What to do: `backupctl status` shows what arrived when; usual reasons are a Region's opt-in, a role or key that was changed, or a plan whose selection matches nothing any more. If the resources were removed on purpose, nothing has to be done

        This is reported once, and once more when it is well again.
    "#]]
    .assert_eq(&text);
    assert_eq!(
        subject,
        "shop: a backup of daily/nightly is missing in eu-west-1"
    );
    assert_eq!(sight.late_accounts(&memory), 1);
}

#[test]
fn new_and_empty_accounts_and_those_without_matching_resources_do_not_cry_wolf() {
    assert_eq!(keys(&sight()), [""; 0]);
}

#[test]
fn no_run_counts_from_before_the_policy_was_changed() {
    let sight = late_in_shop();
    assert_eq!(sight.to_ask(&sight.suspects(), &Memory::default()), [SHOP]);
    let changed = [(SHOP.to_string(), at("2026-01-30T09:00:00Z"))].into();
    let found = sight.found(
        &sight.suspects(),
        &Memory::default(),
        &changed,
        &BTreeSet::new(),
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn of_whom_aws_could_not_be_asked_nothing_is_said_yet_but_what_is_reported_stays() {
    let sight = late_in_shop();
    let unasked = [SHOP.to_string()].into();
    let mut memory = Memory::default();
    memory.take_in(self::found(&sight, &memory), sight.window.now, |_| {
        Now::Unknown
    });
    assert_eq!(sight.to_ask(&sight.suspects(), &memory), [""; 0]);
    let open = sight.found(&sight.suspects(), &memory, &BTreeMap::new(), &unasked);
    assert_eq!(open.len(), 1);
    let found = sight.found(
        &sight.suspects(),
        &Memory::default(),
        &BTreeMap::new(),
        &unasked,
    );
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_copy_that_stopped_is_told_though_backups_are_made() {
    let mut sight = sight();
    let days = [
        "2026-01-28T05:00:00Z",
        "2026-01-29T05:00:00Z",
        "2026-01-30T05:00:00Z",
    ];
    arrive(&mut sight, SHOP, Kind::Backup, &days);
    arrive(&mut sight, SHOP, Kind::Copy, &days[..1]);
    let found: Vec<(String, Finding)> = found(&sight, &Memory::default()).into_iter().collect();
    let [(key, finding)] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert!(key.contains("|copy|daily/nightly|"), "{key}");
    assert_eq!(
        finding.line,
        format!(
            "444444444441 shop: no copy to {CENTRAL} of the run of 2026-01-29 05:00 UTC; \
             the newest began 2026-01-28 05:00 UTC"
        )
    );
    // Backups make no copy well.
    assert_eq!(sight.stands(key), Now::Unknown);
    arrive(&mut sight, SHOP, Kind::Copy, &days[1..2]);
    assert_eq!(sight.stands(key), Now::Well);
}

#[test]
fn an_invalid_policy_is_told_with_awss_reasons_and_is_no_reason_to_call_it_late() {
    let mut sight = late_in_shop();
    sight.merges = Ok([(SHOP.to_string(), merge(&["KEY_REQUIRED"], vec![rule()]))].into());
    sight.invalid = Ok([(
        SHOP.to_string(),
        Known::There(vec!["ELEMENTS_TOO_MANY: 11 plans (in plans)".to_string()]),
    )]
    .into());
    let found = found(&sight, &Memory::default());
    let lines: Vec<&String> = found.values().map(|it| &it.line).collect();
    assert_eq!(
        lines,
        ["444444444441 shop: ELEMENTS_TOO_MANY: 11 plans (in plans)"]
    );
    for (silent, line) in [
        (Known::There(Vec::new()), "AWS gives no reason"),
        (Known::Missing, "AWS gives no reason"),
        (
            Known::Unknown("throttled".to_string()),
            "AWS's reasons are not known: throttled",
        ),
    ] {
        sight.invalid = Ok([(BANK.to_string(), silent)].into());
        let found = self::found(&sight, &Memory::default());
        let lines: Vec<&String> = found.values().map(|it| &it.line).collect();
        assert_eq!(lines, [&format!("{BANK}: {line}")]);
    }
    sight.invalid = Ok(BTreeMap::new());
    assert_eq!(sight.stands("invalid|444444444441"), Now::Well);
    assert_eq!(sight.stands("invalid|444444444442"), Now::Gone);
    sight.invalid = Err("throttled".to_string());
    assert_eq!(sight.stands("invalid|444444444441"), Now::Unknown);
}

#[test]
fn a_region_that_stops_for_everybody_is_one_message() {
    let mut sight = sight();
    for account in [SHOP, BANK] {
        arrive(&mut sight, account, Kind::Backup, &["2026-01-28T05:00:00Z"]);
    }
    let mut memory = Memory::default();
    let found = found(&sight, &memory);
    memory.take_in(found, sight.window.now, |_| Now::Unknown);
    let messages = memory.messages();
    let subjects: Vec<String> = messages.iter().map(|it| sight.written(it).0).collect();
    assert_eq!(
        subjects,
        ["2 accounts: a backup of daily/nightly is missing in eu-west-1"]
    );
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let message = Message {
        group: format!("{LATE}eu-west-1|backup|a/b"),
        well: false,
        keys: Vec::new(),
        lines: vec!["line".to_string(); 70],
        accounts: BTreeSet::new(),
    };
    let (subject, text) = sight().written(&message);
    assert_eq!(subject, "a backup of a/b is missing in eu-west-1");
    assert!(text.contains("- and 20 more: `backupctl status` has them all\n"));
}

#[test]
fn what_nobody_mends_is_counted_for_a_month() {
    let sight = late_in_shop();
    for (since, late) in [("2026-01-01T12:00:00Z", 0), ("2026-01-01T12:00:01Z", 1)] {
        let mut memory = Memory::default();
        let found = found(&sight, &memory);
        memory.take_in(found, at(since), |_| Now::Unknown);
        assert_eq!(sight.late_accounts(&memory), late, "{since}");
    }
}
