//! One event: a request of CloudFormation, from the event to the answer; or a look at the policies.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cfn_custom_resource::{
    ANSWER_MARGIN, Failure, Request, RequestType, ServeError, Success, serve,
};
use policy_resource::deployed::Deployed;
use policy_resource::identity::{Owner, PolicyArn};
use serde_json::Value;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::app::{App, Invocation, Place};
use crate::attempt::Attempt;
use crate::drift::{Look, Trigger};
use crate::not_made::{Left, NotMade};
use crate::physical_id::PhysicalId;
use crate::settle::{Settled, Unanswered};
use crate::spec::Spec;

/// Work ends this long before the protocol would end it, so that a failure is answered with what
/// was undone rather than with "time ran out".
const RESERVE: Duration = Duration::from_secs(1);

/// Kept free at the end of the invocation, so that the function still returns in time.
const RETURN: Duration = Duration::from_millis(250);

/// Kept for remembering what was deployed, after the answer. Our choice: a few calls, and their retries.
const REMEMBERING: Duration = Duration::from_secs(30);

/// An event that should be handled again.
#[derive(Debug)]
pub enum Failed {
    /// CloudFormation could not be answered.
    Answer(ServeError),
    /// Not everything could be looked at, or told.
    Look(String),
}

impl Failed {
    /// The error's type, as Lambda shows it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Answer(_) => "CloudFormationNotAnswered",
            Self::Look(_) => "PoliciesNotLookedAt",
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(error) => error.fmt(f),
            Self::Look(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Failed {}

/// Handles one event: does what CloudFormation asks for and answers it exactly once, whatever
/// happens, at the latest 3 s before the invocation's deadline. `{"action":"look"}` and events of AWS
/// Organizations have the policies compared with what was deployed.
///
/// # Errors
/// When CloudFormation could not be answered, or not every policy could be looked at: the event should
/// then be handled again.
pub async fn answer(app: Arc<App>, event: Value, invocation: Invocation) -> Result<(), Failed> {
    let Invocation {
        function_arn,
        deadline,
        now,
    } = invocation;
    if let Some(trigger) = Trigger::read(&event) {
        let Some(place) = Place::of(&function_arn) else {
            return Err(Failed::Look(not_a_function(&function_arn)));
        };
        let look = Look {
            app: &app,
            place: &place,
            deadline: deadline.checked_sub(RESERVE).unwrap_or(deadline),
            now: now
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |since| since.as_secs()),
        };
        // Boxed: the futures of the SDK's calls lie in each other, too deep for the compiler with one more around.
        return Box::pin(look.at_all(&trigger)).await.map_err(Failed::Look);
    }
    let worker = Arc::clone(&app);
    let work_until = deadline
        .checked_sub(ANSWER_MARGIN + RESERVE)
        .unwrap_or(deadline);
    let handler = move |request: Request| async move {
        handle(&worker, &function_arn, &request, work_until).await
    };
    let served = serve(event, deadline, app.answering(), handler).await;
    let (_, afterwards) = served.map_err(Failed::Answer)?;
    if let Some(afterwards) = afterwards {
        let until = deadline.checked_sub(RETURN).unwrap_or(deadline);
        afterwards.happen(&app, until).await;
    }
    Ok(())
}

/// What is done once CloudFormation has its answer. It waits for none of it.
#[derive(Debug)]
enum Afterwards {
    /// What was deployed is remembered, and a policy that was made loses its mark.
    Settled(Option<Unanswered>, Box<Deployed>),
    /// The policy is forgotten.
    Gone(String, Owner),
    /// Nothing.
    Nothing,
}

impl Afterwards {
    /// When this fails, the next look says that it is not known what was deployed.
    async fn happen(self, app: &App, deadline: Instant) {
        let until = deadline.min(Instant::now() + REMEMBERING);
        let (id, remembered) = match self {
            Self::Nothing => return,
            Self::Gone(id, owner) => {
                let forgotten = app.store().forget(&id, &owner, until).await;
                (id, forgotten)
            }
            Self::Settled(unanswered, deployed) => {
                let arn = deployed.arn.parse::<PolicyArn>();
                let id = arn.map(|arn| arn.policy_id).unwrap_or_default();
                let remembered = app.store().remember(&id, &deployed, until).await;
                if let Some(policy) = unanswered {
                    policy.answered(app, deadline).await;
                }
                (id, remembered)
            }
        };
        if let Err(error) = remembered {
            warn!(policy.id = id, %error, "what was deployed is not remembered");
        }
    }
}

/// A request that succeeded, and what comes after its answer.
type Done = (Success, Afterwards);

async fn handle(
    app: &App,
    function_arn: &str,
    request: &Request,
    deadline: Instant,
) -> Result<Done, Failure> {
    let Some(place) = Place::of(function_arn) else {
        return Err(failure(not_a_function(function_arn)));
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
            Ok((Success::default(), gone(request)))
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

fn not_a_function(arn: &str) -> String {
    format!("`{arn}` is not the arn of a lambda function")
}

/// After a Delete.
fn gone(request: &Request) -> Afterwards {
    let id = request.physical_resource_id.as_deref().unwrap_or_default();
    match PhysicalId::read(id) {
        PhysicalId::Policy(arn) => {
            let owner = Owner {
                stack_id: request.stack_id.clone(),
                logical_id: request.logical_resource_id.clone(),
            };
            Afterwards::Gone(arn.policy_id, owner)
        }
        _ => Afterwards::Nothing,
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
    let deployed = spec.deployed(success.physical_resource_id.clone(), content);
    let afterwards = Afterwards::Settled(unanswered, Box::new(deployed));
    (success, afterwards)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_something_else_is_named() {
        let said = not_a_function("arn:aws:s3:::b");
        assert_eq!(said, "`arn:aws:s3:::b` is not the arn of a lambda function");
    }

    #[test]
    fn the_type_of_an_error_says_what_was_not_done() {
        let looking = Failed::Look("not looked at: p-1".to_string());
        assert_eq!(looking.kind(), "PoliciesNotLookedAt");
        let answering = Failed::Answer(ServeError::TooLong);
        assert_eq!(answering.kind(), "CloudFormationNotAnswered");
    }
}
