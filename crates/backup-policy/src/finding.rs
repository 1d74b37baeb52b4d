//! What is wrong with a policy, where, and what to do about it.

use std::fmt;

use crate::code::{Code, Severity};
use crate::position::Position;

/// One mistake in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of mistake it is.
    pub code: Code,
    /// Where it is: `plans.daily.rules.nightly.lifecycle.delete_after_days`. Empty for the
    /// document as a whole.
    pub path: String,
    /// The thing and the reason, in one line.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Where it stands in the text, if the document was read from one.
    pub position: Option<Position>,
}

/// How many characters a message or a remedy has at most.
const LONGEST: usize = 600;

/// How many characters a path has at most. AWS takes no document that needs as many.
const LONGEST_PATH: usize = 2_000;

impl Finding {
    /// The same in lines that are not endless, whatever the author wrote into keys and values.
    #[must_use]
    pub fn in_lines(self) -> Finding {
        Finding {
            path: one_line(&self.path, LONGEST_PATH),
            message: one_line(&self.message, LONGEST),
            help: self.help.map(|help| one_line(&help, LONGEST)),
            ..self
        }
    }
}

/// One line: path, message and remedy, as it is shown where there is no source text.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        write!(f, "{} [{}]", self.message, self.code)?;
        match &self.help {
            Some(help) => write!(f, ": {help}"),
            None => Ok(()),
        }
    }
}

/// A text on one line, and not endless: what the author wrote is part of messages and paths. It has `longest`
/// characters at most, and one more that says that it was cut.
pub fn one_line(text: &str, longest: usize) -> String {
    if text.len() <= longest && !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut line = String::new();
    let mut left = longest;
    for c in text.chars() {
        let escaped = c.is_control().then(|| c.escape_debug());
        let length = escaped.as_ref().map_or(1, |escaped| escaped.len());
        let Some(rest) = left.checked_sub(length) else {
            line.push('…');
            break;
        };
        left = rest;
        match escaped {
            Some(escaped) => line.extend(escaped),
            None => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_author_wrote_stays_on_one_line() {
        assert_eq!(one_line("a\nb\u{1b}[31m", 20), "a\\nb\\u{1b}[31m");
        assert_eq!(one_line("äöü", 2), "äö…");
        assert_eq!(one_line("äöü", 3), "äöü");
    }

    #[test]
    fn a_line_is_no_longer_for_what_is_written_with_more_characters_than_it_has() {
        let deleted = "\u{7f}".repeat(50);
        assert_eq!(one_line(&deleted, 20), "\\u{7f}\\u{7f}\\u{7f}…");
        assert_eq!(one_line(&deleted[..3], 18), "\\u{7f}\\u{7f}\\u{7f}");
    }

    #[test]
    fn a_finding_is_short_and_on_one_line_whatever_the_author_wrote() {
        let long = format!("a\n{}", "x".repeat(5_000));
        let finding = Finding {
            severity: Severity::Warning,
            code: Code::ConditionKeyForm,
            path: long.clone(),
            message: long.clone(),
            help: Some(long),
            position: None,
        };
        let finding = finding.in_lines();
        let shown = |longest: usize| format!("a\\n{}…", "x".repeat(longest - 3));
        assert_eq!(finding.path, shown(LONGEST_PATH));
        assert_eq!(finding.message, shown(LONGEST));
        assert_eq!(finding.help, Some(shown(LONGEST)));
    }
}
