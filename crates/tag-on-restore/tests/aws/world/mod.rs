//! A stateful model of the AWS services that the function calls, behind its only HTTP client, in
//! virtual time. Written from AWS's documentation and service models, not from the function.

mod fault;
mod own;
mod request;
mod services;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

pub use fault::{Fault, Way};
pub use own::QUEUE;

/// The account and Region of the function.
pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";

pub type Tags = BTreeMap<String, String>;

/// Tags from a list.
pub fn tags(list: &[(&str, &str)]) -> Tags {
    let pairs = list.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// One call that the model received, in the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Since the world began.
    pub at: Duration,
    /// Of which process.
    pub process: usize,
    pub service: &'static str,
    pub operation: String,
    /// The resource that the call is about: an ARN, an id, a job.
    pub about: String,
    /// The keys that it would write.
    pub keys: BTreeSet<String>,
    /// `ok`, an error code, or what happened to the connection.
    pub outcome: String,
}

impl Call {
    /// `service:operation`.
    pub fn name(&self) -> String {
        format!("{}:{}", self.service, self.operation)
    }

    pub fn is_write(&self) -> bool {
        ["TagResources", "TagResource", "AddTagsToResource"].contains(&self.operation.as_str())
    }
}

/// Tags that were written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Since the world began.
    pub at: Duration,
    pub arn: String,
    pub tags: Tags,
    /// What the resource had before.
    pub before: Tags,
    /// What it had when the same process last began to read its tags, and when that was.
    pub read: Option<(Tags, Duration)>,
}

/// A call with its answer as they were on the wire.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// `service:operation`.
    pub call: String,
    pub document: Value,
}

/// A resource or recovery point.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    pub tags: Tags,
    /// EC2 instances: volumes with their snapshots.
    pub volumes: Vec<(String, Option<String>)>,
    /// EC2 instances: network interfaces.
    pub interfaces: Vec<String>,
    /// Database clusters: their instances' names.
    pub members: Vec<String>,
    /// DSQL clusters: the ARNs of all clusters of the group.
    pub peers: Vec<String>,
}

impl From<Tags> for Resource {
    fn from(tags: Tags) -> Resource {
        Resource {
            tags,
            ..Resource::default()
        }
    }
}

