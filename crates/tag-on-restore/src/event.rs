//! What the function is invoked with: one event of EventBridge, a batch of them from SQS, or the
//! schedule's wish to reconcile.
//!
//! A job's id is all that an event must have: everything else in it is a hint, and AWS Backup is
//! asked for the truth. Fields of the detail that are missing, empty, of another type or new are no
//! errors, nor are missing or new fields of the envelope.

use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::SqsMessage;
use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::Job;

mod detail;

/// Whose events are for this function, and which.
const SOURCE: &str = "aws.backup";
const DETAIL_TYPE: &str = "Restore Job State Change";

/// Characters of a value that are quoted.
const QUOTED: usize = 200;

/// What an invocation is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// One event, delivered directly.
    Event(Result<Notice, Poison>),
    /// A batch of a queue's messages. The answer names those that should be delivered again.
    Batch(Vec<Record>),
    /// Look through the recently completed jobs for any whose event was lost.
    Reconcile,
}

/// One message of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Names the message in the answer (`itemIdentifier`).
    pub message_id: String,
    /// How often the message has been received, this time included; at least 1.
    pub receive_count: u32,
    /// What its body reports.
    pub event: Result<Notice, Poison>,
}

/// What an event reports.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A restore job has completed, as far as the event knows.
    Completed(Box<Completed>),
    /// Nothing for this function, and why.
    Ignored(String),
}

/// A restore job's event.
#[derive(Debug, Clone, PartialEq)]
pub struct Completed {
    /// The event's id, the same when EventBridge delivers it twice.
    pub event_id: Option<String>,
    /// When AWS Backup sent the event.
    pub time: Option<DateTime<Utc>>,
    /// The Region in which the job ran.
    pub region: Option<String>,
    /// The job as the event has it.
    pub job: Job,
}

/// An event that no number of attempts can make sense of. It belongs in the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Poison {
    /// The message is not JSON.
    #[error(
        "the message is not JSON ({0}): remove it from the queue, or correct it and send it again"
    )]
    NotJson(String),
    /// The message is JSON, but not an object.
    #[error("the message is not a JSON object: remove it from the queue, or send it again as one")]
    NotAnObject,
    /// A record of the batch is no message of a queue.
    #[error("the record is not an SQS message ({0}): check what invokes the function")]
    NotAMessage(String),
    /// The message is JSON, but not an event of EventBridge.
    #[error(
        "the message is not an event of EventBridge ({0}): remove it from the queue, or correct it \
         and send it again"
    )]
    NotAnEvent(String),
    /// The event names no restore job.
    #[error(
        "the event has no `detail.restoreJobId`: without it nothing is known of the restore; \
         remove the message from the queue, or correct it and send it again"
    )]
    NoJobId,
}

/// A payload that is nothing this function is invoked with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownPayload {
    /// Neither an event nor a batch nor an action.
    #[error(
        "the payload is neither an EventBridge event nor a batch of SQS messages nor \
         `{{\"action\":\"reconcile\"}}`: check what invokes the function"
    )]
    Shape,
    /// An action that does not exist.
    #[error("the action `{0}` is unknown: the only one is `reconcile`")]
    Action(String),
    /// A message of a batch cannot be named in the answer.
    #[error("message {0} of the batch has no `messageId`: check what invokes the function")]
    NoMessageId(usize),
}

/// Reads what the function was invoked with.
///
/// # Errors
/// When the payload as a whole is of no known kind. What is wrong with one message is in that
/// message's [`Record`].
///
/// ```
/// use tag_on_restore::event::{Payload, read};
/// let payload = serde_json::json!({"action": "reconcile"});
/// assert_eq!(read(&payload), Ok(Payload::Reconcile));
/// ```
pub fn read(payload: &Value) -> Result<Payload, UnknownPayload> {
    if let Some(records) = payload.get("Records").and_then(Value::as_array) {
        let records = records.iter().enumerate();
        let records = records.map(|(index, record)| read_record(index, record));
        return Ok(Payload::Batch(records.collect::<Result<_, _>>()?));
    }
    if let Some(action) = payload.get("action").and_then(Value::as_str) {
        return match action {
            "reconcile" => Ok(Payload::Reconcile),
            other => Err(UnknownPayload::Action(quoted(other))),
        };
    }
    if payload.get("detail-type").is_some() || payload.get("detail").is_some() {
        return Ok(Payload::Event(read_event(payload)));
    }
    Err(UnknownPayload::Shape)
}

/// Each record by itself: one that does not fit spoils none of the others.
fn read_record(index: usize, record: &Value) -> Result<Record, UnknownPayload> {
    let message_id = record.get("messageId").and_then(detail::text);
    let message_id = message_id.ok_or(UnknownPayload::NoMessageId(index))?;
    let message = match serde_json::from_value::<SqsMessage>(record.clone()) {
        Ok(message) => message,
        Err(error) => {
            return Ok(Record {
                message_id,
                receive_count: 1,
                event: Err(Poison::NotAMessage(brief(&error))),
            });
        }
    };
    let count = message.attributes.get("ApproximateReceiveCount");
    Ok(Record {
        message_id,
        receive_count: count
            .and_then(|count| count.parse().ok())
            .unwrap_or(1)
            .max(1),
        event: read_body(message.body.as_deref().unwrap_or_default()),
    })
}

/// Reads the body of a message: an event as text.
///
/// # Errors
/// As [`read_event`], and when the text is not JSON.
pub fn read_body(body: &str) -> Result<Notice, Poison> {
    let event = serde_json::from_str(body).map_err(|error| Poison::NotJson(error.to_string()))?;
    read_event(&event)
}

/// Reads an event. One that somebody sends by hand may leave out where it comes from. The envelope is
/// EventBridge's; the detail is read by hand, field by field, so that an odd one costs no restored
/// resource its tags.
///
/// # Errors
/// When it is no event, or is for this function and names no restore job.
pub fn read_event(event: &Value) -> Result<Notice, Poison> {
    let Value::Object(event) = event else {
        return Err(Poison::NotAnObject);
    };
    let mut event = event.clone();
    for (name, usual) in [
        ("source", Value::from(SOURCE)),
        ("detail-type", Value::from(DETAIL_TYPE)),
        ("detail", Value::Null),
    ] {
        event.entry(name).or_insert(usual);
    }
    let event: EventBridgeEvent = serde_json::from_value(Value::Object(event))
        .map_err(|error| Poison::NotAnEvent(brief(&error)))?;
    for (name, value, expected) in [
        ("source", &event.source, SOURCE),
        ("detail-type", &event.detail_type, DETAIL_TYPE),
    ] {
        if value != expected {
            let value = quoted(value);
            let reason = format!("the event's `{name}` is `{value}`, not `{expected}`");
            return Ok(Notice::Ignored(reason));
        }
    }
    let job = detail::job(event.account, &event.detail).ok_or(Poison::NoJobId)?;
    if let Some(status) = job
        .status
        .as_deref()
        .filter(|status| *status != "COMPLETED")
    {
        let id = &job.id;
        let reason = format!("restore job `{id}` is {status}, not COMPLETED");
        return Ok(Notice::Ignored(reason));
    }
    Ok(Notice::Completed(Box::new(Completed {
        event_id: event.id,
        time: event.time,
        region: event.region,
        job,
    })))
}

/// An error's text, which may quote a value of any length.
fn brief(error: &serde_json::Error) -> String {
    quoted(&error.to_string())
}

/// The beginning of a value of any length.
fn quoted(value: &str) -> String {
    value.chars().take(QUOTED).collect()
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod payloads;
#[cfg(test)]
mod tests;
