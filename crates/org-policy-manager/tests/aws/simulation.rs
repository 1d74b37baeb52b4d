//! Random stacks, random faults, and the rules that hold all the same.
//!
//! A run is a stack's life: Creates, Updates, Deletes and repeated requests with random properties,
//! while calls fail in random ways and people change things by hand. After each request, and after
//! what CloudFormation does about a failure, the rules of `Rules` are checked against a reference
//! that knows nothing but the properties. A failure prints its seed:
//!
//! ```text
//! SIMULATION_SEED=17 cargo test -p org-policy-manager --test aws simulation
//! ```
//!
//! `SIMULATION_RUNS` asks for more runs than usual.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::judge::{changed, harm, remaining, seen, unnamed};
use crate::lambda::End;
use crate::stack::{Stack, succeeded};
use crate::template::{content, properties_with};
use crate::world::{Answer, Behaviour, Fault, Organization, Policy, Way, World};

/// Enough to meet every operation failing in every way some times, in seconds.
const RUNS: u64 = 100;
const STEPS: usize = 6;

const OPERATIONS: [&str; 14] = [
    "AssumeRole",
    "DescribeStackResource",
    "PUT answer",
    "CreatePolicy",
    "UpdatePolicy",
    "DeletePolicy",
    "DescribePolicy",
    "AttachPolicy",
    "DetachPolicy",
    "ListPolicies",
    "ListTargetsForPolicy",
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
];

const WAYS: [Way; 14] = [
    Way::Throttle,
    Way::Conflict,
    Way::ChangesInProgress,
    Way::Refuse,
    Way::Constrain,
    Way::ServerError(500),
    Way::ServerError(503),
    Way::LostBefore,
    Way::LostAfter,
    Way::Hang,
    Way::HangAfter,
    Way::Panic,
    Way::CrashBefore,
    Way::CrashAfter,
];

#[tokio::test(start_paused = true)]
async fn the_rules_hold_whatever_fails() {
    let given = |name| {
        let value = std::env::var(name).ok()?;
        Some(value.parse::<u64>().unwrap())
    };
    let chosen = given("SIMULATION_SEED");
    let runs = given("SIMULATION_RUNS").unwrap_or(RUNS);
    let seeds = chosen.map_or(0..runs, |seed| seed..seed + 1);
    let mut requests = 0;
    let mut failures = 0;
    for seed in seeds {
        let mut life = Life::new(seed);
        life.live().await;
        requests += life.stack.events.len();
        failures += life.failures;
    }
    // A simulation in which nothing fails, or everything, shows nothing.
    if chosen.is_none() {
        assert!(
            failures * 10 > requests && failures * 2 < requests,
            "{failures} of {requests}"
        );
    }
}

/// One run.
struct Life {
    seed: u64,
    random: Rng,
    world: World,
    stack: Stack,
    /// Answers with the status FAILED, or never came.
    failures: usize,
    /// What happened, for whoever reads a failure.
    story: Vec<String>,
}

impl Life {
    fn new(seed: u64) -> Life {
        // The function's own jitter and the SDK's draw from this one.
        fastrand::seed(seed);
        let mut random = Rng::with_seed(seed);
        let world = World::behaving(Behaviour {
            page_size: random.usize(1..=20),
            empty_first_pages: random.bool(),
            enforce_rates: random.bool(),
            latency: Duration::from_millis(random.u64(1..800)),
            ..Behaviour::default()
        });
        world.somebody(|it| {
            for n in 0..random.usize(0..25) {
                let targets: Vec<String> = (0..random.usize(0..3)).map(|n| it.unit(n)).collect();
                let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
                it.add_foreign_policy(&format!("somebody's {n}"), &targets[..targets.len().min(9)]);
            }
            // Ten fit on a target, and ours must.
            it.attachments.truncate(9);
        });
        let stack = Stack::new(&world, "backup");
        Life {
            seed,
            random,
            world,
            stack,
            failures: 0,
            story: Vec::new(),
        }
    }

