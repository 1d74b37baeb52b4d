//! The functions whose values can be known: each gives none where they are not.

use std::collections::BTreeSet;

use backup_policy::UNKNOWN;
use serde_json::Value;

use super::intrinsics::{Scope, unknown};
use super::members;
use super::open::Need;
use crate::parameters::Parameters;

impl Scope<'_> {
    /// A text with its dynamic references (`{{resolve:ssm:/name}}`) replaced as far as their
    /// values were given.
    pub(super) fn dynamic(&self, text: &str) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{resolve:") {
            let (reference, after) = behind.split_once("}}").unwrap_or((behind, ""));
            let name = reference
                .strip_prefix("ssm:")
                .and_then(|name| name.split(':').next());
            result.push_str(before);
            match name.and_then(|name| self.parameters.get(name)) {
                Some(value) if self.spend(value.len()).is_some() => result.push_str(value),
                _ => {
                    self.need(match name {
                        Some(name) => Need::Value(name.to_owned()),
                        None => Need::Deployment(format!("`{{{{resolve:{reference}}}}}`")),
                    });
                    result.push(UNKNOWN);
                }
            }
            rest = after;
        }
        result + rest
    }

    /// A parameter's value, or that of `AWS::Region` and its like if it was given. What SSM
    /// holds can be given under its name there: `"/backup/org-id": "..."`.
    pub(super) fn reference(&self, name: &str) -> Option<Value> {
        let parameter = self
            .template
            .get("Parameters")
            .and_then(|all| all.get(name));
        let kind = parameter
            .and_then(|parameter| parameter.get("Type"))
            .and_then(Value::as_str)
            .unwrap_or("String");
        let default = || match parameter?.get("Default")? {
            Value::String(text) => Some(text.clone()),
            scalar @ (Value::Number(_) | Value::Bool(_)) => Some(scalar.to_string()),
            _ => None,
        };
        let given = self.parameters.get(name).map(str::to_owned);
        let Some(text) = given.or_else(default) else {
            let resources = self.template.get("Resources");
            let is_resource = resources.is_some_and(|all| all.get(name).is_some());
            self.need(match is_resource {
                true => Need::Deployment(format!("the resource `{name}`")),
                false => Need::Value(name.to_owned()),
            });
            return None;
        };
        // `AWS::SSM::Parameter::Value<List<String>>`: the text is the name of the value.
        let (text, kind) = match kind.strip_prefix("AWS::SSM::Parameter::Value<") {
            Some(kind) => match self.parameters.get(&text) {
                Some(value) => (value.to_owned(), kind),
                None => {
                    self.need(Need::Value(text));
                    return None;
                }
            },
            None => (text, kind),
        };
        let is_list = kind.starts_with("CommaDelimitedList") || kind.starts_with("List<");
        self.spend(text.len() * if is_list { 16 } else { 1 })?;
        if is_list {
            return Some(
                text.split(',')
                    .map(|item| Value::from(item.trim()))
                    .collect(),
            );
        }
        Some(Value::String(text))
    }

    /// `Fn::Sub`: `${Name}` by value, `${!Name}` as it is.
    pub(super) fn substitute(&self, argument: &Value, depth: usize) -> Option<Value> {
        let (text, own) = match argument {
            Value::String(text) => (text.as_str(), None),
            Value::Array(pair) => match pair.as_slice() {
                [Value::String(text), own] => (text.as_str(), Some(self.plain(own, depth)?)),
                _ => return None,
            },
            _ => return None,
        };
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            result.push_str(before);
            let Some((name, after)) = behind.split_once('}') else {
                result.push_str("${");
                rest = behind;
                break;
            };
            let value = match name.strip_prefix('!') {
                Some(literal) => Some(Value::String(format!("${{{literal}}}"))),
                None => match own.as_ref().and_then(|own| own.get(name.trim())) {
                    Some(value) => {
                        self.spend(value.as_str().map_or(0, str::len))?;
                        Some(value.clone())
                    }
                    None => self.reference(name.trim()),
                },
            };
            result.push_str(
                &value
                    .and_then(text_of)
                    .unwrap_or_else(|| UNKNOWN.to_string()),
            );
            rest = after;
        }
        result.push_str(rest);
        Some(Value::String(result))
    }

    pub(super) fn join(&self, argument: &Value, depth: usize) -> Option<Value> {
        let [delimiter, values] = argument.as_array()?.as_slice() else {
            return None;
        };
        let values = self.plain(values, depth)?;
        let texts: Vec<String> = values
            .as_array()?
            .iter()
            .map(|value| text_of(value.clone()).unwrap_or_else(|| UNKNOWN.to_string()))
            .collect();
        let delimiter = delimiter.as_str()?;
        let length: usize = texts.iter().map(|text| text.len() + delimiter.len()).sum();
        self.spend(length)?;
        Some(Value::String(texts.join(delimiter)))
    }

    pub(super) fn select(&self, argument: &Value, depth: usize) -> Option<Value> {
        let [index, values] = argument.as_array()?.as_slice() else {
            return None;
        };
        let index: usize = text_of(self.plain(index, depth)?)?.parse().ok()?;
        self.plain(values, depth)?.as_array()?.get(index).cloned()
    }

    /// `Fn::Split`. What stands behind a part that is not known may be any number of elements.
    pub(super) fn split(&self, argument: &Value, depth: usize) -> Option<Value> {
        let [delimiter, text] = argument.as_array()?.as_slice() else {
            return None;
        };
        let text = self.plain(text, depth)?;
        let delimiter = delimiter.as_str().filter(|it| !it.is_empty())?;
        let parts: Vec<&str> = text.as_str()?.split(delimiter).collect();
        let open = parts.iter().position(|part| part.contains(UNKNOWN));
        match open {
            None => Some(parts.into_iter().map(Value::from).collect()),
            Some(0) => None,
            Some(open) => {
                let known = parts.into_iter().take(open).map(Value::from);
                Some(known.chain([unknown()]).collect())
            }
        }
    }

    /// `Fn::Length` of a list.
    pub(super) fn length(&self, argument: &Value, depth: usize) -> Option<Value> {
        Some(self.plain(argument, depth)?.as_array()?.len().into())
    }

    /// `Fn::FindInMap`, with what to take if the map has no such keys.
    pub(super) fn find_in_map(&self, argument: &Value, depth: usize) -> Option<Value> {
        let (map, first, second, default) = match argument.as_array()?.as_slice() {
            [map, first, second] => (map, first, second, None),
            [map, first, second, default] => (map, first, second, default.get("DefaultValue")),
            _ => return None,
        };
        let key =
            |value: &Value| text_of(self.plain(value, depth)?).filter(|it| !it.contains(UNKNOWN));
        let (map, first, second) = (key(map)?, key(first)?, key(second)?);
        let maps = self.template.get("Mappings");
        let found = maps.and_then(|maps| maps.get(map)?.get(first)?.get(second));
        match (found, default) {
            (Some(found), _) => {
                self.spend(found.to_string().len() * 4)?;
                Some(found.clone())
            }
            (None, Some(default)) => self.plain(default, depth),
            (None, None) => None,
        }
    }
}

/// The names that values can be given by: the template's parameters, and what its values are called
/// in SSM.
pub(crate) fn names(template: &Value, parameters: &Parameters) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, parameter) in members(template.get("Parameters")) {
        let kind = parameter.get("Type").and_then(Value::as_str);
        if kind.is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::Value<")) {
            let default = parameter.get("Default").and_then(Value::as_str);
            names.extend(default.or(parameters.get(name)).map(str::to_owned));
        }
        names.insert(name.to_owned());
    }
    let text = template.to_string();
    names.extend(text.split("{{resolve:ssm:").skip(1).map(|rest| {
        let name = rest.split([':', '}']).next().unwrap_or_default();
        name.to_owned()
    }));
    names
}

pub(super) fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
