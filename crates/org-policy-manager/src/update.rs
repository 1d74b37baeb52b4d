//! Update: changes a policy in place, so that no target in both the old and the new list is
//! without it for a moment.

use std::time::Duration;

use cfn_custom_resource::Request;
use policy_resource::identity::{Ownership, PolicyArn, TAG_REQUEST_ID};
use policy_resource::plan::{Live, fits, is_unanswered, plan};
use policy_resource::properties::management_account;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::app::{App, Place};
use crate::apply::{NotMade, make, put_back};
use crate::create::{Unanswered, create};
use crate::delete::{delete_unanswered, name};
use crate::enable::enable_if_asked;
use crate::organizations::Organizations;
use crate::physical_id::PhysicalId;
use crate::waiting::before_changing;
use crate::wanted::Wanted;

/// A policy as a request left it.
#[derive(Debug)]
pub(crate) struct Settled {
    pub arn: PolicyArn,
    pub content: String,
    /// The policy, if this request made it: it bears a mark until CloudFormation is answered.
    pub unanswered: Option<Unanswered>,
}

/// Handles an Update. Another management account means another policy, which CloudFormation
/// learns from the new physical id; it deletes the old one when the stack's update is complete.
pub(crate) async fn update(
    app: &App,
    place: &Place,
    request: &Request,
    wanted: &Wanted,
    deadline: Instant,
) -> Result<Settled, NotMade> {
    let account = &wanted.properties.management_account;
    let id = PhysicalId::read(request.physical_resource_id.as_deref().unwrap_or_default());
    let arn = match id {
        PhysicalId::Policy(arn) => arn,
        PhysicalId::Undone | PhysicalId::FailedCreate(_) | PhysicalId::Unknown => {
            return create(app, place, request, wanted, deadline).await;
        }
    };
    let organizations = app
        .organizations(place, account, deadline)
        .await
        .map_err(NotMade::untouched)?;
    if arn.management_account != *account {
        info!(from = %arn.management_account, to = %account, "the policy moves to another organization");
        // A rollback of such a move finds the policy that was never deleted; an attempt of this
        // request that was never answered left one for Create to finish.
        return match own(&organizations, wanted)
            .await
            .map_err(NotMade::untouched)?
        {
            Some(live) if !made_by(&live, request) => {
                settle(app, place, request, &organizations, wanted, live, deadline).await
            }
            _ => create(app, place, request, wanted, deadline).await,
        };
    }
    let live = organizations
        .live(&arn.policy_id)
        .await
        .map_err(NotMade::untouched)?;
    let Some(live) = live else {
        warn!(policy.id = %arn.policy_id, "the policy was deleted outside CloudFormation: creating it again");
        let settled = create(app, place, request, wanted, deadline).await?;
        if name(&request.old_resource_properties) != Some(wanted.properties.name.as_str()) {
            forget_attempt(app, place, request, deadline).await;
        }
        return Ok(settled);
    };
    let settled = settle(app, place, request, &organizations, wanted, live, deadline).await?;
    let before = management_account(&request.old_resource_properties);
    if before.is_some_and(|before| before != *account) {
        forget_attempt(app, place, request, deadline).await;
    }
    Ok(settled)
}

/// Whether an attempt of this very request made the policy, and CloudFormation was not told.
pub(crate) fn made_by(live: &Live, request: &Request) -> bool {
    is_unanswered(&live.tags) && live.tags.get(TAG_REQUEST_ID) == Some(&request.request_id)
}

/// This may be the rollback of an Update that made another policy, in another organization or
/// under another name, and of which CloudFormation heard no success. Removes that policy, for no
/// Delete will come for it. A rollback must not fail for this.
async fn forget_attempt(app: &App, place: &Place, request: &Request, deadline: Instant) {
    let before = &request.old_resource_properties;
    if let Err(reason) = delete_unanswered(app, place, request, before, None, deadline).await {
        warn!(
            reason,
            "what an update that failed may have made was not removed"
        );
    }
}

/// The policy of the wanted name, when it bears this resource's tags.
pub(crate) async fn own(
    organizations: &Organizations,
    wanted: &Wanted,
) -> Result<Option<Live>, aws_client::CallError> {
    let all = organizations.policies().await?;
    let Some(policy) = all
        .into_iter()
        .find(|policy| policy.name == wanted.properties.name)
    else {
        return Ok(None);
    };
    let live = organizations.live(&policy.id).await?;
    Ok(live.filter(|live| wanted.owner.of(&live.tags) == Ownership::Ours))
}

/// Brings a live policy to what is wanted. When that fails, it is brought back to how it was.
pub(crate) async fn settle(
    app: &App,
    place: &Place,
    request: &Request,
    organizations: &Organizations,
    wanted: &Wanted,
    live: Live,
    deadline: Instant,
) -> Result<Settled, NotMade> {
    let arn = live.arn.parse::<PolicyArn>().map_err(|error| {
        NotMade::untouched(format!("AWS answered with `{}`: {error}", live.arn))
    })?;
    let desired = wanted
        .beside(app, &live)
        .await
        .map_err(NotMade::untouched)?;
    let changes = plan(&desired, &live);
    let settled = Settled {
        arn,
        content: desired.content.unwrap_or_else(|| live.content.clone()),
        unanswered: None,
    };
    if changes.is_empty() {
        enable_if_asked(organizations, wanted, deadline).await?;
        info!(policy.id = %live.id, "nothing to change");
        return Ok(settled);
    }
    let ours = wanted.owner.of(&live.tags) == Ownership::Ours;
    if !ours && !wanted.properties.adopt_existing {
        return Err(NotMade::untouched(format!(
            "the policy {} does not bear this resource's tags, so it is not changed: another stack \
             took it over or its tags were removed; set AdoptExisting: true to take it back",
            live.id
        )));
    }
    before_changing(app, place, request, deadline).await?;
    let left = deadline.saturating_duration_since(Instant::now());
    fits(&changes, Duration::ZERO, left).map_err(NotMade::untouched)?;
    enable_if_asked(organizations, wanted, deadline).await?;
    match make(organizations, &live.id, &changes, Duration::ZERO, deadline).await {
        Ok(()) => Ok(settled),
        Err(stopped) => Err(put_back(organizations, &live, stopped, deadline).await),
    }
}
