//! Whether CloudFormation still waits for a request.
//!
//! Lambda repeats an event whose invocation died, minutes later, also when CloudFormation had been
//! answered before or has given the request up meanwhile. Nothing in the event marks a repetition,
//! so CloudFormation is asked for the resource's status before anything is made or changed.

use std::time::Duration;

use aws_client::CallError;
use cfn_custom_resource::{Request, RequestType};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};

use crate::app::App;
use crate::attempt::Attempt;
use crate::cloudformation::Resource;
use crate::not_made::NotMade;
use crate::physical_id::PhysicalId;

/// How often CloudFormation is asked before a "no" is believed: how soon DescribeStackResource shows
/// what CloudFormation has begun is not published. Our choice.
const LOOKS: usize = 3;

/// How long CloudFormation may take to answer, so that time is left for the work. Our choice.
const ANSWERING: Duration = Duration::from_secs(60);

/// How long CloudFormation may take to show the physical id of an answer. It publishes no figure; our
/// choice.
const SHOWING: Duration = Duration::from_secs(10);

/// CloudFormation's answer.
pub(crate) enum Waiting {
    /// It waits, or it cannot be asked: see [`Place::has`](crate::app::Place::has).
    Yes,
    /// It does not; how it shows the resource, if it knows it at all.
    No(Option<Resource>),
}

impl Attempt<'_> {
    /// Before a policy is changed in place. Without an answer the change is made, as it leaves no
    /// policy behind that no stack has, and a rollback must not fail because CloudFormation is busy.
    pub(crate) async fn before_changing(&self) -> Result<(), NotMade> {
        match self.waiting().await {
            Ok(Waiting::Yes) => Ok(()),
            Ok(Waiting::No(resource)) => Err(NotMade::untouched(nobody_waits(resource.as_ref()))),
            Err(error) => {
                warn!("{}: the change is made all the same", unanswerable(&error));
                Ok(())
            }
        }
    }

    /// Asks CloudFormation.
    pub(crate) async fn waiting(&self) -> Result<Waiting, CallError> {
        let Request {
            stack_id,
            logical_resource_id,
            ..
        } = self.request;
        if !self.place.has(stack_id) {
            info!(
                "the stack is in another account or Region, where the function cannot ask for it"
            );
            return Ok(Waiting::Yes);
        }
        let cloudformation = self.app.cloudformation();
        let until = self.deadline.min(Instant::now() + ANSWERING);
        let mut looks = 0;
        loop {
            let resource = cloudformation
                .resource(stack_id, logical_resource_id, until)
                .await?;
            let awaited = |it| awaits(it, self.request);
            if resource.as_ref().is_some_and(awaited) {
                return Ok(Waiting::Yes);
            }
            looks += 1;
            let pause = pause();
            if looks == LOOKS || !ends_before(pause, until) {
                return Ok(Waiting::No(resource));
            }
            sleep(pause).await;
        }
    }
}

/// Whether CloudFormation shows a policy as the resource's: then it has the answer that named it.
pub(crate) async fn knows(
    app: &App,
    stack_id: &str,
    logical_id: &str,
    policy_id: &str,
    deadline: Instant,
) -> bool {
    let until = deadline.min(Instant::now() + SHOWING);
    loop {
        let resource = app.cloudformation().resource(stack_id, logical_id, until);
        let Ok(Some(resource)) = resource.await else {
            return false;
        };
        let shown = resource.physical_id.as_deref().map(PhysicalId::read);
        if matches!(shown, Some(PhysicalId::Policy(arn)) if arn.policy_id == policy_id) {
            return true;
        }
        let pause = pause();
        if !is_under_way(&resource.status) || !ends_before(pause, until) {
            return false;
        }
        sleep(pause).await;
    }
}

fn pause() -> Duration {
    Duration::from_millis(fastrand::u64(500..1_500))
}

