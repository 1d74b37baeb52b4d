//! Plays CloudFormation: one stack with one `Custom::BackupOrgPolicy`.
//!
//! It sends what CloudFormation sends: after a failed Create a Delete with the answered id, after
//! a failed Update the Update back, after no answer to a Create a Delete with an id of its own
//! invention, and after a replacement the Delete of what was replaced.

use serde_json::{Value, json};

use crate::lambda::Lambda;
use crate::world::{Answer, HOME, Status, World, response_url};

pub struct Stack {
    world: World,
    pub lambda: Lambda,
    pub name: String,
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
}

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
            account: HOME.to_owned(),
            resource: None,
            next: None,
            answers_to: None,
            events: Vec::new(),
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
                let invented = format!("{}-Policy-1W2X3Y4Z5A6B7", self.name);
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
        let event = self.events.last().expect("an event").clone();
        match (event["RequestType"].as_str(), self.next.take()) {
            (Some("Create"), None) => _ = self.delete().await,
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
        while self.next.is_some() {
            self.go_on().await;
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
        let request_id = format!("0a1b2c3d-{}-{:04}", self.name, self.events.len());
        let mut event = json!({
            "RequestType": kind,
            "RequestId": request_id,
            "ResponseURL": self.answers_to.clone().unwrap_or_else(|| response_url(&request_id)),
            "StackId": self.id(),
            "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:BackupOrgPolicyManager",
            "LogicalResourceId": "Policy",
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

    /// Delivers an event; the answer is the first that arrives for its request since.
    async fn deliver(&mut self, event: &Value) -> Option<Answer> {
        let before = self.world.answers().len();
        self.lambda.deliver(event).await;
        let answers = self.world.answers().split_off(before);
        answers
            .into_iter()
            .find(|it| event["RequestId"] == it.request_id.as_str())
    }
}

pub fn succeeded(answer: &Option<Answer>) -> bool {
    answer
        .as_ref()
        .is_some_and(|it| it.status == Status::Success)
}
