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
use crate::lambda::{End, Invoked, Lambda};
use crate::world::{Behaviour, Tags, World};

const HOUR: Duration = Duration::from_secs(3_600);
/// AWS fails until then.
const EVENING: Duration = Duration::from_secs(20 * 3_600);

/// What everybody shares.
struct Day {
    record: Record,
    world: World,
    lambda: Lambda,
    queue: Queue,
    restores: Vec<Restore>,
    refused: BTreeSet<String>,
    judged: Mutex<Judged>,
}

/// What the rules know.
#[derive(Default)]
struct Judged {
    writes: usize,
    values: rules::Values,
    /// When people last changed the tags of a resource.
    edited: BTreeMap<String, Duration>,
    /// The target's own tags, by job.
    own: BTreeMap<String, Tags>,
    /// Jobs for which a source was given up.
    soft: BTreeSet<String>,
    /// The last line of each job.
    lines: BTreeMap<String, Value>,
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
fn is_running(message: &Message) -> bool {
    message.body.contains("\"RUNNING\"")
}

impl Day {
    fn judged(&self) -> std::sync::MutexGuard<'_, Judged> {
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

    /// Whether a restore's resources were there all the time since, and no people at work on them.
    fn is_settled(&self, it: &Restore, since: Duration) -> bool {
        let judged = self.judged();
        let edited = it
            .resources()
            .into_iter()
            .filter_map(|arn| judged.edited.get(arn));
        let now = self.world.now();
        it.appears < since
            && it.vanishes.is_none_or(|at| at > now)
            && edited.max().is_none_or(|at| *at < since)
    }

    /// What holds for every invocation, and for every write so far.
    fn judge(&self, invoked: &Invoked, began: Duration, jobs: usize) {
        self.record.count("invocations");
        if invoked.end == End::Crashed {
            self.record.count("injected: process that dies");
        }
        let late = (invoked.end == End::TimedOut).then(|| format!("{invoked:?}"));
        self.rule("an invocation returns in time", late.into_iter().collect());
        for line in &invoked.lines {
            let job = line["restoreJobId"].as_str().unwrap().to_owned();
            let reason = line["reason"].as_str().unwrap_or_default();
            self.tell(&format!("  {job}: {} {reason}", line["Outcome"]));
            let explained = ["Tagged", "NothingMissing"]
                .iter()
                .any(|it| line["Outcome"] == *it);
            let silent = (!explained && reason.is_empty()).then(|| line.to_string());
            self.rule(
                "what is not tagged has a reason",
                silent.into_iter().collect(),
            );
            let mut judged = self.judged();
            if reason.starts_with("went on without") {
                judged.soft.insert(job.clone());
            }
            judged.lines.insert(job, line.clone());
        }
        let calls = self.world.calls().into_iter();
        let calls = calls
            .filter(|it| it.process == invoked.process && it.at >= began)
            .count();
        let many = (calls > rules::MOST_CALLS * jobs.max(1))
            .then(|| format!("{calls} calls for {jobs} jobs"));
        self.rule(
            "a job takes a bounded number of calls",
            many.into_iter().collect(),
        );
        self.judge_writes();
    }

    fn judge_writes(&self) {
        let writes = self.world.writes();
        let mut broken = Vec::new();
        {
            let mut judged = self.judged();
            for write in writes.iter().skip(judged.writes) {
                broken.extend(rules::write(write, &self.restores, &judged.values));
                judged.values.note(&write.arn, &write.tags);
                self.record.count("writes");
                self.record.add(
                    "tags that somebody else wrote between our reading and our writing",
                    rules::overtaken(write) as u64,
                );
                self.record.count("held: a write adds what the target lacked when it was read, of a source, and nothing reserved");
            }
            judged.writes = writes.len();
        }
        if !broken.is_empty() {
            self.rule("a write adds what the target lacked when it was read, of a source, and nothing reserved", broken);
        }
    }

