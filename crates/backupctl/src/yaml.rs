//! YAML with places, as a JSON value: policies, and CloudFormation's short form of functions.

mod scalars;

use std::collections::HashMap;

use backup_policy::{Document, ParseError, Position, Spot};
use saphyr_parser::{Event, Marker, Parser, Span, Tag};
use serde_json::{Map, Value, json};

use scalars::{Dialect, scalar};

/// How deep values may be nested, as for JSON.
const DEEPEST: usize = 127;

/// How many values there may be once aliases are written out: aliases of aliases grow without
/// bound.
const MOST_VALUES: usize = 200_000;

/// How many bytes of text there may be in them: aliases of one long text grow too.
const MOST_BYTES: usize = 32 * 1024 * 1024;

/// Reads one YAML document. Tags become CloudFormation's long form: `!Ref X` is
/// `{"Ref": "X"}`, `!Sub x` is `{"Fn::Sub": "x"}`.
///
/// Plain scalars are read as YAML 1.2 and JSON do: `true`, `12` and `null` are no text, and
/// `yes`, `060` and `2012-10-17` are.
///
/// # Errors
/// The text is not one YAML document, a mapping has a key twice or one that is not a scalar,
/// or aliases make too much of it.
pub fn parse(text: &str) -> Result<Document, ParseError> {
    read(text, Dialect::Json).map(|(document, _)| document)
}

/// Reads a template, whose plain scalars are those of YAML 1.1: `yes` is true, and `070` is 56. Also
/// gives what arrives as something else than was written.
///
/// # Errors
/// As for [`parse`].
pub fn parse_template(text: &str) -> Result<(Document, Rewritten), ParseError> {
    read(text, Dialect::Template)
}

/// The scalars that do not arrive as they were written, by line and column.
pub type Rewritten = HashMap<(usize, usize), String>;

fn read(text: &str, dialect: Dialect) -> Result<(Document, Rewritten), ParseError> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        text,
        dialect,
        anchors: HashMap::new(),
        values: 0,
        bytes: 0,
        rewritten: HashMap::new(),
    };
    let (value, spot) = reader.document()?;
    Ok((Document::from_located(value, spot), reader.rewritten))
}

struct Reader<'t> {
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    text: &'t str,
    dialect: Dialect,
    anchors: HashMap<usize, (Value, Spot)>,
    values: usize,
    bytes: usize,
    rewritten: Rewritten,
}

impl<'t> Reader<'t> {
    fn document(&mut self) -> Result<(Value, Spot), ParseError> {
        loop {
            match self.next()? {
                (Event::StreamEnd | Event::DocumentEnd, span) => {
                    return Err(error(span.start, "there is nothing in the file"));
                }
                (Event::StreamStart | Event::DocumentStart(_) | Event::Nothing, _) => {}
                (event, span) => {
                    let read = self.value(event, span, 0)?;
                    self.end()?;
                    return Ok(read);
                }
            }
        }
    }

