//! What the function remembers of its policies: what was deployed, what has been told, what was put back. Standard
//! parameters of Systems Manager, which cost nothing, below one path of the function's own:
//!
//! - `/backup/org-policy/POLICY/deployed/NN`: what the last request that succeeded deployed, in parts
//! - `/backup/org-policy/POLICY/told/NAME`: differences that are being told, or were
//! - `/backup/org-policy/POLICY/repairs`: when the policy was put back

use std::collections::BTreeMap;

use aws_client::{CallError, Environment};
use aws_types::SdkConfig;
use policy_resource::deployed::Deployed;
use policy_resource::drift::Mark;
use policy_resource::identity::{Owner, PolicyArn};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::json::{Json, SSM};

/// The path of all memories.
const ROOT: &str = "/backup/org-policy/";

/// Parameters that one DeleteParameters takes, and that one page has (Systems Manager API reference).
const AT_ONCE: usize = 10;

/// What is remembered of one policy.
#[derive(Debug, Default, Clone)]
pub(crate) struct Memory {
    /// What was deployed, if that is known.
    pub deployed: Option<Deployed>,
    /// What has been told.
    pub marks: Vec<Mark>,
    /// When the policy was put back, in seconds since 1970.
    pub repairs: Vec<u64>,
}

/// The parameters.
#[derive(Debug)]
pub(crate) struct Store(Json);

impl Store {
    /// Systems Manager from the shared configuration, at AWS's address or another.
    pub(crate) fn new(sdk: &SdkConfig, environment: &Environment) -> Self {
        Self(Json::new(&SSM, sdk, environment))
    }

    /// Everything, by the policies' ids.
    pub(crate) async fn all(&self, until: Instant) -> Result<BTreeMap<String, Memory>, CallError> {
        let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for (name, value) in self.below(ROOT, until).await? {
            let own = name.strip_prefix(ROOT);
            if let Some((policy, rest)) = own.and_then(|it| it.split_once('/')) {
                let of_policy = found.entry(policy.to_string()).or_default();
                of_policy.push((rest.to_string(), value));
            }
        }
        let memories = found.into_iter().map(|(policy, parameters)| {
            let memory = read(&policy, parameters);
            (policy, memory)
        });
        Ok(memories.collect())
    }

    /// What is remembered of one policy.
    pub(crate) async fn one(&self, policy: &str, until: Instant) -> Result<Memory, CallError> {
        let path = format!("{ROOT}{policy}");
        let prefix = format!("{path}/");
        let parameters = self.below(&path, until).await?.into_iter();
        let own = parameters.filter_map(|(name, value)| {
            let rest = name.strip_prefix(&prefix)?.to_string();
            Some((rest, value))
        });
        Ok(read(policy, own.collect()))
    }

    /// Remembers what was deployed.
    pub(crate) async fn remember(
        &self,
        policy: &str,
        deployed: &Deployed,
        until: Instant,
    ) -> Result<(), CallError> {
        let Some(parts) = deployed.parts() else {
            let why = "content and targets are too long to be remembered";
            return Err(CallError::other("PutParameter", why));
        };
        for (number, part) in (1_u32..).zip(parts) {
            let name = format!("deployed/{number:02}");
            self.put(policy, &name, part, true, until).await?;
        }
        Ok(())
    }

    /// Forgets a policy, unless it is somebody else's by now.
    pub(crate) async fn forget(
        &self,
        policy: &str,
        owner: &Owner,
        until: Instant,
    ) -> Result<(), CallError> {
        let path = format!("{ROOT}{policy}");
        let parameters = self.below(&path, until).await?;
        let prefix = format!("{path}/");
        let own = parameters.iter().filter_map(|(name, value)| {
            let rest = name.strip_prefix(&prefix)?.to_string();
            Some((rest, value.clone()))
        });
        let memory = read(policy, own.collect());
        if memory.deployed.is_some_and(|it| it.owner != *owner) {
            return Ok(());
        }
        let names = parameters.into_iter().map(|(name, _)| name);
        self.delete(names.collect(), until).await
    }

