#![doc = include_str!("../README.md")]

#[cfg(feature = "aws")]
pub mod aws;
pub mod check;
pub mod command;
#[cfg(feature = "aws")]
pub mod landscape;
pub mod parameters;
pub mod report;
mod template;
pub mod words;
pub mod yaml;
