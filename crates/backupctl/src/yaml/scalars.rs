//! What a plain scalar is: in a policy file as JSON has it, in a template as CloudFormation does.
//!
//! CloudFormation reads templates as YAML 1.1 (AWS's guide, "template format"). What follows rests
//! on, the strongest first:
//!
//! | written | arrives | known from |
//! |---|---|---|
//! | `yes` `no` `on` `off`, also `Yes` and `YES` | a boolean | deployed: tags (ASFHyP3/hyp3#2061), a custom resource's properties (alienplatform/alien#302); the AWS CLI quotes them for that reason (aws/aws-cli#5257) |
//! | `0300` | octal, 192 | deployed: tags and defaults (classmethod, "how to identify numerical values in cfn yaml template"; skyarch, "CloudFormation YAML"); ids (DataDog/cloudformation-template#109, cloudformation-coverage-roadmap#745). go-to-k/cdk-real-drift#785 expects text for ids |
//! | `012345678901`, with an 8 or a 9 | a fraction, 1.2345678901E10 | deployed: a default (skyarch) |
//! | `0x1F`, `1:30`, `1_000`, `0b11`, `+60`, `.5` | 31, 90, 1000, 3, 60, 0.5 | YAML 1.1's own types; classmethod names hexadecimal and sexagesimal |
//! | `y` `n` | text | YAML 1.1 has them as booleans; its common parsers have not, and nobody reports them |
//! | `2012-10-17` | text | AWS's guide excludes timestamps; `Version: 2012-10-17` without quotes is in use everywhere |

use saphyr_parser::ScalarStyle;
use serde_json::{Number, Value};

/// How plain scalars are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// As in JSON and YAML 1.2: `yes` and `060` are text.
    Json,
    /// As CloudFormation reads templates.
    Template,
}

/// A scalar as JSON has it.
pub(super) fn scalar(text: &str, style: ScalarStyle, is_tagged: bool, dialect: Dialect) -> Value {
    if style != ScalarStyle::Plain || is_tagged {
        return text.into();
    }
    let own = match dialect {
        Dialect::Json => None,
        Dialect::Template => boolean(text).or_else(|| number(text)),
    };
    own.unwrap_or_else(|| json(text))
}

fn json(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        // Only what JSON calls a number too: `060` and `+60` stay the text that AWS will see.
        _ => match serde_json::from_str(text) {
            Ok(Value::Number(number)) => Value::Number(number),
            _ => text.into(),
        },
    }
}

fn boolean(text: &str) -> Option<Value> {
    match text {
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true.into()),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false.into()),
        _ => None,
    }
}

/// The numbers that YAML 1.1 has beside those of JSON.
fn number(text: &str) -> Option<Value> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (if text.starts_with('-') { -1 } else { 1 }, digits),
        None => (1, text),
    };
    if digits.contains('.') {
        return fraction(sign, digits);
    }
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let plain = digits.replace('_', "");
    let whole = match plain.as_str() {
        zero if zero.len() > 1 && zero.starts_with('0') => match zero.as_bytes().get(1)? {
            b'x' => i64::from_str_radix(zero.get(2..)?, 16).ok()?,
            b'b' => i64::from_str_radix(zero.get(2..)?, 2).ok()?,
            _ => match i64::from_str_radix(zero, 8) {
                Ok(octal) => octal,
                Err(_) => return fraction(sign, zero),
            },
        },
        sixties if sixties.contains(':') => sexagesimal(sixties)?,
        decimal => decimal.parse().ok()?,
    };
    Some(Value::Number(whole.checked_mul(sign)?.into()))
}

/// `.5` and `1.`; also digits with a leading 0 that are not octal.
fn fraction(sign: i64, digits: &str) -> Option<Value> {
    let is_number = digits.bytes().any(|byte| byte.is_ascii_digit())
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'_'));
    let value: f64 = digits.replace('_', "").parse().ok().filter(|_| is_number)?;
    let signed = if sign < 0 { -value } else { value };
    Number::from_f64(signed).map(Value::Number)
}

/// `1:30`: every part but the first is below 60.
fn sexagesimal(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let mut sum: i64 = parts.next()?.parse().ok()?;
    for part in parts {
        let is_digits = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let value: i64 = part.parse().ok().filter(|value| is_digits && *value < 60)?;
        sum = sum.checked_mul(60)?.checked_add(value)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str, dialect: Dialect) -> Value {
        scalar(text, ScalarStyle::Plain, false, dialect)
    }

    #[test]
    fn a_template_has_the_scalars_of_yaml_1_1() {
        for (text, arrives) in [
            ("yes", json!(true)),
            ("Off", json!(false)),
            ("ON", json!(true)),
            ("y", json!("y")),
            ("N", json!("N")),
            ("yEs", json!("yEs")),
            ("070", json!(56)),
            ("0", json!(0)),
            ("012345670123", json!(1_402_433_619)),
            ("012345678901", json!(12_345_678_901.0)),
            ("-010", json!(-8)),
            ("+60", json!(60)),
            ("1_000", json!(1000)),
            ("0x1F", json!(31)),
            ("0b11", json!(3)),
            ("1:30", json!(90)),
            ("1:30:00", json!(5400)),
            ("1:60", json!("1:60")),
            ("2012-10-17", json!("2012-10-17")),
            ("2010-09-09T12:00:00Z", json!("2010-09-09T12:00:00Z")),
            ("0o17", json!("0o17")),
            ("0x", json!("0x")),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            (".", json!(".")),
            ("1.2.3", json!("1.2.3")),
            ("10.0.0.0/8", json!("10.0.0.0/8")),
            ("60d", json!("60d")),
            ("_1", json!("_1")),
            (
                "99999999999999999999",
                json!(99_999_999_999_999_999_999_u128 as f64),
            ),
            ("~", json!(null)),
            ("True", json!(true)),
        ] {
            assert_eq!(read(text, Dialect::Template), arrives, "{text}");
        }
        assert_eq!(
            scalar("yes", ScalarStyle::SingleQuoted, false, Dialect::Template),
            "yes"
        );
        assert_eq!(
            scalar("0100", ScalarStyle::Plain, true, Dialect::Template),
            "0100"
        );
    }

    #[test]
    fn a_policy_file_has_those_of_json() {
        for text in ["yes", "060", "0x1F", "1:30", "1_000", "+60"] {
            assert_eq!(read(text, Dialect::Json), text, "{text}");
        }
    }
}
