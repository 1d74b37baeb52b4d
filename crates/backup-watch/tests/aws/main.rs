//! What the function does, shown on a model of AWS behind its only HTTP client, in virtual time.
//!
//! `world` is the model: DynamoDB, SNS, STS, Organizations and AWS Backup, with faults. Everything else is tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy spares test functions only, and this is all test"
)]

mod world;

mod addresses;
mod counted;
mod events;
mod looks;
mod permissions;
mod stored;
mod year;
