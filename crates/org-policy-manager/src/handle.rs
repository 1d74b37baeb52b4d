//! One request of CloudFormation, from the event to the answer.

use std::sync::Arc;
use std::time::Duration;

use cfn_custom_resource::{
    ANSWER_MARGIN, Failure, Request, RequestType, ServeError, Success, serve,
};
use serde_json::Value;
use tokio::time::Instant;
use tracing::info;

use crate::app::{App, Invocation, Place};
use crate::attempt::Attempt;
use crate::not_made::{Left, NotMade};
use crate::physical_id::PhysicalId;
use crate::settle::{Settled, Unanswered};
use crate::spec::Spec;

/// Work ends this long before the protocol would end it, so that a failure is answered with what
/// was undone rather than with "time ran out".
const RESERVE: Duration = Duration::from_secs(1);

/// Kept free at the end of the invocation, so that the function still returns in time.
const RETURN: Duration = Duration::from_millis(250);

/// Handles one event: does what CloudFormation asks for and answers it exactly once, whatever
/// happens, at the latest 3 s before the invocation's deadline.
///
/// # Errors
/// Only when CloudFormation could not be answered: the event should then be handled again.
pub async fn answer(app: Arc<App>, event: Value, invocation: Invocation) -> Result<(), ServeError> {
    let Invocation {
        function_arn,
        deadline,
    } = invocation;
    let worker = Arc::clone(&app);
    let work_until = deadline
        .checked_sub(ANSWER_MARGIN + RESERVE)
        .unwrap_or(deadline);
    let handler = move |request: Request| async move {
        handle(&worker, &function_arn, &request, work_until).await
    };
    let (_, unanswered) = serve(event, deadline, app.answering(), handler).await?;
    if let Some(policy) = unanswered.flatten() {
        let until = deadline.checked_sub(RETURN).unwrap_or(deadline);
        policy.answered(&app, until).await;
    }
    Ok(())
}

/// A request that succeeded, and the policy that is to be marked once that is answered.
type Done = (Success, Option<Unanswered>);

async fn handle(
    app: &App,
    function_arn: &str,
    request: &Request,
    deadline: Instant,
) -> Result<Done, Failure> {
    let Some(place) = Place::of(function_arn) else {
        let reason = format!("`{function_arn}` is not the arn of a lambda function");
        return Err(failure(reason));
    };
    let attempt = Attempt {
        app,
        place: &place,
        request,
        deadline,
    };
    match request.request_type {
        RequestType::Delete => {
            attempt.delete().await.map_err(failure)?;
            let success = Success {
                physical_resource_id: request.physical_resource_id.clone().unwrap_or_default(),
                ..Success::default()
            };
            Ok((success, None))
        }
        RequestType::Create => {
            let created = async {
                let spec = attempt.spec().await.map_err(NotMade::untouched)?;
                let settled = attempt.create(&spec).await?;
                Ok(done(&spec, settled))
            };
            created.await.map_err(|not_made: NotMade| Failure {
                // What is left behind is looked for when CloudFormation deletes this id.
                physical_resource_id: (not_made.left == Left::Nothing)
                    .then(|| PhysicalId::undone(&request.request_id)),
                ..failure(not_made)
            })
        }
        RequestType::Update => {
            let updated = async {
                let spec = attempt.spec().await.map_err(NotMade::untouched)?;
                let settled = attempt.update(&spec).await?;
                Ok(done(&spec, settled))
            };
            updated.await.map_err(|not_made: NotMade| failure(not_made))
        }
    }
}

fn failure(reason: impl ToString) -> Failure {
    Failure {
        physical_resource_id: None,
        reason: reason.to_string(),
    }
}

/// The answer, with its attributes for `Fn::GetAtt`.
fn done(spec: &Spec, settled: Settled) -> Done {
    let Settled {
        arn,
        content,
        unanswered,
    } = settled;
    let physical_resource_id = arn.to_string();
    info!(
        policy.arn = physical_resource_id,
        targets = spec.targets.len(),
        "the policy is as wanted"
    );
    let data = [
        ("PolicyId", arn.policy_id),
        ("PolicyArn", physical_resource_id.clone()),
        ("PolicyName", spec.properties.name.clone()),
        ("OrganizationId", arn.organization_id),
        ("ManagementAccountId", arn.management_account),
        ("PolicyTargets", spec.targets.join(",")),
        (
            "PolicyCharacters",
            backup_policy::character_count(&content).to_string(),
        ),
    ];
    let data = data
        .into_iter()
        .map(|(name, value)| (name.to_string(), Value::String(value)));
    let success = Success {
        physical_resource_id,
        data: data.collect(),
        ..Success::default()
    };
    (success, unanswered)
}
