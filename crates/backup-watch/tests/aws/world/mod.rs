//! AWS, as far as the function uses it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_client::Environment;
use backup_watch::{App, Config, Invocation, aws, handle};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};

mod organization;
mod table;
mod wire;

pub use organization::Organization;

pub const TOPIC: &str = "arn:aws:sns:eu-west-1:222222222222:aws-backup-notifications";
pub const ROLE: &str = "arn:aws:iam::111111111111:role/Reader";
const FUNCTION: &str = "arn:aws:lambda:eu-west-1:222222222222:function:BackupWatch";

/// What may happen to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The service refuses with this code, without an effect.
    Code(&'static str),
    /// The connection breaks before the call has an effect.
    LostBefore,
    /// The call has its effect, and nobody hears of it.
    LostAfter,
    /// Nothing ever comes back, and nothing happened.
    Hang,
    /// The process dies before the call has an effect.
    CrashBefore,
    /// The call has its effect, and the process dies.
    CrashAfter,
}

/// A message that was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    pub subject: String,
    pub email: String,
    pub raw: Value,
}

/// Which call fails, and how often.
#[derive(Debug)]
struct Plan {
    operation: &'static str,
    /// Calls of this operation that go well before.
    after: usize,
    times: usize,
    /// Only calls in this Region.
    region: Option<&'static str>,
    fault: Fault,
}

#[derive(Default)]
pub struct State {
    items: BTreeMap<String, Map<String, Value>>,
    /// The items of transactions that are under way.
    in_transactions: BTreeSet<String>,
    pub published: Vec<Published>,
    /// Every call, in their order: `DynamoDB:GetItem`.
    pub calls: Vec<String>,
    /// The hosts that were called.
    pub hosts: BTreeSet<String>,
    plans: Vec<Plan>,
    /// The call that fails, counted over all of them.
    nth: Option<(usize, Fault)>,
    storm: Option<(fastrand::Rng, u8)>,
    dead: bool,
    pub organization: Organization,
    pub metrics: Vec<Value>,
}

impl State {
    /// Nothing fails any more.
    pub fn clear_faults(&mut self) {
        self.plans.clear();
        self.nth = None;
    }
}

/// The model. Clones are the same one.
#[derive(Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
    pub clock: Arc<Mutex<DateTime<Utc>>>,
}

