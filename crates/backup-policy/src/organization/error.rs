//! What is wrong with an organization, and where.

use std::fmt;

use serde_json::Value;

use crate::finding::one_line;
use crate::position::{Position, Spot};

/// One thing that is wrong with an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationError {
    /// Where it is: `root.organizational_units[0].policies[1]`. Empty for the whole file.
    pub path: String,
    /// The thing, the reason and the remedy, in one line.
    pub message: String,
    /// Where it stands in the text, if there is one.
    pub position: Option<Position>,
}

impl fmt::Display for OrganizationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", one_line(&self.path, 300))?;
        }
        f.write_str(&one_line(&self.message, 500))?;
        match self.position {
            Some(at) => write!(f, " (line {}, column {})", at.line, at.column),
            None => Ok(()),
        }
    }
}

impl std::error::Error for OrganizationError {}

/// A place in the file while it is being read: a list of steps that costs nothing until an error
/// needs it.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    above: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Whole,
    Key(&'a str),
    Element(usize),
}

impl<'a> At<'a> {
    pub(crate) const WHOLE: At<'static> = At {
        above: None,
        step: Step::Whole,
    };

    pub(crate) fn key<'b>(&'b self, key: &'b str) -> At<'b> {
        At {
            above: Some(self),
            step: Step::Key(key),
        }
    }

    pub(crate) fn element(&self, index: usize) -> At<'_> {
        At {
            above: Some(self),
            step: Step::Element(index),
        }
    }

    pub(crate) fn depth(&self) -> usize {
        std::iter::successors(Some(self), |at| at.above).count()
    }

    fn steps(&self) -> Vec<Step<'a>> {
        let mut steps: Vec<Step<'a>> = std::iter::successors(Some(self), |at| at.above)
            .map(|at| at.step)
            .collect();
        steps.reverse();
        steps
    }
}

/// The errors so far. Their places are looked up at the end: most files have none.
#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<(OrganizationError, Vec<OwnedStep>)>,
}

enum OwnedStep {
    Key(String),
    Element(usize),
}

impl Errors {
    pub(crate) fn add(&mut self, at: &At<'_>, message: String) {
        let mut path = String::new();
        let mut steps = Vec::new();
        for step in at.steps() {
            match step {
                Step::Whole => {}
                Step::Key(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                    steps.push(OwnedStep::Key(key.to_owned()));
                }
                Step::Element(index) => {
                    path.push_str(&format!("[{index}]"));
                    steps.push(OwnedStep::Element(index));
                }
            }
        }
        let error = OrganizationError {
            path,
            message,
            position: None,
        };
        self.found.push((error, steps));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The errors in the order of the text, which `value` was read from.
    pub(crate) fn located(self, value: &Value, spot: &Spot) -> Vec<OrganizationError> {
        let locate = |(error, steps): (OrganizationError, Vec<OwnedStep>)| OrganizationError {
            position: Some(place(value, spot, &steps)),
            ..error
        };
        let mut errors: Vec<OrganizationError> = self.found.into_iter().map(locate).collect();
        errors.sort_by_key(|error| error.position);
        errors
    }

    pub(crate) fn without_places(self) -> Vec<OrganizationError> {
        self.found.into_iter().map(|(error, _)| error).collect()
    }
}

/// Where the steps lead to, or the last thing on the way that stands in the text.
fn place(value: &Value, spot: &Spot, steps: &[OwnedStep]) -> Position {
    let Some((step, further)) = steps.split_first() else {
        return spot.value;
    };
    let inner = match (step, value) {
        (OwnedStep::Key(key), Value::Object(members)) => members
            .iter()
            .enumerate()
            .find(|(_, (name, _))| *name == key)
            .map(|(index, (_, member))| (index, member)),
        (OwnedStep::Element(index), Value::Array(list)) => {
            list.get(*index).map(|element| (*index, element))
        }
        _ => None,
    };
    let inner = inner.and_then(|(index, member)| Some((member, spot.children.get(index)?)));
    inner.map_or(spot.value, |(member, spot)| place(member, spot, further))
}
