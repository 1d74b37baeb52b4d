//! CloudFormation templates: the backup policies in them.
//!
//! Two resource types carry one: `Custom::BackupOrgPolicy` (this solution's, with variables
//! and Regions of its own) and `AWS::Organizations::Policy` of the type `BACKUP_POLICY`.

mod conditions;
mod embedded;
mod functions;
mod intrinsics;
mod loops;
pub mod open;
mod passed_over;
#[cfg(test)]
mod readings;
mod resources;
mod written;

use std::collections::BTreeMap;

use backup_policy::{
    Code, Document, Finding, Instant, MAX_CHARACTERS, Position, Spot, UNKNOWN, as_written,
    inject_regions, replace_variables, validate,
};
use policy_resource::properties::{ContentSource, Problem, Properties};
use serde_json::Value;

use crate::locks::Locks;
use crate::parameters::Parameters;
use crate::report::Checked;
use crate::yaml::Rewritten;
pub(crate) use functions::names;
use intrinsics::{Scope, unknown};
pub(crate) use loops::expand;
use open::Open;
#[cfg(feature = "aws")]
pub(crate) use passed_over::unread;
pub(crate) use resources::Kind;
use resources::resources;
#[cfg(feature = "aws")]
pub(crate) use resources::{Found, policies};

/// Whether a document is a CloudFormation template.
pub(crate) fn is_template(document: &Document) -> bool {
    let has = |key: &str| document.value().get(key).is_some();
    document
        .value()
        .get("Resources")
        .is_some_and(Value::is_object)
        || has("AWSTemplateFormatVersion")
}

/// Checks every backup policy in a template. `rewritten` are the scalars of its text that do not
/// arrive as they were written.
pub(crate) fn check(
    template: &Document,
    text: &str,
    rewritten: &Rewritten,
    parameters: &Parameters,
    locks: &Locks,
    now: Instant,
) -> Checked {
    let expanded = expand(template, parameters);
    let template = &*expanded.document;
    let scope = Scope::new(template.value(), parameters);
    let mut checked = Checked {
        takes: Some(names(template.value(), parameters)),
        findings: expanded.findings,
        policies: expanded.unknown,
        ..Checked::default()
    };
    for finding in passed_over::findings(&scope, template) {
        checked.policies += 1;
        checked.findings.push(finding);
    }
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
            .extend(resource.check(found.kind, locks, now));
        checked
            .findings
            .extend(written::findings(&found, rewritten));
        let matters = |open: &Open| {
            let property = open.path.first().map_or("", String::as_str);
            !matches!(
                property,
                "ServiceToken" | "ServiceTimeout" | "Tags" | "PolicyDescription" | "Description"
            )
        };
        checked
            .open
            .extend(found.open.into_iter().filter(matters).map(|mut open| {
                open.path.insert(0, found.id.to_owned());
                open
            }));
    }
    if checked.policies > 0 {
        let (parameters, spot) = child(Some(template.value()), template.spot(), "Parameters");
        let defaults = written::defaults(parameters, spot, rewritten);
        checked.findings.extend(defaults);
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
    fn check(&self, kind: Kind, locks: &Locks, now: Instant) -> Vec<Finding> {
        let (read, problems) = match kind {
            Kind::Ours => {
                let (read, problems) = Properties::examine(self.properties, is_open);
                (Some(read), problems)
            }
            Kind::Native => (None, Vec::new()),
        };
        let key = kind.content();
        let (content, spot) = child(Some(self.properties), self.spot, key);
        let mut findings = match self.policy(key, content, spot, read.as_ref()) {
            Ok((document, mut findings)) => {
                findings.extend(validate(&document, now));
                findings.extend(locks.findings(&document));
                findings
            }
            Err(findings) => findings,
        };
        let regions = self.place("PolicyRegions");
        if problems.iter().any(|it| it.property == "PolicyRegions") {
            findings.retain(|it| it.position.is_some() || !is_region(it));
        }
        let prefix = format!("Resources.{}.Properties", self.id);
        for finding in &mut findings {
            // What has no place in the content was put there: Regions, or text out of escapes.
            finding.position = finding
                .position
                .or(regions.filter(|_| is_region(finding)))
                .or(self.place(key))
                .or(self.spot.map(|spot| spot.value));
            finding.path = match finding.path.as_str() {
                "" => format!("{prefix}.{key}"),
                path => format!("{prefix}.{key}.{path}"),
            };
        }
        // What is wrong with the content is found above, and in more detail.
        let is_in_s3 = matches!(
            read,
            Some(Properties {
                content: ContentSource::S3(_),
                ..
            })
        );
        let mine = |it: &Problem| it.property != key || is_in_s3;
        findings.extend(problems.into_iter().filter(mine).map(|problem| {
            let place = self.place(&problem.property);
            Finding {
                path: format!("{prefix}.{}", problem.property),
                position: place.or(self.spot.map(|spot| spot.value)),
                ..finding(Code::PropertyInvalid, problem.text, "")
            }
        }));
        findings
    }

    /// Where a property stands.
    fn place(&self, property: &str) -> Option<Position> {
        let spot = child(Some(self.properties), self.spot, property).1?;
        Some(spot.key.unwrap_or(spot.value))
    }

    /// The policy as the function or AWS would get it, or why there is none.
    fn policy(
        &self,
        key: &str,
        content: Option<&Value>,
        spot: Option<&Spot>,
        read: Option<&Properties>,
    ) -> Result<(Document, Vec<Finding>), Vec<Finding>> {
        let is_ours = read.is_some();
        let document = match content {
            None => {
                let message = format!("the resource has no `{key}`");
                return Err(vec![finding(Code::TemplateInvalid, message, CONTENT_HELP)]);
            }
            Some(Value::String(text)) => {
                let document = read_text(text)?;
                let long = as_written(text, &document.minified()).filter(|_| !is_ours);
                if let Some(count) = long {
                    let message = too_long_as_written(count);
                    let help = "write the policy as an object, or without white space";
                    return Err(vec![finding(Code::DocumentTooLong, message, help)]);
                }
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
        let Some(read) = read else {
            return Ok((document, Vec::new()));
        };
        let (mut document, findings) = self.replace(document, &read.variables)?;
        inject_regions(&mut document, read.regions.as_deref().unwrap_or_default());
        Ok((document, findings))
    }

    /// Replaces the variables of a `Custom::BackupOrgPolicy`, as the policy manager does.
    fn replace(
        &self,
        document: Document,
        variables: &BTreeMap<String, String>,
    ) -> Result<(Document, Vec<Finding>), Vec<Finding>> {
        if self.properties.get("Variables") == Some(&unknown()) {
            return Err(vec![not_known("its variables are")]);
        }
        let replaced = replace_variables(document, variables).map_err(|errors| {
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
}

/// Whether a text is known only at deployment.
fn is_open(text: &str) -> bool {
    text.contains(UNKNOWN)
}

/// Whether a finding is about one of a plan's Regions.
fn is_region(finding: &Finding) -> bool {
    finding.path.contains(".regions[")
}

/// Why AWS would refuse a text that CloudFormation sends as it is written.
pub(crate) fn too_long_as_written(count: usize) -> String {
    format!(
        "the text has {count} characters as it is written, and CloudFormation sends it so: AWS \
         allows {MAX_CHARACTERS}"
    )
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
            format!(
                "the policy is not JSON: {} (line {}, column {} of its own text)",
                error.message, error.line, error.column
            ),
            error.help.as_deref().unwrap_or_default(),
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
