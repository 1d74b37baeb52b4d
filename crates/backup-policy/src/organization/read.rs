//! Reading the file of an organization, strictly.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::{At, Errors};
use super::{Account, Organization, OrganizationError, Policy, Unit, check};
use crate::Instant;
use crate::document::Document;
use crate::position::{Position, locate};
use crate::validate::suggest;

pub(super) fn parse(text: &str) -> Result<Organization, Vec<OrganizationError>> {
    let value = Document::parse_value(text).map_err(|error| {
        vec![OrganizationError {
            path: String::new(),
            message: match &error.help {
                Some(help) => format!("this is not JSON: {}: {help}", error.message),
                None => format!("this is not JSON: {}", error.message),
            },
            position: Some(Position {
                line: error.line,
                column: error.column,
                length: 1,
            }),
        }]
    })?;
    let mut errors = Errors::default();
    let organization = organization(&value, &mut errors);
    if errors.is_empty() {
        check::check(&organization, &mut errors);
    }
    if errors.is_empty() {
        Ok(organization)
    } else {
        Err(errors.located(&value, &locate(text)))
    }
}

/// What could be read; the rest is among the errors.
fn organization(value: &Value, errors: &mut Errors) -> Organization {
    let at = At::WHOLE;
    let file = object(
        value,
        &at,
        "an organization",
        &["policy_type", "read_at", "root", "policies"],
        errors,
    );
    let root = match file.and_then(|file| file.get("root")) {
        Some(root) => unit(root, &at.key("root"), errors),
        None => {
            lacks("root", file, &at, errors);
            Unit::default()
        }
    };
    let mut policies = BTreeMap::new();
    match file.and_then(|file| file.get("policies")) {
        Some(Value::Object(members)) => {
            let at = at.key("policies");
            for (id, member) in members {
                policies.insert(id.clone(), policy(member, &at.key(id), errors));
            }
        }
        Some(_) => errors.add(
            &at.key("policies"),
            "this is not an object: write the policies by their ids".into(),
        ),
        None => lacks("policies", file, &at, errors),
    }
    let read_at = file.and_then(|file| file.get("read_at")).and_then(|value| {
        let moment = value.as_str().and_then(|text| text.parse::<Instant>().ok());
        if moment.is_none() {
            let message = "this is no moment: write it as 2026-01-31T12:00:00Z, or take it out";
            errors.add(&at.key("read_at"), message.into());
        }
        moment
    });
    Organization {
        policy_type: text("policy_type", file, &at, errors),
        read_at,
        root,
        policies,
    }
}

fn unit(value: &Value, at: &At<'_>, errors: &mut Errors) -> Unit {
    let keys = ["id", "name", "policies", "organizational_units", "accounts"];
    let members = object(value, at, "a root or organizational unit", &keys, errors);
    Unit {
        id: text("id", members, at, errors),
        name: text("name", members, at, errors),
        policies: ids(members, at, errors),
        organizational_units: list("organizational_units", members, at, errors, unit),
        accounts: list("accounts", members, at, errors, account),
    }
}

fn account(value: &Value, at: &At<'_>, errors: &mut Errors) -> Account {
    let members = object(value, at, "an account", &["id", "name", "policies"], errors);
    Account {
        id: text("id", members, at, errors),
        name: text("name", members, at, errors),
        policies: ids(members, at, errors),
    }
}

fn policy(value: &Value, at: &At<'_>, errors: &mut Errors) -> Policy {
    let members = object(value, at, "a policy", &["name", "content"], errors);
    let content = match members.and_then(|members| members.get("content")) {
        Some(Value::String(text)) => Document::parse_value(text).unwrap_or_else(|error| {
            let message = format!("the text of this policy is not JSON: {error}");
            errors.add(&at.key("content"), message);
            Value::Null
        }),
        Some(content) => content.clone(),
        None => {
            lacks("content", members, at, errors);
            Value::Null
        }
    };
    Policy {
        name: text("name", members, at, errors),
        content,
    }
}

/// The members of an object that has no other keys than these.
fn object<'v>(
    value: &'v Value,
    at: &At<'_>,
    what: &str,
    keys: &[&'static str],
    errors: &mut Errors,
) -> Option<&'v Map<String, Value>> {
    let Value::Object(members) = value else {
        let listed = keys.join("`, `");
        let message = format!("this is not {what}: write an object with the keys `{listed}`");
        errors.add(at, message);
        return None;
    };
    for key in members.keys().filter(|key| !keys.contains(&key.as_str())) {
        let help = suggest::among(key, keys.iter().copied());
        errors.add(&at.key(key), format!("{what} has no key `{key}`: {help}"));
    }
    Some(members)
}

/// A key is missing, unless it was already reported that the whole object is.
fn lacks(key: &str, members: Option<&Map<String, Value>>, at: &At<'_>, errors: &mut Errors) {
    if members.is_some() {
        errors.add(at, format!("the key `{key}` is missing: add it"));
    }
}

fn text(
    key: &str,
    members: Option<&Map<String, Value>>,
    at: &At<'_>,
    errors: &mut Errors,
) -> String {
    match members.and_then(|members| members.get(key)) {
        Some(Value::String(text)) => return text.clone(),
        Some(_) => errors.add(&at.key(key), "this is not a text: put it in quotes".into()),
        None => lacks(key, members, at, errors),
    }
    String::new()
}

fn ids(members: Option<&Map<String, Value>>, at: &At<'_>, errors: &mut Errors) -> Vec<String> {
    list("policies", members, at, errors, |id, at, errors| match id {
        Value::String(id) => id.clone(),
        _ => {
            errors.add(
                at,
                "this is not the id of a policy: put it in quotes".into(),
            );
            String::new()
        }
    })
}

/// A list, or none if the key is not there.
fn list<T>(
    key: &str,
    members: Option<&Map<String, Value>>,
    at: &At<'_>,
    errors: &mut Errors,
    read: fn(&Value, &At<'_>, &mut Errors) -> T,
) -> Vec<T> {
    let at = at.key(key);
    match members.and_then(|members| members.get(key)) {
        None => Vec::new(),
        Some(Value::Array(elements)) => elements
            .iter()
            .enumerate()
            .map(|(index, element)| read(element, &at.element(index), errors))
            .collect(),
        Some(_) => {
            errors.add(&at, "this is not a list: write it in `[]`".into());
            Vec::new()
        }
    }
}
