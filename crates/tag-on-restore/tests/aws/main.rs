//! What the function does to restored resources, shown on a stateful model of AWS.
//!
//! `world` is the model: AWS Backup and the services of all resource types behind the function's
//! only HTTP client, in virtual time. `lambda` plays SQS and Lambda. Everything else is tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy spares test functions only, and this is all test"
)]

mod kinds;
mod lambda;
mod world;

mod burst;
mod delivery;
mod faults;
mod hostile;
mod limits;
mod permissions;
mod promises;
mod reconcile;
mod reports;
mod simulation;
mod speed;
