//! A look at what did not happen: reads the organization and its jobs, judges, keeps what it knows, and reports.
//!
//! One look at a time. What it found is written before it is sent, with what is still to be sent, so that the next look
//! sends what a crash left over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_client::CallError;
use backup_reading::Caller;
use backup_reading::jobs::{Backup, Which};
use backup_reading::organizations::{Organizations, Tags};
use backup_status::Seen;
use backup_status::late::Window;
use backup_status::ledger::{Kind, Ledger};
use backup_status::merge::merges;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use crate::app::{App, Invocation};
use crate::aws::table::{Attribute, Update, Written, text};
use crate::aws::{Aws, PROGRAM};
use crate::documents::{self, Document};
use crate::findings::{Memory, Message, Now};
use crate::judge::{ASKED, INVALID, LATE, Sight};
use crate::kept::{self, Known, LISTED};
use crate::tell::{self, Reason, STALE};

/// The item that whoever looks holds.
const TURN: &str = "look";

/// Reading ends this long before the invocation, so that what was read is kept and reported.
const REPORT_MARGIN: Duration = Duration::from_secs(30);

/// Days whose reasons are looked through: what was delivered late included.
const DAYS: i64 = 3;

/// Lines of the message about repeats.
const LINES: usize = 100;

/// Looks, unless somebody does already.
///
/// # Errors
/// The table or the topic cannot be used. The next look goes on where this one stopped.
pub async fn look(app: &App, aws: &Aws, invocation: &Invocation) -> Result<Value, CallError> {
    if !turn(app, aws, invocation).await? {
        tracing::info!("another look is under way");
        return Ok(json!({"under_way": true}));
    }
    let done = Box::pin(whole(app, aws, invocation)).await;
    let update = Update {
        id: TURN,
        change: "REMOVE w_by",
        condition: "w_by = :me",
        values: &[(":me", text(invocation.request.as_str()))],
    };
    let given_back = aws.update(&app.config.table, &update).await;
    let answer = done?;
    given_back?;
    Ok(answer)
}

/// Takes the turn. Lambda's own second attempt has the same request's id and goes on.
async fn turn(app: &App, aws: &Aws, invocation: &Invocation) -> Result<bool, CallError> {
    let now = invocation.now;
    let update = Update {
        id: TURN,
        change: "SET w_by = :me, w_at = :now",
        condition: "attribute_not_exists(w_by) OR w_by = :me OR w_at < :stale",
        values: &[
            (":me", text(invocation.request.as_str())),
            (":now", Attribute::Number(now.timestamp())),
            (":stale", Attribute::Number((now - STALE).timestamp())),
        ],
    };
    Ok(aws.update(&app.config.table, &update).await? == Written::Done)
}

async fn whole(app: &App, aws: &Aws, invocation: &Invocation) -> Result<Value, CallError> {
    let table = app.config.table.as_str();
    let mut document = documents::load(aws, table, "findings").await?;
    let mut memory = read_memory(&document);
    let mut sight = Sight {
        merges: Err("not read".to_string()),
        names: BTreeMap::new(),
        regions: Vec::new(),
        ledger: Ledger::default(),
        window: Window {
            from: invocation.now,
            now: invocation.now,
        },
        invalid: Err("not read".to_string()),
        blind: Vec::new(),
    };
    let until = invocation.deadline - REPORT_MARGIN;
    let mut metrics = Vec::new();
    match aws.asking_as(app.config.management_role.as_deref()).await {
        Err(error) => {
            let blind = ("the organization".to_string(), error.to_string());
            sight.blind.push(blind);
            // Nothing but that can be said.
            let found = sight.found(&[], &memory, &BTreeMap::new(), &BTreeSet::new());
            memory.take_in(found, invocation.now, |_| Now::Unknown);
        }
        Ok(sdk) => {
            let environment = &aws.environment;
            let caller = caller(app, invocation);
            let endpoint = environment.endpoint("ORGANIZATIONS");
            let organizations = Organizations::new(&sdk, PROGRAM, caller, endpoint);
            let backup = Backup::new(sdk, PROGRAM, environment.endpoint("BACKUP"));
            read_organization(&organizations, &mut sight, until).await;
            let silent = read_jobs(app, aws, &backup, &mut sight, until).await?;
            metrics = counts(app, &backup, &mut sight, &silent, until).await;
            let suspects = sight.suspects();
            let new = sight.to_ask(&suspects, &memory);
            let (changed, unasked) = changes(&organizations, &mut sight, new, until).await;
            let found = sight.found(&suspects, &memory, &changed, &unasked);
            memory.take_in(found, invocation.now, |key| sight.stands(key));
        }
    }
    keep(aws, table, &mut document, &memory).await?;
    let mut sent = 0;
    for message in memory.messages() {
        report(app, aws, &sight, &message, invocation).await?;
        memory.told(&message);
        keep(aws, table, &mut document, &memory).await?;
        sent += 1;
    }
    sent += repeats(app, aws, invocation).await?;

    let size = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    metrics.extend([
        ("LateAccounts", size(sight.late_accounts(&memory))),
        ("InvalidAccounts", size(memory.accounts_with(INVALID))),
        ("NotLookedAt", size(sight.blind.len())),
    ]);
    if sent > 0 {
        metrics.push(("Messages", sent));
    }
    app.print(&metrics, invocation.now);
    let open = |kind: &str| {
        memory
            .open
            .keys()
            .filter(|key| key.starts_with(kind))
            .count()
    };
    Ok(json!({
        "late": open(LATE),
        "invalid": open(INVALID),
        "not_looked_at": sight.blind.iter().map(|(what, _)| what).collect::<Vec<_>>(),
        "messages": sent,
    }))
}

