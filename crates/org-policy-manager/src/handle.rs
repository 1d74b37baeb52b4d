//! One request of CloudFormation, from the event to the answer.

use std::sync::Arc;
use std::time::Duration;

use cfn_custom_resource::{
    ANSWER_MARGIN, Failure, Request, RequestType, ServeError, Success, serve,
};
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::info;

use crate::app::{App, Invocation, Place};
use crate::apply::NotMade;
use crate::create::{Unanswered, answered, create};
use crate::delete::delete;
use crate::physical_id::PhysicalId;
use crate::update::{Settled, update};
use crate::wanted::Wanted;

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
    let (made, heard) = oneshot::channel();
    let handler = move |request: Request| async move {
        let done = handle(&worker, &function_arn, &request, work_until).await?;
        // Nobody waits for this when the request was given up, which is then answered FAILED.
        let _ = made.send(done.unanswered);
        Ok(done.success)
    };
    serve(event, deadline, app.answering(), handler).await?;
    if let Ok(Some(policy)) = heard.await {
        answered(policy, deadline.checked_sub(RETURN).unwrap_or(deadline)).await;
    }
    Ok(())
}

/// A request that succeeded.
struct Done {
    success: Success,
    unanswered: Option<Unanswered>,
}

async fn handle(
    app: &App,
    function_arn: &str,
    request: &Request,
    deadline: Instant,
) -> Result<Done, Failure> {
    let fail = |reason: String| Failure {
        physical_resource_id: None,
        reason,
    };
    let Some(place) = Place::of(function_arn) else {
        return Err(fail(format!(
            "`{function_arn}` is not the arn of a lambda function"
        )));
    };
    match request.request_type {
        RequestType::Delete => {
            delete(app, &place, request, deadline).await.map_err(fail)?;
            let id = request.physical_resource_id.clone().unwrap_or_default();
            let success = Success {
                physical_resource_id: id,
                data: Map::new(),
                ..Success::default()
            };
            Ok(Done {
                success,
                unanswered: None,
            })
        }
        RequestType::Create => match wanted(app, request, deadline).await {
            Ok(wanted) => {
                let created = create(app, &place, request, &wanted, deadline).await;
                created
                    .map(|settled| done(&wanted, settled))
                    .map_err(|not_made| Failure {
                        // What is left behind is looked for when CloudFormation deletes this id.
                        physical_resource_id: (not_made.left.is_none() && !not_made.unlisted)
                            .then(|| PhysicalId::undone(&request.request_id)),
                        reason: not_made.to_string(),
                    })
            }
            Err(not_made) => Err(Failure {
                physical_resource_id: Some(PhysicalId::undone(&request.request_id)),
                reason: not_made.to_string(),
            }),
        },
        RequestType::Update => {
            let updated = async {
                let wanted = wanted(app, request, deadline).await?;
                let settled = update(app, &place, request, &wanted, deadline).await?;
                Ok(done(&wanted, settled))
            };
            updated
                .await
                .map_err(|not_made: NotMade| fail(not_made.to_string()))
        }
    }
}

async fn wanted(app: &App, request: &Request, deadline: Instant) -> Result<Wanted, NotMade> {
    Wanted::read(app, request, deadline)
        .await
        .map_err(NotMade::untouched)
}

/// The answer, with its attributes for `Fn::GetAtt`.
fn done(wanted: &Wanted, settled: Settled) -> Done {
    let Settled {
        arn,
        content,
        unanswered,
    } = settled;
    let physical_resource_id = arn.to_string();
    info!(
        policy.arn = physical_resource_id,
        targets = wanted.targets.len(),
        "the policy is as wanted"
    );
    let data = [
        ("PolicyId", arn.policy_id),
        ("PolicyArn", physical_resource_id.clone()),
        ("PolicyName", wanted.properties.name.clone()),
        ("OrganizationId", arn.organization_id),
        ("ManagementAccountId", arn.management_account),
        ("PolicyTargets", wanted.targets.join(",")),
        (
            "PolicyCharacters",
            backup_policy::character_count(&content).to_string(),
        ),
    ];
    let data = data
        .into_iter()
        .map(|(name, value)| (name.to_string(), Value::String(value)));
    Done {
        success: Success {
            physical_resource_id,
            data: data.collect(),
            ..Success::default()
        },
        unanswered,
    }
}
