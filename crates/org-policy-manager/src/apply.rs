//! Makes planned changes, one after the other, and undoes them when one fails or time runs short.

use std::time::Duration;

use aws_client::CallError;
use policy_resource::plan::{Change, Live, READ_ALLOWANCE, undo, undo_cost};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::not_made::{Left, NotMade};
use crate::organizations::Organizations;

/// The changes that were made or may have been made, and why the last one failed.
#[derive(Debug)]
pub(crate) struct Stopped<'a> {
    pub tried: &'a [Change],
    pub reason: String,
}

/// Makes the changes in their order. A change is started only while enough time remains to undo it
/// and all before it: as long as AWS's rates need, or as long as making them took and a tenth (for
/// the reading before and after an undo), if that is longer. `extra` is the time that undoing
/// anything else needs, such as a policy's creation.
pub(crate) async fn make<'a>(
    organizations: &Organizations,
    policy: &str,
    changes: &'a [Change],
    extra: Duration,
    deadline: Instant,
) -> Result<(), Stopped<'a>> {
    let began = Instant::now();
    for (index, change) in changes.iter().enumerate() {
        let (tried, _) = changes.split_at(index + 1);
        let undo = undo_cost(tried).max(READ_ALLOWANCE + began.elapsed().mul_f32(1.1));
        let now = Instant::now();
        let left = deadline.saturating_duration_since(now);
        let result = match left.checked_sub(undo + extra) {
            Some(time) => {
                let organizations = organizations.until(now + time);
                organizations.apply(policy, change).await
            }
            None => {
                let (tried, _) = changes.split_at(index);
                let reason = format!(
                    "time ran short after {index} of {} changes: AWS answered slowly or refused \
                     many calls",
                    changes.len()
                );
                return Err(Stopped { tried, reason });
            }
        };
        match result {
            Ok(()) => info!(policy.id = policy, change = %change, "change made"),
            Err(error) => {
                let reason = format!("could not {change}: {error}");
                return Err(Stopped { tried, reason });
            }
        }
    }
    Ok(())
}

/// Kept free, out of [`READ_ALLOWANCE`](policy_resource::plan::READ_ALLOWANCE), for reading the live state
/// after an undo: three reads. Our choice.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// Brings a policy back to how it was: reads how it is now, so that a change whose answer was
/// lost is undone just as one whose answer arrived. Goes on after a change that cannot be undone,
/// and reports what is left, and where the policy now comes after its peers.
pub(crate) async fn roll_back(
    organizations: &Organizations,
    before: &Live,
    stopped: Stopped<'_>,
    deadline: Instant,
) -> NotMade {
    let Stopped { tried, reason } = stopped;
    if tried.is_empty() {
        return NotMade::untouched(reason);
    }
    let looking = organizations.until(deadline);
    let undoing = organizations.until(deadline.checked_sub(LOOK_AGAIN).unwrap_or(deadline));
    let id = &before.id;
    let now = match looking.live(id).await {
        Ok(Some(now)) => now,
        Ok(None) => {
            let left = Left::This(format!("the policy {id} was deleted by somebody else"));
            return NotMade { reason, left };
        }
        Err(error) => {
            let left = Left::This(perhaps(tried, id, &error));
            return NotMade { reason, left };
        }
    };
    let mut moved = Vec::new();
    let mut failed = Vec::new();
    for change in undo(tried, before, &now) {
        match undoing.apply(id, &change).await {
            Ok(()) => info!(policy.id = %id, change = %change, "change undone"),
            Err(error) => {
                warn!(policy.id = %id, change = %change, %error, "change not undone");
                failed.push((change.clone(), error));
            }
        }
        if let Change::Attach(target) = change {
            moved.push(target);
        }
    }
    // A call whose answer was lost may have had its effect.
    if !failed.is_empty()
        && let Ok(Some(now)) = looking.live(id).await
    {
        let left = undo(tried, before, &now);
        failed.retain(|(change, _)| left.contains(change));
        moved.retain(|target| now.targets.contains(target));
    }
    let left: Vec<String> = failed
        .iter()
        .map(|(change, error)| format!("{change} ({error})"))
        .collect();
    NotMade {
        reason: match moved.as_slice() {
            [] => reason,
            _ => format!(
                "{reason}; attached again, and so last among its peers, to {}",
                moved.join(", ")
            ),
        },
        left: match left.as_slice() {
            [] => Left::Nothing,
            _ => Left::This(format!(
                "to undo on the policy {id}, which could not be done: {}",
                left.join("; ")
            )),
        },
    }
}

/// What may be left when not even the state can be read.
fn perhaps(tried: &[Change], id: &str, error: &CallError) -> String {
    let tried: Vec<String> = tried.iter().map(ToString::to_string).collect();
    format!(
        "on the policy {id} these changes were made, the last one perhaps: {}; they could not be \
         undone because the policy could not be read ({error})",
        tried.join("; ")
    )
}