/// How the model behaves where AWS leaves room.
#[derive(Clone, Debug)]
pub struct Behaviour {
    pub latency: Duration,
    /// Most tags on a page of those calls that have pages; most jobs on a page.
    pub page_size: usize,
    /// Enforce the published rates of the Resource Groups Tagging API.
    pub enforce_rates: bool,
    /// With this, s3control:TagResource and ListTagsForResource refuse buckets.
    pub old_s3: Option<(u16, &'static str)>,
    /// Keys that services refuse, as a tag policy or an undocumented rule does.
    pub refused_keys: BTreeSet<String>,
    /// User tags that fit on a resource.
    pub most_tags: usize,
    /// How services say that there is no room for more; otherwise each has a code of its own.
    pub full: Option<(u16, &'static str)>,
    /// How long the credentials of a process are good, if they ever end.
    pub credentials_last: Option<Duration>,
    /// Tags that somebody else adds to a resource just before it is first written to.
    pub quicker: Tags,
}

impl Default for Behaviour {
    fn default() -> Behaviour {
        Behaviour {
            latency: Duration::from_millis(20),
            page_size: 100,
            enforce_rates: false,
            old_s3: None,
            refused_keys: BTreeSet::new(),
            most_tags: 50,
            full: None,
            credentials_last: None,
            quicker: Tags::new(),
        }
    }
}

/// The model. Clones share one state.
#[derive(Clone, Debug)]
pub struct World(Arc<Mutex<State>>);

#[derive(Debug)]
pub(crate) struct State {
    began: Instant,
    behaviour: Behaviour,
    /// By ARN. Resources of EC2 are found by id too.
    resources: BTreeMap<String, Resource>,
    /// Members of DescribeRestoreJob's answer, by job.
    jobs: BTreeMap<String, Value>,
    /// Jobs that ListRestoreJobs shows and DescribeRestoreJob no longer knows, and the reverse.
    unlisted: BTreeSet<String>,
    forgotten: BTreeSet<String>,
    metadata: BTreeMap<String, BTreeMap<String, String>>,
    /// ARNs, and beginnings of ARNs, that nobody may write to or read.
    denied: BTreeSet<String>,
    own: own::Own,
    calls: Vec<Call>,
    received: Vec<Exchange>,
    faults: Vec<Fault>,
    storm: Option<fault::Storm>,
    /// How often each way to fail was met.
    failed: BTreeMap<Way, u64>,
    processes: usize,
    /// What each process last read of each resource.
    reads: BTreeMap<(usize, String), (Tags, Duration)>,
    writes: Vec<Written>,
    bucket: (f64, Option<Instant>),
}

/// A process of the function: once dead, nothing that it still sends arrives.
#[derive(Clone, Debug, Default)]
pub struct Process(Arc<ProcessState>);

#[derive(Debug, Default)]
struct ProcessState {
    number: usize,
    began: Duration,
    dead: AtomicBool,
    died: Notify,
}

impl Process {
    pub fn kill(&self) {
        self.0.dead.store(true, Ordering::SeqCst);
        self.0.died.notify_waiters();
        self.0.died.notify_one();
    }

    pub fn number(&self) -> usize {
        self.0.number
    }

    fn is_dead(&self) -> bool {
        self.0.dead.load(Ordering::SeqCst)
    }

    /// Waits until a fault kills the process.
    pub async fn died(&self) {
        while !self.is_dead() {
            self.0.died.notified().await;
        }
    }
}

impl World {
    pub fn new() -> World {
        World::behaving(Behaviour::default())
    }

    pub fn behaving(behaviour: Behaviour) -> World {
        World(Arc::new(Mutex::new(State {
            began: Instant::now(),
            behaviour,
            resources: BTreeMap::new(),
            jobs: BTreeMap::new(),
            unlisted: BTreeSet::new(),
            forgotten: BTreeSet::new(),
            metadata: BTreeMap::new(),
            denied: BTreeSet::new(),
            own: own::Own::default(),
            calls: Vec::new(),
            received: Vec::new(),
            faults: Vec::new(),
            storm: None,
            failed: BTreeMap::new(),
            processes: 0,
            reads: BTreeMap::new(),
            writes: Vec::new(),
            bucket: (5.0, None),
        })))
    }

    /// A client for one process of the function.
    pub fn process(&self) -> (SharedHttpClient, Process) {
        let mut state = self.lock();
        state.processes += 1;
        let process = Process(Arc::new(ProcessState {
            number: state.processes,
            began: state.began.elapsed(),
            ..ProcessState::default()
        }));
        (wire::client(self.clone(), process.clone()), process)
    }

    pub fn put(&self, arn: &str, resource: impl Into<Resource>) {
        self.lock()
            .resources
            .insert(arn.to_owned(), resource.into());
    }

    /// Adds a tag by hand, or takes one away; to what is not there, nothing.
    pub fn edit(&self, arn: &str, key: &str, value: Option<&str>) {
        let mut state = self.lock();
        let Some(resource) = state.resources.get_mut(arn) else {
            return;
        };
        match value {
            Some(value) => _ = resource.tags.insert(key.to_owned(), value.to_owned()),
            None => _ = resource.tags.remove(key),
        }
    }

    pub fn has(&self, arn: &str) -> bool {
        self.lock().resources.contains_key(arn)
    }

    pub fn remove(&self, arn: &str) {
        self.lock().resources.remove(arn);
    }

    pub fn tags_of(&self, arn: &str) -> Tags {
        let state = self.lock();
        state
            .resources
            .get(arn)
            .map(|it| it.tags.clone())
            .unwrap_or_default()
    }

    /// The tags of everything that is there.
    pub fn all_tags(&self) -> BTreeMap<String, Tags> {
        let state = self.lock();
        let all = state.resources.iter();
        all.map(|(arn, resource)| (arn.clone(), resource.tags.clone()))
            .collect()
    }

    /// A job, with members of DescribeRestoreJob's answer beside the usual ones.
    pub fn put_job(&self, id: &str, members: Value) {
        let mut job = json!({
            "AccountId": ACCOUNT,
            "RestoreJobId": id,
            "Status": "COMPLETED",
            "CreationDate": 1_760_000_000.0,
            "CompletionDate": 1_760_000_600.5,
            "PercentDone": "100.00%",
            "IsParent": false,
        });
        let (Value::Object(job), Value::Object(members)) = (&mut job, members) else {
            panic!("members of a job are an object");
        };
        job.extend(members);
        let job = Value::Object(job.clone());
        self.lock().jobs.insert(id.to_owned(), job);
    }

    pub fn put_metadata(&self, job: &str, metadata: &[(&str, &str)]) {
        self.lock().metadata.insert(job.to_owned(), tags(metadata));
    }

    /// DescribeRestoreJob no longer knows the job.
    pub fn forget_job(&self, id: &str) {
        self.lock().forgotten.insert(id.to_owned());
    }

    /// Forbids every call about an ARN that begins so.
    pub fn deny(&self, beginning: &str) {
        self.lock().denied.insert(beginning.to_owned());
    }

    pub fn allow_all(&self) {
        self.lock().denied.clear();
    }

    /// Every call since the last `forget_calls`.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Every write that had its effect.
    pub fn writes(&self) -> Vec<Written> {
        self.lock().writes.clone()
    }

    /// How often each way to fail was met.
    pub fn failed(&self) -> BTreeMap<Way, u64> {
        self.lock().failed.clone()
    }

    /// Time since the world began.
    pub fn now(&self) -> Duration {
        self.lock().began.elapsed()
    }

    /// Every call that had an effect and an answer.
    pub fn received(&self) -> Vec<Exchange> {
        self.lock().received.clone()
    }

    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// No fault any more.
    pub fn mend(&self) {
        self.lock().faults.clear();
    }

    /// Fails calls at random: this share throttled, that share after its effect.
    pub fn storm(&self, seed: u64, throttled: f64, lost: f64) {
        let half = lost / 2.0;
        let ways = [
            (throttled, Way::Throttle),
            (half, Way::LostAfter),
            (half, Way::ErrorAfter),
        ];
        self.weather(seed, ways.into());
    }

    /// Fails calls at random: of all of them these shares in these ways.
    pub fn weather(&self, seed: u64, ways: Vec<(f64, Way)>) {
        self.lock().storm = Some(fault::Storm::new(seed, ways));
    }

    /// The storm is over.
    pub fn calm(&self) {
        self.lock().storm = None;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0
            .lock()
            .expect("no test panics while it holds the model")
    }
}
