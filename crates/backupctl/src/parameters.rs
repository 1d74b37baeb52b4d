//! Values for a template's parameters, in the forms that AWS's own tools read.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use backup_policy::nearest;
use serde_json::Value;

/// The values that CloudFormation knows of itself.
const PSEUDO: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NoValue",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// Parameter values by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// The value that was given for a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Gives a value where none was given.
    pub(crate) fn complete(&mut self, name: &str, value: &str) {
        if !self.0.contains_key(name) {
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    /// Gives `AWS::Partition` the partition of the ARNs among the values, if that is one.
    pub(crate) fn complete_partition(&mut self) {
        let mut partitions = self.0.values().filter_map(|value| {
            let (partition, _) = value.strip_prefix("arn:")?.split_once(':')?;
            Some(partition.to_owned())
        });
        let Some(first) = partitions.next() else {
            return;
        };
        if partitions.all(|other| other == first) {
            self.complete("AWS::Partition", &first);
        }
    }

    /// What is wrong with names that templates do not take, one line each. What SSM holds and what
    /// CloudFormation knows itself can always be given.
    ///
    /// `takes` are the names that any of the templates takes: one file may serve several, but a
    /// name that none of them has was meant to be another, and its value would not be looked at.
    pub fn strangers(&self, templates: &str, takes: &BTreeSet<String>) -> Vec<String> {
        let mut wrong = Vec::new();
        for name in self.0.keys().filter(|name| !takes.contains(*name)) {
            let pseudo = name.starts_with("AWS::");
            if name.starts_with('/') || PSEUDO.contains(&name.as_str()) {
                continue;
            }
            let known: Vec<&str> = match pseudo {
                true => PSEUDO.to_vec(),
                false => takes.iter().map(String::as_str).collect(),
            };
            let help = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => "it has none, so take it out".to_owned(),
                None => format!("correct the name to one of `{}`", known.join("`, `")),
            };
            wrong.push(format!("`{name}` is no parameter of {templates}: {help}"));
        }
        wrong
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
    fn a_name_that_no_template_takes_is_told_with_the_nearest_one() {
        let takes = ["DailyRetentionDays", "Schedule"].map(str::to_owned).into();
        let wrong = |text: &str| {
            let parameters = Parameters::parse(text).unwrap();
            parameters.strangers("`t.yaml`", &takes)
        };
        assert_eq!(
            wrong(
                r#"{"DailyRetentionDay": 1, "Schedule": "x", "AWS::Regoin": "eu-west-1", "Zzz": 1}"#
            ),
            [
                "`AWS::Regoin` is no parameter of `t.yaml`: did you mean `AWS::Region`?",
                "`DailyRetentionDay` is no parameter of `t.yaml`: did you mean `DailyRetentionDays`?",
                "`Zzz` is no parameter of `t.yaml`: correct the name to one of `DailyRetentionDays`, `Schedule`",
            ]
        );
        let always = r#"{"/backup/org-id": "o", "AWS::Partition": "aws", "Schedule": "x"}"#;
        assert_eq!(wrong(always), [""; 0]);
    }

    #[test]
    fn the_partition_is_that_of_the_arns_that_are_given() {
        let partition = |text: &str| {
            let mut parameters = Parameters::parse(text).unwrap();
            parameters.complete_partition();
            parameters.get("AWS::Partition").map(str::to_owned)
        };
        let vault = |partition: &str| format!("arn:{partition}:backup:x:1:backup-vault:v");
        let (us, gov) = (vault("aws"), vault("aws-us-gov"));
        assert_eq!(
            partition(&format!(r#"{{"A": "{gov}"}}"#)).as_deref(),
            Some("aws-us-gov")
        );
        assert_eq!(
            partition(&format!(r#"{{"A": "{gov}", "B": "{us}"}}"#)),
            None
        );
        assert_eq!(partition(r#"{"A": "x"}"#), None);
        let given = format!(r#"{{"A": "{gov}", "AWS::Partition": "aws-cn"}}"#);
        assert_eq!(partition(&given).as_deref(), Some("aws-cn"));
    }

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
