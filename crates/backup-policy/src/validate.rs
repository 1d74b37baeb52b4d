//! The validator: everything that is wrong with a document, never only the first thing.
//!
//! [`walk`] goes through the document along the [language](crate::language); [`scalar`] judges
//! single values; [`plan`], [`rule`] and [`selection`] look at what must fit together.

mod alone;
pub(crate) mod cursor;
mod number;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod rule;
mod scalar;
pub(crate) mod selection;
mod size;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
mod timing;
mod values;
mod walk;

use crate::document::Document;
use crate::finding::Finding;
use cursor::Cursor;
use report::Report;

/// Checks a policy as AWS would, and more.
///
/// `now` is the moment at which AWS would be asked: whether AWS accepts a schedule depends
/// on it. There is an error exactly where AWS is known to refuse the document. No errors is
/// no promise that the policy protects anything: see the warnings.
///
/// A document of more than ten times [`MAX_CHARACTERS`](crate::MAX_CHARACTERS) has one finding
/// only, that it is too long: it is not worth the time.
///
/// Findings come in the order of the text, or of the walk where there is no text.
///
/// # Example
/// ```
/// use backup_policy::{Document, Instant, Severity, validate};
/// let policy = r#"{"plans": {"daily": {"regoins": {"@@assign": ["eu-west-1"]}}}}"#;
/// let findings = validate(&Document::parse(policy)?, Instant::UNIX_EPOCH);
/// let error = findings.iter().find(|finding| finding.severity == Severity::Error).unwrap();
/// assert_eq!(error.path, "plans.daily.regoins");
/// assert_eq!(error.help.as_deref(), Some("did you mean `regions`?"));
/// # Ok::<(), backup_policy::ParseError>(())
/// ```
pub fn validate(document: &Document, now: crate::Instant) -> Vec<Finding> {
    let mut report = Report::new(now);
    let root = Cursor::root(&document.value, document.spot.as_ref());
    if size::check(document, &root, &mut report) {
        walk::root(&root, &mut report);
        alone::check(&root, &mut report);
    }
    report.into_findings()
}

/// Checks a schedule on its own, as [`validate`] does where one stands in a policy.
///
/// The findings have no path and no position.
///
/// # Example
/// ```
/// use backup_policy::{Instant, validate_schedule};
/// let findings = validate_schedule("rate(1 day)", Instant::UNIX_EPOCH);
/// assert_eq!(findings[0].code.name(), "schedule-invalid");
/// ```
pub fn validate_schedule(expression: &str, now: crate::Instant) -> Vec<Finding> {
    let mut report = Report::new(now);
    let value = expression.into();
    timing::check(expression, &Cursor::root(&value, None), &mut report);
    report.into_findings()
}
