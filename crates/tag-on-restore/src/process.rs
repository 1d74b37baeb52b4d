//! One restore job: look at it, read, plan, write what is missing.

use std::collections::BTreeSet;

use aws_client::CallError;
use chrono::{DateTime, Utc};

use crate::failure::{self, Class, GONE_AT_RECEIVE};
use crate::gate::{self, Decision, Metadata, Target};
use crate::plan::{Offered, Origin, Plan, plan};
use crate::provenance::provenance;
use crate::readings::{self, Reading, Readings};
use crate::recovery_point::{TagsOf, tags_of};
use crate::report::{Outcome, Report};
use crate::route::{Route, route};
use crate::{Arn, Aws, Config, Job, Tags, source};

mod carry_out;
mod parts;

/// What brings a job here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// How often the message has been received, this time included.
    pub receive_count: u32,
    /// Whether reconciliation found the job, in AWS Backup's own list.
    pub reconciled: bool,
    /// When AWS Backup sent the event.
    pub sent: Option<DateTime<Utc>>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Gives what a job restored the tags that it lacks, and reports. A job with the outcome
/// [`Retry`](Outcome::Retry) or [`Failed`](Outcome::Failed) is to be delivered again: the first
/// may go better then, the second ends in the dead-letter queue.
pub async fn process(aws: &Aws, config: &Config, hint: &Job, trigger: Trigger) -> Report {
    let looked = look(aws, hint, trigger).await;
    let job = looked.as_ref().unwrap_or(hint);
    let mut report = Report::new(job, Outcome::NothingMissing);
    report.reconciled = trigger.reconciled;
    report.event_age_seconds = age(job, trigger);
    let work = Work {
        aws,
        config,
        job,
        trigger,
    };
    let end = match &looked {
        Ok(_) => Box::pin(work.tag(&mut report)).await,
        Err(error) => Err(work.unknown(error)),
    };
    if let Err(stop) = end {
        report.outcome = stop.outcome;
        report.reason = Some(stop.reason);
        report.error_code = stop.error_code;
    } else if config.dry_run {
        report.outcome = Outcome::DryRun;
    } else if report.tags_written > 0 {
        report.outcome = Outcome::Tagged;
    }
    report
}

/// The job as AWS Backup has it. What ListRestoreJobs returned is believed, and an event about a job
/// that AWS Backup no longer knows is believed too, if it names what was restored.
async fn look(aws: &Aws, hint: &Job, trigger: Trigger) -> Result<Job, CallError> {
    if trigger.reconciled {
        return Ok(hint.clone());
    }
    match aws.restore_job(&hint.id).await {
        Ok(job) => Ok(job.or(hint)),
        Err(error) if is_gone(&error) && hint.created_resource_arn.is_some() => Ok(hint.clone()),
        Err(error) => Err(error),
    }
}

/// Whether AWS answered that something is not there.
fn is_gone(error: &CallError) -> bool {
    failure::classify(error, GONE_AT_RECEIVE) == Class::Gone
}

fn age(job: &Job, trigger: Trigger) -> Option<u64> {
    let since = trigger.sent.or(job.completion_date)?;
    u64::try_from((trigger.now - since).num_seconds()).ok()
}

/// Why a job ends otherwise than with tags.
struct Stop {
    outcome: Outcome,
    reason: String,
    error_code: Option<String>,
}

/// A job at work.
struct Work<'a> {
    aws: &'a Aws,
    config: &'a Config,
    job: &'a Job,
    trigger: Trigger,
}

