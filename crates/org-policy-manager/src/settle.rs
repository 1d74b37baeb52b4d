//! Settles a policy that is there: brings it to what is specified, or back to how it was.

use std::time::Duration;

use policy_resource::deployed::content_left;
use policy_resource::identity::{Ownership, PolicyArn, TAG_UNANSWERED};
use policy_resource::plan::{Change, Live, fits, plan};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::app::App;
use crate::apply::{make, roll_back};
use crate::attempt::Attempt;
use crate::enable::enable_if_asked;
use crate::not_made::NotMade;
use crate::organizations::Organizations;
use crate::spec::Spec;
use crate::waiting::knows;

/// A policy as a request left it.
#[derive(Debug)]
pub(crate) struct Settled {
    pub arn: PolicyArn,
    pub content: String,
    /// The policy, if this request made it: it bears a mark until CloudFormation is answered.
    pub unanswered: Option<Unanswered>,
}

/// A policy that was just made, while CloudFormation does not know of it yet.
#[derive(Debug)]
pub(crate) struct Unanswered {
    organizations: Organizations,
    policy_id: String,
    /// The resource by its stack's id and its logical id, if CloudFormation can be asked for it.
    resource: Option<(String, String)>,
}

impl Unanswered {
    /// Removes the mark of an unanswered Create, once CloudFormation shows the policy's id. Not
    /// sooner: an answer that never arrives, or that comes when another resource of the stack has
    /// failed and nobody waits for it any more, is followed by a Delete that must find the policy.
    /// When this fails the mark stays until the next Update, where it does no harm.
    pub(crate) async fn answered(self, app: &App, deadline: Instant) {
        let Self {
            organizations,
            policy_id,
            resource,
        } = self;
        if let Some((stack_id, logical_id)) = &resource
            && !knows(app, stack_id, logical_id, &policy_id, deadline).await
        {
            warn!(
                policy.id = policy_id,
                "the tag of an unanswered create stays: CloudFormation does not show the policy"
            );
            return;
        }
        let change = Change::Untag([TAG_UNANSWERED.to_string()].into());
        let organizations = organizations.until(deadline);
        match organizations.apply(&policy_id, &change).await {
            Ok(()) => info!(policy.id = policy_id, change = %change, "change made"),
            Err(error) => {
                warn!(policy.id = policy_id, %error, "the tag of an unanswered create stays");
            }
        }
    }
}

impl Attempt<'_> {
    /// A policy that this request made.
    pub(crate) fn unanswered(&self, organizations: &Organizations, policy_id: &str) -> Unanswered {
        let request = self.request;
        let resource = (
            request.stack_id.clone(),
            request.logical_resource_id.clone(),
        );
        Unanswered {
            organizations: organizations.clone(),
            policy_id: policy_id.to_string(),
            resource: self.place.has(&request.stack_id).then_some(resource),
        }
    }

    /// Brings a live policy to what is specified. When that fails, it is brought back to how it was.
    pub(crate) async fn apply_spec(
        &self,
        organizations: &Organizations,
        spec: &Spec,
        live: Live,
    ) -> Result<Settled, NotMade> {
        let arn = live.arn.parse::<PolicyArn>().map_err(|error| {
            NotMade::untouched(format!("AWS answered with `{}`: {error}", live.arn))
        })?;
        let desired = self
            .desired_beside(spec, &live)
            .await
            .map_err(NotMade::untouched)?;
        let changes = plan(&desired, &live);
        let settled = Settled {
            arn,
            content: content_left(desired.content.as_deref(), Some(&live)),
            unanswered: None,
        };
        if changes.is_empty() {
            enable_if_asked(organizations, spec, self.deadline).await?;
            info!(policy.id = %live.id, "nothing to change");
            return Ok(settled);
        }
        let ours = self.owner().of(&live.tags) == Ownership::Ours;
        if !ours && !spec.properties.adopt_existing {
            return Err(NotMade::untouched(format!(
                "the policy {} does not bear this resource's tags, so it is not changed: another \
                 stack took it over or its tags were removed; set AdoptExisting: true to take it back",
                live.id
            )));
        }
        self.before_changing().await?;
        fits(&changes, Duration::ZERO, self.time_left()).map_err(NotMade::untouched)?;
        enable_if_asked(organizations, spec, self.deadline).await?;
        let made = make(
            organizations,
            &live.id,
            &changes,
            Duration::ZERO,
            self.deadline,
        );
        match made.await {
            Ok(()) => Ok(settled),
            Err(stopped) => Err(roll_back(organizations, &live, stopped, self.deadline).await),
        }
    }
}
