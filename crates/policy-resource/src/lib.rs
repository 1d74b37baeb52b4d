#![doc = include_str!("../README.md")]

pub mod accepted;
pub mod content;
pub mod identity;
pub mod plan;
pub mod properties;