impl Work<'_> {
    async fn tag(&self, report: &mut Report) -> Result<(), Stop> {
        let target = self.target().await?;
        let Target { arn, route } = &target;
        let (readings, existing) = self.read(&target).await?;
        if let Some(soft) = &readings.soft {
            report.reason = Some(format!("went on without what this call reads: {soft}"));
            report.error_code.clone_from(&soft.code);
        }
        let provenance = provenance(self.job, self.config);
        let from = Origin::Restored {
            recovery_point: &readings.recovery_point,
            source: &readings.source,
        };
        let offered = Offered {
            from,
            provenance: &provenance,
        };
        let plan_for = |existing: &Tags| plan(existing, offered, route, self.config);
        let plan = plan_for(&existing);
        let whole = plan.after(&existing);
        let done = self.carry_out(arn, route, plan, plan_for).await;
        // What is refused to the whole for good is no reason to leave its parts without tags.
        let refused = match done.map_err(|error| self.stop(&error)) {
            Ok(done) => {
                self.add(report, arn, &done);
                None
            }
            Err(stop) if stop.outcome == Outcome::Failed => Some(stop),
            Err(stop) => return Err(stop),
        };
        self.parts(&target, &whole, &provenance, report, refused)
            .await
    }

    /// What is to be tagged, if anything.
    async fn target(&self) -> Result<Target, Stop> {
        let mut decision = gate::decide(self.job, None, self.config);
        if decision == Decision::AskMetadata {
            let metadata = self.metadata().await?;
            decision = gate::decide(self.job, Some(&metadata), self.config);
        }
        let stop = |outcome, reason| Stop {
            outcome,
            reason,
            error_code: None,
        };
        match decision {
            Decision::Tag(target) => Ok(*target),
            Decision::NotYet(status) => {
                let reason = format!("the job is still {status}");
                Err(stop(Outcome::Retry, reason))
            }
            Decision::Skip(skip) => {
                let reason = format!("{}: {skip}", skip.name());
                Err(stop(Outcome::Skipped, reason))
            }
            Decision::AskMetadata => {
                let reason = "the job's metadata did not settle whether its target is new";
                Err(stop(Outcome::Failed, reason.to_string()))
            }
        }
    }

    /// What the job was asked to do. AWS documents it for restore tests only: that there is none
    /// for a job is no failure.
    async fn metadata(&self) -> Result<Metadata, Stop> {
        match self.aws.restore_metadata(&self.job.id).await {
            Ok(metadata) => Ok(metadata),
            Err(error) => match failure::classify(&error, GONE_AT_RECEIVE) {
                Class::Retry | Class::Busy | Class::Denied => Err(self.stop(&error)),
                Class::Gone | Class::Limit | Class::Invalid | Class::Permanent => {
                    tracing::info!(restore_job = self.job.id, "no metadata: {error}");
                    Ok(Metadata::new())
                }
            },
        }
    }

    /// The tags of recovery point, source and target, read at once.
    async fn read(&self, target: &Target) -> Result<(Readings, Tags), Stop> {
        let (recovery_point, source, existing) = tokio::join!(
            self.recovery_point(),
            self.source(target),
            self.aws.read_tags(&target.arn, target.route.read),
        );
        let existing = existing.map_err(|error| self.stop(&error))?;
        // Reconciliation comes back for what can wait, and has no message that could come too often.
        let attempt = match self.trigger.reconciled {
            true => 1,
            false => self.trigger.receive_count,
        };
        let readings = readings::join(recovery_point, source, attempt);
        Ok((readings.map_err(|error| self.stop(&error))?, existing))
    }

    async fn recovery_point(&self) -> Reading {
        let arn = self.job.recovery_point_arn.as_deref().and_then(Arn::parse);
        match arn.map(|arn| (tags_of(&arn), arn)) {
            None | Some((TagsOf::Nothing, _)) => Reading::Nothing,
            Some((how, arn)) => {
                Reading::of(Box::pin(self.aws.recovery_point_tags(&arn, how)).await)
            }
        }
    }

    async fn source(&self, target: &Target) -> Reading {
        match source::readable(self.job, &target.arn) {
            None => Reading::Nothing,
            Some(arn) => Reading::of(self.aws.read_tags(&arn, route(&arn).read).await),
        }
    }

    /// What it means for the job that nothing is known of it. A job that is not there is no target
    /// that is gone: somebody should see the event.
    fn unknown(&self, error: &CallError) -> Stop {
        let stop = self.stop(error);
        match stop.outcome {
            Outcome::TargetGone => Stop {
                outcome: Outcome::Failed,
                ..stop
            },
            _ => stop,
        }
    }

    /// What a call that failed for good means for the job.
    fn stop(&self, error: &CallError) -> Stop {
        let class = failure::classify(error, self.trigger.receive_count);
        Stop {
            outcome: match class {
                Class::Retry | Class::Busy => Outcome::Retry,
                Class::Gone => Outcome::TargetGone,
                Class::Denied | Class::Limit | Class::Invalid | Class::Permanent => Outcome::Failed,
            },
            reason: error.to_string(),
            error_code: error.code.clone(),
        }
    }

    /// Reports what was written to a resource.
    fn add(&self, report: &mut Report, arn: &Arn, done: &Done) {
        report.add(&done.plan);
        report.invalid.extend(done.refused.iter().cloned());
        if done.plan.write.is_empty() {
            return;
        }
        let keys = done.plan.tags().into_keys().collect::<Vec<_>>().join(",");
        let message = match self.config.dry_run {
            true => "would write tags",
            false => "wrote tags",
        };
        tracing::info!(
            restore_job = self.job.id,
            resource = %arn,
            keys,
            "{message}"
        );
    }
}

/// What became of a plan.
struct Done {
    /// The plan, with what was really written and what really did not fit.
    plan: Plan,
    /// Keys of tags that the service refused.
    refused: BTreeSet<String>,
}

impl Work<'_> {
    async fn carry_out(
        &self,
        arn: &Arn,
        route: &Route,
        plan: Plan,
        again: impl Fn(&Tags) -> Plan,
    ) -> Result<Done, CallError> {
        if self.config.dry_run || plan.write.is_empty() {
            let refused = BTreeSet::new();
            return Ok(Done { plan, refused });
        }
        carry_out::carry_out(self.aws, arn, route, plan, again).await
    }
}
