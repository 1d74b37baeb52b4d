//! What the log holds of requests that nobody would send: each entry is one line, and not a long one.

use std::io::Write;
use std::sync::{Arc, Mutex};

use lambda_log::{Entry, LONGEST};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::lambda::Lambda;
use crate::template::{content, properties_with};
use crate::world::{World, response_url};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Entry<Captured>;
    fn make_writer(&self) -> Entry<Captured> {
        Entry(self.clone())
    }
}

/// The lines that the log has of some events, in Lambda's two forms.
async fn logged(events: &[Value], as_json: bool) -> Vec<String> {
    let captured = Captured::default();
    let log = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(captured.clone());
    let guard = match as_json {
        true => tracing::subscriber::set_default(log.json().finish()),
        false => tracing::subscriber::set_default(log.finish()),
    };
    let world = World::new();
    world.put_object("policies", "long.json", &content(1).to_string());
    let mut lambda = Lambda::new(&world);
    lambda.repeats = 0;
    for event in events {
        lambda.deliver(event).await;
    }
    drop(guard);
    let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn event(kind: &str, changes: &[(&str, Value)], properties: Value) -> Value {
    let mut event = json!({
        "RequestType": kind,
        "RequestId": "request-1",
        "ResponseURL": response_url("request-1"),
        "StackId": "arn:aws:cloudformation:eu-west-1:222222222222:stack/backup/5f0c",
        "LogicalResourceId": "Policy",
        "ResourceType": "Custom::BackupOrgPolicy",
        "ResourceProperties": properties_with(1, properties),
    });
    if kind != "Create" {
        event["PhysicalResourceId"] = json!("create-failed:request-1");
    }
    for (name, value) in changes {
        event[*name] = value.clone();
    }
    event
}

/// A text that is long, and looks like an entry of its own behind a line break.
fn forged() -> String {
    format!(
        "a\nERROR answering FAILED\r\n{{\"level\":\"ERROR\"}}\n{}",
        "x".repeat(20_000)
    )
}

fn numbered(count: usize, value: Value) -> Value {
    let members = (0..count).map(|n| (format!("{n}{}", "k".repeat(60)), value.clone()));
    Value::Object(members.collect())
}

fn hostile() -> Vec<Value> {
    let mut events = Vec::new();
    for kind in ["Create", "Update", "Delete"] {
        for name in [
            "RequestType",
            "RequestId",
            "StackId",
            "LogicalResourceId",
            "PhysicalResourceId",
            "ResourceType",
        ] {
            events.push(event(kind, &[(name, json!(forged()))], json!({})));
        }
        let stack = format!(
            "arn:aws:cloudformation:eu-west-1:222222222222:stack/{}",
            forged()
        );
        events.push(event(kind, &[("StackId", json!(stack))], json!({})));
    }
    let arn = format!(
        "arn:aws:organizations::999999999999:policy/o-x/backup_policy/p-{}",
        forged()
    );
    for kind in ["Update", "Delete"] {
        events.push(event(
            kind,
            &[("PhysicalResourceId", json!(arn))],
            json!({}),
        ));
    }
    let keys = |count| json!({ "plans": numbered(count, json!({"rules": {forged(): 1}})) });
    let unused = numbered(5_000, json!("x"));
    for properties in [
        json!({ "PolicyName": forged() }),
        json!({ "PolicyTargets": forged() }),
        json!({ "PolicyTargets": [forged(), forged()] }),
        json!({ "OrgManagementAccount": forged() }),
        json!({ "PolicyRegions": forged() }),
        json!({ "Tags": [{ "Key": forged(), "Value": forged() }] }),
        json!({ forged(): 1 }),
        numbered(5_000, json!(1)),
        json!({ "Variables": unused }),
        json!({ "Variables": { forged(): "x" } }),
        json!({ "PolicyContent": keys(1) }),
        json!({ "PolicyContent": keys(3) }),
        json!({ "PolicyContent": format!("{{\"plans\": {{\"{}", "${a".repeat(5_000)) }),
        json!({ "PolicyContent": { "plans": { "a": "${\n}".repeat(5_000) } } }),
        // Warnings, as many as a policy has room for.
        json!({ "PolicyContent": { "plans": numbered(100, json!({"rules": {}})) } }),
        json!({ "PolicyContent": { "S3": { "PolicyBucket": forged(), "PolicyKey": forged() } } }),
        json!({ "PolicyContent": { "S3": { "PolicyBucket": "policies", "PolicyKey": forged() } } }),
    ] {
        events.push(event("Create", &[], properties));
    }
    events
}

#[tokio::test(start_paused = true)]
async fn whatever_a_request_holds_an_entry_is_one_line_of_at_most_8_kb() {
    for event in hostile() {
        for as_json in [true, false] {
            let lines = logged(std::slice::from_ref(&event), as_json).await;
            let whose = || -> String { event.to_string().chars().take(300).collect() };
            assert!(lines.len() <= 40, "{} lines of {}", lines.len(), whose());
            for line in lines {
                assert!(line.len() <= LONGEST, "{}: {}", line.len(), whose());
                let is_entry = match as_json {
                    true => serde_json::from_str::<Value>(&line)
                        .is_ok_and(|it| it["fields"]["message"].is_string()),
                    false => {
                        line.starts_with(" INFO ")
                            || line.starts_with(" WARN ")
                            || line.starts_with("ERROR ")
                    }
                };
                assert!(is_entry, "{line}\nof {}", whose());
                assert!(!line.starts_with("ERROR answering FAILED\\"), "{line}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_twenty_warnings_of_a_policy_are_logged_and_the_others_counted() {
    let plans = json!({ "PolicyContent": { "plans": numbered(30, json!({"rules": {}})) } });
    let lines = logged(&[event("Create", &[], plans)], false).await;
    // Errors are in the answer.
    let warning = "the plan has no `rules` and no `selections` of its own";
    let warnings = lines.iter().filter(|it| it.starts_with(" WARN `plans."));
    let warnings: Vec<_> = warnings.collect();
    assert_eq!(warnings.len(), 20);
    assert!(
        warnings.iter().all(|it| it.contains(warning)),
        "{warnings:#?}"
    );
    let more = " WARN and 10 more warnings: `backupctl validate` names them";
    assert!(lines.iter().any(|it| it == more), "{lines:#?}");
}