/// Whether there is time left after a pause.
pub(crate) fn ends_before(pause: Duration, until: Instant) -> bool {
    until.saturating_duration_since(Instant::now()) > pause
}

/// Whether a resource with this status is being made or changed.
fn is_under_way(status: &str) -> bool {
    status.ends_with("_IN_PROGRESS") && status != "DELETE_IN_PROGRESS"
}

/// Whether CloudFormation is making or changing the resource. One that it is still making has no
/// policy's ARN: it gets that with the answer.
///
/// Another request of the same resource looks the same while it is under way; how this function's
/// tags keep the two apart stands in ARCHITECTURE.md.
fn awaits(resource: &Resource, request: &Request) -> bool {
    let Resource {
        status,
        physical_id,
    } = resource;
    let has_policy = physical_id
        .as_ref()
        .is_some_and(|id| matches!(PhysicalId::read(id), PhysicalId::Policy(_)));
    is_under_way(status) && !(has_policy && request.request_type == RequestType::Create)
}

/// Reports that nobody waits, and returns it as the reason of an answer that nobody reads.
pub(crate) fn nobody_waits(resource: Option<&Resource>) -> String {
    let status = resource.map_or("not there any more", |it| it.status.as_str());
    info!(
        resource.status = status,
        "nothing is made: CloudFormation no longer waits for this request"
    );
    format!("CloudFormation no longer waits for this request (the resource is {status})")
}

pub(crate) fn unanswerable(error: &CallError) -> String {
    format!("CloudFormation did not answer whether it still waits for this request: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cfn_custom_resource::RequestType::{Create, Update};
    use serde_json::Value;

    const POLICY: &str =
        "arn:aws:organizations::111111111111:policy/o-exampleorg1/backup_policy/p-example123";

    fn request(request_type: RequestType, physical_id: Option<&str>) -> Request {
        Request {
            request_type,
            request_id: "0a1b2c3d".to_string(),
            stack_id: "arn:aws:cloudformation:eu-west-1:222222222222:stack/backup/5f0c".to_string(),
            logical_resource_id: "Policy".to_string(),
            resource_type: "Custom::BackupOrgPolicy".to_string(),
            physical_resource_id: physical_id.map(str::to_string),
            resource_properties: Value::Null,
            old_resource_properties: Value::Null,
        }
    }

    fn waits(status: &str, shown: Option<&str>, request: &Request) -> bool {
        let resource = Resource {
            status: status.to_string(),
            physical_id: shown.map(str::to_string),
        };
        awaits(&resource, request)
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_is_made_only_if_there_is_time_left_after_it() {
        let until = Instant::now() + Duration::from_secs(10);
        for (seconds, ends) in [(9, true), (10, false), (11, false)] {
            assert_eq!(ends_before(Duration::from_secs(seconds), until), ends);
        }
    }

    #[test]
    fn a_request_is_waited_for_while_its_resource_is_made_or_changed() {
        let (create, update) = (request(Create, None), request(Update, Some(POLICY)));
        assert!(waits("CREATE_IN_PROGRESS", None, &create));
        // A replacement of a resource of another type.
        assert!(waits("UPDATE_IN_PROGRESS", Some("p-example123"), &create));
        assert!(waits("UPDATE_IN_PROGRESS", Some(POLICY), &update));
        for status in [
            "CREATE_COMPLETE",
            "DELETE_IN_PROGRESS",
            "DELETE_COMPLETE",
            "UPDATE_FAILED",
        ] {
            assert!(!waits(status, None, &create), "{status}");
            assert!(!waits(status, Some(POLICY), &update), "{status}");
        }
    }

    #[test]
    fn a_create_that_gave_the_resource_its_policy_is_answered() {
        let create = request(Create, None);
        // A moment after the answer; and in an Update of later.
        assert!(!waits("CREATE_IN_PROGRESS", Some(POLICY), &create));
        assert!(!waits("UPDATE_IN_PROGRESS", Some(POLICY), &create));
    }
}
