//! Settles a policy that is there: brings it to what is specified, or back to how it was.

use std::time::Duration;

use policy_resource::identity::{Ownership, PolicyArn, TAG_UNANSWERED};
use policy_resource::plan::{Change, Live, fits, plan};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::apply::{make, roll_back};
use crate::attempt::Attempt;
use crate::enable::enable_if_asked;
use crate::not_made::NotMade;
use crate::organizations::Organizations;
use crate::spec::Spec;

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
}

impl Unanswered {
    pub(crate) fn new(organizations: &Organizations, policy_id: &str) -> Self {
        Self {
            organizations: organizations.clone(),
            policy_id: policy_id.to_string(),
        }
    }

    /// Removes the mark of an unanswered Create, now that CloudFormation has the policy's id. Not
    /// sooner: an answer that never arrives is followed by a Delete that must find the policy. When
    /// this fails the mark stays until the next Update, where it does no harm.
    pub(crate) async fn answered(self, deadline: Instant) {
        let Self {
            organizations,
            policy_id,
        } = self;
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
            content: desired.content.unwrap_or_else(|| live.content.clone()),
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
