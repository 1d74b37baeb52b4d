//! One object of S3 as requests and answers on the wire: where it is asked for, and what becomes of
//! each answer.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_client::{CallError, Environment};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use org_policy_manager::aws::sdk_config;
use org_policy_manager::sources::Sources;
use policy_resource::properties::S3Object;
use tokio::time::Instant;

/// S3 with prepared answers, the last one again and again.
#[derive(Debug, Clone, Default)]
struct S3 {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    /// The address of each request, and what its signature is for.
    asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: body.as_bytes().to_vec(),
    }
}

fn refusal(status: u16, code: &str) -> Answer {
    let xml =
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>");
    answer(status, &xml)
}

impl Answer {
    fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

impl HttpClient for S3 {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for S3 {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = request.headers().get("authorization").unwrap_or_default();
        let scope = header.split_once("Credential=").unwrap().1;
        let scope = scope.split_once(", ").unwrap().0.split('/').skip(2);
        let scope = scope.collect::<Vec<_>>().join("/");
        let mut asked = self.asked.lock().unwrap();
        asked.push(format!("{} {scope}", request.uri()));
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.len() {
            0 => answer(200, ""),
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        };
        let mut response = HttpResponse::new(
            answer.status.try_into().unwrap(),
            SdkBody::from(answer.body),
        );
        for (name, value) in answer.headers {
            response.headers_mut().insert(name, value);
        }
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl S3 {
    fn that_answers(answers: impl IntoIterator<Item = Answer>) -> S3 {
        let s3 = S3::default();
        s3.answers.lock().unwrap().extend(answers);
        s3
    }

    async fn read(&self, region: &str, endpoint: Option<&str>, object: &S3Object) -> Read {
        let variable = |name: &str| match name {
            "AWS_REGION" => Some(region.to_owned()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
            "AWS_ENDPOINT_URL_S3" => endpoint.map(str::to_owned),
            _ => None,
        };
        let environment = Environment::read(variable, ["S3", "SSM"]).unwrap();
        let http = SharedHttpClient::new(self.clone());
        let sdk = sdk_config(&http, region, environment.credentials.clone());
        let until = Instant::now() + Duration::from_secs(120);
        Sources::new(&sdk, &environment).object(object, until).await
    }

    /// What came of reading one object in eu-west-1.
    async fn policy(&self) -> Read {
        self.read("eu-west-1", None, &object("policies", "daily.json", None))
            .await
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

type Read = Result<String, CallError>;

fn object(bucket: &str, key: &str, version: Option<&str>) -> S3Object {
    S3Object {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version_id: version.map(str::to_owned),
    }
}

/// Recorded from aws-sdk-s3 1.157.0, without its `x-id=GetObject`.
#[tokio::test(start_paused = true)]
async fn an_object_is_asked_for_where_the_sdk_asks_for_it() {
    let own = "http://127.0.0.1:4566";
    let mut record = BTreeMap::new();
    for (region, endpoint) in [
        ("cn-north-1", None),
        ("eu-isoe-west-1", None),
        ("eu-west-1", None),
        ("eusc-de-east-1", None),
        ("us-east-1", None),
        ("us-gov-west-1", None),
        ("us-iso-east-1", None),
        ("us-isob-east-1", None),
        ("us-isof-south-1", None),
        ("eu-west-1", Some(own)),
        ("eu-west-1", Some("https://s3.example.com:8443")),
    ] {
        for (bucket, key, version) in [
            ("policies", "daily.json", None),
            ("policies", "a/daily plan+1 ä%2F'()*!~.json", Some("x/y+z=")),
            ("policies", "/a//b/../c?d#e&f", None),
            ("policies.example.com", "daily.json", None),
            ("Policies_1", "daily.json", None),
            ("192.168.5.4", "daily.json", None),
        ] {
            let s3 = S3::default();
            let _ = s3
                .read(region, endpoint, &object(bucket, key, version))
                .await;
            let asked = s3.asked().pop().unwrap();
            let what = format!("{bucket} {key} {version:?}");
            let place = format!("{region} {}", endpoint.unwrap_or("AWS"));
            record
                .entry(place)
                .or_insert_with(BTreeMap::new)
                .insert(what, asked);
        }
    }
    let record = serde_json::to_string_pretty(&record).unwrap() + "\n";
    expect_test::expect_file!["objects.json"].assert_eq(&record);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_another_region_is_read_there() {
    for first in [
        answer(301, ""),
        refusal(301, "PermanentRedirect"),
        refusal(400, "AuthorizationHeaderMalformed"),
    ] {
        let moved = first.with("x-amz-bucket-region", "eu-central-1");
        let s3 = S3::that_answers([moved, answer(200, "{}")]);
        assert_eq!(s3.policy().await.unwrap(), "{}");
        let places = [
            "https://policies.s3.eu-west-1.amazonaws.com/daily.json eu-west-1/s3/aws4_request",
            "https://policies.s3.eu-central-1.amazonaws.com/daily.json eu-central-1/s3/aws4_request",
        ];
        assert_eq!(s3.asked(), places);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_that_is_in_no_region_fails_with_what_s3_answers() {
    let moved = refusal(301, "PermanentRedirect").with("x-amz-bucket-region", "eu-central-1");
    let s3 = S3::that_answers([moved]);
    assert_eq!(
        s3.policy().await.unwrap_err().to_string(),
        "GetObject failed: PermanentRedirect: `s3://policies/daily.json`: m"
    );
    assert_eq!(s3.asked().len(), 2);
    let s3 = S3::that_answers([answer(307, "")]);
    assert_eq!(
        s3.policy().await.unwrap_err().to_string(),
        "GetObject failed: `s3://policies/daily.json`: http status 307"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_object_its_code_and_the_remedy() {
    for (status, code, remedy) in [
        (404, "NoSuchKey", " (check PolicyContent.S3)"),
        (404, "NoSuchVersion", " (check PolicyContent.S3)"),
        (404, "NoSuchBucket", " (check PolicyContent.S3)"),
        (400, "InvalidBucketName", ""),
    ] {
        let s3 = S3::that_answers([refusal(status, code)]);
        assert_eq!(
            s3.policy().await.unwrap_err().to_string(),
            format!("GetObject failed: {code}: `s3://policies/daily.json`: m{remedy}")
        );
        assert_eq!(s3.asked().len(), 1, "{code}");
    }
    let denied = S3::that_answers([refusal(403, "AccessDenied")]);
    assert!(denied.policy().await.unwrap_err().is_refusal());
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_again() {
    for first in [
        refusal(503, "SlowDown"),
        refusal(500, "InternalError"),
        answer(502, "<html>"),
        answer(200, "{").with("content-length", "2"),
    ] {
        let s3 = S3::that_answers([first.clone(), answer(200, "{}")]);
        assert_eq!(s3.policy().await.as_deref(), Ok("{}"), "{first:?}");
        assert_eq!(s3.asked().len(), 2, "{first:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_breaks_off_is_no_policy() {
    let s3 = S3::that_answers([answer(200, "{").with("content-length", "2")]);
    assert_eq!(
        s3.policy().await.unwrap_err().to_string(),
        "GetObject failed: `s3://policies/daily.json`: the answer broke off"
    );
    assert_eq!(s3.asked().len(), 10);
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_no_policy_is_refused() {
    let large = " ".repeat(1_000_001);
    let large_reason = "larger than 1,000,000 bytes, which no backup policy is";
    for (prepared, reason) in [
        (answer(200, &large), large_reason),
        (
            answer(200, "").with("content-length", "1000001"),
            large_reason,
        ),
        (
            Answer {
                body: vec![0xff],
                ..answer(200, "")
            },
            "not UTF-8 text",
        ),
    ] {
        let s3 = S3::that_answers([prepared]);
        assert_eq!(
            s3.policy().await.unwrap_err().to_string(),
            format!("GetObject failed: `s3://policies/daily.json`: {reason}")
        );
        assert_eq!(s3.asked().len(), 1, "{reason}");
    }
    let largest = " ".repeat(1_000_000);
    let s3 = S3::that_answers([answer(200, &largest)]);
    assert_eq!(s3.policy().await.unwrap().len(), 1_000_000);
}
