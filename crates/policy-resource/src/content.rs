//! From a template's content to the text that AWS stores: variables replaced, Regions put into the
//! plans that name none, white space removed.

use std::collections::BTreeMap;
use std::fmt;

use backup_policy::{Document, Finding, Severity, one_line};
use serde_json::Value;

/// A policy's content as it was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// An object of the template.
    Object(Value),
    /// JSON text, from the template or from S3.
    Text(String),
}

/// A policy's content, ready to be sent.
#[derive(Debug)]
pub struct Prepared {
    /// The document that will be sent.
    pub document: Document,
    /// What the user should know, though it stops nothing.
    pub warnings: Vec<String>,
}

/// Prepares a policy's content. It is not validated yet: see [`refusal`].
///
/// # Errors
/// Text that is no JSON, with its position; a `${...}` that no variable replaces.
pub fn prepare(
    found: Found,
    variables: &BTreeMap<String, String>,
    regions: &[String],
) -> Result<Prepared, String> {
    let document = match found {
        Found::Object(value) => Document::from_value(value),
        Found::Text(text) => Document::parse(&text)
            .map_err(|error| format!("the policy's content cannot be read: {error}"))?,
    };
    let replaced = backup_policy::replace_variables(document, variables).map_err(|errors| {
        let named = errors.iter().take(NAMED).map(ToString::to_string);
        let named = named.collect::<Vec<_>>().join("; ");
        let more = match errors.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        format!("the policy's variables do not fit its content: {named}{more}")
    })?;
    let unused = replaced.unused.iter().take(NAMED);
    let mut warnings: Vec<String> = unused
        .map(|key| format!("the variable `{key}` occurs nowhere in the policy"))
        .collect();
    if let more @ 1.. = replaced.unused.len().saturating_sub(NAMED) {
        warnings.push(format!("{more} more variables occur nowhere in the policy"));
    }
    let mut document = replaced.document;
    if !regions.is_empty() {
        backup_policy::inject_regions(&mut document, regions);
    }
    Ok(Prepared { document, warnings })
}

/// How many findings an answer names; CloudFormation shows about 1,000 characters of it.
const NAMED: usize = 5;

/// Characters of a path in it. Our choice: names of AWS's own length make 200.
const PATH: usize = 300;

/// Why AWS would refuse a policy, as one line that names the first findings and how many more
/// there are; `None` when nothing speaks against it.
pub fn refusal(findings: &[Finding]) -> Option<String> {
    let errors: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    if errors.is_empty() {
        return None;
    }
    let named: Vec<String> = errors
        .iter()
        .take(NAMED)
        .map(|e| OneLine(e).to_string())
        .collect();
    let more = match errors.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let plural = if errors.len() == 1 { "error" } else { "errors" };
    Some(format!(
        "the policy has {} {plural}: {}{more}",
        errors.len(),
        named.join("; ")
    ))
}

