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

#[cfg(test)]
mod tests {
    use super::*;

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
