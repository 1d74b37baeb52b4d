//! A policy: every place is in the text, everything is said in one line, and a document that was read is
//! printed and read again as the same.

use std::collections::BTreeMap;

use backup_policy::{Document, Finding, Severity, validate};
use backupctl::check::check as checked;
use backupctl::locks::Locks;
use backupctl::parameters::Parameters;
use policy_resource::content::{Found, prepare, refusal};

use crate::shown::{is_one_line, now};

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(document) = Document::parse(text) {
        let minified = document.minified();
        let again = Document::parse(&minified).map(|document| document.minified());
        assert_eq!(again.as_ref(), Ok(&minified));
    }
    let ends: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    for name in ["policy.json", "policy.yaml"] {
        let findings = look(name, text, &Parameters::default());
        if name == "policy.json" && text.starts_with('{') {
            findings
                .iter()
                .for_each(|finding| is_within(finding, &ends));
        }
    }
    function(text);
}

/// Looks at a text as `backupctl validate` does.
pub(crate) fn look(name: &str, text: &str, parameters: &Parameters) -> Vec<Finding> {
    let findings = checked(name, text, parameters, &Locks::default(), now()).findings;
    for finding in &findings {
        is_one_line(&finding.to_string());
        let is_somewhere = finding
            .position
            .is_none_or(|at| at.line >= 1 && at.column >= 1);
        assert!(is_somewhere, "{finding:?}");
    }
    findings
}

fn is_within(finding: &Finding, ends: &[usize]) {
    let Some(at) = finding.position else { return };
    let end = ends.get(at.line - 1);
    assert!(end.is_some_and(|end| at.column <= end + 1), "{finding:?}");
}

/// The same text as the function reads it from S3.
fn function(text: &str) {
    let variables = BTreeMap::from([("VAULT".to_owned(), "central".to_owned())]);
    let regions = ["eu-west-1".to_owned()];
    let Ok(prepared) = prepare(Found::Text(text.to_owned()), &variables, &regions) else {
        return;
    };
    let findings = validate(&prepared.document, now());
    let is_refused = findings.iter().any(|one| one.severity == Severity::Error);
    assert_eq!(refusal(&findings).is_some(), is_refused);
}
