//! Variables: literal text that is replaced in a parsed document.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::{Map, Value};

use crate::document::Document;
use crate::finding::one_line;

/// Characters of all texts together, variables replaced, that are looked through for variables: AWS
/// allows a policy 10,000, names included. Our choice, so that the work is bounded.
const MOST_CHARACTERS: usize = 100_000;

/// Errors that are reported of one document. Our choice, so that the work is bounded.
const MOST_ERRORS: usize = 100;

/// A document after its variables were replaced.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// The document with every variable's value in place.
    pub document: Document,
    /// The variables that occur nowhere, in alphabetical order: probably a spelling mistake.
    pub unused: Vec<String>,
}

/// Why variables could not be replaced. Paths are those of the document with the variables
/// replaced.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum VariableError {
    /// A variable's key is empty, so it would be everywhere.
    EmptyKey,
    /// The document would be larger than any policy.
    TooLarge,
    /// A `${...}` is left that no variable stands for.
    LeftOver {
        /// Where it is: `plans.daily.rules`.
        path: String,
        /// The text that is left, 200 characters of it at most: `${Vault}`.
        placeholder: String,
    },
    /// Two keys of one object became the same.
    SameKey {
        /// The object in which it happens.
        path: String,
        /// The key that is there twice now.
        key: String,
    },
}

impl fmt::Display for VariableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |path: &str| match path {
            "" => "the document".to_owned(),
            path => format!("`{}`", one_line(path, usize::MAX)),
        };
        match self {
            VariableError::EmptyKey => {
                f.write_str("a variable has an empty name: give it the text that it stands for")
            }
            VariableError::TooLarge => write!(
                f,
                "with the variables replaced, the document has more than {MOST_CHARACTERS} \
                 characters, which no policy has: shorten the variables, or replace them less often"
            ),
            VariableError::LeftOver { path, placeholder } => write!(
                f,
                "{}: no variable stands for `{}`: add it to the variables, or take it out \
                 (only `$account` and `$region`, without braces, are AWS's own)",
                place(path),
                placeholder
            ),
            VariableError::SameKey { path, key } => write!(
                f,
                "{}: two keys become `{}` when the variables are replaced: give the variables \
                 different values",
                place(path),
                one_line(key, 200)
            ),
        }
    }
}

impl std::error::Error for VariableError {}

/// Replaces variables in the keys and the text values of a document.
///
/// A variable's key is literal text, braces and dollar sign included (`${Vault}`, but
/// `__VAULT__` works as well). Each text is read once from left to right, and where several
/// keys begin at one place the longest is taken: so the order of the variables does not
/// matter, and a value is never searched for variables again. `$account` and `$region`
/// stay: AWS replaces them.
///
/// # Errors
/// Every `${...}` that is left over, every object in which two keys became one, and a
/// variable whose key is empty; all of them, each with its path, a hundred at most. A document that
/// would become larger than any policy.
///
/// # Example
/// ```
/// use backup_policy::{Document, replace_variables};
/// let document = Document::parse(r#"{"plans":{"${Name}":{}}}"#)?;
/// let variables = [("${Name}".to_owned(), "daily".to_owned())].into();
/// let replaced = replace_variables(document, &variables).unwrap();
/// assert_eq!(replaced.document.minified(), r#"{"plans":{"daily":{}}}"#);
/// assert!(replaced.unused.is_empty());
/// # Ok::<(), backup_policy::ParseError>(())
/// ```
pub fn replace_variables(
    document: Document,
    variables: &BTreeMap<String, String>,
) -> Result<Replaced, Vec<VariableError>> {
    if variables.contains_key("") {
        return Err(vec![VariableError::EmptyKey]);
    }
    let sorted = variables
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let mut replacer = Replacer {
        keys: Keys(sorted),
        used: BTreeSet::new(),
        left: match variables.is_empty() {
            true => usize::MAX,
            false => MOST_CHARACTERS + 1,
        },
        errors: Vec::new(),
    };
    let value = replacer.value(document.value, "");
    if !replacer.errors.is_empty() {
        return Err(replacer.errors);
    }
    let used = replacer.used;
    let unused = variables
        .keys()
        .filter(|key| !used.contains(key.as_str()))
        .cloned()
        .collect();
    Ok(Replaced {
        document: Document { value, ..document },
        unused,
    })
}

/// Variables, sorted by their keys.
struct Keys<'v>(Vec<(&'v str, &'v str)>);

impl<'v> Keys<'v> {
    /// The longest key with which a text begins, and its value. The work grows with the key's length
    /// and hardly with the number of keys: what is sorted narrows down byte by byte.
    fn longest(&self, text: &str) -> Option<(&'v str, &'v str)> {
        let (mut begin_alike, mut longest) = (self.0.as_slice(), None);
        for (length, byte) in text.bytes().enumerate() {
            let at = |key: &str| key.as_bytes().get(length).copied();
            let from = begin_alike.partition_point(|(key, _)| at(key) < Some(byte));
            let to = begin_alike.partition_point(|(key, _)| at(key) <= Some(byte));
            begin_alike = begin_alike.get(from..to).unwrap_or_default();
            match begin_alike.first() {
                None => break,
                // One that ends here is the first of those that begin like it.
                Some(first) if first.0.len() == length + 1 => longest = Some(*first),
                Some(_) => {}
            }
        }
        longest
    }
}

struct Replacer<'v> {
    keys: Keys<'v>,
    used: BTreeSet<&'v str>,
    /// Characters that texts may still have.
    left: usize,
    errors: Vec<VariableError>,
}

