//! The live commands in an organization of 500 accounts in four Regions: how many calls, how many at a
//! time, how long at AWS's published rates, beside what those rates allow at best. The clock is paused,
//! so nothing waits; AWS is a stub. Writes `docs/evidence/scale.md`.
#![cfg(feature = "aws")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::collections::BTreeMap;
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
use backup_policy::Instant;
use backup_reading::Caller;
use backup_reading::organizations::Tags;
use backup_status::late::Window;
use backupctl::aws::connection::Connection;
use backupctl::aws::progress::Progress;
use backupctl::command::doctor::look::{Question, look};
use backupctl::command::status;
use backupctl::doctor::diagnosis::{Check, State, diagnose};
use backupctl::targets::Targets;
use serde_json::{Value, json};

const ACCOUNTS: usize = 500;
/// Resources of each account in each Region that are backed up and copied every day.
const DAILY: usize = 3;
/// To what each call takes.
const LATENCY: Duration = Duration::from_millis(100);
const MANAGEMENT: &str = "111111111111";
/// The account that lets nobody in, the one that is throttled without end, and the one in which a
/// Region is off.
const CLOSED: &str = "400000000007";
const THROTTLED: &str = "400000000011";
const WITHOUT: &str = "400000000013";
const REGIONS: [&str; 4] = ["eu-west-1", "eu-central-1", "us-east-1", "ap-east-1"];

/// The days that `status` looks at unless it is told otherwise.
const DAYS: i64 = 8;
const VAULT: &str = "AWSBackupSolutionVault";

fn now() -> Instant {
    "2026-06-09T00:00:00Z".parse().unwrap()
}

fn account(number: usize) -> String {
    format!("4{number:011}")
}

/// AWS as far as doctor asks it: by the operation's name, for the account of the credentials.
#[derive(Debug, Clone, Default)]
struct Stub {
    seen: Arc<Mutex<Seen>>,
    /// The content of the policy that is attached to the root, if there is one.
    policy: Option<Value>,
    /// Whether anything bears the tag that it selects.
    tagged: bool,
}

#[derive(Debug, Default)]
struct Seen {
    calls: BTreeMap<String, usize>,
    now: usize,
    most: usize,
}

impl HttpClient for Stub {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Stub {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let stub = self.clone();
        HttpConnectorFuture::new(async move {
            let asked = Asked::of(&request);
            {
                let mut seen = stub.seen.lock().unwrap();
                *seen.calls.entry(asked.operation.clone()).or_default() += 1;
                seen.now += 1;
                seen.most = seen.most.max(seen.now);
            }
            tokio::time::sleep(LATENCY).await;
            stub.seen.lock().unwrap().now -= 1;
            let (status, body) = asked.answer(&stub);
            Ok(HttpResponse::new(
                status.try_into().unwrap(),
                SdkBody::from(body),
            ))
        })
    }
}

struct Asked {
    operation: String,
    /// The account whose credentials sign: the stub's access key ids are accounts.
    account: String,
    region: String,
    /// Whether every account's jobs are listed, and from which one on.
    lists_all: bool,
    token: usize,
    form: String,
    body: Value,
}

impl Asked {
    fn of(request: &HttpRequest) -> Asked {
        let text = request.body().bytes().map(String::from_utf8_lossy);
        let form = text.unwrap_or_default().into_owned();
        let body: Value = serde_json::from_str(&form).unwrap_or_default();
        let scope = request.headers().get("authorization").unwrap();
        let scope = scope.split("Credential=").nth(1).unwrap();
        let mut parts = scope.split('/');
        let account = parts.next().unwrap().to_owned();
        let region = parts.nth(1).unwrap().to_owned();
        let uri = request.uri();
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let token = query
            .split('&')
            .find_map(|it| it.strip_prefix("nextToken="));
        let token = token.map_or(0, |token| token.parse().unwrap());
        let in_form = form
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="))
            .map(str::to_owned);
        let in_header = request.headers().get("x-amz-target");
        let in_header = in_header.and_then(|target| target.rsplit('.').next().map(str::to_owned));
        let operation = in_form.or(in_header).unwrap_or_else(|| {
            let ends = path.trim_end_matches('/').rsplit('/').next().unwrap();
            match ends {
                "configuration" => "GetFunctionConfiguration".to_owned(),
                other if path.contains("/backup-vaults/") && other != "recovery-points" => {
                    "DescribeBackupVault".to_owned()
                }
                other => other.to_owned(),
            }
        });
        Asked {
            operation,
            account,
            region,
            lists_all: query.contains("accountId=%2A") || query.contains("accountId=*"),
            token,
            form,
            body,
        }
    }

