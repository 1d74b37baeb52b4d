//! Whether a backup plan reaches each account: by our merge of what is attached, and by AWS's own.

use backup_status::Seen;
use backup_status::merge::{Invalid, Merge};

use super::{Check, PIPELINE_POLICIES, State, check, check_or};
use crate::doctor::agreement::{Agreement, agreement};
use crate::doctor::facts::{Facts, Protection};

/// How many places a line names.
const NAMED: usize = 3;

/// Two lines: what our merge gives the account, and whether AWS has the same in force.
pub(super) fn protection_checks(id: &str, protection: &Protection, facts: &Facts) -> Vec<Check> {
    let mut checks = vec![check_or(
        "backup plan",
        &protection.ours,
        || (String::new(), String::new()),
        |merge| ours(merge),
    )];
    checks.push(theirs(id, protection, &facts.invalid));
    checks
}

fn ours(merge: &Merge) -> Result<String, (String, String)> {
    if !merge.problems.is_empty() {
        return Err((
            format!(
                "the merged policy is invalid, so AWS keeps the last valid one: {}",
                merge.problems.join("; ")
            ),
            "correct a policy that the account gets: backupctl snapshot | backupctl effective \
             --organization - names them and the place"
                .to_owned(),
        ));
    }
    match merge.plans.is_empty() {
        true => Err((
            "none: nothing is backed up".to_owned(),
            PIPELINE_POLICIES.to_owned(),
        )),
        false => Ok(merge.plans.join(", ")),
    }
}

/// Where AWS sees it as we do, or nobody can say, one line; where it does not, a finding of its own.
pub(super) fn theirs(id: &str, protection: &Protection, invalid: &Seen<Invalid>) -> Check {
    let what = "effective policy at AWS";
    let invalid = match invalid {
        Seen::There(all) => all.get(id),
        Seen::Missing => None,
        Seen::Unknown(why) => return check(what, &Seen::<()>::Unknown(why.clone()), |()| fine()),
    };
    check(what, &protection.theirs, |in_force| {
        match agreement(id, &protection.ours, in_force.as_ref(), invalid) {
            Agreement::Same => fine(),
            Agreement::Unmerged(plans) => Ok(format!(
                "{} (our merge could not be made)",
                plans.join(", ")
            )),
            Agreement::NotEnabled => {
                fail("backup policies are not enabled".to_owned(), super::PREPARE)
            }
            Agreement::NoPlan => fail("no plan is in force".to_owned(), PIPELINE_POLICIES),
            Agreement::Withheld { reasons, here_too } => match here_too {
                true => fail(
                    format!("invalid: {reasons}"),
                    "correct a policy that the account gets",
                ),
                false => fail(
                    format!("AWS calls it invalid, and our merge is valid: {reasons}"),
                    AGAIN,
                ),
            },
            Agreement::WithheldHereOnly => fail(
                "our merge is invalid, and AWS does not say so".to_owned(),
                AGAIN,
            ),
            Agreement::Differs(places) => {
                let named: Vec<&str> = places.iter().take(NAMED).map(String::as_str).collect();
                let more = match places.len().saturating_sub(NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more places"),
                };
                fail(
                    format!("differs from our merge at {}{more}", named.join(", ")),
                    AGAIN,
                )
            }
        }
    })
}

/// What to do where AWS and our merge disagree.
const AGAIN: &str = "run it again in some minutes, as AWS merges after a change; if it stays, AWS's \
                     verdict counts: aws organizations describe-effective-policy, and please tell us";

fn fail(text: String, remedy: &str) -> Result<String, (String, String)> {
    Err((text, remedy.to_owned()))
}

fn fine() -> Result<String, (String, String)> {
    Ok("as merged here".to_owned())
}

/// The stack's policies, each as it was deployed or not.
pub(super) fn deployed_checks(facts: &Facts) -> Vec<Check> {
    let steps = match &facts.deployed {
        Seen::There(steps) => steps,
        Seen::Missing => {
            return vec![check_or(
                "policies of the stack",
                &Seen::<()>::Missing,
                || {
                    (
                        format!(
                            "the stack {} is missing in {} of the home account",
                            crate::doctor::deployed::STACK,
                            facts.home.region
                        ),
                        format!("{PIPELINE_POLICIES}, or name its Region with --home-region"),
                    )
                },
                |()| fine(),
            )];
        }
        Seen::Unknown(why) => {
            let seen = Seen::<()>::Unknown(why.clone());
            return vec![check("policies of the stack", &seen, |()| fine())];
        }
    };
    if steps.is_empty() {
        let why = "the stack declares no backup policy".to_owned();
        let seen = Seen::<()>::Unknown(why);
        return vec![check("policies of the stack", &seen, |()| fine())];
    }
    steps.iter().map(deployed).collect()
}

fn deployed(step: &crate::plan::steps::Step) -> Check {
    use crate::plan::steps::Action;
    use policy_resource::plan::Change;

    let (mut wrong, mut remedies, mut noted) = (Vec::new(), Vec::new(), Vec::new());
    let id = step.id.as_deref().unwrap_or_default();
    for change in &step.changes {
        match change {
            Change::Attach(target) => {
                wrong.push(format!("not attached to {target}"));
                remedies.push(format!(
                    "aws organizations attach-policy --policy-id {id} --target-id {target} (in the \
                     management account)"
                ));
            }
            Change::Detach(target) => noted.push(format!("attached by hand to {target}")),
            Change::Update { .. } | Change::Tag(_) | Change::Untag(_) => {
                wrong.push(format!(
                    "changed by hand since: a deployment would {change}"
                ));
                remedies.push(format!(
                    "take the change of {id} back; CloudFormation does not see it, and deploys \
                     again only with another change of the resource"
                ));
            }
        }
    }
    wrong.extend(step.refusals.iter().cloned());
    let gone = step.action == Action::Create;
    let what = format!("policy {}", step.name);
    let resource = step.resource.as_deref().unwrap_or("such resource");
    let (state, detail, remedy) = if gone {
        let detail = format!("the policy of {resource} is missing");
        let remedy = "delete the stack aws-backup-org-policy, whose policies are gone, then start \
                      the pipeline, which makes both anew"
            .to_owned();
        (State::Failed, detail, Some(remedy))
    } else if step.action == Action::Remove {
        let detail = format!("bears the stack's tags, and the stack has no {resource}");
        (State::Noted, detail, None)
    } else if wrong.is_empty() {
        match noted.is_empty() {
            true => (State::Fine, "attached and as deployed".to_owned(), None),
            false => (State::Noted, noted.join(", "), None),
        }
    } else {
        let remedy = match remedies.is_empty() {
            true => "backupctl plan says more".to_owned(),
            false => {
                remedies.dedup();
                remedies.join("; ")
            }
        };
        (State::Failed, wrong.join("; "), Some(remedy))
    };
    Check {
        account: None,
        region: None,
        what,
        state,
        detail,
        remedy,
    }
}
