#![doc = include_str!("../README.md")]

pub mod config;

pub mod aws;
pub mod cloudformation;
mod json;
pub mod organizations;
mod retry;
mod s3;
pub mod sources;

mod app;
mod attempt;
mod handle;
mod physical_id;

mod spec;

mod create;
mod delete;
mod update;

mod drift;

mod apply;
mod enable;
mod find;
mod not_made;
mod remove;
mod settle;
mod waiting;

pub use app::{App, Invocation};
pub use config::Config;
pub use handle::{Failed, answer};
