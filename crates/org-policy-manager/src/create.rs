//! Create: makes the policy, or finds the one that an earlier attempt made, and attaches it.

use aws_client::CallError;
use cfn_custom_resource::Request;
use policy_resource::identity::{Ownership, PolicyArn, TAG_REQUEST_ID, TAG_UNANSWERED};
use policy_resource::plan::{Change, Live, WRITE_COST, fits, is_unanswered};
use tokio::time::{Duration, Instant, sleep};
use tracing::{info, warn};

use crate::app::{App, Place};
use crate::apply::{NotMade, make};
use crate::delete::{remove, unanswered};
use crate::enable::enable_if_asked;
use crate::organizations::{Listed, Organizations};
use crate::update::{Settled, settle};
use crate::waiting::{before_changing, before_making};
use crate::wanted::{Ready, Wanted};

/// How often a policy that must exist is looked for in a list that may lag behind. Our choice.
const LISTINGS: usize = 5;

/// Makes the wanted policy and attaches it. When that fails, what was made is removed again.
pub(crate) async fn create(
    app: &App,
    place: &Place,
    request: &Request,
    wanted: &Wanted,
    deadline: Instant,
) -> Result<Settled, NotMade> {
    let ready = wanted.content(app).await.map_err(NotMade::untouched)?;
    let account = &wanted.properties.management_account;
    let organizations = app
        .organizations(place, account, deadline)
        .await
        .map_err(|error| match error.is_refusal() {
            // It would have stopped an earlier attempt of this request too.
            true => NotMade::untouched(error),
            false => NotMade::unlisted(error.to_string()),
        })?;

    let mut desired = wanted.fresh(&ready);
    let mut tags = desired.tags.clone();
    tags.insert(TAG_REQUEST_ID.to_string(), request.request_id.clone());
    tags.insert(TAG_UNANSWERED.to_string(), "true".to_string());
    desired.tags = tags;
    let attach: Vec<Change> = desired
        .targets
        .iter()
        .cloned()
        .map(Change::Attach)
        .collect();
    let earlier = before_making(app, place, request, &organizations, wanted, deadline).await?;
    if let Some(settled) = earlier {
        return Ok(settled);
    }
    let left = deadline.saturating_duration_since(Instant::now());
    fits(&attach, WRITE_COST, left).map_err(NotMade::untouched)?;
    enable_if_asked(&organizations, wanted, deadline).await?;

    let name = &desired.name;
    let created = organizations
        .create(name, &desired.description, &ready.content, &desired.tags)
        .await;
    let (policy, attached) = match created {
        Ok(policy) => {
            info!(policy.id = %policy.id, "policy created");
            (policy, Vec::new())
        }
        Err(error) if error.is("DuplicatePolicyException") => {
            match existing(&organizations, request, wanted).await? {
                Existing::Unfinished(policy, attached) => (policy, attached),
                Existing::Taken(live) => {
                    return settle(app, place, request, &organizations, wanted, *live, deadline)
                        .await;
                }
            }
        }
        Err(error) => {
            let reason = format!("could not create the policy `{name}`: {error}");
            found_after(&organizations, request, name, &error, reason).await?
        }
    };
    // CloudFormation may have given up meanwhile, and its Delete come before there was a policy.
    if let Err(nobody) = before_changing(app, place, request, deadline).await {
        return Err(discard(&organizations, &policy, nobody.reason, deadline).await);
    }
    finish(&organizations, wanted, &ready, policy, &attached, deadline).await
}

/// The policy that a failed CreatePolicy made all the same, because its answer was lost or an
/// earlier attempt of this request succeeded, with its targets. Going on with it, instead of
/// removing it, is right in both cases: after the second, CloudFormation may know of it.
async fn found_after(
    organizations: &Organizations,
    request: &Request,
    name: &str,
    error: &CallError,
    reason: String,
) -> Result<(Listed, Vec<String>), NotMade> {
    let found = async {
        let id = Some(request.request_id.as_str());
        let Some(policy) = unanswered(organizations, request, id, name).await? else {
            return Ok::<_, CallError>(None);
        };
        let targets = organizations.targets(&policy.id).await?;
        Ok(targets.map(|targets| (policy, targets)))
    };
    match found.await {
        Ok(Some(found)) => Ok(found),
        // Without an answer, the policy may yet appear in the list.
        Ok(None) if error.code.is_none() => Err(NotMade::unlisted(reason)),
        Ok(None) => Err(NotMade::untouched(reason)),
        // The same refusal again: AWS did not let us in at all.
        Err(again) if again.code.is_some() && again.code == error.code => {
            Err(NotMade::untouched(reason))
        }
        Err(again) => Err(NotMade::perhaps(reason, name, &again)),
    }
}

