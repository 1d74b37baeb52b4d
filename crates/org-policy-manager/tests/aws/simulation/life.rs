//! The life of one stack, operation by operation, as CloudFormation does them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use simulation::Record;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::people::{keep_meddling, meddle};
use super::{rules, weather};
use crate::judge::seen;
use crate::lambda::{End, Lambda};
use crate::stack::{Stack, Waits, succeeded};
use crate::template::{content, properties_with};
use crate::world::{Answer, Behaviour, Organization, World};

pub(super) const RESOURCES: [&str; 3] = ["Daily", "Weekly", "Yearly"];
const OPERATIONS: usize = 4;

/// The resources' properties.
pub(super) type Template = BTreeMap<&'static str, Value>;

pub struct Life<'r> {
    pub(super) record: &'r Record,
    pub(super) random: Rng,
    pub(super) world: World,
    pub(super) lambda: Lambda,
    pub(super) stacks: BTreeMap<&'static str, Stack>,
    pub(super) told: usize,
}

/// What CloudFormation asked for, and how that ended.
pub(super) struct Asked {
    pub(super) creates: bool,
    pub(super) answer: Option<Answer>,
    /// The organization when the answer arrived.
    pub(super) then: Organization,
}

impl<'r> Life<'r> {
    pub fn new(record: &'r Record) -> Life<'r> {
        // The function's own jitter and the SDK's draw from this one.
        fastrand::seed(record.seed);
        let mut random = Rng::with_seed(record.seed);
        let world = World::behaving(Behaviour {
            page_size: random.usize(1..=20),
            empty_first_pages: random.bool(),
            enforce_rates: random.bool(),
            latency: Duration::from_millis(random.u64(1..800)),
            sessions_last: random
                .choice([None, Some(Duration::from_secs(900))])
                .unwrap(),
            ..Behaviour::default()
        });
        world.somebody(|it| {
            for n in 0..random.usize(0..25) {
                let targets: Vec<String> = (0..random.usize(0..3)).map(|n| it.unit(n)).collect();
                let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
                it.add_foreign_policy(&format!("somebody's {n}"), &targets);
            }
            // Ten fit on a target, and ours must.
            it.attachments.truncate(6);
            (0..7).for_each(|n| _ = it.unit(n));
        });
        let lambda = Lambda::new(&world);
        let stack = |id: &'static str| {
            let mut stack = Stack::new(&world, "backup");
            stack.lambda = lambda.clone();
            stack.logical_id = id.to_owned();
            (id, stack)
        };
        Life {
            record,
            random,
            stacks: RESOURCES.map(stack).into(),
            lambda,
            world,
            told: 0,
        }
    }

    pub async fn live(mut self) {
        for _ in 0..OPERATIONS {
            let template = self.template();
            self.operate(template).await;
            if self.random.u8(0..3) == 0 {
                self.come_again().await;
            }
            if self.random.u8(0..3) == 0 {
                let told = meddle(&self.world, &mut self.random, false);
                told.into_iter().for_each(|it| self.tell(&it));
                self.record
                    .count("injected: change by hand between operations");
            }
            sleep(Duration::from_secs(self.random.u64(0..7_200))).await;
        }
        self.operate(Template::new()).await;
        let now = self.world.organization();
        let left: Vec<String> = now
            .owners
            .keys()
            .filter(|id| now.policies.contains_key(*id))
            .cloned()
            .collect();
        self.rule("a stack that is deleted leaves nothing", left);
        self.end();
    }