    fn answer(&self, stub: &Stub) -> (u16, String) {
        if self.account == THROTTLED && self.operation == "recovery-points" {
            let body = json!({"Code": "ThrottlingException", "message": "slow down"});
            return (400, body.to_string());
        }
        match self.operation.as_str() {
            "AssumeRole" => self.assumed(),
            "GetRole" => (200, xml("GetRole", &role())),
            "ListAttachedRolePolicies" => {
                let nothing = "<AttachedPolicies/><IsTruncated>false</IsTruncated>";
                (200, xml("ListAttachedRolePolicies", nothing))
            }
            "DescribeStacks" => {
                let message = "Stack with id aws-backup-org-policy does not exist";
                let error = format!(
                    "<ErrorResponse><Error><Code>ValidationError</Code><Message>{message}</Message>\
                     </Error></ErrorResponse>"
                );
                (400, error)
            }
            "ListSubscriptionsByTopic" => {
                let arn = "arn:aws:sns:eu-west-1:222222222222:aws-backup-notifications:1";
                let member = format!(
                    "<Subscriptions><member><SubscriptionArn>{arn}</SubscriptionArn></member>\
                     </Subscriptions>"
                );
                (200, xml("ListSubscriptionsByTopic", &member))
            }
            _ => (200, self.json(stub).to_string()),
        }
    }

    fn assumed(&self) -> (u16, String) {
        let account = self.form.split("%3A%3A").nth(1).unwrap();
        let account = account.split("%3A").next().unwrap();
        if account == CLOSED {
            let error = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message>\
                         </Error></ErrorResponse>";
            return (403, error.to_owned());
        }
        let credentials = format!(
            "<Credentials><AccessKeyId>{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
             <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>\
             </Credentials>"
        );
        (200, xml("AssumeRole", &credentials))
    }

    fn json(&self, stub: &Stub) -> Value {
        if let Some(content) = &stub.policy
            && let Some(answer) = self.of_policy(content)
        {
            return answer;
        }
        let policy = json!({"plans": {}}).to_string();
        match self.operation.as_str() {
            "ListRoots" => json!({"Roots": [{"Id": "r-abcd", "Name": "Root", "PolicyTypes": [
                {"Type": "BACKUP_POLICY", "Status": "ENABLED"}]}]}),
            "ListOrganizationalUnitsForParent" if self.body["ParentId"] == "r-abcd" => {
                json!({"OrganizationalUnits": [{"Id": "ou-abcd-11111111", "Name": "all"}]})
            }
            "ListOrganizationalUnitsForParent" => json!({"OrganizationalUnits": []}),
            "ListAccountsForParent" if self.body["ParentId"] == "r-abcd" => json!({"Accounts": []}),
            "ListAccountsForParent" => self.accounts(),
            "ListPolicies" => json!({"Policies": []}),
            "DescribeOrganization" => json!({"Organization": {
                "Id": "o-rehearsal01", "FeatureSet": "ALL"}}),
            "DescribeEffectivePolicy" => json!({"EffectivePolicy": {"PolicyContent": policy}}),
            "ListAccountsWithInvalidEffectivePolicy" => json!({"Accounts": []}),
            "global-settings" => json!({"GlobalSettings": {"isCrossAccountBackupEnabled": "true"}}),
            "account-settings" => json!({
                "ResourceTypeOptInPreference": {"S3": true},
                "ResourceTypeManagementPreference": {"DynamoDB": true}}),
            "DescribeBackupVault" => json!({"EncryptionKeyArn": "arn:aws:kms:x:1:key/1",
                "CreationDate": 1_600_000_000, "NumberOfRecoveryPoints": 1}),
            "GetResources" => {
                let found = json!([{"ResourceARN": "arn:aws:s3:::orders"}]);
                json!({"ResourceTagMappingList": if stub.tagged { found } else { json!([]) }})
            }
            "DescribeKey" => json!({"KeyMetadata": {"KeyId": "1", "KeyState": "Enabled"}}),
            "recovery-points" => json!({"RecoveryPoints": [{"CreationDate": 1_700_000_000}]}),
            "backup-jobs" => self.jobs("BackupJobs", "BackupVaultArn"),
            "copy-jobs" if self.lists_all => self.jobs("CopyJobs", "DestinationBackupVaultArn"),
            "restore-jobs" => json!({"RestoreJobs": []}),
            "copy-jobs" => json!({"CopyJobs": []}),
            "listRegions" => {
                let status = |region: &str| match (region, self.account.as_str()) {
                    ("ap-east-1", WITHOUT) => "DISABLED",
                    _ => "ENABLED",
                };
                let regions =
                    REGIONS.map(|it| json!({"RegionName": it, "RegionOptStatus": status(it)}));
                json!({"Regions": regions})
            }
            "GetFunctionConfiguration" => {
                json!({"State": "Active", "LastUpdateStatus": "Successful"})
            }
            "event-source-mappings" => json!({"EventSourceMappings": [{"State": "Enabled"}]}),
            "ListRuleNamesByTarget" => json!({"RuleNames": ["RestoreRule"]}),
            "DescribeRule" => json!({"Name": "RestoreRule", "State": "ENABLED"}),
            "ListAWSServiceAccessForOrganization" => json!({"EnabledServicePrincipals": []}),
            "ListDelegatedAdministrators" => json!({"DelegatedAdministrators": []}),
            other => panic!(
                "nobody expected {other} of {} in {}",
                self.account, self.region
            ),
        }
    }

