//! A day of an account: who acts in it, and what is judged when.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use simulation::Record;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::queue::{Message, Queue, batch};
use super::restores::{Fate, Restore};
use super::{rules, weather};
use crate::lambda::{End, Lambda};
use crate::world::{Behaviour, Tags, World};

const HOUR: Duration = Duration::from_secs(3_600);
/// AWS fails until then.
const EVENING: Duration = Duration::from_secs(20 * 3_600);

/// What everybody shares.
pub(super) struct Day {
    pub(super) record: Record,
    pub(super) world: World,
    pub(super) lambda: Lambda,
    pub(super) queue: Queue,
    pub(super) restores: Vec<Restore>,
    pub(super) refused: BTreeSet<String>,
    pub(super) judged: Mutex<Judged>,
}

/// What the rules know.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) writes: usize,
    pub(super) values: rules::Values,
    /// When people last changed the tags of a resource.
    pub(super) edited: BTreeMap<String, Duration>,
    /// The target's own tags, by job.
    pub(super) own: BTreeMap<String, Tags>,
    /// Jobs for which a source was given up.
    pub(super) soft: BTreeSet<String>,
    /// The last line of each job.
    pub(super) lines: BTreeMap<String, Value>,
}

pub async fn live(record: &Record) {
    // The SDK's jitter draws from this one.
    fastrand::seed(record.seed);
    let mut random = Rng::with_seed(record.seed);
    let refused = match random.u8(0..4) {
        0 => BTreeSet::from(["cost-centre".to_owned()]),
        _ => BTreeSet::new(),
    };
    let credentials_last = random.choice([None, Some(HOUR)]).unwrap();
    let world = World::behaving(Behaviour {
        latency: Duration::from_millis(random.u64(5..400)),
        page_size: random.choice([3, 100]).unwrap(),
        enforce_rates: random.bool(),
        old_s3: random
            .choice([None, None, Some((405, "MethodNotAllowed"))])
            .unwrap(),
        refused_keys: refused.clone(),
        credentials_last,
        ..Behaviour::default()
    });
    let number = random.usize(1..7);
    let restores: Vec<Restore> = (0..number)
        .map(|n| Restore::random(n, &mut random))
        .collect();
    restores
        .iter()
        .for_each(|it| it.prepare(&world, &mut random));
    let mut lambda = Lambda::new(&world);
    lambda.timeout = Duration::from_secs(120);
    // Lambda replaces a process before its credentials end, and not always in time.
    lambda.sandboxes_last = credentials_last.map(|it| it - Duration::from_secs(60));
    let judged = Judged::default();
    let day = Arc::new(Day {
        record: record.clone(),
        world,
        lambda,
        queue: Queue::default(),
        restores,
        refused,
        judged: Mutex::new(judged),
    });
    day.note_values();

    let mut day_long = JoinSet::new();
    for number in 0..day.restores.len() {
        day_long.spawn(restore(day.clone(), number, random.fork()));
    }
    day_long.spawn(people(day.clone(), random.fork()));
    day_long.spawn(storms(day.clone(), random.fork()));
    day_long.spawn(reconciliations(day.clone(), random.fork()));
    if random.u8(0..3) == 0 {
        day.record.count("injected: message that is no event");
        day.queue.send("no event".to_owned());
    }
    let mut pollers = JoinSet::new();
    for _ in 0..2 {
        pollers.spawn(poll(day.clone(), random.fork()));
    }
    until_all(&mut day_long, &mut pollers).await;

    // The evening: AWS is well again, and what was set aside is sent back.
    day.tell("AWS is well again");
    day.world.calm();
    let allowed = random.bool();
    if allowed {
        day.tell("somebody grants what was denied");
        day.world.allow_all();
    }
    let quiet = {
        let day = day.clone();
        async move {
            day.queue.empty().await;
            day.redrive();
            day.queue.empty().await;
            day.reconcile().await;
        }
    };
    day_long.spawn(quiet);
    until_all(&mut day_long, &mut pollers).await;
    day.end(allowed);
}

