//! A year of 500 accounts in 4 Regions, with incidents of all kinds: each is told once, and nothing else is. And a day
//! of them on the wire, whose calls are counted. `docs/evidence/watching.md` has the figures.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use backup_status::Seen;
use backup_status::due::Expected;
use backup_status::late::Window;
use backup_status::ledger::{Kind, Ledger};
use backup_status::merge::Merge;
use backup_watch::findings::Memory;
use backup_watch::judge::{BLIND, INVALID, LATE, Sight};
use backup_watch::kept;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::world::World;

const REGIONS: [&str; 4] = ["eu-central-1", "eu-west-1", "us-east-1", "us-west-2"];
const ACCOUNTS: usize = 500;
const DAYS: i64 = 365;
const CENTRAL: &str = "arn:aws:backup:eu-west-1:333333333333:backup-vault:Central";
const RULE: &str = "daily/nightly";

fn day(number: i64) -> DateTime<Utc> {
    let begin: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    begin + TimeDelta::days(number)
}

/// What is wrong in an account from one day to another, that one not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// Nothing is backed up in a Region.
    Backups(usize),
    /// Nothing is copied from a Region.
    Copies(usize),
    /// AWS calls the policy invalid, and the one before stays in force.
    Invalid,
}

#[derive(Debug, Clone, Copy)]
struct Incident {
    wrong: Wrong,
    from: i64,
    to: i64,
}

/// The accounts by what they are.
const EMPTY: std::ops::Range<usize> = 0..20;
const NEW: std::ops::Range<usize> = 20..50;
const SUSPENDED: std::ops::Range<usize> = 50..70;
const CLEARED: std::ops::Range<usize> = 70..80;
const TROUBLED: std::ops::Range<usize> = 80..280;

/// Days on which a whole Region makes no backup.
const OUTAGES: [(usize, i64, i64); 2] = [(1, 100, 102), (3, 250, 253)];
/// Days at whose noon everybody's schedule is moved, by turns from 05:00 to 08:00 and back.
const MOVES: [i64; 3] = [60, 180, 300];

struct Year {
    rng: fastrand::Rng,
    /// By account: each has one at most.
    incidents: BTreeMap<usize, Incident>,
    /// When accounts come, and get their first resources; go, or lose them.
    begins: BTreeMap<usize, (i64, i64)>,
    ends: BTreeMap<usize, i64>,
}

impl Year {
    fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut year = Year {
            incidents: BTreeMap::new(),
            begins: BTreeMap::new(),
            ends: BTreeMap::new(),
            rng: rng.clone(),
        };
        for account in NEW {
            let joins = rng.i64(1..300);
            // One in five never has any.
            let first = joins
                + if rng.u8(0..5) == 0 {
                    1000
                } else {
                    rng.i64(0..20)
                };
            year.begins.insert(account, (joins, first));
        }
        for account in SUSPENDED.chain(CLEARED) {
            let mut at = rng.i64(20..340);
            while year.is_busy(at - 4, at + 4) {
                at = rng.i64(20..340);
            }
            year.ends.insert(account, at);
        }
        for account in TROUBLED {
            let lasts = rng.i64(2..13);
            let mut from = rng.i64(10..340);
            while year.is_busy(from - 4, from + lasts + 4) {
                from = rng.i64(10..340);
            }
            let region = rng.usize(0..REGIONS.len());
            let wrong = match rng.u8(0..3) {
                0 => Wrong::Backups(region),
                1 => Wrong::Copies(region),
                _ => Wrong::Invalid,
            };
            let to = from + lasts;
            year.incidents.insert(account, Incident { wrong, from, to });
        }
        year.rng = rng;
        year
    }

    /// Whether days are those of an outage or a move, so that what is told is not told for two reasons.
    fn is_busy(&self, from: i64, to: i64) -> bool {
        OUTAGES
            .iter()
            .any(|(_, begin, end)| from < *end && to > *begin)
            || MOVES.iter().any(|at| from <= *at && to >= *at)
    }

    fn is_open(&self, account: usize, at: i64) -> bool {
        self.begins
            .get(&account)
            .is_none_or(|(joins, _)| *joins <= at)
            && !(SUSPENDED.contains(&account) && self.ends[&account] <= at)
    }

    fn makes(&self, account: usize, region: usize, kind: Kind, at: i64) -> bool {
        let has = self
            .begins
            .get(&account)
            .is_none_or(|(_, first)| *first <= at)
            && self.ends.get(&account).is_none_or(|end| at < *end)
            && !EMPTY.contains(&account);
        let out = OUTAGES
            .iter()
            .any(|(it, from, to)| *it == region && (*from..*to).contains(&at));
        let is_wrong = self.incidents.get(&account).is_some_and(|it| {
            (it.from..it.to).contains(&at)
                && match it.wrong {
                    Wrong::Backups(here) => here == region,
                    Wrong::Copies(here) => here == region && kind == Kind::Copy,
                    Wrong::Invalid => false,
                }
        });
        has && !out && !is_wrong
    }
}

