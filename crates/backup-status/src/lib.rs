#![doc = include_str!("../README.md")]

pub mod due;
pub mod landscape;
pub mod late;
pub mod ledger;
pub mod merge;
pub mod seen;

pub use seen::Seen;
