//! An AWS that never answers: whoever waits is told, and it ends. The clock is paused.
#![cfg(feature = "aws")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use backup_reading::Caller;
use backup_status::Seen;
use backupctl::aws::account::Account;
use backupctl::aws::connection::Connection;
use backupctl::aws::patience::{Patient, Tell};
use tokio::time::Instant;

/// Answers at once in one Region, and never in any other.
#[derive(Debug, Clone)]
struct Network {
    answers_in: &'static str,
}

impl HttpClient for Network {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Network {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answers = request.uri().contains(self.answers_in);
        HttpConnectorFuture::new(async move {
            match answers {
                true => {
                    let body = SdkBody::from("{\"ResourceTypeOptInPreference\":{\"EBS\":true}}");
                    Ok(HttpResponse::new(200.try_into().unwrap(), body))
                }
                false => pending().await,
            }
        })
    }
}

fn sdk(http: &SharedHttpClient) -> SdkConfig {
    let keys = Credentials::new("a key", "a secret", None, None, "test");
    aws_client::sdk_config(http, "us-east-1", keys, 10)
}

/// As `connect` makes it, and what is told.
fn connection(answers_in: &'static str) -> (Connection, Arc<Mutex<Vec<String>>>) {
    let said = Arc::new(Mutex::new(Vec::new()));
    let lines = Arc::clone(&said);
    let tell: Tell = Arc::new(move |line| lines.lock().unwrap().push(line.to_owned()));
    let http = Patient::over(SharedHttpClient::new(Network { answers_in }), tell);
    let connection = Connection {
        sdk: sdk(&http),
        caller: Caller {
            account: "111111111111".to_owned(),
            arn: "arn:aws:iam::111111111111:user/ana".to_owned(),
        },
    };
    (connection, said)
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_is_told_and_ends_after_a_minute() {
    let (connection, said) = connection("nowhere");
    let organizations = connection.organizations();
    let began = Instant::now();
    let failure = organizations.describe().await.unwrap_err().to_string();
    let taken = began.elapsed();
    assert!(taken < Duration::from_secs(85), "{taken:?}");
    // Without patience: ten attempts, of twenty seconds each.
    let alone = Connection {
        sdk: sdk(&SharedHttpClient::new(Network {
            answers_in: "nowhere",
        })),
        ..connection
    };
    let began = Instant::now();
    alone.organizations().describe().await.unwrap_err();
    assert!(began.elapsed() > Duration::from_secs(200));
    let host = "organizations.us-east-1.amazonaws.com";
    assert!(
        failure.contains(&format!("{host} has not answered for a minute"))
            && failure.contains("check the network"),
        "{failure}"
    );
    let said = said.lock().unwrap();
    assert_eq!(
        said.first().unwrap(),
        &format!("waiting for {host}: no answer for 5 s")
    );
    assert!((5..=8).contains(&said.len()), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn a_region_that_does_not_answer_costs_a_minute_once() {
    let (connection, _) = connection("eu-west-1");
    let account = Account::new(connection.sdk.clone(), &connection.caller.arn);
    let began = Instant::now();
    for _ in 0..20 {
        let silent = account.opted_out("ap-east-1").await;
        let Seen::Unknown(why) = silent else {
            panic!("{silent:?}")
        };
        assert!(why.contains("backup.ap-east-1.amazonaws.com"), "{why}");
        let answered = account.opted_out("eu-west-1").await;
        assert!(matches!(answered, Seen::There(_)), "{answered:?}");
    }
    let taken = began.elapsed();
    assert!(taken < Duration::from_secs(85), "{taken:?}");
}