    /// Claims differences; `false` when somebody else has.
    pub(crate) async fn claim(
        &self,
        policy: &str,
        mark: &Mark,
        until: Instant,
    ) -> Result<bool, CallError> {
        let name = format!("told/{}", mark.name);
        let put = self.put(policy, &name, mark.text(), false, until);
        match put.await {
            Ok(()) => Ok(true),
            Err(error) if error.is("ParameterAlreadyExists") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes a mark over the one that is there.
    pub(crate) async fn mark(
        &self,
        policy: &str,
        mark: &Mark,
        until: Instant,
    ) -> Result<(), CallError> {
        let name = format!("told/{}", mark.name);
        self.put(policy, &name, mark.text(), true, until).await
    }

    /// Removes marks by their names.
    pub(crate) async fn unmark(
        &self,
        policy: &str,
        names: &[String],
        until: Instant,
    ) -> Result<(), CallError> {
        let names = names.iter();
        let names = names.map(|name| format!("{ROOT}{policy}/told/{name}"));
        self.delete(names.collect(), until).await
    }

    /// Remembers when a policy was put back.
    pub(crate) async fn repaired(
        &self,
        policy: &str,
        times: &[u64],
        until: Instant,
    ) -> Result<(), CallError> {
        let text = json!(times).to_string();
        self.put(policy, "repairs", text, true, until).await
    }

    async fn put(
        &self,
        policy: &str,
        name: &str,
        value: String,
        over: bool,
        until: Instant,
    ) -> Result<(), CallError> {
        let input = json!({
            "Name": format!("{ROOT}{policy}/{name}"),
            "Value": value,
            "Type": "String",
            "Tier": "Standard",
            "Overwrite": over,
        });
        self.0.call("PutParameter", input, until).await.map(drop)
    }

    async fn delete(&self, names: Vec<String>, until: Instant) -> Result<(), CallError> {
        for names in names.chunks(AT_ONCE) {
            let input = json!({ "Names": names });
            self.0.call("DeleteParameters", input, until).await?;
        }
        Ok(())
    }

    /// Names and values of all parameters below a path.
    async fn below(&self, path: &str, until: Instant) -> Result<Vec<(String, String)>, CallError> {
        let mut all = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut input = json!({ "Path": path, "Recursive": true, "MaxResults": AT_ONCE });
            if let Some(input) = input.as_object_mut().filter(|_| !token.is_null()) {
                input.insert("NextToken".to_string(), token);
            }
            let page = self.0.call("GetParametersByPath", input, until).await?;
            let text = |it: &Value, name: &str| Some(it.get(name)?.as_str()?.to_string());
            let parameters = page.get("Parameters").and_then(Value::as_array);
            let parameters = parameters.into_iter().flatten();
            all.extend(parameters.filter_map(|it| Some((text(it, "Name")?, text(it, "Value")?))));
            token = page.get("NextToken").cloned().unwrap_or_default();
            if token.is_null() {
                return Ok(all);
            }
        }
    }
}

/// A policy's memory, of parameters by the rest of their names.
fn read(policy: &str, parameters: Vec<(String, String)>) -> Memory {
    let parameters: BTreeMap<String, String> = parameters.into_iter().collect();
    let parts: Vec<&str> = parameters
        .iter()
        .filter(|(name, _)| name.starts_with("deployed/"))
        .map(|(_, value)| value.as_str())
        .collect();
    let of_this = |it: &Deployed| {
        let arn = it.arn.parse::<PolicyArn>();
        arn.is_ok_and(|arn| arn.policy_id == policy)
    };
    let marks = parameters.iter().filter_map(|(name, value)| {
        let name = name.strip_prefix("told/")?;
        Mark::read(name, value)
    });
    let repairs = parameters.get("repairs");
    let repairs = repairs.and_then(|text| serde_json::from_str::<Value>(text).ok());
    let repairs = repairs.as_ref().and_then(Value::as_array).into_iter();
    Memory {
        deployed: Deployed::read(&parts).filter(of_this),
        marks: marks.collect(),
        repairs: repairs.flatten().filter_map(Value::as_u64).collect(),
    }
}
