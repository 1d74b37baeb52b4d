//! Update: changes a policy in place, so that no target in both the old and the new list is
//! without it for a moment.

use policy_resource::properties::management_account;
use tracing::{info, warn};

use crate::attempt::Attempt;
use crate::delete::name;
use crate::find::made_by;
use crate::not_made::NotMade;
use crate::physical_id::PhysicalId;
use crate::settle::Settled;
use crate::spec::Spec;

impl Attempt<'_> {
    /// Handles an Update. Another management account means another policy, which CloudFormation
    /// learns from the new physical id; it deletes the old one when the stack's update is complete.
    pub(crate) async fn update(&self, spec: &Spec) -> Result<Settled, NotMade> {
        let account = &spec.properties.management_account;
        let id = self.request.physical_resource_id.as_deref();
        let arn = match PhysicalId::read(id.unwrap_or_default()) {
            PhysicalId::Policy(arn) => arn,
            PhysicalId::Undone | PhysicalId::FailedCreate(_) | PhysicalId::Unknown => {
                return self.create(spec).await;
            }
        };
        let organizations = self.organizations(account).await;
        let organizations = organizations.map_err(NotMade::untouched)?;
        if arn.management_account != *account {
            info!(from = %arn.management_account, to = %account, "the policy moves to another organization");
            // A rollback of such a move finds the policy that was never deleted; an attempt of this
            // request that was never answered left one for Create to finish.
            let owned = self.find_owned(&organizations, spec).await;
            return match owned.map_err(NotMade::untouched)? {
                Some(live) if !made_by(&live, self.request) => {
                    self.apply_spec(&organizations, spec, live).await
                }
                _ => self.create(spec).await,
            };
        }
        let live = organizations.live(&arn.policy_id).await;
        let before = &self.request.old_resource_properties;
        let Some(live) = live.map_err(NotMade::untouched)? else {
            warn!(policy.id = %arn.policy_id, "the policy was deleted outside CloudFormation: creating it again");
            let settled = self.create(spec).await?;
            if name(before) != Some(spec.properties.name.as_str()) {
                self.forget_attempt().await;
            }
            return Ok(settled);
        };
        let settled = self.apply_spec(&organizations, spec, live).await?;
        if management_account(before).is_some_and(|before| before != *account) {
            self.forget_attempt().await;
        }
        Ok(settled)
    }

    /// This may be the rollback of an Update that made another policy, in another organization or
    /// under another name, and that was never answered with a success. Removes that policy, for no
    /// Delete will come for it. A rollback must not fail for this.
    async fn forget_attempt(&self) {
        let before = &self.request.old_resource_properties;
        if let Err(reason) = self.delete_unanswered(before, None).await {
            warn!(
                reason,
                "what an update that failed may have made was not removed"
            );
        }
    }
}
