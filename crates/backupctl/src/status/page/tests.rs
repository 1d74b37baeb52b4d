use std::collections::BTreeMap;

use backup_status::late::{Judged, Late, Window};
use backup_status::ledger::{End, Job, Ledger};
use expect_test::expect;

use super::*;

const ACCOUNT: &str = "444444444441";
const REGION: &str = "eu-west-1";

fn at(text: &str) -> backup_policy::Instant {
    text.parse().unwrap()
}

fn job(account: &str, kind: Kind, resource: &str, end: End) -> Job {
    Job {
        kind,
        account: account.to_owned(),
        region: REGION.to_owned(),
        resource_type: "EBS".to_owned(),
        resource: resource.to_owned(),
        vault: "Vault".to_owned(),
        planned: true,
        created: at("2026-01-31T05:00:00Z"),
        ended: Some(at("2026-01-31T05:12:00Z")),
        end,
    }
}

fn failed(account: &str, resource: &str, category: &str, message: &str) -> Job {
    let end = End::Failed {
        category: category.to_owned(),
        message: message.to_owned(),
    };
    job(account, Kind::Copy, resource, end)
}

fn late(account: &str, rule: &str) -> Late {
    Late {
        place: (account.to_owned(), REGION.to_owned()),
        kind: Kind::Backup,
        rule: rule.to_owned(),
        vault: "Vault".to_owned(),
        run: at("2026-01-30T05:00:00Z"),
        newest: at("2026-01-27T05:00:00Z"),
    }
}

struct Told {
    names: BTreeMap<String, String>,
    jobs: Vec<Job>,
    judged: Result<Judged, String>,
    unasked: Vec<String>,
}

/// One account in which a backup completed.
fn told() -> Told {
    Told {
        names: BTreeMap::from([(ACCOUNT.to_owned(), "shop".to_owned())]),
        jobs: vec![job(ACCOUNT, Kind::Backup, "vol-1", End::Completed)],
        judged: Ok(Judged::default()),
        unasked: Vec::new(),
    }
}

