//! Delete: detaches from everything and deletes, and only what is the resource's own.

use std::time::Duration;

use aws_client::CallError;
use cfn_custom_resource::Request;
use policy_resource::identity::{Ownership, PolicyArn, TAG_REQUEST_ID};
use policy_resource::plan::{Change, is_unanswered};
use policy_resource::properties::management_account;
use serde_json::Value;
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::app::{App, Place};
use crate::apply::LOOK_AGAIN;
use crate::organizations::{Listed, Organizations};
use crate::physical_id::PhysicalId;
use crate::wanted::owner;

/// How often a policy that was attached again meanwhile is detached before giving up. Our choice.
const ROUNDS: usize = 5;

/// Handles a Delete. Needs no valid properties when the physical id is a policy's ARN.
pub(crate) async fn delete(
    app: &App,
    place: &Place,
    request: &Request,
    deadline: Instant,
) -> Result<(), String> {
    let id = request.physical_resource_id.as_deref().unwrap_or_default();
    let properties = &request.resource_properties;
    match PhysicalId::read(id) {
        PhysicalId::Undone => {
            info!("nothing to delete: the Create was undone");
            Ok(())
        }
        PhysicalId::Policy(arn) => delete_policy(app, place, request, &arn, deadline).await,
        PhysicalId::FailedCreate(request_id) => {
            delete_unanswered(app, place, request, properties, Some(&request_id), deadline).await
        }
        PhysicalId::Unknown => {
            delete_unanswered(app, place, request, properties, None, deadline).await
        }
    }
}

async fn delete_policy(
    app: &App,
    place: &Place,
    request: &Request,
    arn: &PolicyArn,
    deadline: Instant,
) -> Result<(), String> {
    let id = &arn.policy_id;
    let organizations = app
        .organizations(place, &arn.management_account, deadline)
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
    match owner(request).of(&tags) {
        Ownership::Ours => remove(&organizations, id, deadline).await,
        Ownership::Others => {
            warn!(policy.id = %id, "not deleted: another stack has taken the policy over");
            Ok(())
        }
        Ownership::Nobodys => Err(format!(
            "the policy {id} no longer bears the tags that say it is this resource's, so it is not \
             deleted: delete it by hand and then the stack again, or retain the resource"
        )),
    }
}

/// Deletes what an unfinished Create of this resource made: a policy with the template's name and
/// this resource's tags that is still marked as unanswered. Never an older resource's policy.
pub(crate) async fn delete_unanswered(
    app: &App,
    place: &Place,
    request: &Request,
    properties: &Value,
    request_id: Option<&str>,
    deadline: Instant,
) -> Result<(), String> {
    let name = properties.get("PolicyName").and_then(Value::as_str);
    let (Some(account), Some(name)) = (management_account(properties), name) else {
        info!("nothing to delete: with these properties no Create got as far as a policy");
        return Ok(());
    };
    let organizations = app
        .organizations(place, &account, deadline)
        .await
        .map_err(|error| error.to_string())?;
    let found = unanswered(&organizations, request, request_id, name).await;
    match found.map_err(|error| error.to_string())? {
        Some(policy) => remove(&organizations, &policy.id, deadline).await,
        None => {
            info!("nothing to delete: no unfinished Create of this resource left a policy");
            Ok(())
        }
    }
}

/// The policy's name in properties that may be of any shape.
pub(crate) fn name(properties: &Value) -> Option<&str> {
    properties.get("PolicyName").and_then(Value::as_str)
}

/// The policy of this name that an unfinished Create of this resource made, if there is one.
pub(crate) async fn unanswered(
    organizations: &Organizations,
    request: &Request,
    request_id: Option<&str>,
    name: &str,
) -> Result<Option<Listed>, CallError> {
    let listed = organizations
        .policies()
        .await?
        .into_iter()
        .find(|policy| policy.name == name);
    let Some(policy) = listed else {
        return Ok(None);
    };
    let Some(tags) = organizations.tags(&policy.id).await? else {
        return Ok(None);
    };
    let requested =
        request_id.is_none_or(|id| tags.get(TAG_REQUEST_ID).is_some_and(|tag| tag == id));
    let ours = owner(request).of(&tags) == Ownership::Ours;
    Ok((ours && requested && is_unanswered(&tags)).then_some(policy))
}

/// What is left after a detachment failed. A call whose answer was lost may have had its effect,
/// so this is asked, and only guessed when there is no answer to that either.
async fn not_detached(
    organizations: &Organizations,
    id: &str,
    rest: &[String],
    error: &CallError,
) -> String {
    let attached = match organizations.targets(id).await {
        Ok(targets) => targets.unwrap_or_default(),
        Err(_) => rest.to_vec(),
    };
    match attached.as_slice() {
        [] => format!("the policy {id} is attached to nothing but not deleted: {error}"),
        _ => format!(
            "the policy {id} is not deleted and still attached to {}: {error}",
            attached.join(", ")
        ),
    }
}

/// Detaches a policy from everything, also from what was attached by hand, and deletes it. What
/// is done stays done: the next Delete goes on from there.
pub(crate) async fn remove(
    organizations: &Organizations,
    id: &str,
    deadline: Instant,
) -> Result<(), String> {
    let looking = organizations.until(deadline);
    let organizations = organizations.until(deadline.checked_sub(LOOK_AGAIN).unwrap_or(deadline));
    for round in 0..ROUNDS {
        if round > 0 {
            // Organizations may still be busy with the detachments: bounded and jittered.
            sleep(Duration::from_millis(500 + fastrand::u64(0..1_000))).await;
        }
        let targets = match organizations.targets(id).await {
            Ok(Some(targets)) => targets,
            Ok(None) => break,
            Err(error) => return Err(format!("the policy {id} is not deleted: {error}")),
        };
        for (index, target) in targets.iter().enumerate() {
            let change = Change::Detach(target.clone());
            if let Err(error) = organizations.apply(id, &change).await {
                let (_, rest) = targets.split_at(index);
                return Err(not_detached(&looking, id, rest, &error).await);
            }
            info!(policy.id = id, change = %change, "change made");
        }
        match organizations.delete(id).await {
            Ok(()) => {
                info!(policy.id = id, "policy deleted");
                return Ok(());
            }
            Err(error) if error.is("PolicyInUseException") && round + 1 < ROUNDS => {}
            Err(error) => {
                return Err(format!(
                    "the policy {id} is attached to nothing but not deleted: {error}"
                ));
            }
        }
    }
    info!(policy.id = id, "policy gone");
    Ok(())
}
