//! One policy, read once: what it says at each place of the tree.

use std::sync::Arc;

use serde_json::Value;

use super::control::Controls;
use super::spelling::Spelling;
use crate::finding::one_line;
use crate::operator::Operator;
use crate::organization::error::{At, Errors};

/// How deep a policy may be nested. AWS's own languages need a dozen levels.
const MAX_DEPTH: usize = 100;

/// What a policy says at one place.
#[derive(Debug, Default)]
pub(crate) struct Fragment {
    /// The key in lower case, by which keys are the same.
    pub(crate) key: Arc<str>,
    /// The key as it is shown.
    pub(crate) name: Arc<str>,
    pub(super) assign: Option<Assigned>,
    pub(super) append: Option<Vec<Arc<str>>>,
    pub(super) remove: Option<Vec<Arc<str>>>,
    /// What it lets the levels below do, if it says so.
    pub(super) controls: Option<Controls>,
    pub(crate) children: Vec<Fragment>,
}

/// What `@@assign` gives. Scalars are text already: that is how AWS compares and shows them.
#[derive(Debug)]
pub(super) enum Assigned {
    Text(Arc<str>),
    List(Vec<Arc<str>>),
}

impl Fragment {
    /// Reads a policy; what is malformed is left out, and is among the errors.
    pub(crate) fn read(
        policy_type: &str,
        content: &Value,
        at: &At<'_>,
        errors: &mut Errors,
    ) -> Fragment {
        let mut root = Fragment::default();
        let Value::Object(members) = content else {
            errors.add(at, "this is not a policy: write an object".into());
            return root;
        };
        let spelling = Spelling::of(policy_type);
        for (key, value) in members {
            let at = at.key(key);
            match Operator::of(key) {
                // AWS accepts them here, and they mean nothing.
                Some(Operator::Assign | Operator::Append | Operator::Remove)
                    if !value.is_object() => {}
                _ => root.member(key, value, spelling, &at, errors),
            }
        }
        root
    }

    /// Takes what stands under one key of this place.
    fn member(
        &mut self,
        key: &str,
        value: &Value,
        spelling: Spelling,
        at: &At<'_>,
        errors: &mut Errors,
    ) {
        let operator = Operator::of(key);
        match operator {
            Some(Operator::Assign | Operator::Append | Operator::Remove) if spelling.has_keys() => {
                errors.add(at, "a value stands where only keys can: take it out".into());
            }
            None if spelling.has_value() && !key.starts_with("@@") => {
                let key = one_line(key, 60);
                let message = format!("`{key}` is a key where only a value can stand: take it out");
                errors.add(at, message);
            }
            Some(Operator::Controls) => {
                if let Some(controls) = controls(value, at, errors) {
                    let before = self.controls.unwrap_or(Controls::ALL);
                    self.controls = Some(before.and(controls));
                }
            }
            Some(Operator::Assign) => {
                if let Some(assigned) = assigned(value, at, errors) {
                    self.assign.get_or_insert(assigned);
                }
            }
            Some(Operator::Append) => {
                let values = values(value, at, errors);
                self.append.get_or_insert_default().extend(values);
            }
            Some(Operator::Remove) => {
                let values = values(value, at, errors);
                self.remove.get_or_insert_default().extend(values);
            }
            None if key.starts_with("@@") => {
                let key = one_line(key, 60);
                errors.add(at, format!("there is no operator `{key}`"));
            }
            None => self.child(key, value, spelling, at, errors),
        }
    }

    fn child(
        &mut self,
        key: &str,
        value: &Value,
        spelling: Spelling,
        at: &At<'_>,
        errors: &mut Errors,
    ) {
        let Value::Object(members) = value else {
            let message = "a value stands where an operator should: write `{\"@@assign\": ...}`";
            errors.add(at, message.into());
            return;
        };
        if at.depth() > MAX_DEPTH {
            errors.add(
                at,
                format!("this is nested more than {MAX_DEPTH} levels deep"),
            );
            return;
        }
        let (name, inner) = spelling.key(key);
        let folded = key.to_lowercase();
        // Two keys that differ in letter case only are one.
        let known = self.children.iter().position(|child| *child.key == *folded);
        let index = known.unwrap_or(self.children.len());
        if known.is_none() {
            self.children.push(Fragment {
                key: folded.into(),
                name: name.into(),
                ..Fragment::default()
            });
        }
        let Some(child) = self.children.get_mut(index) else {
            return;
        };
        for (key, value) in members {
            child.member(key, value, inner, &at.key(key), errors);
        }
        if child.has_value() && !child.children.is_empty() {
            let message = "this has a value and keys of its own: AWS takes one or the other";
            errors.add(at, message.into());
        }
    }

    /// Whether it says what the value here is, or what is in it.
    pub(crate) fn has_value(&self) -> bool {
        self.assign.is_some() || self.append.is_some() || self.remove.is_some()
    }
}

fn controls(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Controls> {
    let words = value.as_array().filter(|words| !words.is_empty());
    let controls = words.and_then(|words| {
        words.iter().try_fold(Controls::NONE, |controls, word| {
            Some(controls.or(Controls::of(word.as_str()?)?))
        })
    });
    if controls.is_none() {
        let message = "this is not a list of `@@all`, `@@assign`, `@@append`, `@@remove` or \
                       `@@none`";
        errors.add(at, message.into());
    }
    controls
}

fn assigned(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Assigned> {
    match value {
        Value::Array(_) => Some(Assigned::List(values(value, at, errors))),
        _ => text(value, at, errors).map(Assigned::Text),
    }
}

/// The members of a list; a single value is a list of one.
fn values(value: &Value, at: &At<'_>, errors: &mut Errors) -> Vec<Arc<str>> {
    match value {
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .filter_map(|(index, element)| text(element, &at.element(index), errors))
            .collect(),
        _ => text(value, at, errors).into_iter().collect(),
    }
}

/// A scalar as AWS shows it: `12` is `"12"`, and null is `"null"`.
fn text(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Arc<str>> {
    match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(value.to_string().into()),
        Value::Array(_) | Value::Object(_) => {
            let message = "this is not a value: write a text, a number, or true or false";
            errors.add(at, message.into());
            None
        }
    }
}
