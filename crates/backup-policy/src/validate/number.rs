//! Numbers: how AWS reads them, and which of them it takes.

use super::cursor::Cursor;
use super::report::Report;
use crate::code::Code;

/// The largest number that AWS is known to refuse is the largest signed one of 64 bits;
/// 2,147,483,648 is accepted. In between nothing is known.
const REFUSED: u64 = i64::MAX as u64;

/// A number as AWS reads it: digits and nothing else, leading zeros allowed.
pub(super) fn integer(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|number| digits && *number < REFUSED)
}

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
            let help = format!("write digits only: `\"{}\"`", lowest.max(35));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_digits_below_the_largest() {
        assert_eq!(integer("060"), Some(60));
        assert_eq!(integer("2147483648"), Some(2_147_483_648));
        for wrong in [
            "",
            "+60",
            " 60",
            "60.0",
            "-1",
            "1e2",
            "9223372036854775807",
            "99999999999999999999",
        ] {
            assert_eq!(integer(wrong), None, "{wrong}");
        }
    }
}
