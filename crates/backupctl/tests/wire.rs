//! Reading an organization, at the level of requests and answers: pages, throttling, denial.
#![cfg(feature = "aws")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use backup_reading::Caller;
use backup_reading::organizations::{Organizations, Tags};
use backup_status::Seen;
use backupctl::aws::account::Account;
use backupctl::aws::connection::Connection;
use backupctl::aws::progress::Progress;
use backupctl::doctor::facts::Last;
use serde_json::{Value, json};

/// The answers of one operation, in their order: HTTP status and body.
type Answers = (&'static str, VecDeque<(u16, Value)>);

/// Answers by operation; every request is remembered.
#[derive(Debug, Clone, Default)]
struct Wire {
    answers: Arc<Mutex<Vec<Answers>>>,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Wire {
    fn new(answers: Vec<(&'static str, Vec<(u16, Value)>)>) -> Self {
        let answers = answers
            .into_iter()
            .map(|(operation, all)| (operation, all.into()))
            .collect();
        Wire {
            answers: Arc::new(Mutex::new(answers)),
            asked: Arc::default(),
        }
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        // Organizations names the operation in a header, AWS Backup by its path.
        let url = request.uri();
        let path = url
            .split('?')
            .next()
            .unwrap_or_default()
            .trim_end_matches('/');
        let (operation, body) = match request.headers().get("x-amz-target") {
            Some(target) => {
                let body = request.body().bytes().unwrap();
                (target, serde_json::from_slice(body).unwrap())
            }
            None => (path, Value::from(url)),
        };
        let operation = operation.rsplit(['.', '/']).next().unwrap().to_owned();
        self.asked.lock().unwrap().push((operation.clone(), body));
        let mut answers = self.answers.lock().unwrap();
        let (_, left) = answers
            .iter_mut()
            .find(|(name, _)| *name == operation)
            .unwrap_or_else(|| panic!("nobody expected {operation}"));
        let (status, body) = left
            .pop_front()
            .unwrap_or_else(|| panic!("{operation} was called too often"));
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body.to_string()))
    }

    fn count(&self, operation: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(name, _)| name == operation).count()
    }
}

impl HttpClient for Wire {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(Ok(self.answer(&request)))
    }
}