    /// What is answered where there is a policy.
    fn of_policy(&self, content: &Value) -> Option<Value> {
        let content = content.to_string();
        let summary = json!({"Id": "p-daily0001", "Name": "daily", "Type": "BACKUP_POLICY"});
        Some(match self.operation.as_str() {
            "ListPolicies" => json!({"Policies": [summary]}),
            "DescribePolicy" => {
                json!({"Policy": {"PolicySummary": summary, "Content": content}})
            }
            "ListTargetsForPolicy" => json!({"Targets": [{"TargetId": "r-abcd"}]}),
            "ListTagsForResource" => json!({"Tags": []}),
            "DescribeEffectivePolicy" => {
                let merged = merged(&serde_json::from_str(&content).unwrap());
                json!({"EffectivePolicy": {"PolicyContent": merged.to_string()}})
            }
            _ => return None,
        })
    }

    /// A day's jobs of every account on each of the days that are looked at, a thousand a page.
    fn jobs(&self, list: &str, vault: &str) -> Value {
        let all = ACCOUNTS * DAILY * usize::try_from(DAYS).unwrap();
        let end = (self.token + 1_000).min(all);
        let jobs: Vec<Value> = (self.token..end)
            .map(|number| {
                let (day, rest) = (number / (ACCOUNTS * DAILY), number % (ACCOUNTS * DAILY));
                let (id, resource) = (account(rest / DAILY), rest % DAILY);
                let day = DAYS - i64::try_from(day).unwrap();
                let made = now().timestamp() - day * 24 * 60 * 60 + 5 * 60 * 60;
                let region = &self.region;
                json!({"AccountId": id, "State": "COMPLETED", "ResourceType": "EBS",
                    "ResourceArn": format!("arn:aws:ec2:{region}:{id}:volume/vol-{resource}"),
                    vault: format!("arn:aws:backup:{region}:{id}:backup-vault:{VAULT}"),
                    "CreationDate": made, "CompletionDate": made + 600})
            })
            .collect();
        let next = (end < all).then(|| end.to_string());
        json!({list: jobs, "NextToken": next})
    }

    /// Twenty accounts a page, as AWS has them.
    fn accounts(&self) -> Value {
        let token = self.body["NextToken"].as_str();
        let first: usize = token.map_or(0, |token| token.parse().unwrap());
        let accounts: Vec<Value> = (first..(first + 20).min(ACCOUNTS))
            .map(|number| json!({"Id": account(number), "Name": "member", "State": "ACTIVE"}))
            .collect();
        let next = (first + 20 < ACCOUNTS).then(|| (first + 20).to_string());
        json!({"Accounts": accounts, "NextToken": next})
    }
}

/// One policy alone merges to what it assigns.
fn merged(policy: &Value) -> Value {
    match policy {
        Value::Object(members) => match members.get("@@assign") {
            Some(assigned) => assigned.clone(),
            None => members
                .iter()
                .map(|(key, value)| (key.clone(), merged(value)))
                .collect(),
        },
        other => other.clone(),
    }
}

