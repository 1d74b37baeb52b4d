//! Restore jobs, as AWS Backup returns them.

use aws_client::CallError;
use std::time::SystemTime;

use aws_sdk_backup::types::RestoreJobStatus;
use aws_smithy_types::DateTime;
use chrono::Utc;

use crate::gate::Metadata;
use crate::{Aws, Job};

/// Rows of ListRestoreJobs on a page, AWS's own maximum.
const JOBS_PER_PAGE: i32 = 1000;

impl Aws {
    /// A restore job as AWS Backup returns it.
    ///
    /// # Errors
    /// When the call fails; `ResourceNotFoundException` for a job that is not there.
    pub async fn restore_job(&self, id: &str) -> Result<Job, CallError> {
        let call = self.backup().describe_restore_job().restore_job_id(id);
        let output = call
            .customize()
            .config_override(self.backup_limits())
            .send()
            .await
            .map_err(|error| CallError::new("backup:DescribeRestoreJob", &error))?;
        Ok(Job {
            id: output.restore_job_id.unwrap_or_else(|| id.to_string()),
            account: output.account_id,
            status: output.status.map(|status| status.as_str().to_string()),
            status_message: output.status_message,
            resource_type: output.resource_type,
            created_resource_arn: output.created_resource_arn,
            source_resource_arn: output.source_resource_arn,
            backup_vault_arn: output.backup_vault_arn,
            recovery_point_arn: output.recovery_point_arn,
            restore_testing_plan_arn: output
                .created_by
                .and_then(|creator| creator.restore_testing_plan_arn),
            deletion_status: output.deletion_status.map(|it| it.as_str().to_string()),
            is_parent: Some(output.is_parent),
            parent_job_id: output.parent_job_id,
            creation_date: output.creation_date.and_then(time),
            completion_date: output.completion_date.and_then(time),
        })
    }

    /// A page of the jobs that completed after a time, and the token of the next page.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn completed_jobs(
        &self,
        after: chrono::DateTime<Utc>,
        token: Option<String>,
    ) -> Result<(Vec<Job>, Option<String>), CallError> {
        let call = self.backup().list_restore_jobs();
        let output = call
            .by_status(RestoreJobStatus::Completed)
            .by_complete_after(DateTime::from(SystemTime::from(after)))
            .max_results(JOBS_PER_PAGE)
            .set_next_token(token)
            .customize()
            .config_override(self.backup_limits())
            .send()
            .await
            .map_err(|error| CallError::new("backup:ListRestoreJobs", &error))?;
        let jobs = output.restore_jobs.unwrap_or_default().into_iter();
        let jobs = jobs.map(|row| Job {
            id: row.restore_job_id.unwrap_or_default(),
            account: row.account_id,
            status: row.status.map(|status| status.as_str().to_string()),
            status_message: row.status_message,
            resource_type: row.resource_type,
            created_resource_arn: row.created_resource_arn,
            source_resource_arn: row.source_resource_arn,
            backup_vault_arn: row.backup_vault_arn,
            recovery_point_arn: row.recovery_point_arn,
            restore_testing_plan_arn: row
                .created_by
                .and_then(|creator| creator.restore_testing_plan_arn),
            deletion_status: row.deletion_status.map(|it| it.as_str().to_string()),
            is_parent: Some(row.is_parent),
            parent_job_id: row.parent_job_id,
            creation_date: row.creation_date.and_then(time),
            completion_date: row.completion_date.and_then(time),
        });
        Ok((
            jobs.collect(),
            output.next_token.filter(|it| !it.is_empty()),
        ))
    }

    /// What a job was asked to do.
    ///
    /// # Errors
    /// When the call fails.
    pub async fn restore_metadata(&self, job: &str) -> Result<Metadata, CallError> {
        let call = self.backup().get_restore_job_metadata().restore_job_id(job);
        let output = call
            .customize()
            .config_override(self.backup_limits())
            .send()
            .await
            .map_err(|error| CallError::new("backup:GetRestoreJobMetadata", &error))?;
        Ok(output.metadata.unwrap_or_default().into_iter().collect())
    }
}

fn time(time: DateTime) -> Option<chrono::DateTime<Utc>> {
    chrono::DateTime::from_timestamp(time.secs(), time.subsec_nanos())
}
