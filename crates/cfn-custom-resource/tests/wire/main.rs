//! The protocol on the wire, in virtual time.
#![cfg(test)]

mod logs;
mod pool;
mod threads;
mod world;

use cfn_custom_resource::{
    ANSWER_MARGIN, Failure, MAX_ANSWER_BYTES, NotDelivered, Request, RequestType,
    ResponseUrlPolicy, ResponseUrlRefused, ServeError, Status, Success,
};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use world::{HOST, PATH, Reply, World, request, serve};

const MINUTE: Duration = Duration::from_secs(60);

async fn make(_: Request) -> Result<Success, Failure> {
    Ok(Success {
        physical_resource_id: "p-1".into(),
        ..Success::default()
    })
}

async fn refuse(_: Request) -> Result<Success, Failure> {
    Err(Failure {
        physical_resource_id: None,
        reason: "`Name` is missing: set it".into(),
    })
}

async fn never(_: Request) -> Result<Success, Failure> {
    panic!("must not be run")
}

fn in_a_minute() -> Instant {
    Instant::now() + MINUTE
}

#[tokio::test(start_paused = true)]
async fn success_is_answered_with_id_and_attributes() {
    let world = World::default();
    let handler = async |request: Request| {
        assert_eq!(request.request_type, RequestType::Create);
        assert_eq!(request.resource_properties, json!({"Secret": "hush"}));
        let data = json!({"PolicyId": "p-1"}).as_object().unwrap().clone();
        Ok(Success {
            physical_resource_id: "p-1".into(),
            data,
            no_echo: true,
            reason: None,
        })
    };
    let outcome = serve(
        request("Create"),
        in_a_minute(),
        &world.answering(),
        handler,
    )
    .await
    .unwrap();
    assert_eq!(outcome.status, Status::Success);
    let puts = world.puts();
    assert_eq!(puts.len(), 1);
    assert_eq!(puts[0].method, "PUT");
    assert_eq!(puts[0].uri, format!("{HOST}{PATH}"));
    assert_eq!(puts[0].content_type.as_deref(), Some(""));
    assert_eq!(puts[0].content_length, Some(puts[0].text.len().to_string()));
    assert_eq!(
        puts[0].body(),
        json!({
            "Status": "SUCCESS",
            "PhysicalResourceId": "p-1",
            "StackId": "arn:aws:cloudformation:eu-west-1:222222222222:stack/s/1",
            "RequestId": "request-1",
            "LogicalResourceId": "Policy",
            "NoEcho": true,
            "Data": {"PolicyId": "p-1"},
        })
    );
}

