//! What is wrong with the text of one file. Pure: text, parameters and time come in.

use backup_policy::{Code, Document, Finding, Instant, ParseError, Position, validate};

use crate::held::{self, Held, held};
use crate::locks::Locks;
use crate::parameters::Parameters;
use crate::report::Checked;
use crate::{template, yaml};

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
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match parse(name, text) {
        Ok(document) if template::is_template(&document) => {
            let mut checked = template::check(&document, text, parameters, locks, now);
            let place = |finding: &Finding| finding.position.map(|at| (at.line, at.column));
            checked.findings.sort_by_key(place);
            checked
        }
        Ok(document) => match held(&document) {
            Ok(None) => Checked {
                findings: [validate(&document, now), locks.findings(&document)].concat(),
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
            findings: vec![syntax(text, &error)],
            policies: 1,
            ..Checked::default()
        },
    }
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

/// Reads JSON or YAML, as the name or the text says.
pub(crate) fn parse(name: &str, text: &str) -> Result<Document, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_terraform(name) {
        Err(ParseError {
            message: TERRAFORM.to_owned(),
            line: 1,
            column: 1,
        })
    } else if is_json(name, text) {
        Document::parse(text).or_else(|error| held::stream(text).ok_or(error))
    } else {
        yaml::parse(text)
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

/// What somebody probably meant, by what stands at the place.
fn remedy(text: &str, error: &ParseError) -> Option<&'static str> {
    let line = text.lines().nth(error.line.checked_sub(1)?)?;
    let at: String = line.chars().skip(error.column.checked_sub(1)?).collect();
    let first = at.chars().next()?;
    Some(match first {
        '@' => "`@` is YAML's own: put the operator in quotes, `'@@assign':`",
        '/' | '#' => "JSON has no comments: take it out",
        '\'' => "JSON wants double quotes: write `\"`",
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' | '\u{ab}' | '\u{bb}' => {
            "these are typographic quotes: write `\"`"
        }
        '\u{a0}' => "this is a no-break space: write an ordinary one",
        '.' | '\u{2026}' => "`...` stands for something that was left out: write it",
        '}' | ']' if error.message.contains("trailing comma") => "take out the comma before it",
        _ => return None,
    })
}

fn syntax(text: &str, error: &ParseError) -> Finding {
    Finding {
        severity: Code::SyntaxInvalid.severity(),
        code: Code::SyntaxInvalid,
        path: String::new(),
        message: error.message.clone(),
        help: remedy(text, error).map(str::to_owned),
        position: Some(Position {
            line: error.line,
            column: error.column,
            length: 1,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_error_has_the_remedy_for_what_stands_there() {
        for (name, text, remedy) in [
            (
                "p.yaml",
                "regions:\n  @@assign: [a]\n",
                "put the operator in quotes",
            ),
            ("p.json", "// root\n{}", "no comments"),
            ("p.json", "{\"a\": 1 # no\n}", "no comments"),
            ("p.json", "{'plans': {}}", "double quotes"),
            ("p.json", "{\u{201c}plans\u{201d}: {}}", "typographic"),
            ("p.json", "{\u{a0}\"plans\": {}}", "no-break space"),
            ("p.json", "{\"plans\": {...}}", "was left out"),
            ("p.json", "{\"plans\": {},}", "the comma before it"),
        ] {
            let now = Instant::UNIX_EPOCH;
            let checked = check(name, text, &Parameters::default(), &Locks::default(), now);
            let help = checked.findings.first().and_then(|it| it.help.clone());
            assert!(
                help.as_ref().is_some_and(|it| it.contains(remedy)),
                "{text}: {help:?}"
            );
        }
    }
}
