//! How many jobs there were, as AWS Backup counts them: one answer for a whole organization and Region.

use std::collections::BTreeMap;

use aws_sdk_backup::types::AggregationPeriod;
use backup_status::ledger::Kind;

use crate::failure::Failure;
use crate::jobs::Backup;

/// The sum over all accounts (the API's reference of ListBackupJobSummaries, `AccountId`).
const ALL_ACCOUNTS: &str = "AGGREGATE_ALL";

/// How many jobs there were, by their state.
pub type Counts = BTreeMap<String, u64>;

/// Collects all pages of a summary.
macro_rules! counts {
    ($request:expr, $operation:literal, $summaries:ident) => {{
        let (mut counts, mut token) = (Counts::new(), None);
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
                *counts.entry(state.unwrap_or_default()).or_default() += count;
            }
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                break Ok(counts);
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
                client.list_backup_job_summaries(),
                "ListBackupJobSummaries",
                backup_job_summaries
            ),
            Kind::Copy => counts!(
                client.list_copy_job_summaries(),
                "ListCopyJobSummaries",
                copy_job_summaries
            ),
            Kind::Restore => counts!(
                client.list_restore_job_summaries(),
                "ListRestoreJobSummaries",
                restore_job_summaries
            ),
        }
    }
}
