use super::*;
use proptest::prelude::*;
use serde_json::json;

fn addressee() -> Addressee {
    Addressee {
        stack_id: "arn:aws:cloudformation:eu-west-1:222222222222:stack/s/1".into(),
        request_id: "request-1".into(),
        logical_resource_id: "Policy".into(),
        physical_resource_id: None,
    }
}

fn with_id() -> Addressee {
    Addressee {
        physical_resource_id: Some("p-1".into()),
        ..addressee()
    }
}

fn failed(reason: &str) -> Answer {
    let failure = Failure {
        physical_resource_id: None,
        reason: reason.into(),
    };
    Answer::new(addressee(), false, Err(failure))
}

fn succeeded(reason: Option<&str>, data: Value) -> Answer {
    let Value::Object(data) = data else {
        panic!("data is an object")
    };
    let success = Success {
        physical_resource_id: "p-1".into(),
        data,
        reason: reason.map(str::to_owned),
        ..Success::default()
    };
    Answer::new(addressee(), false, Ok(success))
}

fn sent(answer: Answer) -> (Value, Vec<String>) {
    let body = answer.into_body().ok().expect("the answer fits");
    assert!(
        body.json.len() <= MAX_ANSWER_BYTES,
        "{} bytes",
        body.json.len()
    );
    (
        serde_json::from_str(&body.json).expect("the body is JSON"),
        body.left_out,
    )
}

#[test]
fn an_answer_that_fits_is_sent_as_it_is() {
    let (body, left_out) = sent(succeeded(None, json!({"PolicyId": "p-1"})));
    assert_eq!(
        body,
        json!({
            "Status": "SUCCESS",
            "PhysicalResourceId": "p-1",
            "StackId": "arn:aws:cloudformation:eu-west-1:222222222222:stack/s/1",
            "RequestId": "request-1",
            "LogicalResourceId": "Policy",
            "NoEcho": false,
            "Data": {"PolicyId": "p-1"},
        })
    );
    assert!(left_out.is_empty());
}

#[test]
fn a_long_reason_is_cut_visibly_and_keeps_its_beginning() {
    let (body, _) = sent(failed(&format!("first things first {}", "x".repeat(9_000))));
    let reason = body["Reason"].as_str().unwrap();
    assert!(reason.starts_with("first things first xxx"), "{reason}");
    assert!(reason.ends_with(SHORTENED), "{reason}");
}

#[test]
fn a_cut_reason_uses_the_room_there_is() {
    for (filler, width) in [
        ("x", 1),
        ("é", 2),
        ("€", 3),
        ("🦀", 4),
        ("\"", 2),
        ("\u{1}", 6),
    ] {
        let body = failed(&filler.repeat(9_000)).into_body().ok().unwrap();
        let unused = MAX_ANSWER_BYTES - body.json.len();
        assert!(unused < width, "{unused} bytes unused after {filler:?}");
    }
}

#[test]
fn the_limit_itself_is_reached_without_a_cut() {
    let room = MAX_ANSWER_BYTES - failed("").json(Some("")).len();
    let (body, _) = sent(failed(&"x".repeat(room)));
    assert_eq!(body["Reason"].as_str().unwrap().len(), room);
    let (body, _) = sent(failed(&"x".repeat(room + 1)));
    assert!(body["Reason"].as_str().unwrap().ends_with(SHORTENED));
}

#[test]
fn a_reason_is_shortened_before_data_is_touched() {
    let data = json!({"Large": "x".repeat(3_000)});
    let (body, left_out) = sent(succeeded(Some(&"y".repeat(3_000)), data.clone()));
    assert_eq!(body["Data"], data);
    assert!(left_out.is_empty());
    assert!(body["Reason"].as_str().unwrap().ends_with(SHORTENED));
}

