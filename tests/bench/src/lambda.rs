//! Lambda's part: the Runtime API, and the process that asks it for events.

use crate::aws::Aws;
use crate::server::{self, Reply, reply};
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use hyper::Method;
use hyper::http::request::Parts;
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};
use tokio::time::timeout;

const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:222222222222:function:BackupOrgPolicyManager";
const INVOCATION: Duration = Duration::from_secs(300);
/// Longer than anything here takes: a function that is silent for so long hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// The environment variables of a function, beside those that belong to one process.
pub struct Environment(Vec<(String, String)>);

impl Environment {
    /// As Lambda would set them, but with every AWS service at the stub's addresses.
    pub fn new(aws: &Aws, root_certificates: &Path) -> Environment {
        let mut variables: Vec<(String, String)> = [
            ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
            ("AWS_SESSION_TOKEN", "example"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_LAMBDA_FUNCTION_NAME", "BackupOrgPolicyManager"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_LOG_FORMAT", "JSON"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        variables.push((
            "SSL_CERT_FILE".to_owned(),
            root_certificates.display().to_string(),
        ));
        variables.extend(aws.endpoints());
        Environment(variables)
    }
}

/// What a function does with the Runtime API.
enum Signal {
    /// It asks for an event.
    Next,
    /// It has a result.
    Result,
    /// It reports an error.
    Error(String),
}

/// A running function.
pub struct Function {
    /// From starting the process until it first asked for an event.
    pub ready: Duration,
    process: Child,
    process_id: u32,
    events: mpsc::UnboundedSender<String>,
    signals: mpsc::UnboundedReceiver<(Instant, Signal)>,
}

impl Function {
    /// Starts a binary and waits until it asks for its first event.
    pub async fn start(binary: &Path, environment: &Environment) -> Result<Function> {
        let (events, queue) = mpsc::unbounded_channel();
        let (signaller, signals) = mpsc::unbounded_channel();
        let queue = Arc::new(Mutex::new(queue));
        let address = server::listen(None, move |parts, body| {
            runtime_api(parts, body, queue.clone(), signaller.clone())
        })
        .await?;
        let mut command = Command::new(binary);
        command
            .env_clear()
            .envs(environment.0.iter().map(|(name, value)| (name, value)));
        command.env("AWS_LAMBDA_RUNTIME_API", address.to_string());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        command.kill_on_drop(true);
        let start = Instant::now();
        let process = command
            .spawn()
            .with_context(|| format!("`{}` cannot be started", binary.display()))?;
        let process_id = process.id().context("the function ended at once")?;
        let ready = Duration::ZERO;
        let mut function = Function {
            ready,
            process,
            process_id,
            events,
            signals,
        };
        let (at, _) = function.signal().await.context("before the first event")?;
        function.ready = at - start;
        Ok(function)
    }

    /// Hands out an event and waits for the result; returns the time between.
    pub async fn invoke(&mut self, event: &Value) -> Result<Duration> {
        let event = event.to_string();
        let start = Instant::now();
        self.events.send(event)?;
        let took = match self.signal().await? {
            (at, Signal::Result) => at - start,
            (_, Signal::Error(text)) => bail!("the function reports: {text}"),
            (_, Signal::Next) => bail!("the function asks for another event without a result"),
        };
        match self.signal().await? {
            (_, Signal::Next) => Ok(took),
            _ => bail!("the function has two results"),
        }
    }

    async fn signal(&mut self) -> Result<(Instant, Signal)> {
        tokio::select! {
            signal = timeout(PATIENCE, self.signals.recv()) => {
                signal.context("the function says nothing")?.context("the Runtime API has ended")
            }
            status = self.process.wait() => bail!("the function has ended: {}", status?),
        }
    }

    /// The most memory that the process has had, in bytes.
    pub fn peak_memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process_id))
            .context("memory is read from /proc, which only Linux has")?;
        let kilobytes = status.lines().find_map(|line| {
            line.strip_prefix("VmHWM:")?
                .trim()
                .strip_suffix("kB")?
                .trim()
                .parse::<u64>()
                .ok()
        });
        Ok(kilobytes.context("the kernel does not say how much memory was used")? * 1024)
    }

    /// The processor time of all the process's threads, if the kernel counts it.
    pub fn cpu_time(&self) -> Option<Duration> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process_id)).ok()?;
        let times = threads.map(|thread| {
            let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split(' ')
                .next()?
                .parse()
                .ok()
                .map(Duration::from_nanos)
        });
        times.sum()
    }

    /// Ends the process, as Lambda does: without asking.
    pub async fn stop(mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }
}

async fn runtime_api(
    parts: Parts,
    body: Bytes,
    queue: Arc<Mutex<mpsc::UnboundedReceiver<String>>>,
    signaller: mpsc::UnboundedSender<(Instant, Signal)>,
) -> Reply {
    let now = Instant::now();
    let path = parts.uri.path();
    if parts.method == Method::GET && path.ends_with("/invocation/next") {
        let _ = signaller.send((now, Signal::Next));
        let event = queue.lock().await.recv().await;
        return invocation(event.unwrap_or_default());
    }
    let signal = match path.ends_with("/response") {
        true => Signal::Result,
        false => Signal::Error(String::from_utf8_lossy(&body).into_owned()),
    };
    let _ = signaller.send((now, signal));
    reply(202, "application/json", "{}")
}

fn invocation(event: String) -> Reply {
    let deadline = SystemTime::now() + INVOCATION;
    let deadline = deadline
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_millis();
    let mut reply = reply(200, "application/json", event);
    for (name, value) in [
        (
            "lambda-runtime-aws-request-id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        ),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            FUNCTION_ARN.to_owned(),
        ),
        (
            "lambda-runtime-trace-id",
            "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700".to_owned(),
        ),
    ] {
        if let Ok(value) = value.parse() {
            reply.headers_mut().insert(name, value);
        }
    }
    reply
}
