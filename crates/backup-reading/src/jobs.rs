//! The jobs of AWS Backup in a whole organization.
//!
//! `ByAccountId: "*"` lists every account's, if the caller is the management account or AWS Backup's delegated
//! administrator (the API's reference); Region by Region. AWS Backup remembers jobs for 30 days.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_backup::Client;
use aws_sdk_backup::types::{BackupJobState, CopyJobState, RestoreJobStatus};
use aws_smithy_types::DateTime;
use aws_types::SdkConfig;
use aws_types::region::Region;
use backup_policy::Instant;
use backup_status::ledger::{End, Job, Kind};

use crate::failure::Failure;
use crate::instant;

const EVERY_ACCOUNT: &str = "*";
/// The most that a page takes.
const PAGE: i32 = 1000;

/// Which jobs are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that were made since, however they ended or not.
    MadeSince(Instant),
    /// Those that completed between two moments.
    CompletedBetween(Instant, Instant),
}

/// AWS Backup as one caller sees it, in every Region.
#[derive(Debug)]
pub struct Backup {
    sdk: SdkConfig,
    program: &'static str,
    endpoint: Option<String>,
    /// By Region: a client is dear to make.
    clients: Mutex<BTreeMap<String, Client>>,
}

impl Backup {
    /// AWS Backup for a program's credentials, at AWS's address or another.
    pub fn new(sdk: SdkConfig, program: &'static str, endpoint: Option<&str>) -> Self {
        Backup {
            sdk,
            program,
            endpoint: endpoint.map(str::to_owned),
            clients: Mutex::default(),
        }
    }

    pub(crate) fn client(&self, region: &str) -> Client {
        let clients = self.clients.lock();
        let mut clients = clients.unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let mut config = aws_sdk_backup::config::Builder::from(&self.sdk)
                .region(Region::new(region.to_owned()))
                .retry_partition(aws_client::retries_without_quota(self.program));
            if let Some(url) = &self.endpoint {
                config = config.endpoint_url(url);
            }
            Client::from_conf(config.build())
        };
        clients.entry(region.to_owned()).or_insert_with(new).clone()
    }

    /// Hands over each job of a kind, in every account of the organization.
    ///
    /// # Errors
    /// As AWS answers; jobs of the pages before were handed over.
    pub async fn jobs(
        &self,
        region: &str,
        kind: Kind,
        which: Which,
        each: impl FnMut(Job),
    ) -> Result<(), Failure> {
        match kind {
            Kind::Backup => self.backup_jobs(region, which, each).await,
            Kind::Copy => self.copy_jobs(region, which, each).await,
            Kind::Restore => self.restore_jobs(region, which, each).await,
        }
    }

    async fn backup_jobs(
        &self,
        region: &str,
        which: Which,
        mut each: impl FnMut(Job),
    ) -> Result<(), Failure> {
        let list = self
            .client(region)
            .list_backup_jobs()
            .by_account_id(EVERY_ACCOUNT)
            .max_results(PAGE);
        let list = match which {
            Which::MadeSince(since) => list.by_created_after(time(since)),
            Which::CompletedBetween(from, to) => list
                .by_state(BackupJobState::Completed)
                .by_complete_after(time(from))
                .by_complete_before(time(to)),
        };
        let mut pages = list.into_paginator().send();
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
                        planned: job.created_by.is_some_and(|it| it.backup_plan_id.is_some()),
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
        which: Which,
        mut each: impl FnMut(Job),
    ) -> Result<(), Failure> {
        let list = self
            .client(region)
            .list_copy_jobs()
            .by_account_id(EVERY_ACCOUNT)
            .max_results(PAGE);
        let list = match which {
            Which::MadeSince(since) => list.by_created_after(time(since)),
            Which::CompletedBetween(from, to) => list
                .by_state(CopyJobState::Completed)
                .by_complete_after(time(from))
                .by_complete_before(time(to)),
        };
        let mut pages = list.into_paginator().send();
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
                        planned: job.created_by.is_some_and(|it| it.backup_plan_id.is_some()),
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
        which: Which,
        mut each: impl FnMut(Job),
    ) -> Result<(), Failure> {
        let list = self
            .client(region)
            .list_restore_jobs()
            .by_account_id(EVERY_ACCOUNT)
            .max_results(PAGE);
        let list = match which {
            Which::MadeSince(since) => list.by_created_after(time(since)),
            Which::CompletedBetween(from, to) => list
                .by_status(RestoreJobStatus::Completed)
                .by_complete_after(time(from))
                .by_complete_before(time(to)),
        };
        let mut pages = list.into_paginator().send();
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
                        planned: job.created_by.is_some(),
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

fn time(at: Instant) -> DateTime {
    DateTime::from(std::time::SystemTime::from(at))
}
