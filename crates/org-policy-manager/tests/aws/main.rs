//! What the function does to an organization, shown on a stateful model of AWS.
//!
//! `world` is the model: an Organizations service (and the little of STS, SSM, S3 and
//! CloudFormation around it) behind the function's only HTTP client, in virtual time.
//! `lambda` and `stack` play Lambda and CloudFormation. Everything else is tests.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy spares test functions only, and this is all test"
)]

mod judge;
mod lambda;
mod stack;
mod template;
mod world;

mod answering;
mod contents;
mod drift;
mod enabling;
mod faults;
mod lifecycle;
mod logs;
mod looks;
mod model;
mod objects;
mod ownership;
mod paging;
mod removal;
mod repeated;
mod retries;
mod simulation;
mod speed;
mod targets;
mod undone;
