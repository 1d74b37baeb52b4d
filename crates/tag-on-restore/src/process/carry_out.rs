//! Carrying out a plan, as far as the service lets it be.

use std::collections::BTreeSet;

use aws_client::CallError;

use super::Done;
use crate::failure::{Class, classify};
use crate::plan::Plan;
use crate::route::Route;
use crate::tags::{MOST_USER_TAGS, user_tags};
use crate::{Arn, Aws, Tags};

/// Writes a plan's tags. If the service refuses them, somebody may have been quicker, and there is no
/// room for all: `again` plans with what is there now. Then those are written that the service takes,
/// the first in rank first.
///
/// # Errors
/// When a call fails for another reason, or the service takes none of the tags: then it may as
/// well be the resource that is refused.
pub(super) async fn carry_out(
    aws: &Aws,
    arn: &Arn,
    route: &Route,
    plan: Plan,
    again: impl Fn(&Tags) -> Plan,
) -> Result<Done, CallError> {
    let Err(error) = aws.write_tags(arn, route.write, &plan.tags()).await else {
        let refused = BTreeSet::new();
        return Ok(Done { plan, refused });
    };
    let class = class(&error);
    if !matches!(class, Class::Limit | Class::Busy | Class::Invalid) {
        return Err(error);
    }
    let there = aws.read_tags(arn, route.read).await?;
    if class == Class::Busy && user_tags(&plan.after(&there)) <= MOST_USER_TAGS {
        return Err(error);
    }
    one_by_one(aws, arn, route, again(&there), error).await
}

/// Writes tags in ever smaller groups, down to one, until what remains is what is refused. Groups
/// are in the order of rank, so that what does not fit ranks last.
async fn one_by_one(
    aws: &Aws,
    arn: &Arn,
    route: &Route,
    mut plan: Plan,
    first: CallError,
) -> Result<Done, CallError> {
    let mut done = Vec::new();
    let mut refused = BTreeSet::new();
    let mut last = first;
    let wanted = std::mem::take(&mut plan.write);
    let nothing_wanted = wanted.is_empty();
    let mut groups = vec![wanted];
    while let Some(mut group) = groups.pop() {
        if group.is_empty() {
            continue;
        }
        let tags: Tags = group.iter().cloned().collect();
        let Err(error) = aws.write_tags(arn, route.write, &tags).await else {
            done.extend(group);
            continue;
        };
        let class = class(&error);
        if !matches!(class, Class::Limit | Class::Invalid) {
            return Err(error);
        }
        last = error;
        if group.len() > 1 {
            let half = group.split_off(group.len() / 2);
            groups.push(half);
            groups.push(group);
        } else if class == Class::Limit {
            plan.dropped.extend(tags.into_keys());
        } else {
            refused.extend(tags.into_keys());
        }
    }
    if done.is_empty() && !nothing_wanted {
        return Err(last);
    }
    plan.write = done;
    Ok(Done { plan, refused })
}

fn class(error: &CallError) -> Class {
    classify(error, 1)
}
