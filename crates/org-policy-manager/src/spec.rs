//! What a request specifies, once everything that a template leaves open has been read.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use backup_policy::Severity;
use cfn_custom_resource::RequestType;
use policy_resource::accepted::{Accepted, content_digest, properties_digest};
use policy_resource::content::{Found, OneLine, prepare, refusal};
use policy_resource::deployed::{Deployed, content_left};
use policy_resource::identity::{Owner, TAG_ACCEPTED, TAG_UNANSWERED};
use policy_resource::plan::{Desired, Live, same_content};
use policy_resource::properties::{
    ContentSource, Properties, REGIONS_PARAMETER, TARGETS_PARAMETER, region_problem, tag_keys,
    target_problem,
};
use tracing::warn;

use crate::attempt::Attempt;

/// A request's properties, with targets and Regions read.
#[derive(Debug)]
pub(crate) struct Spec {
    pub properties: Properties,
    pub targets: Vec<String>,
    description: String,
    owner: Owner,
    regions: Vec<String>,
    /// Keys of tags that the previous template set and this one does not.
    dropped_tags: BTreeSet<String>,
}

/// A content that may be written, with the digest of the properties that it was made from.
#[derive(Debug)]
pub(crate) struct Ready {
    pub content: String,
    digest: String,
}

impl Spec {
    /// How a policy that does not exist yet should be.
    pub(crate) fn fresh(&self, ready: &Ready) -> Desired {
        self.desired(Some(ready), &Accepted::default(), None)
    }

    /// What is deployed when the policy is as this specifies, with this content.
    pub(crate) fn deployed(&self, arn: String, content: String) -> Deployed {
        Deployed {
            arn,
            owner: self.owner.clone(),
            name: self.properties.name.clone(),
            description: self.description.clone(),
            content,
            targets: self.targets.clone(),
            repair: self.properties.repair,
            enable_policy_type: self.properties.enable_policy_type,
        }
    }

    fn desired(&self, ready: Option<&Ready>, accepted: &Accepted, live: Option<&Live>) -> Desired {
        let mut tags: BTreeMap<String, String> = self.properties.tags.clone();
        tags.extend(self.owner.tags());
        let memory = match ready {
            Some(Ready { content, digest }) => accepted.and(digest, &content_digest(content)),
            None => accepted.clone(),
        };
        let content = content_left(ready.map(|ready| ready.content.as_str()), live);
        let deployed = self.deployed(String::new(), content).digest();
        tags.insert(TAG_ACCEPTED.to_string(), memory.deploying(&deployed).tag());
        let mut without_tags = self.dropped_tags.clone();
        without_tags.insert(TAG_UNANSWERED.to_string());
        Desired {
            name: self.properties.name.clone(),
            description: self.description.clone(),
            content: ready.map(|ready| ready.content.clone()),
            targets: self.targets.clone(),
            tags,
            without_tags,
        }
    }

    fn digest(&self) -> String {
        properties_digest(&self.properties, &self.regions)
    }
}

