//! What happens to each policy: found by its owner's tags or its name, changed as the function
//! would change it.

use std::collections::BTreeSet;
use std::time::Duration;

use policy_resource::identity::{Owner, Ownership, TAG_LOGICAL_ID, TAG_STACK_ID, stack_name};
use policy_resource::plan::{Change, Live, WRITE_COST, fits, plan};

use super::present::Present;
use super::wanted::Wanted;

/// What AWS lets be attached to one target (AWS Organizations quotas).
const MOST_POLICIES: usize = backup_policy::MAX_ATTACHED;

/// How long the function may run (its template's `Timeout`), less what it keeps to answer.
const LONGEST: Duration = Duration::from_secs(297);

/// What happens to one policy.
#[derive(Debug, Clone)]
pub struct Step {
    /// The resource's logical id; `None` if no template declares the policy.
    pub resource: Option<String>,
    /// The policy's name after it.
    pub name: String,
    /// The policy's id, if it exists.
    pub id: Option<String>,
    /// What is done.
    pub action: Action,
    /// The calls that change something, in their order. A new policy's are attachments.
    pub changes: Vec<Change>,
    /// The content before.
    pub before: Option<String>,
    /// The content after.
    pub after: Option<String>,
    /// Why the deployment would fail. Nothing is changed then.
    pub refusals: Vec<String>,
}

/// What is done to a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// There is none yet.
    Create,
    /// It is the resource's, and changes.
    Change,
    /// It was not the resource's, and becomes so.
    Adopt,
    /// Nothing.
    Keep,
    /// The template has no resource for it any more.
    Remove,
    /// The deployment would fail.
    Refuse,
}

/// What happens to each policy, in the order of the deployment: what depends on others after them,
/// and what is removed at the end.
pub fn steps(present: &Present, wanted: &[Wanted], stack: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = in_order(wanted)
        .into_iter()
        .map(|wanted| step(present, wanted, stack))
        .collect();
    crowd(present, &mut steps);
    steps.extend(removals(present, wanted, stack));
    steps
}

/// The same, each after what it depends on.
fn in_order(wanted: &[Wanted]) -> Vec<&Wanted> {
    let mut left: Vec<&Wanted> = wanted.iter().collect();
    let mut ordered = Vec::new();
    while !left.is_empty() {
        let waits = |one: &Wanted| {
            let mut others = left.iter().filter(|other| other.resource != one.resource);
            others.any(|other| one.depends_on.contains(&other.resource))
        };
        // In a circle, which CloudFormation refuses, anything may be first.
        let next = left.iter().position(|one| !waits(one)).unwrap_or_default();
        ordered.push(left.remove(next));
    }
    ordered
}

fn step(present: &Present, wanted: &Wanted, stack: &str) -> Step {
    let own = owned(present, stack).find(|(_, resource)| *resource == wanted.resource);
    let own = own.map(|(id, _)| id).filter(|_| !wanted.native);
    let named = present.named(&wanted.desired.name);
    let mut refusals = wanted.refusals.clone();
    let (id, action) = match (own, named) {
        (Some(own), Some(named)) if own != named => {
            refusals.push(format!(
                "the name `{}` is taken by another policy, {named}: choose another PolicyName",
                wanted.desired.name
            ));
            (Some(own), Action::Change)
        }
        (Some(own), _) => (Some(own), Action::Change),
        // An organization file does not say whose a policy is.
        (None, Some(named)) if wanted.native || present.live.is_none() => {
            (Some(named), Action::Change)
        }
        (None, Some(named)) if wanted.adopts => (Some(named), Action::Adopt),
        (None, Some(named)) => {
            refusals.push(format!(
                "a policy `{}` ({named}) exists already and is not this resource's{}: choose \
                 another PolicyName, or set AdoptExisting: true to take it over",
                wanted.desired.name,
                whose(present, named)
            ));
            (Some(named), Action::Refuse)
        }
        (None, None) => (None, Action::Create),
    };
    let live = id.and_then(|id| present.policy(id));
    let mut desired = wanted.desired.clone();
    if let Some(live) = live
        .as_ref()
        .filter(|_| present.live.is_none() || !wanted.describes)
    {
        desired.description.clone_from(&live.description);
    }
    if present.live.is_none() {
        desired.tags.clear();
    }
    let changes = match &live {
        Some(live) => plan(&desired, live),
        None => desired
            .targets
            .iter()
            .cloned()
            .map(Change::Attach)
            .collect(),
    };
    let writes = live.is_none()
        || changes.iter().any(|change| {
            matches!(
                change,
                Change::Update {
                    content: Some(_),
                    ..
                }
            )
        });
    refusals.extend(wanted.content_refusal.clone().filter(|_| writes));
    let extra = if live.is_none() {
        WRITE_COST
    } else {
        Duration::ZERO
    };
    if !wanted.native
        && let Err(error) = fits(&changes, extra, LONGEST)
    {
        refusals.push(error.to_string());
    }
    let action = match action {
        Action::Change if changes.is_empty() => Action::Keep,
        action => action,
    };
    let before = live.map(|live| live.content);
    Step {
        resource: Some(wanted.resource.clone()),
        name: wanted.desired.name.clone(),
        id: id.map(str::to_owned),
        action,
        changes,
        after: desired.content.or_else(|| before.clone()),
        before,
        refusals,
    }
}

