//! Whatever arrives, the protocol holds.
#![cfg(test)]

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use cfn_custom_resource::{Answering, Handlers, ResponseUrlPolicy, Success, serve};
use proptest::prelude::*;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Clone, Debug, Default)]
struct Recorder(Arc<Mutex<Vec<Vec<u8>>>>);

impl HttpConnector for Recorder {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.0
            .lock()
            .unwrap()
            .push(request.body().bytes().unwrap().to_vec());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            200.try_into().unwrap(),
            SdkBody::empty(),
        )))
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// An envelope in which every field is sometimes right, sometimes missing, sometimes anything.
fn any_envelope() -> impl Strategy<Value = Value> {
    let field = |name: &'static str, right: &'static str| {
        let value = prop_oneof![
            6 => Just(Some(Value::from(right))),
            1 => Just(None),
            2 => any_json().prop_map(Some),
        ];
        value.prop_map(move |value| value.map(|value| (name.to_owned(), value)))
    };
    let request_type = prop_oneof![
        field("RequestType", "Create"),
        field("RequestType", "Update"),
        field("RequestType", "Delete"),
    ];
    (
        request_type,
        field(
            "ResponseURL",
            "https://bucket.s3.eu-west-1.amazonaws.com/answer?signature",
        ),
        field(
            "StackId",
            "arn:aws:cloudformation:eu-west-1:222222222222:stack/s/1",
        ),
        field("RequestId", "request-1"),
        field("LogicalResourceId", "Policy"),
        field("PhysicalResourceId", "p-1"),
        any_json(),
    )
        .prop_map(
            |(kind, url, stack, request, logical, physical, properties)| {
                let fields = [kind, url, stack, request, logical, physical];
                let mut envelope: Map<String, Value> = fields.into_iter().flatten().collect();
                envelope.insert("ResourceProperties".to_owned(), properties);
                Value::Object(envelope)
            },
        )
}

fn holds(payload: Value) -> Result<(), TestCaseError> {
    let recorder = Recorder::default();
    let connector = SharedHttpConnector::new(recorder.clone());
    let answering = Answering {
        http: http_client_fn(move |_, _| connector.clone()),
        response_url: ResponseUrlPolicy::AwsOnly,
        handlers: Handlers::AsTasks,
    };
    let url = payload
        .get("ResponseURL")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let result = runtime.block_on(async {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        serve(payload, deadline, &answering, async |_| {
            let success = Success {
                physical_resource_id: "p-1".into(),
                ..Success::default()
            };
            Ok((success, ()))
        })
        .await
    });
    let answers = recorder.0.lock().unwrap().clone();
    prop_assert_eq!(answers.len(), usize::from(result.is_ok()), "{:?}", result);
    if url.is_some_and(|url| url.starts_with("https://bucket.s3.eu-west-1.amazonaws.com/")) {
        prop_assert!(result.is_ok(), "{:?}", result);
    }
    for answer in answers {
        prop_assert!(answer.len() <= 4_096);
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        prop_assert!(answer["Status"] == "SUCCESS" || answer["Status"] == "FAILED");
        prop_assert!(answer["Status"] == "SUCCESS" || answer["Reason"].is_string());
        prop_assert!(!answer["PhysicalResourceId"].as_str().unwrap().is_empty());
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_json_value_ends_in_one_answer_or_in_an_error(payload in any_json()) {
        holds(payload)?;
    }

    #[test]
    fn any_envelope_with_a_usable_response_url_gets_exactly_one_answer(payload in any_envelope()) {
        holds(payload)?;
    }
}
