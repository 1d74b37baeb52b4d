//! What the function is invoked with.

use serde_json::Value;

/// Characters of a value that are quoted.
const QUOTED: usize = 200;

/// What an invocation is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Payload {
    /// One event, delivered directly.
    Event(Value),
    /// A batch of a queue's messages. The answer names those that should be delivered again.
    Batch(Vec<Record>),
    /// Look at what did not happen.
    Look,
}

/// One message of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Names the message in the answer (`itemIdentifier`).
    pub message_id: String,
    /// The event, or why the message is none.
    pub event: Result<Value, Poison>,
}

/// A message that no number of attempts can make sense of. It belongs in the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message is not an event of EventBridge ({0}): remove it from the queue")]
pub struct Poison(pub String);

/// A payload that is nothing this function is invoked with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownPayload {
    /// Neither an event nor a batch nor an action.
    #[error(
        "the payload is neither an EventBridge event nor a batch of SQS messages nor \
         `{{\"action\":\"look\"}}`: check what invokes the function"
    )]
    Shape,
    /// An action that does not exist.
    #[error("the action `{0}` is unknown: the only one is `look`")]
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
/// use backup_watch::payload::{Payload, read};
/// let payload = serde_json::json!({"action": "look"});
/// assert_eq!(read(&payload), Ok(Payload::Look));
/// ```
pub fn read(payload: &Value) -> Result<Payload, UnknownPayload> {
    if let Some(records) = payload.get("Records").and_then(Value::as_array) {
        let records = records.iter().enumerate();
        let records = records.map(|(index, record)| read_record(index, record));
        return Ok(Payload::Batch(records.collect::<Result<_, _>>()?));
    }
    if let Some(action) = payload.get("action").and_then(Value::as_str) {
        return match action {
            "look" => Ok(Payload::Look),
            other => Err(UnknownPayload::Action(other.chars().take(QUOTED).collect())),
        };
    }
    match is_event(payload) {
        true => Ok(Payload::Event(payload.clone())),
        false => Err(UnknownPayload::Shape),
    }
}

/// Each record by itself: one that does not fit spoils none of the others.
fn read_record(index: usize, record: &Value) -> Result<Record, UnknownPayload> {
    let message_id = record.get("messageId").and_then(Value::as_str);
    let message_id = message_id.filter(|id| !id.is_empty());
    let body = record.get("body").and_then(Value::as_str);
    let event = match serde_json::from_str::<Value>(body.unwrap_or_default()) {
        Ok(event) if is_event(&event) => Ok(event),
        Ok(_) => Err(Poison("it has no `detail-type`".to_string())),
        Err(error) => Err(Poison(format!("it is not JSON: {error}"))),
    };
    Ok(Record {
        message_id: message_id
            .ok_or(UnknownPayload::NoMessageId(index))?
            .to_string(),
        event,
    })
}

/// Whatever has a `detail-type` is reported, known or not.
fn is_event(value: &Value) -> bool {
    value.get("detail-type").is_some_and(Value::is_string)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_that_is_no_event_spoils_none_of_the_others() {
        let event = json!({"id": "1", "detail-type": "Anything", "detail": {}});
        let payload = json!({"Records": [
            {"messageId": "a", "body": event.to_string()},
            {"messageId": "b", "body": "no json"},
            {"messageId": "c", "body": "[]"},
            {"messageId": "d"},
        ]});
        let Ok(Payload::Batch(records)) = read(&payload) else {
            panic!("no batch")
        };
        let good: Vec<bool> = records.iter().map(|it| it.event.is_ok()).collect();
        assert_eq!(good, [true, false, false, false]);
        assert_eq!(records[0].event, Ok(event));
    }

    #[test]
    fn what_nobody_sends_is_refused_with_what_to_check() {
        assert_eq!(read(&json!({})), Err(UnknownPayload::Shape));
        let other = read(&json!({"action": "dance"})).unwrap_err().to_string();
        assert!(other.contains("the only one is `look`"), "{other}");
        let nameless = json!({"Records": [{"body": "{}"}]});
        assert_eq!(read(&nameless), Err(UnknownPayload::NoMessageId(0)));
        let empty = json!({"Records": [{"messageId": "a"}, {"messageId": ""}]});
        assert_eq!(read(&empty), Err(UnknownPayload::NoMessageId(1)));
    }
}
