#![doc = include_str!("../README.md")]

pub mod arn;
pub mod config;
pub mod event;
pub mod failure;
pub mod gate;
pub mod job;
pub mod keys;
pub mod plan;
pub mod provenance;
pub mod recovery_point;
pub mod report;
pub mod route;
pub mod source;
pub mod tags;

pub use arn::Arn;
pub use config::Config;
pub use job::Job;
pub use tags::Tags;