/// Who asks: the role, or the function itself.
fn caller(app: &App, invocation: &Invocation) -> Caller {
    let arn = app.config.management_role.as_ref();
    let arn = arn.unwrap_or(&invocation.function_arn);
    Caller {
        account: arn.split(':').nth(4).unwrap_or_default().to_string(),
        arn: arn.clone(),
    }
}

fn read_memory(document: &Document) -> Memory {
    let mut memory = Memory::default();
    for part in &document.parts {
        let kept = serde_json::from_str(part).unwrap_or_default();
        memory.open.extend(Memory::from_json(&kept).open);
    }
    memory
}

/// Writes what is open, if it is not what was written last.
async fn keep(
    aws: &Aws,
    table: &str,
    document: &mut Document,
    memory: &Memory,
) -> Result<(), CallError> {
    let open = memory.to_json();
    let entries = open.as_array().into_iter().flatten();
    let parts = kept::packed(entries.map(Value::to_string));
    if document.parts == parts {
        return Ok(());
    }
    documents::save(aws, table, "findings", document, String::new(), parts).await
}

/// The organization, its merged policies, and what AWS calls invalid.
async fn read_organization(organizations: &Organizations, sight: &mut Sight, until: Instant) {
    let count = |_: &'static str, _: usize| {};
    let landscape = timeout_at(until, organizations.landscape(Tags::LeaveOut, &count)).await;
    let merged = match landscape {
        Ok(Ok((landscape, _))) => {
            let names = landscape.accounts.iter().map(|account| &account.place);
            sight.names = names.map(|it| (it.id.clone(), it.name.clone())).collect();
            match merges(&landscape.organization(), sight.window.now) {
                Seen::There(merges) => Ok(merges),
                Seen::Missing => Err("the policies cannot be merged".to_string()),
                Seen::Unknown(why) => Err(why),
            }
        }
        Ok(Err(failure)) => Err(failure.call.to_string()),
        Err(_) => Err(NO_TIME.to_string()),
    };
    if let Err(why) = &merged {
        let what = "the organization's accounts and policies".to_string();
        sight.blind.push((what, why.clone()));
    }
    sight.merges = merged;
    sight.invalid = match timeout_at(until, organizations.invalid()).await {
        Ok(Ok(invalid)) => Ok(invalid),
        Ok(Err(failure)) => Err(failure.call.to_string()),
        Err(_) => Err(NO_TIME.to_string()),
    };
    if let Err(why) = &sight.invalid {
        let what = "accounts whose policy AWS withholds".to_string();
        sight.blind.push((what, why.clone()));
    }
}

const NO_TIME: &str = "there was no time left: the next look goes on";

/// Regions that did not answer, each with what happened to the call. They are not asked again in this look, so that
/// there is time for the others.
type Silent = BTreeMap<String, String>;

