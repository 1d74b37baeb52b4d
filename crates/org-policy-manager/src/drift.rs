//! Drift: every six hours, and when AWS Organizations reports a change, each policy is compared with what was
//! deployed. A difference is told once, and put back if its resource has `Repair: true`.
//!
//! - `store`: what is remembered
//! - `subject`: how a policy is, and what its stack is doing
//! - `repair`: putting it back
//! - `bus`: telling it

pub(crate) mod bus;
mod repair;
pub(crate) mod store;
mod subject;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_client::CallError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use policy_resource::drift::{Cause, Difference, Mark, News, Policy, Report, State, news};
use policy_resource::identity::{PolicyArn, TAG_LOGICAL_ID, TAG_STACK_ID, is_account_id};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::app::{App, Place};
use crate::organizations::{Listed, Organizations};
use repair::{Outcome, repairable};
use store::Memory;
use subject::{Seen, Stack, Subject};

/// A policy has no less time than this, as long as there is any: so long AWS may be enabling the policy type. Our choice.
const AT_LEAST: Duration = Duration::from_secs(60);

/// Kept of a policy's time for telling what could not be put back. Our choice.
const TELLING: Duration = Duration::from_secs(10);

/// Kept of it for giving back what could not be told. Our choice: one call, and its retries.
const GIVING_BACK: Duration = Duration::from_secs(3);

/// Why a look is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trigger {
    /// The schedule: policies of which nothing is remembered are looked for in these management accounts, too.
    Schedule(Vec<String>),
    /// Somebody's call.
    Call(Box<Cause>),
}

impl Trigger {
    /// Reads an event; `None` when it is a request of CloudFormation, or anything else.
    pub(crate) fn read(event: &Value) -> Option<Self> {
        if event.get("action").and_then(Value::as_str) == Some("look") {
            let accounts = event.get("managementAccounts").and_then(Value::as_array);
            let accounts = accounts.into_iter().flatten().filter_map(Value::as_str);
            let accounts = accounts.filter(|it| is_account_id(it));
            return Some(Self::Schedule(accounts.map(str::to_string).collect()));
        }
        let cause = Cause::read(event)?;
        Some(Self::Call(Box::new(cause)))
    }
}

/// One look at all policies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    pub app: &'a App,
    /// Where the function runs.
    pub place: &'a Place,
    /// All work has ended by then.
    pub deadline: Instant,
    /// In seconds since 1970.
    pub now: u64,
}

/// Policies that were not looked at, and why.
type Missed = Vec<String>;

