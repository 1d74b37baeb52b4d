//! What is wrong with the text of one file. Pure: text, parameters and time come in.

use backup_policy::{
    Code, Document, Finding, Instant, MAX_CHARACTERS, ParseError, Position, as_written, validate,
};

use crate::held::{self, Held, held};
use crate::locks::Locks;
use crate::parameters::Parameters;
use crate::report::Checked;
use crate::template;
use crate::yaml::{self, Rewritten};

/// Checks a policy (JSON or YAML) or every policy in a CloudFormation template.
///
/// `name` is the file's name: `.yaml` and `.yml` are YAML, `.json` is JSON, and anything else
/// is JSON if it begins with a bracket.
pub fn check(
    name: &str,
    text: &str,
    parameters: &Parameters,
    locks: &Locks,
    now: Instant,
) -> Checked {
    let mut checked = look(name, text, parameters, locks, now);
    let findings = checked.findings.into_iter().map(Finding::in_lines);
    checked.findings = findings.collect();
    checked
}

fn look(name: &str, text: &str, parameters: &Parameters, locks: &Locks, now: Instant) -> Checked {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match read(name, text) {
        Ok((document, rewritten)) if template::is_template(&document) => {
            let mut checked = template::check(&document, text, &rewritten, parameters, locks, now);
            let place = |finding: &Finding| finding.position.map(|at| (at.line, at.column));
            checked.findings.sort_by_key(place);
            checked
        }
        Ok((document, _)) => match held(&document) {
            Ok(None) => Checked {
                findings: [
                    policy(name, text, &document, now),
                    locks.findings(&document),
                ]
                .concat(),
                policies: 1,
                ..Checked::default()
            },
            Ok(Some(all)) => {
                let policies = all.len();
                let each = all.into_iter().flat_map(|one| check_held(one, locks, now));
                Checked {
                    findings: each.collect(),
                    policies,
                    ..Checked::default()
                }
            }
            Err(message) => Checked {
                findings: vec![not_checked(message, String::new(), None)],
                policies: 1,
                ..Checked::default()
            },
        },
        Err(error) => Checked {
            findings: vec![syntax(&error)],
            policies: 1,
            ..Checked::default()
        },
    }
}

/// Checks a policy on its own. One in JSON is sent as it is written, most often.
fn policy(name: &str, text: &str, document: &Document, now: Instant) -> Vec<Finding> {
    let mut findings = validate(document, now);
    let long = as_written(text, &document.minified()).filter(|_| is_json(name, text));
    if let Some(count) = long {
        let code = Code::DocumentLongAsWritten;
        findings.insert(
            0,
            Finding {
                severity: code.severity(),
                code,
                path: String::new(),
                message: format!(
                    "the file has {count} characters as it is written, and AWS allows \
                     {MAX_CHARACTERS}: it fits only without white space"
                ),
                help: Some(
                    "the command line and Terraform send a text as it is written: send the output \
                     of `jq -c . FILE`"
                        .to_owned(),
                ),
                position: None,
            },
        );
    }
    findings
}

/// What to do with Terraform's own language.
const TERRAFORM: &str = "this is Terraform, whose language is not read: give what `terraform show -json` \
     prints of a plan or of the state (`terraform plan -out=plan`, then `terraform show -json plan`)";

fn is_terraform(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".tf", ".hcl", ".tfvars"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

/// Reads JSON or YAML, as the name or the text says; a template as CloudFormation does.
#[cfg(feature = "aws")]
pub(crate) fn parse(name: &str, text: &str) -> Result<Document, ParseError> {
    read(name, text).map(|(document, _)| document)
}

fn read(name: &str, text: &str) -> Result<(Document, Rewritten), ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_terraform(name) {
        return Err(ParseError {
            message: TERRAFORM.to_owned(),
            help: None,
            line: 1,
            column: 1,
        });
    }
    if is_json(name, text) {
        let document = Document::parse(text).or_else(|error| held::stream(text).ok_or(error))?;
        return Ok((document, Rewritten::new()));
    }
    let document = yaml::parse(text)?;
    if template::is_template(&document) {
        yaml::parse_template(text)
    } else {
        Ok((document, Rewritten::new()))
    }
}

/// A policy that something else holds: its findings stand at the content's place.
fn check_held(held: Held, locks: &Locks, now: Instant) -> Vec<Finding> {
    let position = held.spot.map(|spot| spot.value);
    let value = match held.content {
        Ok(value) => value,
        Err(message) => return vec![not_checked(message, held.path, position)],
    };
    let document = Document::from_value(value);
    let mut findings = [validate(&document, now), locks.findings(&document)].concat();
    for finding in &mut findings {
        finding.position = position;
        finding.path = match finding.path.as_str() {
            "" => held.path.clone(),
            path => format!("{}.{path}", held.path),
        };
        if let Some(name) = &held.name {
            finding.message = format!("{name}: {}", finding.message);
        }
    }
    findings
}

fn not_checked(message: String, path: String, position: Option<Position>) -> Finding {
    Finding {
        severity: Code::ContentUnknown.severity(),
        code: Code::ContentUnknown,
        path,
        message,
        help: Some("nothing was checked".to_owned()),
        position,
    }
}

fn is_json(name: &str, text: &str) -> bool {
    let ends = |ending: &str| name.to_ascii_lowercase().ends_with(ending);
    ends(".json") || !ends(".yaml") && !ends(".yml") && text.trim_start().starts_with(['{', '['])
}

fn syntax(error: &ParseError) -> Finding {
    Finding {
        severity: Code::SyntaxInvalid.severity(),
        code: Code::SyntaxInvalid,
        path: String::new(),
        message: error.message.clone(),
        help: error.help.clone(),
        position: Some(Position {
            line: error.line,
            column: error.column,
            length: 1,
        }),
    }
}
