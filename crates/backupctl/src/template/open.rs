//! What of a template is not known before deployment, and what would have to be known.

use backup_policy::UNKNOWN;
use serde_json::Value;

/// A value that is not known, or not as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The keys that lead to it from the resource's properties.
    pub path: Vec<String>,
    /// What it needs.
    pub needs: Vec<Need>,
    /// The conditions that decide whether it is there, and are not known.
    pub conditions: Vec<String>,
}

/// Something that a value needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// A parameter, an SSM parameter or `AWS::Partition` and its like: it can be given by its name.
    Value(String),
    /// What only the deployment knows, in words.
    Deployment(String),
}

impl std::fmt::Display for Need {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Need::Value(name) => write!(formatter, "`{name}`"),
            Need::Deployment(words) => formatter.write_str(words),
        }
    }
}

/// What is found out while a value is resolved.
#[derive(Debug, Default)]
pub(super) struct Notes {
    path: Vec<String>,
    needs: Vec<Need>,
    conditions: Vec<String>,
    open: Vec<Open>,
}

impl Notes {
    pub(super) fn enter(&mut self, key: &str) {
        self.path.push(key.to_owned());
    }

    pub(super) fn leave(&mut self) {
        self.path.pop();
    }

    pub(super) fn need(&mut self, need: Need) {
        if !self.needs.contains(&need) {
            self.needs.push(need);
        }
    }

    pub(super) fn take_needs(&mut self) -> Vec<Need> {
        std::mem::take(&mut self.needs)
    }

    pub(super) fn undecided(&mut self, condition: &str) {
        self.conditions.push(condition.to_owned());
    }

    /// What a function or a text gave, at the place where it stands. What was asked for on the way
    /// matters only if the outcome is not known.
    pub(super) fn given(&mut self, value: Option<&Value>) {
        let needs = std::mem::take(&mut self.needs);
        let conditions = std::mem::take(&mut self.conditions);
        if value.is_some_and(is_open) {
            self.open.push(Open {
                path: self.path.clone(),
                needs,
                conditions,
            });
        }
    }

    pub(super) fn take(&mut self) -> Vec<Open> {
        self.needs.clear();
        self.conditions.clear();
        std::mem::take(&mut self.open)
    }
}

/// Whether a part of a value is not known.
pub(crate) fn is_open(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(UNKNOWN),
        Value::Array(values) => values.iter().any(is_open),
        Value::Object(members) => members
            .iter()
            .any(|(key, value)| key.contains(UNKNOWN) || is_open(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The distinct names of what several values need, those that can be given first.
pub(crate) fn needs<'o>(open: impl IntoIterator<Item = &'o Open>) -> Vec<&'o Need> {
    let mut needs: Vec<&Need> = open.into_iter().flat_map(|open| &open.needs).collect();
    needs.sort();
    needs.dedup();
    needs
}
