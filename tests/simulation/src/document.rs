//! The part of `docs/evidence/reliability.md` that one simulation writes.

use std::path::Path;

const DOCUMENT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/evidence/reliability.md"
);

/// Compares a section of the document, from its heading to the next of the same level, with what a
/// simulation found. `UPDATE_EXPECT=1` writes it anew.
///
/// # Panics
/// When they differ, or the document cannot be read or has no such section.
pub fn section(heading: &str, text: &str) {
    let path = Path::new(DOCUMENT);
    let document =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{DOCUMENT}: {error}"));
    let updated = with_section(&document, heading, text)
        .unwrap_or_else(|| panic!("{DOCUMENT} has no heading `## {heading}`"));
    if updated == document {
        return;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(path, updated).unwrap_or_else(|error| panic!("{DOCUMENT}: {error}"));
        return;
    }
    panic!(
        "docs/evidence/reliability.md, `{heading}`, is not what the simulation found \
         (UPDATE_EXPECT=1 writes it anew):\n{text}"
    );
}

fn with_section(document: &str, heading: &str, text: &str) -> Option<String> {
    let heading = format!("## {heading}\n");
    let begin = document.find(&heading)? + heading.len();
    let (before, rest) = document.split_at(begin);
    let after = rest.find("\n## ").map_or("", |at| rest.split_at(at).1);
    Some(format!("{before}\n{}\n{after}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::with_section;

    #[test]
    fn a_section_is_replaced_and_the_others_stay() {
        let document = "# Title\n\n## One\n\nold\n\n## Two\n\nstays\n";
        let expected = "# Title\n\n## One\n\nnew\n\n## Two\n\nstays\n";
        assert_eq!(
            with_section(document, "One", "new\n").as_deref(),
            Some(expected)
        );
        let expected = "# Title\n\n## One\n\nold\n\n## Two\n\nnew\n";
        assert_eq!(
            with_section(document, "Two", "new").as_deref(),
            Some(expected)
        );
        assert_eq!(with_section(document, "Three", "new"), None);
    }
}
