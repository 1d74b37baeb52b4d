//! Plays CloudFormation: one `Custom::BackupOrgPolicy` of a stack.
//!
//! It sends what CloudFormation sends: after a failed Create a Delete with the answered id, after
//! a failed Update the Update back, after no answer to a Create a Delete with an id of its own
//! invention, and after a replacement the Delete of what was replaced.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::lambda::Lambda;
use crate::world::{Answer, HOME, Status, World, response_url};

pub struct Stack {
    world: World,
    pub lambda: Lambda,
    pub name: String,
    pub logical_id: String,
    /// The account that the stack is in.
    pub account: String,
    /// What CloudFormation believes to exist.
    pub resource: Option<Resource>,
    /// What CloudFormation has to do next, after a failure or a replacement.
    next: Option<Next>,
    /// Where answers are wanted, if not where CloudFormation wants them.
    pub answers_to: Option<String>,
    /// Every event sent, in order.
    pub events: Vec<Value>,
    /// Until when a request is waited for.
    pub waits: Waits,
    /// Deliveries that nobody waits for.
    pub under_way: JoinSet<()>,
}

/// Until when CloudFormation waits for a request.
#[derive(Clone)]
pub enum Waits {
    /// Until Lambda has tried for the last time: whatever follows, follows in quiet.
    UntilLambdaIsDone,
    /// Until the answer, for an hour at most, or until it is told to wait no longer, as it is for a
    /// resource that is being made when another one of the stack has failed.
    UntilAnswered(Arc<Notify>),
}

/// The `ServiceTimeout` of a custom resource (AWS's default).
const SERVICE_TIMEOUT: Duration = Duration::from_secs(3600);

#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub physical_id: String,
    pub properties: Value,
}

enum Next {
    Delete(Resource),
    UpdateBack { to: Resource, from: Value },
}

impl Stack {
    pub fn new(world: &World, name: &str) -> Stack {
        Stack {
            world: world.clone(),
            lambda: Lambda::new(world),
            name: name.to_owned(),
            logical_id: "Policy".to_owned(),
            account: HOME.to_owned(),
            resource: None,
            next: None,
            answers_to: None,
            events: Vec::new(),
            waits: Waits::UntilLambdaIsDone,
            under_way: JoinSet::new(),
        }
    }

    /// The ARN of the stack.
    pub fn id(&self) -> String {
        format!(
            "arn:aws:cloudformation:eu-west-1:{}:stack/{}/5f0c",
            self.account, self.name
        )
    }

    pub async fn create(&mut self, properties: &Value) -> Option<Answer> {
        let answer = self.send("Create", None, properties, None).await;
        let resource = |id: &str| Resource {
            physical_id: id.to_owned(),
            properties: properties.clone(),
        };
        match &answer {
            Some(it) if it.status == Status::Success => {
                self.resource = Some(resource(&it.physical_resource_id));
            }
            Some(it) => self.next = Some(Next::Delete(resource(&it.physical_resource_id))),
            None => {
                let invented = format!("{}-{}-1W2X3Y4Z5A6B7", self.name, self.logical_id);
                self.next = Some(Next::Delete(resource(&invented)));
            }
        }
        answer
    }

    pub async fn update(&mut self, properties: &Value) -> Option<Answer> {
        let old = self.resource.clone().expect("something to update");
        let id = Some(old.physical_id.as_str());
        let answer = self
            .send("Update", id, properties, Some(&old.properties))
            .await;
        match &answer {
            Some(it) if it.status == Status::Success => {
                self.resource = Some(Resource {
                    physical_id: it.physical_resource_id.clone(),
                    properties: properties.clone(),
                });
                if it.physical_resource_id != old.physical_id {
                    self.next = Some(Next::Delete(old));
                }
            }
            _ => {
                self.next = Some(Next::UpdateBack {
                    to: old,
                    from: properties.clone(),
                })
            }
        }
        answer
    }

    pub async fn delete(&mut self) -> Option<Answer> {
        let Resource {
            physical_id,
            properties,
        } = self.resource.clone().expect("something to delete");
        let answer = self
            .send("Delete", Some(&physical_id), &properties, None)
            .await;
        if succeeded(&answer) {
            self.resource = None;
        }
        answer
    }

    /// What CloudFormation does next by itself: the answer, if it has to do anything. What fails
    /// stays to be done (in UPDATE_ROLLBACK_FAILED, say) and is tried again by the next call.
    pub async fn go_on(&mut self) -> Option<Option<Answer>> {
        let next = self.next.take()?;
        let answer = match &next {
            Next::Delete(Resource {
                physical_id,
                properties,
            }) => {
                self.send("Delete", Some(physical_id), properties, None)
                    .await
            }
            Next::UpdateBack { to, from } => {
                self.send("Update", Some(&to.physical_id), &to.properties, Some(from))
                    .await
            }
        };
        match (&answer, next) {
            (Some(it), Next::UpdateBack { to, .. }) if it.status == Status::Success => {
                // The policy of before is gone, say, and was made anew.
                if it.physical_resource_id != to.physical_id {
                    self.next = Some(Next::Delete(to.clone()));
                }
                self.resource = Some(Resource {
                    physical_id: it.physical_resource_id.clone(),
                    ..to
                });
            }
            (Some(it), Next::Delete(_)) if it.status == Status::Success => {}
            (_, next) => self.next = Some(next),
        }
        Some(answer)
    }

