//! The table: items by their `id`, written on conditions.

use aws_client::CallError;
use serde_json::{Map, Value, json};

use super::Aws;

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

    /// A number; 0 if there is none.
    pub fn number(&self, name: &str) -> i64 {
        match self.0.get(name) {
            Some(Attribute::Number(number)) => *number,
            _ => 0,
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
    /// As DynamoDB answers.
    pub async fn update(&self, table: &str, update: &Update<'_>) -> Result<Written, CallError> {
        match self
            .json("UpdateItem", Value::Object(update.json(table)))
            .await
        {
            Ok(_) => Ok(Written::Done),
            Err(error) if error.is("ConditionalCheckFailedException") => Ok(Written::Refused),
            Err(error) => Err(error),
        }
    }

    /// Puts an item that is not there yet and changes another, both or none. Refused: the first is there.
    ///
    /// # Errors
    /// As DynamoDB answers; `TransactionCanceledException` when something else changes one of the two just now.
    pub async fn put_new_and(
        &self,
        table: &str,
        new: &[(&str, Attribute)],
        update: &Update<'_>,
    ) -> Result<Written, CallError> {
        let put = json!({"TableName": table, "Item": item(new),
                         "ConditionExpression": "attribute_not_exists(id)"});
        let update = Value::Object(update.json(table));
        let input = json!({"TransactItems": [{"Put": put}, {"Update": update}]});
        match self.json("TransactWriteItems", input).await {
            Ok(_) => Ok(Written::Done),
            // The reasons are in the message, in the order of the items (DynamoDB's reference).
            Err(error)
                if error.is("TransactionCanceledException")
                    && error.message.contains("ConditionalCheckFailed") =>
            {
                Ok(Written::Refused)
            }
            Err(error) => Err(error),
        }
    }
}
