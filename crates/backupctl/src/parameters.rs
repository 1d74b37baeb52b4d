//! Values for a template's parameters, in the forms that AWS's own tools read.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use serde_json::Value;

/// Parameter values by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// The value that was given for a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Gives a value where none was given.
    #[cfg(feature = "aws")]
    pub(crate) fn complete(&mut self, name: &str, value: &str) {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Reads a parameter file (JSON): a list of `{"ParameterKey", "ParameterValue"}`, an
    /// object with `Parameters` (CodePipeline's template configuration), or plain names and
    /// values. `AWS::Region` and its like can be given too.
    ///
    /// # Errors
    /// The text has another form.
    pub fn parse(text: &str) -> anyhow::Result<Parameters> {
        let form =
            "write `[{\"ParameterKey\": ..., \"ParameterValue\": ...}]`, or names and values";
        let value: Value = serde_json::from_str(text).context("the parameter file is not JSON")?;
        let mut parameters = BTreeMap::new();
        match value {
            Value::Array(entries) => {
                for entry in entries {
                    let member = |key: &str| entry.get(key).and_then(Value::as_str);
                    let (Some(name), Some(value)) =
                        (member("ParameterKey"), member("ParameterValue"))
                    else {
                        bail!("an entry of the parameter file has another form: {form}");
                    };
                    parameters.insert(name.to_owned(), value.to_owned());
                }
            }
            Value::Object(mut members) => {
                if let Some(Value::Object(inner)) = members.remove("Parameters") {
                    members = inner;
                }
                for (name, value) in members {
                    parameters.insert(
                        name.clone(),
                        text_of(value).with_context(|| {
                            format!("the parameter `{name}` has no single value: {form}")
                        })?,
                    );
                }
            }
            _ => bail!("the parameter file has another form: {form}"),
        }
        Ok(Parameters(parameters))
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(values) => {
            let texts: Option<Vec<String>> = values.into_iter().map(text_of).collect();
            Some(texts?.join(","))
        }
        Value::Null | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_forms() {
        for text in [
            r#"[{"ParameterKey": "A", "ParameterValue": "x,y"}]"#,
            r#"{"Parameters": {"A": "x,y"}, "Tags": {"t": "1"}}"#,
            r#"{"A": ["x", "y"]}"#,
        ] {
            assert_eq!(
                Parameters::parse(text).unwrap().get("A"),
                Some("x,y"),
                "{text}"
            );
        }
        for text in ["1", "[1]", r#"{"A": {"B": 1}}"#, "{"] {
            assert!(Parameters::parse(text).is_err(), "{text}");
        }
    }
}
