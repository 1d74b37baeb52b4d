//! What is judged after every operation.

use std::collections::BTreeMap;

use super::life::{Asked, Life, RESOURCES, Template};
use super::{rules, weather};
use crate::judge::{changed, overstated, remaining, seen, unnamed};
use crate::lambda::End;
use crate::stack::succeeded;
use crate::world::Organization;

impl Life<'_> {
    /// What holds for every invocation.
    pub(super) fn invocations(&mut self, invoked: usize, called: usize) {
        for it in self.lambda.log().iter().skip(invoked) {
            self.record.count("invocations");
            self.record.add("calls", it.calls as u64);
            match it.end {
                End::Crashed => self.record.count("injected: process that dies"),
                End::Error(_) => self
                    .record
                    .count("injected: invocation that Lambda repeats"),
                End::Ok | End::TimedOut => {}
            }
            self.rule("an invocation answers once, in time", rules::answering(it));
            self.rule(
                "an invocation makes a bounded number of calls",
                rules::effort(it),
            );
            self.rule(
                "what was found is not said to have not been looked for",
                rules::looked_for(it),
            );
        }
        let calls = self.world.calls().split_off(called);
        self.rule(
            "no call bears credentials that have ended",
            rules::expired(&calls),
        );
    }

    /// What answers of failures say.
    pub(super) fn answers(
        &mut self,
        before: &Organization,
        asked: &BTreeMap<&'static str, Asked>,
        undisturbed: bool,
    ) {
        for (id, it) in asked {
            let Some(answer) = it
                .answer
                .as_ref()
                .filter(|_| undisturbed && !succeeded(&it.answer))
            else {
                continue;
            };
            self.rule(
                "an answer names no target that is not left",
                overstated(&it.then, answer),
            );
            // A panic knows nothing of it, and an attempt that follows a dead one knows only what it found.
            let log = self.lambda.log();
            let mut attempts = log.iter().filter(|it| it.request_id == answer.request_id);
            let Some(invoked) = attempts.next().filter(|it| it.answers.contains(answer)) else {
                continue;
            };
            if answer.reason.contains("stopped unexpectedly") {
                continue;
            }
            self.rule(
                "an answer says that all is as before only when it is",
                rules::as_before(id, before, &it.then, answer),
            );
            let (was, is) = (rules::only(before, id), rules::only(&it.then, id));
            if seen(&was.unordered()) != seen(&is.unordered()) {
                let left = match it.creates {
                    true => remaining(&was, &is),
                    false => changed(&was, &is),
                };
                // Where a policy is attached cannot be said when AWS does not say it.
                let unknown = answer.reason.contains("ListTargetsForPolicy failed");
                let named = rules::named(&is, invoked, answer);
                let left = left.into_iter().filter(|it| {
                    let may_be = unknown && is.peers().contains_key(it.as_str());
                    !(may_be || named.contains(it))
                });
                let left = left.collect();
                self.rule("an answer names what is left", unnamed(left, answer));
            }
        }
    }

    /// What the organization is like in the end.
    pub(super) fn outcome(
        &mut self,
        before: &Organization,
        expected: &Template,
        asked: &BTreeMap<&'static str, Asked>,
        undisturbed: bool,
    ) {
        let now = self.world.organization();
        for id in RESOURCES {
            let policies = rules::policies(&now, id);
            let Some(properties) = expected.get(id) else {
                let left = policies.into_iter().map(|it| format!("{it:?}"));
                self.rule(
                    "what is not in the template leaves no policy",
                    left.collect(),
                );
                continue;
            };
            if !undisturbed {
                let many = (policies.len() > 1).then(|| format!("{policies:?}"));
                self.rule("a resource has one policy", many.into_iter().collect());
            } else if asked.contains_key(id) {
                let resource = self.stacks[id].resource.as_ref();
                let physical_id = resource.map(|it| it.physical_id.as_str());
                let differences = rules::differences(id, properties, physical_id, &now);
                self.rule(
                    "a policy is as the template says, or as before a rollback",
                    differences,
                );
            } else {
                let state = |it: &Organization| seen(&rules::only(it, id).unordered());
                let touched = (state(before) != state(&now)).then(|| id.to_owned());
                self.rule(
                    "a resource that does not change is not touched",
                    touched.into_iter().collect(),
                );
            }
        }
        if undisturbed {
            self.rule("tags that people gave stay", rules::lost_tags(before, &now));
        }
    }

    pub(super) fn rule(&mut self, rule: &str, broken: Vec<String>) {
        if broken.is_empty() {
            return self.record.count(&format!("held: {rule}"));
        }
        self.tell(&format!("broken: {rule}"));
        self.tell_calls();
        panic!("{rule}: {}", broken.join("; "));
    }

    pub(super) fn end(&mut self) {
        self.tell_calls();
        self.record.count("lives");
        for (way, number) in self.world.failed() {
            self.record
                .add(&format!("injected: {}", weather::words(way)), number);
        }
        let throttled = self.world.calls().into_iter();
        let throttled = throttled.filter(|it| it.outcome == "TooManyRequestsException");
        self.record.add(
            "injected: call over AWS's published rates",
            throttled.count() as u64,
        );
    }

    pub(super) fn tell(&self, what: &str) {
        self.record.tell(self.world.now(), what);
    }

    pub(super) fn tell_calls(&mut self) {
        for call in self.world.calls().iter().skip(self.told) {
            let about = [&call.policy, &call.target].map(|it| it.clone().unwrap_or_default());
            let line = format!("  {} {}: {}", call.operation, about.join(" "), call.outcome);
            self.record.tell(call.time, line);
            self.told += 1;
        }
    }
}
