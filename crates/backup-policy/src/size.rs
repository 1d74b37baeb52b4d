//! How large AWS lets a policy be, and how it is measured.

/// The most characters a backup policy may have.
///
/// AWS Organizations documents 10,000 characters. The console strips white space outside
/// strings before it saves; the SDKs and the command line store, and count, exactly what is
/// sent. So the size that matters is that of [`Document::minified`](crate::Document::minified).
pub const MAX_CHARACTERS: usize = 10_000;

/// How many characters of the quota a text takes: its Unicode code points.
///
/// Documented is the word "characters", and for ASCII every way of counting agrees. How AWS
/// counts anything else is **not verified**: UTF-16 units (an emoji is two) or UTF-8 bytes
/// are possible too. [`validate`](crate::validate) therefore warns about a document that
/// fits only when it is counted in code points.
///
/// # Example
/// ```
/// assert_eq!(backup_policy::character_count("tägl🙂"), 5);
/// ```
pub fn character_count(text: &str) -> usize {
    text.chars().count()
}

/// How many characters a text has as it is written, if that is more than AWS allows, and it would fit
/// without white space.
///
/// The command line, Terraform and CloudFormation's `AWS::Organizations::Policy` send a text as it is
/// written; [`Document::minified`](crate::Document::minified) is what this solution sends.
pub fn as_written(text: &str, minified: &str) -> Option<usize> {
    let written = character_count(text);
    let is_fine = written <= MAX_CHARACTERS || character_count(minified) > MAX_CHARACTERS;
    (!is_fine).then_some(written)
}

/// The same text in the two larger ways of counting: the greater of UTF-16 units and UTF-8 bytes.
pub(crate) fn largest_count(text: &str) -> usize {
    // UTF-8 never has fewer bytes than UTF-16 has units.
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_counts_the_same_every_way() {
        assert_eq!(character_count("cron(0 5 ? * * *)"), 17);
        assert_eq!(largest_count("cron(0 5 ? * * *)"), 17);
        assert_eq!(largest_count("🙂"), 4);
    }

    #[test]
    fn a_text_that_is_too_long_only_as_it_is_written_is_told_apart() {
        let text = |length: usize| "x".repeat(length);
        for (written, minified, expected) in [
            (MAX_CHARACTERS, MAX_CHARACTERS, None),
            (MAX_CHARACTERS + 1, MAX_CHARACTERS, Some(MAX_CHARACTERS + 1)),
            // It fits in no way.
            (MAX_CHARACTERS + 2, MAX_CHARACTERS + 1, None),
            (MAX_CHARACTERS + 3, MAX_CHARACTERS + 2, None),
        ] {
            let found = as_written(&text(written), &text(minified));
            assert_eq!(found, expected, "{written} {minified}");
        }
    }
}
