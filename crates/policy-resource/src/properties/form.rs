//! The forms in which CloudFormation hands values over, and what AWS allows in them.

use std::collections::HashSet;

use serde_json::Value;

use crate::identity::{TAG_PREFIX, is_account_id};

/// Splits comma-separated text; spaces around the items do not count.
pub fn split_list(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_string)
        .collect()
}

/// Why a text is no target, or `None` when it is one: `r-...`, `ou-...` or an account id (AWS
/// Organizations API reference, AttachPolicy).
pub fn target_problem(target: &str) -> Option<String> {
    let lower = |text: &str, range: std::ops::RangeInclusive<usize>| {
        range.contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    let root = target
        .strip_prefix("r-")
        .is_some_and(|id| lower(id, 4..=32));
    let unit = target
        .strip_prefix("ou-")
        .and_then(|id| id.split_once('-'))
        .is_some_and(|(root, id)| lower(root, 4..=32) && lower(id, 8..=32));
    let lost_zero =
        (9..12).contains(&target.len()) && target.bytes().all(|byte| byte.is_ascii_digit());
    if lost_zero {
        return Some(format!(
            "`{target}` is no target: an account id has 12 digits, so write it in quotes if zeros \
             in front were lost"
        ));
    }
    (!root && !unit && !is_account_id(target)).then(|| {
        format!(
            "`{target}` is no target: expected a root (`r-abcd`), an organizational unit \
             (`ou-abcd-12345678`) or an account id of 12 digits"
        )
    })
}

/// Why a text cannot be a Region's code, or `None` when it can.
pub fn region_problem(region: &str) -> Option<String> {
    let parts: Vec<&str> = region.split('-').collect();
    let well_formed = match parts.as_slice() {
        [first, middle @ .., last] => {
            first.len() >= 2
                && !middle.is_empty()
                && middle
                    .iter()
                    .chain([first])
                    .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase()))
                && !last.is_empty()
                && last.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    };
    (!well_formed).then(|| format!("`{region}` is no Region: expected a code such as `eu-west-1`"))
}

/// A string, or a number or boolean as CloudFormation would write it.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// How many items a list, or comma-separated text, has at most.
pub(super) fn items(value: &Value) -> usize {
    let separated = |text: &str| 1 + text.matches(',').count();
    match value {
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map_or(1, separated))
            .sum(),
        other => other.as_str().map_or(1, separated),
    }
}

/// A list, or comma-separated text, as trimmed texts without repeats.
pub(super) fn list(value: &Value) -> Option<Vec<String>> {
    let items = match value {
        Value::Array(items) => {
            let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
            texts?.iter().flat_map(|text| split_list(text)).collect()
        }
        other => split_list(&scalar(other)?),
    };
    let mut seen = HashSet::new();
    let unique = items.iter().filter(|item| seen.insert(item.as_str()));
    Some(unique.cloned().collect())
}

/// AWS Organizations API reference, Tag: key 1 to 128, value 0 to 256 characters, both of
/// letters, spaces, numbers and `_.:/=+-@`; `aws:` is reserved. The value is never repeated.
pub(super) fn tag_problem(key: &str, value: &str) -> Option<String> {
    let allowed = |text: &str| {
        text.chars()
            .all(|c| c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c))
    };
    if key.to_ascii_lowercase().starts_with("aws:") || key.starts_with(TAG_PREFIX) {
        Some(format!(
            "the key `{key}` is reserved: expected one without `aws:` or `{TAG_PREFIX}` before it"
        ))
    } else if !(1..=128).contains(&key.chars().count()) || !allowed(key) {
        Some(format!(
            "the key `{key}` must have 1 to 128 letters, digits, spaces and `_.:/=+-@`"
        ))
    } else if value.chars().count() > 256 || !allowed(value) {
        Some(format!(
            "the value of `{key}` must have at most 256 letters, digits, spaces and `_.:/=+-@`"
        ))
    } else {
        None
    }
}
