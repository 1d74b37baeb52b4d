//! One request of CloudFormation, as an invocation works on it. What is done for it, a method a
//! task, stands in the modules that are named after the tasks.

use std::time::Duration;

use aws_client::CallError;
use cfn_custom_resource::Request;
use policy_resource::identity::Owner;
use tokio::time::Instant;

use crate::app::{App, Place};
use crate::organizations::Organizations;

/// A request, by whom it is served, and until when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempt<'a> {
    pub app: &'a App,
    /// Where the function runs.
    pub place: &'a Place,
    pub request: &'a Request,
    /// All work has ended by then, undoing included.
    pub deadline: Instant,
}

impl Attempt<'_> {
    /// The organization of a management account, for calls that end in time.
    pub(crate) async fn organizations(&self, account: &str) -> Result<Organizations, CallError> {
        self.app
            .organizations(self.place, account, self.deadline)
            .await
    }

    /// The resource that the request is about.
    pub(crate) fn owner(&self) -> Owner {
        Owner {
            stack_id: self.request.stack_id.clone(),
            logical_id: self.request.logical_resource_id.clone(),
        }
    }

    /// The time that is left for work.
    pub(crate) fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}
