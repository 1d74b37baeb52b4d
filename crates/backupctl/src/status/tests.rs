use std::sync::Arc;

use backup_status::due::Expected;
use backup_status::merge::Merge;
use serde_json::json as value;

use backup_policy::Instant;
use backup_status::late::{Judged, Window, late};
use backup_status::ledger::{End, Job, Kind, Last, Place};

use super::*;

const ACCOUNT: &str = "444444444441";
const REGION: &str = "eu-west-1";
const CENTRAL: &str = "arn:aws:backup:eu-central-1:333333333333:backup-vault:Central";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn now() -> Instant {
    at("2026-01-31T12:00:00Z")
}

fn place() -> Place {
    (ACCOUNT.to_owned(), REGION.to_owned())
}

fn job(kind: Kind, created: &str) -> Job {
    let created = at(created);
    Job {
        kind,
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        resource_type: "EBS".to_owned(),
        resource: "arn:aws:ec2:eu-west-1:444444444441:volume/vol-1".to_owned(),
        vault: match kind {
            Kind::Copy => CENTRAL.to_owned(),
            _ => "Vault".to_owned(),
        },
        planned: true,
        created,
        ended: Some(created + chrono::TimeDelta::minutes(12)),
        end: End::Completed,
    }
}

fn failed(job: Job, message: &str) -> Job {
    let end = End::Failed {
        category: "AccessDenied".to_owned(),
        message: message.to_owned(),
    };
    Job { end, ..job }
}

fn ledger(jobs: impl IntoIterator<Item = Job>) -> Ledger {
    let mut ledger = Ledger::default();
    for job in jobs {
        ledger.add(job);
    }
    ledger
}

/// Every day at 05:00, with windows of 21 hours, copied to the central account.
fn rule() -> Expected {
    Expected {
        rule: "daily/nightly".to_owned(),
        vault: "Vault".to_owned(),
        regions: vec![REGION.to_owned()],
        schedule: "cron(0 5 ? * * *)".to_owned(),
        minutes: 60 + 1200,
        kept_days: Some(35),
        copies: vec![CENTRAL.to_owned()],
        tags: None,
    }
}

fn judged(rule: Expected, ledger: &Ledger, changed: Option<&str>) -> Judged {
    let merge = Merge {
        document: value!({}),
        problems: Vec::new(),
        plans: Vec::new(),
        expected: vec![rule],
    };
    let merges = BTreeMap::from([(ACCOUNT.to_owned(), Arc::new(merge))]);
    let window = Window {
        from: now() - chrono::TimeDelta::days(8),
        now: now(),
    };
    let changed = changed.map(|time| (ACCOUNT.to_owned(), at(time)));
    let changed = changed.into_iter().collect();
    let regions = [REGION.to_owned(), "us-east-1".to_owned()];
    late(&merges, &regions, ledger, window, &changed)
}

fn kinds(judged: &Judged) -> Vec<(Kind, &str)> {
    let each = judged.late.iter();
    each.map(|it| (it.kind, it.rule.as_str())).collect()
}

#[test]
fn where_every_run_left_a_backup_and_a_copy_nothing_is_late() {
    let jobs = [25, 26, 27, 28, 29, 30, 31].map(|day| {
        let time = format!("2026-01-{day}T05:00:30Z");
        [job(Kind::Backup, &time), job(Kind::Copy, &time)]
    });
    let found = judged(rule(), &ledger(jobs.into_iter().flatten()), None);
    assert_eq!(found, Judged::default());
}

#[test]
fn backups_that_stopped_are_late_once_their_windows_are_over() {
    // The run of the 30th had until 02:00 of the 31st.
    let found = judged(
        rule(),
        &ledger([job(Kind::Backup, "2026-01-29T05:00:00Z")]),
        None,
    );
    assert_eq!(kinds(&found), [(Kind::Backup, "daily/nightly")]);
    let late = &found.late[0];
    assert_eq!(late.run, at("2026-01-30T05:00:00Z"));
    assert_eq!(late.newest, at("2026-01-29T05:00:00Z"));
    assert_eq!(late.place, place());
    // One that began within the hour of the run counts for it.
    let found = judged(
        rule(),
        &ledger([job(Kind::Backup, "2026-01-30T05:59:00Z")]),
        None,
    );
    assert_eq!(kinds(&found), []);
}

