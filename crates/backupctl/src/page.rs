//! What the pages have in common: one file each, in which nothing is fetched and nothing of what comes from
//! outside becomes markup.
//!
//! `page/house.css` begins the style of every page.

use std::io::{self, Write};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// Writes a page: its template, in which the name of a part stands between two `@`. `version` is this program's;
/// every other part is written by its name. What is put in is not looked at again.
///
/// # Errors
/// It cannot be written.
pub fn fill(
    template: &str,
    out: &mut dyn Write,
    mut part: impl FnMut(&str, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    for (index, text) in template.split('@').enumerate() {
        match text {
            _ if index % 2 == 0 => out.write_all(text.as_bytes())?,
            "version" => out.write_all(env!("CARGO_PKG_VERSION").as_bytes())?,
            name => part(name, out)?,
        }
    }
    Ok(())
}

/// The content security policy of a page: its own style, its own script if it has one, and nothing else.
pub fn policy(style: &str, script: Option<&str>) -> String {
    let script = script.map_or(String::new(), |it| format!("script-src '{}'; ", digest(it)));
    format!(
        "default-src 'none'; style-src '{}'; {script}base-uri 'none'; form-action 'none'",
        digest(style)
    )
}

/// A text as it stands in an element, or in an attribute between double quotes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}

/// What a content security policy calls an element's text.
fn digest(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(text)))
}