impl Attempt<'_> {
    /// Reads the request's properties and the SSM parameters that stand in for missing ones.
    pub(crate) async fn spec(&self) -> Result<Spec, String> {
        let request = self.request;
        let properties =
            Properties::read(&request.resource_properties).map_err(|error| error.to_string())?;
        let targets = match &properties.targets {
            Some(targets) => targets.clone(),
            None => {
                self.parameter("PolicyTargets", TARGETS_PARAMETER, target_problem)
                    .await?
            }
        };
        let regions = match &properties.regions {
            Some(regions) => regions.clone(),
            None => {
                self.parameter("PolicyRegions", REGIONS_PARAMETER, region_problem)
                    .await?
            }
        };
        let owner = self.owner();
        let description = properties.description.clone();
        let description = description.unwrap_or_else(|| owner.description());
        let before = match request.request_type {
            RequestType::Update => tag_keys(&request.old_resource_properties),
            RequestType::Create | RequestType::Delete => Vec::new(),
        };
        let kept = |key: &String| properties.tags.contains_key(key);
        let dropped_tags = before.into_iter().filter(|key| !kept(key)).collect();
        Ok(Spec {
            properties,
            targets,
            description,
            owner,
            regions,
            dropped_tags,
        })
    }

    /// The content for a policy that does not exist yet: anything wrong with it is an error.
    pub(crate) async fn content(&self, spec: &Spec) -> Result<Ready, String> {
        let prepared = self.prepared(spec).await?;
        let content = prepared.minified();
        match refusal(&findings(&prepared)) {
            Some(reason) => Err(reason),
            None => Ok(Ready {
                content,
                digest: spec.digest(),
            }),
        }
    }

    /// How a live policy should be.
    pub(crate) async fn desired_beside(&self, spec: &Spec, live: &Live) -> Result<Desired, String> {
        let ready = self.content_beside(spec, live).await?;
        let accepted = Accepted::read(live.tags.get(TAG_ACCEPTED).map(String::as_str));
        Ok(spec.desired(ready.as_ref(), &accepted, Some(live)))
    }

    /// The content for a policy that is live; `None` when what is live stays.
    ///
    /// What is live already needs no validation. What AWS accepted before (this may be a rollback)
    /// is only warned about when our validator objects, and what is live stays when it can no
    /// longer be read.
    async fn content_beside(&self, spec: &Spec, live: &Live) -> Result<Option<Ready>, String> {
        let digest = spec.digest();
        let accepted = Accepted::read(live.tags.get(TAG_ACCEPTED).map(String::as_str));
        let may_change =
            matches!(&spec.properties.content, ContentSource::S3(o) if o.version_id.is_none());
        if !may_change && accepted.made(&digest, &content_digest(&live.content)) {
            return Ok(None);
        }
        let known = accepted.knows(&digest);
        let prepared = match self.prepared(spec).await {
            Err(reason) if known => {
                warn!(policy.id = %live.id, reason, "the content was accepted before but cannot be made again: what is live stays");
                return Ok(None);
            }
            prepared => prepared?,
        };
        let content = prepared.minified();
        if !same_content(&content, &live.content)
            && let Some(reason) = refusal(&findings(&prepared))
        {
            if !known {
                return Err(reason);
            }
            warn!(policy.id = %live.id, reason, "AWS accepted this content before, so it is sent again");
        }
        Ok(Some(Ready { content, digest }))
    }

    async fn prepared(&self, spec: &Spec) -> Result<backup_policy::Document, String> {
        let properties = &spec.properties;
        let found = match &properties.content {
            ContentSource::Object(value) => Found::Object(value.clone()),
            ContentSource::Text(text) => Found::Text(text.clone()),
            ContentSource::S3(object) => {
                let text = self.app.sources().object(object, self.deadline).await;
                Found::Text(text.map_err(|error| error.to_string())?)
            }
        };
        let prepared = prepare(found, &properties.variables, &spec.regions)?;
        for warning in prepared.warnings {
            warn!(warning, "the policy's variables");
        }
        Ok(prepared.document)
    }

    /// A list from an SSM parameter, checked as the property would be.
    async fn parameter(
        &self,
        property: &str,
        name: &str,
        problem: fn(&str) -> Option<String>,
    ) -> Result<Vec<String>, String> {
        let place = format!("`{property}` is not given, and the SSM parameter `{name}`");
        let list = self.app.sources().list(name, self.deadline).await;
        let list = list.map_err(|error| format!("{place} cannot be read: {error}"))?;
        if list.is_empty() {
            return Err(format!("{place} names nothing"));
        }
        let problems: Vec<String> = list.iter().filter_map(|item| problem(item)).collect();
        if problems.is_empty() {
            return Ok(list);
        }
        Err(format!("{place} is wrong: {}", problems.join("; ")))
    }
}

/// Warnings of one policy that are logged.
const LOGGED: usize = 20;

/// All findings on a policy; the warnings are logged.
fn findings(document: &backup_policy::Document) -> Vec<backup_policy::Finding> {
    let findings = backup_policy::validate(document, SystemTime::now().into());
    let warnings: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Warning)
        .collect();
    for finding in warnings.iter().take(LOGGED) {
        warn!(finding.code = %finding.code, finding.path, "{}", OneLine(finding));
    }
    if let more @ 1.. = warnings.len().saturating_sub(LOGGED) {
        warn!("and {more} more warnings: `backupctl validate` names them");
    }
    findings
}