#[test]
fn copies_that_stopped_are_late_though_backups_are_made() {
    let backups =
        [27, 28, 29, 30, 31].map(|day| job(Kind::Backup, &format!("2026-01-{day}T05:00:00Z")));
    let copy = job(Kind::Copy, "2026-01-27T06:00:00Z");
    let found = judged(rule(), &ledger(backups.into_iter().chain([copy])), None);
    assert_eq!(kinds(&found), [(Kind::Copy, "daily/nightly")]);
    assert_eq!(found.late[0].run, at("2026-01-29T05:00:00Z"));
    assert_eq!(found.late[0].vault, CENTRAL);
}

#[test]
fn where_nothing_was_ever_made_nothing_is_called_late() {
    let found = judged(rule(), &Ledger::default(), None);
    assert_eq!((kinds(&found), found.quiet), (vec![], 1));
    // A failure is no backup.
    let only = failed(job(Kind::Backup, "2026-01-29T05:00:00Z"), "no");
    let found = judged(rule(), &ledger([only]), None);
    assert_eq!((kinds(&found), found.quiet), (vec![], 1));
}

#[test]
fn no_run_counts_from_before_the_policy_was_changed() {
    let old = ledger([job(Kind::Backup, "2026-01-29T05:00:00Z")]);
    let found = judged(rule(), &old, Some("2026-01-30T09:00:00Z"));
    assert_eq!(found, Judged::default());
}

#[test]
fn a_run_from_before_what_was_looked_at_is_not_judged() {
    let monthly = Expected {
        schedule: "cron(0 5 1 * ? *)".to_owned(),
        ..rule()
    };
    let found = judged(monthly, &Ledger::default(), None);
    assert_eq!((found.rare, found.quiet, found.late.len()), (1, 0, 0));
}

#[test]
fn variables_in_a_policy_mean_the_account_and_the_region() {
    let rule = Expected {
        copies: vec!["arn:aws:backup:$region:$account:backup-vault:Second".to_owned()],
        ..rule()
    };
    let to = "arn:aws:backup:eu-west-1:444444444441:backup-vault:Second";
    let jobs = [29, 30].map(|day| job(Kind::Backup, &format!("2026-01-{day}T05:00:00Z")));
    let copy = Job {
        vault: to.to_owned(),
        ..job(Kind::Copy, "2026-01-26T06:00:00Z")
    };
    let found = judged(rule, &ledger(jobs.into_iter().chain([copy])), None);
    assert_eq!(found.late[0].vault, to);
}

#[test]
fn an_invalid_policy_is_not_in_force_and_nothing_is_late_by_it() {
    let merge = Merge {
        document: value!({}),
        problems: vec!["KEY_REQUIRED".to_owned()],
        plans: Vec::new(),
        expected: vec![rule()],
    };
    let merges = BTreeMap::from([(ACCOUNT.to_owned(), Arc::new(merge))]);
    let window = Window {
        from: now() - chrono::TimeDelta::days(8),
        now: now(),
    };
    let ledger = ledger([job(Kind::Backup, "2026-01-25T05:00:00Z")]);
    let found = late(
        &merges,
        &[REGION.to_owned()],
        &ledger,
        window,
        &BTreeMap::new(),
    );
    assert_eq!(found, Judged::default());
}

#[test]
fn a_failure_that_was_made_good_is_told_no_more() {
    let one = || job(Kind::Backup, "2026-01-29T05:00:00Z");
    let bad = failed(job(Kind::Backup, "2026-01-30T05:00:00Z"), "not allowed");
    let found = ledger([one(), bad.clone()]).failed();
    let [only] = found.as_slice() else {
        panic!("{found:#?}")
    };
    assert_eq!(only.message, "not allowed");
    assert_eq!(
        (only.resources, only.newest),
        (1, at("2026-01-30T05:00:00Z"))
    );
    // In whatever order AWS lists them.
    assert_eq!(ledger([bad.clone(), one()]).failed(), found);
    let good = job(Kind::Backup, "2026-01-31T05:00:00Z");
    assert_eq!(ledger([good.clone(), bad.clone()]).failed(), []);
    assert_eq!(ledger([bad.clone(), good]).failed(), []);
    // A job that runs has made nothing good.
    let open = Job {
        end: End::Open,
        ..job(Kind::Backup, "2026-01-31T05:00:00Z")
    };
    assert_eq!(ledger([bad, open]).failed(), found);
}

#[test]
fn resources_with_one_reason_are_one_line() {
    let of = |resource: &str, message: &str| Job {
        resource: resource.to_owned(),
        ..failed(job(Kind::Copy, "2026-01-30T05:00:00Z"), message)
    };
    let found = ledger([of("a", "key"), of("b", "key"), of("c", "other")]).failed();
    let mut counts: Vec<(&str, usize)> = found
        .iter()
        .map(|it| (it.message.as_str(), it.resources))
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, [("key", 2), ("other", 1)]);
}

