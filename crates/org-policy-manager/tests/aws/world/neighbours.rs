//! The little of STS, SSM, S3 and EventBridge that the function asks of them.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde_json::{Value, json};

use super::operations::{Refusal, Reply};
use super::{HOME, State};

impl State {
    /// The account whose organization a request may see: that of its credentials.
    pub(super) fn account_of(&self, access_key: &str) -> Option<String> {
        self.sessions
            .get(access_key)
            .map(|(account, _)| account.clone())
    }

    /// Whether the credentials of a request have come to their end.
    pub(super) fn has_expired(&self, access_key: &str, now: Duration) -> bool {
        let session = self.sessions.get(access_key);
        session.is_some_and(|(_, end)| end.is_some_and(|end| end <= now))
    }

    /// The management account of the organization that an account may manage policies of.
    pub(super) fn manages(&self, account: &str) -> Option<String> {
        match self.organizations.contains_key(account) {
            true => Some(account.to_owned()),
            false => self.delegated.get(account).cloned(),
        }
    }

    /// Credentials for a role that exists, as the query protocol's XML.
    pub(super) fn assume_role(
        &mut self,
        form: &[(String, String)],
        now: Duration,
    ) -> Result<String, Refusal> {
        let field = |name: &str| {
            form.iter()
                .find(|(key, _)| key == name)
                .map(|(_, it)| it.clone())
        };
        let (role, session) = (field("RoleArn"), field("RoleSessionName"));
        let (Some(role), Some(session)) = (role, session) else {
            return Err(Refusal::new(
                "ValidationError",
                "RoleArn and RoleSessionName are required",
            ));
        };
        let Some(account) = self.roles.get(&role).cloned() else {
            let message = format!("{HOME} is not authorized to perform: sts:AssumeRole on {role}");
            return Err(Refusal {
                status: 403,
                ..Refusal::new("AccessDenied", message)
            });
        };
        let key = format!("ASIAMODEL{:011}", self.sessions.len());
        let lasts = self.behaviour.sessions_last;
        let end = lasts.map(|lasts| now + lasts);
        self.sessions.insert(key.clone(), (account.clone(), end));
        // The function compares it with the real clock, which virtual time does not move.
        let expiration = match lasts {
            Some(lasts) => DateTime::from(SystemTime::now() + lasts)
                .fmt(Format::DateTime)
                .unwrap(),
            None => "2099-01-01T00:00:00Z".to_owned(),
        };
        Ok(format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>\
             <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
             <Expiration>{expiration}</Expiration></Credentials><AssumedRoleUser>\
             <Arn>{role}/{session}</Arn><AssumedRoleId>AROAMODEL:{session}</AssumedRoleId>\
             </AssumedRoleUser></AssumeRoleResult><ResponseMetadata><RequestId>model</RequestId>\
             </ResponseMetadata></AssumeRoleResponse>"
        ))
    }

    fn get_parameter(&self, input: &Value) -> Reply {
        let name = input["Name"].as_str().unwrap_or_default();
        match self.parameters.get(name) {
            Some(value) => Ok(json!({ "Parameter": {
                "Name": name, "Type": "StringList", "Value": value, "Version": 1 } })),
            None => Err(Refusal::new("ParameterNotFound", "")),
        }
    }

    /// The parameters of Systems Manager.
    pub(super) fn parameter_store(&mut self, operation: &str, input: &Value) -> Reply {
        match operation {
            "GetParameter" => self.get_parameter(input),
            "PutParameter" => self.write_parameter(input),
            "GetParametersByPath" => self.get_parameters_by_path(input),
            "DeleteParameters" => {
                let names = input["Names"].as_array().cloned().unwrap_or_default();
                assert!((1..=10).contains(&names.len()), "{names:?}");
                for name in names.iter().filter_map(Value::as_str) {
                    self.parameters.remove(name);
                }
                Ok(json!({ "DeletedParameters": names, "InvalidParameters": [] }))
            }
            _ => Err(Refusal::new("UnknownOperationException", operation)),
        }
    }

    fn write_parameter(&mut self, input: &Value) -> Reply {
        let [name, value] = ["Name", "Value"].map(|it| input[it].as_str().unwrap().to_owned());
        if value.is_empty() || value.len() > 4_096 || value.contains("{{") {
            return Err(Refusal::new("ValidationException", "the value"));
        }
        if self.parameters.contains_key(&name) && input["Overwrite"] != true {
            return Err(Refusal::new("ParameterAlreadyExists", "it exists"));
        }
        self.parameters.insert(name, value);
        Ok(json!({ "Version": 1, "Tier": "Standard" }))
    }

    fn get_parameters_by_path(&self, input: &Value) -> Reply {
        let path = input["Path"].as_str().unwrap().trim_end_matches('/');
        let below = format!("{path}/");
        let found: Vec<Value> = self
            .parameters
            .iter()
            .filter(|(name, _)| name.starts_with(&below))
            .map(|(name, value)| json!({ "Name": name, "Value": value, "Type": "String" }))
            .collect();
        let from = input["NextToken"]
            .as_str()
            .map_or(0, |it| it.parse().unwrap());
        let most = input["MaxResults"].as_u64().unwrap() as usize;
        let page: Vec<Value> = found.iter().skip(from).take(most).cloned().collect();
        let mut reply = json!({ "Parameters": page });
        if from + most < found.len() {
            reply["NextToken"] = json!((from + most).to_string());
        }
        Ok(reply)
    }

    /// An event bus takes what it is given, unless it is full.
    pub(super) fn put_events(&mut self, input: &Value) -> Reply {
        let entries = input["Entries"].as_array().cloned().unwrap_or_default();
        if self.bus_is_full {
            let refused =
                json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded" });
            return Ok(json!({ "FailedEntryCount": 1, "Entries": [refused] }));
        }
        let taken: Vec<Value> = entries.iter().map(|_| json!({ "EventId": "e" })).collect();
        for entry in entries {
            assert_eq!(entry["EventBusName"], "notifications");
            assert_eq!(entry["Source"], "aws-backup-solution");
            assert_eq!(entry["DetailType"], "Backup Policy Drift");
            let detail = entry["Detail"].as_str().unwrap();
            self.reports.push(serde_json::from_str(detail).unwrap());
        }
        Ok(json!({ "FailedEntryCount": 0, "Entries": taken }))
    }

    /// The text and the version of an object.
    pub(super) fn get_object(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<(String, String), Refusal> {
        let missing = |code, message| {
            Err(Refusal {
                status: 404,
                ..Refusal::new(code, message)
            })
        };
        let Some(versions) = self.objects.get(&(bucket.to_owned(), key.to_owned())) else {
            return missing("NoSuchKey", "The specified key does not exist.");
        };
        let found = match version {
            Some(version) => versions.iter().find(|(it, _)| it == version),
            None => versions.iter().rev().find(|(_, text)| text.is_some()),
        };
        match (found, version) {
            (Some((version, Some(text))), _) => Ok((text.clone(), version.clone())),
            (_, Some(_)) => missing("NoSuchVersion", "The specified version does not exist."),
            (_, None) => missing("NoSuchKey", "The specified key does not exist."),
        }
    }
}
