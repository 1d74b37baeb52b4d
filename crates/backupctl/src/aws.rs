//! What AWS is asked, and by whom: the only modules that know the AWS SDK. They decide nothing.

pub mod account;
pub mod connection;
pub mod copies;
mod credentials;
pub mod failure;
pub mod jobs;
pub mod organizations;
mod pace;
pub mod patience;
pub mod progress;
pub mod stack;

/// See [`aws_client::retries_without_quota`].
fn retries_without_quota() -> aws_sdk_sts::config::retry::RetryPartition {
    aws_client::retries_without_quota("backupctl")
}