#[test]
fn data_is_left_out_largest_first_and_the_reason_names_it() {
    let data = json!({
        "Small": "s",
        "Larger": "x".repeat(3_000),
        "Largest": "x".repeat(4_000),
        "Medium": "x".repeat(2_000),
    });
    let (body, left_out) = sent(succeeded(None, data));
    assert_eq!(left_out, ["Largest", "Larger"]);
    assert_eq!(
        body["Data"],
        json!({"Small": "s", "Medium": "x".repeat(2_000)})
    );
    assert_eq!(
        body["Reason"],
        json!("no room in the answer for the attributes Largest, Larger")
    );
    assert_eq!(body["Status"], json!("SUCCESS"));
}

#[test]
fn data_stays_as_long_as_a_mark_of_the_reason_has_room_beside_it() {
    let reason = "y".repeat(3_000);
    let filled = |size: usize| {
        let data = json!({"Filler": "x".repeat(size)});
        sent(succeeded(Some(&reason), data))
    };
    // `sent` sees that no answer is too long, however little room is left.
    let most = (3_600..4_096).rev().find(|size| filled(*size).1.is_empty());
    let most = most.expect("some data fit");
    for size in most - 200..=most {
        let (body, left_out) = filled(size);
        assert_eq!(left_out, [""; 0], "{size}");
        let shown = body["Reason"].as_str().unwrap();
        assert!(
            shown.ends_with(ELLIPSIS) || shown.ends_with(SHORTENED),
            "{shown}"
        );
    }
    assert_eq!(filled(most).0["Reason"], ELLIPSIS, "the mark alone");
    let data = json!({"Filler": "x".repeat(most)});
    let body = succeeded(Some(&reason), data).into_body().ok().unwrap();
    assert_eq!(body.json.len(), MAX_ANSWER_BYTES, "no byte is unused");
}

#[test]
fn an_entry_is_as_large_as_its_key_and_its_value_together() {
    let (long, longer) = ("k".repeat(100), "k".repeat(3_000));
    let data = json!({&long: "x".repeat(60), "B": "x".repeat(4_000)});
    assert_eq!(sent(succeeded(None, data)).1, ["B"]);
    let data = json!({&longer: "x", "B": "x".repeat(2_000)});
    assert_eq!(sent(succeeded(None, data)).1, [longer]);
}

#[test]
fn the_physical_id_follows_from_request_and_result() {
    let ok = |id: &str| {
        Ok(Success {
            physical_resource_id: id.into(),
            ..Success::default()
        })
    };
    let err = |id: Option<&str>| {
        Err(Failure {
            physical_resource_id: id.map(str::to_owned),
            reason: "no".into(),
        })
    };
    let long = "x".repeat(1_025);
    let marker = "create-failed:request-1";
    for (case, addressee, is_delete, result, status, id) in [
        (
            "a Create's new id",
            addressee(),
            false,
            ok("p-2"),
            Status::Success,
            "p-2",
        ),
        (
            "a Create without an id",
            addressee(),
            false,
            ok(""),
            Status::Failed,
            marker,
        ),
        (
            "a Create with a long id",
            addressee(),
            false,
            ok(&long),
            Status::Failed,
            marker,
        ),
        (
            "a failed Create",
            addressee(),
            false,
            err(None),
            Status::Failed,
            marker,
        ),
        (
            "a failed Create that left p-2",
            addressee(),
            false,
            err(Some("p-2")),
            Status::Failed,
            "p-2",
        ),
        (
            "a failed Create with a long id",
            addressee(),
            false,
            err(Some(&long)),
            Status::Failed,
            marker,
        ),
        (
            "an Update in place",
            with_id(),
            false,
            ok("p-1"),
            Status::Success,
            "p-1",
        ),
        (
            "a replacement",
            with_id(),
            false,
            ok("p-2"),
            Status::Success,
            "p-2",
        ),
        (
            "an Update without an id",
            with_id(),
            false,
            ok(""),
            Status::Failed,
            "p-1",
        ),
        (
            "a failed Update",
            with_id(),
            false,
            err(None),
            Status::Failed,
            "p-1",
        ),
        ("a Delete", with_id(), true, ok(""), Status::Success, "p-1"),
        (
            "a Delete that invents an id",
            with_id(),
            true,
            ok("p-2"),
            Status::Success,
            "p-1",
        ),
        (
            "a failed Delete",
            with_id(),
            true,
            err(Some("p-2")),
            Status::Failed,
            "p-1",
        ),
    ] {
        let answer = Answer::new(addressee, is_delete, result);
        assert_eq!(
            (answer.status, answer.physical_resource_id.as_str()),
            (status, id),
            "{case}"
        );
    }
}

