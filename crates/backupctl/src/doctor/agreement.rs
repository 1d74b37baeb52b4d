//! Whether AWS has in force for an account what our merge of the attached policies gives.

use std::collections::BTreeSet;
use std::sync::Arc;

use backup_status::Seen;
use backup_status::merge::{InForce, Merge};
use serde_json::Value;

/// What AWS has in force for an account, beside our merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Agreement {
    /// The same.
    Same,
    /// Our merge could not be made; these plans are in force.
    Unmerged(Vec<String>),
    /// Backup policies are not enabled in the organization.
    NotEnabled,
    /// Our merge could not be made, and no plan is in force.
    NoPlan,
    /// AWS withholds the merged policy and keeps the last valid one.
    Withheld {
        /// Its reasons, or why they could not be asked for.
        reasons: String,
        /// Whether our merge is invalid, too.
        here_too: bool,
    },
    /// Our merge is invalid, and AWS does not say so.
    WithheldHereOnly,
    /// It differs at these places, in order.
    Differs(Vec<String>),
}

impl Agreement {
    /// Whether asking again cannot change it: AWS has merged what is attached.
    pub fn is_final(&self) -> bool {
        matches!(
            self,
            Agreement::Same | Agreement::Withheld { here_too: true, .. }
        )
    }
}

/// Compares an account's policy in force (`None`: backup policies are not enabled) with our merge.
/// `invalid` has AWS's reasons if it calls the account's merged policy invalid.
pub fn agreement(
    account: &str,
    ours: &Seen<Arc<Merge>>,
    in_force: Option<&InForce>,
    invalid: Option<&Seen<Vec<String>>>,
) -> Agreement {
    let we_withhold = ours.there().is_some_and(|merge| !merge.problems.is_empty());
    if let Some(reasons) = invalid {
        let reasons = match reasons {
            Seen::There(reasons) => reasons.join("; "),
            Seen::Missing => String::new(),
            Seen::Unknown(why) => why.clone(),
        };
        return Agreement::Withheld {
            reasons,
            here_too: we_withhold,
        };
    }
    if we_withhold {
        return Agreement::WithheldHereOnly;
    }
    let Some(in_force) = in_force else {
        return Agreement::NotEnabled;
    };
    let Some(merge) = ours.there() else {
        let plans = plans(&in_force.document);
        return match plans.is_empty() {
            true => Agreement::NoPlan,
            false => Agreement::Unmerged(plans),
        };
    };
    let places = differences(
        &normal(&merge.document, account),
        &normal(&in_force.document, account),
    );
    match places.is_empty() {
        true => Agreement::Same,
        false => Agreement::Differs(places),
    }
}

fn plans(document: &Value) -> Vec<String> {
    let plans = document.get("plans").and_then(Value::as_object);
    plans
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect()
}

/// What does not matter made the same: AWS's keys are read without regard to case, its scalars are
/// texts, and its lists have no order; `$account` is shown as the id in some of its answers.
fn normal(value: &Value, account: &str) -> Value {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| (key.to_ascii_lowercase(), normal(value, account)))
                .filter(|(_, value)| !is_empty(value));
            Value::Object(members.collect())
        }
        Value::Array(items) => {
            let texts: BTreeSet<String> = items
                .iter()
                .map(|item| text(&normal(item, account)))
                .collect();
            texts.into_iter().map(Value::from).collect()
        }
        scalar => Value::from(text(scalar).replace("$account", account)),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// The places where two documents differ, in order.
fn differences(one: &Value, other: &Value) -> Vec<String> {
    let mut places = Vec::new();
    collect("", Some(one), Some(other), &mut places);
    places
}

fn collect(path: &str, one: Option<&Value>, other: Option<&Value>, places: &mut Vec<String>) {
    match (one, other) {
        (Some(Value::Object(ones)), Some(Value::Object(others))) => {
            let keys: BTreeSet<&String> = ones.keys().chain(others.keys()).collect();
            for key in keys {
                let path = match path {
                    "" => key.clone(),
                    path => format!("{path}/{key}"),
                };
                collect(&path, ones.get(key), others.get(key), places);
            }
        }
        (one, other) if one != other => places.push(match path {
            "" => "its beginning".to_owned(),
            path => path.to_owned(),
        }),
        _ => {}
    }
}
