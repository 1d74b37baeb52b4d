//! A restore job as a plain value.

use chrono::{DateTime, Utc};

/// What is known of a restore job. A row of ListRestoreJobs, the answer of DescribeRestoreJob and
/// the detail of an event all have this form; only the id is certain to be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Job {
    /// The job's id.
    pub id: String,
    /// The account in which the job runs.
    pub account: Option<String>,
    /// `PENDING`, `RUNNING`, `COMPLETED`, `ABORTED`, `FAILED`; `CREATED` in events.
    pub status: Option<String>,
    /// Why the job failed, or what a completed one did not restore.
    pub status_message: Option<String>,
    /// AWS Backup's name for the kind of resource. Its spelling is not certain for every kind and
    /// it does not reveal where the restore went: for metrics only.
    pub resource_type: Option<String>,
    /// What the restore made, or wrote into.
    pub created_resource_arn: Option<String>,
    /// What was backed up. It may be gone, or another account's.
    pub source_resource_arn: Option<String>,
    /// The vault with the recovery point. It may be another account's, when it is shared.
    pub backup_vault_arn: Option<String>,
    /// The recovery point, in AWS Backup's own form or the service's.
    pub recovery_point_arn: Option<String>,
    /// The restore testing plan that started the job, if one did.
    pub restore_testing_plan_arn: Option<String>,
    /// How far the removal of a restore test's resource is: `DELETING`, `SUCCESSFUL`, `FAILED`.
    pub deletion_status: Option<String>,
    /// Whether the job has child jobs (a composite restore, such as an EKS cluster's).
    pub is_parent: Option<bool>,
    /// The job whose child this one is.
    pub parent_job_id: Option<String>,
    /// When the job was made.
    pub creation_date: Option<DateTime<Utc>>,
    /// When the job ended.
    pub completion_date: Option<DateTime<Utc>>,
}

impl Job {
    /// This job, with what it lacks taken from `other`: what AWS Backup returned, completed by what an
    /// event had. An empty text counts as lacking.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        let text = |mine: Option<String>, theirs: &Option<String>| {
            let theirs = || theirs.clone().filter(|text| !text.is_empty());
            mine.filter(|text| !text.is_empty()).or_else(theirs)
        };
        Self {
            id: if self.id.is_empty() {
                other.id.clone()
            } else {
                self.id
            },
            account: text(self.account, &other.account),
            status: text(self.status, &other.status),
            status_message: text(self.status_message, &other.status_message),
            resource_type: text(self.resource_type, &other.resource_type),
            created_resource_arn: text(self.created_resource_arn, &other.created_resource_arn),
            source_resource_arn: text(self.source_resource_arn, &other.source_resource_arn),
            backup_vault_arn: text(self.backup_vault_arn, &other.backup_vault_arn),
            recovery_point_arn: text(self.recovery_point_arn, &other.recovery_point_arn),
            restore_testing_plan_arn: text(
                self.restore_testing_plan_arn,
                &other.restore_testing_plan_arn,
            ),
            deletion_status: text(self.deletion_status, &other.deletion_status),
            is_parent: self.is_parent.or(other.is_parent),
            parent_job_id: text(self.parent_job_id, &other.parent_job_id),
            creation_date: self.creation_date.or(other.creation_date),
            completion_date: self.completion_date.or(other.completion_date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_string())
    }

    /// A job whose every field has a text of its own.
    fn full(mark: &str) -> Job {
        let field = |name: &str| Some(format!("{name} {mark}"));
        Job {
            id: format!("id {mark}"),
            account: field("account"),
            status: field("status"),
            status_message: field("message"),
            resource_type: field("type"),
            created_resource_arn: field("created"),
            source_resource_arn: field("source"),
            backup_vault_arn: field("vault"),
            recovery_point_arn: field("recovery point"),
            restore_testing_plan_arn: field("plan"),
            deletion_status: field("deletion"),
            is_parent: Some(mark.is_empty()),
            parent_job_id: field("parent"),
            creation_date: DateTime::from_timestamp_millis(1),
            completion_date: DateTime::from_timestamp_millis(2),
        }
    }

    #[test]
    fn every_field_is_completed_and_none_is_replaced() {
        assert_eq!(Job::default().or(&full("event")), full("event"));
        assert_eq!(full("").or(&full("event")), full(""));
        assert_eq!(full("").or(&Job::default()), full(""));
    }

    #[test]
    fn aws_backup_is_believed_before_the_event() {
        let described = Job {
            id: "job".into(),
            status: some("FAILED"),
            created_resource_arn: some(""),
            ..Job::default()
        };
        let event = Job {
            id: "job".into(),
            status: some("COMPLETED"),
            created_resource_arn: some("arn:aws:s3:::bucket"),
            resource_type: some("S3"),
            ..Job::default()
        };
        let job = described.or(&event);
        assert_eq!(job.status, some("FAILED"));
        assert_eq!(job.created_resource_arn, some("arn:aws:s3:::bucket"));
        assert_eq!(job.resource_type, some("S3"));
    }
}