fn role() -> String {
    let trust = r#"{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"backup.amazonaws.com"}}]}"#;
    format!(
        "<Role><Path>/</Path><RoleName>R</RoleName><RoleId>R</RoleId><Arn>a</Arn>\
         <CreateDate>2020-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument></Role>",
        trust.replace('"', "%22")
    )
}

fn xml(operation: &str, content: &str) -> String {
    format!(
        "<{operation}Response><{operation}Result>{content}</{operation}Result></{operation}Response>"
    )
}

fn connection(stub: &Stub) -> Connection {
    let credentials = Credentials::new(MANAGEMENT, "a secret", None, None, "test");
    Connection {
        sdk: SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .http_client(SharedHttpClient::new(stub.clone()))
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(RetryConfig::standard().with_max_attempts(4))
            .build(),
        caller: Caller {
            account: MANAGEMENT.to_owned(),
            arn: "arn:aws:iam::111111111111:user/ana".to_owned(),
        },
    }
}

fn question() -> Question {
    let targets = json!({
        "OrganizationId": "o-rehearsal01", "OrgManagementAccount": MANAGEMENT,
        "TargetHomeAccount": "222222222222",
        "CentralBackupVaultArn": "arn:aws:backup:eu-west-1:333333333333:backup-vault:Central",
        "TargetOUs": "ou-abcd-11111111", "TargetRegions": REGIONS.join(","),
        "TargetGlobalRegion": "eu-west-1",
    });
    Question {
        targets: Targets::parse(&targets.to_string()).unwrap(),
        accounts: Vec::new(),
        member_role: "Doctor".to_owned(),
        home_region: "eu-west-1".to_owned(),
        tags_restores: true,
        tags_sap_hana: false,
    }
}

/// Organizations' published rates for one account (quotas, "Throttling limits"): calls a second, at once
/// after a rest, and which operations they are for; see `aws/organizations.rs`.
const RATES: [(f64, f64, &[&str]); 6] = [
    (1.0, 2.0, &["ListRoots", "DescribeOrganization"]),
    (
        5.0,
        8.0,
        &["ListAccountsForParent", "ListOrganizationalUnitsForParent"],
    ),
    (5.0, 8.0, &["ListPolicies", "ListTargetsForPolicy"]),
    (2.0, 2.0, &["DescribePolicy"]),
    (4.0, 6.0, &["ListTagsForResource"]),
    (
        2.0,
        2.0,
        &[
            "DescribeEffectivePolicy",
            "ListAccountsWithInvalidEffectivePolicy",
        ],
    ),
];

impl Seen {
    /// The least time, in seconds, in which AWS's rates allow these calls, each rate at once.
    fn least(&self) -> f64 {
        let times = RATES.iter().map(|(rate, burst, operations)| {
            let calls = operations.iter().filter_map(|it| self.calls.get(*it));
            let calls = u32::try_from(calls.sum::<usize>()).unwrap();
            (f64::from(calls) - burst).max(0.0) / rate
        });
        times.fold(0.0, f64::max)
    }

    fn row(&self, command: &str, took: Duration) -> String {
        format!(
            "| `{command}` | {} | {} | {:.0} | {:.0} |\n",
            self.calls.values().sum::<usize>(),
            self.most,
            took.as_secs_f64(),
            self.least()
        )
    }
}

/// AWS's rates decide how long it takes, and the page says so for each command.
#[tokio::test(start_paused = true)]
async fn five_hundred_accounts_in_four_regions_take_the_calls_and_seconds_that_are_on_record() {
    let with_policy = || Stub {
        policy: Some(daily()),
        ..Stub::default()
    };
    let mut rows = String::new();

    let stub = with_policy();
    let begin = tokio::time::Instant::now();
    let organizations = connection(&stub).organizations();
    let progress = Progress::begin();
    let counter = progress.counter();
    let read = organizations.landscape(Tags::LeaveOut, &counter);
    assert_eq!(read.await.unwrap().0.accounts.len(), ACCOUNTS);
    rows += &stub.seen.lock().unwrap().row("snapshot", begin.elapsed());

    let stub = with_policy();
    let begin = tokio::time::Instant::now();
    look(&connection(&stub), &question()).await.unwrap();
    rows += &stub.seen.lock().unwrap().row("doctor", begin.elapsed());

    let stub = with_policy();
    let begin = tokio::time::Instant::now();
    let window = Window {
        from: now() - chrono::TimeDelta::days(DAYS),
        now: now(),
    };
    let regions = REGIONS.map(str::to_owned);
    let found = status::look(&connection(&stub), &regions, window).await;
    let found = found.unwrap();
    assert_eq!(found.unasked, [""; 0]);
    assert_eq!(found.judged.unwrap().late, []);
    rows += &stub.seen.lock().unwrap().row("status", begin.elapsed());

    let jobs = ACCOUNTS * DAILY * REGIONS.len() * usize::try_from(DAYS).unwrap();
    let page = format!(
        "# The live commands in 500 accounts and four Regions\n\n\
         Written by `crates/backupctl/tests/scale.rs` (`UPDATE_EXPECT=1`), in virtual time, with an AWS that \
         takes 100 ms for\neach call. `status` reads {DAYS} days: {jobs} backups and as many copies. The last column is \
         the least time in which\nOrganizations' published rates allow the calls that were made; AWS Backup, STS and \
         IAM publish none.\n\n\
         | command | calls | at a time, at most | seconds | Organizations' rates allow, s |\n\
         |---|--:|--:|--:|--:|\n{rows}"
    );
    expect_test::expect_file!["../../../docs/evidence/scale.md"].assert_eq(&page);
}

