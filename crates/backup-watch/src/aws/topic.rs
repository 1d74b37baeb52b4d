//! The topic: one publication for machines and people.

use aws_client::CallError;
use aws_client::request::Input;
use serde_json::{Value, json};

use super::{Aws, SNS};

/// SNS's limit for a message is 256 KB; some of it is the frame's.
const LARGEST: usize = 250_000;

/// Characters of a text for telephones. SNS splits longer ones into several, each paid for.
const SMS: usize = 140;

/// Characters of a subject (SNS's reference: fewer than 100).
const SUBJECT: usize = 99;

impl Aws {
    /// Publishes a message: the event for machines, the text for people.
    ///
    /// # Errors
    /// As SNS answers.
    pub async fn publish(
        &self,
        topic: &str,
        subject: &str,
        text: &str,
        event: &Value,
    ) -> Result<(), CallError> {
        let subject = one_line(subject);
        let sms: String = subject.chars().take(SMS).collect();
        let message = json!({
            "default": raw(event, text),
            "email": text,
            "email-json": text,
            "sms": sms,
        });
        let form = [
            ("TopicArn", topic.to_string()),
            ("Subject", subject.chars().take(SUBJECT).collect()),
            ("MessageStructure", "json".to_string()),
            ("Message", message.to_string()),
        ];
        let form = form.map(|(name, value)| (name.to_string(), value));
        self.call(&SNS, "Publish", Input::Form(form.to_vec()))
            .await?;
        Ok(())
    }
}

/// The event for machines, if there is room for it beside the text. In a message quotation marks take two bytes each,
/// and the text is there twice.
fn raw(event: &Value, text: &str) -> String {
    let whole = event.to_string();
    match whole.len() + text.len() > LARGEST / 2 {
        true => cut(event).to_string(),
        false => whole,
    }
}

/// An event that is too large for a message: what it is, without what it says.
fn cut(event: &Value) -> Value {
    let names = [
        "version",
        "id",
        "source",
        "detail-type",
        "account",
        "region",
        "time",
    ];
    let kept = names
        .iter()
        .filter_map(|name| Some(((*name).to_string(), event.get(*name)?.clone())));
    let mut kept: serde_json::Map<String, Value> = kept.collect();
    kept.insert(
        "detail".to_string(),
        json!({"truncated": "the event is too large for a message"}),
    );
    Value::Object(kept)
}

/// A subject must be ASCII on one line (SNS's reference of Publish).
fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = line
        .chars()
        .map(|c| match c.is_ascii_graphic() || c == ' ' {
            true => c,
            false => '?',
        })
        .collect();
    match plain.is_empty() {
        true => "AWS Backup".to_string(),
        false => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_what_sns_takes() {
        assert_eq!(one_line("Büro:\n backup   failed"), "B?ro: backup failed");
        assert_eq!(one_line(""), "AWS Backup");
    }

    #[test]
    fn an_event_too_large_for_a_message_says_what_it_is() {
        let event = json!({"id": "1", "detail-type": "X", "detail": {"long": "x".repeat(300_000)}});
        let kept = cut(&event);
        assert_eq!(kept["id"], "1");
        assert!(kept.to_string().len() < 200);
    }

    #[test]
    fn an_event_is_passed_on_whole_as_long_as_it_fits_beside_the_text() {
        let event = json!({"id": "1", "detail": "x".repeat(60_000)});
        let room = 125_000 - event.to_string().len();
        assert_eq!(raw(&event, &"y".repeat(room)), event.to_string());
        assert_eq!(raw(&event, &"y".repeat(room + 1)), cut(&event).to_string());
    }
}
