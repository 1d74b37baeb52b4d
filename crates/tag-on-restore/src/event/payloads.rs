//! What Lambda hands over, as a whole.

use serde_json::json;

use super::tests::{completed, restore};
use super::*;

#[test]
fn a_batch_has_a_record_for_each_message_good_or_bad() {
    let message = |id: &str, count: &str, body: &str| {
        json!({
            "messageId": id,
            "receiptHandle": "handle",
            "attributes": {"ApproximateReceiveCount": count, "SentTimestamp": "1594782898000"},
            "body": body,
            "eventSource": "aws:sqs",
        })
    };
    let payload = json!({"Records": [
        message("m-1", "1", &completed().to_string()),
        message("m-2", "4", "not JSON"),
        message("m-3", "0", "{}"),
    ]});
    let Ok(Payload::Batch(records)) = read(&payload) else {
        panic!("a batch is not read as one");
    };
    let summary: Vec<_> = records
        .iter()
        .map(|record| {
            (
                record.message_id.as_str(),
                record.receive_count,
                record.event.is_ok(),
            )
        })
        .collect();
    assert_eq!(
        summary,
        [("m-1", 1, true), ("m-2", 4, false), ("m-3", 1, false)]
    );
}

#[test]
fn a_record_that_is_no_message_spoils_none_of_the_others() {
    let good = json!({"messageId": "m-2", "body": completed().to_string()});
    for malformed in [
        json!({"messageId": "m-1", "attributes": ["ApproximateReceiveCount"]}),
        json!({"messageId": "m-1", "attributes": {"ApproximateReceiveCount": {"of": 1}}}),
        json!({"messageId": "m-1", "body": completed()}),
        json!({"messageId": "m-1", "body": 17}),
    ] {
        let payload = json!({"Records": [malformed, good]});
        let Ok(Payload::Batch(records)) = read(&payload) else {
            panic!("a batch is not read as one: {payload}");
        };
        assert_eq!(records[0].message_id, "m-1");
        assert!(matches!(records[0].event, Err(Poison::NotAMessage(_))));
        assert!(matches!(records[1].event, Ok(Notice::Completed(_))));
    }
}

#[test]
fn an_envelope_that_is_not_eventbridges_is_poison_and_quoted_briefly() {
    let mut odd = completed();
    odd["resources"] = "x".repeat(100_000).into();
    let Err(Poison::NotAnEvent(why)) = read_event(&odd) else {
        panic!("an odd envelope is read as an event");
    };
    assert!(why.len() <= 200, "{}", why.len());
}

#[test]
fn a_record_without_attributes_or_body_still_has_a_name() {
    let payload = json!({"Records": [{"messageId": "m-1"}]});
    let Ok(Payload::Batch(records)) = read(&payload) else {
        panic!("a batch is not read as one");
    };
    assert_eq!(records[0].receive_count, 1);
    assert!(matches!(records[0].event, Err(Poison::NotJson(_))));
}

#[test]
fn a_record_that_cannot_be_named_fails_the_batch() {
    let payload = json!({"Records": [{"messageId": "m-1"}, {"body": "{}"}]});
    assert_eq!(read(&payload), Err(UnknownPayload::NoMessageId(1)));
}

#[test]
fn an_event_may_come_without_a_queue() {
    assert!(matches!(
        read(&completed()),
        Ok(Payload::Event(Ok(Notice::Completed(_))))
    ));
    let bare = json!({"detail": {"restoreJobId": " job-1\n"}});
    let Ok(Payload::Event(Ok(Notice::Completed(read_bare)))) = read(&bare) else {
        panic!("an event of nothing but a job's id is not read as one");
    };
    assert_eq!(read_bare.job.id, "job-1");
    let nameless = restore(json!({}));
    assert_eq!(read(&nameless), Ok(Payload::Event(Err(Poison::NoJobId))));
}

#[test]
fn reconcile_is_the_only_action() {
    let reconcile = json!({"action": "reconcile"});
    assert_eq!(read(&reconcile), Ok(Payload::Reconcile));
    let sweep = json!({"action": "sweep"});
    assert_eq!(read(&sweep), Err(UnknownPayload::Action("sweep".into())));
}

#[test]
fn any_other_payload_is_refused() {
    for payload in [
        json!({}),
        json!(null),
        json!([]),
        json!("text"),
        json!({"Records": {}}),
    ] {
        assert_eq!(read(&payload), Err(UnknownPayload::Shape), "{payload}");
    }
}
