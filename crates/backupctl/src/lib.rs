#![doc = include_str!("../README.md")]

pub mod check;
pub mod command;
pub mod effective;
pub mod input;
pub mod parameters;
pub mod report;
mod template;
pub mod words;
pub mod yaml;