fn id(account: usize) -> String {
    format!("{:012}", 400_000_000_000_u64 + account as u64)
}

fn merge(hour: i64) -> Arc<Merge> {
    Arc::new(Merge {
        document: json!({}),
        problems: Vec::new(),
        plans: vec!["daily".to_string()],
        expected: vec![Expected {
            rule: RULE.to_string(),
            vault: "Vault".to_string(),
            regions: REGIONS.map(str::to_string).to_vec(),
            schedule: format!("cron(0 {hour} ? * * *)"),
            minutes: 60 + 480,
            kept_days: Some(35),
            copies: vec![CENTRAL.to_string()],
            tags: None,
        }],
    })
}

/// What was told when: key, day, and whether it was the end.
type Told = Vec<(String, i64, bool)>;

struct Lived {
    told: Told,
    messages: usize,
    looks: usize,
    blind: usize,
}

fn live(year: &mut Year) -> Lived {
    let mut lived = Lived {
        told: Vec::new(),
        messages: 0,
        looks: 0,
        blind: 0,
    };
    let mut memory = Memory::default();
    let mut ledger = Ledger::default();
    let (mut hour, mut merged, mut moved) = (5, merge(5), None);
    for today in 0..DAYS {
        for clock in [0_i64, 6, 12, 18] {
            let now = day(today) + TimeDelta::hours(clock) + TimeDelta::minutes(30);
            if clock == 6 && hour == 5 || clock == 12 && hour == 8 {
                night(year, &mut ledger, today, hour);
            }
            if clock == 12 && MOVES.contains(&today) {
                hour = if hour == 5 { 8 } else { 5 };
                merged = merge(hour);
                moved = Some(now);
            }
            if clock == 0 && today % 10 == 0 {
                ledger = again(&ledger, now);
            }
            let sight = sight(year, std::mem::take(&mut ledger), &merged, today, now);
            let (suspects, mut changed) = (sight.suspects(), BTreeMap::new());
            if let Some(at) = moved {
                let asked = sight.to_ask(&suspects, &memory).into_iter();
                changed.extend(asked.map(|account| (account, at)));
            }
            let found = sight.found(&suspects, &memory, &changed, &BTreeSet::new());
            memory.take_in(found, now, |key| sight.stands(key));
            memory = Memory::from_json(&memory.to_json());
            for message in memory.messages() {
                memory.told(&message);
                lived.messages += 1;
                let keys = message.keys.into_iter();
                lived
                    .told
                    .extend(keys.map(|key| (key, today, message.well)));
            }
            lived.looks += 1;
            lived.blind += sight.blind.len();
            ledger = sight.ledger;
        }
    }
    lived
}

/// A night's jobs.
fn night(year: &Year, ledger: &mut Ledger, today: i64, hour: i64) {
    let begun: BTreeSet<_> = [day(today) + TimeDelta::hours(hour)].into();
    for account in 0..ACCOUNTS {
        if !year.is_open(account, today) {
            continue;
        }
        for (number, region) in REGIONS.iter().enumerate() {
            for (kind, vault) in [(Kind::Backup, "Vault"), (Kind::Copy, CENTRAL)] {
                if year.makes(account, number, Kind::Backup, today)
                    && year.makes(account, number, kind, today)
                {
                    let place = (id(account), (*region).to_string());
                    ledger.recall(place, kind, vault.to_string(), begun.clone());
                }
            }
        }
    }
}

/// The ledger as another process reads it.
fn again(ledger: &Ledger, now: DateTime<Utc>) -> Ledger {
    let mut read = Ledger::default();
    for region in REGIONS {
        for part in kept::parts(ledger, region, now) {
            kept::recall(&mut read, region, &part);
        }
    }
    read
}