impl Look<'_> {
    /// Looks at every policy. One that cannot be looked at does not keep it from the others.
    ///
    /// # Errors
    /// Names what was not looked at: the look is then to be taken again.
    pub(crate) async fn at_all(&self, trigger: &Trigger) -> Result<(), String> {
        let memories = self.app.store().all(self.deadline).await;
        let memories =
            memories.map_err(|error| format!("what was deployed cannot be read: {error}"))?;
        let (cause, mut accounts) = match trigger {
            Trigger::Schedule(accounts) => (None, accounts.iter().cloned().collect()),
            Trigger::Call(cause) => (Some(&**cause), BTreeSet::new()),
        };
        let mut known = BTreeSet::new();
        let mut missed = Missed::new();
        let mut left = memories.len() + accounts.len();
        for (id, memory) in memories {
            let look = self.share(left);
            left = left.saturating_sub(1);
            let Some(deployed) = memory.deployed.clone() else {
                continue;
            };
            let Ok(arn) = deployed.arn.parse::<PolicyArn>() else {
                continue;
            };
            known.insert(id.clone());
            if cause.is_some_and(|it| it.account != arn.management_account) {
                continue;
            }
            accounts.insert(arn.management_account.clone());
            let subject = Subject::known(&arn, deployed);
            let looked = look.at(&arn.management_account, subject, memory, cause);
            if let Err(error) = looked.await {
                missed.push(format!("{id} ({error})"));
            }
        }
        if cause.is_none() {
            for (left, account) in (1..=accounts.len()).rev().zip(&accounts) {
                let look = self.share(left);
                if let Err(error) = look.at_others(account, &known).await {
                    missed.push(format!("policies of {account} ({error})"));
                }
            }
        }
        match missed.as_slice() {
            [] => {
                info!(policies = known.len(), "looked at");
                Ok(())
            }
            missed => Err(format!("not looked at: {}", missed.join("; "))),
        }
    }

    /// The same look with the time of one of so many parts that are left: what never answers about one policy keeps
    /// the others waiting no longer.
    fn share(&self, parts: usize) -> Self {
        let now = Instant::now();
        let all = self.deadline.saturating_duration_since(now);
        let parts = u32::try_from(parts).unwrap_or(u32::MAX).max(1);
        self.until(now + (all / parts).max(AT_LEAST))
    }

    /// The same look, ended by `until`.
    fn until(&self, until: Instant) -> Self {
        Self {
            deadline: self.deadline.min(until),
            ..*self
        }
    }

    /// The same look, ended so long before its end.
    fn less(&self, kept: Duration) -> Self {
        let ends = self.deadline;
        self.until(ends.checked_sub(kept).unwrap_or(ends))
    }

    /// Looks at the policies of this account's stacks of which nothing is remembered.
    async fn at_others(&self, account: &str, known: &BTreeSet<String>) -> Result<(), String> {
        let organizations = self.organizations(account).await?;
        let listed = organizations.all().await.map_err(|it| it.to_string())?;
        let mut missed = Missed::new();
        let others: Vec<Listed> = listed
            .into_iter()
            .filter(|it| !known.contains(&it.id))
            .collect();
        let mut left = others.len();
        for policy in others {
            let id = policy.id.clone();
            let look = self.share(left);
            left = left.saturating_sub(1);
            let organizations = organizations.until(look.deadline);
            if let Err(error) = look.at_other(account, &organizations, policy).await {
                missed.push(format!("{id} ({error})"));
            }
        }
        match missed.as_slice() {
            [] => Ok(()),
            missed => Err(missed.join("; ")),
        }
    }

    async fn at_other(
        &self,
        account: &str,
        organizations: &Organizations,
        listed: Listed,
    ) -> Result<(), String> {
        let tags = organizations.tags(&listed.id).await;
        let tags = tags.map_err(|error| error.to_string())?.unwrap_or_default();
        let (Some(stack), Some(logical)) = (tags.get(TAG_STACK_ID), tags.get(TAG_LOGICAL_ID))
        else {
            return Ok(());
        };
        if !self.place.has(stack) {
            return Ok(());
        }
        let memory = self.app.store().one(&listed.id, self.deadline).await;
        let memory = memory.map_err(|error| error.to_string())?;
        let subject = Subject {
            policy: Policy {
                id: listed.id,
                arn: listed.arn,
                name: listed.name,
                stack_id: stack.clone(),
                logical_id: logical.clone(),
            },
            deployed: None,
        };
        self.at(account, subject, memory, None).await
    }

    /// Looks at one policy. A difference counts when it is seen twice: a request may have been at work during the
    /// first look, or have ended a moment ago and not be remembered yet.
    async fn at(
        &self,
        account: &str,
        mut subject: Subject,
        mut memory: Memory,
        cause: Option<&Cause>,
    ) -> Result<(), String> {
        let organizations = self.organizations(account).await?;
        let see = self.see(&organizations, &subject).await;
        let mut seen = see.map_err(|error| error.to_string())?;
        if !seen.differences.is_empty() && matches!(seen.stack, Stack::Quiet | Stack::Elsewhere) {
            sleep(pause()).await;
            let id = &subject.policy.id;
            let again = self.app.store().one(id, self.deadline).await;
            memory = again.map_err(|error| error.to_string())?;
            subject.deployed = memory.deployed.clone();
            let see = self.see(&organizations, &subject).await;
            seen = see.map_err(|error| error.to_string())?;
        }
        let id = &subject.policy.id;
        match seen.stack {
            Stack::UnderWay => {
                info!(policy.id = %id, "not compared: an operation of its stack is under way");
                Ok(())
            }
            Stack::Gone => {
                let owner = subject.owner();
                let forgotten = self.app.store().forget(id, &owner, self.deadline).await;
                forgotten.map_err(|error| error.to_string())
            }
            Stack::Quiet | Stack::Elsewhere => {
                self.moved(&subject, cause).await?;
                self.act(&organizations, &subject, &seen, &memory, cause)
                    .await
            }
        }
    }

    /// Tells what is new, puts back what is to be put back, and forgets what is over.
    async fn act(
        &self,
        organizations: &Organizations,
        subject: &Subject,
        seen: &Seen,
        memory: &Memory,
        cause: Option<&Cause>,
    ) -> Result<(), String> {
        let text = |error: CallError| error.to_string();
        let id = &subject.policy.id;
        let texts = Subject::texts(&seen.differences);
        let News {
            new,
            abandoned,
            shrunk,
            over,
            busy,
        } = news(&texts, &memory.marks, self.now);
        let store = self.app.store();
        for mark in &shrunk {
            store.mark(id, mark, self.deadline).await.map_err(text)?;
        }
        store.unmark(id, &over, self.deadline).await.map_err(text)?;

        let mut claimed = Vec::new();
        for mark in abandoned {
            let still = |it: &&String| texts.contains(it);
            let still: Vec<String> = mark.differences.iter().filter(still).cloned().collect();
            if still.is_empty() {
                self.tell(subject, State::Over, &mark, None).await?;
                self.release(subject, &[mark]).await.map_err(text)?;
            } else {
                claimed.push(Mark {
                    differences: still,
                    ..mark
                });
            }
        }
        if !new.is_empty() {
            let mark = Mark::claim(&new, self.now);
            match store.claim(id, &mark, self.deadline).await.map_err(text)? {
                true => claimed.push(mark),
                false => return Ok(()),
            }
        }
        let differences = &seen.differences;
        // Somebody else is at work on all of them.
        let others = busy && claimed.is_empty();
        let state = match &subject.deployed {
            Some(deployed) if deployed.repair && repairable(differences) && !others => {
                let repairs = &memory.repairs;
                let look = self.less(TELLING);
                let organizations = organizations.until(look.deadline);
                let repair = look.repair(&organizations, subject, deployed, seen, repairs);
                match repair.await {
                    Ok(Outcome::Done) => {
                        return self.done(subject, seen, memory, &claimed, cause).await;
                    }
                    Ok(Outcome::Failed(reason)) => {
                        warn!(policy.id = %id, reason, "not put back");
                        State::NotRepaired(reason)
                    }
                    Ok(Outcome::UnderWay(made)) => {
                        self.release(subject, &claimed).await.map_err(text)?;
                        return Err(format!(
                            "an operation of its stack began after {made} changes had been put back"
                        ));
                    }
                    Err(error) => State::NotRepaired(error.to_string()),
                }
            }
            _ if differences.contains(&Difference::Unknown) => State::Unknown,
            _ => State::Drifted,
        };
        let mut left = claimed.as_slice();
        while let Some((mark, rest)) = left.split_first() {
            if let Err(error) = self.tell(subject, state.clone(), mark, cause).await {
                // The next attempt claims them again. Should this fail too, they count as abandoned after a while.
                if let Err(error) = self.release(subject, left).await {
                    warn!(policy.id = %id, %error, "a mark stays");
                }
                return Err(error);
            }
            let told = Mark {
                told: true,
                ..mark.clone()
            };
            store.mark(id, &told, self.deadline).await.map_err(text)?;
            left = rest;
        }
        Ok(())
    }

    /// Tells that a policy was put back, and forgets what was told of it before.
    async fn done(
        &self,
        subject: &Subject,
        seen: &Seen,
        memory: &Memory,
        claimed: &[Mark],
        cause: Option<&Cause>,
    ) -> Result<(), String> {
        let text = |error: CallError| error.to_string();
        let id = &subject.policy.id;
        let mut times = self.lately(&memory.repairs);
        times.push(self.now);
        let noted = self.app.store().repaired(id, &times, self.deadline).await;
        let texts = Subject::texts(&seen.differences);
        let mark = Mark::claim(&texts, self.since(&texts, memory, claimed));
        if let Err(error) = self.tell(subject, State::Repaired, &mark, cause).await {
            // The claim stays: whoever finds it abandoned tells it.
            warn!(policy.id = %id, error, "put back, and not told yet");
            return Ok(());
        }
        let all: Vec<Mark> = claimed.iter().chain(&memory.marks).cloned().collect();
        self.release(subject, &all).await.map_err(text)?;
        noted.map_err(text)
    }

    /// Removes marks.
    async fn release(&self, subject: &Subject, marks: &[Mark]) -> Result<(), CallError> {
        let names: Vec<String> = marks.iter().map(|mark| mark.name.clone()).collect();
        let id = &subject.policy.id;
        self.app.store().unmark(id, &names, self.deadline).await
    }

    /// When any of these differences was first seen.
    fn since(&self, texts: &[String], memory: &Memory, claimed: &[Mark]) -> u64 {
        let marks = memory.marks.iter().chain(claimed);
        let of_these = marks.filter(|mark| mark.differences.iter().any(|it| texts.contains(it)));
        of_these.map(|mark| mark.seen).min().unwrap_or(self.now)
    }

    /// An account that was moved out of a target. Whether another attachment still reaches it is not known here.
    async fn moved(&self, subject: &Subject, cause: Option<&Cause>) -> Result<(), String> {
        let (Some(cause), Some(deployed)) = (cause, &subject.deployed) else {
            return Ok(());
        };
        let Some(moved) = &cause.moved else {
            return Ok(());
        };
        let root = deployed.targets.iter().any(|it| it.starts_with("r-"));
        let has = |target: &String| deployed.targets.contains(target);
        if root || !has(&moved.source) || has(&moved.destination) || has(&moved.account) {
            return Ok(());
        }
        let mark = Mark {
            name: cause.id.clone(),
            seen: self.now,
            told: false,
            differences: vec![format!(
                "the account {} was moved out of {}, to which the policy is attached, to {}",
                moved.account, moved.source, moved.destination
            )],
        };
        self.tell(subject, State::Moved, &mark, Some(cause)).await
    }

    async fn tell(
        &self,
        subject: &Subject,
        state: State,
        mark: &Mark,
        cause: Option<&Cause>,
    ) -> Result<(), String> {
        let explains = |cause: &&Cause| {
            cause.moved.is_some() || cause.explains(&subject.policy.id, &mark.differences)
        };
        let seen = i64::try_from(mark.seen).unwrap_or_default();
        let seen = DateTime::from_secs(seen).fmt(Format::DateTime);
        let report = Report {
            policy: &subject.policy,
            state,
            differences: &mark.differences,
            mark: &mark.name,
            seen: &seen.unwrap_or_default(),
            cause: cause.filter(explains),
        };
        let until = self.less(GIVING_BACK).deadline;
        let told = self.app.bus().report(&report, until).await;
        told.map_err(|error| format!("the difference could not be told: {error}"))
    }

    async fn organizations(&self, account: &str) -> Result<Organizations, String> {
        let organizations = self.app.organizations(self.place, account, self.deadline);
        organizations.await.map_err(|error| error.to_string())
    }
}

/// Between two looks at the same thing. Our choice.
fn pause() -> Duration {
    Duration::from_millis(fastrand::u64(1_000..2_000))
}
