//! The Lambda function behind `Custom::BackupOrgPolicy`.