    /// What holds for a message that is not delivered again.
    fn judge_done(&self, line: Option<&Value>, message: &Message, began: Duration) {
        let job = self.job(message);
        let Some(it) = self.restores.iter().find(|it| it.job == job) else {
            return self.rule(
                "what is no event becomes a dead letter",
                vec![message.body.clone()],
            );
        };
        if is_running(message) {
            return;
        }
        let Some(line) = line else {
            return self.rule("a message that is done has a line", vec![job]);
        };
        let outcome = line["Outcome"].as_str().unwrap();
        let wrong = match outcome {
            "Tagged" | "NothingMissing" => !matches!(it.fate, Fate::Tagged | Fate::Denied),
            "Skipped" => matches!(it.fate, Fate::Tagged | Fate::Denied),
            "TargetGone" => message.receives < 3 || self.is_settled(it, began),
            _ => true,
        };
        let wrong = wrong.then(|| {
            format!(
                "{job}, {:?}, received {} times: {line}",
                it.fate, message.receives
            )
        });
        self.rule(
            "a message is done only when its job is",
            wrong.into_iter().collect(),
        );
        let soft = self.judged().soft.contains(&job);
        if outcome == "Tagged" && self.is_settled(it, began) && !soft {
            let left_out = rules::left_out(Some(line), &self.refused);
            let missing = rules::missing(it, &self.world, &left_out);
            self.rule("what is called tagged has its tags", missing);
        }
    }

    /// What holds in the end.
    fn end(&self, allowed: bool) {
        for it in &self.restores {
            let tagged = it.fate == Fate::Tagged || (it.fate == Fate::Denied && allowed);
            if tagged {
                let missing = rules::missing(it, &self.world, &self.refused);
                self.rule("in the end everything has its tags", missing);
            }
            let judged = self.judged();
            let unedited = it
                .resources()
                .into_iter()
                .all(|arn| !judged.edited.contains_key(arn));
            let own = judged.own.get(&it.job).cloned().unwrap_or_default();
            let exact =
                tagged && unedited && !judged.soft.contains(&it.job) && self.world.has(&it.target);
            drop(judged);
            if exact {
                let worse = rules::second_best(it, &self.world, &own);
                self.rule(
                    "the recovery point's value counts before the source's",
                    worse,
                );
            }
        }
        for message in self.queue.dead() {
            let job = self.job(&message);
            let line = self.judged().lines.get(&job).cloned();
            let it = self.restores.iter().find(|it| it.job == job);
            let refused =
                it.is_some_and(|it| !rules::missing(it, &self.world, &BTreeSet::new()).is_empty());
            let fits = match it {
                None => true,
                Some(it) => refused || (it.fate == Fate::Denied && !allowed),
            };
            let wrong = (!fits).then(|| format!("{job}: {line:?}"));
            self.rule(
                "a dead letter is one of what is refused for good",
                wrong.into_iter().collect(),
            );
        }
        self.record.count("lives");
        self.tell_calls();
        let calls = self.world.calls();
        self.record.add("calls", calls.len() as u64);
        self.record.add(
            "calls that failed",
            calls.iter().filter(|it| it.outcome != "ok").count() as u64,
        );
        for (way, number) in self.world.failed() {
            self.record
                .add(&format!("injected: {}", weather::words(way)), number);
        }
    }

    /// The job that a message is about.
    fn job(&self, message: &Message) -> String {
        let event: Value = serde_json::from_str(&message.body).unwrap_or_default();
        let job = event
            .pointer("/detail/restoreJobId")
            .and_then(Value::as_str);
        job.unwrap_or("no job").to_owned()
    }

    fn rule(&self, rule: &str, broken: Vec<String>) {
        if broken.is_empty() {
            return self.record.count(&format!("held: {rule}"));
        }
        self.tell(&format!("broken: {rule}"));
        self.tell_calls();
        panic!("{rule}: {}", broken.join("; "));
    }

    fn tell(&self, what: &str) {
        self.record.tell(self.world.now(), what);
    }

    fn tell_calls(&self) {
        for call in self.world.calls() {
            let keys = call.keys.iter().cloned().collect::<Vec<_>>().join(",");
            let line = format!(
                "    process {}: {} {} {keys}: {}",
                call.process,
                call.name(),
                call.about,
                call.outcome
            );
            self.record.tell(call.at, line);
        }
    }
}
