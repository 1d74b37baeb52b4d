//! One policy under the function's eyes: how it is, and whether its stack is at work on it.

use aws_client::CallError;
use policy_resource::deployed::Deployed;
use policy_resource::drift::{Difference, Policy, compare, undocumented};
use policy_resource::identity::{Owner, PolicyArn};
use policy_resource::plan::Live;

use super::Look;
use crate::organizations::Organizations;
use crate::physical_id::PhysicalId;

/// What CloudFormation is doing with the resource that owns a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stack {
    /// Nothing.
    Quiet,
    /// An operation is under way.
    UnderWay,
    /// The resource is gone, or has another policy.
    Gone,
    /// It cannot be asked: the stack is in another account or Region.
    Elsewhere,
}

/// A policy, and what is known of its deployment.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub policy: Policy,
    pub deployed: Option<Deployed>,
}

/// A policy as it is.
#[derive(Debug)]
pub(super) struct Seen {
    pub live: Option<Live>,
    pub stack: Stack,
    pub differences: Vec<Difference>,
}

impl Subject {
    /// A policy whose deployment is known.
    pub(super) fn known(arn: &PolicyArn, deployed: Deployed) -> Self {
        Self {
            policy: Policy {
                id: arn.policy_id.clone(),
                arn: deployed.arn.clone(),
                name: deployed.name.clone(),
                stack_id: deployed.owner.stack_id.clone(),
                logical_id: deployed.owner.logical_id.clone(),
            },
            deployed: Some(deployed),
        }
    }

    /// The resource that owns it.
    pub(super) fn owner(&self) -> Owner {
        Owner {
            stack_id: self.policy.stack_id.clone(),
            logical_id: self.policy.logical_id.clone(),
        }
    }

    /// The differences' texts, as they are told and remembered.
    pub(super) fn texts(differences: &[Difference]) -> Vec<String> {
        differences.iter().map(ToString::to_string).collect()
    }
}

impl Look<'_> {
    /// Looks at a policy, and then at its stack: an operation that began before the look was over is
    /// seen, and one that was over before it has given the policy another digest.
    pub(super) async fn see(
        &self,
        organizations: &Organizations,
        subject: &Subject,
    ) -> Result<Seen, CallError> {
        let live = organizations.live(&subject.policy.id).await?;
        let differences = match (&subject.deployed, &live) {
            (Some(deployed), live) => {
                let bare = live.as_ref().is_some_and(|live| live.targets.is_empty());
                let enabled = !bare
                    || deployed.targets.is_empty()
                    || organizations
                        .root()
                        .await?
                        .is_none_or(|root| root.enabled || root.pending);
                compare(deployed, live.as_ref(), enabled)
            }
            (None, Some(live)) => undocumented(live),
            (None, None) => Vec::new(),
        };
        let stack = self.stack(subject).await?;
        Ok(Seen {
            live,
            stack,
            differences,
        })
    }

    /// Asks CloudFormation for the resource.
    pub(super) async fn stack(&self, subject: &Subject) -> Result<Stack, CallError> {
        let Policy {
            stack_id,
            logical_id,
            arn,
            ..
        } = &subject.policy;
        if !self.place.has(stack_id) {
            return Ok(Stack::Elsewhere);
        }
        let cloudformation = self.app.cloudformation();
        let resource = cloudformation
            .resource(stack_id, logical_id, self.deadline)
            .await?;
        let Some(resource) = resource else {
            return Ok(Stack::Gone);
        };
        let shown = resource.physical_id.as_deref().map(PhysicalId::read);
        Ok(match (resource.status.as_str(), shown) {
            ("DELETE_COMPLETE", _) => Stack::Gone,
            (status, _) if status.ends_with("_IN_PROGRESS") => Stack::UnderWay,
            (_, Some(PhysicalId::Policy(shown))) if shown.to_string() == *arn => Stack::Quiet,
            _ => Stack::Gone,
        })
    }
}
