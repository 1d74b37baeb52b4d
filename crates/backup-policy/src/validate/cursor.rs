//! A place in the document while it is being checked: value, path and position.

use std::borrow::Cow;

use serde_json::Value;

use crate::operator::Operator;
use crate::position::{Position, Spot};

/// One node of the document.
#[derive(Clone)]
pub(crate) struct Cursor<'d> {
    pub(crate) value: &'d Value,
    pub(crate) path: String,
    key: Option<&'d str>,
    spot: Option<&'d Spot>,
}

/// What the document says about one value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Said<T> {
    /// Nothing.
    Nothing,
    /// Something that cannot be judged: unknown, malformed, or left to another policy.
    Unclear,
    /// This.
    Value(T),
}

impl<'d> Cursor<'d> {
    pub(crate) fn root(value: &'d Value, spot: Option<&'d Spot>) -> Cursor<'d> {
        Cursor {
            value,
            path: String::new(),
            key: None,
            spot,
        }
    }

    /// The members of an object, in order; none for anything else.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'d str, Cursor<'d>)> {
        let members = self.value.as_object().into_iter().flatten().enumerate();
        members.map(|(index, (key, value))| {
            let key = key.as_str();
            (
                key,
                Cursor {
                    value,
                    path: self.path_of(key),
                    key: Some(key),
                    spot: child(self.spot, index),
                },
            )
        })
    }

    /// The path of a member.
    pub(crate) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The key in front of this node, if it is the member of an object.
    pub(crate) fn name(&self) -> Option<&'d str> {
        self.key
    }

    /// The elements of a list, in order; none for anything else.
    pub(crate) fn elements(&self) -> impl Iterator<Item = Cursor<'d>> + use<'d> {
        let (path, spot) = (self.path.clone(), self.spot);
        let elements = self.value.as_array().into_iter().flatten().enumerate();
        elements.map(move |(index, value)| Cursor {
            value,
            path: format!("{path}[{index}]"),
            key: None,
            spot: child(spot, index),
        })
    }

    /// The member with a fixed key, in whatever letter case.
    pub(crate) fn get(&self, key: &str) -> Option<Cursor<'d>> {
        self.members()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, member)| member)
    }

    /// The members that are not operators.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&'d str, Cursor<'d>)> {
        self.members().filter(|(key, _)| !key.starts_with("@@"))
    }

    /// What an operator gives this leaf. The operator is no part of the path: people look
    /// for the value.
    fn operator(&self, operator: Operator) -> Option<Cursor<'d>> {
        let path = self.path.clone();
        self.get(operator.key())
            .map(|value| Cursor { path, ..value })
    }

    /// What `@@assign` gives this leaf.
    pub(crate) fn assigned(&self) -> Option<Cursor<'d>> {
        self.operator(Operator::Assign)
    }

    /// The text that the fixed key's `@@assign` sets.
    pub(crate) fn said(&self, key: &str) -> Said<Cow<'d, str>> {
        let Some(leaf) = self.get(key) else {
            return if self.has_unknown_key() {
                Said::Unclear
            } else {
                Said::Nothing
            };
        };
        match leaf.assigned().and_then(|value| value.text()) {
            Some(text) if !is_unknown(&text) => Said::Value(text),
            _ => Said::Unclear,
        }
    }

    /// The number that the fixed key's `@@assign` sets.
    pub(crate) fn said_number(&self, key: &str) -> Said<u64> {
        match self.said(key) {
            Said::Nothing => Said::Nothing,
            Said::Unclear => Said::Unclear,
            Said::Value(text) => integer(&text).map_or(Said::Unclear, Said::Value),
        }
    }

    /// Whether the fixed key's `@@assign` sets true.
    pub(crate) fn says_true(&self, key: &str) -> bool {
        self.said(key) == Said::Value(Cow::Borrowed("true"))
    }

    /// A scalar as the text that AWS makes of it before it looks at it.
    pub(crate) fn text(&self) -> Option<Cow<'d, str>> {
        match self.value {
            Value::String(text) => Some(Cow::Borrowed(text)),
            Value::Number(number) => Some(Cow::Owned(number.to_string())),
            Value::Bool(true) => Some(Cow::Borrowed("true")),
            Value::Bool(false) => Some(Cow::Borrowed("false")),
            Value::Null => Some(Cow::Borrowed("null")),
            Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Whether the value is not known before deployment, so that nothing can be reported about it.
    pub(crate) fn is_unknown(&self) -> bool {
        self.value.as_str().is_some_and(is_unknown)
    }

    /// Whether a key of this object is not known before deployment, so that it may be any.
    pub(crate) fn has_unknown_key(&self) -> bool {
        self.members().any(|(key, _)| is_unknown(key))
    }

    /// Where to point for this node: a scalar itself, and the key of anything larger.
    pub(crate) fn position(&self) -> Option<Position> {
        let spot = self.spot?;
        match self.value {
            Value::Array(_) | Value::Object(_) => Some(spot.key.unwrap_or(spot.value)),
            _ => Some(spot.value),
        }
    }

    /// Where the key in front of this node stands.
    pub(crate) fn key_position(&self) -> Option<Position> {
        self.spot.and_then(|spot| spot.key.or(Some(spot.value)))
    }
}

fn child(spot: Option<&Spot>, index: usize) -> Option<&Spot> {
    spot.and_then(|spot| spot.children.get(index))
}

/// Whether a text has a part that is not known before deployment.
pub(crate) fn is_unknown(text: &str) -> bool {
    text.contains(crate::UNKNOWN)
}

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
