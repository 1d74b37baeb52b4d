//! CloudFormation templates: the backup policies in them.
//!
//! Two resource types carry one: `Custom::BackupOrgPolicy` (this solution's, with variables
//! and Regions of its own) and `AWS::Organizations::Policy` of the type `BACKUP_POLICY`.

mod conditions;
mod embedded;
mod functions;
mod intrinsics;
mod resources;

use std::collections::BTreeMap;

use backup_policy::{
    Code, Document, Finding, Instant, Position, Spot, UNKNOWN, inject_regions, replace_variables,
    validate,
};
use serde_json::Value;

use crate::parameters::Parameters;
use crate::report::Checked;
use intrinsics::{Scope, unknown};
use resources::resources;
#[cfg(feature = "aws")]
pub(crate) use resources::{Found, Kind, policies};

/// Whether a document is a CloudFormation template.
pub(crate) fn is_template(document: &Document) -> bool {
    let has = |key: &str| document.value().get(key).is_some();
    document
        .value()
        .get("Resources")
        .is_some_and(Value::is_object)
        || has("AWSTemplateFormatVersion")
}

/// Checks every backup policy in a template.
pub(crate) fn check(
    template: &Document,
    text: &str,
    parameters: &Parameters,
    now: Instant,
) -> Checked {
    let scope = Scope {
        template: template.value(),
        parameters,
    };
    let mut checked = Checked::default();
    for found in resources(&scope, template) {
        let resource = Resource {
            properties: &found.properties,
            spot: found.spot.as_ref(),
            id: found.id,
            template: text,
        };
        checked.policies += 1;
        checked
            .findings
            .extend(resource.check(found.kind.content(), now));
    }
    checked
}

/// A resource that carries a policy, its functions resolved.
struct Resource<'t> {
    id: &'t str,
    properties: &'t Value,
    spot: Option<&'t Spot>,
    template: &'t str,
}

impl Resource<'_> {
    fn check(&self, key: &str, now: Instant) -> Vec<Finding> {
        let (content, spot) = child(Some(self.properties), self.spot, key);
        let prefix = format!("Resources.{}.Properties.{key}", self.id);
        let place = spot.map(|spot| spot.key.unwrap_or(spot.value));
        let mut findings = match self.policy(key, content, spot) {
            Ok((document, mut findings)) => {
                findings.extend(validate(&document, now));
                findings
            }
            Err(findings) => findings,
        };
        let regions = child(Some(self.properties), self.spot, "PolicyRegions").1;
        let regions = regions.map(|spot| spot.key.unwrap_or(spot.value));
        for finding in &mut findings {
            // What has no place in the content was put there: Regions, or text out of escapes.
            let is_region = finding.path.contains(".regions[");
            finding.position = finding
                .position
                .or(regions.filter(|_| is_region))
                .or(place)
                .or(self.spot.map(|spot| spot.value));
            finding.path = match finding.path.as_str() {
                "" => prefix.clone(),
                path => format!("{prefix}.{path}"),
            };
        }
        findings
    }

    /// The policy as the function or AWS would get it, or why there is none.
    fn policy(
        &self,
        key: &str,
        content: Option<&Value>,
        spot: Option<&Spot>,
    ) -> Result<(Document, Vec<Finding>), Vec<Finding>> {
        let is_ours = key == "PolicyContent";
        let document = match content {
            None => {
                let message = format!("the resource has no `{key}`");
                return Err(vec![finding(Code::TemplateInvalid, message, CONTENT_HELP)]);
            }
            Some(Value::String(text)) => {
                let document = read_text(text)?;
                match spot {
                    Some(spot) => embedded::relocate(document, text, self.template, spot.value),
                    None => Document::from_value(document.value().clone()),
                }
            }
            Some(Value::Object(members)) if is_ours && members.keys().eq(["S3"]) => {
                return Err(vec![not_known("it is in S3")]);
            }
            Some(value @ Value::Object(_)) => match spot {
                Some(spot) => Document::from_located(value.clone(), spot.clone()),
                None => Document::from_value(value.clone()),
            },
            Some(_) => {
                let message = format!("`{key}` is neither an object nor JSON text");
                return Err(vec![finding(Code::TemplateInvalid, message, CONTENT_HELP)]);
            }
        };
        if !is_ours {
            return Ok((document, Vec::new()));
        }
        let (mut document, findings) = self.replace(document)?;
        inject_regions(&mut document, &self.regions());
        Ok((document, findings))
    }

    /// Replaces the variables of a `Custom::BackupOrgPolicy`, as the policy manager does.
    fn replace(&self, document: Document) -> Result<(Document, Vec<Finding>), Vec<Finding>> {
        let variables = match self.properties.get("Variables") {
            None => BTreeMap::new(),
            Some(value) if *value == unknown() => {
                return Err(vec![not_known("its variables are")]);
            }
            Some(value) => variables(value).ok_or_else(|| {
                let message = "`Variables` is neither a map nor a list of maps".to_owned();
                let help = "write `Variables: {\"${Name}\": value}`";
                vec![finding(Code::VariableInvalid, message, help)]
            })?,
        };
        let replaced = replace_variables(document, &variables).map_err(|errors| {
            let message = |error: &backup_policy::VariableError| error.to_string();
            let each = errors
                .iter()
                .map(|error| finding(Code::VariableInvalid, message(error), ""));
            each.collect::<Vec<Finding>>()
        })?;
        let unused = replaced.unused.iter().map(|name| {
            let message = format!("the variable `{name}` occurs nowhere in the content");
            finding(
                Code::VariableUnused,
                message,
                "correct its name, or take it out",
            )
        });
        let unused = unused.collect();
        Ok((replaced.document, unused))
    }

    /// `PolicyRegions`: a list, or a text with commas.
    fn regions(&self) -> Vec<String> {
        let split = |text: &str| {
            let parts = text.split(',').map(|part| part.trim().to_owned());
            parts
                .filter(|part| !part.is_empty())
                .collect::<Vec<String>>()
        };
        match self.properties.get("PolicyRegions") {
            Some(Value::String(text)) => split(text),
            Some(Value::Array(values)) => values
                .iter()
                .filter_map(Value::as_str)
                .flat_map(split)
                .collect(),
            _ => Vec::new(),
        }
    }
}

