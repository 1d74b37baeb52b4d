//! What is wrong with a policy, where, and what to do about it.

use std::fmt;

use crate::position::Position;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// AWS refuses the document.
    Error,
    /// AWS accepts the document, but it is documented otherwise, or will not do what it seems to.
    Warning,
}

/// What kind of mistake a finding is about. Its text form is stable, and short enough to
/// search for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// Something that must be an object is not.
    ObjectExpected,
    /// The document has no `plans`.
    PlansMissing,
    /// A key that the policy language does not have.
    KeyUnknown,
    /// The document is longer than AWS allows.
    DocumentTooLong,
    /// The document fits only if AWS counts code points.
    DocumentLengthUncertain,
}

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

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        })
    }
}

impl Code {
    /// How bad it is: every code has one severity.
    pub fn severity(self) -> Severity {
        match self {
            Code::DocumentLengthUncertain => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// The name of the code: `key-unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Code::ObjectExpected => "object-expected",
            Code::PlansMissing => "plans-missing",
            Code::KeyUnknown => "key-unknown",
            Code::DocumentTooLong => "document-too-long",
            Code::DocumentLengthUncertain => "document-length-uncertain",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
