//! Arbitrary bytes, as a policy, a template, an answer of AWS's commands or what Terraform prints, in
//! JSON or YAML: nothing panics, every place is in the text, everything is said in one line that is
//! not endless, and a document that was read is printed and read again as the same.
//!
//! `cargo fuzz run check --sanitizer none -- -runs=1000000` (see the Makefile).
#![no_main]

use backup_policy::{Document, Instant};
use backupctl::check::check;
use backupctl::locks::Locks;
use backupctl::parameters::Parameters;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let now = Instant::from_timestamp(1_767_225_600, 0).expect("a moment in 2026");
    if let Ok(document) = Document::parse(text) {
        let minified = document.minified();
        let again = Document::parse(&minified).expect("what was printed can be read");
        assert_eq!(again.minified(), minified);
    }
    let lines: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    let parameters = Parameters::parse(r#"{"AWS::Region": "eu-west-1", "Names": "a,b"}"#).expect("parameters");
    for (name, parameters) in [
        ("policy.json", &Parameters::default()),
        ("policy.yaml", &Parameters::default()),
        ("stack.template", &parameters),
    ] {
        for finding in check(name, text, parameters, &Locks::default(), now).findings {
            let line = finding.to_string();
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(line.chars().count() < 10_000, "{line:?}");
            let Some(at) = finding.position else { continue };
            assert!(at.line >= 1 && at.column >= 1, "{finding:?}");
            if name == "policy.json" && text.starts_with('{') {
                assert!(at.line <= lines.len(), "{finding:?}");
                assert!(at.column <= lines[at.line - 1] + 1, "{finding:?}");
            }
        }
    }
});
