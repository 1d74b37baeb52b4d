//! A model of AWS as the function sees it: bytes in, bytes out, behind one HTTP client.
//!
//! The model shares no code with the function. It keeps AWS's rules (errors, quotas, paging,
//! request rates), runs in tokio's virtual time, and fails where a test tells it to.
//!
//! - `organization`: the state, and what a test may read of it
//! - `listing`: what the listings show of it, which may lag behind
//! - `operations`: the Organizations operations on that state
//! - `paging`: pages, also empty ones with more to come
//! - `fault`: when a call fails, and how
//! - `rates`: AWS's published request rates
//! - `neighbours`: STS, SSM, S3 and EventBridge
//! - `answers`: what CloudFormation receives
//! - `stacks`: what CloudFormation shows of its stacks' resources, which may lag behind too
//! - `request`: one request as the services read it, and the response in their protocols
//! - `wire`: the HTTP client: hear a request, fail or have the effect, answer

mod answers;
mod fault;
mod listing;
mod neighbours;
mod operations;
mod organization;
mod paging;
mod rates;
mod request;
mod stacks;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

pub use answers::{Answer, Status, response_url};
pub use fault::{Fault, Way};
pub use organization::{Change, Organization, Policy, PolicyTypeStatus};

/// The management account of the usual organization.
pub const MANAGEMENT: &str = "111111111111";
/// The account the function runs in.
pub const HOME: &str = "222222222222";
/// The management account of a second organization, for moves between them.
pub const OTHER_MANAGEMENT: &str = "999999999999";

/// One call that the model received, in the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Virtual time since the world began.
    pub time: Duration,
    /// `organizations`, `sts`, `ssm`, `events`, `s3` or `cloudformation` (its API and the answer).
    pub service: &'static str,
    pub operation: String,
    pub policy: Option<String>,
    pub target: Option<String>,
    /// `ok`, an error code, or what happened to the connection.
    pub outcome: String,
}

/// How the model behaves where AWS leaves room.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// How long a call to Organizations takes.
    pub latency: Duration,
    /// Most entries on a page, AWS's own maximum being 20.
    pub page_size: usize,
    /// Every listing starts with an empty page that has more to come.
    pub empty_first_pages: bool,
    /// Enforce AWS's published request rates.
    pub enforce_rates: bool,
    /// How long a policy type stays PENDING_ENABLE.
    pub enabling_takes: Duration,
    /// How long ListPolicies and ListTargetsForPolicy do not show a change.
    pub listings_lag: Duration,
    /// How long DescribeStackResource does not show a change.
    pub stacks_lag: Duration,
    /// Backup policies that fit on one target.
    pub policies_per_target: usize,
    /// How long the credentials of an assumed role are good, if they ever end.
    pub sessions_last: Option<Duration>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Behaviour {
            latency: Duration::from_millis(40),
            page_size: 20,
            empty_first_pages: false,
            enforce_rates: false,
            enabling_takes: Duration::from_secs(4),
            listings_lag: Duration::ZERO,
            stacks_lag: Duration::ZERO,
            policies_per_target: 10,
            sessions_last: None,
        }
    }
}

/// The model. Clones share one state.
#[derive(Clone, Debug)]
pub struct World(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    began: Instant,
    /// Woken by every answer.
    answered: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    behaviour: Behaviour,
    /// By management account.
    organizations: BTreeMap<String, Organization>,
    /// Members that the resource-based delegation lets manage backup policies.
    delegated: BTreeMap<String, String>,
    /// Accounts by access key, and when the key ends.
    sessions: BTreeMap<String, (String, Option<Duration>)>,
    roles: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
    /// By bucket and key.
    objects: BTreeMap<(String, String), Vec<Version>>,
    answers: Vec<Answer>,
    /// Details of the events that the bus has.
    reports: Vec<Value>,
    /// Whether the bus takes no event, which EventBridge says for each in an answer with status 200.
    bus_is_full: bool,
    /// By stack and logical id.
    resources: BTreeMap<(String, String), stacks::Resource>,
    calls: Vec<Call>,
    faults: Vec<Fault>,
    /// How often each way to fail was met.
    failed: BTreeMap<Way, u64>,
    rates: rates::Rates,
}

/// A version of an object: its name, and its text until it expires.
type Version = (String, Option<String>);

/// A process of the function as the model knows it: once crashed, nothing it still sends arrives.
#[derive(Clone, Debug)]
pub struct Process(Arc<ProcessState>);

#[derive(Debug, Default)]
struct ProcessState {
    dead: AtomicBool,
    died: Notify,
    seen: Mutex<Seen>,
}

/// What a process did and saw.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Calls that it made, answers to CloudFormation left out.
    pub calls: usize,
    /// Names of policies that a listing showed it.
    pub names: BTreeSet<String>,
}

impl Process {
    /// Kills the process.
    pub fn kill(&self) {
        self.0.dead.store(true, Ordering::SeqCst);
        self.0.died.notify_waiters();
        self.0.died.notify_one();
    }

