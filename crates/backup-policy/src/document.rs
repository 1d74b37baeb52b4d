//! The policy document: a JSON value that remembers its key order and where it was written.

use std::fmt;

use serde_json::Value;
use serde_json::map::Map;

use crate::position::{Spot, locate};
use crate::syntax::syntax_help;

/// A parsed backup policy.
///
/// It is any JSON value: what AWS would say to it is [`validate`](crate::validate)'s
/// business. Key order is kept, and so are the places in the text it was parsed from.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) value: Value,
    pub(crate) spot: Option<Spot>,
}

/// Why a text is not a JSON document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong, without the place.
    pub message: String,
    /// The line, counted from 1.
    pub line: usize,
    /// The column, counted from 1.
    pub column: usize,
    /// What to do about it, if that is known.
    pub help: Option<String>,
}

impl Document {
    /// Reads a policy from JSON text. A byte order mark before it, as some editors write, is no part
    /// of it.
    ///
    /// # Errors
    /// The text is not one JSON value, is nested more than 127 levels deep, or an object
    /// has the same key twice (AWS refuses that, and most parsers silently drop the first).
    ///
    /// # Example
    /// ```
    /// use backup_policy::Document;
    /// let error = Document::parse("{\"plans\": {}, \"plans\": {}}").unwrap_err();
    /// assert_eq!(error.message, "the key `plans` is there twice");
    /// ```
    pub fn parse(text: &str) -> Result<Document, ParseError> {
        Ok(Document {
            value: Document::parse_value(text)?,
            spot: Some(locate(without_mark(text))),
        })
    }

    /// As [`Document::parse`], without the places.
    pub(crate) fn parse_value(text: &str) -> Result<Value, ParseError> {
        let text = without_mark(text);
        let Strict(value) = serde_json::from_str(text).map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let line = text
                .split('\n')
                .nth(error.line().saturating_sub(1))
                .unwrap_or_default();
            let before = line.bytes().take(error.column());
            let row = error.line().max(1);
            // serde_json counts bytes, editors count characters.
            let column = before.filter(|byte| byte & 0xC0 != 0x80).count().max(1);
            let is_syntax = error.classify() != serde_json::error::Category::Data;
            ParseError {
                message: error.to_string().replace(&place, ""),
                line: row,
                column,
                help: is_syntax
                    .then(|| syntax_help(text, row, column, false))
                    .flatten(),
            }
        })?;
        Ok(value)
    }

    /// Takes a value that something else has parsed; findings then have no position.
    pub fn from_value(value: Value) -> Document {
        Document { value, spot: None }
    }

    /// Takes a value whose places are known, for a reader of another syntax (YAML).
    pub fn from_located(value: Value, spot: Spot) -> Document {
        Document {
            value,
            spot: Some(spot),
        }
    }

    /// The policy as a JSON value.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Where everything stands in the text, if it was read from one.
    pub fn spot(&self) -> Option<&Spot> {
        self.spot.as_ref()
    }

    /// The policy as it is sent to AWS: without white space outside strings, and with
    /// non-ASCII characters as they are (an escape `\u00e4` would take six of the 10,000).
    ///
    /// A number is printed as its value (`1e2` as `100.0`), not as it was written.
    pub fn minified(&self) -> String {
        self.value.to_string()
    }
}

/// A text without the byte order mark before it.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} (line {}, column {})",
            self.message, self.line, self.column
        )?;
        match &self.help {
            Some(help) => write!(f, ": {help}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for ParseError {}

/// A JSON value whose objects have no key twice.
struct Strict(Value);

impl<'de> serde::Deserialize<'de> for Strict {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Strict, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> serde::de::Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if members.contains_key(&key) {
                let message = format!("the key `{key}` is there twice");
                return Err(serde::de::Error::custom(message));
            }
            let Strict(value) = object.next_value()?;
            members.insert(key, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Document::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(
            error("{\n \"plans\": }"),
            "expected value (line 2, column 11)"
        );
        assert_eq!(error(""), "EOF while parsing a value (line 1, column 1)");
        assert_eq!(
            error("{\"a\": 1,\n\"a\": 2}"),
            "the key `a` is there twice (line 2, column 3)"
        );
        assert_eq!(error("{} {}"), "trailing characters (line 1, column 4)");
        // In characters, as an editor counts, and not in bytes.
        assert_eq!(
            error("{\"täglich\": }"),
            "expected value (line 1, column 13)"
        );
    }

    #[test]
    fn minified_has_no_space_outside_strings_and_keeps_the_order() {
        let document = Document::parse("{ \"b\": \" ä \",\n \"a\": [1, 2.50] }").unwrap();
        assert_eq!(document.minified(), "{\"b\":\" ä \",\"a\":[1,2.5]}");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_document_nor_of_its_places() {
        let document = Document::parse("\u{feff}{\"a\": 1}").unwrap();
        assert_eq!(document.minified(), "{\"a\":1}");
        assert_eq!(document.spot().unwrap().value.column, 1);
        assert_eq!(
            error("\u{feff}{\"a\": }"),
            "expected value (line 1, column 7)"
        );
    }

    #[test]
    fn a_number_of_many_digits_is_printed_as_it_will_be_read() {
        let minified = Document::parse(&format!("{}1", "9".repeat(75)))
            .unwrap()
            .minified();
        assert_eq!(Document::parse(&minified).unwrap().minified(), minified);
    }

    #[test]
    fn deep_nesting_is_an_error_and_not_a_crash() {
        assert!(error(&"[".repeat(100_000)).starts_with("recursion limit exceeded"));
    }
}