    async fn live(&mut self) {
        for _ in 0..STEPS {
            self.meddle();
            self.break_something();
            self.stack.lambda.repeats = self.random.choice([0, 2, 2]).unwrap();
            if self.stack.resource.is_none() {
                self.create().await;
            } else {
                match self.random.u8(0..10) {
                    0..=7 => self.update().await,
                    _ => self.delete().await,
                }
            }
            self.world.heal();
            if self.stack.resource.is_some() && self.random.u8(0..5) == 0 {
                self.repeat().await;
            }
            if self.random.u8(0..3) == 0 {
                self.come_again().await;
            }
        }
        self.stack.lambda.repeats = 2;
        if self.stack.resource.is_some() {
            self.delete().await;
        }
        let now = self.world.organization();
        self.check(
            ours(&now).is_empty(),
            "after the stack's end something is left",
        );
    }

    async fn create(&mut self) {
        let properties = self.properties();
        self.tell(format!("create {properties}"));
        let before = self.world.organization();
        let answer = self.stack.create(&properties).await;
        let now = self.world.organization();
        self.harmless(&before, &now, &[]);
        if self.is_answered(&answer) {
            return self.is_as_wanted(&properties, &now);
        }
        self.before_or_named(&before, &now, remaining(&before, &now), &answer);
        self.until_cloudformation_is_done().await;
        let now = self.world.organization();
        self.harmless(&before, &now, &[]);
        self.check(ours(&now).is_empty(), "a failed Create left a policy");
    }

    async fn update(&mut self) {
        let old = self.stack.resource.clone().unwrap().properties;
        let new = match self.random.u8(0..6) {
            0 => old.clone(),
            _ => self.properties(),
        };
        self.tell(format!("update to {new}"));
        let before = self.world.organization();
        let kept = self.kept(&before, &new);
        let answer = self.stack.update(&new).await;
        let now = self.world.organization();
        self.harmless(&before, &now, &kept);
        if self.is_answered(&answer) {
            self.is_as_wanted(&new, &now);
            // The policy may have been made anew, and CloudFormation then deletes the old one.
            return self.until_cloudformation_is_done().await;
        }
        self.before_or_named(&before, &now, changed(&before, &now), &answer);
        let middle = now;
        let kept = self.kept(&middle, &old);
        self.until_cloudformation_is_done().await;
        let now = self.world.organization();
        self.harmless(&middle, &now, &kept);
        self.is_as_wanted(&old, &now);
    }

    async fn delete(&mut self) {
        self.tell("delete".to_owned());
        let before = self.world.organization();
        let answer = self.stack.delete().await;
        let now = self.world.organization();
        self.harmless(&before, &now, &[]);
        if !self.is_answered(&answer) {
            self.before_or_named(&before, &now, remaining(&before, &now), &answer);
            self.world.heal();
            let answer = self.stack.delete().await;
            self.check(succeeded(&answer), "the second Delete failed");
        }
        let now = self.world.organization();
        self.harmless(&before, &now, &[]);
        self.check(
            ours(&now).is_empty(),
            "a Delete that succeeded left something",
        );
    }

    /// The last request comes again, without faults: nothing changes.
    async fn repeat(&mut self) {
        self.tell("the last request again".to_owned());
        let before = self.world.organization();
        let properties = self.stack.resource.clone().unwrap().properties;
        let last = self.stack.events.last().unwrap();
        if last["RequestType"] == "Delete" || last["ResourceProperties"] != properties {
            return;
        }
        let answer = self.stack.resend().await;
        let now = self.world.organization();
        self.harmless(&before, &now, &[]);
        self.check(succeeded(&answer), "a repeated request failed");
        self.is_as_wanted(&properties, &now);
    }

