//! Tags as values.

use std::collections::BTreeMap;

/// Keys and values, sorted by key. Keys are case-sensitive, as AWS's are.
pub type Tags = BTreeMap<String, String>;

/// How many tags AWS lets a user put on one resource. Tags of the system (`aws:...`) do not count.
pub const MOST_USER_TAGS: usize = 50;

/// Whether a key is the system's: it begins with `aws:`, in whatever case.
pub fn is_system_key(key: &str) -> bool {
    has_prefix(key, "aws:")
}

/// Whether a text begins with an ASCII prefix, in whatever case.
pub(crate) fn has_prefix(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// How many of the tags count against [`MOST_USER_TAGS`].
pub fn user_tags(tags: &Tags) -> usize {
    tags.keys().filter(|key| !is_system_key(key)).count()
}

/// A text without the tags' values: AWS quotes what it refuses, and values do not belong in logs.
/// A value within a longer word stays, and so do keys.
///
/// ```
/// use tag_on_restore::{Tags, tags::without_values};
/// let tags = Tags::from([("owner".into(), "jane@example.com".into())]);
/// let words = "value 'jane@example.com' of tag owner is not allowed";
/// let expected = "value '[value]' of tag owner is not allowed";
/// assert_eq!(without_values(words, &tags), expected);
/// ```
pub fn without_values(text: &str, tags: &Tags) -> String {
    let mut values: Vec<&str> = tags.values().map(|value| value.trim()).collect();
    values.retain(|value| !value.is_empty());
    // The longest first: one value may be the beginning of another.
    values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    let mut text = text.to_string();
    for value in values {
        text = without(&text, value);
    }
    text
}

/// A text with each occurrence of a value that is no part of a longer word replaced.
fn without(text: &str, value: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(value) {
        let in_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let ends_word = in_word(value.chars().next_back()) && in_word(after.chars().next());
        let last = before.chars().next_back().or(result.chars().next_back());
        let begins_in_word = in_word(value.chars().next()) && in_word(last);
        result.push_str(before);
        result.push_str(match ends_word || begins_in_word {
            true => value,
            false => "[value]",
        });
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_out_of_words_and_nothing_else_is() {
        let pairs = [
            ("Name", "web"),
            ("team", "web-1"),
            ("none", ""),
            ("x", "a"),
            ("ü", "é|"),
        ];
        let tags = pairs.map(|(key, value)| (key.to_string(), value.to_string()));
        for (text, expected) in [
            (
                "'web' and \"web-1\" and webs",
                "'[value]' and \"[value]\" and webs",
            ),
            ("web", "[value]"),
            ("a bad tag a", "[value] bad tag [value]"),
            ("webweb web", "webweb [value]"),
            ("xé|é|y", "xé|[value]y"),
            ("é|", "[value]"),
            ("", ""),
        ] {
            assert_eq!(
                without_values(text, &tags.clone().into()),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn the_systems_prefix_is_found_in_any_case_and_nowhere_else() {
        for key in ["aws:x", "AWS:x", "aWs:", "aws:backup:source-resource"] {
            assert!(is_system_key(key), "{key}");
        }
        for key in ["aws", "awsbackup-restore-test", "my-aws:x", "äws:x", ""] {
            assert!(!is_system_key(key), "{key}");
        }
    }
}