fn sdk(wire: &Wire) -> SdkConfig {
    let credentials = Credentials::new("a key", "a secret", None, None, "test");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .http_client(SharedHttpClient::new(wire.clone()))
        .region(Region::from_static("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .build()
}

fn organizations(wire: &Wire) -> Organizations {
    let sdk = sdk(wire);
    let caller = Caller {
        account: "222222222222".to_owned(),
        arn: "arn:aws:sts::222222222222:assumed-role/Admin/ana".to_owned(),
    };
    Connection { sdk, caller }.organizations()
}

fn root() -> (u16, Value) {
    let types = json!([{"Type": "BACKUP_POLICY", "Status": "ENABLED"}]);
    (
        200,
        json!({"Roots": [{"Id": "r-abcd", "Name": "Root", "PolicyTypes": types}]}),
    )
}

fn throttled() -> (u16, Value) {
    (
        400,
        json!({"__type": "TooManyRequestsException", "Message": "slow down"}),
    )
}

fn denied() -> (u16, Value) {
    (
        400,
        json!({"__type": "AccessDeniedException", "Message": "not you."}),
    )
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_the_empty_ones_too() {
    let none = |key: &str| (200, json!({ key: [] }));
    let policy = |id: &str| {
        let summary = json!({"Id": id, "Name": format!("name of {id}"), "Type": "BACKUP_POLICY"});
        (
            200,
            json!({"Policy": {"PolicySummary": summary, "Content": "{\"plans\":{}}"}}),
        )
    };
    let targets = |ids: &[&str]| {
        let targets: Vec<Value> = ids.iter().map(|id| json!({"TargetId": id})).collect();
        (200, json!({"Targets": targets}))
    };
    let wire = Wire::new(vec![
        ("ListRoots", vec![root()]),
        (
            "ListOrganizationalUnitsForParent",
            vec![
                (200, json!({"OrganizationalUnits": [], "NextToken": "more"})),
                (
                    200,
                    json!({"OrganizationalUnits": [{"Id": "ou-abcd-1", "Name": "one"}]}),
                ),
                none("OrganizationalUnits"),
            ],
        ),
        (
            "ListAccountsForParent",
            vec![
                none("Accounts"),
                (
                    200,
                    json!({"Accounts": [{"Id": "1", "Name": "a", "State": "ACTIVE"}], "NextToken": "x"}),
                ),
                (
                    200,
                    json!({"Accounts": [
                        {"Id": "2", "Name": "b", "State": "CLOSED"},
                        {"Id": "3", "Name": "c", "Status": "SUSPENDED"},
                        {"Id": "4", "Name": "d", "Status": "ACTIVE"},
                    ]}),
                ),
            ],
        ),
        (
            "ListPolicies",
            vec![
                (200, json!({"Policies": [{"Id": "p-1"}], "NextToken": "x"})),
                (200, json!({"Policies": [{"Id": "p-2"}, {"Id": "p-gone"}]})),
            ],
        ),
        (
            "DescribePolicy",
            vec![
                policy("p-1"),
                policy("p-2"),
                (400, json!({"__type": "PolicyNotFoundException"})),
            ],
        ),
        (
            "ListTargetsForPolicy",
            vec![targets(&["r-abcd", "1"]), targets(&["r-abcd"])],
        ),
        // Asked for the root alone: the only one with several.
        (
            "ListPoliciesForTarget",
            vec![
                (200, json!({"Policies": [{"Id": "p-2"}], "NextToken": "x"})),
                (200, json!({"Policies": [{"Id": "p-1"}]})),
            ],
        ),
    ]);
    let (landscape, _) = organizations(&wire)
        .landscape(Tags::LeaveOut, &Progress::begin().counter())
        .await
        .unwrap();
    assert_eq!(landscape.attached_to("r-abcd"), ["p-2", "p-1"]);
    assert_eq!(landscape.attached_to("1"), ["p-1"]);
    let ids = |children: &[backup_status::landscape::Child]| -> Vec<String> {
        children
            .iter()
            .map(|child| child.place.id.clone())
            .collect()
    };
    assert_eq!(ids(&landscape.units), ["ou-abcd-1"]);
    assert_eq!(ids(&landscape.accounts), ["1", "4"]);
    let names: Vec<&str> = landscape
        .policies
        .values()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["name of p-1", "name of p-2"]);
    assert_eq!(wire.count("ListPoliciesForTarget"), 2);
}

#[tokio::test(start_paused = true)]
async fn throttling_is_waited_out_and_named_when_it_does_not_end() {
    let wire = Wire::new(vec![("ListRoots", vec![throttled(), throttled(), root()])]);
    let (found, _) = organizations(&wire).root().await.unwrap();
    assert_eq!(found.id, "r-abcd");

    let wire = Wire::new(vec![("ListRoots", vec![throttled(); 4])]);
    let failure = organizations(&wire).root().await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "organizations:ListRoots failed: TooManyRequestsException: slow down: something else \
         calls AWS as often as it may: try again later"
    );
}

#[tokio::test(start_paused = true)]
async fn a_denied_call_names_action_principal_and_who_may() {
    let who = |management: &str| {
        (
            200,
            json!({"Organization": {"MasterAccountId": management}}),
        )
    };
    let wire = Wire::new(vec![
        ("ListRoots", vec![denied()]),
        ("DescribeOrganization", vec![who("111111111111")]),
    ]);
    let failure = organizations(&wire).root().await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "organizations:ListRoots is denied to arn:aws:sts::222222222222:assumed-role/Admin/ana: \
         AccessDeniedException: not you: 222222222222 is not the organization's management \
         account: use credentials of 111111111111, or of an account that the organization's \
         resource policy delegates this to"
    );

    let wire = Wire::new(vec![
        ("ListRoots", vec![denied()]),
        ("DescribeOrganization", vec![who("222222222222")]),
    ]);
    let failure = organizations(&wire).root().await.unwrap_err();
    assert!(failure.to_string().ends_with(
        "AccessDeniedException: not you: allow the action, or use other credentials \
         (`--profile`, `--role-arn`)"
    ));
}

