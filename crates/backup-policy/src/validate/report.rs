//! Where the checks put what they find.

use super::cursor::Cursor;
use crate::Instant;
use crate::code::Code;
use crate::finding::Finding;
use crate::position::Position;

/// The findings so far, and what the checks may ask about the world.
pub(crate) struct Report {
    pub(crate) now: Instant,
    findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn new(now: Instant) -> Report {
        Report {
            now,
            findings: Vec::new(),
        }
    }

    /// Something is wrong with a value.
    pub(crate) fn value(&mut self, code: Code, at: &Cursor<'_>, message: String, help: String) {
        self.push(code, at.path.clone(), at.position(), message, help);
    }

    /// Something is wrong with the key in front of a value.
    pub(crate) fn key(&mut self, code: Code, at: &Cursor<'_>, message: String, help: String) {
        self.push(code, at.path.clone(), at.key_position(), message, help);
    }

    /// How many findings there are so far.
    pub(crate) fn len(&self) -> usize {
        self.findings.len()
    }

    fn push(
        &mut self,
        code: Code,
        path: String,
        position: Option<Position>,
        message: String,
        help: String,
    ) {
        let finding = Finding {
            severity: code.severity(),
            code,
            path,
            message,
            help: Some(help).filter(|help| !help.is_empty()),
            position,
        };
        self.findings.push(finding.in_lines());
    }

    /// All findings, in the order of the text.
    pub(crate) fn into_findings(mut self) -> Vec<Finding> {
        self.findings
            .sort_by_key(|finding| finding.position.map(|at| (at.line, at.column)));
        self.findings
    }
}
