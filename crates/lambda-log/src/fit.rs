//! An entry of any length becomes a short line.

use serde_json::Value;

/// Bytes of a line, its end not counted. Our choice: whole answers to CloudFormation have room in it.
pub const LONGEST: usize = 8_192;

/// Characters of one text in an entry that is too long, halved until the entry fits.
const TEXT: usize = 4_000;
const SHORTEST_TEXT: usize = 8;

/// Items that are left of a list in an entry that is too long, also of the metrics' definitions.
const ITEMS: usize = 16;

const CUT: &str = "…";

/// The entry as one line of at most [`LONGEST`] bytes.
///
/// ```
/// assert_eq!(lambda_log::fit("first\nsecond\n"), "first\\nsecond");
/// let long = format!("{{\"level\":\"INFO\",\"name\":\"{}\"}}", "x".repeat(100_000));
/// let line = lambda_log::fit(&long);
/// assert!(line.len() <= lambda_log::LONGEST && line.ends_with("xxx…\"}"));
/// ```
pub fn fit(entry: &str) -> String {
    let entry = entry.trim_end_matches(['\n', '\r']);
    if entry.len() > LONGEST
        && entry.starts_with('{')
        && let Ok(json) = serde_json::from_str(entry)
        && let Some(line) = fit_json(json)
    {
        return line;
    }
    let mut line = String::with_capacity(entry.len().min(LONGEST));
    for character in entry.chars() {
        let length = line.len();
        match character {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            other => line.push(other),
        }
        if line.len() > LONGEST - CUT.len() {
            line.truncate(length);
            line.push_str(CUT);
            break;
        }
    }
    line
}

/// JSON with shorter texts and lists; `None` when it has too many members to become short.
fn fit_json(mut json: Value) -> Option<String> {
    let lengths = std::iter::successors(Some(TEXT), |most| Some(most / 2));
    lengths
        .take_while(|most| *most >= SHORTEST_TEXT)
        .map(|most| {
            shorten(&mut json, most);
            json.to_string()
        })
        .find(|line| line.len() <= LONGEST)
}

fn shorten(json: &mut Value, most: usize) {
    match json {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(most) {
                text.truncate(end);
                text.push_str(CUT);
            }
        }
        Value::Array(items) => {
            let more = items.len().saturating_sub(ITEMS + 1);
            if more > 0 {
                items.truncate(ITEMS);
                items.push(format!("and {} more", more + 1).into());
            }
            items.iter_mut().for_each(|item| shorten(item, most));
        }
        Value::Object(members) => {
            members.values_mut().for_each(|value| shorten(value, most));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_is_short_stays_as_it_is() {
        for entry in ["", "INFO answering", "{\"level\":  \"INFO\"}", "ä\tö"] {
            assert_eq!(fit(entry), entry);
            assert_eq!(fit(&format!("{entry}\n")), entry);
        }
    }

    #[test]
    fn a_line_break_does_not_split_an_entry() {
        assert_eq!(
            fit("INFO a=1\r\nERROR forged=2\n"),
            "INFO a=1\\r\\nERROR forged=2"
        );
    }

    #[test]
    fn an_entry_of_metrics_keeps_its_metrics_when_its_texts_are_shortened() {
        let metrics: Vec<Value> = (0..9)
            .map(|n| json!({"Name": format!("Metric{n}"), "Unit": "Count"}))
            .collect();
        let keys: Vec<String> = (0..2_000)
            .map(|n| format!("{n}{}", "k".repeat(128)))
            .collect();
        let entry = json!({
            "_aws": {"Timestamp": 1, "CloudWatchMetrics": [{
                "Namespace": "TagOnRestore",
                "Dimensions": [[], ["ResourceType"], ["Outcome"]],
                "Metrics": metrics,
            }]},
            "ResourceType": "ec2", "TagsWritten": 2_000,
            "reason": "r".repeat(1_000_000),
            "writtenKeys": keys, "droppedKeys": keys,
        });
        let line = fit(&entry.to_string());
        let read: Value = serde_json::from_str(&line).unwrap();
        assert!(line.len() <= LONGEST, "{}", line.len());
        assert_eq!(read["_aws"], entry["_aws"]);
        assert_eq!(read["TagsWritten"], 2_000);
        assert_eq!(
            read["writtenKeys"].as_array().unwrap().last().unwrap(),
            "and 1984 more"
        );
        assert!(read["reason"].as_str().unwrap().starts_with("rrrr"));
    }

    #[test]
    fn json_that_cannot_become_short_is_cut() {
        let members: serde_json::Map<String, Value> =
            (0..10_000).map(|n| (n.to_string(), json!("x"))).collect();
        let line = fit(&Value::Object(members).to_string());
        assert!(line.len() <= LONGEST && line.ends_with(CUT));
    }

    proptest! {
        #[test]
        fn every_entry_becomes_one_line_that_is_not_too_long(
            text in "(.|\n|\r|\u{0}|\u{10ffff}){0,40}", times in 1usize..600,
        ) {
            let long = text.repeat(times);
            for entry in [long.clone(), json!({"level": "INFO", "fields": {"a": long}}).to_string()] {
                let line = fit(&entry);
                prop_assert!(line.len() <= LONGEST, "{}", line.len());
                prop_assert!(!line.contains(['\n', '\r']));
                if entry.starts_with("{\"level") {
                    prop_assert!(serde_json::from_str::<Value>(&line).is_ok());
                }
            }
        }
    }
}