#[test]
fn a_physical_id_of_exactly_the_limit_passes() {
    let id = "x".repeat(MAX_PHYSICAL_ID_BYTES);
    let success = Success {
        physical_resource_id: id.clone(),
        ..Success::default()
    };
    assert_eq!(
        Answer::new(addressee(), false, Ok(success)).physical_resource_id,
        id
    );
}

#[test]
fn a_failure_always_has_a_reason() {
    assert_eq!(
        sent(failed("")).0["Reason"],
        json!("the function gave no reason")
    );
}

#[test]
fn a_marker_is_a_usable_id_whatever_the_request_id() {
    assert_eq!(create_failed_marker("request-1"), "create-failed:request-1");
    for request_id in ["", &"x".repeat(5_000), &"\u{1}é".repeat(999)] {
        let marker = create_failed_marker(request_id);
        assert!(
            is_usable_id(&marker) && marker.starts_with("create-failed:"),
            "{marker}"
        );
    }
}

#[test]
fn ids_that_fill_the_answer_alone_are_an_error_and_not_a_wrong_answer() {
    let addressee = Addressee {
        stack_id: "x".repeat(5_000),
        ..addressee()
    };
    let failure = Failure {
        physical_resource_id: None,
        reason: "no".into(),
    };
    assert!(
        Answer::new(addressee, false, Err(failure))
            .into_body()
            .is_err()
    );
}

/// Text that grows in JSON, on purpose: quotation marks, control characters, all planes.
fn any_text(most: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::collection::vec(any::<char>(), 0..most).prop_map(|c| c.into_iter().collect()),
        (0..most).prop_map(|length| "\"\\\u{1}".repeat(length)),
        (0..most).prop_map(|length| "x".repeat(length)),
    ]
}

fn any_data() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![
        any_text(3_000).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        Just(json!({"nested": [1, "two", null]})),
    ];
    proptest::collection::vec((any_text(40), value), 0..12).prop_map(|e| e.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_reason_and_data_the_answer_is_legal_json_with_its_ids_intact(
        reason in proptest::option::of(any_text(6_000)),
        data in any_data(),
        fail in any::<bool>(),
    ) {
        let result = if fail {
            Err(Failure { physical_resource_id: None, reason: reason.clone().unwrap_or_default() })
        } else {
            let physical_resource_id = "p-1".to_owned();
            Ok(Success { physical_resource_id, data: data.clone(), reason, no_echo: true })
        };
        let body = Answer::new(with_id(), false, result).into_body().ok().unwrap();
        prop_assert!(body.json.len() <= MAX_ANSWER_BYTES);
        let sent: Value = serde_json::from_str(&body.json).unwrap();
        prop_assert_eq!(&sent["Status"], if fail { "FAILED" } else { "SUCCESS" });
        prop_assert_eq!(&sent["PhysicalResourceId"], "p-1");
        prop_assert_eq!(&sent["StackId"], &with_id().stack_id);
        prop_assert_eq!(&sent["RequestId"], "request-1");
        prop_assert_eq!(&sent["LogicalResourceId"], "Policy");
        prop_assert!(!fail || !sent["Reason"].as_str().unwrap().is_empty());
        // What is not named as left out is there, unchanged.
        for (key, value) in data.iter().filter(|(key, _)| !fail && !body.left_out.contains(key)) {
            prop_assert_eq!(&sent["Data"][key], value);
        }
    }
}