#[tokio::test(start_paused = true)]
async fn a_large_organization_is_read_no_faster_than_aws_allows() {
    let empty = (200, json!({"OrganizationalUnits": [], "Accounts": []}));
    let units: Vec<Value> = (0..100)
        .map(|number| json!({"Id": format!("ou-abcd-{number}"), "Name": "unit"}))
        .collect();
    let mut below = vec![empty.clone(); 101];
    below[0] = (200, json!({"OrganizationalUnits": units}));
    let wire = Wire::new(vec![
        ("ListRoots", vec![root()]),
        ("ListOrganizationalUnitsForParent", below),
        ("ListAccountsForParent", vec![empty; 101]),
        ("ListPolicies", vec![(200, json!({"Policies": []}))]),
    ]);
    let begin = tokio::time::Instant::now();
    let organizations = organizations(&wire);
    let progress = Progress::begin();
    let landscape = organizations
        .landscape(Tags::LeaveOut, &progress.counter())
        .await;
    assert_eq!(landscape.unwrap().0.units.len(), 100);
    // 202 calls: 8 at once, the others at 5 a second.
    let expected = Duration::from_millis(194 * 200);
    assert_eq!(begin.elapsed().as_millis(), expected.as_millis());
}

#[tokio::test(start_paused = true)]
async fn the_newest_backup_is_looked_for_on_every_page_and_further_back_if_need_be() {
    let now = "2026-01-31T12:00:00Z".parse().unwrap();
    let point = |time: u64| json!({"CreationDate": time});
    let page = |times: &[u64], next: Option<&str>| {
        let points: Vec<Value> = times.iter().map(|time| point(*time)).collect();
        (200, json!({"RecoveryPoints": points, "NextToken": next}))
    };
    // Two days: nothing. 35 days: two pages, the newest on the first and not at its end.
    let wire = Wire::new(vec![(
        "recovery-points",
        vec![
            page(&[], Some("more")),
            page(&[], None),
            page(&[1_769_000_000, 1_769_400_000, 1_769_100_000], Some("more")),
            page(&[1_769_200_000], None),
        ],
    )]);
    let account = Account::new(sdk(&wire), "arn:aws:iam::1:role/Doctor");
    let found = account.last_backup("eu-west-1", "Vault", true, now).await;
    let newest = "2026-01-26T04:00:00Z".parse().unwrap();
    assert_eq!(found, Seen::There(Last::At(newest)));
    let asked = wire.asked.lock().unwrap().clone();
    let urls: Vec<&str> = asked.iter().filter_map(|(_, url)| url.as_str()).collect();
    let since: Vec<bool> = ["2026-01-29", "2026-01-29", "2025-12-27", "2025-12-27"]
        .iter()
        .zip(&urls)
        .map(|(day, url)| url.contains(day))
        .collect();
    assert_eq!(since, [true; 4], "{urls:?}");

    let wire = Wire::new(vec![("copy-jobs", vec![(200, json!({"CopyJobs": []})); 2])]);
    let account = Account::new(sdk(&wire), "arn:aws:iam::1:role/Doctor");
    let found = account
        .last_copy("eu-west-1", "arn:aws:backup:x", now)
        .await;
    assert_eq!(found, Seen::There(Last::Never));
}

#[tokio::test(start_paused = true)]
async fn what_an_account_does_not_show_is_told_from_what_is_not_there() {
    let answer = |code: &str| (400, json!({"__type": code, "Code": code, "message": "no"}));
    let wire = Wire::new(vec![(
        "Vault",
        vec![
            answer("ResourceNotFoundException"),
            answer("AccessDeniedException"),
        ],
    )]);
    let account = Account::new(sdk(&wire), "arn:aws:iam::1:role/Doctor");
    assert_eq!(account.vault("eu-west-1", "Vault").await, Seen::Missing);
    let Seen::Unknown(why) = account.vault("eu-west-1", "Vault").await else {
        panic!("a denial is no answer");
    };
    assert_eq!(
        why,
        "backup:DescribeBackupVault is denied to arn:aws:iam::1:role/Doctor: \
         AccessDeniedException: no: allow the action, or use other credentials (`--profile`, \
         `--role-arn`)"
    );
}
