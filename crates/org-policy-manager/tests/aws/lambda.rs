//! Plays Lambda: runs the function for an event, within its time, and again if it fails.

use std::sync::Arc;
use std::time::Duration;

use org_policy_manager::config::Config;
use org_policy_manager::{App, Invocation, answer};
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::world::{HOME, Process, World};

/// The pauses before Lambda repeats an asynchronous invocation that failed.
const PAUSES: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

/// The function, deployed.
pub struct Lambda {
    world: World,
    config: Config,
    /// The function's timeout.
    pub timeout: Duration,
    /// How often a failed invocation is repeated, two at most.
    pub repeats: usize,
    running: Option<(Arc<App>, Process)>,
    /// How each invocation ended, with its RequestId.
    pub log: Vec<(String, End)>,
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
            running: None,
            log: Vec::new(),
        }
    }

    /// How the invocations ended.
    pub fn ends(&self) -> Vec<End> {
        self.log.iter().map(|(_, end)| end.clone()).collect()
    }

    /// Delivers an event as an asynchronous invocation does.
    pub async fn deliver(&mut self, event: &Value) {
        for pause in std::iter::once(None)
            .chain(PAUSES.map(Some))
            .take(1 + self.repeats)
        {
            if let Some(pause) = pause {
                sleep(pause).await;
            }
            let end = self.invoke(event).await;
            let request = event["RequestId"].as_str().unwrap_or_default();
            self.log.push((request.to_owned(), end.clone()));
            if end == End::Ok {
                return;
            }
        }
    }

    async fn invoke(&mut self, event: &Value) -> End {
        let (app, process) = match &self.running {
            Some((app, process)) => (app.clone(), process.clone()),
            None => self.start(),
        };
        let deadline = Instant::now() + self.timeout;
        let invocation = Invocation {
            function_arn: format!(
                "arn:aws:lambda:eu-west-1:{HOME}:function:BackupOrgPolicyManager"
            ),
            deadline,
        };
        // A task of its own, as the runtime gives it: a panic is an error of the invocation.
        let mut task = tokio::spawn(answer(app, event.clone(), invocation));
        let end = tokio::select! {
            biased;
            () = process.died() => End::Crashed,
            result = timeout_at(deadline, &mut task) => match result {
                Ok(Ok(Ok(()))) => End::Ok,
                Ok(Ok(Err(error))) => End::Error(error.to_string()),
                Ok(Err(panic)) => End::Error(panic.to_string()),
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

    fn start(&mut self) -> (Arc<App>, Process) {
        let (http, process) = self.world.process();
        let app = Arc::new(App::new(self.config.clone(), http));
        self.running = Some((app.clone(), process.clone()));
        (app, process)
    }
}
