//! `Repair: true`: puts a policy back, by the plan and the calls of an Update.
//!
//! Nothing is undone when it fails half-way: each change brings the policy nearer to what was deployed. Two
//! repairs at once make the same changes, and AWS's answers to the second ("attached already") count as done.

use std::slice::from_ref;
use std::time::Duration;

use aws_client::CallError;
use policy_resource::deployed::Deployed;
use policy_resource::drift::Difference;
use policy_resource::plan::plan;
use tokio::time::sleep;
use tracing::info;

use super::subject::{Seen, Stack, Subject};
use super::{Look, pause};
use crate::apply::make;
use crate::enable::enable;
use crate::organizations::Organizations;

/// Repairs of a policy within [`A_DAY`] after which something else is taken to manage it: putting it back again
/// and again would help nobody. Our choice.
const MOST_REPAIRS: usize = 3;

/// In seconds.
const A_DAY: u64 = 24 * 60 * 60;

/// How often a policy that was put back is looked at: a listing may lag. Our choice.
const LOOKS: usize = 3;

/// What came of it.
#[derive(Debug)]
pub(super) enum Outcome {
    /// The policy is as it was deployed.
    Done,
    /// Its stack began an operation, after so many changes: what is left is the operation's.
    UnderWay(usize),
    /// It could not be put back.
    Failed(String),
}

/// Whether a policy that differs so can be put back.
pub(super) fn repairable(differences: &[Difference]) -> bool {
    !differences.is_empty() && differences.iter().all(Difference::can_be_put_back)
}

impl Look<'_> {
    /// Puts a policy back.
    pub(super) async fn repair(
        &self,
        organizations: &Organizations,
        subject: &Subject,
        deployed: &Deployed,
        seen: &Seen,
        repairs: &[u64],
    ) -> Result<Outcome, CallError> {
        if self.lately(repairs).len() >= MOST_REPAIRS {
            return Ok(Outcome::Failed(format!(
                "it was put back {MOST_REPAIRS} times within a day and changed again: something else \
                 manages it"
            )));
        }
        let failed = |reason: String| Ok(Outcome::Failed(reason));
        match self.stack(subject).await? {
            Stack::Quiet => {}
            Stack::UnderWay => return Ok(Outcome::UnderWay(0)),
            Stack::Gone | Stack::Elsewhere => {
                return failed(
                    "its stack cannot be asked whether an operation is under way".into(),
                );
            }
        }
        let Some(live) = &seen.live else {
            return failed("there is no such policy".into());
        };
        if seen.differences.contains(&Difference::TypeDisabled) {
            if !deployed.enable_policy_type {
                return failed("the resource has no EnablePolicyType: true".into());
            }
            if let Err(reason) = enable(organizations, self.deadline).await {
                return failed(reason);
            }
        }
        let changes = plan(&deployed.desired(), live);
        for (made, change) in changes.iter().enumerate() {
            if self.stack(subject).await? != Stack::Quiet {
                return Ok(Outcome::UnderWay(made));
            }
            let id = &subject.policy.id;
            let one = from_ref(change);
            let result = make(organizations, id, one, Duration::ZERO, self.deadline).await;
            if let Err(stopped) = result {
                return failed(format!(
                    "{} (after {made} of {} changes)",
                    stopped.reason,
                    changes.len()
                ));
            }
        }
        info!(policy.id = %subject.policy.id, changes = changes.len(), "put back");
        let mut left = Vec::new();
        for look in 0..LOOKS {
            if look > 0 {
                sleep(pause()).await;
            }
            let seen = self.see(organizations, subject).await?;
            if seen.stack != Stack::Quiet || seen.differences.contains(&Difference::Unknown) {
                return Ok(Outcome::UnderWay(changes.len()));
            }
            if seen.differences.is_empty() {
                return Ok(Outcome::Done);
            }
            left = Subject::texts(&seen.differences);
        }
        failed(format!("AWS still shows that {}", left.join("; ")))
    }

    /// Those of these times that are within the last day.
    pub(super) fn lately(&self, times: &[u64]) -> Vec<u64> {
        let lately = |time: &&u64| **time + A_DAY > self.now;
        times.iter().filter(lately).copied().collect()
    }
}
