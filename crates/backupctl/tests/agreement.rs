//! What `backupctl validate` accepts, the function accepts, and what it refuses, the function refuses:
//! every sample of the command line goes through the function's own code and back.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test may stop at the first surprise"
)]

use std::path::Path;

use backup_policy::{Document, Finding, Instant, Severity, catalogue, validate};
use backupctl::check::check;
use backupctl::held::held;
use backupctl::locks::Locks;
use backupctl::parameters::Parameters;
use backupctl::yaml;
use policy_resource::content::{Found, prepare, refusal};
use policy_resource::properties::{ContentSource, Properties};
use serde_json::{Value, json};

fn now() -> Instant {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

/// Whether the command line finds no error.
fn tool_accepts(name: &str, text: &str) -> bool {
    let checked = check(name, text, &Parameters::default(), &Locks::default(), now());
    let is_error = |finding: &Finding| finding.severity == Severity::Error;
    !checked.findings.iter().any(is_error)
}

/// What the function sends to AWS, or why it does not.
fn function_sends(properties: &Value) -> Result<String, String> {
    let properties = Properties::read(properties).map_err(|errors| errors.to_string())?;
    let found = match properties.content {
        ContentSource::Object(value) => Found::Object(value),
        ContentSource::Text(text) => Found::Text(text),
        ContentSource::S3(_) => panic!("no sample is in S3"),
    };
    let prepared = prepare(found, &properties.variables, &[])?;
    match refusal(&validate(&prepared.document, now())) {
        Some(reason) => Err(reason),
        None => Ok(prepared.document.minified()),
    }
}

fn resource(content: Value) -> Value {
    json!({
        "PolicyName": "sample",
        "PolicyContent": content,
        "PolicyTargets": "r-abcd",
        "OrgManagementAccount": "111111111111",
    })
}

fn template(properties: &Value) -> String {
    let resource = json!({"Type": "Custom::BackupOrgPolicy", "Properties": properties});
    json!({"Resources": {"Sample": resource}}).to_string()
}

/// A policy's name and JSON text, or, of a text that cannot be read, itself.
fn samples() -> Vec<(String, String)> {
    let mut samples: Vec<(String, String)> = catalogue()
        .filter(|entry| entry.example.starts_with('{'))
        .map(|entry| (entry.code.to_string(), entry.example.to_owned()))
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("tests/cmd"), root.join("../../cloudformation")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            let name = path.display().to_string();
            let ending = path.extension().and_then(|it| it.to_str());
            match ending {
                Some("json") if !text.contains("\"Resources\"") => samples.push((name, text)),
                Some("yaml" | "yml") => {
                    if let Ok(document) = yaml::parse(&text) {
                        samples.push((name, document.minified()));
                    }
                }
                _ => {}
            }
        }
    }
    // Templates, organizations, and what holds policies of others are no policies.
    samples.retain(|(_, text)| {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        match Document::parse(bare) {
            Err(_) => backupctl::held::stream(bare).is_none(),
            Ok(document) => {
                let has = |key: &str| document.value().get(key).is_some();
                !has("Resources") && !has("Fn::Transform") && matches!(held(&document), Ok(None))
            }
        }
    });
    samples
}

#[test]
fn the_command_line_and_the_function_give_every_sample_the_same_verdict() {
    let samples = samples();
    let mut accepted = 0;
    for (name, text) in &samples {
        let marked = format!("\u{feff}{text}");
        let as_file = tool_accepts("sample.json", text);
        assert_eq!(as_file, tool_accepts("sample.json", &marked), "{name}");
        let sent = function_sends(&resource(json!(text)));
        assert_eq!(as_file, sent.is_ok(), "{name}: {sent:?}");
        assert_eq!(sent, function_sends(&resource(json!(marked))), "{name}");
        let in_template = tool_accepts("t.json", &template(&resource(json!(text))));
        assert_eq!(as_file, in_template, "{name} in a template");
        let Ok(document) = Document::parse(text) else {
            continue;
        };
        if document.value().is_object() {
            let object = resource(document.value().clone());
            assert_eq!(sent, function_sends(&object), "{name} as an object");
            let in_template = tool_accepts("t.json", &template(&object));
            assert_eq!(as_file, in_template, "{name} as an object in a template");
        }
        // And back: what is sent is accepted again, by both.
        if let Ok(sent) = sent {
            accepted += 1;
            assert!(tool_accepts("sent.json", &sent), "{name}");
            assert_eq!(function_sends(&resource(json!(sent))), Ok(sent), "{name}");
        }
    }
    assert!(
        accepted > 20 && samples.len() > 2 * accepted,
        "{accepted} of {} samples are accepted",
        samples.len()
    );
}