#[tokio::test(start_paused = true)]
async fn in_five_hundred_accounts_each_fault_is_reported_once() {
    let stub = Stub::default();
    let question = question();
    let facts = look(&connection(&stub), &question).await.unwrap();
    assert!(stub.seen.lock().unwrap().most <= 6);

    let checks = diagnose(&facts, &question.targets, None);
    let unknown: Vec<&Check> = checks
        .iter()
        .filter(|it| it.state == State::Unknown)
        .collect();
    let noted: Vec<(&str, &str)> = unknown
        .iter()
        .map(|it| (it.account.as_ref().unwrap().0.as_str(), it.what.as_str()))
        .collect();
    assert_eq!(
        noted,
        [
            (CLOSED, "account"),
            (THROTTLED, "last backup"),
            (WITHOUT, "Region"),
        ],
        "{unknown:#?}"
    );
    for check in unknown {
        let has_remedy = check.remedy.is_some() || check.detail.contains("try again later");
        assert!(has_remedy, "{check:#?}");
    }
    let looked_at = checks.iter().find(|it| it.what == "looked at").unwrap();
    assert!(
        looked_at
            .detail
            .starts_with("499 of 500 accounts of the targets, 1995 of 2000 Regions of theirs"),
        "{}",
        looked_at.detail
    );
}

fn daily() -> Value {
    let role = "arn:aws:iam::$account:role/AWSBackupSolutionRole";
    json!({"plans": {"daily": {
        "regions": {"@@assign": REGIONS},
        "rules": {"nightly": {
            "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
            "start_backup_window_minutes": {"@@assign": "60"},
            "complete_backup_window_minutes": {"@@assign": "1200"},
            "target_backup_vault_name": {"@@assign": VAULT}}},
        "selections": {"tags": {"tagged": {
            "iam_role_arn": {"@@assign": role},
            "tag_key": {"@@assign": "backup"},
            "tag_value": {"@@assign": ["daily"]}}}}}}})
}

#[tokio::test(start_paused = true)]
async fn a_vault_whose_last_backup_is_older_than_its_schedule_allows_is_a_failure() {
    for (tagged, state, end) in [
        (
            true,
            State::Failed,
            "and of what bears its tag nothing was backed up since",
        ),
        (false, State::Noted, "and nothing there bears its tag"),
    ] {
        let stub = Stub {
            policy: Some(daily()),
            tagged,
            ..Stub::default()
        };
        let question = Question {
            accounts: vec![account(0)],
            ..question()
        };
        let facts = look(&connection(&stub), &question).await.unwrap();
        let checks = diagnose(&facts, &question.targets, None);
        let found: Vec<&Check> = checks
            .iter()
            .filter(|it| it.what == "last backup")
            .collect();
        assert_eq!(found.len(), REGIONS.len());
        for check in found {
            assert_eq!(check.state, state, "{check:#?}");
            assert!(
                check
                    .detail
                    .starts_with("2023-11-14 22:13 UTC: daily/nightly ran on 20"),
                "{}",
                check.detail
            );
            assert!(check.detail.ends_with(end), "{}", check.detail);
        }
        // Our merge of one policy is the stub's.
        let theirs = checks
            .iter()
            .find(|it| it.what == "effective policy at AWS");
        assert_eq!(theirs.unwrap().detail, "as merged here");
    }
}