fn sight(
    year: &mut Year,
    ledger: Ledger,
    merged: &Arc<Merge>,
    today: i64,
    now: DateTime<Utc>,
) -> Sight {
    let open = (0..ACCOUNTS).filter(|account| year.is_open(*account, today));
    let merges = open
        .map(|account| (id(account), Arc::clone(merged)))
        .collect();
    let invalid = year
        .incidents
        .iter()
        .filter(|(_, it)| it.wrong == Wrong::Invalid && (it.from..it.to).contains(&today))
        .map(|(account, _)| (id(*account), Seen::There(vec!["a reason".to_string()])))
        .collect();
    let mut blind = Vec::new();
    let mut regions = Vec::new();
    for region in REGIONS {
        match year.rng.u8(0..200) {
            0 => blind.push((format!("backup jobs in {region}"), "throttled".to_string())),
            _ => regions.push(region.to_string()),
        }
    }
    Sight {
        merges: Ok(merges),
        names: BTreeMap::new(),
        regions,
        ledger,
        window: Window { from: day(-8), now },
        invalid: Ok(invalid),
        blind,
    }
}

/// What must be told, by key: how often, and on which days.
fn expected(year: &Year) -> BTreeMap<String, Vec<(i64, i64)>> {
    let mut all: BTreeMap<String, Vec<(i64, i64)>> = BTreeMap::new();
    let late = |account: usize, region: usize, kind: &str, vault: &str| {
        format!(
            "{LATE}{}|{}|{kind}|{RULE}|{vault}",
            id(account),
            REGIONS[region]
        )
    };
    for (account, it) in &year.incidents {
        let key = match it.wrong {
            Wrong::Backups(region) => late(*account, region, "backup", "Vault"),
            Wrong::Copies(region) => late(*account, region, "copy", CENTRAL),
            Wrong::Invalid => format!("{INVALID}{}", id(*account)),
        };
        all.entry(key).or_default().push((it.from, it.to));
    }
    for (region, from, to) in OUTAGES {
        for account in 0..ACCOUNTS {
            if year.is_open(account, from) && year.makes(account, region, Kind::Backup, from - 1) {
                let key = late(account, region, "backup", "Vault");
                all.entry(key).or_default().push((from, to));
            }
        }
    }
    for account in CLEARED {
        for region in 0..REGIONS.len() {
            let key = late(account, region, "backup", "Vault");
            all.entry(key)
                .or_default()
                .push((year.ends[&account], DAYS));
        }
    }
    all
}

#[test]
fn in_a_year_every_incident_is_told_once_and_nothing_else_is() {
    let mut figures = Figures::default();
    let mut year = Year::new(1);
    let lived = live(&mut year);
    judge(&year, &lived, &mut figures);
    assert!(
        figures.incidents > 1_000 && figures.blind > 10,
        "{figures:?}"
    );
    let calls = calls_of_a_day();
    let text = document(&figures, &calls);
    expect_test::expect_file!["../../../../docs/evidence/watching.md"].assert_eq(&text);
}

#[derive(Debug, Default)]
struct Figures {
    incidents: usize,
    told: usize,
    ended: usize,
    messages: usize,
    looks: usize,
    blind: usize,
    cleared: usize,
}

/// Each incident is told exactly once, in time, and ended exactly once if it ends; nothing else is told.
fn judge(year: &Year, lived: &Lived, figures: &mut Figures) {
    let expected = expected(year);
    let mut told: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let mut ended: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for (key, at, well) in &lived.told {
        if key.starts_with(BLIND) {
            continue;
        }
        let list = if *well { &mut ended } else { &mut told };
        list.entry(key).or_default().push(*at);
    }
    for (key, days) in &told {
        let spans = expected.get(*key).map_or(&[][..], Vec::as_slice);
        for at in days {
            let is_known = spans
                .iter()
                .any(|(from, to)| (*from..=*to + 2).contains(at));
            assert!(
                is_known,
                "a false alarm: {key} on day {at}; incidents: {spans:?}"
            );
        }
    }
    for (key, spans) in &expected {
        for (from, to) in spans {
            let within = |list: Option<&Vec<i64>>, from: i64, to: i64| {
                list.map_or(0, |days| {
                    days.iter().filter(|at| (from..=to).contains(*at)).count()
                })
            };
            let count = within(told.get(key.as_str()), *from, *to + 2);
            assert_eq!(
                count,
                1,
                "{key} from day {from} to {to}: {:?}",
                told.get(key.as_str())
            );
            figures.incidents += 1;
            figures.told += 1;
            if *to < DAYS - 3 {
                let count = within(ended.get(key.as_str()), *to, *to + 3);
                assert_eq!(
                    count,
                    1,
                    "{key} ends on day {to}: {:?}",
                    ended.get(key.as_str())
                );
                figures.ended += 1;
            } else {
                figures.cleared += 1;
            }
        }
    }
    figures.messages += lived.messages;
    figures.looks += lived.looks;
    figures.blind += lived.blind;
}