impl World {
    pub fn new(now: &str) -> Self {
        World {
            state: Arc::default(),
            clock: Arc::new(Mutex::new(now.parse().unwrap())),
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn now(&self) -> DateTime<Utc> {
        *self.clock.lock().unwrap()
    }

    pub fn pass(&self, time: TimeDelta) {
        *self.clock.lock().unwrap() += time;
    }

    /// The next calls of an operation fail so, so many times.
    pub fn fail(&self, operation: &'static str, times: usize, fault: Fault) {
        self.fail_after(operation, 0, times, fault);
    }

    pub fn fail_after(&self, operation: &'static str, after: usize, times: usize, fault: Fault) {
        self.lock().plans.push(Plan {
            operation,
            after,
            times,
            region: None,
            fault,
        });
    }

    /// All calls of an operation in a Region fail so.
    pub fn fail_in(&self, region: &'static str, operation: &'static str, fault: Fault) {
        self.lock().plans.push(Plan {
            operation,
            after: 0,
            times: usize::MAX,
            region: Some(region),
            fault,
        });
    }

    /// The call with this number from now on fails so.
    pub fn fail_nth(&self, number: usize, fault: Fault) {
        let mut state = self.lock();
        let at = state.calls.len() + number;
        state.nth = Some((at, fault));
    }

    /// So many of a hundred calls fail in some way that passes.
    pub fn storm(&self, seed: u64, percent: u8) {
        self.lock().storm = (percent > 0).then(|| (fastrand::Rng::with_seed(seed), percent));
    }

    pub fn subjects(&self) -> Vec<String> {
        let state = self.lock();
        let all = state.published.iter();
        all.map(|it| it.subject.clone()).collect()
    }

    /// How many items have an id that begins so.
    pub fn items(&self, prefix: &str) -> usize {
        let state = self.lock();
        let ids = state.items.keys().filter(|id| id.starts_with(prefix));
        ids.count()
    }

    /// An item's number.
    pub fn number(&self, prefix: &str, name: &str) -> Vec<i64> {
        let state = self.lock();
        let items = state.items.iter().filter(|(id, _)| id.starts_with(prefix));
        let numbers =
            items.filter_map(|(_, item)| item.get(name)?.get("N")?.as_str()?.parse().ok());
        numbers.collect()
    }

    /// A new process of the function.
    pub async fn function(&self) -> Function {
        self.configured(&[]).await
    }

    pub async fn configured(&self, more: &[(&str, &str)]) -> Function {
        self.lock().dead = false;
        let variable = |name: &str| {
            let given = more.iter().find(|(it, _)| *it == name);
            let value = match (given, name) {
                (Some((_, value)), _) => value,
                (_, "TOPIC_ARN") => TOPIC,
                (_, "TARGET_REGIONS") => "eu-west-1,us-east-1",
                (_, "AWS_REGION") => "eu-west-1",
                (_, "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY") => "example",
                _ => return None,
            };
            Some(value.to_string())
        };
        let config = Config::read(variable).unwrap();
        let environment = Environment::read(variable, aws::services()).unwrap();
        let lines = self.clone();
        let print = move |line: &str| {
            let line = serde_json::from_str(line).unwrap();
            lines.lock().metrics.push(line);
        };
        let http = wire::client(self.clone());
        Function {
            app: App::new(config, &environment, &http, Arc::new(print)).await,
            world: self.clone(),
        }
    }
}

/// A process of the function.
pub struct Function {
    app: App,
    world: World,
}

impl Function {
    /// Invokes it; `None` when the process died.
    pub async fn invoke(&self, request: &str, payload: &Value) -> Option<Result<Value, String>> {
        // The template's figure.
        self.invoke_for(Duration::from_secs(300), request, payload)
            .await
    }

    /// Invokes it with so much time; `None` also when Lambda ended it.
    pub async fn invoke_for(
        &self,
        lasts: Duration,
        request: &str,
        payload: &Value,
    ) -> Option<Result<Value, String>> {
        let invocation = Invocation {
            request: request.to_string(),
            function_arn: FUNCTION.to_string(),
            deadline: tokio::time::Instant::now() + lasts,
            now: self.world.now(),
        };
        let ended = tokio::time::timeout(lasts, handle(&self.app, payload, &invocation)).await;
        let ended = ended.ok()?;
        match self.world.lock().dead {
            true => None,
            false => Some(ended.map_err(|failure| failure.to_string())),
        }
    }

    /// Hands over events as a queue does, and returns the ids of those to be delivered again.
    pub async fn batch(&self, request: &str, events: &[Value]) -> Option<Vec<String>> {
        let records = events.iter().map(|event| {
            let id = event["id"].as_str().unwrap_or("none");
            json!({"messageId": id, "body": event.to_string()})
        });
        let payload = json!({"Records": records.collect::<Vec<_>>()});
        let answer = self.invoke(request, &payload).await?.unwrap();
        let failures = answer["batchItemFailures"].as_array().unwrap().iter();
        let ids = failures.map(|it| it["itemIdentifier"].as_str().unwrap().to_string());
        Some(ids.collect())
    }

    pub async fn look(&self, request: &str) -> Option<Result<Value, String>> {
        self.invoke(request, &json!({"action": "look"})).await
    }
}

/// A failed backup's event.
pub fn failed(id: &str, account: &str, time: DateTime<Utc>) -> Value {
    json!({
        "version": "0", "id": id, "source": "aws.backup",
        "detail-type": "Backup Job State Change", "account": account, "region": "eu-west-1",
        "time": time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "detail": {"state": "FAILED", "resourceType": "EBS", "statusMessage": "Access Denied",
                   "resourceArn": format!("arn:aws:ec2:eu-west-1:{account}:volume/{id}")},
    })
}
