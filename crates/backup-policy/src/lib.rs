#![doc = include_str!("../README.md")]

mod arn;
mod catalogue;
mod code;
mod document;
mod effective;
mod finding;
mod grammar;
mod inheritance;
mod inject;
mod language;
mod operator;
mod organization;
mod position;
mod regions;
mod schedule;
mod size;
mod syntax;
mod validate;
mod variables;

pub use catalogue::{Entry, catalogue, catalogue_page};
pub use code::{Code, Severity};
pub use document::{Document, ParseError};
pub use effective::{
    AccountChange, Condition, Content, CopyAction, DEFAULT_SCHEDULE, Difference, Effective,
    Ignored, Lifecycle, List, Node, Plan, Problem, ProblemCode, Resources, Rule, Selection,
    Sourced, Warning, WithoutEffect, changes,
};
pub use finding::{Finding, one_line};
pub use grammar::BACKUP_POLICY;
pub use inheritance::{AccountPolicy, EffectivePolicies, Level, Origin, PolicyId};
pub use inject::inject_regions;
pub use organization::{
    Account, MAX_ATTACHED, MAX_UNIT_LEVELS, Organization, OrganizationError, Policy, Unit,
};
pub use position::{Position, Spot};
pub use schedule::Schedule;
pub use size::{MAX_CHARACTERS, as_written, character_count};
pub use syntax::syntax_help;
pub use validate::suggest::nearest;
pub use validate::{validate, validate_schedule};
pub use variables::{Replaced, VariableError, replace_variables};

/// Stands in a text for a part that is not known before deployment (a private-use character
/// that no policy needs). [`validate`] says nothing about a key or value that contains it.
pub const UNKNOWN: char = '\u{F8FF}';

/// A moment in UTC, as the schedule library understands it. The library never asks a clock
/// for the time: whoever calls [`validate`] says when "now" is.
///
/// # Example
/// ```
/// let now = backup_policy::Instant::from(std::time::SystemTime::now());
/// # let _ = now;
/// ```
pub type Instant = chrono::DateTime<chrono::Utc>;
