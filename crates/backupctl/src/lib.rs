//! The library part of `backupctl`: everything but the arguments, the files and the terminal.

pub mod check;
pub mod command;
pub mod parameters;
pub mod report;
mod template;
pub mod yaml;