/// Attaches a policy that was just created, or whose Create is being repeated. What is attached
/// already needs no call that could fail: CloudFormation may have heard of the policy.
async fn finish(
    organizations: &Organizations,
    wanted: &Wanted,
    ready: &Ready,
    policy: Listed,
    attached: &[String],
    deadline: Instant,
) -> Result<Settled, NotMade> {
    let arn = match policy.arn.parse::<PolicyArn>() {
        Ok(arn) if arn.management_account == wanted.properties.management_account => arn,
        _ => {
            let reason = format!(
                "`OrgManagementAccount` is `{}`, but the policy was created as {}: expected the \
                 management account of this organization",
                wanted.properties.management_account, policy.arn
            );
            return Err(discard(organizations, &policy, reason, deadline).await);
        }
    };
    let changes: Vec<Change> = wanted
        .targets
        .iter()
        .filter(|target| !attached.contains(target))
        .cloned()
        .map(Change::Attach)
        .collect();
    match make(organizations, &policy.id, &changes, WRITE_COST, deadline).await {
        Ok(()) => Ok(Settled {
            arn,
            content: ready.content.clone(),
            unanswered: Some(Unanswered::new(organizations, &policy.id)),
        }),
        Err(stopped) => Err(discard(organizations, &policy, stopped.reason, deadline).await),
    }
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
}

/// Removes the mark of an unanswered Create, now that CloudFormation has the policy's id. Not
/// sooner: an answer that never arrives is followed by a Delete that must find the policy. When
/// this fails the mark stays until the next Update, where it does no harm.
pub(crate) async fn answered(policy: Unanswered, deadline: Instant) {
    let Unanswered {
        organizations,
        policy_id,
    } = policy;
    let change = Change::Untag([TAG_UNANSWERED.to_string()].into());
    match organizations
        .until(deadline)
        .apply(&policy_id, &change)
        .await
    {
        Ok(()) => info!(policy.id = policy_id, change = %change, "change made"),
        Err(error) => warn!(policy.id = policy_id, %error, "the tag of an unanswered create stays"),
    }
}

/// A policy that already has the wanted name.
enum Existing {
    /// An earlier attempt of this very request made it, and attached it to these targets.
    Unfinished(Listed, Vec<String>),
    /// It is this resource's from before, or `AdoptExisting` lets it be taken over.
    Taken(Box<Live>),
}

async fn existing(
    organizations: &Organizations,
    request: &Request,
    wanted: &Wanted,
) -> Result<Existing, NotMade> {
    let name = &wanted.properties.name;
    let taken = || format!("AWS says that there is a policy `{name}` already");
    let unseen = |error: CallError| NotMade::perhaps(taken(), name, &error);
    let Some(policy) = listed(organizations, name).await.map_err(unseen)? else {
        return Err(NotMade::unlisted(format!(
            "{}, but does not list it: try again later",
            taken()
        )));
    };
    let live = organizations.live(&policy.id).await.map_err(unseen)?;
    let Some(live) = live else {
        return Err(NotMade::untouched(format!(
            "the policy `{name}` ({}) was just deleted by somebody else: try again",
            policy.id
        )));
    };
    let same_request = live.tags.get(TAG_REQUEST_ID) == Some(&request.request_id);
    if same_request && is_unanswered(&live.tags) {
        info!(policy.id = %policy.id, "an earlier attempt of this request created the policy");
        return Ok(Existing::Unfinished(policy, live.targets));
    }
    let ours = wanted.owner.of(&live.tags) == Ownership::Ours;
    if ours || wanted.properties.adopt_existing {
        info!(policy.id = %policy.id, ours, "taking the existing policy over");
        return Ok(Existing::Taken(Box::new(live)));
    }
    Err(NotMade::untouched(format!(
        "a policy `{name}` ({}) exists already and is not this resource's: choose another \
         PolicyName, or set AdoptExisting: true to take it over",
        policy.id
    )))
}

/// The policy of a name, which a list may show only after a while.
async fn listed(organizations: &Organizations, name: &str) -> Result<Option<Listed>, CallError> {
    for round in 0..LISTINGS {
        if round > 0 {
            sleep(Duration::from_millis(500 + fastrand::u64(0..1_000))).await;
        }
        let mut all = organizations.policies().await?.into_iter();
        if let Some(policy) = all.find(|policy| policy.name == name) {
            return Ok(Some(policy));
        }
    }
    Ok(None)
}

/// Removes what a failed Create made.
pub(crate) async fn discard(
    organizations: &Organizations,
    policy: &Listed,
    reason: String,
    deadline: Instant,
) -> NotMade {
    NotMade {
        left: remove(organizations, &policy.id, deadline).await.err(),
        ..NotMade::untouched(reason)
    }
}