    fn end(&mut self) -> Result<(), ParseError> {
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return Ok(()),
                (Event::DocumentStart(_), span) => {
                    return Err(error(span.start, "there is a second document in the file"));
                }
                _ => {}
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), ParseError> {
        match self.events.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(scan)) => {
                let at = *scan.marker();
                Err(ParseError {
                    help: backup_policy::syntax_help(self.text, at.line(), at.col() + 1, true),
                    ..error(at, scan.info())
                })
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn value(
        &mut self,
        event: Event<'t>,
        span: Span,
        depth: usize,
    ) -> Result<(Value, Spot), ParseError> {
        self.count(1, span.start)?;
        if depth > DEEPEST {
            return Err(error(span.start, "the values are nested too deep"));
        }
        let (anchor, tag, read) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let spot = Spot {
                    key: None,
                    value: position(span),
                    children: Vec::new(),
                };
                let value = scalar(&text, style, tag.is_some(), self.dialect);
                self.note(&text, &value, spot.value);
                (anchor, tag, (value, spot))
            }
            Event::SequenceStart(anchor, tag) => (anchor, tag, self.sequence(span, depth)?),
            Event::MappingStart(anchor, tag) => (anchor, tag, self.mapping(span, depth)?),
            Event::Alias(anchor) => {
                let (value, mut spot) = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or_else(|| error(span.start, "an alias refers to itself"))?;
                self.count_copy(&value, span.start)?;
                // What is wrong with it is shown where it is used.
                move_to(&mut spot, position(span));
                return Ok((value, spot));
            }
            _ => return Err(error(span.start, "a value is expected here")),
        };
        let read = match tag_name(&tag) {
            Some(name) => long_form(name, read),
            None => read,
        };
        if anchor > 0 {
            self.count_copy(&read.0, span.start)?;
            self.anchors.insert(anchor, read.clone());
        }
        Ok(read)
    }

    fn sequence(&mut self, span: Span, depth: usize) -> Result<(Value, Spot), ParseError> {
        let (mut values, mut children) = (Vec::new(), Vec::new());
        loop {
            let (event, inner) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                break;
            }
            let (value, spot) = self.value(event, inner, depth + 1)?;
            values.push(value);
            children.push(spot);
        }
        Ok((
            Value::Array(values),
            Spot {
                key: None,
                value: position(span),
                children,
            },
        ))
    }

    fn mapping(&mut self, span: Span, depth: usize) -> Result<(Value, Spot), ParseError> {
        let (mut members, mut children) = (Map::new(), Vec::new());
        loop {
            let (event, at) = self.next()?;
            let key = match event {
                Event::MappingEnd => break,
                Event::Scalar(key, ..) => key.into_owned(),
                _ => return Err(error(at.start, "a key must be a single value")),
            };
            if key == "<<" {
                return Err(error(
                    at.start,
                    "merge keys (`<<`) are not YAML 1.2: write the keys out",
                ));
            }
            if members.contains_key(&key) {
                return Err(error(at.start, &format!("the key `{key}` is there twice")));
            }
            let (event, inner) = self.next()?;
            let (value, spot) = self.value(event, inner, depth + 1)?;
            members.insert(key, value);
            children.push(Spot {
                key: Some(position(at)),
                ..spot
            });
        }
        Ok((
            Value::Object(members),
            Spot {
                key: None,
                value: position(span),
                children,
            },
        ))
    }

    /// Remembers a scalar that arrives as something else than was written. (`True` is `true` to
    /// everybody, and an empty value was not written.)
    fn note(&mut self, text: &str, value: &Value, at: Position) {
        let arrives = match value {
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return,
        };
        if self.dialect == Dialect::Template && arrives != text.to_lowercase() {
            self.rewritten.insert((at.line, at.column), text.to_owned());
        }
    }

    /// Counts what is about to be copied.
    fn count_copy(&mut self, value: &Value, at: Marker) -> Result<(), ParseError> {
        let (values, bytes) = size(value);
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MOST_BYTES {
            return Err(error(at, "aliases make too much text of this file"));
        }
        self.count(values, at)
    }

    fn count(&mut self, values: usize, at: Marker) -> Result<(), ParseError> {
        self.values = self.values.saturating_add(values);
        if self.values > MOST_VALUES {
            return Err(error(
                at,
                "there are too many values, or aliases of aliases",
            ));
        }
        Ok(())
    }
}

/// The name behind `!`, if a tag is of that kind (`!!str` and its like are YAML's own).
fn tag_name<'t>(tag: &'t Option<std::borrow::Cow<'_, Tag>>) -> Option<&'t str> {
    tag.as_ref()
        .filter(|tag| tag.handle == "!")
        .map(|tag| tag.suffix.as_str())
}

fn long_form(tag: &str, (value, spot): (Value, Spot)) -> (Value, Spot) {
    let name = match tag {
        "Ref" | "Condition" => tag.to_owned(),
        _ => format!("Fn::{tag}"),
    };
    let outer = Spot {
        key: None,
        value: spot.value,
        children: vec![spot],
    };
    (json!({ name: value }), outer)
}

fn move_to(spot: &mut Spot, place: Position) {
    spot.value = place;
    spot.key = spot.key.map(|_| place);
    spot.children
        .iter_mut()
        .for_each(|child| move_to(child, place));
}

/// How many values there are, and how many bytes of text in them.
fn size(value: &Value) -> (usize, usize) {
    let sum = |(values, bytes), (more, longer)| (values + more, bytes + longer);
    match value {
        Value::Array(values) => values.iter().map(size).fold((1, 0), sum),
        Value::Object(members) => {
            let each = members.iter().map(|(key, value)| {
                let (values, bytes) = size(value);
                (values, bytes + key.len())
            });
            each.fold((1, 0), sum)
        }
        Value::String(text) => (1, text.len()),
        _ => (1, 0),
    }
}

fn position(span: Span) -> Position {
    let one_line = span.start.line() == span.end.line();
    let length = if one_line {
        span.end.col().saturating_sub(span.start.col())
    } else {
        1
    };
    Position {
        line: span.start.line().max(1),
        column: span.start.col() + 1,
        length,
    }
}

fn error(at: Marker, message: &str) -> ParseError {
    ParseError {
        message: message.to_owned(),
        line: at.line().max(1),
        column: at.col() + 1,
        help: None,
    }
}

#[cfg(test)]
mod tests;
