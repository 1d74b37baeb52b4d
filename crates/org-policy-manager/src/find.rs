//! Finds policies by their name and owner.

use std::fmt;
use std::time::Duration;

use aws_client::CallError;
use cfn_custom_resource::Request;
use policy_resource::identity::{Ownership, TAG_REQUEST_ID};
use policy_resource::plan::{Live, is_unanswered};
use tokio::time::sleep;

use crate::attempt::Attempt;
use crate::organizations::{Listed, Organizations};
use crate::spec::Spec;

/// How often a policy that must exist is looked for in a list that may lag behind. Our choice.
const LISTINGS: usize = 5;

/// Looking for a policy failed: no list came, or the policy in it could not be read.
#[derive(Debug)]
pub(crate) struct Unseen {
    /// What a list has of it.
    pub found: Option<Box<Listed>>,
    pub error: CallError,
}

impl From<CallError> for Unseen {
    fn from(error: CallError) -> Self {
        Self { found: None, error }
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Listed {
    /// What reading more about it returned.
    pub(crate) fn read<T>(&self, result: Result<T, CallError>) -> Result<T, Unseen> {
        result.map_err(|error| Unseen {
            found: Some(Box::new(self.clone())),
            error,
        })
    }
}

impl Attempt<'_> {
    /// The policy of the specified name, when it bears this resource's tags.
    pub(crate) async fn find_owned(
        &self,
        organizations: &Organizations,
        spec: &Spec,
    ) -> Result<Option<Live>, Unseen> {
        let Some(policy) = organizations.named(&spec.properties.name).await? else {
            return Ok(None);
        };
        let live = policy.read(organizations.live(&policy.id).await)?;
        Ok(live.filter(|live| self.owner().of(&live.tags) == Ownership::Ours))
    }

    /// The policy of this name that an unfinished Create of this resource made, if there is one:
    /// the Create with this RequestId, or any.
    pub(crate) async fn find_unanswered(
        &self,
        organizations: &Organizations,
        request_id: Option<&str>,
        name: &str,
    ) -> Result<Option<Listed>, Unseen> {
        let Some(policy) = organizations.named(name).await? else {
            return Ok(None);
        };
        let Some(tags) = policy.read(organizations.tags(&policy.id).await)? else {
            return Ok(None);
        };
        let requested =
            request_id.is_none_or(|id| tags.get(TAG_REQUEST_ID).is_some_and(|tag| tag == id));
        let ours = self.owner().of(&tags) == Ownership::Ours;
        Ok((ours && requested && is_unanswered(&tags)).then_some(policy))
    }
}

/// The policy of a name, which a list may show only after a while.
pub(crate) async fn wait_until_listed(
    organizations: &Organizations,
    name: &str,
) -> Result<Option<Listed>, CallError> {
    for round in 0..LISTINGS {
        if round > 0 {
            sleep(Duration::from_millis(500 + fastrand::u64(0..1_000))).await;
        }
        if let Some(policy) = organizations.named(name).await? {
            return Ok(Some(policy));
        }
    }
    Ok(None)
}

/// Whether an attempt of this very request made the policy, and CloudFormation was not answered.
pub(crate) fn made_by(live: &Live, request: &Request) -> bool {
    is_unanswered(&live.tags) && live.tags.get(TAG_REQUEST_ID) == Some(&request.request_id)
}
