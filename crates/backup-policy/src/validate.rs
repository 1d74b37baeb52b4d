//! The validator: everything that is wrong with a document, never only the first thing.

use serde_json::Value;

use crate::document::Document;
use crate::finding::{Code, Finding};
use crate::size::{MAX_CHARACTERS, character_count, largest_count};

/// Checks a policy as AWS would, and more.
///
/// `now` is the moment at which AWS would be asked: whether AWS accepts a schedule depends
/// on it. Errors come where AWS refuses the document; an empty list of errors is no promise
/// that the policy protects anything (see the warnings).
///
/// # Example
/// ```
/// use backup_policy::{Document, Instant, validate};
/// let findings = validate(&Document::parse("{}")?, Instant::UNIX_EPOCH);
/// assert_eq!(findings[0].code.name(), "plans-missing");
/// # Ok::<(), backup_policy::ParseError>(())
/// ```
pub fn validate(document: &Document, now: crate::Instant) -> Vec<Finding> {
    let _ = now;
    let mut findings = Vec::new();
    root(document, &mut findings);
    size(document, &mut findings);
    findings
}

fn root(document: &Document, findings: &mut Vec<Finding>) {
    let position = document.spot.as_ref().map(|spot| spot.value);
    let mut report = |code, path: &str, message: String, help: &str, position| {
        let help = Some(help.to_owned());
        let path = path.to_owned();
        findings.push(Finding {
            severity: Code::severity(code),
            code,
            path,
            message,
            help,
            position,
        });
    };
    let Value::Object(members) = &document.value else {
        let message = "the document is not an object".to_owned();
        report(
            Code::ObjectExpected,
            "",
            message,
            "write `{\"plans\": {...}}`",
            position,
        );
        return;
    };
    if !members.keys().any(|key| key.eq_ignore_ascii_case("plans")) {
        let message = "the document has no `plans`".to_owned();
        report(
            Code::PlansMissing,
            "",
            message,
            "put the plans into `{\"plans\": {...}}`",
            position,
        );
    }
    for (index, key) in members.keys().enumerate() {
        if !key.eq_ignore_ascii_case("plans") && !key.starts_with("@@") {
            let position = document
                .spot
                .as_ref()
                .and_then(|spot| spot.children.get(index))
                .and_then(|spot| spot.key);
            let message = format!("`{key}` is not a key of a backup policy");
            report(
                Code::KeyUnknown,
                key,
                message,
                "the only key here is `plans`",
                position,
            );
        }
    }
}

fn size(document: &Document, findings: &mut Vec<Finding>) {
    let minified = document.minified();
    let count = character_count(&minified);
    let (code, message, help) = if count > MAX_CHARACTERS {
        (
            Code::DocumentTooLong,
            format!(
                "the document has {count} characters without white space, {} more than AWS allows",
                count - MAX_CHARACTERS
            ),
            "split it into several policies, by plan",
        )
    } else if largest_count(&minified) > MAX_CHARACTERS {
        (
            Code::DocumentLengthUncertain,
            format!(
                "the document has {count} characters but {} bytes, and it is not known which AWS \
                 counts against its limit of {MAX_CHARACTERS}",
                largest_count(&minified)
            ),
            "use ASCII in names and values, or split the document",
        )
    } else {
        return;
    };
    findings.push(Finding {
        severity: code.severity(),
        code,
        path: String::new(),
        message,
        help: Some(help.to_owned()),
        position: document.spot.as_ref().map(|spot| spot.value),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;

    fn codes(document: &Document) -> Vec<&'static str> {
        validate(document, Instant::UNIX_EPOCH)
            .iter()
            .map(|finding| finding.code.name())
            .collect()
    }

    fn of_length(length: usize, filler: char) -> Document {
        let text = format!("{{\"plans\":{{}},\"@@assign\":\"{}\"}}", "@");
        let missing = length - text.len();
        let filler: String = std::iter::repeat_n(filler, missing).collect();
        Document::parse(&text.replace("\"@\"", &format!("\"@{filler}\""))).unwrap()
    }

    #[test]
    fn size_is_measured_after_minification() {
        assert_eq!(codes(&of_length(MAX_CHARACTERS, 'x')), Vec::<&str>::new());
        assert_eq!(
            codes(&of_length(MAX_CHARACTERS + 1, 'x')),
            ["document-too-long"]
        );
        let spaced = format!("{:>20000}", of_length(MAX_CHARACTERS, 'x').minified());
        assert_eq!(
            codes(&Document::parse(&spaced).unwrap()),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn code_points_are_counted_and_doubt_is_a_warning() {
        assert_eq!(
            codes(&of_length(MAX_CHARACTERS, 'ä')),
            ["document-length-uncertain"]
        );
        assert_eq!(
            codes(&of_length(MAX_CHARACTERS + 1, 'ä')),
            ["document-too-long"]
        );
    }
}
