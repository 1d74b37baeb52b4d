//! Plays SQS and Lambda: delivers events in batches, runs the function within its time, delivers
//! again what failed, and gives up to the dead-letter queue.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
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

/// The function, deployed. Clones share its sandboxes.
#[derive(Clone)]
pub struct Lambda {
    world: World,
    config: Config,
    environment: Environment,
    /// The function's timeout.
    pub timeout: Duration,
    /// How long a sandbox is used, if not for ever.
    pub sandboxes_last: Option<Duration>,
    /// The next invocation dies after so long.
    pub dies_after: Arc<Mutex<Option<Duration>>>,
    idle: Arc<Mutex<Vec<Sandbox>>>,
    lines: Lines,
    began: Instant,
}

/// A process of the function, and what it printed since this was last taken.
#[derive(Clone)]
struct Sandbox {
    app: Arc<App>,
    process: Process,
    printed: Lines,
    began: Instant,
}

type Lines = Arc<Mutex<Vec<Value>>>;

/// An invocation that has ended.
#[derive(Clone, Debug)]
pub struct Invoked {
    pub end: End,
    /// Its lines with metrics.
    pub lines: Vec<Value>,
    /// The number of its process.
    pub process: usize,
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
            sandboxes_last: None,
            dies_after: Arc::default(),
            idle: Arc::default(),
            lines: Arc::default(),
            began: Instant::now(),
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

    pub async fn invoke(&self, payload: &Value) -> End {
        self.invoked(payload).await.end
    }

    /// Invokes the function, in a sandbox that is idle or in a new one.
    pub async fn invoked(&self, payload: &Value) -> Invoked {
        let fresh = |it: &Sandbox| {
            self.sandboxes_last
                .is_none_or(|lasts| it.began.elapsed() < lasts)
        };
        let idle = self.idle.lock().unwrap().pop().filter(fresh);
        let sandbox = match idle {
            Some(sandbox) => sandbox,
            None => self.start().await,
        };
        let Sandbox { app, process, .. } = sandbox.clone();
        let deadline = Instant::now() + self.timeout;
        let passed = chrono::Duration::from_std(self.began.elapsed()).unwrap();
        let invocation = Invocation {
            function_arn: format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:TagOnRestore"),
            deadline,
            now: now() + passed,
        };
        let dies_after = self.dies_after.lock().unwrap().take();
        let dies = async {
            match dies_after {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
        };
        let payload = payload.clone();
        let mut task = tokio::spawn(async move { handle(&app, &payload, &invocation).await });
        let end = tokio::select! {
            biased;
            () = process.died() => End::Crashed,
            () = dies => End::Crashed,
            result = timeout_at(deadline, &mut task) => match result {
                Ok(Ok(Ok(answer))) => End::Answer(answer),
                Ok(Ok(Err(failure))) => End::Error(failure.to_string()),
                Ok(Err(panic)) => panic!("the function panicked: {panic}"),
                Err(_) => End::TimedOut,
            },
        };
        task.abort();
        let lines = std::mem::take(&mut *sandbox.printed.lock().unwrap());
        let invoked = Invoked {
            end,
            lines,
            process: process.number(),
        };
        // Lambda keeps a process that returned, and replaces one that did not.
        match invoked.end {
            End::Crashed | End::TimedOut => process.kill(),
            End::Answer(_) | End::Error(_) => self.idle.lock().unwrap().push(sandbox),
        }
        invoked
    }

    async fn start(&self) -> Sandbox {
        let (http, process) = self.world.process();
        let (lines, printed) = (self.lines.clone(), Lines::default());
        let here = printed.clone();
        let print = move |line: &str| {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            lines.lock().unwrap().push(line.clone());
            here.lock().unwrap().push(line);
        };
        let app = App::new(
            self.config.clone(),
            &self.environment,
            &http,
            Arc::new(print),
        )
        .await;
        Sandbox {
            app: Arc::new(app),
            process,
            printed,
            began: Instant::now(),
        }
    }

    /// Delivers bodies as SQS does, until every one is done or in the dead-letter queue, whose
    /// bodies it returns.
    pub async fn deliver(&self, bodies: impl IntoIterator<Item = String>) -> Vec<String> {
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
