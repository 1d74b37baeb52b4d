//! CloudFormation's functions, as far as their values are known before deployment.
//!
//! What is not known becomes [`UNKNOWN`], alone or as a part of a text; the validator says
//! nothing about it. No value is ever guessed.

use std::cell::{Cell, RefCell};

use backup_policy::{Spot, UNKNOWN};
use serde_json::{Map, Value};

use super::conditions::{self, Known};
use super::loops::is_loop;
use super::open::{Need, Notes, Open};
use crate::parameters::Parameters;

/// What a template says about its own values.
pub(super) struct Scope<'t> {
    pub(super) template: &'t Value,
    pub(super) parameters: &'t Parameters,
    notes: RefCell<Notes>,
    /// How many bytes functions gave so far.
    given: Cell<usize>,
    /// The conditions that were asked for: they refer to each other, some many times.
    pub(super) conditions: RefCell<Known>,
}

/// A value with its places. `None` stands for `AWS::NoValue`: the key is left out.
type Resolved = Option<(Value, Option<Spot>)>;

/// How deep functions may be nested in functions (conditions that refer to each other).
const DEEPEST: usize = 256;

/// How many bytes functions give at most: a template of CloudFormation has a million itself.
const MOST_GIVEN: usize = 32 * 1024 * 1024;