/// Refuses attachments to what does not exist, and to what has all the policies that it can have. A step
/// with any reason against it is refused as a whole.
/// The function attaches before it detaches, so what is detached does not make room.
pub(super) fn crowd(present: &Present, steps: &mut [Step]) {
    let places = present.places();
    let mut attached: Vec<String> = Vec::new();
    for step in steps {
        let targets: Vec<String> = attachments(&step.changes).cloned().collect();
        for target in targets {
            match places.get(target.as_str()) {
                None => step.refusals.push(format!(
                    "`{target}` is not in the organization: correct PolicyTargets"
                )),
                Some((name, policies)) => {
                    let new = attached.iter().filter(|other| **other == target).count();
                    if policies.len() + new >= MOST_POLICIES {
                        step.refusals.push(format!(
                            "{target} ({name}) has {MOST_POLICIES} backup policies, the most that \
                             AWS takes: detach one first, or merge policies"
                        ));
                    }
                    attached.push(target);
                }
            }
        }
        if !step.refusals.is_empty() {
            step.action = Action::Refuse;
        }
    }
}

/// The targets that changes attach to.
pub(super) fn attachments(changes: &[Change]) -> impl Iterator<Item = &String> {
    changes.iter().filter_map(|change| match change {
        Change::Attach(target) => Some(target),
        _ => None,
    })
}

/// The policies that bear this stack's tags, with the logical ids that they name.
pub fn owned<'p>(present: &'p Present, stack: &str) -> impl Iterator<Item = (&'p str, &'p str)> {
    let details = present.live.iter().flat_map(|live| &live.details);
    details.filter_map(move |(id, detail)| {
        let of = detail.tags.get(TAG_STACK_ID).map(|id| stack_name(id));
        let resource = detail.tags.get(TAG_LOGICAL_ID)?;
        (of == Some(stack)).then_some((id.as_str(), resource.as_str()))
    })
}

/// What a policy's tags say of its owner, as the end of a clause.
fn whose(present: &Present, id: &str) -> String {
    let nobody = Owner {
        stack_id: String::new(),
        logical_id: String::new(),
    };
    let Some(detail) = present.detail(id) else {
        return String::new();
    };
    match nobody.of(&detail.tags) {
        Ownership::Nobodys => " (it bears no owner's tags)".to_owned(),
        Ownership::Ours | Ownership::Others => {
            let tag = |key: &str| detail.tags.get(key).map_or("", String::as_str);
            let stack = stack_name(tag(TAG_STACK_ID));
            format!(" but {}'s of the stack `{stack}`", tag(TAG_LOGICAL_ID))
        }
    }
}

/// The stack's policies for which the template has no resource any more: CloudFormation removes
/// them at the end of the deployment.
fn removals(present: &Present, wanted: &[Wanted], stack: &str) -> Vec<Step> {
    let kept: BTreeSet<&str> = wanted.iter().map(|it| it.resource.as_str()).collect();
    let gone = owned(present, stack).filter(|(_, resource)| !kept.contains(resource));
    gone.filter_map(|(id, resource)| {
        let Live {
            name,
            content,
            targets,
            ..
        } = present.policy(id)?;
        Some(Step {
            resource: Some(resource.to_owned()),
            name,
            id: Some(id.to_owned()),
            action: Action::Remove,
            changes: targets.into_iter().map(Change::Detach).collect(),
            before: Some(content),
            after: None,
            refusals: Vec::new(),
        })
    })
    .collect()
}
