//! The copies that an account's backups have in the central vault, and those that failed.

use std::collections::BTreeMap;

use aws_sdk_backup::types::{CopyJob, CopyJobState};
use aws_smithy_types::DateTime;
use backup_policy::Instant;
use backup_reading::failure::Failure;
use backup_status::Seen;

use super::account::{Account, SPANS, days_before};
use crate::doctor::facts::{FailedCopies, Last};
use backup_reading::instant;

impl Account {
    /// When the newest copy from a Region of this account to a vault was completed. AWS Backup
    /// remembers jobs for 30 days.
    pub async fn last_copy(&self, region: &str, to: &str, now: Instant) -> Seen<Last> {
        for days in SPANS {
            let mut newest = None;
            let read = self
                .copies(region, to, CopyJobState::Completed, now, days, |jobs| {
                    newest = newest.max(jobs.iter().filter_map(|it| it.completion_date).max());
                })
                .await;
            if let Err(failure) = read {
                return self.unknown(failure);
            }
            if let Some(time) = newest.and_then(instant) {
                return Seen::There(Last::At(time));
            }
        }
        Seen::There(Last::Never)
    }

    /// The resources of a Region whose newest copy to a vault failed, in the shorter span.
    pub async fn failed_copies(
        &self,
        region: &str,
        to: &str,
        now: Instant,
    ) -> Seen<Option<FailedCopies>> {
        let [days, _] = SPANS;
        let mut failed = BTreeMap::new();
        let read = self.copies(region, to, CopyJobState::Failed, now, days, |jobs| {
            newest(&mut failed, jobs);
        });
        if let Err(failure) = read.await {
            return self.unknown(failure);
        }
        if failed.is_empty() {
            return Seen::There(None);
        }
        let mut completed = BTreeMap::new();
        let read = self.copies(region, to, CopyJobState::Completed, now, days, |jobs| {
            newest(&mut completed, jobs);
        });
        if let Err(failure) = read.await {
            return self.unknown(failure);
        }
        let bad = still_failed(&failed, &completed);
        let Some(last) = bad.last() else {
            return Seen::There(None);
        };
        Seen::There(Some(FailedCopies {
            resources: bad.len(),
            resource: last.resource_arn().unwrap_or_default().to_owned(),
            message: last
                .status_message()
                .unwrap_or("no reason was given")
                .to_owned(),
            key: self.key_of_backup(region, last).await,
        }))
    }

    /// The key that encrypts what a job was to copy; none if nobody tells: the backup may be gone.
    async fn key_of_backup(&self, region: &str, job: &CopyJob) -> Option<String> {
        let (_, vault) = job.source_backup_vault_arn()?.rsplit_once(':')?;
        let request = self
            .backup(region)
            .describe_recovery_point()
            .backup_vault_name(vault)
            .recovery_point_arn(job.source_recovery_point_arn()?);
        request.send().await.ok()?.encryption_key_arn
    }

    /// Hands over each page of the jobs that ended so within the last days.
    async fn copies(
        &self,
        region: &str,
        to: &str,
        state: CopyJobState,
        now: Instant,
        days: u32,
        mut each: impl FnMut(Vec<CopyJob>),
    ) -> Result<(), Failure> {
        let client = self.backup(region);
        let mut token = None;
        loop {
            let request = client
                .list_copy_jobs()
                .by_destination_vault_arn(to)
                .by_state(state.clone())
                .by_complete_after(days_before(now, days))
                .set_next_token(token);
            let page = request.send().await;
            let page = page.map_err(|error| Failure::new("backup", "ListCopyJobs", error))?;
            each(page.copy_jobs.unwrap_or_default());
            token = page.next_token;
            if token.is_none() {
                return Ok(());
            }
        }
    }
}

/// Each resource's newest job.
type Newest = BTreeMap<String, CopyJob>;

/// What no later copy of the same resource has made good, the newest last.
fn still_failed<'j>(failed: &'j Newest, completed: &Newest) -> Vec<&'j CopyJob> {
    let bad = failed.iter().filter(|(resource, job)| {
        let good = completed.get(*resource);
        good.is_none_or(|good| begun(good) < begun(job))
    });
    let mut bad: Vec<&CopyJob> = bad.map(|(_, job)| job).collect();
    bad.sort_by_key(|job| begun(job));
    bad
}

/// Takes what is newer than what is known.
fn newest(known: &mut Newest, jobs: Vec<CopyJob>) {
    for job in jobs {
        let resource = job.resource_arn().unwrap_or_default().to_owned();
        if known
            .get(&resource)
            .is_none_or(|it| begun(it) < begun(&job))
        {
            known.insert(resource, job);
        }
    }
}

fn begun(job: &CopyJob) -> Option<DateTime> {
    job.creation_date
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(resource: &str, second: i64, message: Option<&str>) -> CopyJob {
        CopyJob::builder()
            .resource_arn(resource)
            .creation_date(DateTime::from_secs(second))
            .set_status_message(message.map(str::to_owned))
            .build()
    }

    fn jobs(all: Vec<CopyJob>) -> Newest {
        let mut known = Newest::new();
        newest(&mut known, all);
        known
    }

    fn resources<'j>(jobs: &[&'j CopyJob]) -> Vec<&'j str> {
        jobs.iter().filter_map(|job| job.resource_arn()).collect()
    }

    #[test]
    fn a_copy_that_was_made_later_makes_good_what_failed() {
        let failed = jobs(vec![job("a", 1, Some("one")), job("b", 2, Some("two"))]);
        let completed = jobs(vec![job("a", 3, None), job("b", 3, None)]);
        assert!(still_failed(&failed, &completed).is_empty());
        let completed = jobs(vec![job("b", 3, None), job("a", 0, None)]);
        assert_eq!(resources(&still_failed(&failed, &completed)), ["a"]);
    }

    #[test]
    fn of_each_resource_the_newest_failure_counts_and_the_newest_of_all_is_last() {
        let failed = jobs(vec![
            job("a", 1, Some("one")),
            job("b", 5, Some("newest")),
            job("b", 2, Some("two")),
            job("c", 3, None),
        ]);
        let none = Newest::new();
        let bad = still_failed(&failed, &none);
        assert_eq!(resources(&bad), ["a", "c", "b"]);
        assert_eq!(bad[2].status_message(), Some("newest"));
        assert!(still_failed(&none, &failed).is_empty());
    }
}
