//! Delete: removes a policy, and only what is the resource's own.

use policy_resource::identity::{Ownership, PolicyArn};
use policy_resource::properties::management_account;
use serde_json::Value;
use tracing::{info, warn};

use crate::attempt::Attempt;
use crate::physical_id::PhysicalId;
use crate::remove::remove;

impl Attempt<'_> {
    /// Handles a Delete. Needs no valid properties when the physical id is a policy's ARN.
    pub(crate) async fn delete(&self) -> Result<(), String> {
        let id = self.request.physical_resource_id.as_deref();
        let properties = &self.request.resource_properties;
        match PhysicalId::read(id.unwrap_or_default()) {
            PhysicalId::Undone => {
                info!("nothing to delete: the Create was undone");
                Ok(())
            }
            PhysicalId::Policy(arn) => self.delete_policy(&arn).await,
            PhysicalId::FailedCreate(request_id) => {
                self.delete_unanswered(properties, Some(&request_id)).await
            }
            PhysicalId::Unknown => self.delete_unanswered(properties, None).await,
        }
    }

    async fn delete_policy(&self, arn: &PolicyArn) -> Result<(), String> {
        let id = &arn.policy_id;
        let organizations = self
            .organizations(&arn.management_account)
            .await
            .map_err(|error| error.to_string())?;
        let tags = organizations
            .tags(id)
            .await
            .map_err(|error| error.to_string())?;
        let Some(tags) = tags else {
            info!(policy.id = %id, "nothing to delete: the policy is gone");
            return Ok(());
        };
        match self.owner().of(&tags) {
            Ownership::Ours => remove(&organizations, id, self.deadline).await,
            Ownership::Others => {
                warn!(policy.id = %id, "not deleted: another stack has taken the policy over");
                Ok(())
            }
            Ownership::Nobodys => Err(format!(
                "the policy {id} no longer bears the tags that say it is this resource's, so it is \
                 not deleted: delete it by hand and then the stack again, or retain the resource"
            )),
        }
    }

    /// Deletes what an unfinished Create of this resource made: a policy with the template's name
    /// and this resource's tags that is still marked as unanswered. Never an older resource's
    /// policy.
    pub(crate) async fn delete_unanswered(
        &self,
        properties: &Value,
        request_id: Option<&str>,
    ) -> Result<(), String> {
        let (Some(account), Some(name)) = (management_account(properties), name(properties)) else {
            info!("nothing to delete: with these properties no Create got as far as a policy");
            return Ok(());
        };
        let organizations = self
            .organizations(&account)
            .await
            .map_err(|error| error.to_string())?;
        let found = self.find_unanswered(&organizations, request_id, name).await;
        match found.map_err(|error| error.to_string())? {
            Some(policy) => remove(&organizations, &policy.id, self.deadline).await,
            None => {
                info!("nothing to delete: no unfinished Create of this resource left a policy");
                Ok(())
            }
        }
    }
}

/// The policy's name in properties that may be of any shape.
pub(crate) fn name(properties: &Value) -> Option<&str> {
    properties.get("PolicyName").and_then(Value::as_str)
}