fn page_of(told: Told) -> String {
    let mut ledger = Ledger::default();
    for job in told.jobs {
        ledger.add(job);
    }
    let now = at("2026-01-31T12:00:00Z");
    let report = Report {
        names: &told.names,
        regions: &[REGION.to_owned()],
        ledger: &ledger,
        judged: told.judged,
        unasked: told.unasked,
        window: Window {
            from: now - chrono::TimeDelta::days(8),
            now,
        },
    };
    let mut out = Vec::new();
    write(&report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// What a reader sees from `main` on: a line for each element's text.
fn seen(page: &str) -> String {
    let main = page.split("<main>").nth(1).unwrap();
    let mut lines = String::new();
    for piece in main.split('<') {
        let text = piece.split_once('>').map_or("", |(_, text)| text).trim();
        if !text.is_empty() {
            lines += text;
            lines.push('\n');
        }
    }
    lines
}

#[test]
fn where_all_is_well_the_page_says_so_and_shows_what_completed_last() {
    expect![[r"
        Nothing needs attention
        Nothing is late.
        Nothing failed that was not made good since.
        Newest by Region
        Region
        Accounts
        Backup
        Copy
        Restore
        Late
        Failed
        eu-west-1
        1
        2026-01-31 05:12
        6 hours ago
        none
        none
        none
        none
        What completed last
        All well: 1 account
        shop
        444444444441
        1 Region, 1 type · backup 6 hours ago · copy none · restore none
        eu-west-1
        Backup
        Copy
        Restore
        EBS
        2026-01-31 05:12
        none
        none
    "]]
    .assert_eq(seen(&page_of(told())).split("All times").next().unwrap());
}

#[test]
fn what_is_late_stands_first_with_its_rule_and_since_when() {
    let mut told = told();
    told.judged = Ok(Judged {
        late: vec![late(ACCOUNT, "daily/nightly")],
        ..Judged::default()
    });
    let page = page_of(told);
    expect![[r"
        Needs attention
        Late: 1 run
        A run whose time is over left nothing in an account and Region where it did before.
        backupctl doctor
        says what an account lacks.
        Backup
        daily/nightly
        nothing in 1 account and 1 Region, at the longest since 2026-01-27 05:00 (4 days ago)
        Account
        Region
        Run that left nothing
        Newest before it
        shop
        444444444441
        eu-west-1
        2026-01-30 05:00
        2026-01-27 05:00 (4 days ago)
        Nothing failed that was not made good since.
    "]]
    .assert_eq(seen(&page).split("Newest by").next().unwrap());
    // And once more where one looks for the account.
    assert!(page.contains("With something late or failed: 1 account"));
    assert!(page.contains("Late: backup by daily/nightly in eu-west-1, nothing since"));
}

#[test]
fn failures_are_by_category_and_messages_that_differ_in_names_only_are_one_reason() {
    let mut told = told();
    let elsewhere = "444444444442";
    told.jobs.extend([
        failed(
            ACCOUNT,
            "a",
            "KMS",
            "key arn:aws:kms:1 of vol-01234 is gone",
        ),
        failed(
            elsewhere,
            "b",
            "KMS",
            "key arn:aws:kms:2 of vol-12345 is gone",
        ),
        failed(elsewhere, "c", "KMS", "key arn:aws:kms:2 is disabled"),
        failed(ACCOUNT, "d", "AccessDenied", "no"),
    ]);
    let page = page_of(told);
    let seen = seen(&page);
    let seen = seen.split("Newest by").next().unwrap();
    assert!(seen.contains("Failed: 4 resources\n"), "{seen}");
    let (kms, denied) = (
        seen.find("\nKMS\n").unwrap(),
        seen.find("\nAccessDenied\n").unwrap(),
    );
    assert!(
        kms < denied,
        "the category with more resources is first: {seen}"
    );
    assert_eq!(seen.matches("is gone\n").count(), 1, "{seen}");
    assert!(
        seen.contains("(and 1 message like it, with other names)\n"),
        "{seen}"
    );
    assert!(
        seen.contains("2 resources in 2 accounts and 1 Region, newest"),
        "{seen}"
    );
    assert_eq!(
        seen.matches("key arn:aws:kms:2 is disabled\n").count(),
        1,
        "{seen}"
    );
}

#[test]
fn what_could_not_be_looked_at_is_never_counted_as_well() {
    let mut told = told();
    told.judged = Err("nobody may read the policies".to_owned());
    told.unasked = vec!["copy jobs in eu-west-1: denied".to_owned()];
    let page = page_of(told);
    let seen = seen(&page);
    assert!(!seen.contains("Nothing is late"), "{seen}");
    assert!(!seen.contains("Nothing needs attention"), "{seen}");
    assert!(
        seen.contains("made good since, as far as it could be looked at.\n"),
        "{seen}"
    );
    assert!(seen.contains("copy jobs in eu-west-1: denied\n"), "{seen}");
    assert!(
        seen.contains("what is late: nobody may read the policies\n"),
        "{seen}"
    );
    assert!(page.contains("<div class=\"warn\"><dt>late</dt><dd>not known</dd>"));
}

#[test]
fn an_account_without_any_job_is_named_and_is_no_failure() {
    let mut told = told();
    told.names
        .insert("444444444449".to_owned(), "empty".to_owned());
    let seen = seen(&page_of(told));
    assert!(seen.contains("Nothing needs attention\n"), "{seen}");
    assert!(
        seen.contains("No job ended since 2026-01-23: 1 account\n"),
        "{seen}"
    );
    assert!(seen.contains("empty\n444444444449\n"), "{seen}");
}

#[test]
fn no_text_from_outside_becomes_markup() {
    let evil = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&@style@";
    let mut told = told();
    told.names.insert(ACCOUNT.to_owned(), evil.to_owned());
    told.jobs.push(Job {
        resource_type: evil.to_owned(),
        ..failed(evil, evil, evil, evil)
    });
    told.judged = Ok(Judged {
        late: vec![late(evil, evil)],
        ..Judged::default()
    });
    told.unasked = vec![evil.to_owned()];
    let page = page_of(told);
    assert!(
        !page.contains("<script") && !page.contains("<img"),
        "{page}"
    );
    // Attributes stay attributes: between two quotes is no quote that was not made here.
    assert!(!page.contains("\"'"), "{page}");
    assert_eq!(page.matches("<style>").count(), 1);
    assert!(page.contains("&quot;'&gt;&lt;script&gt;"));
}

#[test]
fn the_page_is_bounded_and_says_what_it_leaves_out() {
    let mut told = told();
    let long = "x".repeat(5000);
    for number in 0..3000 {
        let account = format!("{number:012}");
        // Every message is a reason of its own.
        let words = format!("{} {long}", "a".repeat(number % 300));
        told.jobs
            .push(failed(&account, &long, &format!("C{}", number % 7), &words));
    }
    told.judged = Ok(Judged {
        late: (0..3000)
            .map(|it| late(&format!("{it:012}"), &format!("{long}{}", it % 60)))
            .collect(),
        ..Judged::default()
    });
    let page = page_of(told);
    assert!(page.len() < 10_000_000, "{}", page.len());
    assert!(page.contains("and 10 more: --format json has them all"));
    assert!(!page.contains(&"x".repeat(1001)));
    // Nobody in whose account something is wrong is left out.
    let ids = page.split("id=\"account-").skip(1);
    let ids: std::collections::BTreeSet<&str> = ids.map(|rest| &rest[..12]).collect();
    assert!((0..3000).all(|number| ids.contains(format!("{number:012}").as_str())));
}

#[test]
fn the_style_cannot_end_its_element_and_every_part_of_the_template_has_its_text() {
    assert!(!STYLE.contains('<'));
    let names: Vec<&str> = TEMPLATE.split('@').skip(1).step_by(2).collect();
    expect![[r#"
        [
            "policy",
            "version",
            "style",
            "basis",
            "figures",
            "attention",
            "regions",
            "places",
            "unjudged",
            "version",
        ]
    "#]]
    .assert_debug_eq(&names);
    assert!(page_of(told()).contains("default-src 'none'; style-src 'sha256-"));
}
