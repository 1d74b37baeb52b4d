//! The jobs of AWS Backup in a whole organization.
//!
//! `ByAccountId: "*"` lists every account's, if the caller is the management account or AWS Backup's delegated
//! administrator (the API's reference); Region by Region. AWS Backup remembers jobs for 30 days.

use aws_sdk_backup::types::{BackupJobState, CopyJobState, RestoreJobStatus};
use aws_smithy_types::DateTime;
use backup_policy::Instant;

use super::account::{Account, instant};
use super::failure::Failure;
use crate::doctor::facts::Seen;
use crate::status::{End, Job, Kind};

const EVERY_ACCOUNT: &str = "*";
/// The most that a page takes.
const PAGE: i32 = 1000;

impl Account {
    /// Hands over each job of a kind that was made since, in every account of the organization.
    pub async fn jobs_of_all(
        &self,
        region: &str,
        kind: Kind,
        since: Instant,
        each: impl FnMut(Job),
    ) -> Seen<()> {
        let since = DateTime::from(std::time::SystemTime::from(since));
        let listed = match kind {
            Kind::Backup => self.backup_jobs(region, since, each).await,
            Kind::Copy => self.copy_jobs(region, since, each).await,
            Kind::Restore => self.restore_jobs(region, since, each).await,
        };
        match listed {
            Ok(()) => Seen::There(()),
            Err(failure) => self.unknown(failure),
        }
    }

    async fn backup_jobs(
        &self,
        region: &str,
        since: DateTime,
        mut each: impl FnMut(Job),
    ) -> Result<(), Failure> {
        let mut pages = self
            .backup(region)
            .list_backup_jobs()
            .by_account_id(EVERY_ACCOUNT)
            .by_created_after(since)
            .max_results(PAGE)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Failure::new("backup", "ListBackupJobs", error))?;
            for job in page.backup_jobs.unwrap_or_default() {
                let end = match &job.state {
                    Some(BackupJobState::Completed) => End::Completed,
                    Some(
                        state @ (BackupJobState::Failed
                        | BackupJobState::Aborted
                        | BackupJobState::Expired
                        | BackupJobState::Partial),
                    ) => failed(state.as_str(), job.message_category, job.status_message),
                    _ => End::Open,
                };
                if let Some(created) = job.creation_date.and_then(instant) {
                    each(Job {
                        kind: Kind::Backup,
                        account: job.account_id.unwrap_or_default(),
                        region: region.to_owned(),
                        resource_type: job.resource_type.unwrap_or_default(),
                        resource: job.resource_arn.unwrap_or_default(),
                        vault: job.backup_vault_name.unwrap_or_default(),
                        created,
                        ended: job.completion_date.and_then(instant),
                        end,
                    });
                }
            }
        }
        Ok(())
    }

    async fn copy_jobs(
        &self,
        region: &str,
        since: DateTime,
        mut each: impl FnMut(Job),
    ) -> Result<(), Failure> {
        let mut pages = self
            .backup(region)
            .list_copy_jobs()
            .by_account_id(EVERY_ACCOUNT)
            .by_created_after(since)
            .max_results(PAGE)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Failure::new("backup", "ListCopyJobs", error))?;
            for job in page.copy_jobs.unwrap_or_default() {
                let end = match &job.state {
                    Some(CopyJobState::Completed) => End::Completed,
                    Some(state @ (CopyJobState::Failed | CopyJobState::Partial)) => {
                        failed(state.as_str(), job.message_category, job.status_message)
                    }
                    _ => End::Open,
                };
                if let Some(created) = job.creation_date.and_then(instant) {
                    each(Job {
                        kind: Kind::Copy,
                        account: job.account_id.unwrap_or_default(),
                        region: region.to_owned(),
                        resource_type: job.resource_type.unwrap_or_default(),
                        resource: job.resource_arn.unwrap_or_default(),
                        vault: job.destination_backup_vault_arn.unwrap_or_default(),
                        created,
                        ended: job.completion_date.and_then(instant),
                        end,
                    });
                }
            }
        }
        Ok(())
    }

    async fn restore_jobs(
        &self,
        region: &str,
        since: DateTime,
        mut each: impl FnMut(Job),
    ) -> Result<(), Failure> {
        let mut pages = self
            .backup(region)
            .list_restore_jobs()
            .by_account_id(EVERY_ACCOUNT)
            .by_created_after(since)
            .max_results(PAGE)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Failure::new("backup", "ListRestoreJobs", error))?;
            for job in page.restore_jobs.unwrap_or_default() {
                let end = match &job.status {
                    Some(RestoreJobStatus::Completed) => End::Completed,
                    Some(state @ (RestoreJobStatus::Failed | RestoreJobStatus::Aborted)) => {
                        failed(state.as_str(), None, job.status_message)
                    }
                    _ => End::Open,
                };
                if let Some(created) = job.creation_date.and_then(instant) {
                    each(Job {
                        kind: Kind::Restore,
                        account: job.account_id.unwrap_or_default(),
                        region: region.to_owned(),
                        resource_type: job.resource_type.unwrap_or_default(),
                        resource: job.recovery_point_arn.unwrap_or_default(),
                        vault: String::new(),
                        created,
                        ended: job.completion_date.and_then(instant),
                        end,
                    });
                }
            }
        }
        Ok(())
    }
}

fn failed(state: &str, category: Option<String>, message: Option<String>) -> End {
    End::Failed {
        category: category.unwrap_or_else(|| state.to_owned()),
        message: message.unwrap_or_else(|| "no reason was given".to_owned()),
    }
}
