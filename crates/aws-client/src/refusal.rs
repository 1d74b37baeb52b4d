//! What a service answers when it does not do what it was asked for.

use std::fmt;

use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::Value;

/// A service's refusal: its code and message, as far as it has them.
#[derive(Debug)]
pub struct Refusal(ErrorMetadata);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

impl Refusal {
    /// Reads a refusal, which services write in three ways: code and message in XML, in JSON, or the
    /// code in a header.
    pub(crate) fn read(header: Option<&str>, body: &str) -> Refusal {
        let mut code = header.map(bare);
        let mut message = None;
        if let Ok(json) = serde_json::from_str::<Value>(body) {
            let text = |names: &[&str]| {
                let found = names.iter().find_map(|name| json.get(name)?.as_str());
                found.map(str::to_string)
            };
            code = code.or_else(|| text(&["__type", "code", "ErrorCode"]).as_deref().map(bare));
            message = text(&["message", "Message"]);
            // Storage Gateway has one code for everything, and the real one inside.
            let inner = json.pointer("/error/errorCode").and_then(Value::as_str);
            if let Some(inner) = inner {
                message = Some(format!("{inner}: {}", message.unwrap_or_default()));
            }
        } else if let Ok(xml) = roxmltree::Document::parse(body) {
            code = code.or_else(|| text_of(&xml, "Code"));
            message = text_of(&xml, "Message");
        }
        let mut meta = ErrorMetadata::builder();
        if let Some(code) = code {
            meta = meta.code(code);
        }
        if let Some(message) = message {
            meta = meta.message(message);
        }
        Refusal(meta.build())
    }
}

/// The text of the first element with this name, in whatever namespace.
fn text_of(xml: &roxmltree::Document<'_>, name: &str) -> Option<String> {
    let mut nodes = xml.descendants();
    let node = nodes.find(|node| node.tag_name().name() == name)?;
    node.text().map(str::to_string)
}

/// `com.amazon.coral#Code:http://...` is `Code`.
fn bare(code: &str) -> String {
    let behind = code.rsplit('#').next().unwrap_or(code);
    let before = behind.split(':').next().unwrap_or(behind);
    before.to_string()
}
