//! The search for restores whose event was lost: AWS Backup sends events by best effort only.
//!
//! The look-back is short, because a job in it gets back the keys that somebody has removed from
//! its resource on purpose.

use std::time::Duration;

use aws_client::CallError;
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use crate::app::{App, Invocation};
use crate::failure::GONE_AT_RECEIVE;
use crate::gate::{self, Decision};
use crate::process::{Trigger, process};
use crate::report::Outcome;
use crate::{Aws, Job};

/// At most three jobs a second: the Resource Groups Tagging API takes five writes a second from an
/// account, and events want some of them.
const PACE: Duration = Duration::from_millis(334);

/// What reconciliation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Jobs that were looked at.
    pub jobs: u64,
    /// Jobs whose resource lacked tags, and has them now.
    pub repaired: u64,
    /// Jobs that could not be done.
    pub undone: u64,
    /// Whether the time ended before the jobs did: some 300 fit into the template's two minutes.
    /// The next run begins with the same ones again, so a shorter look-back is the remedy.
    pub stopped_early: bool,
}

impl Summary {
    /// What Lambda is answered.
    ///
    /// # Errors
    /// When a job could not be done: no queue has a message for it.
    pub(crate) fn answer(self) -> Result<Value, Failure> {
        let Self {
            jobs,
            repaired,
            undone,
            stopped_early,
        } = self;
        match undone {
            0 => Ok(json!({ "jobs": jobs, "repaired": repaired, "stoppedEarly": stopped_early })),
            _ => Err(Failure::Undone { undone, jobs }),
        }
    }
}

/// Why reconciliation counts as failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The jobs cannot be listed.
    #[error("the restore jobs cannot be listed: {0}")]
    List(#[from] CallError),
    /// Some jobs could not be done. Each has a line of its own in the log.
    #[error("{undone} of {jobs} restore jobs could not be tagged: the log says why of each")]
    Undone {
        /// Jobs that could not be done.
        undone: u64,
        /// Jobs that were looked at.
        jobs: u64,
    },
}

/// Looks through the jobs that completed within the look-back, and tags what lacks tags.
///
/// # Errors
/// When the jobs cannot be listed.
pub(crate) async fn reconcile(
    app: &App,
    aws: &Aws,
    invocation: &Invocation,
) -> Result<Summary, CallError> {
    let mut summary = Summary::default();
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let look_back = chrono::Duration::from_std(app.config().look_back).unwrap_or_default();
    let after = invocation.now - look_back;
    let mut token = None;
    'pages: loop {
        let (jobs, next) = aws.completed_jobs(after, token).await?;
        for job in &jobs {
            if matches!(gate::decide(job, None, app.config()), Decision::Skip(_)) {
                summary.jobs += 1;
                continue;
            }
            pace.tick().await;
            if invocation.is_ending() {
                summary.stopped_early = true;
                break 'pages;
            }
            summary.jobs += 1;
            look(app, aws, job, invocation, &mut summary).await;
        }
        token = next;
        if token.is_none() {
            break;
        }
    }
    let Summary {
        jobs,
        repaired,
        undone,
        stopped_early,
    } = summary;
    tracing::info!(jobs, repaired, undone, stopped_early, "reconciled");
    if stopped_early {
        tracing::warn!("not all restore jobs fitted into the time: set RECONCILE_HOURS lower");
    }
    Ok(summary)
}

/// Looks at one job. Only what changed something, or should have, has a line in the log: the
/// events of all others were not lost.
async fn look(app: &App, aws: &Aws, job: &Job, invocation: &Invocation, summary: &mut Summary) {
    let trigger = Trigger {
        receive_count: GONE_AT_RECEIVE,
        reconciled: true,
        sent: None,
        now: invocation.now,
    };
    let report = Box::pin(process(aws, app.config(), job, trigger)).await;
    summary.repaired += u64::from(report.outcome == Outcome::Tagged);
    summary.undone += u64::from(report.is_undone());
    if !matches!(report.outcome, Outcome::NothingMissing | Outcome::Skipped) {
        app.print(&report, invocation.now);
    }
}
