//! What is judged when: after every invocation, write and message, and in the end.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::life::{Day, is_running};
use super::queue::Message;
use super::restores::{Fate, Restore};
use super::{rules, weather};
use crate::lambda::{End, Invoked};

impl Day {
    /// Whether a restore's resources were there all the time since, and no people at work on them.
    pub(super) fn is_settled(&self, it: &Restore, since: Duration) -> bool {
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
    pub(super) fn judge(&self, invoked: &Invoked, began: Duration, jobs: usize) {
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

    pub(super) fn judge_writes(&self) {
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
    pub(super) fn judge_done(&self, line: Option<&Value>, message: &Message, began: Duration) {
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
    pub(super) fn end(&self, allowed: bool) {
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
    pub(super) fn job(&self, message: &Message) -> String {
        let event: Value = serde_json::from_str(&message.body).unwrap_or_default();
        let job = event
            .pointer("/detail/restoreJobId")
            .and_then(Value::as_str);
        job.unwrap_or("no job").to_owned()
    }

    pub(super) fn rule(&self, rule: &str, broken: Vec<String>) {
        if broken.is_empty() {
            return self.record.count(&format!("held: {rule}"));
        }
        self.tell(&format!("broken: {rule}"));
        self.tell_calls();
        panic!("{rule}: {}", broken.join("; "));
    }

    pub(super) fn tell(&self, what: &str) {
        self.record.tell(self.world.now(), what);
    }

    pub(super) fn tell_calls(&self) {
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
