//! From an event to a message: one for each reason, account and day, exactly counted.
//!
//! The event and its count are written in one transaction, so that an event that comes twice counts once. Then one of
//! all that handle events of this reason takes the message over (a condition), publishes, and notes that it did. Who
//! is taken over by death leaves its note: after [`STALE`] somebody else publishes. So a message is sent at least once,
//! and more than once only if a process dies between SNS's answer and its note.

use std::time::Duration;

use aws_client::CallError;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::aws::Aws;
use crate::aws::table::{Attribute, Item, Update, Written, text};
use crate::news::Report;

/// After this time whoever took a message over is dead: Lambda's longest invocation.
pub const STALE: TimeDelta = TimeDelta::minutes(15);

/// For how long events and reasons are remembered: SQS keeps messages for 14 days, so that one from a dead-letter queue
/// is still known.
const REMEMBERED: TimeDelta = TimeDelta::days(20);

/// Kept of an event's time for giving back a message that could not be published. Our choice: one call, and its retries.
const GIVING_BACK: Duration = Duration::from_secs(3);

/// The parts of a day's list of reasons: an item of 400 KB (DynamoDB's limit) holds 7,000, so that 28,000 different
/// reasons a day find room.
const SHARDS: u8 = 4;

/// States of a reason.
const CLAIMED: &str = "claimed";
const TOLD: &str = "told";

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A message was sent.
    Sent,
    /// It was counted: a message of the same reason was sent, or is being sent for another event.
    Repeated,
    /// Another delivery of the same event is being handled: come again.
    Again,
}

/// A reason of a day, as the table has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Its item's id.
    pub id: String,
    /// How many events.
    pub count: i64,
    /// How many of them have been reported, beside the first; none before a look has summed them up.
    pub summed: Option<i64>,
    /// Whether the first has been reported.
    pub is_told: bool,
    /// Who is reporting it.
    pub claimed: Option<String>,
    /// The subject of its message.
    pub subject: String,
    /// The text of its message.
    pub body: String,
}

impl Reason {
    fn read(id: &str, item: &Item) -> Self {
        let state = item.text("w_state");
        Self {
            id: id.to_string(),
            count: item.number("w_count").unwrap_or_default(),
            summed: item.number("w_summed"),
            is_told: state == TOLD,
            claimed: (state == CLAIMED).then(|| item.text("w_by").to_string()),
            subject: item.text("w_subject").to_string(),
            body: item.text("w_body").to_string(),
        }
    }

    /// Events that nobody was told about yet, beside the first.
    pub fn rest(&self) -> i64 {
        self.count - 1 - self.summed.unwrap_or_default()
    }
}

/// Reports an event, or counts it.
///
/// # Errors
/// When AWS cannot be reached: the event must be delivered again, and nothing is counted twice then.
pub async fn tell(
    app: &App,
    aws: &Aws,
    event: &Value,
    report: &Report,
    attempt: &str,
    now: DateTime<Utc>,
) -> Result<Outcome, CallError> {
    let table = app.config.table.as_str();
    let reason = reason_id(report);
    let names = app.names(aws).await;
    let name = names.get(&report.account).filter(|it| !it.is_empty());
    let (subject, body) = report.written(name.map(String::as_str));
    count(aws, table, report, &reason, (&subject, &body), now).await?;

    let Some(known) = read(aws, table, &reason).await? else {
        return Err(CallError::other("GetItem", "what was just counted is gone"));
    };
    // What comes after it was summed up is off the day's list: the next look has to find it there.
    if !known.is_told || known.summed.is_some() {
        enlist(aws, table, report.day, &reason).await?;
    }
    if known.is_told {
        return Ok(Outcome::Repeated);
    }
    let me = format!("{}/{attempt}", short(&report.event));
    if !claim(aws, table, &reason, &me, now).await? {
        // Who has it answers for its own event; another delivery of the same event has to wait for it.
        let own = format!("{}/", short(&report.event));
        let holder = read(aws, table, &reason).await?;
        let held = holder.and_then(|it| it.claimed);
        return Ok(match held.is_some_and(|by| by.starts_with(&own)) {
            true => Outcome::Again,
            false => Outcome::Repeated,
        });
    }
    publish(app, aws, &reason, &me, (&subject, &body), event).await?;
    Ok(Outcome::Sent)
}

/// Publishes a message that this process has taken over, and notes that.
pub(crate) async fn publish(
    app: &App,
    aws: &Aws,
    reason: &str,
    me: &str,
    (subject, body): (&str, &str),
    event: &Value,
) -> Result<(), CallError> {
    let table = app.config.table.as_str();
    let ends = aws.ends();
    let publishing = aws.no_longer_than(ends.checked_sub(GIVING_BACK).unwrap_or(ends));
    let topic = app.config.topic.as_str();
    if let Err(error) = publishing.publish(topic, subject, body, event).await {
        // Given back, so that the next delivery need not wait. If not even that works, it has to.
        let update = Update {
            id: reason,
            change: "REMOVE w_state",
            condition: "w_by = :me",
            values: &[(":me", text(me))],
        };
        let _ = aws.update(table, &update).await;
        return Err(error);
    }
    let update = Update {
        id: reason,
        change: "SET w_state = :told",
        condition: "",
        values: &[(":told", text(TOLD))],
    };
    // Whoever published may not fail: it would be published again.
    if let Err(error) = aws.update(table, &update).await {
        tracing::error!("a message was sent and may be sent again: {error}");
    }
    Ok(())
}

