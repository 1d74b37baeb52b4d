//! What CloudFormation shows of its stacks' resources: DescribeStackResource.

use serde_json::Value;

use super::answers::{Answer, Status};
use super::operations::Refusal;
use super::{HOME, State, World};
use std::time::Duration;

/// A resource, as it was shown from some moment on.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    since: Duration,
    status: String,
    physical_id: Option<String>,
}

/// A resource of a stack.
#[derive(Clone, Debug, Default)]
pub(super) struct Resource {
    /// Every status, in order.
    history: Vec<Shown>,
    /// The request that CloudFormation waits for, and the verb in its statuses. What it cleans up
    /// after a replacement has none: the resource shows what replaced it (not verified).
    awaited: Option<(String, Option<&'static str>)>,
}

impl World {
    /// CloudFormation sends a request, and waits for its answer from now on.
    pub fn expect_answer(&self, event: &Value) {
        let verb = match event["RequestType"].as_str() {
            Some("Create") => "CREATE",
            Some("Update") => "UPDATE",
            _ => "DELETE",
        };
        let physical_id = event["PhysicalResourceId"].as_str().map(str::to_owned);
        let request = event["RequestId"].as_str().unwrap().to_owned();
        let now = self.now();
        let mut state = self.lock();
        let resource = state.resources.entry(key(event)).or_default();
        let replaced = verb == "DELETE"
            && resource.history.last().is_some_and(|shown| {
                shown.status.ends_with("_COMPLETE") && shown.physical_id != physical_id
            });
        let verb = (!replaced).then_some(verb);
        resource.awaited = Some((request, verb));
        if let Some(verb) = verb {
            resource.show(now, format!("{verb}_IN_PROGRESS"), physical_id);
        }
    }

    /// The resource is no longer in its stack, and what it stood for is retained.
    pub fn retain(&self, event: &Value) {
        self.lock().resources.remove(&key(event));
    }

    /// CloudFormation waits no longer for a request that nobody answered.
    pub fn give_up(&self, event: &Value) {
        let now = self.now();
        let mut state = self.lock();
        let resource = state.resources.get_mut(&key(event)).unwrap();
        let awaited = resource
            .awaited
            .take_if(|(request, _)| event["RequestId"] == **request);
        if let Some((_, Some(verb))) = awaited {
            let id = event["PhysicalResourceId"].as_str().map(str::to_owned);
            resource.show(now, format!("{verb}_FAILED"), id);
        }
    }
}

fn key(event: &Value) -> (String, String) {
    ["StackId", "LogicalResourceId"]
        .map(|it| event[it].as_str().unwrap().to_owned())
        .into()
}

impl Resource {
    fn show(&mut self, since: Duration, status: String, physical_id: Option<String>) {
        self.history.push(Shown {
            since,
            status,
            physical_id,
        });
    }
}

impl State {
    /// The first answer to the request that is waited for counts.
    pub(super) fn hear(&mut self, answer: &Answer, now: Duration) {
        let key = (answer.stack_id.clone(), answer.logical_resource_id.clone());
        let Some(resource) = self.resources.get_mut(&key) else {
            return;
        };
        let Some((request, verb)) = resource.awaited.clone() else {
            return;
        };
        if request == answer.request_id {
            let end = match answer.status {
                Status::Success => "COMPLETE",
                Status::Failed => "FAILED",
            };
            let id = Some(answer.physical_resource_id.clone());
            resource.awaited = None;
            if let Some(verb) = verb {
                resource.show(now, format!("{verb}_{end}"), id);
            }
        }
    }

    /// A resource as the Query protocol's XML (CloudFormation API reference).
    pub(super) fn describe_stack_resource(
        &self,
        form: &[(String, String)],
        account: Option<String>,
        now: Duration,
    ) -> Result<String, Refusal> {
        if account.as_deref() != Some(HOME) {
            let message = "not authorized to perform: cloudformation:DescribeStackResource";
            return Err(Refusal {
                status: 403,
                ..Refusal::new("AccessDenied", message)
            });
        }
        let field = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map(|(_, it)| it.clone()).unwrap_or_default()
        };
        let (stack, logical) = (field("StackName"), field("LogicalResourceId"));
        let missing = |message: String| Err(Refusal::new("ValidationError", message));
        if !self.resources.keys().any(|(it, _)| *it == stack) {
            return missing(format!("Stack '{stack}' does not exist"));
        }
        let resource = self.resources.get(&(stack.clone(), logical.clone()));
        let shown = resource.and_then(|it| {
            let visible = |it: &&Shown| it.since + self.behaviour.stacks_lag <= now;
            it.history.iter().rev().find(visible)
        });
        let Some(shown) = shown else {
            return missing(format!(
                "Resource {logical} does not exist for stack {stack}"
            ));
        };
        let id = shown.physical_id.as_ref();
        let id = id.map(|id| format!("<PhysicalResourceId>{id}</PhysicalResourceId>"));
        Ok(format!(
            "<DescribeStackResourceResponse \
             xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
             <DescribeStackResourceResult><StackResourceDetail><StackId>{stack}</StackId>\
             <LogicalResourceId>{logical}</LogicalResourceId>{}\
             <ResourceType>Custom::BackupOrgPolicy</ResourceType>\
             <LastUpdatedTimestamp>2026-01-01T00:00:00Z</LastUpdatedTimestamp>\
             <ResourceStatus>{}</ResourceStatus></StackResourceDetail>\
             </DescribeStackResourceResult><ResponseMetadata><RequestId>model</RequestId>\
             </ResponseMetadata></DescribeStackResourceResponse>",
            id.unwrap_or_default(),
            shown.status
        ))
    }
}
