#![doc = include_str!("../README.md")]

pub mod config;
pub mod payload;
pub mod permissions;

pub use config::Config;