/// Takes a message over. False: somebody else has it, or has sent it.
pub(crate) async fn claim(
    aws: &Aws,
    table: &str,
    reason: &str,
    me: &str,
    now: DateTime<Utc>,
) -> Result<bool, CallError> {
    let update = Update {
        id: reason,
        change: "SET w_state = :claimed, w_by = :me, w_at = :now",
        condition: "attribute_not_exists(w_state) OR (w_state = :claimed AND (w_by = :me OR w_at < :stale))",
        values: &[
            (":claimed", text(CLAIMED)),
            (":me", text(me)),
            (":now", Attribute::Number(now.timestamp())),
            (":stale", Attribute::Number((now - STALE).timestamp())),
        ],
    };
    Ok(aws.update(table, &update).await? == Written::Done)
}

/// Counts the event, unless it was counted before.
async fn count(
    aws: &Aws,
    table: &str,
    report: &Report,
    reason: &str,
    (subject, body): (&str, &str),
    now: DateTime<Utc>,
) -> Result<(), CallError> {
    let expires = Attribute::Number((now + REMEMBERED).timestamp());
    let event = [
        ("id", text(format!("event#{}", short(&report.event)))),
        ("w_reason", text(reason)),
        ("expires", expires.clone()),
    ];
    let update = Update {
        id: reason,
        change: "ADD w_count :one SET w_subject = if_not_exists(w_subject, :subject), \
                 w_body = if_not_exists(w_body, :body), expires = :expires",
        condition: "",
        values: &[
            (":one", Attribute::Number(1)),
            (":subject", text(subject)),
            (":body", text(body)),
            (":expires", expires),
        ],
    };
    aws.put_new_and(table, &event, &update).await?;
    Ok(())
}

/// Puts a reason on its day's list, where looks find it.
async fn enlist(aws: &Aws, table: &str, day: NaiveDate, reason: &str) -> Result<(), CallError> {
    let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
    let update = Update {
        id: &list_id(day, shard(reason)),
        change: "ADD w_reasons :reason SET expires = :expires",
        condition: "",
        values: &[
            (":reason", Attribute::Texts(vec![reason.to_string()])),
            (
                ":expires",
                Attribute::Number((midnight + REMEMBERED).timestamp()),
            ),
        ],
    };
    aws.update(table, &update).await?;
    Ok(())
}

/// The reasons of a day that are not done with.
pub(crate) async fn reasons_of(
    aws: &Aws,
    table: &str,
    day: NaiveDate,
) -> Result<Vec<Reason>, CallError> {
    let mut reasons = Vec::new();
    for shard in 0..SHARDS {
        let Some(list) = aws.get(table, &list_id(day, shard)).await? else {
            continue;
        };
        for id in list.texts("w_reasons") {
            reasons.extend(read(aws, table, id).await?);
        }
    }
    Ok(reasons)
}

/// The events of a reason were reported, as many as it says. It is off its day's list then, unless another has come
/// since.
pub(crate) async fn summed(
    aws: &Aws,
    table: &str,
    day: NaiveDate,
    reason: &Reason,
) -> Result<(), CallError> {
    let summed = (":summed", Attribute::Number(reason.count - 1));
    let count = (":count", Attribute::Number(reason.count));
    let report = Update {
        id: &reason.id,
        change: "SET w_summed = :summed",
        condition: "w_count = :count",
        values: &[summed.clone(), count],
    };
    let off_the_list = Update {
        id: &list_id(day, shard(&reason.id)),
        change: "DELETE w_reasons :reason",
        condition: "",
        values: &[(":reason", Attribute::Texts(vec![reason.id.clone()]))],
    };
    // Both or none: an event that is counted in between would be on no list.
    if aws.update_both(table, [&report, &off_the_list]).await? == Written::Refused {
        let report = Update {
            condition: "",
            values: &[summed],
            ..report
        };
        aws.update(table, &report).await?;
    }
    Ok(())
}

async fn read(aws: &Aws, table: &str, id: &str) -> Result<Option<Reason>, CallError> {
    let item = aws.get(table, id).await?;
    Ok(item.map(|item| Reason::read(id, &item)))
}

fn reason_id(report: &Report) -> String {
    format!("reason#{}#{}", report.day, short(&report.reason))
}

fn list_id(day: NaiveDate, shard: u8) -> String {
    format!("day#{day}#{shard}")
}

fn shard(reason: &str) -> u8 {
    reason.bytes().last().unwrap_or_default() % SHARDS
}

/// A text of any length as 32 digits.
fn short(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let half = digest.iter().take(16);
    half.map(|byte| format!("{byte:02x}")).collect()
}
