#![doc = include_str!("../README.md")]

mod document;
mod finding;
mod inject;
mod position;
mod size;
mod validate;
mod variables;

pub use document::{Document, ParseError};
pub use finding::{Code, Finding, Severity};
pub use inject::inject_regions;
pub use position::{Position, Spot};
pub use size::{MAX_CHARACTERS, character_count};
pub use validate::validate;
pub use variables::{Replaced, VariableError, replace_variables};

/// A moment in UTC, as the schedule library understands it. The library never asks a clock
/// for the time: whoever calls [`validate`] says when "now" is.
///
/// # Example
/// ```
/// let now = backup_policy::Instant::from(std::time::SystemTime::now());
/// # let _ = now;
/// ```
pub type Instant = chrono::DateTime<chrono::Utc>;
