//! A payload as Lambda hands it over, read whatever it is.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Levels that are read. serde_json gives up at 128, and with it the whole request.
const DEPTH: usize = 100;

/// A payload of any depth: what is nested more than 100 levels deep is read as `null`.
///
/// A type that the runtime reads a payload into decides whether a handler is called at all. With
/// `serde_json::Value` it is not when a property is nested more than 127 levels deep, and
/// CloudFormation hears nothing. With this type it is, and the handler refuses the property.
///
/// ```
/// use cfn_custom_resource::Payload;
/// let deep = format!("{{\"RequestId\": \"1\", \"Deep\": {}{}}}", "[".repeat(500), "]".repeat(500));
/// let Payload(payload) = serde_json::from_str(&deep)?;
/// assert_eq!(payload["RequestId"], "1");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Payload(pub Value);

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Payload, D::Error> {
        Levels(DEPTH).deserialize(deserializer).map(Payload)
    }
}

/// Reads a value of so many levels.
#[derive(Clone, Copy)]
struct Levels(usize);

impl Levels {
    fn less(self) -> Levels {
        Levels(self.0.saturating_sub(1))
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.0 {
            // Passed over without recursion.
            0 => deserializer
                .deserialize_ignored_any(IgnoredAny)
                .map(|IgnoredAny| Value::Null),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self.less())? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            members.insert(key, object.next_value_seed(self.less())?);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str(text).map(|Payload(value)| value)
    }

    #[test]
    fn a_usual_payload_is_read_as_it_is() {
        let payload = json!({"a": [1, -1, 2.5, "x", true, null, {}], "ä": {"b": {"c": []}}});
        assert_eq!(read(&payload.to_string()).unwrap(), payload);
        assert!(read("{\"a\"").is_err());
    }

    #[test]
    fn what_lies_beside_and_above_deep_nesting_is_read() {
        for depth in [101, 128, 100_000] {
            let (open, close) = ("{\"x\":".repeat(depth), "}".repeat(depth));
            let text = format!("{{\"before\":1,\"deep\":{open}1{close},\"after\":[2]}}");
            let payload = read(&text).unwrap();
            assert_eq!(payload["before"], 1);
            assert_eq!(payload["after"], json!([2]));
            assert_eq!(payload["deep"]["x"]["x"].as_object().unwrap().len(), 1);
        }
    }
}
