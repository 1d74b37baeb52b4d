//! What each code means, with an example and a remedy: the text of `docs/findings.md`.

mod errors;
mod warnings;

use crate::code::Code;

/// The explanation of one code.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The code that is explained.
    pub code: Code,
    /// What it says, in one line.
    pub summary: &'static str,
    /// Why it matters, and how that is known.
    pub why: &'static str,
    /// A document that has this finding.
    pub example: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Every code with its explanation, in the order of [`Code::ALL`].
pub fn catalogue() -> impl Iterator<Item = &'static Entry> {
    errors::ENTRIES.iter().chain(warnings::ENTRIES)
}

/// The catalogue as a page of Markdown.
pub fn catalogue_page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for entry in catalogue() {
        let language = if entry.example.starts_with('{') {
            "json"
        } else {
            "yaml"
        };
        page.push_str(&format!(
            "\n### `{}` ({})\n\n{}\n\n{}\n\n```{language}\n{}\n```\n\nRemedy: {}\n",
            entry.code,
            entry.code.severity(),
            entry.summary,
            entry.why,
            entry.example,
            entry.remedy,
        ));
    }
    page
}

const INTRODUCTION: &str = "\
# Findings

What `backupctl validate` and the policy manager find in a backup policy. This page is made from
the source (`crates/backup-policy/src/catalogue`); a test fails when they differ.

An **error** is what AWS is known to refuse. Known from: (D) the AWS Organizations User Guide,
\"Backup policy syntax and examples\"; (R) third-party recordings of CreatePolicy's answers from
2026, which this validator agrees with in all 93 cases that were tried, and which are not
independently verified. A **warning** is what AWS accepts although it is documented otherwise, or
will not do what it seems to. Where AWS's behaviour is not known, there is a warning, never an
error.

Accepted without a finding: numbers and booleans without quotes (AWS makes text of them), fragments
that another policy completes, `@@operators_allowed_for_child_policies` anywhere.

Before deployment some values of a CloudFormation template are not known. Nothing is reported about
them.
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, validate};

    #[test]
    fn every_code_is_explained_once_and_in_order() {
        let explained: Vec<Code> = catalogue().map(|entry| entry.code).collect();
        assert_eq!(explained, Code::ALL);
    }

    #[test]
    fn every_example_has_the_finding_that_it_explains() {
        let now = "2026-01-01T12:00:00Z".parse().unwrap();
        for entry in catalogue().filter(|entry| entry.example.starts_with('{')) {
            let found: Vec<Code> = match Document::parse(entry.example) {
                Ok(document) => validate(&document, now)
                    .iter()
                    .map(|finding| finding.code)
                    .collect(),
                Err(_) => vec![Code::SyntaxInvalid],
            };
            assert!(
                found.contains(&entry.code),
                "{}: found {found:?}",
                entry.code
            );
        }
    }
}