/// Resources of an account and Region that are backed up and copied each night.
const RESOURCES: usize = 5;

/// The calls of a day with four looks, after the first, by their names.
fn calls_of_a_day() -> BTreeMap<String, usize> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = World::new("2026-03-01T12:30:00Z");
        let mut all = Vec::new();
        for account in 0..ACCOUNTS {
            let name = format!("account-{account}");
            world.lock().organization.accounts.insert(id(account), name);
            all.extend(std::iter::repeat_n(id(account), RESOURCES));
        }
        for back in 0..3 {
            let at = world.now() - TimeDelta::minutes(450) - TimeDelta::days(back);
            for region in REGIONS {
                world.lock().organization.run(region, at, &all, true);
            }
        }
        let regions = REGIONS.join(",");
        let days = [
            ("TARGET_REGIONS", regions.as_str()),
            ("LOOK_BACK_DAYS", "2"),
            ("MANAGEMENT_ROLE_ARN", crate::world::ROLE),
        ];
        let function = world.configured(&days).await;
        function.look("first").await.unwrap().unwrap();
        world.lock().calls.clear();
        for look in 0..4 {
            world.pass(TimeDelta::hours(6));
            if look == 2 {
                let at = world.now() - TimeDelta::minutes(90);
                for region in REGIONS {
                    world.lock().organization.run(region, at, &all, true);
                }
            }
            function
                .look(&format!("look-{look}"))
                .await
                .unwrap()
                .unwrap();
        }
        assert_eq!(world.subjects(), [""; 0]);
        let mut calls = BTreeMap::new();
        for call in &world.lock().calls {
            *calls.entry(call.clone()).or_default() += 1;
        }
        calls
    })
}

fn document(figures: &Figures, calls: &BTreeMap<String, usize>) -> String {
    let Figures {
        incidents,
        told,
        ended,
        messages,
        looks,
        blind,
        cleared,
    } = figures;
    let mut text = format!(
        "# What the watch tells in a year, and what it calls in a day\n\n\
         Written by `crates/backup-watch/tests/aws/year.rs`; `UPDATE_EXPECT=1` writes it anew.\n\n\
         ## A simulated year\n\n\
         {ACCOUNTS} accounts in {} Regions for {DAYS} days, a look every six hours, seeded. Backups and copies stop in \
         single accounts and Regions for 2 to 12 days, policies turn invalid, two Regions stop for everybody. Meanwhile \
         {} accounts never have anything to back up, {} join (one in five of them stays empty), {} are suspended, \
         everybody's schedule is moved {} times, and one listing in 200 fails.\n\n\
         | | |\n|---|---:|\n\
         | looks | {looks} |\n\
         | incidents (account, Region and kind) | {incidents} |\n\
         | told | {told} |\n\
         | told twice, or never | 0 |\n\
         | ended, and that told once | {ended} |\n\
         | not ended in the year | {cleared} |\n\
         | false alarms | 0 |\n\
         | listings that failed and were said | {blind} |\n\
         | messages about all this | {messages} |\n\n\
         Not ended are {} accounts whose resources were all removed. That looks from outside like a plan that stopped: \
         it is told once, and the message says so.\n\n\
         ## The calls of a day\n\n\
         {ACCOUNTS} accounts in {} Regions with {RESOURCES} resources each, backed up and copied every night ({} jobs), \
         four looks, no event:\n\n\
         | call | a day |\n|---|---:|\n",
        REGIONS.len(),
        EMPTY.len(),
        NEW.len(),
        SUSPENDED.len(),
        MOVES.len(),
        CLEARED.len(),
        REGIONS.len(),
        ACCOUNTS * REGIONS.len() * RESOURCES * 2,
    );
    for (call, count) in calls {
        text += &format!("| `{call}` | {count} |\n");
    }
    let total: usize = calls.values().sum();
    text += &format!("| all | {total} |\n\n");
    let of = |prefix: &str| -> usize {
        let found = calls.iter().filter(|(call, _)| call.starts_with(prefix));
        found.map(|(_, count)| count).sum()
    };
    let free = of("backup:") + of("organizations:") + of("sts:");
    text += &format!(
        "AWS takes nothing for the {free} calls of AWS Backup, Organizations and STS. What is paid is in \
         `docs/watching.md`.\n"
    );
    text
}
