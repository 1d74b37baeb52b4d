//! Scalars of a template that arrive as something else than they were written, where nobody meant
//! that: `yes` as a tag's value, an account's id that lost its zero, `070` minutes.

use backup_policy::{Code, Finding, Position, Spot};
use serde_json::Value;

use super::finding;
use super::resources::Found;
use crate::yaml::Rewritten;

/// What takes a number.
const NUMBERS: &[&str] = &[
    "start_backup_window_minutes",
    "complete_backup_window_minutes",
    "move_to_cold_storage_after_days",
    "delete_after_days",
    "ServiceTimeout",
];

/// What takes true or false.
const SWITCHES: &[&str] = &[
    "enable_continuous_backup",
    "opt_in_to_archive_for_supported_resources",
    "AdoptExisting",
    "EnablePolicyType",
];

/// Warns about the scalars of a resource's properties.
pub(super) fn findings(found: &Found<'_>, rewritten: &Rewritten) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(spot) = found.spot.as_ref().filter(|_| !rewritten.is_empty()) {
        let path = format!("Resources.{}.Properties", found.id);
        let written = Written { rewritten };
        written.walk(&found.properties, spot, "", &path, &mut findings);
    }
    findings
}

/// Warns about the numbers that parameters have as their defaults. (`yes` is a switch there, most
/// often, and is read as one everywhere.)
pub(super) fn defaults(
    parameters: Option<&Value>,
    spot: Option<&Spot>,
    rewritten: &Rewritten,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let written = Written { rewritten };
    for (index, (name, _)) in super::members(parameters).enumerate() {
        let parameter = parameters.and_then(|all| all.get(name));
        let place = spot.and_then(|spot| spot.children.get(index));
        if let (Some(value), Some(place)) = super::child(parameter, place, "Default")
            && value.is_number()
        {
            let path = format!("Parameters.{name}.Default");
            written.scalar(value, place.value, "", &path, &mut findings);
        }
    }
    findings
}

struct Written<'r> {
    rewritten: &'r Rewritten,
}

impl Written<'_> {
    fn walk(&self, value: &Value, spot: &Spot, key: &str, path: &str, findings: &mut Vec<Finding>) {
        match value {
            Value::Object(members) => {
                for ((name, value), spot) in members.iter().zip(&spot.children) {
                    // The operator is no part of the path: people look for the value.
                    if name.starts_with("@@") {
                        self.walk(value, spot, key, path, findings);
                    } else {
                        self.walk(value, spot, name, &format!("{path}.{name}"), findings);
                    }
                }
            }
            Value::Array(values) => {
                for (index, (value, spot)) in values.iter().zip(&spot.children).enumerate() {
                    self.walk(value, spot, key, &format!("{path}[{index}]"), findings);
                }
            }
            scalar => self.scalar(scalar, spot.value, key, path, findings),
        }
    }

    fn scalar(
        &self,
        value: &Value,
        at: Position,
        key: &str,
        path: &str,
        findings: &mut Vec<Finding>,
    ) {
        let Some(text) = self.rewritten.get(&(at.line, at.column)) else {
            return;
        };
        let key_is = |known: &&str| known.eq_ignore_ascii_case(key);
        let is_meant = match value {
            Value::Bool(_) => SWITCHES.iter().any(key_is),
            Value::Number(number) => {
                let decimal = text.replace('_', "").trim_start_matches(['+', '0']).parse();
                NUMBERS.iter().any(key_is) && decimal.ok() == number.as_u64()
            }
            // Not what was written here: a function gave it.
            _ => return,
        };
        if !is_meant {
            let message = format!("`{text}` does not arrive as it is written, but as `{value}`");
            let help = format!(
                "write it in quotes, `\"{text}\"`: CloudFormation reads templates as YAML 1.1"
            );
            findings.push(Finding {
                path: path.to_owned(),
                position: Some(at),
                ..finding(Code::ScalarRewritten, message, &help)
            });
        }
    }
}