#[tokio::test(start_paused = true)]
async fn failure_is_answered_with_the_reason_and_the_right_id() {
    for (request_type, id) in [
        ("Create", "create-failed:request-1"),
        ("Update", "p-1"),
        ("Delete", "p-1"),
    ] {
        let world = World::default();
        let outcome = serve(
            request(request_type),
            in_a_minute(),
            &world.answering(),
            refuse,
        )
        .await
        .unwrap();
        assert_eq!(outcome.status, Status::Failed);
        let answer = world.only_answer();
        assert_eq!(answer["Status"], "FAILED");
        assert_eq!(answer["Reason"], "`Name` is missing: set it");
        assert_eq!(answer["PhysicalResourceId"], id);
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_that_tells_nothing_of_its_text() {
    let world = World::default();
    let handler = async |_| panic!("password is hunter2");
    let outcome = serve(
        request("Create"),
        in_a_minute(),
        &world.answering(),
        handler,
    )
    .await
    .unwrap();
    assert_eq!(outcome.status, Status::Failed);
    let answer = world.only_answer();
    assert_eq!(answer["Status"], "FAILED");
    assert_eq!(answer["PhysicalResourceId"], "create-failed:request-1");
    assert!(answer["Reason"].as_str().unwrap().contains("panic"));
    assert!(!answer.to_string().contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_first_await_is_a_failure_too() {
    let world = World::default();
    let handler = |_| -> std::future::Ready<Result<Success, Failure>> { panic!("at once") };
    serve(
        request("Create"),
        in_a_minute(),
        &world.answering(),
        handler,
    )
    .await
    .unwrap();
    assert_eq!(world.only_answer()["Status"], "FAILED");
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_less_3_s_the_handler_is_stopped_and_the_answer_is_failed() {
    let world = World::default();
    let went_on = Arc::new(AtomicBool::new(false));
    let flag = went_on.clone();
    let handler = async move |request| {
        sleep(MINUTE - ANSWER_MARGIN + Duration::from_millis(1)).await;
        flag.store(true, Ordering::SeqCst);
        make(request).await
    };
    let start = Instant::now();
    serve(
        request("Update"),
        start + MINUTE,
        &world.answering(),
        handler,
    )
    .await
    .unwrap();
    let puts = world.puts();
    assert_eq!(puts.len(), 1);
    // Tokio's clock has a granularity of a millisecond, and rounds up.
    assert_eq!(
        (puts[0].at - start).as_secs(),
        (MINUTE - ANSWER_MARGIN).as_secs()
    );
    assert_eq!(puts[0].body()["Status"], "FAILED");
    assert_eq!(puts[0].body()["PhysicalResourceId"], "p-1");
    sleep(MINUTE).await;
    assert!(!went_on.load(Ordering::SeqCst), "stopped work went on");
    assert!(world.puts().is_empty(), "a second answer");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_ends_just_in_time_is_believed() {
    let world = World::default();
    let handler = async |request| {
        sleep(MINUTE - ANSWER_MARGIN - Duration::from_millis(2)).await;
        make(request).await
    };
    serve(
        request("Create"),
        in_a_minute(),
        &world.answering(),
        handler,
    )
    .await
    .unwrap();
    assert_eq!(world.only_answer()["Status"], "SUCCESS");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_when_too_little_time_is_left() {
    for left in [Duration::ZERO, Duration::from_secs(1), ANSWER_MARGIN] {
        let world = World::default();
        let deadline = Instant::now() + left;
        serve(request("Create"), deadline, &world.answering(), never)
            .await
            .unwrap();
        let answer = world.only_answer();
        assert_eq!(answer["Status"], "FAILED");
        assert!(
            answer["Reason"]
                .as_str()
                .unwrap()
                .starts_with("nothing was begun")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_retried_until_it_has_passed() {
    use Reply::*;
    for (case, replies, attempts) in [
        ("503 twice", &[Status(503), Status(503), Status(200)][..], 3),
        ("500", &[Status(500), Status(200)], 2),
        ("slow down", &[Status(429), Status(200)], 2),
        (
            "nobody listens",
            &[Unreachable, Unreachable, Status(200)],
            3,
        ),
        ("no reply", &[Silence, Status(200)], 2),
        (
            "each in turn",
            &[Unreachable, Status(502), Silence, Status(429), Status(204)],
            5,
        ),
        ("slow, but in time", &[Slow(Duration::from_secs(4))], 1),
    ] {
        let world = World::replying(replies);
        serve(request("Create"), in_a_minute(), &world.answering(), make)
            .await
            .unwrap();
        assert_eq!(world.puts().len(), attempts, "{case}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_acknowledgement_repeats_the_same_bytes_to_the_same_place() {
    let world = World::replying(&[Reply::Lost, Reply::Status(200)]);
    serve(request("Create"), in_a_minute(), &world.answering(), make)
        .await
        .unwrap();
    let puts = world.puts();
    assert_eq!(puts.len(), 2);
    assert_eq!((&puts[0].uri, &puts[0].text), (&puts[1].uri, &puts[1].text));
    assert_eq!(puts[1].content_type.as_deref(), Some(""));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final() {
    for status in [301, 307, 400, 403, 404, 412] {
        let world = World::replying(&[Reply::Status(status)]);
        let error = serve(request("Create"), in_a_minute(), &world.answering(), make)
            .await
            .unwrap_err();
        assert_eq!(
            error,
            ServeError::NotDelivered(NotDelivered {
                attempts: 1,
                last: format!("HTTP status {status}, which no repetition changes"),
            })
        );
        assert_eq!(world.puts().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_client_cannot_send_is_not_tried_twice() {
    let world = World::replying(&[Reply::Unsendable]);
    let error = serve(request("Create"), in_a_minute(), &world.answering(), make)
        .await
        .unwrap_err();
    assert_eq!(world.puts().len(), 1);
    assert!(error.to_string().contains("no such scheme"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn when_no_attempt_succeeds_the_error_says_so_before_the_deadline() {
    for (reply, last) in [
        (Reply::Status(503), "HTTP status 503"),
        (Reply::Unreachable, "connection refused"),
        (Reply::Silence, "no reply in time"),
    ] {
        let world = World::replying(&[reply]);
        let deadline = in_a_minute();
        let error = serve(request("Create"), deadline, &world.answering(), make)
            .await
            .unwrap_err();
        let ServeError::NotDelivered(NotDelivered {
            attempts,
            last: seen,
        }) = error
        else {
            panic!("{error}")
        };
        assert!(Instant::now() < deadline, "too late");
        assert!(
            deadline - Instant::now() < Duration::from_millis(300),
            "gave up early"
        );
        assert!(seen.contains(last), "{seen}");
        // One attempt may have been under way when time was up.
        let puts = world.puts().len();
        assert!((10..200).contains(&puts), "{puts} attempts in a minute");
        assert!(
            [puts, puts - 1].contains(&(attempts as usize)),
            "{attempts} of {puts}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_hears_nothing_in_no_time_at_all_was_one_attempt_and_says_so() {
    let world = World::replying(&[Reply::Silence]);
    let error = serve(request("Create"), Instant::now(), &world.answering(), never)
        .await
        .unwrap_err();
    assert_eq!(world.puts().len(), 1);
    let expected = NotDelivered {
        attempts: 1,
        last: "no reply before the deadline".into(),
    };
    assert_eq!(error, ServeError::NotDelivered(expected));
}

#[tokio::test(start_paused = true)]
async fn even_after_the_handler_was_stopped_there_is_time_for_a_second_attempt() {
    let world = World::replying(&[Reply::Silence, Reply::Status(200)]);
    let handler = async |_| std::future::pending().await;
    let deadline = in_a_minute();
    serve(request("Update"), deadline, &world.answering(), handler)
        .await
        .unwrap();
    assert_eq!(world.puts().len(), 2);
    assert!(Instant::now() < deadline);
}

#[tokio::test(start_paused = true)]
async fn the_retries_of_one_answer_cost_the_next_one_nothing() {
    let world = World::replying(&[Reply::Unreachable]);
    for _ in 0..20 {
        let _ = serve(request("Create"), in_a_minute(), &world.answering(), make).await;
        assert!(world.puts().len() > 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reason_of_a_megabyte_arrives_shortened() {
    let world = World::default();
    let handler = async |_| {
        let reason = format!("the policy is wrong: {}", "é".repeat(500_000));
        Err(Failure {
            physical_resource_id: None,
            reason,
        })
    };
    let outcome = serve(
        request("Create"),
        in_a_minute(),
        &world.answering(),
        handler,
    )
    .await
    .unwrap();
    assert!(
        outcome.reason.unwrap().len() > 1_000_000,
        "the outcome keeps all of it"
    );
    let put = world.puts().remove(0);
    assert!(put.text.len() <= MAX_ANSWER_BYTES);
    assert!(
        put.body()["Reason"]
            .as_str()
            .unwrap()
            .starts_with("the policy is wrong: éé")
    );
}

#[tokio::test(start_paused = true)]
async fn a_request_that_makes_no_sense_is_answered_without_running_the_handler() {
    let mut cases: Vec<(Value, &str)> = vec![];
    let mut unknown = request("Create");
    unknown["RequestType"] = json!("Read");
    cases.push((unknown, "none of Create, Update and Delete"));
    cases.push((
        json!({"ResponseURL": format!("{HOST}{PATH}")}),
        "none of Create",
    ));
    let mut nameless = request("Create");
    nameless["LogicalResourceId"] = json!(7);
    cases.push((nameless, "has no LogicalResourceId"));
    for (payload, reason) in cases {
        let world = World::default();
        serve(payload, in_a_minute(), &world.answering(), never)
            .await
            .unwrap();
        let answer = world.only_answer();
        assert_eq!(answer["Status"], "FAILED");
        assert!(
            answer["Reason"].as_str().unwrap().contains(reason),
            "{answer}"
        );
        assert_ne!(answer["PhysicalResourceId"], "");
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_answered_outside_aws_and_nothing_is_done() {
    for (url, refused) in [
        (
            json!("https://evil.example/answer"),
            ResponseUrlRefused::NotAws,
        ),
        (
            json!("http://127.0.0.1:4566/answer"),
            ResponseUrlRefused::NotHttps,
        ),
        (json!(null), ResponseUrlRefused::Missing),
    ] {
        let world = World::default();
        let mut payload = request("Create");
        payload["ResponseURL"] = url;
        let error = serve(payload, in_a_minute(), &world.answering(), never)
            .await
            .unwrap_err();
        assert_eq!(error, ServeError::ResponseUrl(refused));
        assert!(world.puts().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_test_may_listen_on_one_more_origin() {
    let world = World::default();
    let mut answering = world.answering();
    answering.response_url = ResponseUrlPolicy::AlsoOrigin("http://127.0.0.1:4566".into());
    let mut payload = request("Create");
    payload["ResponseURL"] = json!("http://127.0.0.1:4566/answer?id=1");
    serve(payload, in_a_minute(), &answering, make)
        .await
        .unwrap();
    assert_eq!(world.puts()[0].uri, "http://127.0.0.1:4566/answer?id=1");
}

#[tokio::test(start_paused = true)]
async fn dropping_the_call_stops_the_handler() {
    let world = World::default();
    let went_on = Arc::new(AtomicBool::new(false));
    let flag = went_on.clone();
    let handler = async move |request| {
        sleep(Duration::from_secs(2)).await;
        flag.store(true, Ordering::SeqCst);
        make(request).await
    };
    let answering = world.answering();
    let serving = serve(request("Create"), in_a_minute(), &answering, handler);
    assert!(
        tokio::time::timeout(Duration::from_secs(1), serving)
            .await
            .is_err()
    );
    sleep(MINUTE).await;
    assert!(!went_on.load(Ordering::SeqCst));
    assert!(world.puts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_returns_beside_its_success_comes_back_with_the_outcome() {
    let answering = World::default().answering();
    let handler = async |request| Ok((make(request).await?, "a mark to remove"));
    let served = cfn_custom_resource::serve(request("Create"), in_a_minute(), &answering, handler);
    let (outcome, rest) = served.await.unwrap();
    assert_eq!(
        (outcome.status, rest),
        (Status::Success, Some("a mark to remove"))
    );

    let handler = async |request| Ok((refuse(request).await?, "a mark to remove"));
    let served = cfn_custom_resource::serve(request("Create"), in_a_minute(), &answering, handler);
    let (outcome, rest) = served.await.unwrap();
    assert_eq!((outcome.status, rest), (Status::Failed, None));
}
