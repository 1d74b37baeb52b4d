//! The only module that speaks to AWS Organizations. What AWS answers to a repeated call (already
//! attached, not attached any more, gone) counts as done, so that a call whose answer was lost can
//! be made again.

use std::collections::BTreeMap;

use aws_client::{CallError, time_limits};
use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::Builder;
use aws_sdk_organizations::types::{PolicySummary, PolicyType, PolicyTypeStatus, Tag};
use aws_types::SdkConfig;
use policy_resource::plan::{Change, Live};
use tokio::time::Instant;

use crate::aws::{failed, retries_without_quota};
use crate::retry::OrganizationsBusy;

/// Backup policies of one organization, for calls that end by a certain moment.
#[derive(Debug, Clone)]
pub struct Organizations {
    client: Client,
    until: Instant,
}

/// A policy in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// `p-...`
    pub id: String,
    /// The policy's ARN.
    pub arn: String,
    /// The policy's name.
    pub name: String,
}

/// Whether backup policies can be attached in the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// `r-...`
    pub id: String,
    /// Whether the type BACKUP_POLICY is enabled, and not just being enabled.
    pub enabled: bool,
    /// Whether it is being enabled.
    pub pending: bool,
}

/// Sends a request within the time limits and reads its error.
macro_rules! send {
    ($self:ident, $operation:literal, $request:expr) => {
        $request
            .customize()
            .config_override(Builder::new().timeout_config(time_limits($self.until)))
            .send()
            .await
            .map_err(|error| failed($operation, &error))
    };
}

/// Collects all pages of a listing. A page may be empty and still have a successor.
macro_rules! pages {
    ($self:ident, $operation:literal, $request:expr, $items:ident) => {{
        let mut all = Vec::new();
        let mut token = None;
        loop {
            let page = send!($self, $operation, $request.set_next_token(token))?;
            token = page.next_token;
            all.extend(page.$items.unwrap_or_default());
            if token.is_none() {
                break all;
            }
        }
    }};
}

/// Counts certain answers of AWS as success.
fn or_done(result: Result<(), CallError>, done: &str) -> Result<(), CallError> {
    match result {
        Err(error) if error.is(done) => Ok(()),
        other => other,
    }
}

impl Organizations {
    /// A client from the shared configuration, at AWS's address or another.
    pub fn new(sdk: &SdkConfig, endpoint: Option<&str>, until: Instant) -> Self {
        let mut config = Builder::from(sdk)
            .retry_classifier(OrganizationsBusy)
            .retry_partition(retries_without_quota());
        config.set_endpoint_url(endpoint.map(str::to_string));
        Self {
            client: Client::from_conf(config.build()),
            until,
        }
    }

    /// The same, for calls that end by another moment.
    pub fn until(&self, until: Instant) -> Self {
        Self {
            client: self.client.clone(),
            until,
        }
    }

    /// Creates a policy and returns its ARN and id.
    ///
    /// # Errors
    /// `DuplicatePolicyException` when the name is taken, perhaps by an earlier attempt of this
    /// very call.
    pub async fn create(
        &self,
        name: &str,
        description: &str,
        content: &str,
        tags: &BTreeMap<String, String>,
    ) -> Result<Listed, CallError> {
        let request = self
            .client
            .create_policy()
            .r#type(PolicyType::BackupPolicy)
            .name(name)
            .description(description)
            .content(content)
            .set_tags(Some(sdk_tags(tags, "CreatePolicy")?));
        let output = send!(self, "CreatePolicy", request)?;
        let summary = output.policy.and_then(|policy| policy.policy_summary);
        match summary.map(|summary| (summary.id, summary.arn)) {
            Some((Some(id), Some(arn))) => Ok(Listed {
                id,
                arn,
                name: name.to_string(),
            }),
            _ => Err(no_policy("CreatePolicy")),
        }
    }

    /// Makes one change to a policy.
    ///
    /// # Errors
    /// As AWS answers, once all attempts failed.
    pub async fn apply(&self, policy: &str, change: &Change) -> Result<(), CallError> {
        match change {
            Change::Update {
                name,
                description,
                content,
            } => {
                let request = self
                    .client
                    .update_policy()
                    .policy_id(policy)
                    .set_name(name.clone())
                    .set_description(description.clone())
                    .set_content(content.clone());
                send!(self, "UpdatePolicy", request).map(drop)
            }
            Change::Tag(tags) => {
                let request = self
                    .client
                    .tag_resource()
                    .resource_id(policy)
                    .set_tags(Some(sdk_tags(tags, "TagResource")?));
                send!(self, "TagResource", request).map(drop)
            }
            Change::Untag(keys) => {
                let keys: Vec<String> = keys.iter().cloned().collect();
                let request = self
                    .client
                    .untag_resource()
                    .resource_id(policy)
                    .set_tag_keys(Some(keys));
                send!(self, "UntagResource", request).map(drop)
            }
            Change::Attach(target) => {
                let request = self
                    .client
                    .attach_policy()
                    .policy_id(policy)
                    .target_id(target);
                let result = send!(self, "AttachPolicy", request).map(drop);
                or_done(result, "DuplicatePolicyAttachmentException")
            }
            Change::Detach(target) => {
                let request = self
                    .client
                    .detach_policy()
                    .policy_id(policy)
                    .target_id(target);
                let result = send!(self, "DetachPolicy", request).map(drop);
                or_done(result, "PolicyNotAttachedException")
            }
        }
    }