    /// Undoes the last request, as CloudFormation does when it failed, or when another resource of
    /// the stack fails after it: Delete after Create, Update back after Update.
    pub async fn undo(&mut self) {
        self.will_undo();
        while self.next.is_some() {
            self.go_on().await;
        }
    }

    /// The last request is what CloudFormation undoes next.
    pub fn will_undo(&mut self) {
        let event = self.events.last().expect("an event").clone();
        match (event["RequestType"].as_str(), self.next.take()) {
            (Some("Create"), None) => self.next = self.resource.take().map(Next::Delete),
            // With the id of after, and to the properties of before.
            (Some("Update"), None | Some(Next::Delete(_))) => {
                let to = Resource {
                    properties: event["OldResourceProperties"].clone(),
                    ..self.resource.clone().expect("something updated")
                };
                let from = event["ResourceProperties"].clone();
                self.next = Some(Next::UpdateBack { to, from });
            }
            (_, next) => self.next = next,
        }
    }

    /// The resource is no longer in the template.
    pub fn will_delete(&mut self) {
        self.next = self.resource.take().map(Next::Delete);
    }

    /// What CloudFormation has to do by itself, if anything.
    pub fn next(&self) -> Option<&'static str> {
        Some(match self.next.as_ref()? {
            Next::Delete(_) => "Delete",
            Next::UpdateBack { .. } => "Update",
        })
    }

    /// Waits until nothing of this resource is under way.
    pub async fn quiet(&mut self) {
        while let Some(delivery) = self.under_way.join_next().await {
            delivery.unwrap();
        }
    }

    /// Sends the latest event once more, as CloudFormation and Lambda sometimes do.
    pub async fn resend(&mut self) -> Option<Answer> {
        let event = self.events.last().expect("an event").clone();
        self.deliver(&event).await
    }

    /// The event comes again, minutes after CloudFormation waited for it.
    pub async fn come_again(&mut self, event: &Value) -> Option<Answer> {
        self.deliver(event).await
    }

    async fn send(
        &mut self,
        kind: &str,
        physical_id: Option<&str>,
        properties: &Value,
        old: Option<&Value>,
    ) -> Option<Answer> {
        let request_id = format!("0a1b2c3d-{}-{:04}", self.key(), self.events.len());
        let mut event = json!({
            "RequestType": kind,
            "RequestId": request_id,
            "ResponseURL": self.answers_to.clone().unwrap_or_else(|| response_url(&request_id)),
            "StackId": self.id(),
            "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:BackupOrgPolicyManager",
            "LogicalResourceId": self.logical_id,
            "ResourceType": "Custom::BackupOrgPolicy",
            "ResourceProperties": properties,
        });
        if let Some(id) = physical_id {
            event["PhysicalResourceId"] = json!(id);
        }
        if let Some(old) = old {
            event["OldResourceProperties"] = old.clone();
        }
        self.events.push(event.clone());
        self.world.expect_answer(&event);
        let answer = self.deliver(&event).await;
        self.world.give_up(&event);
        answer
    }

    /// What requests of this resource are told apart by.
    fn key(&self) -> String {
        match self.logical_id.as_str() {
            "Policy" => self.name.clone(),
            other => format!("{}-{other}", self.name),
        }
    }

    /// Delivers an event; the answer is the first that arrives for its request since.
    async fn deliver(&mut self, event: &Value) -> Option<Answer> {
        let before = self.world.answers().len();
        let request_id = event["RequestId"].as_str().unwrap();
        match &self.waits {
            Waits::UntilLambdaIsDone => self.lambda.deliver(event).await,
            Waits::UntilAnswered(no_longer) => {
                let (lambda, event) = (self.lambda.clone(), event.clone());
                self.under_way
                    .spawn(async move { lambda.deliver(&event).await });
                tokio::select! {
                    biased;
                    answer = self.world.answered(request_id) => return Some(answer),
                    () = no_longer.notified() => return None,
                    () = sleep(SERVICE_TIMEOUT) => return None,
                }
            }
        }
        let answers = self.world.answers().split_off(before);
        answers.into_iter().find(|it| it.request_id == request_id)
    }
}

pub fn succeeded(answer: &Option<Answer>) -> bool {
    answer
        .as_ref()
        .is_some_and(|it| it.status == Status::Success)
}
