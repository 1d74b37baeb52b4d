#![doc = include_str!("../README.md")]

pub mod arn;
pub mod config;
pub mod event;
pub mod failure;
pub mod gate;
pub mod health;
pub mod job;
pub mod keys;
pub mod plan;
pub mod provenance;
pub mod recovery_point;
pub mod report;
pub mod route;
pub mod source;
pub mod tags;

pub mod app;
pub mod aws;
pub mod handle;
pub mod look;
pub mod permissions;
pub mod process;
pub mod readings;
pub mod reconcile;

pub use app::{App, Invocation};
pub use arn::Arn;
pub use aws::Aws;
pub use config::Config;
pub use handle::handle;
pub use job::Job;
pub use tags::Tags;
