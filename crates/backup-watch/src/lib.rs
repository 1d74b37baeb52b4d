#![doc = include_str!("../README.md")]

pub mod config;
pub mod findings;
pub mod judge;
pub mod kept;
pub mod metrics;
pub mod news;
pub mod payload;
pub mod permissions;

pub mod app;
pub mod aws;
pub mod documents;
pub mod handle;
pub mod look;
pub mod tell;

pub use app::{App, Invocation};
pub use config::Config;
pub use handle::handle;
