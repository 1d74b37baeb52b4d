//! DynamoDB: items, the changes and the conditions that the function uses, and transactions.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::State;

type Refused = (&'static str, String);

impl State {
    pub(super) fn dynamodb(&mut self, operation: &str, input: &Value) -> Result<Value, Refused> {
        match operation {
            "GetItem" => {
                assert_eq!(input["ConsistentRead"], true);
                Ok(match self.items.get(id(input)) {
                    Some(item) => json!({"Item": item}),
                    None => json!({}),
                })
            }
            "PutItem" => {
                assert!(input.get("ConditionExpression").is_none());
                self.store(&input["Item"]);
                Ok(json!({}))
            }
            "UpdateItem" => {
                if !self.holds(input) {
                    let code = "ConditionalCheckFailedException";
                    return Err((code, "The conditional request failed".to_string()));
                }
                self.change(input);
                Ok(json!({}))
            }
            "TransactWriteItems" => {
                let holds: Vec<bool> = writes(input).map(|it| self.holds(it)).collect();
                if !holds.iter().all(|it| *it) {
                    let reasons = holds.iter().map(|holds| match holds {
                        true => "None",
                        false => "ConditionalCheckFailed",
                    });
                    return Err(canceled(reasons));
                }
                for write in writes(input) {
                    match write.get("Item") {
                        Some(item) => self.store(item),
                        None => self.change(write),
                    }
                }
                Ok(json!({}))
            }
            other => panic!("the model has no {other}"),
        }
    }

    /// What a write meets that comes while a transaction has its item (the errors of UpdateItem, PutItem and
    /// TransactWriteItems in DynamoDB's reference); otherwise a transaction has its items from now on.
    pub(super) fn begin(&mut self, operation: &str, input: &Value) -> Option<Refused> {
        let taken = |it: &Value| self.in_transactions.contains(id(it));
        match operation {
            "PutItem" | "UpdateItem" if taken(input) => {
                let message = "Transaction is ongoing for the item";
                Some(("TransactionConflictException", message.to_string()))
            }
            "TransactWriteItems" if writes(input).any(taken) => {
                let reasons = writes(input).map(|it| match taken(it) {
                    true => "TransactionConflict",
                    false => "None",
                });
                Some(canceled(reasons))
            }
            "TransactWriteItems" => {
                let ids = writes(input).map(|it| id(it).to_string());
                self.in_transactions.extend(ids);
                None
            }
            _ => None,
        }
    }

    /// A transaction that began has ended.
    pub(super) fn end(&mut self, operation: &str, input: &Value) {
        if operation == "TransactWriteItems" {
            writes(input).for_each(|it| {
                self.in_transactions.remove(id(it));
            });
        }
    }

    fn store(&mut self, item: &Value) {
        let item = item.as_object().unwrap();
        assert!(
            json!(item).to_string().len() < 400_000,
            "DynamoDB takes 400 KB"
        );
        let id = item["id"]["S"].as_str().unwrap().to_string();
        self.items.insert(id, item.clone());
    }

    fn holds(&self, input: &Value) -> bool {
        let Some(condition) = input.get("ConditionExpression") else {
            return true;
        };
        let empty = Map::new();
        let item = self.items.get(id(input)).unwrap_or(&empty);
        let value = |name: &str| &input["ExpressionAttributeValues"][name];
        let is = |attribute: &str, name: &str| item.get(attribute) == Some(value(name));
        let older = |attribute: &str, name: &str| {
            let number = |it: &Value| it["N"].as_str().unwrap().parse::<i64>().unwrap();
            item.get(attribute)
                .is_some_and(|it| number(it) < number(value(name)))
        };
        match condition.as_str().unwrap() {
            "attribute_not_exists(id)" => item.is_empty(),
            "attribute_not_exists(w_state) OR (w_state = :claimed AND (w_by = :me OR w_at < :stale))" => {
                !item.contains_key("w_state")
                    || (is("w_state", ":claimed") && (is("w_by", ":me") || older("w_at", ":stale")))
            }
            "attribute_not_exists(w_by) OR w_by = :me OR w_at < :stale" => {
                !item.contains_key("w_by") || is("w_by", ":me") || older("w_at", ":stale")
            }
            "w_by = :me" => is("w_by", ":me"),
            "w_count = :count" => is("w_count", ":count"),
            other => panic!("the model has no condition {other}"),
        }
    }

    fn change(&mut self, input: &Value) {
        // "Value provided in ExpressionAttributeValues unused in expressions" is DynamoDB's refusal of a change.
        let written = ["UpdateExpression", "ConditionExpression"]
            .map(|it| input[it].as_str().unwrap_or_default())
            .concat();
        if let Some(values) = input["ExpressionAttributeValues"].as_object() {
            let unused: Vec<_> = values.keys().filter(|it| !written.contains(*it)).collect();
            assert!(unused.is_empty(), "{unused:?} unused in {written}");
        }
        let id = id(input).to_string();
        let item = self.items.entry(id.clone()).or_default();
        item.insert("id".to_string(), json!({"S": id}));
        let value = |name: &str| input["ExpressionAttributeValues"][name].clone();
        let words: Vec<String> = input["UpdateExpression"]
            .as_str()
            .unwrap()
            .replace(',', " ")
            .split_whitespace()
            .map(str::to_string)
            .collect();
        let mut words = words.iter().map(String::as_str).peekable();
        let mut clause = "";
        while let Some(word) = words.next() {
            if ["ADD", "SET", "REMOVE", "DELETE"].contains(&word) {
                clause = word;
                continue;
            }
            match clause {
                "REMOVE" => {
                    item.remove(word);
                }
                "SET" => {
                    assert_eq!(words.next(), Some("="));
                    let given = words.next().unwrap();
                    match given.strip_prefix("if_not_exists(") {
                        Some(_) => {
                            let name = words.next().unwrap().trim_end_matches(')');
                            item.entry(word.to_string()).or_insert(value(name));
                        }
                        None => {
                            item.insert(word.to_string(), value(given));
                        }
                    }
                }
                _ => {
                    let given = value(words.next().unwrap());
                    let changed = combine(item.get(word), &given, clause);
                    match changed {
                        Some(changed) => item.insert(word.to_string(), changed),
                        None => item.remove(word),
                    };
                }
            }
        }
    }
}

/// The writes of a transaction.
fn writes(input: &Value) -> impl Iterator<Item = &Value> {
    let items = input["TransactItems"].as_array().unwrap().iter();
    items.map(|it| it.as_object().unwrap().values().next().unwrap())
}

/// Which item a write or a reading is about.
fn id(input: &Value) -> &str {
    let key = input.get("Key").unwrap_or(&input["Item"]);
    key["id"]["S"].as_str().unwrap()
}

fn canceled<'r>(reasons: impl Iterator<Item = &'r str>) -> Refused {
    let reasons = reasons.collect::<Vec<_>>().join(", ");
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{reasons}]"
    );
    ("TransactionCanceledException", message)
}

/// `ADD` and `DELETE` of numbers and sets; an empty set is none.
fn combine(old: Option<&Value>, given: &Value, clause: &str) -> Option<Value> {
    let number = |it: &Value| it["N"].as_str().map(|it| it.parse::<i64>().unwrap());
    if let Some(add) = number(given) {
        let sum = old.and_then(number).unwrap_or(0) + add;
        return Some(json!({"N": sum.to_string()}));
    }
    let set = |it: &Value| -> BTreeSet<String> {
        let all = it["SS"].as_array().unwrap().iter();
        all.map(|it| it.as_str().unwrap().to_string()).collect()
    };
    let mut all = old.map(set).unwrap_or_default();
    match clause {
        "ADD" => all.extend(set(given)),
        _ => all = &all - &set(given),
    }
    (!all.is_empty()).then(|| json!({"SS": all}))
}