    /// One operation of the stack: all its resources at once, then what CloudFormation cleans up or
    /// rolls back.
    async fn operate(&mut self, new: Template) {
        let old = self.present();
        let before = self.world.organization();
        let (invoked, called) = (self.lambda.log().len(), self.world.calls().len());
        let failing = self.break_something();
        let meddling = (self.random.u8(0..5) == 0).then(|| {
            self.record
                .count("injected: changes by hand while the function is at work");
            tokio::spawn(keep_meddling(self.world.clone(), self.random.u64(..)))
        });
        let undisturbed = meddling.is_none();
        let asked = self.ask(&old, &new).await;
        let failed = asked.values().any(|it| !succeeded(&it.answer));
        self.tell(if failed {
            "the stack rolls back"
        } else {
            "the stack cleans up"
        });
        for (id, stack) in &mut self.stacks {
            match (asked.get(id), old.get(id), new.get(id)) {
                (Some(_), ..) if failed => stack.will_undo(),
                (None, Some(_), None) if !failed => stack.will_delete(),
                _ => {}
            }
        }
        if self.random.bool() {
            self.settle("once").await;
        }
        for (at, told) in match meddling {
            Some(it) => it.await.unwrap(),
            None => Vec::new(),
        } {
            self.record.tell(at, told);
        }
        for stack in self.stacks.values_mut() {
            stack.quiet().await;
        }
        self.heal();
        self.settle("until it is done").await;
        if failing {
            self.remove_what_escapes();
        }

        let now = self.world.organization();
        self.record.count("operations");
        let kept = RESOURCES.into_iter().filter_map(|id| {
            let both = rules::targets(old.get(id)?).into_iter().filter(|it| {
                let live = &only_targets(&before, id);
                new.get(id)
                    .is_some_and(|new| rules::targets(new).contains(it))
                    && live.contains(it)
            });
            Some((id, both.collect()))
        });
        let broken = rules::moments(&before, &now, &kept.collect());
        self.rule(
            "nothing of others is touched, and no target in both lists is ever without its policy",
            broken,
        );
        self.invocations(invoked, called);
        self.answers(&before, &asked, undisturbed);
        self.outcome(
            &before,
            if failed { &old } else { &new },
            &asked,
            undisturbed,
        );
        if !failing && undisturbed {
            let failed = asked.iter().filter(|(_, it)| !succeeded(&it.answer));
            let failed = failed
                .map(|(id, it)| format!("{id}: {:?}", it.answer))
                .collect();
            self.rule("in fair weather every request succeeds", failed);
            let marked = asked
                .keys()
                .flat_map(|id| rules::marked(id, &now))
                .collect();
            let early = old.keys().filter_map(|id| Some((*id, new.get(id)?)));
            let early = early.flat_map(|(id, properties)| {
                rules::left_too_early(&before, &now, id, &rules::targets(properties))
            });
            let early = early.collect();
            self.rule(
                "in fair weather a policy leaves no target before it is on all new ones",
                early,
            );
            self.rule(
                "in fair weather no policy stays marked as unanswered",
                marked,
            );
        }
    }