#[test]
fn the_newest_of_each_kind_and_type_is_kept() {
    let ledger = ledger([
        job(Kind::Backup, "2026-01-30T05:00:00Z"),
        job(Kind::Backup, "2026-01-28T05:00:00Z"),
        job(Kind::Restore, "2026-01-20T05:00:00Z"),
    ]);
    let all: Vec<Last<'_>> = ledger.last().collect();
    let [only] = all.as_slice() else {
        panic!("{all:#?}")
    };
    assert_eq!(only.ended[&Kind::Backup], at("2026-01-30T05:12:00Z"));
    assert_eq!(only.ended[&Kind::Restore], at("2026-01-20T05:12:00Z"));
    assert!(!only.ended.contains_key(&Kind::Copy));
}

/// A report with everything in it.
fn told() -> String {
    let mut all = Vec::new();
    for day in 26..=31 {
        let time = format!("2026-01-{day}T05:00:00Z");
        all.push(job(Kind::Backup, &time));
        all.push(Job {
            account: "444444444442".to_owned(),
            ..failed(
                job(Kind::Copy, &time),
                "Access Denied trying to call AWS Backup service",
            )
        });
    }
    all.push(job(Kind::Copy, "2026-01-27T06:00:00Z"));
    let ledger = ledger(all);
    let mut judged = judged(rule(), &ledger, None);
    judged.quiet = 3;
    let report = Report {
        names: &BTreeMap::from([(ACCOUNT.to_owned(), "shop".to_owned())]),
        regions: &[REGION.to_owned()],
        ledger: &ledger,
        judged: Ok(judged),
        unasked: Vec::new(),
        window: Window {
            from: now() - chrono::TimeDelta::days(8),
            now: now(),
        },
    };
    text::text(&report)
}

#[test]
fn the_documentation_shows_what_is_printed() {
    let readme = include_str!("../../README.md");
    let shown = readme
        .split("$ backupctl status --profile management\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("the documentation has an example");
    assert_eq!(shown, told());
}

#[test]
fn what_cannot_be_judged_is_counted_and_nothing_is_said_where_all_can_be() {
    let ledger = Ledger::default();
    for (rare, quiet, said) in [
        (0, 0, None),
        (
            1,
            0,
            Some("whether 1 run of rare schedules left anything: they were before 2026-01-23"),
        ),
        (
            0,
            2,
            Some(
                "whether anything is selected in 2 cases (account, Region and rule) where no job \
                 completed since 2026-01-23",
            ),
        ),
    ] {
        let report = Report {
            names: &BTreeMap::new(),
            regions: &[],
            ledger: &ledger,
            judged: Ok(Judged {
                rare,
                quiet,
                ..Judged::default()
            }),
            unasked: Vec::new(),
            window: Window {
                from: now() - chrono::TimeDelta::days(8),
                now: now(),
            },
        };
        let said: Vec<&str> = said.into_iter().collect();
        assert_eq!(report.not_looked_at(), said, "{rare} {quiet}");
    }
}

#[test]
fn a_long_message_and_a_long_list_are_cut_and_say_so() {
    let long = "x".repeat(1000);
    let all = (0..150).map(|number| Job {
        resource: format!("volume-{number}"),
        account: format!("{number:012}"),
        ..failed(
            job(Kind::Backup, "2026-01-30T05:00:00Z"),
            &format!("{long}\nend"),
        )
    });
    let ledger = ledger(all);
    let report = Report {
        names: &BTreeMap::new(),
        regions: &[REGION.to_owned()],
        ledger: &ledger,
        judged: Err("nobody may read the policies".to_owned()),
        unasked: vec!["copy jobs in eu-west-1: denied".to_owned()],
        window: Window {
            from: now(),
            now: now(),
        },
    };
    let printed = text::text(&report);
    assert!(printed.contains("and 50 more: --format json has them all\n"));
    assert!(printed.lines().all(|line| line.len() < 500), "{printed}");
    assert!(printed.ends_with(
        "not looked at: copy jobs in eu-west-1: denied\n\
         not looked at: what is late: nobody may read the policies\n"
    ));
    let json = json::json(&report);
    assert_eq!(json["failed"].as_array().unwrap().len(), 150);
    assert_eq!(json["late"], value!(null));
    assert_eq!(json["failed"][0]["message"].as_str().unwrap().len(), 1004);
}