/// Lists what completed since the last look, Region by Region, and keeps it.
async fn read_jobs(
    app: &App,
    aws: &Aws,
    backup: &Backup,
    sight: &mut Sight,
    until: Instant,
) -> Result<Silent, CallError> {
    let mut silent = Silent::new();
    let now = sight.window.now;
    let look_back = TimeDelta::days(i64::from(app.config.look_back_days));
    for region in &app.config.regions {
        let name = format!("jobs#{region}");
        let mut document = documents::load(aws, &app.config.table, &name).await?;
        let head = serde_json::from_str(&document.head).unwrap_or_default();
        let mut known = Known::from_json(&head);
        for part in &document.parts {
            kept::recall(&mut sight.ledger, region, part);
        }
        let mut is_whole = true;
        for kind in LISTED {
            if let Some(why) = silent.get(region) {
                let what = format!("{} jobs in {region}", kind.name());
                sight.blind.push((what, why.clone()));
                continue;
            }
            for (from, to) in known.slices(kind, now, look_back) {
                let which = Which::CompletedBetween(from, to);
                let ledger = &mut sight.ledger;
                let listed = backup.jobs(region, kind, which, |job| {
                    // What a person made does not say that the plan works, or that it selects anything.
                    if job.planned {
                        ledger.add(job);
                    }
                });
                let why = match timeout_at(until, listed).await {
                    Ok(Ok(())) => {
                        known.listed(kind, from, to);
                        continue;
                    }
                    Ok(Err(failure)) => {
                        let why = failure.call.to_string();
                        if failure.call.code.is_none() {
                            silent.insert(region.clone(), why.clone());
                        }
                        why
                    }
                    Err(_) => NO_TIME.to_string(),
                };
                // A slice of which a page is missing is listed again as a whole, next time.
                let what = format!("{} jobs in {region}", kind.name());
                sight.blind.push((what, why));
                is_whole = false;
                break;
            }
        }
        if is_whole {
            sight.regions.push(region.clone());
        }
        sight.window.from = sight.window.from.min(known.from.unwrap_or(now));
        let parts = kept::parts(&sight.ledger, region, now);
        let head = known.to_json().to_string();
        documents::save(aws, &app.config.table, &name, &mut document, head, parts).await?;
    }
    if !sight.names.is_empty() {
        keep_names(app, aws, &sight.names).await?;
    }
    Ok(silent)
}

async fn keep_names(
    app: &App,
    aws: &Aws,
    names: &BTreeMap<String, String>,
) -> Result<(), CallError> {
    let mut document = documents::load(aws, &app.config.table, "names").await?;
    // A part has 1,000 names of 50 characters, with some room.
    let all: Vec<(&String, &String)> = names.iter().collect();
    let parts: Vec<String> = all
        .chunks(1_000)
        .map(|chunk| json!(chunk.iter().copied().collect::<BTreeMap<_, _>>()).to_string())
        .collect();
    if document.parts != parts {
        let table = &app.config.table;
        documents::save(aws, table, "names", &mut document, String::new(), parts).await?;
        app.forget_names().await;
    }
    Ok(())
}

/// What AWS Backup counted on the last day, over all Regions. What could not be counted leaves its metric out.
async fn counts(
    app: &App,
    backup: &Backup,
    sight: &mut Sight,
    silent: &Silent,
    until: Instant,
) -> Vec<(&'static str, u64)> {
    let mut metrics: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut blind = BTreeSet::new();
    for kind in Kind::ALL {
        let metric = match kind {
            Kind::Backup => "CompletedBackups",
            Kind::Copy => "CompletedCopies",
            Kind::Restore => "CompletedRestores",
        };
        for region in &app.config.regions {
            let counted = match silent.get(region) {
                Some(why) => Err(why.clone()),
                None => match timeout_at(until, backup.counts(region, kind)).await {
                    Ok(counted) => counted.map_err(|failure| failure.call.to_string()),
                    Err(_) => Err(NO_TIME.to_string()),
                },
            };
            let why = match counted {
                Ok(counts) => {
                    for (state, count) in counts {
                        match state.as_str() {
                            "COMPLETED" => *metrics.entry(metric).or_default() += count,
                            "FAILED" | "ABORTED" | "EXPIRED" | "PARTIAL" => {
                                *metrics.entry("FailedJobs").or_default() += count;
                            }
                            _ => {}
                        }
                    }
                    metrics.entry(metric).or_default();
                    metrics.entry("FailedJobs").or_default();
                    continue;
                }
                Err(why) => why,
            };
            blind.extend([metric, "FailedJobs"]);
            let what = format!("the number of {} jobs in {region}", kind.name());
            sight.blind.push((what, why));
        }
    }
    metrics.retain(|name, _| !blind.contains(name));
    metrics.into_iter().collect()
}

/// When the policies of accounts that seem late were changed; and the accounts of which that could not be asked.
async fn changes(
    organizations: &Organizations,
    sight: &mut Sight,
    new: Vec<String>,
    until: Instant,
) -> (BTreeMap<String, DateTime<Utc>>, BTreeSet<String>) {
    let (mut changed, mut unasked) = (BTreeMap::new(), BTreeSet::new());
    let mut reason = String::new();
    for (number, account) in new.into_iter().enumerate() {
        if number >= ASKED {
            reason = NO_TIME.to_string();
            unasked.insert(account);
            continue;
        }
        match timeout_at(until, organizations.in_force(&account)).await {
            Ok(Ok(Some(in_force))) => {
                if let Some(updated) = in_force.updated {
                    changed.insert(account, updated);
                }
            }
            // AWS has no policy in force here, so nothing is asked for.
            Ok(Ok(None)) => {
                changed.insert(account, sight.window.now);
            }
            Ok(Err(failure)) => {
                reason = failure.call.to_string();
                unasked.insert(account);
            }
            Err(_) => {
                reason = NO_TIME.to_string();
                unasked.insert(account);
            }
        }
    }
    if !unasked.is_empty() {
        let what = "when policies of accounts that seem late were changed".to_string();
        sight.blind.push((what, reason));
    }
    (changed, unasked)
}