/// A finding as one line of an answer or a log.
pub struct OneLine<'a>(pub &'a Finding);

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            path,
            message,
            help,
            ..
        } = self.0;
        match path.as_str() {
            "" => write!(f, "at the top: {message}")?,
            path => write!(f, "`{}`: {message}", one_line(path, PATH))?,
        }
        match help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn prepared(
        found: Found,
        variables: &[(&str, &str)],
        regions: &[&str],
    ) -> Result<Prepared, String> {
        let variables = variables
            .iter()
            .map(|(k, v)| ((*k).into(), (*v).into()))
            .collect();
        let regions: Vec<String> = regions.iter().map(|r| (*r).into()).collect();
        prepare(found, &variables, &regions)
    }

    #[test]
    fn variables_are_replaced_and_regions_go_into_plans_that_name_none() {
        let text = r#"{ "plans": { "a": {}, "b": { "regions": { "@@assign": ["VAR"] } } } }"#;
        let result = prepared(
            Found::Text(text.into()),
            &[("VAR", "eu-west-1")],
            &["us-east-1"],
        );
        assert_eq!(
            result.unwrap().document.minified(),
            r#"{"plans":{"a":{"regions":{"@@assign":["us-east-1"]}},"b":{"regions":{"@@assign":["eu-west-1"]}}}}"#
        );
    }

    #[test]
    fn a_variable_that_occurs_nowhere_is_a_warning() {
        let result = prepared(Found::Object(json!({"plans": {}})), &[("VAR", "x")], &[]).unwrap();
        assert_eq!(
            result.warnings,
            ["the variable `VAR` occurs nowhere in the policy"]
        );
    }

    #[test]
    fn text_that_is_no_json_is_refused_with_its_position() {
        let error = prepared(Found::Text("{\n  \"plans\": }".into()), &[], &[]).unwrap_err();
        assert!(
            error.contains('2') && error.contains("cannot be read"),
            "{error}"
        );
        // With the remedy, as on the command line.
        let error = prepared(Found::Text("{“plans”: {}}".into()), &[], &[]).unwrap_err();
        assert!(error.contains("typographic quotation marks"), "{error}");
    }

    /// The refusal of a policy that has these keys beside `plans`.
    fn refused(names: &[&str]) -> Option<String> {
        let mut policy = json!({"plans": {}});
        for name in names {
            policy[name] = json!("x");
        }
        let document = Document::from_value(policy);
        let now = std::time::SystemTime::UNIX_EPOCH.into();
        refusal(&backup_policy::validate(&document, now))
    }

    #[test]
    fn a_refusal_is_one_line_with_the_first_five_findings_and_how_many_more() {
        let finding = |name| {
            format!(
                "`{name}`: `{name}` is not a key of a backup policy (only `plans` can stand here)"
            )
        };
        let all = ["a", "b", "c", "d", "e", "f", "g"];
        let findings: Vec<String> = all.iter().map(finding).collect();
        let expected = [
            (0, None),
            (1, Some(format!("the policy has 1 error: {}", findings[0]))),
            (
                5,
                Some(format!(
                    "the policy has 5 errors: {}",
                    findings[..5].join("; ")
                )),
            ),
            (
                7,
                Some(format!(
                    "the policy has 7 errors: {}; and 2 more",
                    findings[..5].join("; ")
                )),
            ),
        ];
        for (count, reason) in expected {
            assert_eq!(refused(&all[..count]), reason);
        }
    }

    #[test]
    fn a_finding_about_the_whole_policy_says_so() {
        let document = Document::from_value(json!({}));
        let now = std::time::SystemTime::UNIX_EPOCH.into();
        let reason = refusal(&backup_policy::validate(&document, now)).unwrap();
        assert_eq!(
            reason,
            "the policy has 1 error: at the top: the document has no `plans` (put the plans into \
             `{\"plans\": {...}}`)"
        );
    }

    #[test]
    fn of_variables_too_the_first_five_are_named_and_how_many_more() {
        let names: Vec<String> = (0..7).map(|number| format!("V{number}")).collect();
        let variables: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "x")).collect();
        let warnings = |count: usize| {
            let found = Found::Object(json!({"plans": {}}));
            prepared(found, &variables[..count], &[]).unwrap().warnings
        };
        assert_eq!(warnings(5).len(), 5);
        assert_eq!(warnings(7).len(), 6);
        assert_eq!(
            warnings(7)[5],
            "2 more variables occur nowhere in the policy"
        );
        let open = |count: usize| {
            let names: serde_json::Map<String, Value> = (0..count)
                .map(|number| (format!("${{V{number}}}"), json!({})))
                .collect();
            prepared(Found::Object(json!({"plans": names})), &[], &[]).unwrap_err()
        };
        assert!(!open(5).contains(" more"), "{}", open(5));
        assert!(open(7).ends_with("; and 2 more"), "{}", open(7));
    }
}
