//! Which numbers AWS takes.

use super::cursor::{Cursor, integer};
use super::report::Report;
use crate::code::Code;

/// Judges a number of minutes or days.
pub(super) fn check(
    code: Code,
    lowest: u64,
    unit: &str,
    (text, at, report): (&str, &Cursor<'_>, &mut Report),
) {
    match integer(text) {
        None => {
            let message = format!("`{text}` is not a whole number of {unit}");
            let help = match (text.strip_prefix('-'), unit) {
                (Some(_), "days") => {
                    "to keep or leave it for ever, take the key out: there is no number for that"
                        .to_owned()
                }
                _ => format!("write digits only: `\"{}\"`", lowest.max(35)),
            };
            report.value(code, at, message, help);
        }
        Some(number) if number < lowest => {
            let message = format!("`{text}` {unit} are too few");
            let help = if unit == "days" {
                "write at least 1, or take the key out to leave it unset".to_owned()
            } else {
                format!("write at least {lowest} {unit}")
            };
            report.value(code, at, message, help);
        }
        Some(number) => {
            let highest = if unit == "days" { 36_500 } else { 52_560_000 };
            if number > highest {
                let message = format!("{number} {unit} are more than AWS Backup takes");
                let help = format!("write at most {highest}");
                report.value(Code::NumberTooLarge, at, message, help);
            }
        }
    }
}
