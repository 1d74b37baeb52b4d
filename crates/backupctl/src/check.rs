//! What is wrong with the text of one file. Pure: text, parameters and time come in.

use backup_policy::{Code, Document, Finding, Instant, ParseError, Position, validate};

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
        Ok(document) => Checked {
            findings: [validate(&document, now), locks.findings(&document)].concat(),
            policies: 1,
            ..Checked::default()
        },
        Err(error) => Checked {
            findings: vec![syntax(&error)],
            policies: 1,
            ..Checked::default()
        },
    }
}

/// Reads JSON or YAML, as the name or the text says.
pub(crate) fn parse(name: &str, text: &str) -> Result<Document, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if is_json(name, text) {
        Document::parse(text)
    } else {
        yaml::parse(text)
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
        help: None,
        position: Some(Position {
            line: error.line,
            column: error.column,
            length: 1,
        }),
    }
}
