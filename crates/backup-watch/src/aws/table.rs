//! The table: items by their `id`, written on conditions.

use std::time::Duration;

use aws_client::CallError;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::Aws;

/// How often a write is tried that meets another one of the same item, of which one is in a transaction.
const TRIES: u32 = 8;

/// An attribute's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attribute {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A set of texts.
    Texts(Vec<String>),
}

impl Attribute {
    fn json(&self) -> Value {
        match self {
            Attribute::Text(text) => json!({"S": text}),
            Attribute::Number(number) => json!({"N": number.to_string()}),
            Attribute::Texts(texts) => json!({"SS": texts}),
        }
    }

    fn read(value: &Value) -> Option<Self> {
        if let Some(text) = value.get("S") {
            return Some(Attribute::Text(text.as_str()?.to_string()));
        }
        if let Some(number) = value.get("N") {
            return Some(Attribute::Number(number.as_str()?.parse().ok()?));
        }
        let texts = value.get("SS")?.as_array()?.iter();
        let texts = texts.filter_map(Value::as_str).map(str::to_string);
        Some(Attribute::Texts(texts.collect()))
    }
}

/// A text's attribute.
pub fn text(text: impl Into<String>) -> Attribute {
    Attribute::Text(text.into())
}

/// An item's attributes by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Item(std::collections::BTreeMap<String, Attribute>);

impl Item {
    /// A text; empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        match self.0.get(name) {
            Some(Attribute::Text(text)) => text,
            _ => "",
        }
    }

    /// A number, if there is one.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name) {
            Some(Attribute::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// A set's texts.
    pub fn texts(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Attribute::Texts(texts)) => texts,
            _ => &[],
        }
    }
}

/// A change of one item.
#[derive(Debug, Clone)]
pub struct Update<'u> {
    /// The item's id.
    pub id: &'u str,
    /// What is done, in DynamoDB's words: `ADD w_count :one`.
    pub change: &'u str,
    /// On which condition; none if it is empty.
    pub condition: &'u str,
    /// The values of both, by their names with the colon.
    pub values: &'u [(&'u str, Attribute)],
}

/// What became of a write on a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It was done.
    Done,
    /// The condition does not hold.
    Refused,
}

impl Update<'_> {
    fn json(&self, table: &str) -> Map<String, Value> {
        let mut all = Map::new();
        all.insert("TableName".to_string(), json!(table));
        all.insert("Key".to_string(), json!({"id": {"S": self.id}}));
        all.insert("UpdateExpression".to_string(), json!(self.change));
        if !self.condition.is_empty() {
            all.insert("ConditionExpression".to_string(), json!(self.condition));
        }
        if !self.values.is_empty() {
            let values = self.values.iter();
            let values: Map<String, Value> = values
                .map(|(name, value)| ((*name).to_string(), value.json()))
                .collect();
            all.insert(
                "ExpressionAttributeValues".to_string(),
                Value::Object(values),
            );
        }
        all
    }
}

fn item(attributes: &[(&str, Attribute)]) -> Value {
    let all = attributes.iter();
    let all: Map<String, Value> = all
        .map(|(name, value)| ((*name).to_string(), value.json()))
        .collect();
    Value::Object(all)
}

impl Aws {
    /// An item as it is now.
    ///
    /// # Errors
    /// As DynamoDB answers.
    pub async fn get(&self, table: &str, id: &str) -> Result<Option<Item>, CallError> {
        let input = json!({"TableName": table, "Key": {"id": {"S": id}}, "ConsistentRead": true});
        let answer = self.json("GetItem", input).await?;
        let Some(Value::Object(found)) = answer.get("Item") else {
            return Ok(None);
        };
        let attributes = found
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), Attribute::read(value)?)));
        Ok(Some(Item(attributes.collect())))
    }

    /// Writes an item, whatever was there.
    ///
    /// # Errors
    /// As DynamoDB answers.
    pub async fn put(
        &self,
        table: &str,
        attributes: &[(&str, Attribute)],
    ) -> Result<(), CallError> {
        let input = json!({"TableName": table, "Item": item(attributes)});
        self.json("PutItem", input).await?;
        Ok(())
    }

    /// Changes an item, if its condition holds.
    ///
    /// # Errors
    /// As DynamoDB answers; `TransactionConflictException` when transactions have had the item all the time.
    pub async fn update(&self, table: &str, update: &Update<'_>) -> Result<Written, CallError> {
        self.write("UpdateItem", Value::Object(update.json(table)))
            .await
    }

    /// Puts an item that is not there yet and changes another, both or none. Refused: the first is there.
    ///
    /// # Errors
    /// As DynamoDB answers; `TransactionCanceledException` when something else has changed one of the two all the time.
    pub async fn put_new_and(
        &self,
        table: &str,
        new: &[(&str, Attribute)],
        update: &Update<'_>,
    ) -> Result<Written, CallError> {
        let put = json!({"TableName": table, "Item": item(new),
                         "ConditionExpression": "attribute_not_exists(id)"});
        let input = json!({"TransactItems": [{"Put": put}, {"Update": update.json(table)}]});
        self.write("TransactWriteItems", input).await
    }

    /// Changes two items, both or none. Refused: a condition does not hold.
    ///
    /// # Errors
    /// As [`Aws::put_new_and`].
    pub async fn update_both(
        &self,
        table: &str,
        [one, other]: [&Update<'_>; 2],
    ) -> Result<Written, CallError> {
        let updates = [one, other].map(|update| json!({"Update": update.json(table)}));
        self.write("TransactWriteItems", json!({"TransactItems": updates}))
            .await
    }

    /// Writes on conditions, again after a pause when the write meets another of the same item.
    async fn write(&self, operation: &'static str, input: Value) -> Result<Written, CallError> {
        let mut tried = 1;
        loop {
            let error = match self.json(operation, input.clone()).await {
                Ok(_) => return Ok(Written::Done),
                Err(error) => error,
            };
            let is_canceled = error.is("TransactionCanceledException");
            // A transaction's reasons are in the message, in the order of the items (DynamoDB's reference).
            if error.is("ConditionalCheckFailedException")
                || is_canceled && error.message.contains("ConditionalCheckFailed")
            {
                return Ok(Written::Refused);
            }
            let meets_another = is_canceled || error.is("TransactionConflictException");
            if !meets_another || tried == TRIES {
                return Err(error);
            }
            tokio::time::sleep(pause(&input, tried)).await;
            tried += 1;
        }
    }
}

/// How long a write waits after so many attempts: 20 to 83 ms for each, different for each write.
fn pause(input: &Value, tried: u32) -> Duration {
    let digest = Sha256::digest(input.to_string());
    let jitter = digest.first().copied().unwrap_or_default() / 4;
    tried * Duration::from_millis(20 + u64::from(jitter))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn writes_that_meet_wait_for_different_times_and_longer_each_time() {
        let mut pauses = BTreeSet::new();
        for number in 0..200 {
            let input = json!({"Key": {"id": {"S": format!("e-{number}")}}});
            let first = pause(&input, 1);
            assert!((20..=83).contains(&first.as_millis()), "{first:?}");
            assert_eq!(pause(&input, 3), first * 3);
            pauses.insert(first);
        }
        assert!(pauses.len() > 50, "{}", pauses.len());
    }
}
