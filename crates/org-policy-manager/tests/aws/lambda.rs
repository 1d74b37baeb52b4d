//! Plays Lambda: runs the function for an event, within its time, and again if it fails.

use std::collections::BTreeSet;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use org_policy_manager::config::Config;
use org_policy_manager::{App, Invocation, answer};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::world::{Answer, HOME, Process, World};

/// The time of day when the world began: 15 January 2027.
const BEGAN: Duration = Duration::from_secs(1_800_000_000);

/// The pauses before Lambda repeats an asynchronous invocation that failed.
const PAUSES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// The function, deployed. Clones share its sandboxes.
#[derive(Clone)]
pub struct Lambda {
    world: World,
    config: Config,
    /// The function's timeout.
    pub timeout: Duration,
    /// How often a failed invocation is repeated, two at most.
    pub repeats: usize,
    /// The next invocation dies after so long.
    pub dies_after: Arc<Mutex<Option<Duration>>>,
    /// Processes that wait for an invocation.
    idle: Arc<Mutex<Vec<Idle>>>,
    log: Arc<Mutex<Vec<Invoked>>>,
}

/// A process with what it keeps from one invocation to the next.
type Idle = (Arc<App>, Process);

/// An invocation that has ended.
#[derive(Clone, Debug)]
pub struct Invoked {
    pub request_id: String,
    pub end: End,
    /// What arrived at CloudFormation meanwhile.
    pub answers: Vec<Answer>,
    /// Calls that it made.
    pub calls: usize,
    /// Names of policies that a listing showed it.
    pub names: BTreeSet<String>,
}

/// How an invocation ended, seen from Lambda.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Ok,
    Error(String),
    Crashed,
    TimedOut,
}

impl Lambda {
    pub fn new(world: &World) -> Lambda {
        Lambda::configured(world, &[])
    }

    /// The function with these environment variables beside the necessary ones.
    pub fn configured(world: &World, variables: &[(&str, &str)]) -> Lambda {
        let own = world.session(HOME);
        let config = Config::read(|name| match name {
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "AWS_ACCESS_KEY_ID" => Some(own.clone()),
            "AWS_SECRET_ACCESS_KEY" => Some("secret".to_owned()),
            "AWS_SESSION_TOKEN" => Some("token".to_owned()),
            _ => variables
                .iter()
                .find(|(it, _)| *it == name)
                .map(|(_, it)| (*it).to_owned()),
        });
        Lambda {
            world: world.clone(),
            config: config.unwrap(),
            timeout: Duration::from_secs(300),
            repeats: 2,
            dies_after: Arc::default(),
            idle: Arc::default(),
            log: Arc::default(),
        }
    }

    /// The invocations so far.
    pub fn log(&self) -> Vec<Invoked> {
        self.log.lock().unwrap().clone()
    }

    /// How the invocations ended.
    pub fn ends(&self) -> Vec<End> {
        self.log().into_iter().map(|it| it.end).collect()
    }

    /// Delivers an event as an asynchronous invocation does.
    pub async fn deliver(&self, event: &Value) {
        for pause in std::iter::once(None)
            .chain(PAUSES.map(Some))
            .take(1 + self.repeats)
        {
            if let Some(pause) = pause {
                sleep(pause).await;
            }
            if self.invoke(event).await == End::Ok {
                return;
            }
        }
    }

    async fn invoke(&self, event: &Value) -> End {
        let idle = self.idle.lock().unwrap().pop();
        let (app, process) = idle.unwrap_or_else(|| self.start());
        let request_id = event["RequestId"].as_str().unwrap_or_default().to_owned();
        let earlier = self.world.answers().len();
        let deadline = Instant::now() + self.timeout;
        let invocation = Invocation {
            function_arn: format!(
                "arn:aws:lambda:eu-west-1:{HOME}:function:BackupOrgPolicyManager"
            ),
            deadline,
            // The clock of day goes with the world's time.
            now: SystemTime::UNIX_EPOCH + BEGAN + self.world.now(),
        };
        let dies_after = self.dies_after.lock().unwrap().take();
        let dies = async {
            match dies_after {
                Some(time) => sleep(time).await,
                None => pending().await,
            }
        };
        // A task of its own, as the runtime gives it: a panic is an error of the invocation.
        let mut task = tokio::spawn(answer(app.clone(), event.clone(), invocation));
        let end = tokio::select! {
            biased;
            () = process.died() => End::Crashed,
            () = dies => End::Crashed,
            result = timeout_at(deadline, &mut task) => match result {
                Ok(Ok(Ok(()))) => End::Ok,
                Ok(Ok(Err(error))) => End::Error(error.to_string()),
                Ok(Err(panic)) => End::Error(panic.to_string()),
                Err(_) => End::TimedOut,
            },
        };
        task.abort();
        let answers = self.world.answers().split_off(earlier).into_iter();
        let seen = process.seen();
        self.log.lock().unwrap().push(Invoked {
            end: end.clone(),
            answers: answers.filter(|it| it.request_id == request_id).collect(),
            calls: seen.calls,
            names: seen.names,
            request_id,
        });
        // Lambda keeps a process that returned, and replaces one that did not.
        match end {
            End::Crashed | End::TimedOut => process.kill(),
            End::Ok | End::Error(_) => self.idle.lock().unwrap().push((app, process)),
        }
        end
    }

    fn start(&self) -> (Arc<App>, Process) {
        let (http, process) = self.world.process();
        (Arc::new(App::new(self.config.clone(), http)), process)
    }
}