/// Sends a message about findings.
async fn report(
    app: &App,
    aws: &Aws,
    sight: &Sight,
    message: &Message,
    invocation: &Invocation,
) -> Result<(), CallError> {
    let (subject, body) = sight.written(message);
    let detail = json!({
        "key": message.group,
        "state": if message.well { "OVER" } else { "FOUND" },
        "summary": subject,
        "accounts": message.accounts,
        "findings": message.lines.iter().take(LINES).collect::<Vec<_>>(),
    });
    let event = own_event("Backup Watch", detail, invocation);
    aws.publish(&app.config.topic, &subject, &body, &event)
        .await
}

/// An event in EventBridge's form, for machines that read the topic.
fn own_event(kind: &str, detail: Value, invocation: &Invocation) -> Value {
    json!({
        "version": "0",
        "id": invocation.request,
        "source": "aws-backup-solution",
        "detail-type": kind,
        "account": invocation.account(),
        "region": invocation.region(),
        "time": invocation.now.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "resources": [],
        "detail": detail,
    })
}

/// Reports what was only counted on the days before, in one message, and what was taken over by somebody who died.
async fn repeats(app: &App, aws: &Aws, invocation: &Invocation) -> Result<u64, CallError> {
    let table = app.config.table.as_str();
    let today = invocation.now.date_naive();
    let mut over: Vec<(NaiveDate, Reason)> = Vec::new();
    let mut sent = 0;
    for back in (0..=DAYS).rev() {
        let day = today - TimeDelta::days(back);
        for reason in tell::reasons_of(aws, table, day).await? {
            if !reason.is_told {
                sent += left_over(app, aws, &reason, invocation).await?;
            } else if day < today {
                over.push((day, reason));
            }
        }
    }
    let more: Vec<&(NaiveDate, Reason)> = over.iter().filter(|(_, it)| it.rest() > 0).collect();
    if !more.is_empty() {
        let (subject, body) = of_repeats(&more);
        let repeats = more.iter().map(|(day, reason)| {
            json!({"day": day.to_string(), "subject": reason.subject, "more": reason.rest()})
        });
        let detail = json!({
            "key": format!("repeats/{today}"),
            "summary": subject,
            "repeats": repeats.take(LINES).collect::<Vec<_>>(),
        });
        let event = own_event("Backup Watch Repeats", detail, invocation);
        aws.publish(&app.config.topic, &subject, &body, &event)
            .await?;
        sent += 1;
    }
    for (day, reason) in &over {
        tell::summed(aws, table, *day, reason).await?;
    }
    Ok(sent)
}

/// The subject and the text about repeats.
fn of_repeats(more: &[&(NaiveDate, Reason)]) -> (String, String) {
    let total: i64 = more.iter().map(|(_, reason)| reason.rest()).sum();
    let subject = match total {
        1 => "1 more event like one that was reported".to_string(),
        total => format!("{total} more events like those that were reported"),
    };
    let mut body = "For each reason, account and day the first event was reported when it came. Since then:\n\n"
        .to_string();
    for (day, reason) in more.iter().take(LINES) {
        let rest = reason.rest();
        body += &format!("- {}: and {rest} more like it on {day}\n", reason.subject);
    }
    if let others @ 1.. = more.len().saturating_sub(LINES) {
        body += &format!("- and {others} more reasons\n");
    }
    (subject, body)
}

/// Sends a message whose owner died: as text, for its event is gone.
async fn left_over(
    app: &App,
    aws: &Aws,
    reason: &Reason,
    invocation: &Invocation,
) -> Result<u64, CallError> {
    let me = format!("look/{}", invocation.request);
    let table = app.config.table.as_str();
    // Whoever has it may still be at work.
    if !tell::claim(aws, table, &reason.id, &me, invocation.now).await? {
        return Ok(0);
    }
    let detail = json!({"key": reason.id, "summary": reason.subject});
    let event = own_event("Backup Watch", detail, invocation);
    let words = (reason.subject.as_str(), reason.body.as_str());
    tell::publish(app, aws, &reason.id, &me, words, &event).await?;
    Ok(1)
}
