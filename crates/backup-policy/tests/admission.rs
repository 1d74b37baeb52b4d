//! What AWS refuses, and what it does not: a file of cases for each of the known rules.
//!
//! A case lists the codes of all errors, each as often as it must be found; none means that
//! AWS accepts the policy. A policy that is a text is parsed as it is.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop and say why"
)]

use backup_policy::{Document, Instant, Severity, validate};
use serde_json::Value;

fn now() -> Instant {
    "2026-06-10T12:34:00Z".parse().unwrap()
}

fn errors(text: &str) -> Vec<String> {
    match Document::parse(text) {
        Err(_) => vec!["syntax-invalid".to_owned()],
        Ok(document) => validate(&document, now())
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error)
            .map(|finding| finding.code.to_string())
            .collect(),
    }
}

fn cases_of(rule: &str) -> Vec<Value> {
    let path = format!("{}/tests/cases/{rule}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn errors_come_exactly_where_aws_refuses() {
    let mut rules = 0;
    let mut wrong = Vec::new();
    for file in std::fs::read_dir(format!("{}/tests/cases", env!("CARGO_MANIFEST_DIR"))).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        rules += 1;
        for case in cases_of(&name) {
            let policy = &case["policy"];
            let text = policy
                .as_str()
                .map_or_else(|| policy.to_string(), str::to_owned);
            let mut expected: Vec<&str> = case["errors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it.as_str().unwrap())
                .collect();
            let mut found = errors(&text);
            expected.sort_unstable();
            found.sort_unstable();
            if found != expected {
                wrong.push(format!(
                    "{name}, {}: {found:?} instead of {expected:?}",
                    case["case"]
                ));
            }
        }
    }
    assert_eq!(rules, 18);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Recorded answers, if there are any at hand: `BACKUP_POLICY_RECORDINGS` names a file with
/// `{"cases": [{"case", "content", "accepted"}]}`.
#[test]
fn recorded_answers_agree() {
    let Some(path) = std::env::var_os("BACKUP_POLICY_RECORDINGS") else {
        // Without recordings, the cases above must at least have both kinds.
        assert!(errors("{}").len() == 1 && errors(r#"{"plans":{}}"#).is_empty());
        return;
    };
    let recorded: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    let differ: Vec<&Value> = cases
        .iter()
        .filter(|case| {
            let accepted = errors(case["content"].as_str().unwrap()).is_empty();
            accepted != case["accepted"].as_bool().unwrap()
        })
        .collect();
    println!(
        "{} of {} recorded answers agree",
        cases.len() - differ.len(),
        cases.len()
    );
    assert!(differ.is_empty(), "{differ:#?}");
}
