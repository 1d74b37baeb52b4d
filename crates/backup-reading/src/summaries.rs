//! How many jobs there were, as AWS Backup counts them: one answer for a whole organization and Region.

use std::collections::BTreeMap;

use aws_sdk_backup::types::{AggregationPeriod, BackupJobStatus, CopyJobStatus, RestoreJobState};
use backup_status::ledger::Kind;

use crate::failure::Failure;
use crate::jobs::Backup;

/// The sum over all accounts (the API's reference of ListBackupJobSummaries, `AccountId`).
const ALL_ACCOUNTS: &str = "AGGREGATE_ALL";

/// How many jobs there were, by their state.
pub type Counts = BTreeMap<String, u64>;

/// Collects all pages of a summary. Each state is counted by itself if the request says `ANY`; what it leaves out
/// may be one sum (the API's reference does not say). The answer has a count for each of the prior 14 days (the
/// reference of `AggregationPeriod`): the newest of them is kept.
macro_rules! counts {
    ($request:expr, $operation:literal, $summaries:ident) => {{
        let (mut days, mut token) = (BTreeMap::<i64, Counts>::new(), None);
        loop {
            let sent = $request
                .account_id(ALL_ACCOUNTS)
                .aggregation_period(AggregationPeriod::OneDay)
                .set_next_token(token)
                .send()
                .await;
            let page = sent.map_err(|error| Failure::new("backup", $operation, error))?;
            for summary in page.$summaries.unwrap_or_default() {
                let state = summary.state.map(|it| it.as_str().to_owned());
                let count = u64::try_from(summary.count).unwrap_or(0);
                let day = summary.start_time.map_or(i64::MIN, |it| it.secs());
                let counts = days.entry(day).or_default();
                *counts.entry(state.unwrap_or_default()).or_default() += count;
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break Ok(days
                    .pop_last()
                    .map(|(_, counts)| counts)
                    .unwrap_or_default());
            }
        }
    }};
}

impl Backup {
    /// How many jobs of a kind a Region had on the last day that AWS counted, which is the one before today,
    /// in all accounts together.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn counts(&self, region: &str, kind: Kind) -> Result<Counts, Failure> {
        let client = self.client(region);
        match kind {
            Kind::Backup => counts!(
                client
                    .list_backup_job_summaries()
                    .state(BackupJobStatus::Any),
                "ListBackupJobSummaries",
                backup_job_summaries
            ),
            Kind::Copy => counts!(
                client.list_copy_job_summaries().state(CopyJobStatus::Any),
                "ListCopyJobSummaries",
                copy_job_summaries
            ),
            Kind::Restore => counts!(
                client
                    .list_restore_job_summaries()
                    .state(RestoreJobState::Any),
                "ListRestoreJobSummaries",
                restore_job_summaries
            ),
        }
    }
}