    /// What it did and saw since this was last asked.
    pub fn seen(&self) -> Seen {
        std::mem::take(&mut *self.0.seen.lock().unwrap())
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
    /// Two organizations, the usual role in both management accounts, and no policies.
    pub fn new() -> World {
        World::behaving(Behaviour::default())
    }

    pub fn behaving(behaviour: Behaviour) -> World {
        let organizations = [
            (
                MANAGEMENT,
                Organization::new("o-model00001", "r-mod1", MANAGEMENT),
            ),
            (
                OTHER_MANAGEMENT,
                Organization::new("o-model00002", "r-mod2", OTHER_MANAGEMENT),
            ),
        ];
        let roles = [MANAGEMENT, OTHER_MANAGEMENT].map(|account| {
            let role = format!("arn:aws:iam::{account}:role/BackupOrgPolicyManagerOrgAdmin");
            (role, account.to_owned())
        });
        World(Arc::new(Shared {
            began: Instant::now(),
            answered: Notify::new(),
            state: Mutex::new(State {
                behaviour,
                organizations: organizations.map(|(id, it)| (id.to_owned(), it)).into(),
                delegated: BTreeMap::new(),
                sessions: BTreeMap::new(),
                roles: roles.into(),
                parameters: BTreeMap::new(),
                objects: BTreeMap::new(),
                answers: Vec::new(),
                reports: Vec::new(),
                bus_is_full: false,
                resources: BTreeMap::new(),
                calls: Vec::new(),
                faults: Vec::new(),
                failed: BTreeMap::new(),
                rates: rates::Rates::default(),
            }),
        }))
    }

    /// A client for one process of the function.
    pub fn process(&self) -> (SharedHttpClient, Process) {
        let process = Process(Arc::default());
        (wire::client(self.clone(), process.clone()), process)
    }

    /// The usual organization as it is now.
    pub fn organization(&self) -> Organization {
        self.organization_of(MANAGEMENT)
    }

    pub fn organization_of(&self, management_account: &str) -> Organization {
        self.lock().organizations[management_account].clone()
    }

    /// Both organizations as if they were one.
    pub fn both_organizations(&self) -> Organization {
        let mut both = self.organization();
        let other = self.organization_of(OTHER_MANAGEMENT);
        both.policies.extend(other.policies);
        both.attachments.extend(other.attachments);
        both.history.extend(other.history);
        both
    }

    /// Changes the usual organization as somebody else would, past the function.
    pub fn somebody<R>(&self, change: impl FnOnce(&mut Organization) -> R) -> R {
        let now = self.now();
        let mut state = self.lock();
        let organization = state.organizations.get_mut(MANAGEMENT).unwrap();
        organization.now = now;
        organization.hand = true;
        let result = change(organization);
        organization.hand = false;
        result
    }

    /// An access key of a session in an account.
    pub fn session(&self, account: &str) -> String {
        let mut state = self.lock();
        let key = format!("ASIAMODEL{:011}", state.sessions.len());
        state
            .sessions
            .insert(key.clone(), (account.to_owned(), None));
        key
    }

    /// Lets the function's own account manage backup policies by delegation.
    pub fn delegate_to_home(&self) {
        self.lock()
            .delegated
            .insert(HOME.to_owned(), MANAGEMENT.to_owned());
    }

    pub fn put_parameter(&self, name: &str, value: &str) {
        self.lock()
            .parameters
            .insert(name.to_owned(), value.to_owned());
    }

    /// Stores a new version of an object and names it.
    pub fn put_object(&self, bucket: &str, key: &str, text: &str) -> String {
        let mut state = self.lock();
        let versions = state
            .objects
            .entry((bucket.to_owned(), key.to_owned()))
            .or_default();
        let version = format!("version{}", versions.len() + 1);
        versions.push((version.clone(), Some(text.to_owned())));
        version
    }

    /// Removes one version of an object for good, as a lifecycle rule does.
    pub fn expire_object_version(&self, bucket: &str, key: &str, version: &str) {
        let mut state = self.lock();
        let versions = state
            .objects
            .get_mut(&(bucket.to_owned(), key.to_owned()))
            .unwrap();
        versions.iter_mut().find(|(it, _)| it == version).unwrap().1 = None;
    }

    /// The names of all parameters.
    pub fn parameters(&self) -> Vec<String> {
        self.lock().parameters.keys().cloned().collect()
    }

    /// Somebody removes a parameter.
    pub fn remove_parameter(&self, name: &str) {
        self.lock().parameters.remove(name);
    }

    /// What was reported on the bus since this was last asked.
    pub fn reports(&self) -> Vec<Value> {
        std::mem::take(&mut self.lock().reports)
    }

    /// Lets the bus take no event from now on, or every one again.
    pub fn fill_bus(&self, is_full: bool) {
        self.lock().bus_is_full = is_full;
    }

    /// Everything CloudFormation received, in order.
    pub fn answers(&self) -> Vec<Answer> {
        self.lock().answers.clone()
    }

    /// Waits for the first answer to a request.
    pub async fn answered(&self, request_id: &str) -> Answer {
        loop {
            let next = self.0.answered.notified();
            let answers = self.answers().into_iter();
            if let Some(answer) = answers.rev().find(|it| it.request_id == request_id) {
                return answer;
            }
            next.await;
        }
    }

    /// How often each way to fail was met.
    pub fn failed(&self) -> BTreeMap<Way, u64> {
        self.lock().failed.clone()
    }

    /// Every call since the last `forget_calls`.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    pub fn forget_calls(&self) {
        self.lock().calls.clear();
    }

    pub fn inject(&self, fault: Fault) {
        self.lock().faults.push(fault);
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.lock().faults.clear();
    }

    pub fn now(&self) -> Duration {
        self.0.began.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }
}
