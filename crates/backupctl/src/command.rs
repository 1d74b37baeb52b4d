//! One module for each command.

pub mod completions;
pub mod effective;
pub mod schedule;
pub mod validate;