const CONTENT_HELP: &str = "write the policy as an object, or as JSON text";

/// A policy that is JSON text in the template.
fn read_text(text: &str) -> Result<Document, Vec<Finding>> {
    if text == UNKNOWN.to_string() {
        return Err(vec![not_known("it comes from a value that is")]);
    }
    match Document::parse(text) {
        Ok(document) => Ok(document),
        // An unknown part may well be a piece of JSON.
        Err(_) if text.contains(UNKNOWN) => Err(vec![not_known("a part of it is")]),
        Err(error) => Err(vec![finding(
            Code::SyntaxInvalid,
            format!("the policy is not JSON: {error}, counted in its own text"),
            "",
        )]),
    }
}

fn not_known(why: &str) -> Finding {
    let message = format!("nothing was checked, since {why} known only at deployment");
    let help = "give the values with `--parameters`, or check the policy's own file";
    finding(
        Code::ContentUnknown,
        message.replace("in S3 known", "in S3, known"),
        help,
    )
}

fn finding(code: Code, message: String, help: &str) -> Finding {
    Finding {
        severity: code.severity(),
        code,
        path: String::new(),
        message,
        help: Some(help.to_owned()).filter(|help| !help.is_empty()),
        position: None::<Position>,
    }
}

/// The variables: a map, or the original's list of maps.
fn variables(value: &Value) -> Option<BTreeMap<String, String>> {
    let maps: Vec<&Value> = match value {
        Value::Array(maps) => maps.iter().collect(),
        map => vec![map],
    };
    let mut variables = BTreeMap::new();
    for map in maps {
        for (name, value) in map.as_object()? {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return None,
            };
            variables.insert(name.clone(), text);
        }
    }
    Some(variables)
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.and_then(Value::as_object).into_iter().flatten();
    members.map(|(key, value)| (key.as_str(), value))
}

/// A member of an object with its place.
fn child<'v>(
    value: Option<&'v Value>,
    spot: Option<&'v Spot>,
    key: &str,
) -> (Option<&'v Value>, Option<&'v Spot>) {
    let found = members(value)
        .enumerate()
        .find(|(_, (name, _))| *name == key);
    match found {
        Some((index, (_, value))) => (Some(value), spot.and_then(|spot| spot.children.get(index))),
        None => (None, None),
    }
}