    /// Sends the Creates and Updates of an operation, all at once.
    async fn ask(&mut self, old: &Template, new: &Template) -> BTreeMap<&'static str, Asked> {
        let mut tasks = JoinSet::new();
        let mut creating = Vec::new();
        let cancels = self.random.bool();
        for (id, properties) in new {
            let creates = !old.contains_key(id);
            if old.get(id) == Some(properties) {
                continue;
            }
            let mut stack = self.stacks.remove(id).unwrap();
            let no_longer = Arc::new(Notify::new());
            stack.waits = Waits::UntilAnswered(no_longer.clone());
            stack.lambda.repeats = self.random.choice([0, 2, 2]).unwrap();
            if creates && cancels {
                creating.push(no_longer);
            }
            let verb = if creates { "create" } else { "update" };
            self.tell(&format!("{verb} {id}: {properties}"));
            let (id, properties, world) = (*id, properties.clone(), self.world.clone());
            tasks.spawn(async move {
                let answer = match creates {
                    true => stack.create(&properties).await,
                    false => stack.update(&properties).await,
                };
                let then = world.organization();
                (
                    id,
                    stack,
                    Asked {
                        creates,
                        answer,
                        then,
                    },
                )
            });
        }
        let mut asked = BTreeMap::new();
        while let Some(done) = tasks.join_next().await {
            let (id, stack, it) = done.unwrap();
            self.stacks.insert(id, stack);
            self.tell(&format!("{id}: {}", words(&it.answer)));
            self.record.count("requests");
            if !succeeded(&it.answer) {
                self.record.count("requests that failed");
                if !creating.is_empty() && !tasks.is_empty() {
                    self.record
                        .count("injected: stack that waits no longer for what it makes");
                }
                creating.drain(..).for_each(|it| it.notify_one());
            }
            asked.insert(id, it);
        }
        asked
    }

    /// Lets CloudFormation do what it has to do by itself: once, whatever comes of it; or until it is
    /// done, which must then succeed.
    async fn settle(&mut self, how_often: &'static str) {
        let mut tasks = JoinSet::new();
        for id in RESOURCES {
            let mut stack = self.stacks.remove(id).unwrap();
            stack.waits = Waits::UntilAnswered(Arc::default());
            stack.lambda.repeats = 2;
            tasks.spawn(async move {
                let mut told = Vec::new();
                while let Some(next) = stack.next() {
                    // Known to escape (ARCHITECTURE.md): a repetition of an Update while another
                    // Update of the same resource is under way.
                    if next == "Update" {
                        stack.quiet().await;
                    }
                    let answer = stack.go_on().await.unwrap();
                    told.push(format!("{id}: CloudFormation's {next}: {}", words(&answer)));
                    if how_often == "once" || !succeeded(&answer) {
                        break;
                    }
                }
                (id, stack, told)
            });
        }
        while let Some(done) = tasks.join_next().await {
            let (id, mut stack, told) = done.unwrap();
            self.record.add("requests", told.len() as u64);
            told.iter().for_each(|it| self.tell(it));
            if how_often != "once" {
                stack.quiet().await;
                let stuck = stack.next().map(|next| format!("{id}: {next}"));
                self.rule(
                    "when AWS is well again, a Delete or a rollback succeeds at once",
                    stuck.into_iter().collect(),
                );
            }
            self.stacks.insert(id, stack);
        }
    }

    /// Known to escape: the rollback of an Update that made a policy anew, and of which CloudFormation
    /// had no answer, must not fail when AWS does not let it look for that policy. It stays, marked.
    fn remove_what_escapes(&mut self) {
        let now = self.world.organization();
        for id in RESOURCES {
            let made = rules::policies(&now, id);
            let marked = rules::unanswered(&made).filter(|_| made.len() > 1);
            for policy in marked {
                self.tell(&format!("somebody removes {policy}, which a rollback left"));
                self.record
                    .count("injected: policy that a blind rollback leaves, known to escape");
                self.world.somebody(|it| it.delete(policy));
            }
        }
    }

    /// A Create or an Update of earlier comes again, when CloudFormation waits for nothing: another
    /// attempt of Lambda's, while the stack went on, or away.
    async fn come_again(&mut self) {
        let id = *self.random.choice(&RESOURCES).unwrap();
        let mut stack = self.stacks.remove(id).unwrap();
        let events = stack.events.iter();
        let events: Vec<&Value> = events.filter(|it| it["RequestType"] != "Delete").collect();
        if let Some(event) = self.random.choice(events).cloned() {
            self.tell(&format!("{} comes again", event["RequestId"]));
            self.record
                .count("injected: request repeated when nobody waits for it");
            let before = self.world.organization();
            stack.waits = Waits::UntilLambdaIsDone;
            stack.come_again(&event).await;
            let same = seen(&self.world.organization()) == seen(&before);
            let changed = (!same).then(|| event.to_string());
            self.rule(
                "a repetition of earlier changes nothing",
                changed.into_iter().collect(),
            );
            let end = self.lambda.ends().pop().filter(|it| *it != End::Ok);
            self.rule(
                "a repetition of earlier returns",
                end.map(|it| format!("{it:?}")).into_iter().collect(),
            );
        }
        self.stacks.insert(id, stack);
    }

    /// Random faults for the next operation, and whether there are any.
    fn break_something(&mut self) -> bool {
        let faults = weather::faults(&mut self.random);
        let death = weather::death(&mut self.random);
        for fault in &faults {
            self.tell(&format!("fails: {fault:?}"));
            self.world.inject(fault.clone());
        }
        if let Some(after) = death {
            self.tell(&format!("the next process dies after {after:?}"));
        }
        *self.lambda.dies_after.lock().unwrap() = death;
        !faults.is_empty() || death.is_some()
    }

    fn heal(&mut self) {
        self.tell("AWS is well again");
        self.world.heal();
        *self.lambda.dies_after.lock().unwrap() = None;
    }

    /// What the stack has.
    fn present(&self) -> Template {
        let present = self.stacks.iter();
        let present = present
            .filter_map(|(id, stack)| Some((*id, stack.resource.as_ref()?.properties.clone())));
        present.collect()
    }

    /// Random properties of some resources; those of others stay.
    fn template(&mut self) -> Template {
        let mut template = self.present();
        for id in RESOURCES {
            match self.random.u8(0..10) {
                0..=2 => {}
                3 => _ = template.remove(id),
                _ => _ = template.insert(id, self.properties(id)),
            }
        }
        template
    }

    fn properties(&mut self, id: &str) -> Value {
        let random = &mut self.random;
        let mut targets: Vec<String> = (0..7).map(|n| format!("ou-mod1-{n:08}")).collect();
        targets.extend(["r-mod1".to_owned(), "444444444441".to_owned()]);
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
                "PolicyName": format!("{id} {}", random.u8(0..3)),
                "PolicyDescription": *random.choice(&["first", "second"]).unwrap(),
                "PolicyTargets": targets,
                "PolicyRegions": *random.choice(&["eu-west-1", "eu-west-1, us-east-1"]).unwrap(),
                "PolicyContent": content(random.usize(1..4)),
                "Tags": tags,
            }),
        )
    }
}

fn only_targets(organization: &Organization, id: &str) -> std::collections::BTreeSet<String> {
    let attached = rules::only(organization, id).attachments;
    attached.into_iter().map(|(target, _)| target).collect()
}

fn words(answer: &Option<Answer>) -> String {
    match answer {
        None => "no answer".to_owned(),
        Some(it) => format!("{:?} {} {}", it.status, it.physical_resource_id, it.reason),
    }
}