    /// A Create or an Update of earlier comes again, when CloudFormation waits for nothing: another
    /// attempt of Lambda's, while the stack went on, or away. Nothing changes.
    async fn come_again(&mut self) {
        let events = self.stack.events.iter();
        let events: Vec<&Value> = events.filter(|it| it["RequestType"] != "Delete").collect();
        let Some(event) = self.random.choice(events).cloned() else {
            return;
        };
        self.tell(format!("comes again: {event}"));
        self.world.heal();
        let before = self.world.organization();
        self.stack.come_again(&event).await;
        let now = self.world.organization();
        self.check(
            seen(&now) == seen(&before),
            "a late repetition changed something",
        );
        let end = self.stack.lambda.ends().pop();
        self.check(end == Some(End::Ok), "a late repetition did not return");
    }

    /// What follows a failure, first while things still fail, then without faults.
    async fn until_cloudformation_is_done(&mut self) {
        for attempt in 0..5 {
            if attempt > 0 || self.random.bool() {
                self.world.heal();
                self.stack.lambda.repeats = 2;
            }
            let Some(answer) = self.stack.go_on().await else {
                return;
            };
            self.tell(format!("cloudformation goes on: {answer:?}"));
        }
        self.check(false, "CloudFormation cannot go on");
    }

    /// Whether the request succeeded.
    fn is_answered(&mut self, answer: &Option<Answer>) -> bool {
        self.tell(format!("answer: {answer:?}"));
        self.failures += usize::from(!succeeded(answer));
        succeeded(answer)
    }

    /// Random properties of a valid template.
    fn properties(&mut self) -> Value {
        let random = &mut self.random;
        let mut targets: Vec<String> = (0..7).map(|n| format!("ou-mod1-{n:08}")).collect();
        targets.extend(["r-mod1".to_owned(), "444444444441".to_owned()]);
        self.world
            .somebody(|it| (0..7).for_each(|n| _ = it.unit(n)));
        random.shuffle(&mut targets);
        targets.truncate(random.usize(1..6));
        let mut tags = Vec::new();
        for key in ["team", "stage"] {
            if random.bool() {
                tags.push(json!({ "Key": key, "Value": random.u8(0..3).to_string() }));
            }
        }
        properties_with(
            1,
            json!({
                "PolicyName": *random.choice(&["daily", "nightly", "weekly"]).unwrap(),
                "PolicyDescription": *random.choice(&["first", "second"]).unwrap(),
                "PolicyTargets": targets,
                "PolicyRegions": *random.choice(&["eu-west-1", "eu-west-1, us-east-1"]).unwrap(),
                "PolicyContent": content(random.usize(1..4)),
                "Tags": tags,
            }),
        )
    }

    /// People change our policy by hand.
    fn meddle(&mut self) {
        let choice = self.random.u8(0..12);
        let target = format!("ou-mod1-{:08}", self.random.usize(0..7));
        let story = self.world.somebody(|it| {
            let id = ours(it).first()?.id.clone();
            let attached = it.targets_of(&id).contains(&target);
            match choice {
                0 if !attached => it.attach(&id, &target),
                1 if attached => it.detach(&id, &target),
                2 => it.policies.get_mut(&id)?.content = r#"{"plans":{}}"#.to_owned(),
                3 => it.policies.get_mut(&id)?.description = "by hand".to_owned(),
                4 => it.delete(&id),
                _ => return None,
            }
            Some(format!("by hand: {choice} {target}"))
        });
        self.story.extend(story);
    }

    /// Random faults for the next request.
    fn break_something(&mut self) {
        for _ in 0..self.random.choice([0, 1, 2, 4, 6]).unwrap() {
            let fault = Fault {
                operation: (*self.random.choice(&OPERATIONS).unwrap()).to_owned(),
                skip: self.random.choice([0, 0, 1, 2, 4]).unwrap(),
                times: self
                    .random
                    .choice([Some(1), Some(2), Some(5), None])
                    .unwrap(),
                way: *self.random.choice(&WAYS).unwrap(),
            };
            self.tell(format!("fault: {fault:?}"));
            self.world.inject(fault);
        }
    }