impl<'t> Scope<'t> {
    pub(super) fn new(template: &'t Value, parameters: &'t Parameters) -> Scope<'t> {
        Scope {
            template,
            parameters,
            notes: RefCell::default(),
            given: Cell::default(),
            conditions: RefCell::default(),
        }
    }

    /// Remembers what a value needs that was asked for and is not known.
    pub(super) fn need(&self, need: Need) {
        self.notes.borrow_mut().need(need);
    }

    /// Whether functions may give so many bytes more: what one gives may stand in another many times.
    pub(super) fn spend(&self, bytes: usize) -> Option<()> {
        self.given.set(self.given.get().saturating_add(bytes));
        (self.given.get() <= MOST_GIVEN).then_some(())
    }

    /// Takes out what was asked for so far and is not known.
    pub(super) fn take_needs(&self) -> Vec<Need> {
        self.notes.borrow_mut().take_needs()
    }

    /// What was not known in what was resolved since this was last asked.
    pub(super) fn take_open(&self) -> Vec<Open> {
        self.notes.borrow_mut().take()
    }

    /// A value with every function in it replaced by what it gives. A value that a function
    /// gave stands where the function stood.
    pub(super) fn resolve(&self, value: &Value, spot: Option<&Spot>) -> Resolved {
        match value {
            Value::Object(members) => match single(members) {
                Some((name, argument)) if is_function(name) => {
                    let given = self.call(name, argument, 0);
                    self.notes.borrow_mut().given(given.as_ref());
                    Some((given?, spot.map(leaf)))
                }
                _ => Some(self.object(members, spot)),
            },
            Value::Array(values) => {
                let resolved = values.iter().enumerate().filter_map(|(index, value)| {
                    self.at(
                        &index.to_string(),
                        value,
                        spot.and_then(|spot| spot.children.get(index)),
                    )
                });
                let (values, children): (Vec<Value>, Vec<Option<Spot>>) = resolved.unzip();
                Some((Value::Array(values), around(spot, children)))
            }
            Value::String(text) => {
                let given = Value::from(self.dynamic(text));
                self.notes.borrow_mut().given(Some(&given));
                Some((given, spot.cloned()))
            }
            _ => Some((value.clone(), spot.cloned())),
        }
    }

    /// A member of what is being resolved.
    fn at(&self, key: &str, value: &Value, spot: Option<&Spot>) -> Resolved {
        self.notes.borrow_mut().enter(key);
        let resolved = self.resolve(value, spot);
        self.notes.borrow_mut().leave();
        resolved
    }

    fn object(&self, members: &Map<String, Value>, spot: Option<&Spot>) -> (Value, Option<Spot>) {
        let (mut resolved, mut children) = (Map::new(), Vec::new());
        for (index, (key, value)) in members.iter().enumerate() {
            let child = spot.and_then(|spot| spot.children.get(index));
            // What these make stands beside the other keys, and is not known.
            if self.is_macro(key) {
                self.notes.borrow_mut().given(Some(&unknown()));
                resolved.insert(UNKNOWN.to_string(), unknown());
                children.push(child.map(leaf));
                continue;
            }
            if let Some((value, inner)) = self.at(key, value, child) {
                resolved.insert(key.clone(), value);
                children.push(inner);
            }
        }
        (Value::Object(resolved), around(spot, children))
    }

    /// Whether a key is a loop or a macro: beside other keys it gives keys that nobody knows yet.
    fn is_macro(&self, key: &str) -> bool {
        let is_macro = is_loop(key) || key == "Fn::Transform";
        if is_macro {
            self.need(Need::Deployment(format!("`{key}`")));
        }
        is_macro
    }

    /// A value without places, for the arguments of functions.
    pub(super) fn plain(&self, value: &Value, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return Some(unknown());
        }
        match value {
            Value::Object(members) => match single(members) {
                Some((name, argument)) if is_function(name) => self.call(name, argument, depth),
                _ => Some(Value::Object(
                    members
                        .iter()
                        .filter_map(|(key, value)| {
                            if self.is_macro(key) {
                                return Some((UNKNOWN.to_string(), unknown()));
                            }
                            Some((key.clone(), self.plain(value, depth + 1)?))
                        })
                        .collect(),
                )),
            },
            Value::Array(values) => Some(
                values
                    .iter()
                    .filter_map(|value| self.plain(value, depth + 1))
                    .collect(),
            ),
            Value::String(text) => Some(self.dynamic(text).into()),
            _ => Some(value.clone()),
        }
    }

    /// What a function gives; `None` for `AWS::NoValue`.
    fn call(&self, name: &str, argument: &Value, depth: usize) -> Option<Value> {
        let depth = depth + 1;
        if depth > DEEPEST {
            return Some(unknown());
        }
        let given = match name {
            "Ref" if argument == "AWS::NoValue" => return None,
            "Ref" => argument.as_str().and_then(|name| self.reference(name)),
            "Fn::Sub" => self.substitute(argument, depth),
            "Fn::Join" => self.join(argument, depth),
            "Fn::Select" => self.select(argument, depth),
            "Fn::Split" => self.split(argument, depth),
            "Fn::FindInMap" => self.find_in_map(argument, depth),
            "Fn::Length" => self.length(argument, depth),
            "Fn::ToJsonString" => {
                let value = self.plain(argument, depth)?;
                Some(Value::String(value.to_string()))
            }
            "Fn::If" => {
                let branches = argument.as_array().map(Vec::as_slice);
                let Some([condition, yes, no]) = branches else {
                    return Some(unknown());
                };
                let known = condition
                    .as_str()
                    .and_then(|name| conditions::named(self, name, depth));
                return match known {
                    Some(true) => self.plain(yes, depth),
                    Some(false) => self.plain(no, depth),
                    None => {
                        let name = condition.as_str().unwrap_or_default();
                        self.notes.borrow_mut().undecided(name);
                        Some(unknown())
                    }
                };
            }
            "Fn::ImportValue" => {
                let name = self.plain(argument, depth);
                let name = name.as_ref().and_then(Value::as_str).unwrap_or("?");
                self.need(Need::Deployment(format!("the import `{name}`")));
                None
            }
            "Fn::GetAtt" => {
                let name = match argument {
                    Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect(),
                    other => Vec::from_iter(other.as_str()),
                };
                self.need(Need::Deployment(format!("`{}`", name.join("."))));
                None
            }
            _ => {
                self.need(Need::Deployment(format!("`{name}`")));
                None
            }
        };
        Some(given.unwrap_or_else(unknown))
    }
}

/// A value that is not known.
pub(super) fn unknown() -> Value {
    Value::String(UNKNOWN.to_string())
}

fn is_function(name: &str) -> bool {
    name == "Ref" || name == "Condition" || name.starts_with("Fn::")
}

/// Whether every part of a value is known.
pub(super) fn is_known(value: &Value) -> bool {
    !super::open::is_open(value)
}

pub(super) fn single(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut members = members.iter();
    let (name, value) = members.next()?;
    members.next().is_none().then_some((name, value))
}

/// A place without those of what was in it.
pub(super) fn leaf(spot: &Spot) -> Spot {
    Spot {
        key: spot.key,
        value: spot.value,
        children: Vec::new(),
    }
}

/// A place around those of its children; a child without one has its own.
pub(super) fn around(spot: Option<&Spot>, children: Vec<Option<Spot>>) -> Option<Spot> {
    let spot = spot?;
    let children = children
        .into_iter()
        .map(|child| child.unwrap_or_else(|| leaf(spot)))
        .collect();
    Some(Spot {
        key: spot.key,
        value: spot.value,
        children,
    })
}

#[cfg(test)]
mod tests;
