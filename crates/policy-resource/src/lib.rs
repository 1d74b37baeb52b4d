#![doc = include_str!("../README.md")]

pub mod accepted;
pub mod content;
pub mod deployed;
pub mod drift;
pub mod identity;
pub mod plan;
pub mod properties;
