//! One module for each command.

pub mod completions;
pub mod schedule;
pub mod validate;
