//! What AWS adds to effective tag policies, as recorded. Backup policies have nothing of the kind.

use serde_json::{Value, json};

pub(super) const TAG_POLICY: &str = "TAG_POLICY";

/// Gives every tag its `tag_key` (the key in lower case) and `tag_value` (any) if it has none.
pub(super) fn complete(document: &mut Value) {
    let Some(Value::Object(tags)) = document.get_mut("tags") else {
        return;
    };
    for (key, tag) in tags {
        if let Value::Object(tag) = tag {
            tag.entry("tag_key")
                .or_insert_with(|| key.to_lowercase().into());
            tag.entry("tag_value").or_insert_with(|| json!(["*"]));
        }
    }
}
