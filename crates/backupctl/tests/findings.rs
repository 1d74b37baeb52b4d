//! Every example in `docs/findings.md` has the finding that it explains, on the command line
//! as in the library; and what is printed is in the text.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use backup_policy::{Code, Instant, UNKNOWN, catalogue};
use backupctl::check::check;
use backupctl::locks::Locks;
use backupctl::parameters::Parameters;
use proptest::prelude::*;

fn now() -> Instant {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn codes(name: &str, text: &str) -> Vec<Code> {
    let findings = check(name, text, &Parameters::default(), &Locks::default(), now()).findings;
    findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn every_example_has_the_finding_that_it_explains() {
    let mut described = Vec::new();
    for entry in catalogue() {
        let found = codes("example", entry.example);
        if entry.example.starts_with('#') {
            described.push(entry.code);
        } else {
            assert!(
                found.contains(&entry.code),
                "{}: found {found:?}",
                entry.code
            );
        }
    }
    // Three would be pages long, and one is a matter of the vault.
    assert_eq!(
        described,
        [
            Code::DocumentTooLong,
            Code::RetentionOutsideLock,
            Code::DocumentLengthUncertain,
            Code::DocumentLongAsWritten
        ]
    );
}

#[test]
fn whatever_stands_in_keys_every_finding_is_one_line_with_an_end() {
    // YAML takes no longer keys than that.
    let key = |length: usize| format!(r"a\u0008\n{}", "b".repeat(length));
    for keys in ["regoins", "regions"] {
        let template = format!(
            "Resources:\n  Ours:\n    Type: Custom::BackupOrgPolicy\n    Properties:\n      \
             PolicyName: a\n      PolicyContent: {{plans: {{\"{}\": {{{keys}: {{\"@@assign\": [yes]}}}}}}}}\n",
            key(900)
        );
        let policy = format!(
            r#"{{"plans": {{"{}": {{"{keys}": {{"@@assign": ["yes"]}}}}}}}}"#,
            key(100_000)
        );
        for (name, text) in [("a.yaml", &template), ("a.json", &policy)] {
            let checked = check(name, text, &Parameters::default(), &Locks::default(), now());
            let mut codes = checked.findings.iter().map(|finding| finding.code);
            assert!(codes.all(|code| code != Code::SyntaxInvalid), "{name}");
            assert!(!checked.findings.is_empty(), "{name}");
            for finding in checked.findings {
                let line = finding.to_string();
                assert!(!line.contains(char::is_control), "{line:?}");
                assert!(line.chars().count() < 5_000, "{}", line.len());
            }
        }
    }
}

#[test]
fn a_yaml_policy_is_the_same_as_in_json() {
    for entry in catalogue().filter(|entry| entry.example.starts_with('{')) {
        if entry.code == Code::SyntaxInvalid {
            continue;
        }
        let json = codes("policy.json", entry.example);
        assert_eq!(codes("policy.yaml", entry.example), json, "{}", entry.code);
    }
}

#[test]
fn the_name_says_whether_a_file_is_json_and_where_it_does_not_a_bracket_does() {
    // Both are YAML and no JSON, so that only JSON is an error.
    let (plain, bracketed) = ("plans: {}", " {plans: {}}");
    for (name, text, is_json) in [
        ("a.json", plain, true),
        ("A.JSON", plain, true),
        ("a.yaml", bracketed, false),
        ("a.yml", bracketed, false),
        ("A.YML", bracketed, false),
        ("-", plain, false),
        ("-", bracketed, true),
    ] {
        let is_error = codes(name, text).contains(&Code::SyntaxInvalid);
        assert_eq!(is_error, is_json, "{name}: {text}");
    }
}

#[test]
fn a_policy_is_measured_as_it_will_be_sent() {
    let plans = r#"{"plans": {"p": {"regions": {"@@assign": ["eu-west-1"]}}}}"#;
    let long = |name: &str, text: &str| -> Vec<Code> {
        let is_long = |code: &Code| code.name().starts_with("document-");
        codes(name, text).into_iter().filter(is_long).collect()
    };
    let spaced = format!("{plans}{}", " ".repeat(10_000));
    assert_eq!(long("p.json", plans), []);
    assert_eq!(long("p.json", &spaced), [Code::DocumentLongAsWritten]);
    // YAML is made into JSON before it is sent.
    assert_eq!(long("p.yaml", &spaced), []);
    let template = |kind: &str, key: &str, content: String| {
        format!(
            r#"{{"Resources": {{"P": {{"Type": "{kind}", "Properties": {{"Type": "BACKUP_POLICY", "{key}": {content}}}}}}}}}"#
        )
    };
    let (native, ours) = ("AWS::Organizations::Policy", "Custom::BackupOrgPolicy");
    let text = serde_json::Value::from(spaced.as_str()).to_string();
    assert_eq!(
        long("t.json", &template(native, "Content", text.clone())),
        [Code::DocumentTooLong]
    );
    assert_eq!(long("t.json", &template(native, "Content", spaced)), []);
    assert_eq!(long("t.json", &template(ours, "PolicyContent", text)), []);
}

/// A template whose policy has a value of every kind that can be unknown.
fn template_with(value: &str) -> String {
    let scalar = |key: &str| format!("{key}: {{\"@@assign\": {value}}}");
    let rule: Vec<String> = [
        "schedule_expression",
        "target_backup_vault_name",
        "target_logically_air_gapped_backup_vault_arn",
        "start_backup_window_minutes",
        "complete_backup_window_minutes",
        "enable_continuous_backup",
    ]
    .map(scalar)
    .into();
    format!(
        "Parameters: {{Open: {{Type: String}}}}\n\
         Resources:\n  P:\n    Type: Custom::BackupOrgPolicy\n    Properties:\n      \
         PolicyName: {value}\n      OrgManagementAccount: {value}\n      \
         AdoptExisting: {value}\n      PolicyTargets: [{value}]\n      \
         PolicyRegions: {value}\n      Variables: {{\"${{X}}\": {value}}}\n      \
         PolicyContent:\n        plans:\n          \"${{X}}\":\n            rules:\n              \
         \"r${{X}}\": {{{}, lifecycle: {{{}, {}, {}}}, index_actions: {value}}}\n            \
         selections: {{tags: {{s: {{{}, {}, {}}}}}}}\n            \
         scan_settings: {value}\n",
        rule.join(", "),
        scalar("delete_after_days"),
        scalar("move_to_cold_storage_after_days"),
        scalar("opt_in_to_archive_for_supported_resources"),
        scalar("iam_role_arn"),
        scalar("tag_key"),
        scalar("tag_value"),
    )
}

#[test]
fn what_is_not_known_is_never_an_error() {
    for value in [
        "!Ref Open",
        "!GetAtt A.B",
        "!Sub 'x-${Open}'",
        "!Join ['', [a, !Ref Open]]",
        "!If [Missing, 1, 2]",
        "!ImportValue x",
        "'{{resolve:ssm:/x}}'",
        "!Select [0, !Split [',', !Ref Open]]",
    ] {
        let findings = check(
            "t.yaml",
            &template_with(value),
            &Parameters::default(),
            &Locks::default(),
            now(),
        );
        assert_eq!(findings.policies, 1, "{value}");
        let errors: Vec<String> = findings
            .findings
            .iter()
            .filter(|finding| finding.severity == backup_policy::Severity::Error)
            .map(ToString::to_string)
            .collect();
        assert!(errors.is_empty(), "{value}: {errors:#?}");
    }
    for rule in [
        "{enable_continuous_backup: {\"@@assign\": true}, lifecycle: {delete_after_days: \
         {\"@@assign\": !Ref O}, move_to_cold_storage_after_days: {\"@@assign\": !Ref O}}}",
        "{enable_continuous_backup: {\"@@assign\": true}, lifecycle: !Ref O}",
        "{enable_continuous_backup: {\"@@assign\": true}, \"${X}\": {}}",
        "{schedule_expression: !Ref O, lifecycle: {opt_in_to_archive_for_supported_resources: \
         {\"@@assign\": true}, delete_after_days: !Ref O, move_to_cold_storage_after_days: \
         !Ref O}}",
        "{copy_actions: {\"${X}\": {target_backup_vault_arn: {\"@@assign\": \
         \"arn:aws:backup:eu-west-1:$account:backup-vault:V\"}}}}",
        "{copy_actions: {\"${X}\": {\"${X}\": {\"@@assign\": x}}}}",
    ] {
        let template = format!(
            "Resources: {{P: {{Type: Custom::BackupOrgPolicy, Properties: {{PolicyName: p, \
             OrgManagementAccount: !Ref O, Variables: {{\"${{X}}\": !Ref O}}, PolicyContent: {{plans: {{p: {{rules: {{r: {rule}}}, backup_plan_tags: \
             {{\"${{X}}\": {{tag_key: {{\"@@assign\": a}}, tag_value: {{\"@@assign\": b}}}}}}}}}}}}}}}}}}"
        );
        let found = check(
            "t.yaml",
            &template,
            &Parameters::default(),
            &Locks::default(),
            now(),
        )
        .findings;
        let is_error = |it: &&backup_policy::Finding| it.severity == backup_policy::Severity::Error;
        assert_eq!(found.iter().find(is_error), None, "{rule}");
    }
    // The same template is full of errors once the value is known.
    assert!(codes("t.yaml", &template_with("'?'")).len() > 10);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,80}|[-\u{1}a-z:!&*{}\\[\\]|>'\"#\n ]{0,80}") {
        for name in ["a.json", "a.yaml", "-"] {
            for finding in check(name, &text, &Parameters::default(), &Locks::default(), now()).findings {
                prop_assert!(!finding.message.contains('\n'));
                prop_assert!(!finding.message.contains(UNKNOWN));
            }
        }
    }
}
