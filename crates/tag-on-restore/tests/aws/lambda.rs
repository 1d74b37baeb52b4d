//! Plays SQS and Lambda: delivers events in batches, runs the function within its time, delivers
//! again what failed, and gives up to the dead-letter queue.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_client::Environment;
use chrono::{DateTime, TimeZone, Utc};
use serde_json::{Value, json};
use tag_on_restore::{App, Config, Invocation, handle};
use tokio::time::{Instant, sleep, timeout_at};

use crate::world::{ACCOUNT, Process, REGION, World};

/// The template's figures.
const BATCH: usize = 10;
const MAX_RECEIVES: u32 = 6;
const VISIBILITY: Duration = Duration::from_secs(360);

/// The function, deployed.
pub struct Lambda {
    world: World,
    config: Config,
    environment: Environment,
    /// The function's timeout.
    pub timeout: Duration,
    running: Option<(Arc<App>, Process)>,
    lines: Arc<Mutex<Vec<Value>>>,
    pub invocations: usize,
}

/// How an invocation ended, seen from Lambda.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Answer(Value),
    Error(String),
    Crashed,
    TimedOut,
}

/// A message on its way.
#[derive(Clone, Debug)]
struct Message {
    id: String,
    body: String,
    receives: u32,
}

impl Lambda {
    pub fn new(world: &World) -> Lambda {
        Lambda::configured(world, &[])
    }

    /// The function with these environment variables.
    pub fn configured(world: &World, variables: &[(&str, &str)]) -> Lambda {
        let variables: BTreeMap<String, String> = [
            ("AWS_REGION", REGION),
            ("AWS_ACCESS_KEY_ID", "ASIAMODEL"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "token"),
        ]
        .iter()
        .chain(variables)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        let get = |name: &str| variables.get(name).cloned();
        Lambda {
            world: world.clone(),
            config: Config::read(get).unwrap(),
            environment: Environment::read(get, tag_on_restore::aws::services()).unwrap(),
            timeout: Duration::from_secs(60),
            running: None,
            lines: Arc::default(),
            invocations: 0,
        }
    }

    /// The lines with metrics so far.
    pub fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    /// The last job's line.
    pub fn last(&self) -> Value {
        self.lines().pop().expect("a line for the job")
    }

    pub async fn invoke(&mut self, payload: &Value) -> End {
        self.invocations += 1;
        let (app, process) = match &self.running {
            Some((app, process)) => (app.clone(), process.clone()),
            None => self.start().await,
        };
        let deadline = Instant::now() + self.timeout;
        let invocation = Invocation {
            function_arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:TagOnRestore"),
            deadline,
            now: now(),
        };
        let payload = payload.clone();
        let mut task = tokio::spawn(async move { handle(&app, &payload, &invocation).await });
        let end = tokio::select! {
            biased;
            () = process.died() => End::Crashed,
            result = timeout_at(deadline, &mut task) => match result {
                Ok(Ok(Ok(answer))) => End::Answer(answer),
                Ok(Ok(Err(failure))) => End::Error(failure.to_string()),
                Ok(Err(panic)) => panic!("the function panicked: {panic}"),
                Err(_) => End::TimedOut,
            },
        };
        task.abort();
        // Lambda keeps a process that returned, and replaces one that did not.
        if matches!(end, End::Crashed | End::TimedOut) {
            process.kill();
            self.running = None;
        }
        end
    }

    async fn start(&mut self) -> (Arc<App>, Process) {
        let (http, process) = self.world.process();
        let lines = self.lines.clone();
        let print = move |line: &str| {
            let line = serde_json::from_str(line).expect("a line of JSON");
            lines.lock().unwrap().push(line);
        };
        let app = App::new(
            self.config.clone(),
            &self.environment,
            &http,
            Arc::new(print),
        )
        .await;
        let app = Arc::new(app);
        self.running = Some((app.clone(), process.clone()));
        (app, process)
    }

    /// Delivers bodies as SQS does, until every one is done or in the dead-letter queue, whose
    /// bodies it returns.
    pub async fn deliver(&mut self, bodies: impl IntoIterator<Item = String>) -> Vec<String> {
        let messages = bodies
            .into_iter()
            .enumerate()
            .map(|(number, body)| Message {
                id: format!("message-{number}"),
                body,
                receives: 0,
            });
        let mut queue: VecDeque<Message> = messages.collect();
        let mut invisible: VecDeque<(Instant, Message)> = VecDeque::new();
        let mut dead = Vec::new();
        loop {
            while let Some((until, _)) = invisible.front()
                && (*until <= Instant::now() || queue.is_empty())
            {
                let (until, message) = invisible.pop_front().unwrap();
                tokio::time::sleep_until(until).await;
                queue.push_back(message);
            }
            let mut batch = Vec::new();
            while batch.len() < BATCH
                && let Some(mut message) = queue.pop_front()
            {
                message.receives += 1;
                match message.receives > MAX_RECEIVES {
                    true => dead.push(message.body),
                    false => batch.push(message),
                }
            }
            if batch.is_empty() {
                match invisible.is_empty() {
                    true => return dead,
                    false => continue,
                }
            }
            let received = Instant::now();
            let end = self.invoke(&records(&batch)).await;
            let failed = |message: &Message| match &end {
                End::Answer(answer) => answer["batchItemFailures"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|it| it["itemIdentifier"] == message.id.as_str()),
                _ => true,
            };
            let again = batch.into_iter().filter(failed);
            invisible.extend(again.map(|message| (received + VISIBILITY, message)));
            sleep(Duration::from_millis(10)).await;
        }
    }
}

fn records(batch: &[Message]) -> Value {
    let records = batch.iter().map(|message| {
        json!({
            "messageId": message.id,
            "body": message.body,
            "attributes": { "ApproximateReceiveCount": message.receives.to_string() },
            "eventSource": "aws:sqs",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// The time at which every test plays.
pub fn now() -> DateTime<Utc> {
    Utc.timestamp_opt(1_760_000_900, 0).unwrap()
}

/// The event of a completed job.
pub fn event(job: &str) -> Value {
    json!({
        "version": "0",
        "id": format!("event-of-{job}"),
        "detail-type": "Restore Job State Change",
        "source": "aws.backup",
        "account": ACCOUNT,
        "time": "2025-10-09T09:08:00Z",
        "region": REGION,
        "resources": [],
        "detail": { "restoreJobId": job, "status": "COMPLETED" },
    })
}
