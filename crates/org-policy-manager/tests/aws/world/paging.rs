//! Pages, also empty ones with more to come.

use serde_json::{Map, Value, json};

use super::Behaviour;
use super::operations::{Refusal, Reply};

/// One page of a listing under the key AWS uses for it.
pub(super) fn page(key: &str, entries: Vec<Value>, input: &Value, how: &Behaviour) -> Reply {
    let asked = match &input["MaxResults"] {
        Value::Null => how.page_size,
        number => match number.as_u64() {
            Some(n @ 1..=20) => (n as usize).min(how.page_size),
            _ => {
                return Err(Refusal::invalid(
                    "MAX_VALUE_EXCEEDED",
                    "MaxResults is 1 to 20",
                ));
            }
        },
    };
    let (start, first) = match &input["NextToken"] {
        Value::Null => (0, true),
        token => match token.as_str().and_then(|it| position(it, &entries)) {
            Some(start) => (start, false),
            None => {
                return Err(Refusal::invalid(
                    "INVALID_NEXT_TOKEN",
                    "not a token of ours",
                ));
            }
        },
    };
    let end = match first && how.empty_first_pages {
        true => 0,
        false => entries.len().min(start + asked),
    };
    let more = end < entries.len() || (first && how.empty_first_pages);
    let token = match entries.get(end).and_then(|it| it["Id"].as_str()) {
        Some(id) => format!("at-{id}"),
        None => format!("from-{end}"),
    };
    let shown: Vec<Value> = entries.into_iter().take(end).skip(start).collect();
    let mut reply = Map::from_iter([(key.to_owned(), json!(shown))]);
    if more {
        reply.insert("NextToken".to_owned(), json!(token));
    }
    Ok(Value::Object(reply))
}

/// Where a page begins. What has an id is listed in the order of ids, so that nothing is left out when
/// an entry of a page before goes (not verified).
fn position(token: &str, entries: &[Value]) -> Option<usize> {
    match token.strip_prefix("at-") {
        Some(id) => Some(entries.partition_point(|it| it["Id"].as_str() < Some(id))),
        None => token.strip_prefix("from-")?.parse().ok(),
    }
}