impl Replacer<'_> {
    fn value(&mut self, value: Value, path: &str) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text, path)),
            Value::Array(values) => Value::Array(
                values
                    .into_iter()
                    .enumerate()
                    .map(|(index, value)| self.value(value, &format!("{path}[{index}]")))
                    .collect(),
            ),
            Value::Object(members) => Value::Object(self.object(members, path)),
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }

    fn object(&mut self, members: Map<String, Value>, path: &str) -> Map<String, Value> {
        let mut replaced = Map::with_capacity(members.len());
        for (key, value) in members {
            let key = self.text(&key, path);
            let inner = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            let value = self.value(value, &inner);
            if self.has_enough() {
                break;
            }
            if replaced.contains_key(&key) {
                self.errors.push(VariableError::SameKey {
                    path: path.to_owned(),
                    key,
                });
            } else {
                replaced.insert(key, value);
            }
        }
        replaced
    }

    /// Whether no more errors are to be looked for.
    fn has_enough(&self) -> bool {
        self.left == 0 || self.errors.len() >= MOST_ERRORS
    }

    fn text(&mut self, text: &str, path: &str) -> String {
        let mut result = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if self.has_enough() {
                break;
            }
            self.left = self.left.saturating_sub(1);
            if let Some((key, value)) = self.keys.longest(rest) {
                self.used.insert(key);
                self.left = self.left.saturating_sub(value.len());
                result.push_str(value);
                rest = rest.get(key.len()..).unwrap_or_default();
            } else {
                result.push(c);
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
        if self.left == 0 && !self.errors.contains(&VariableError::TooLarge) {
            self.errors.push(VariableError::TooLarge);
        }
        for placeholder in placeholders(&result) {
            if self.has_enough() {
                break;
            }
            self.errors.push(VariableError::LeftOver {
                path: path.to_owned(),
                placeholder: one_line(placeholder, 200),
            });
        }
        result
    }
}

/// Each `${...}` in a text.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    // The next `}`, looked for once: it may close any number of them.
    let mut close = None::<usize>;
    text.match_indices("${").map_while(move |(start, _)| {
        if close.is_none_or(|close| close < start) {
            close = Some(start + text.get(start..)?.find('}')?);
        }
        text.get(start..=close?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(text: &str, variables: &[(&str, &str)]) -> Result<Replaced, Vec<VariableError>> {
        let variables = variables
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect();
        replace_variables(Document::parse(text).unwrap(), &variables)
    }

    #[test]
    fn the_longest_key_wins_and_values_are_not_searched_again() {
        let replaced = replace(
            r#"{"AB":"xAAB A","n":1}"#,
            &[("A", "B"), ("AB", "A"), ("never", "x")],
        )
        .unwrap();
        assert_eq!(replaced.document.minified(), r#"{"A":"xBA B","n":1}"#);
        assert_eq!(replaced.unused, ["never"]);
    }

    #[test]
    fn every_left_over_is_reported_with_its_path() {
        let errors = replace(r#"{"a":{"b${X}":["$account","${Y} ${Z}"]}}"#, &[]).unwrap_err();
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(errors.len(), 3);
        assert!(errors[0].starts_with("`a`: no variable stands for `${X}`"));
        assert!(errors[1].starts_with("`a.b${X}[1]`: no variable stands for `${Y}`"));
        assert!(errors[2].starts_with("`a.b${X}[1]`: no variable stands for `${Z}`"));
    }

    #[test]
    fn two_keys_that_become_one_are_an_error() {
        let errors = replace(r#"{"a":{"V":1,"W":2}}"#, &[("V", "x"), ("W", "x")]).unwrap_err();
        assert_eq!(
            errors,
            [VariableError::SameKey {
                path: "a".into(),
                key: "x".into()
            }]
        );
    }

    #[test]
    fn placeholders_that_one_brace_closes_are_reported_a_hundred_at_most_and_briefly() {
        let text = format!("{{\"a\":\"{}}}\"}}", "${".repeat(100_000));
        let errors = replace(&text, &[]).unwrap_err();
        assert_eq!(errors.len(), 100);
        let longest = errors.iter().map(|error| error.to_string().len()).max();
        assert!(longest < Some(500), "{longest:?}");
        let open = format!("{{\"a\":\"{}\"}}", "${".repeat(100_000));
        assert!(replace(&open, &[]).is_ok());
    }

    #[test]
    fn a_long_value_that_occurs_often_is_refused_before_it_is_written() {
        let text = format!("{{\"a\":\"{}\"}}", "V".repeat(5_000));
        let errors = replace(&text, &[("V", &"x".repeat(100_000))]).unwrap_err();
        assert_eq!(errors, [VariableError::TooLarge]);
        assert!(
            errors[0]
                .to_string()
                .contains("more than 100000 characters")
        );
    }

    #[test]
    fn an_empty_key_is_an_error() {
        assert_eq!(
            replace("{}", &[("", "x")]).unwrap_err(),
            [VariableError::EmptyKey]
        );
    }

    #[test]
    fn aws_own_variables_stay() {
        let text = r#"{"a":"arn:aws:iam::$account:role/$region"}"#;
        assert_eq!(replace(text, &[]).unwrap().document.minified(), text);
    }

    #[test]
    fn a_document_of_a_hundred_thousand_characters_is_the_longest_that_is_looked_through() {
        // Key and text together.
        let text = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 1));
        let never = [("never", "x")];
        assert!(replace(&text(MOST_CHARACTERS), &never).is_ok());
        assert_eq!(
            replace(&text(MOST_CHARACTERS + 1), &never).unwrap_err(),
            [VariableError::TooLarge]
        );
    }
}
