#![doc = include_str!("../README.md")]

#[cfg(feature = "aws")]
pub mod aws;
pub mod check;
pub mod command;
#[cfg(feature = "aws")]
pub mod doctor;
pub mod effective;
pub mod input;
#[cfg(feature = "aws")]
pub mod landscape;
pub mod parameters;
#[cfg(feature = "aws")]
pub mod plan;
pub mod report;
#[cfg(feature = "aws")]
pub mod targets;
mod template;
pub mod words;
pub mod yaml;
