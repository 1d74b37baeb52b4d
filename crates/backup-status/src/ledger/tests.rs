use super::*;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn place() -> Place {
    ("444444444441".to_owned(), "eu-west-1".to_owned())
}

fn job(resource: &str, created: &str) -> Job {
    let (account, region) = place();
    Job {
        kind: Kind::Backup,
        account,
        region,
        resource_type: "EBS".to_owned(),
        resource: resource.to_owned(),
        vault: "Vault".to_owned(),
        planned: true,
        created: at(created),
        ended: None,
        end: End::Completed,
    }
}

fn failed(resource: &str, created: &str) -> Job {
    let end = End::Failed {
        category: "AccessDenied".to_owned(),
        message: "not allowed".to_owned(),
    };
    Job {
        end,
        ..job(resource, created)
    }
}

fn ledger(jobs: impl IntoIterator<Item = Job>) -> Ledger {
    let mut ledger = Ledger::default();
    for job in jobs {
        ledger.add(job);
    }
    ledger
}

#[test]
fn arrivals_are_known_to_the_hour_in_which_they_began() {
    for began in [
        "2026-01-30T05:00:00Z",
        "2026-01-30T05:00:00.250Z",
        "2026-01-30T05:59:59.999Z",
    ] {
        let newest = ledger([job("a", began)]).newest(&place(), Kind::Backup, "Vault");
        assert_eq!(newest, Some(at("2026-01-30T05:00:00Z")), "{began}");
    }
}

#[test]
fn of_jobs_that_began_together_one_that_failed_is_told_whichever_is_listed_first() {
    let both = || {
        let time = "2026-01-30T05:00:00Z";
        [job("a", time), failed("a", time)]
    };
    let found = ledger(both()).failed();
    assert_eq!(found.len(), 1);
    assert_eq!(ledger(both().into_iter().rev()).failed(), found);
}

#[test]
fn a_group_shows_its_newest_failure_and_the_newest_group_comes_first() {
    let other = Job {
        resource_type: "RDS".to_owned(),
        ..failed("d", "2026-01-30T05:00:00Z")
    };
    let found = ledger([
        failed("a", "2026-01-28T05:00:00Z"),
        failed("b", "2026-01-29T05:00:00Z"),
        failed("c", "2026-01-27T05:00:00Z"),
        other,
    ])
    .failed();
    let shown: Vec<_> = found
        .iter()
        .map(|it| (it.example.as_str(), it.newest, it.resources))
        .collect();
    assert_eq!(
        shown,
        [
            ("d", at("2026-01-30T05:00:00Z"), 1),
            ("b", at("2026-01-29T05:00:00Z"), 3),
        ]
    );
}

#[test]
fn without_an_end_a_completed_job_ended_when_it_began() {
    let ledger = ledger([job("a", "2026-01-30T05:10:00Z")]);
    let last: Vec<_> = ledger.last().collect();
    assert_eq!(last[0].ended[&Kind::Backup], at("2026-01-30T05:10:00Z"));
}
