//! A change that somebody asks about: a policy attached, detached or with another content.

use std::path::Path;

use backup_policy::{Document, Instant, Organization, nearest, validate};
use policy_resource::content::refusal;
use policy_resource::plan::Change;

use super::present::{Present, each, text};
use super::steps::{Action, Step, crowd};

/// What is asked about, by ids.
#[derive(Debug, Clone)]
pub enum Asked {
    /// To attach a policy to a target.
    Attach(String, String),
    /// To detach a policy from a target.
    Detach(String, String),
    /// To give a policy another content.
    Content(String, Document),
}

impl Asked {
    fn policy(&self) -> &str {
        match self {
            Asked::Attach(policy, _) | Asked::Detach(policy, _) | Asked::Content(policy, _) => {
                policy
            }
        }
    }
}

/// What happens to each policy, in the order in which they are asked about.
///
/// # Errors
/// What is asked cannot be done, because it is so already or contradicts itself.
pub fn steps(present: &Present, asked: &[Asked], now: Instant) -> Result<Vec<Step>, Vec<String>> {
    let mut ids: Vec<&str> = Vec::new();
    for one in asked {
        if !ids.contains(&one.policy()) {
            ids.push(one.policy());
        }
    }
    let mut errors = Vec::new();
    let mut steps = Vec::new();
    for id in ids {
        let about = asked.iter().filter(|one| one.policy() == id);
        steps.extend(step(present, id, about, now, &mut errors));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    crowd(present, &mut steps);
    Ok(steps)
}

fn step<'a>(
    present: &Present,
    id: &str,
    asked: impl Iterator<Item = &'a Asked>,
    now: Instant,
    errors: &mut Vec<String>,
) -> Option<Step> {
    let policy = present.organization.policies.get(id)?;
    let name = &policy.name;
    let targets = present.targets(id);
    let before = text(&policy.content);
    let (mut after, mut changes, mut refusals) = (before.clone(), Vec::new(), Vec::new());
    let mut touched: Vec<&str> = Vec::new();
    for one in asked {
        match one {
            Asked::Attach(_, target) | Asked::Detach(_, target) => {
                let is_attached = targets.contains(target);
                let attaches = matches!(one, Asked::Attach(..));
                if touched.contains(&target.as_str()) {
                    errors.push(format!(
                        "`{name}` and {target} are named twice: name them once"
                    ));
                } else if is_attached && attaches {
                    errors.push(format!("`{name}` is attached to {target} already"));
                } else if !is_attached && !attaches {
                    let places = match targets.as_slice() {
                        [] => "it is attached nowhere".to_owned(),
                        some => format!("it is attached to {}", some.join(", ")),
                    };
                    errors.push(format!("`{name}` is not attached to {target}: {places}"));
                }
                touched.push(target);
                changes.push(match one {
                    Asked::Attach(..) => Change::Attach(target.clone()),
                    _ => Change::Detach(target.clone()),
                });
            }
            Asked::Content(_, document) => {
                refusals.extend(refusal(&validate(document, now)));
                after = document.minified();
                if *document.value() != policy.content {
                    changes.insert(
                        0,
                        Change::Update {
                            name: None,
                            description: None,
                            content: Some(after.clone()),
                        },
                    );
                }
            }
        }
    }
    let action = match (refusals.is_empty(), changes.is_empty()) {
        (false, _) => Action::Refuse,
        (true, true) => Action::Keep,
        (true, false) => Action::Change,
    };
    Some(Step {
        resource: None,
        name: name.clone(),
        id: Some(id.to_owned()),
        action,
        changes,
        before: Some(before),
        after: Some(after),
        refusals,
    })
}

/// The policy and the rest of `POLICY=REST`, where the policy's name may hold a `=` itself.
///
/// # Errors
/// There is no such policy.
pub fn policy_and<'g>(
    organization: &Organization,
    given: &'g str,
) -> Result<(String, &'g str), String> {
    let mut splits = given.match_indices('=').map(|(at, _)| given.split_at(at));
    let known = splits.find_map(|(left, right)| {
        let id = policy(organization, left).ok()?;
        Some((id, right.strip_prefix('=')?))
    });
    let Some((left, _)) = given.split_once('=') else {
        return Err(format!(
            "`{given}` has no `=`: write the policy, `=`, and what is meant"
        ));
    };
    match known {
        Some(known) => Ok(known),
        None => policy(organization, left).map(|id| (id, "")),
    }
}

/// The id of a policy that is named by its id or its name.
fn policy(organization: &Organization, given: &str) -> Result<String, String> {
    let policies = &organization.policies;
    let mut found = policies
        .iter()
        .filter(|(id, policy)| *id == given || policy.name == given);
    if let Some((id, _)) = found.next() {
        return Ok(id.clone());
    }
    let names = policies.values().map(|policy| policy.name.as_str());
    let known = policies.keys().map(String::as_str).chain(names.clone());
    let help = match nearest(given, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if policies.is_empty() => "it has none".to_owned(),
        None => format!("there are {}", some(names)),
    };
    Err(format!("the organization has no policy `{given}`: {help}"))
}

/// The id of the root, a unit or an account that is named by its id, its name, or the end of its
/// path (`Workloads/Production`).
///
/// # Errors
/// There is none, or more than one.
pub fn target(organization: &Organization, given: &str) -> Result<String, String> {
    let places = paths(organization);
    if places.iter().any(|(id, _)| *id == given) {
        return Ok(given.to_owned());
    }
    let wanted: Vec<&str> = given.split('/').map(str::trim).collect();
    let is_end = |path: &[&str]| path.ends_with(&wanted);
    let found: Vec<&(&str, Vec<&str>)> = places
        .iter()
        // A name may hold the sign that paths are written with.
        .filter(|(_, path)| path.last() == Some(&given) || is_end(path))
        .collect();
    match found.as_slice() {
        [(id, _)] => Ok((*id).to_owned()),
        [] => {
            let full: Vec<String> = places.iter().map(|(_, path)| path.join("/")).collect();
            let names = places.iter().filter_map(|(_, path)| path.last().copied());
            let ids = places.iter().map(|(id, _)| *id);
            let known = names.chain(ids).chain(full.iter().map(String::as_str));
            let help = match nearest(given, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!(
                    "give an id, a name or a path, such as `{}`",
                    full.last().map_or("", String::as_str)
                ),
            };
            Err(format!("the organization has no target `{given}`: {help}"))
        }
        several => {
            let named = several
                .iter()
                .map(|(id, path)| format!("{id} ({})", path.join("/")));
            let named: Vec<String> = named.collect();
            Err(format!(
                "`{given}` can be {}: give the id, or a longer path",
                named.join(" or ")
            ))
        }
    }
}

/// Every place with the names that lead to it.
fn paths(organization: &Organization) -> Vec<(&str, Vec<&str>)> {
    let mut places = Vec::new();
    each(&organization.root, &mut |place| {
        places.push((place.id, place.path.to_vec()));
    });
    places
}

fn some<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const NAMED: usize = 8;
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named: Vec<String> = names.into_iter().take(NAMED).collect();
    format!("{}{more}", named.join(", "))
}

/// The content of a file that somebody asks about.
///
/// # Errors
/// It is neither JSON nor YAML.
pub fn content(path: &Path, text: &str) -> Result<Document, String> {
    let name = path.display().to_string();
    let document = crate::check::parse(&name, text)
        .map_err(|error| format!("cannot use `{name}`: {error}"))?;
    crate::held::only(document).map_err(|error| format!("cannot use `{name}`: {error}"))
}

#[cfg(test)]
mod tests;