    /// Targets that our policy has and these properties want.
    fn kept(&self, organization: &Organization, properties: &Value) -> Vec<String> {
        let wanted = targets(properties);
        let live = ours(organization)
            .into_iter()
            .flat_map(|it| organization.targets_of(&it.id));
        live.filter(|it| wanted.contains(it)).collect()
    }

    fn harmless(&mut self, before: &Organization, now: &Organization, kept: &[String]) {
        let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
        let broken = harm(before, now, &kept);
        self.check(broken.is_empty(), &broken.join("; "));
        for policy in ours(now) {
            let tags = &policy.tags;
            let mine = tags.get("backup-org-policy:stack-id") == Some(&self.stack.id())
                && tags
                    .get("backup-org-policy:logical-id")
                    .is_some_and(|it| it == "Policy");
            self.check(mine, "a policy without its owner's tags");
        }
    }

    /// After a failure: as before, or the answer names what is left. A panic knows nothing of it,
    /// and an attempt that follows a dead one knows only what it found.
    fn before_or_named(
        &mut self,
        before: &Organization,
        now: &Organization,
        left: Vec<String>,
        answer: &Option<Answer>,
    ) {
        let Some(answer) = answer else { return };
        let request = &answer.request_id;
        let attempts = self
            .stack
            .lambda
            .log
            .iter()
            .filter(|(id, _)| id == request)
            .count();
        if attempts > 1
            || seen(&now.unordered()) == seen(&before.unordered())
            || answer.reason.contains("stopped unexpectedly")
        {
            return;
        }
        let missing = unnamed(left, answer);
        self.check(missing.is_empty(), &missing.join("; "));
    }

    /// The live policy is what the properties say, by a reference that knows nothing else.
    fn is_as_wanted(&mut self, properties: &Value, now: &Organization) {
        let policies = ours(now);
        self.check(policies.len() == 1, "there is not exactly one policy");
        let policy = &policies[0];
        self.check(policy.name == properties["PolicyName"], "the name");
        self.check(
            policy.description == properties["PolicyDescription"],
            "the description",
        );
        self.check(
            now.targets_of(&policy.id) == targets(properties),
            "the targets",
        );
        let mut wanted = properties["PolicyContent"].clone();
        let regions = properties["PolicyRegions"].as_str().unwrap().split(", ");
        wanted["plans"]["daily"]["regions"] = json!({ "@@assign": regions.collect::<Vec<_>>() });
        let content: Value = serde_json::from_str(&policy.content).unwrap();
        self.check(content == wanted, "the content");
        let tags = policy
            .tags
            .iter()
            .filter(|(key, _)| !key.starts_with("backup-org-policy:"));
        let tags: BTreeMap<&str, &str> = tags.map(|(k, v)| (k.as_str(), v.as_str())).collect();
        let given = properties["Tags"].as_array().unwrap().iter();
        let given = given.map(|it| (it["Key"].as_str().unwrap(), it["Value"].as_str().unwrap()));
        self.check(tags == given.collect(), "the tags");
        let id = self
            .stack
            .resource
            .as_ref()
            .map(|it| it.physical_id.clone());
        self.check(id.as_deref() == Some(&policy.arn), "the physical id");
    }

    fn tell(&mut self, what: String) {
        self.story.push(what);
    }

    fn check(&self, holds: bool, rule: &str) {
        let Life {
            seed, story, world, ..
        } = self;
        assert!(
            holds,
            "SIMULATION_SEED={seed}: {rule}\n{}\n{:#?}\n{:#?}",
            story.join("\n"),
            ours(&world.organization()),
            world.organization().peers(),
        );
    }
}

fn ours(organization: &Organization) -> Vec<Policy> {
    let ours = organization
        .policies
        .values()
        .filter(|it| !it.name.starts_with("somebody's"));
    ours.cloned().collect()
}

fn targets(properties: &Value) -> BTreeSet<String> {
    let targets = properties["PolicyTargets"].as_array().unwrap().iter();
    targets.map(|it| it.as_str().unwrap().to_owned()).collect()
}
