//! What was made of the schedules in a Region of an account, and of restores there.

use backup_policy::Instant;
use backup_status::Seen;
use backup_status::due::Expected;

use super::{MEMBER_VAULT, TAGGER, Work};
use crate::aws::account::Account as Adapter;
use crate::doctor::facts::{Last, MemberPlace, Missed, Place, Protection};

/// Looks at what is asked of members only.
pub(super) async fn look(
    work: &Work,
    adapter: &Adapter,
    account: &str,
    protection: &Protection,
    place: &mut Place,
) {
    if place.enabled == Seen::There(false) {
        return;
    }
    let (region, now) = (place.region.as_str(), work.now);
    let mut member = MemberPlace {
        last_copy: Seen::Missing,
        failed_copies: Seen::Missing,
        tables: Seen::Missing,
        copy_due: None,
        tagger: None,
    };
    if work.question.tags_restores {
        let partition = work.connection.caller.partition();
        let queue = format!("arn:{partition}:sqs:{region}:{account}:{TAGGER}");
        member.tagger = Some(adapter.tagger(region, TAGGER, &queue).await);
    }
    if let Seen::There(vault) = &place.vault {
        let central = work.question.targets.central_vault.arn.as_str();
        member.last_copy = adapter.last_copy(region, central, now).await;
        member.failed_copies = adapter.failed_copies(region, central, now).await;
        member.tables = adapter.tables(region, MEMBER_VAULT, now).await;
        let since = vault.created.max(changed(protection));
        let rules = rules(protection, region);
        place.missed = missed(adapter, region, &rules, &place.last_backup, since, now).await;
        for rule in rules
            .iter()
            .filter(|it| it.copies.iter().any(|arn| arn == central))
        {
            let due = rule.copy_due(since, now);
            if let (Some(run), Seen::There(last)) = (due, &member.last_copy)
                && last.is_before(run, now)
                && adapter
                    .was_backed_up(region, MEMBER_VAULT, run, rule.end(run))
                    .await
                    == Seen::There(true)
            {
                member.copy_due = member.copy_due.max(Some(run));
            }
        }
    }
    place.member = Some(member);
}

/// When what reaches the account was changed last.
fn changed(protection: &Protection) -> Option<Instant> {
    protection.theirs.there()?.as_ref()?.updated
}

/// The rules that back up into the solution's vault in a Region. An invalid merge has none: what is
/// in force instead is not known.
fn rules<'p>(protection: &'p Protection, region: &str) -> Vec<&'p Expected> {
    let merge = protection.ours.there();
    let rules = merge
        .filter(|merge| merge.problems.is_empty())
        .map_or(&[][..], |merge| merge.expected.as_slice());
    rules
        .iter()
        .filter(|rule| rule.vault == MEMBER_VAULT && rule.regions.iter().any(|it| it == region))
        .collect()
}

/// The rules that ran after the newest backup.
async fn missed(
    adapter: &Adapter,
    region: &str,
    rules: &[&Expected],
    last: &Seen<Last>,
    since: Option<Instant>,
    now: Instant,
) -> Vec<Missed> {
    let mut missed = Vec::new();
    let Seen::There(last) = last else {
        return missed;
    };
    for rule in rules {
        if let Some(run) = rule.due(since, now)
            && last.is_before(run, now)
        {
            missed.push(Missed {
                rule: rule.rule.clone(),
                run,
                selected: adapter.has_selected(region, rule).await,
            });
        }
    }
    missed
}
