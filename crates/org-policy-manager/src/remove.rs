//! Removes a policy: detaches it from everything, and deletes it.

use std::time::Duration;

use aws_client::CallError;
use policy_resource::plan::Change;
use tokio::time::{Instant, sleep};
use tracing::info;

use crate::apply::LOOK_AGAIN;
use crate::not_made::{Left, NotMade};
use crate::organizations::Organizations;

/// How often a policy that was attached again meanwhile is detached before giving up. Our choice.
const ROUNDS: usize = 5;

/// AWS's answer to the deletion of a policy that is attached.
const IN_USE: &str = "PolicyInUseException";

/// What is left after a detachment failed. A call whose answer was lost may have had its effect,
/// so this is asked, and called a guess when there is no answer to that either.
async fn not_detached(
    organizations: &Organizations,
    id: &str,
    rest: &[String],
    error: &CallError,
) -> String {
    let (attached, still) = match organizations.targets(id).await {
        Ok(targets) => (targets.unwrap_or_default(), "still"),
        Err(_) => (rest.to_vec(), "perhaps still"),
    };
    match attached.as_slice() {
        [] => format!("the policy {id} is attached to nothing but not deleted: {error}"),
        _ => format!(
            "the policy {id} is not deleted and {still} attached to {}: {error}",
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
            Err(error) if error.is(IN_USE) && round + 1 < ROUNDS => {}
            Err(error) if error.is(IN_USE) => {
                return Err(format!(
                    "the policy {id} is not deleted: AWS still finds it attached after it was \
                     detached from everything {ROUNDS} times: {error}"
                ));
            }
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

/// Removes what a failed Create made.
pub(crate) async fn discard(
    organizations: &Organizations,
    policy_id: &str,
    reason: String,
    deadline: Instant,
) -> NotMade {
    NotMade {
        reason,
        left: match remove(organizations, policy_id, deadline).await {
            Ok(()) => Left::Nothing,
            Err(left) => Left::This(left),
        },
    }
}
