//! What was found in 40 published policies, as `published-findings.txt` says.
//!
//! The policies themselves belong to their authors and are not here. With
//! `BACKUP_POLICY_PUBLISHED` naming a folder that has them (`01.json` ...), the findings are
//! made anew and compared; `UPDATE_EXPECT=1` writes them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may stop and say why"
)]

use backup_policy::{Code, Document, Instant, validate};
use expect_test::expect_file;

fn now() -> Instant {
    "2026-09-15T12:00:00Z".parse().unwrap()
}

fn findings_in(folder: &str) -> String {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut lines = String::new();
    for name in names {
        let text = std::fs::read_to_string(format!("{folder}/{name}")).unwrap();
        let findings = validate(&Document::parse(&text).unwrap(), now());
        let number = name.trim_end_matches(".json");
        if findings.is_empty() {
            lines += &format!("{number} nothing\n");
        }
        for finding in findings {
            lines += &format!(
                "{number} {} {} {}\n",
                finding.severity, finding.code, finding.path
            );
        }
    }
    lines
}

#[test]
fn the_findings_in_published_policies_are_these() {
    let snapshot = include_str!("published-findings.txt");
    if let Some(folder) = std::env::var_os("BACKUP_POLICY_PUBLISHED") {
        let found = findings_in(folder.to_str().unwrap());
        expect_file!["published-findings.txt"].assert_eq(&found);
    }
    let mut files: Vec<&str> = Vec::new();
    for line in snapshot.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        files.push(words[0]);
        if words[1] != "nothing" {
            let code = Code::ALL
                .iter()
                .find(|code| code.name() == words[2])
                .unwrap();
            assert_eq!(code.severity().to_string(), words[1], "{line}");
        }
    }
    files.dedup();
    assert_eq!(files.len(), 40);
}