/// Waits until all have done their day's work; the pollers never have.
async fn until_all(day_long: &mut JoinSet<()>, pollers: &mut JoinSet<()>) {
    loop {
        let done = tokio::select! {
            biased;
            Some(done) = pollers.join_next() => done,
            done = day_long.join_next() => match done {
                Some(done) => done,
                None => return,
            },
        };
        if let Err(error) = done {
            std::panic::resume_unwind(error.into_panic());
        }
    }
}

/// A restore ends, can be seen, and its events arrive.
async fn restore(day: Arc<Day>, number: usize, mut random: Rng) {
    let it = &day.restores[number];
    let mut steps: Vec<(Duration, &str)> = vec![(it.ends, "ends"), (it.appears, "can be seen")];
    steps.extend(it.events.iter().map(|at| (*at, "event arrives")));
    steps.extend(it.vanishes.map(|at| (at, "is deleted by hand")));
    steps.sort();
    day.record.count("restores");
    day.record.add(
        "injected: event that arrives twice",
        it.events.len().saturating_sub(1) as u64,
    );
    for (what, yes) in [
        ("event that is lost", it.events.is_empty()),
        (
            "event of a job that is still running",
            it.events.iter().any(|at| *at < it.ends),
        ),
        ("resource that appears late", it.appears > it.ends),
        ("resource that vanishes", it.vanishes.is_some()),
        ("resource that nobody may write to", it.fate == Fate::Denied),
        (
            "restore into something that was there before",
            it.fate == Fate::Existing,
        ),
        ("restore test", it.fate == Fate::Test),
    ] {
        day.record.add(&format!("injected: {what}"), u64::from(yes));
    }
    for (at, what) in steps {
        sleep(at.saturating_sub(day.world.now())).await;
        day.tell(&format!("{} {:?} {what} ({})", it.job, it.fate, it.target));
        match what {
            "ends" => it.end(&day.world),
            "can be seen" => {
                it.appear(&day.world, &mut random);
                day.note_values();
                let own = day.world.tags_of(&it.target);
                day.judged().own.insert(it.job.clone(), own);
            }
            "event arrives" => day.queue.send(it.event(&mut random)),
            _ => it.vanish(&day.world),
        }
    }
}

/// People change tags by hand.
async fn people(day: Arc<Day>, mut random: Rng) {
    if random.bool() {
        return;
    }
    for _ in 0..random.usize(1..8) {
        let it = random.choice(&day.restores).unwrap();
        // Above all while the function is at work on it.
        let soon = it.events.first().copied().unwrap_or(it.appears);
        let at = soon + Duration::from_millis(random.u64(0..20_000));
        if at > day.world.now() {
            sleep(at - day.world.now()).await;
        }
        let resources = it.resources();
        let arn = *random.choice(&resources).unwrap();
        let key = *random.choice(&["owner", "Name", "added"]).unwrap();
        let value = random
            .choice([None, Some("by hand"), Some("by hand")])
            .unwrap();
        day.tell(&format!("somebody sets `{key}` of {arn} to {value:?}"));
        day.record.count("injected: tag changed by hand");
        day.judge_writes();
        day.world.edit(arn, key, value);
        day.judged().edited.insert(arn.clone(), day.world.now());
        day.note_values();
    }
}

/// AWS fails for hours.
async fn storms(day: Arc<Day>, mut random: Rng) {
    while day.world.now() < EVENING {
        let storm = weather::storm(&mut random);
        day.tell(&format!("a storm: {storm:?}"));
        day.world.weather(random.u64(..), storm);
        day.sleep_until_evening(random.u64(600..4 * 3_600)).await;
        day.tell("calm");
        day.world.calm();
        day.sleep_until_evening(random.u64(60..3 * 3_600)).await;
    }
}

