//! What an account gets: the merged policy, value by value with its origin, and its problems.

mod changes;
mod checker;
mod idle;
mod node;
mod plan;
mod problem;
mod tag;
mod warning;

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;

pub use changes::{AccountChange, Difference, changes};
pub(crate) use checker::Checker;
pub use idle::WithoutEffect;
pub(crate) use idle::without_effect;
pub use node::{Content, Ignored, List, Node, Sourced};
pub use plan::{
    Condition, CopyAction, DEFAULT_SCHEDULE, Lifecycle, Plan, Resources, Rule, Selection,
};
pub use problem::{Problem, ProblemCode};
pub use warning::Warning;
pub(crate) use warning::warnings;

use crate::grammar::BACKUP_POLICY;

/// What an account gets.
#[derive(Debug)]
pub struct Effective {
    pub(crate) policy_type: Arc<str>,
    /// The merged policy, whether AWS would put it into force or not.
    pub root: Arc<Node>,
    /// What is wrong with it. Always empty for policies that are not backup policies.
    pub problems: Vec<Problem>,
    /// What AWS accepts in it, and what backs up nothing all the same.
    pub warnings: Vec<Warning>,
}

impl Effective {
    /// Whether AWS withholds the whole document, and the account keeps the last that was valid.
    pub fn is_withheld(&self) -> bool {
        self.problems.iter().any(|problem| problem.code.withholds())
    }

    /// The document as AWS shows it, to be written as JSON, or none if it is withheld.
    pub(crate) fn written(&self) -> Option<Written<'_>> {
        (!self.is_withheld()).then_some(Written(self))
    }

    /// The document as AWS shows it, or none if it is withheld. `{}` if the account gets nothing.
    pub fn document(&self) -> Option<Value> {
        (!self.is_withheld()).then(|| self.merged())
    }

    /// The merged document, even if AWS withholds it.
    pub fn merged(&self) -> Value {
        let mut value = self.root.to_value();
        if &*self.policy_type == tag::TAG_POLICY {
            tag::complete(&mut value);
        }
        value
    }

    /// The backup plans in the merged policy, in order. None in other policies.
    pub fn plans(&self) -> Vec<Plan<'_>> {
        let plans = self.root.get(&["plans"]);
        plans
            .filter(|_| &*self.policy_type == BACKUP_POLICY)
            .map_or_else(Vec::new, |plans| plans.children().map(Plan::of).collect())
    }
}

/// A merged policy as AWS shows it.
pub(crate) struct Written<'e>(&'e Effective);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &*self.0.policy_type {
            tag::TAG_POLICY => self.0.merged().serialize(serializer),
            _ => self.0.root.serialize(serializer),
        }
    }
}