    /// Deletes a policy that is attached to nothing; one that is gone is no error.
    ///
    /// # Errors
    /// `PolicyInUseException` when it is still attached.
    pub async fn delete(&self, policy: &str) -> Result<(), CallError> {
        let request = self.client.delete_policy().policy_id(policy);
        or_done(
            send!(self, "DeletePolicy", request).map(drop),
            "PolicyNotFoundException",
        )
    }

    /// Reads everything about a policy; `None` when there is none with this id.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn live(&self, policy: &str) -> Result<Option<Live>, CallError> {
        let request = self.client.describe_policy().policy_id(policy);
        let described = match send!(self, "DescribePolicy", request) {
            Ok(output) => output.policy,
            Err(error) if error.is("PolicyNotFoundException") => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some((summary, content)) =
            described.and_then(|policy| Some((policy.policy_summary?, policy.content?)))
        else {
            return Err(no_policy("DescribePolicy"));
        };
        let Some(tags) = self.tags(policy).await? else {
            return Ok(None);
        };
        let Some(targets) = self.targets(policy).await? else {
            return Ok(None);
        };
        Ok(Some(Live {
            arn: summary.arn.unwrap_or_default(),
            id: policy.to_string(),
            name: summary.name.unwrap_or_default(),
            description: summary.description.unwrap_or_default(),
            content,
            targets,
            tags,
        }))
    }

    /// What a policy is attached to; `None` when there is no such policy.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn targets(&self, policy: &str) -> Result<Option<Vec<String>>, CallError> {
        let list = async {
            Ok(pages!(
                self,
                "ListTargetsForPolicy",
                self.client.list_targets_for_policy().policy_id(policy),
                targets
            ))
        };
        absent_if(list.await, "PolicyNotFoundException").map(|found| {
            found.map(|targets| {
                targets
                    .into_iter()
                    .filter_map(|target| target.target_id)
                    .collect()
            })
        })
    }

    /// A policy's tags; `None` when there is no such policy.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn tags(&self, policy: &str) -> Result<Option<BTreeMap<String, String>>, CallError> {
        let list = async {
            Ok(pages!(
                self,
                "ListTagsForResource",
                self.client.list_tags_for_resource().resource_id(policy),
                tags
            ))
        };
        absent_if(list.await, "TargetNotFoundException").map(|found| {
            found.map(|tags| tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
        })
    }

    /// The backup policy of this name. AWS Organizations has no other way to find one than to list
    /// them; what comes after it is not asked for.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn named(&self, name: &str) -> Result<Option<Listed>, CallError> {
        let request = self.client.list_policies().filter(PolicyType::BackupPolicy);
        let mut token = None;
        loop {
            let request = request.clone().set_next_token(token);
            let page = send!(self, "ListPolicies", request)?;
            let mut policies = page.policies.unwrap_or_default().into_iter();
            let found = policies.find(|policy| policy.name.as_deref() == Some(name));
            token = page.next_token;
            if let Some(policy) = found.and_then(listed) {
                return Ok(Some(policy));
            }
            if token.is_none() {
                return Ok(None);
            }
        }
    }

    /// All backup policies.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn all(&self) -> Result<Vec<Listed>, CallError> {
        let request = self.client.list_policies().filter(PolicyType::BackupPolicy);
        let policies = pages!(self, "ListPolicies", request.clone(), policies);
        let listed = policies.into_iter().filter_map(listed);
        Ok(listed.collect())
    }

    /// The organization's root, and whether backup policies are enabled on it.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn root(&self) -> Result<Option<Root>, CallError> {
        let roots = pages!(self, "ListRoots", self.client.list_roots(), roots);
        Ok(roots.into_iter().next().map(|root| {
            let types = root.policy_types.unwrap_or_default();
            let status = types
                .iter()
                .find(|summary| summary.r#type == Some(PolicyType::BackupPolicy))
                .and_then(|summary| summary.status.clone());
            Root {
                id: root.id.unwrap_or_default(),
                enabled: status == Some(PolicyTypeStatus::Enabled),
                pending: status == Some(PolicyTypeStatus::PendingEnable),
            }
        }))
    }

    /// Enables backup policies on a root; already enabled is no error. AWS finishes later.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn enable(&self, root: &str) -> Result<(), CallError> {
        let request = self
            .client
            .enable_policy_type()
            .root_id(root)
            .policy_type(PolicyType::BackupPolicy);
        let result = send!(self, "EnablePolicyType", request).map(drop);
        or_done(result, "PolicyTypeAlreadyEnabledException")
    }
}

fn listed(policy: PolicySummary) -> Option<Listed> {
    Some(Listed {
        id: policy.id?,
        arn: policy.arn?,
        name: policy.name?,
    })
}

fn absent_if<T>(result: Result<T, CallError>, code: &str) -> Result<Option<T>, CallError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is(code) => Ok(None),
        Err(error) => Err(error),
    }
}

fn no_policy(operation: &'static str) -> CallError {
    CallError::other(operation, "the answer has no policy")
}

fn sdk_tags(
    tags: &BTreeMap<String, String>,
    operation: &'static str,
) -> Result<Vec<Tag>, CallError> {
    let build = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    tags.iter()
        .map(build)
        .collect::<Result<_, _>>()
        .map_err(|error| CallError::other(operation, error))
}
