//! What AWS is asked, and by whom: the only modules that know the AWS SDK. They decide nothing.

pub mod account;
pub mod connection;
pub mod copies;
mod credentials;
pub mod patience;
pub mod progress;
pub mod stack;

/// The name of this program in requests.
const PROGRAM: &str = "backupctl";

/// See [`aws_client::retries_without_quota`].
fn retries_without_quota() -> aws_sdk_sts::config::retry::RetryPartition {
    aws_client::retries_without_quota(PROGRAM)
}
