//! The page: one file of HTML with everything in it, its data as JSON.
//!
//! Nothing in it is fetched, and its content security policy allows nothing but its own style and
//! script. The script builds the document from elements and texts only, never from markup.

mod data;
mod once;

use std::io::{self, Write};

use backup_policy::{EffectivePolicies, Instant};
use serde_json::Value;

use super::Group;
use crate::page;

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = concat!(
    include_str!("../page/house.css"),
    include_str!("page/page.css")
);
const SCRIPT: &str = concat!(
    "\"use strict\";\n",
    include_str!("page/dom.js"),
    include_str!("page/model.js"),
    include_str!("page/attention.js"),
    include_str!("page/tree.js"),
    include_str!("page/plans.js"),
    include_str!("page/zone.js"),
    include_str!("page/calendar.js"),
    include_str!("page/retention.js"),
    include_str!("page/main.js"),
);

/// Writes the page of an organization, with a calendar of the weeks after `now`.
///
/// # Errors
/// It cannot be written.
pub fn write(
    policies: &EffectivePolicies<'_>,
    groups: &[Group<'_>],
    now: Instant,
    out: &mut dyn Write,
) -> io::Result<()> {
    let policy = page::policy(STYLE, Some(SCRIPT));
    let title = page::escape(&policies.organization.root.name);
    page::fill(TEMPLATE, out, |part, out| match part {
        "policy" => out.write_all(policy.as_bytes()),
        "title" => out.write_all(title.as_bytes()),
        "style" => out.write_all(STYLE.as_bytes()),
        "script" => out.write_all(SCRIPT.as_bytes()),
        "data" => data::write(policies, groups, now, out),
        _ => Ok(()),
    })
}

/// JSON that can stand in a `script` element: nothing in it ends the element or begins a comment.
fn embed(value: &Value) -> String {
    let json = value.to_string();
    if !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return json;
    }
    let mut safe = String::with_capacity(json.len());
    for c in json.chars() {
        // Only strings can hold these, and there an escape means the same.
        match c {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_in_the_data_ends_its_element() {
        let evil = json!({"</script><script>alert(1)</script>": "<!--<script>&\u{2028}\u{2029}"});
        let embedded = embed(&evil);
        assert!(
            !embedded.contains(['<', '>', '&', '\u{2028}', '\u{2029}']),
            "{embedded}"
        );
        assert_eq!(serde_json::from_str::<Value>(&embedded).unwrap(), evil);
    }

    #[test]
    fn no_part_of_the_template_is_without_its_text() {
        let names: Vec<&str> = TEMPLATE.split('@').skip(1).step_by(2).collect();
        assert_eq!(
            names,
            [
                "policy", "version", "title", "style", "version", "data", "script"
            ]
        );
    }

    #[test]
    fn style_and_script_cannot_end_their_elements() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.to_ascii_lowercase().contains("</"), "{text}");
            assert!(!text.contains("<!--"));
        }
        // The script never makes markup of a text.
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
    }
}
