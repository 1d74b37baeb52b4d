//! What an event says, in words: who should hear of it, under which subject, and what is the same reason as before.
//!
//! Fields that are missing, of another type or new are no errors: an event is reported with what it has. Field
//! names of AWS Backup's events are those of its guide ("Monitoring events using EventBridge") and of recorded events.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

mod calls;
mod jobs;
mod others;

/// Characters of somebody else's text that are quoted.
const QUOTED: usize = 1_000;

/// What becomes of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// It has no consequence: counted, and nobody is woken.
    Quiet,
    /// Somebody should read it.
    Report(Box<Report>),
}

/// What is reported of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The event's own id, the same each time that it is delivered. An event without one gets the text of its fields.
    pub event: String,
    /// Account and reason: events of one day with the same `reason` are one message.
    pub reason: String,
    /// The day on which it happened, UTC.
    pub day: NaiveDate,
    /// The message's subject.
    pub subject: String,
    /// One line: what happened, without where.
    pub what: String,
    /// The account in which it happened; empty if the event does not say.
    pub account: String,
    /// The Region; empty if the event does not say.
    pub region: String,
    /// Facts, a line each: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// What mends it: a command or a sentence.
    pub remedy: String,
    /// When it happened.
    pub time: DateTime<Utc>,
}

/// What one kind of event says about itself.
struct Told {
    what: String,
    /// What makes two events of an account the same reason.
    same: String,
    facts: Vec<(&'static str, String)>,
    remedy: String,
}

/// Reads an event that arrived `now`.
///
/// ```
/// use backup_watch::news::{News, read};
/// let event = serde_json::json!({
///     "id": "1", "source": "aws.backup", "detail-type": "Backup Job State Change",
///     "account": "444444444444", "region": "eu-west-1", "time": "2026-01-31T05:10:00Z",
///     "detail": {"state": "FAILED", "resourceType": "EBS", "statusMessage": "Access Denied"},
/// });
/// let now = "2026-01-31T05:11:00Z".parse().unwrap();
/// let News::Report(report) = read(&event, now) else { panic!() };
/// assert_eq!(report.what, "backup of EBS failed: Access Denied");
/// ```
pub fn read(event: &Value, now: DateTime<Utc>) -> News {
    let detail = event.get("detail").unwrap_or(&Value::Null);
    let source = text(event, "source");
    let kind = text(event, "detail-type");
    let told = match (source.as_str(), kind.as_str()) {
        ("aws.backup", "Backup Job State Change") => jobs::backup(detail),
        ("aws.backup", "Copy Job State Change") => jobs::copy(detail),
        ("aws.backup", "Restore Job State Change") => jobs::restore(detail),
        ("aws.backup", "Scan Job State Change") => jobs::scan(detail),
        ("aws.backup", "Recovery Point State Change") => others::recovery_point(detail),
        ("aws.backup", "Backup Vault State Change") => Some(others::vault(detail)),
        ("aws.backup", "Region Setting State Change") => Some(others::region_setting(detail)),
        ("aws.cloudwatch", "CloudWatch Alarm State Change") => others::alarm(detail),
        ("aws.codepipeline", _) => others::pipeline(detail),
        (_, "AWS API Call via CloudTrail" | "AWS Service Event via CloudTrail") => {
            Some(calls::call(detail))
        }
        ("aws-backup-solution", _) => Some(others::own(&kind, detail)),
        _ => Some(others::unknown(&source, &kind, detail)),
    };
    let Some(told) = told else {
        return News::Quiet;
    };
    let time = text(event, "time").parse().unwrap_or(now);
    let account = text(event, "account");
    let id = match text(event, "id") {
        id if id.is_empty() => format!("no id: {event}"),
        id => id,
    };
    News::Report(Box::new(Report {
        event: id,
        reason: format!("{account}|{kind}|{}", told.same),
        day: time.date_naive(),
        subject: told.what.clone(),
        what: told.what,
        account,
        region: text(event, "region"),
        facts: told.facts,
        remedy: told.remedy,
        time,
    }))
}

impl Report {
    /// The subject and the text, with the account's name if it is known.
    pub fn written(&self, name: Option<&str>) -> (String, String) {
        let place = place(&self.account, name, &self.region);
        let subject = match (name, self.account.is_empty()) {
            (Some(name), _) => format!("{name}: {}", self.subject),
            (None, false) => format!("{}: {}", self.account, self.subject),
            (None, true) => self.subject.clone(),
        };
        let mut text = format!("{}\n\n", self.what);
        if !place.is_empty() {
            text += &format!("Where: {place}\n");
        }
        text += &format!("When: {}\n", self.time.format("%Y-%m-%d %H:%M UTC"));
        for (fact, value) in &self.facts {
            text += &format!("{fact}: {value}\n");
        }
        text += &format!("What to do: {}\n", self.remedy);
        text += "\nFor the same reason in this account no other message is sent on this day; repeats are counted and \
                 reported the day after.\n";
        (subject, text)
    }
}

/// An account and a Region for people.
pub fn place(account: &str, name: Option<&str>, region: &str) -> String {
    let account = match (account.is_empty(), name) {
        (true, _) => String::new(),
        (false, Some(name)) => format!("account {account} ({name})"),
        (false, None) => format!("account {account}"),
    };
    match (account.is_empty(), region.is_empty()) {
        (false, false) => format!("{account}, Region {region}"),
        (true, false) => format!("Region {region}"),
        (_, true) => account,
    }
}

/// A field's text, whatever its type; empty if there is none.
fn text(value: &Value, name: &str) -> String {
    let found = match value.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.trim().to_string(),
        Some(other) => other.to_string(),
    };
    found.chars().take(QUOTED).collect()
}

/// The first of these fields that has a text.
fn first(value: &Value, names: &[&str]) -> String {
    let mut found = names.iter().map(|name| text(value, name));
    found.find(|text| !text.is_empty()).unwrap_or_default()
}

/// Facts that the detail has, by their names for people.
fn facts(detail: &Value, names: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let found = names
        .iter()
        .map(|(fact, field)| (*fact, text(detail, field)));
    found.filter(|(_, value)| !value.is_empty()).collect()
}

/// A message of AWS's without what differs from one resource to the next, so that one reason is one reason: ARNs,
/// ids, and words with digits.
fn alike(message: &str) -> String {
    let words = message.split_whitespace();
    let words = words.map(|word| match word.chars().any(|c| c.is_ascii_digit()) {
        true => "#",
        false => word,
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
