//! Documents larger than an item of the table: a head and parts. A new one is written beside the old one, and the head
//! last, so that whoever reads gets one or the other whole, even after a crash. Only a look writes, and there is one
//! look at a time.

use aws_client::CallError;

use crate::aws::Aws;
use crate::aws::table::{Attribute, text};

/// A document as it was written last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// What is about the whole; empty if there is none yet.
    pub head: String,
    /// The parts.
    pub parts: Vec<String>,
    generation: i64,
}

/// Reads a document; an empty one if there is none.
///
/// # Errors
/// As DynamoDB answers.
pub async fn load(aws: &Aws, table: &str, name: &str) -> Result<Document, CallError> {
    let Some(head) = aws.get(table, name).await? else {
        return Ok(Document::default());
    };
    let mut document = Document {
        head: head.text("w_head").to_string(),
        parts: Vec::new(),
        generation: head.number("w_generation").unwrap_or_default(),
    };
    for number in 0..head.number("w_parts").unwrap_or_default() {
        let id = part(name, document.generation, number);
        let part = aws.get(table, &id).await?;
        let text = part.map(|it| it.text("w_text").to_string());
        document.parts.push(text.unwrap_or_default());
    }
    Ok(document)
}

/// Writes a document in place of the one that was read before.
///
/// # Errors
/// As DynamoDB answers; the old one is still there.
pub async fn save(
    aws: &Aws,
    table: &str,
    name: &str,
    document: &mut Document,
    head: String,
    parts: Vec<String>,
) -> Result<(), CallError> {
    let generation = 1 - document.generation;
    for (number, content) in (0..).zip(&parts) {
        let id = part(name, generation, number);
        let attributes = [("id", text(id)), ("w_text", text(content.as_str()))];
        aws.put(table, &attributes).await?;
    }
    let count = i64::try_from(parts.len()).unwrap_or(i64::MAX);
    let attributes = [
        ("id", text(name)),
        ("w_head", text(head.as_str())),
        ("w_generation", Attribute::Number(generation)),
        ("w_parts", Attribute::Number(count)),
    ];
    aws.put(table, &attributes).await?;
    *document = Document {
        head,
        parts,
        generation,
    };
    Ok(())
}

fn part(name: &str, generation: i64, number: i64) -> String {
    format!("{name}#{generation}#{number}")
}
