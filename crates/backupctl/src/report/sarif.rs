//! The findings as SARIF 2.1.0, which code scanning and editors take.

use std::io::Write as _;
use std::path::{Component, Path};

use backup_policy::{Code, Finding, Severity, catalogue};
use serde_json::{Value, json};

use super::{Outcome, text};

/// Prints all outcomes to standard output, as one run.
///
/// # Errors
/// Standard output cannot be written.
pub fn print(outcomes: &[Outcome]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let folder = std::env::current_dir().unwrap_or_default();
    writeln!(out, "{:#}", log(outcomes, &folder))?;
    Ok(())
}

/// The whole log. What is below the folder is named by its path from there.
fn log(outcomes: &[Outcome], folder: &Path) -> Value {
    let results = outcomes.iter().flat_map(|outcome| {
        let file = uri(&outcome.file, folder);
        let findings = outcome.checked.findings.iter();
        findings.map(move |finding| result(finding, &file))
    });
    let notifications = outcomes.iter().filter_map(|outcome| {
        let open = text::not_looked_at(&outcome.checked.open);
        let file = uri(&outcome.file, folder);
        (!open.is_empty()).then(|| {
            json!({
                "level": "note",
                "message": {"text": open.join("; ")},
                "locations": [{"physicalLocation": {"artifactLocation": file}}],
            })
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "backupctl",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules(),
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications.collect::<Value>(),
            }],
            "results": results.collect::<Value>(),
        }],
    })
}

/// Every code with its explanation.
fn rules() -> Value {
    let rule = |entry: &backup_policy::Entry| {
        let help = format!("{}\n\nRemedy: {}", entry.why, entry.remedy);
        json!({
            "id": entry.code.name(),
            "shortDescription": {"text": entry.summary},
            "fullDescription": {"text": entry.why},
            "help": {
                "text": help,
                "markdown": format!("{help}\n\nAn example:\n\n```\n{}\n```", entry.example),
            },
            "defaultConfiguration": {"level": level(entry.code.severity())},
        })
    };
    catalogue().map(rule).collect()
}

fn result(finding: &Finding, file: &Value) -> Value {
    let mut result = json!({
        "ruleId": finding.code.name(),
        "level": level(finding.severity),
        "message": {"text": finding.to_string()},
        "locations": [{"physicalLocation": {"artifactLocation": file, "region": region(finding)}}],
    });
    let index = Code::ALL.iter().position(|code| *code == finding.code);
    if let (Value::Object(members), Some(index)) = (&mut result, index) {
        members.insert("ruleIndex".to_owned(), index.into());
    }
    result
}

/// Where a finding stands. Code scanning shows nothing without a line: what is about the whole file
/// is shown at its first.
fn region(finding: &Finding) -> Value {
    match finding.position {
        None => json!({"startLine": 1}),
        Some(at) => json!({
            "startLine": at.line,
            "startColumn": at.column,
            "endColumn": at.column.saturating_add(at.length),
        }),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A file's place: relative to the folder, if it is below it, as code scanning wants it.
fn uri(file: &str, folder: &Path) -> Value {
    let path = Path::new(file);
    let below = path.strip_prefix(folder).unwrap_or(path);
    let names: Vec<String> = below
        .components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(encoded(&name.to_string_lossy())),
            Component::ParentDir => Some("..".to_owned()),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
        })
        .collect();
    let path = names.join("/");
    if below.is_absolute() {
        json!({"uri": format!("file:///{path}")})
    } else {
        json!({"uri": path, "uriBaseId": "%SRCROOT%"})
    }
}

/// A name as a part of a URI.
fn encoded(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(byte));
            }
            other => text.push_str(&format!("%{other:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Checked;
    use backup_policy::Position;

    fn finding(position: Option<Position>) -> Finding {
        Finding {
            severity: Severity::Error,
            code: Code::KeyUnknown,
            path: "plans.daily.regoins".to_owned(),
            message: "`regoins` is not a key that can stand here".to_owned(),
            help: None,
            position,
        }
    }

    fn results(file: &str, findings: Vec<Finding>) -> Value {
        let outcome = Outcome {
            file: file.to_owned(),
            text: String::new(),
            checked: Checked {
                findings,
                policies: 1,
                ..Checked::default()
            },
        };
        log(&[outcome], Path::new("/srv/here"))["runs"][0].take()
    }

    #[test]
    fn a_result_has_its_rule_its_message_and_its_place() {
        let at = Position {
            line: 4,
            column: 7,
            length: 9,
        };
        let run = results("policies/policy.json", vec![finding(Some(at))]);
        let result = &run["results"][0];
        assert_eq!(
            result["locations"][0]["physicalLocation"],
            json!({
                "artifactLocation": {"uri": "policies/policy.json", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 4, "startColumn": 7, "endColumn": 16},
            })
        );
        assert_eq!(result["level"], "error");
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        let rule = &run["tool"]["driver"]["rules"][index];
        assert_eq!(
            (&rule["id"], &rule["id"]),
            (&result["ruleId"], &json!("key-unknown"))
        );
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_about_the_whole_file_stands_at_its_first_line() {
        let run = results("policy.json", vec![finding(None)]);
        let place = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["region"], json!({"startLine": 1}));
    }

    #[test]
    fn a_place_is_a_uri_below_the_folder_where_it_can_be() {
        let folder = Path::new("/srv/here");
        for (file, expected) in [
            ("./a b/ü%.json", "a%20b/%C3%BC%25.json"),
            ("/srv/here/policy.json", "policy.json"),
            ("../other/policy.json", "../other/policy.json"),
            ("/elsewhere/policy.json", "file:///elsewhere/policy.json"),
            ("a:b.json", "a%3Ab.json"),
            ("-", "-"),
        ] {
            assert_eq!(uri(file, folder)["uri"], expected, "{file}");
        }
    }
}
