//! Batches that nobody would send.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambda_log::{Entry, LONGEST};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::lambda::{End, Lambda, event};
use crate::world::World;

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

/// The answer to a payload, and the lines that the log has of it.
async fn logged(lambda: &mut Lambda, payload: &Value) -> (End, Vec<String>) {
    let captured = Captured::default();
    let log = tracing_subscriber::fmt()
        .with_ansi(false)
        .without_time()
        .with_target(false)
        .with_writer(captured.clone());
    let guard = tracing::subscriber::set_default(log.finish());
    let end = lambda.invoke(payload).await;
    drop(guard);
    let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    (end, text.lines().map(str::to_owned).collect())
}

fn is_entry(line: &str) -> bool {
    let levels = [" INFO ", " WARN ", "ERROR "];
    line.len() <= LONGEST && levels.iter().any(|level| line.starts_with(level))
}

fn record(id: &str, body: &str) -> Value {
    json!({ "messageId": id, "body": body, "attributes": { "ApproximateReceiveCount": "1" } })
}

fn failed(end: End) -> Vec<String> {
    let End::Answer(answer) = end else {
        panic!("no answer: {end:?}");
    };
    let failures = answer["batchItemFailures"].as_array().unwrap();
    let ids = failures.iter().map(|it| it["itemIdentifier"].as_str());
    ids.map(|id| id.unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn whatever_a_message_holds_an_entry_is_one_line_of_at_most_8_kb() {
    let long = format!("a\nERROR wrote tags\n{}", "x".repeat(200_000));
    let with = |name: &str, value: &Value| {
        let mut event = event("job-1");
        event["detail"][name] = value.clone();
        event
    };
    let mut odd: Vec<Value> = [
        "source",
        "detail-type",
        "id",
        "account",
        "time",
        "resources",
    ]
    .iter()
    .map(|name| {
        let mut event = event("job-1");
        event[*name] = json!(long);
        event
    })
    .collect();
    odd.extend(
        [
            "restoreJobId",
            "status",
            "createdResourceArn",
            "resourceType",
        ]
        .map(|name| with(name, &json!(long))),
    );
    let mut bodies: Vec<String> = odd.iter().map(Value::to_string).collect();
    bodies.push(long.clone());
    bodies.push("[".repeat(200_000));
    bodies.push(format!("{{\"detail\":{}", "{\"a\":".repeat(100_000)));
    let world = World::new();
    let mut lambda = Lambda::new(&world);
    for body in &bodies {
        let payload = json!({ "Records": [record("m", body)] });
        let (_, lines) = logged(&mut lambda, &payload).await;
        assert!(lines.iter().all(|line| is_entry(line)), "{lines:?}");
    }
    for line in lambda.lines() {
        assert!(line.to_string().len() < LONGEST);
    }
    let (end, lines) = logged(&mut lambda, &json!({ "action": long })).await;
    assert!(matches!(end, End::Error(text) if text.len() < 1_000));
    assert!(lines.iter().all(|line| is_entry(line)), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn thousands_of_messages_are_answered_each_and_those_not_begun_are_one_entry() {
    let world = World::new();
    let mut lambda = Lambda::new(&world);
    lambda.timeout = Duration::from_secs(9);
    let bodies = (0..5_000).map(|n| match n % 2 {
        0 => event(&format!("job-{n}")).to_string(),
        _ => json!({"source": "aws.ec2", "detail": {"restoreJobId": "x"}}).to_string(),
    });
    let records: Vec<Value> = bodies
        .enumerate()
        .map(|(n, body)| record(&n.to_string(), &body))
        .collect();
    let (end, lines) = logged(&mut lambda, &json!({ "Records": records })).await;
    let even: Vec<String> = (0..5_000).step_by(2).map(|n| n.to_string()).collect();
    assert_eq!(failed(end), even);
    let not_begun = lines.iter().filter(|line| line.contains("not begun"));
    let not_begun: Vec<_> = not_begun.collect();
    assert_eq!(not_begun.len(), 1);
    assert!(not_begun[0].contains("messages=2500"), "{}", not_begun[0]);
    assert_eq!(world.calls(), []);
    lambda.timeout = Duration::from_secs(60);
    let one = json!({ "Records": [record("m", &event("job-1").to_string())] });
    let (_, lines) = logged(&mut lambda, &one).await;
    assert!(
        !lines.iter().any(|line| line.contains("not begun")),
        "{lines:?}"
    );
}
