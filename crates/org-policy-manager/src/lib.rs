#![doc = include_str!("../README.md")]

pub mod config;

pub mod aws;
pub mod cloudformation;
pub mod organizations;
mod retry;
mod s3;
pub mod sources;

mod app;
mod apply;
mod create;
mod delete;
mod enable;
mod handle;
mod physical_id;
mod update;
mod waiting;
mod wanted;

pub use app::{App, Invocation};
pub use config::Config;
pub use handle::answer;