/// Every six hours, with Lambda's two repetitions.
async fn reconciliations(day: Arc<Day>, mut random: Rng) {
    sleep(Duration::from_secs(random.u64(0..6 * 3_600))).await;
    while day.world.now() < EVENING {
        for pause in [0, 60, 120] {
            sleep(Duration::from_secs(pause)).await;
            day.set_death(&mut random);
            if day.reconcile().await {
                break;
            }
        }
        day.sleep_until_evening(6 * 3_600).await;
    }
}

/// Lambda takes messages from the queue.
async fn poll(day: Arc<Day>, mut random: Rng) {
    loop {
        let messages = day.queue.receive(&mut random).await;
        if day.world.now() < EVENING {
            day.set_death(&mut random);
        }
        let began = day.world.now();
        let names: Vec<String> = messages
            .iter()
            .map(|it| format!("{} ({})", day.job(it), it.receives))
            .collect();
        day.tell(&format!("received: {}", names.join(", ")));
        let invoked = day.lambda.invoked(&batch(&messages)).await;
        day.judge(&invoked, began, messages.len());
        let End::Answer(answer) = &invoked.end else {
            continue;
        };
        let failures = answer["batchItemFailures"].as_array().unwrap();
        let mut lines = invoked.lines.iter().peekable();
        for message in &messages {
            // One job after the other; what makes no sense, or was not begun, has no line.
            let job = day.job(message);
            let line = lines.next_if(|line| !is_running(message) && line["restoreJobId"] == job);
            if failures
                .iter()
                .any(|it| it["itemIdentifier"] == message.id.as_str())
            {
                continue;
            }
            day.judge_done(line, message, began);
            day.queue.delete(&message.id);
        }
    }
}

/// Whether an event says itself that there is nothing to do yet.
pub(super) fn is_running(message: &Message) -> bool {
    message.body.contains("\"RUNNING\"")
}

impl Day {
    pub(super) fn judged(&self) -> std::sync::MutexGuard<'_, Judged> {
        self.judged
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What every resource has now is a value of a source.
    fn note_values(&self) {
        let mut judged = self.judged();
        for (arn, tags) in self.world.all_tags() {
            judged.values.note(&arn, &tags);
        }
    }

    /// Sleeps so many seconds, but not beyond the evening.
    async fn sleep_until_evening(&self, seconds: u64) {
        let left = EVENING.saturating_sub(self.world.now());
        sleep(Duration::from_secs(seconds).min(left)).await;
    }

    fn set_death(&self, random: &mut Rng) {
        let death = weather::death(random);
        if let Some(after) = death {
            self.tell(&format!("the next process dies after {after:?}"));
        }
        *self.lambda.dies_after.lock().unwrap() = death;
    }

    fn redrive(&self) {
        let dead = self.queue.dead();
        self.record
            .add("injected: dead letter that is sent back", dead.len() as u64);
        let jobs: Vec<String> = dead.iter().map(|it| self.job(it)).collect();
        self.tell(&format!("dead letters are sent back: {}", jobs.join(", ")));
        self.queue.redrive();
    }

    /// Runs a reconciliation; whether it succeeded.
    async fn reconcile(&self) -> bool {
        let began = self.world.now();
        let invoked = self.lambda.invoked(&json!({ "action": "reconcile" })).await;
        self.tell(&format!("reconciled: {:?}", invoked.end));
        self.judge(&invoked, began, self.restores.len());
        if !matches!(invoked.end, End::Answer(_)) {
            return false;
        }
        for it in &self.restores {
            let known = it.ends < began && it.fate == Fate::Tagged && self.is_settled(it, began);
            if known {
                let line = invoked
                    .lines
                    .iter()
                    .find(|line| line["restoreJobId"] == it.job);
                let left_out = rules::left_out(line, &self.refused);
                let missing = rules::missing(it, &self.world, &left_out);
                self.rule(
                    "a reconciliation that succeeds leaves nothing undone",
                    missing,
                );
            }
        }
        true
    }
}
