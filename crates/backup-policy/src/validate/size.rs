//! Whether the document fits.

use super::cursor::Cursor;
use super::report::Report;
use crate::code::Code;
use crate::document::Document;
use crate::size::{MAX_CHARACTERS, character_count, largest_count};

/// Compares the minified document with AWS's limit. What is not known before deployment
/// counts as one character. Returns whether the document is worth a closer look.
pub(super) fn check(document: &Document, root: &Cursor<'_>, report: &mut Report) -> bool {
    let minified = document.minified();
    let count = character_count(&minified);
    let largest = largest_count(&minified);
    if count > MAX_CHARACTERS {
        let over = count - MAX_CHARACTERS;
        report.value(
            Code::DocumentTooLong,
            root,
            format!(
                "the document has {count} characters without white space, {over} more than the \
                 {MAX_CHARACTERS} that AWS allows"
            ),
            "split it into several policies, by plan".into(),
        );
    } else if largest > MAX_CHARACTERS {
        report.value(
            Code::DocumentLengthUncertain,
            root,
            format!(
                "the document has {count} characters but {largest} bytes, and it is not known \
                 which of them AWS compares with its limit of {MAX_CHARACTERS}"
            ),
            "keep names and values to ASCII, or split the document".into(),
        );
    }
    count <= 10 * MAX_CHARACTERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Instant, validate};

    fn codes(document: &Document) -> Vec<&'static str> {
        validate(document, Instant::UNIX_EPOCH)
            .iter()
            .map(|finding| finding.code.name())
            .filter(|name| name.starts_with("document-"))
            .collect()
    }

    fn of_length(length: usize, filler: char) -> Document {
        let empty = r#"{"plans":{},"@@assign":""}"#;
        let filler: String = std::iter::repeat_n(filler, length - empty.len()).collect();
        let text = empty.replace("\"\"", &format!("\"{filler}\""));
        Document::parse(&text).unwrap()
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
    fn how_much_is_too_much_is_said() {
        let findings = validate(&of_length(MAX_CHARACTERS + 234, 'x'), Instant::UNIX_EPOCH);
        let found = findings.iter().find(|it| it.code == Code::DocumentTooLong);
        assert_eq!(
            found.unwrap().message,
            "the document has 10234 characters without white space, 234 more than the 10000 that \
             AWS allows"
        );
    }

    #[test]
    fn a_monster_is_not_looked_at() {
        let all = |length| validate(&of_length(length, 'x'), Instant::UNIX_EPOCH).len();
        assert_eq!(all(10 * MAX_CHARACTERS), 2);
        assert_eq!(all(10 * MAX_CHARACTERS + 1), 1);
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
