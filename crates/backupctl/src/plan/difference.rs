//! What is different in two policy documents, by path.

use serde_json::Value;

/// One value that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// The value before, if there was one: a single value or a list.
    pub before: Option<Value>,
    /// The value after, if there is one.
    pub after: Option<Value>,
}

/// Every value that differs, in the order of the documents, what is gone first. Text that is not
/// JSON is one value.
pub fn differences(before: Option<&str>, after: Option<&str>) -> Vec<Difference> {
    let read = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let (before, after) = (before.map(read), after.map(read));
    let mut found = Vec::new();
    compare(before.as_ref(), after.as_ref(), &mut Vec::new(), &mut found);
    found
}

fn compare(
    before: Option<&Value>,
    after: Option<&Value>,
    path: &mut Vec<String>,
    found: &mut Vec<Difference>,
) {
    if before == after {
        return;
    }
    let empty = serde_json::Map::new();
    let members = |value: Option<&Value>| match value {
        Some(Value::Object(members)) => Some(members.clone()),
        None => Some(empty.clone()),
        Some(_) => None,
    };
    let (Some(old), Some(new)) = (members(before), members(after)) else {
        found.push(Difference {
            path: path.clone(),
            before: before.cloned(),
            after: after.cloned(),
        });
        return;
    };
    for (key, value) in &old {
        path.push(key.clone());
        compare(Some(value), new.get(key), path, found);
        path.pop();
    }
    for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
        path.push(key.clone());
        compare(None, Some(value), path, found);
        path.pop();
    }
}
