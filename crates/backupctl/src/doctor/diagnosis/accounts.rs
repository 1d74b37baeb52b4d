//! An account's role, and vault, key, backups and copies in each of its Regions.

use backup_policy::Instant;
use backup_status::Seen;
use chrono::TimeDelta;

use super::functions::tagger_check;
use super::{BACKUP, Check, LINKED_ROLE, PREPARE_MEMBERS, State, check, check_or};
use crate::doctor::facts::{Account, FailedCopies, Last, Missed, Place, Tables};
use crate::doctor::trust;

/// What is to be reported of an account. `kind` stands before the names of the checks, and `remedy`
/// makes what is missing.
pub(super) fn account_checks(
    account: &Account,
    now: Instant,
    oldest: Option<u32>,
    remedy: &str,
    kind: &str,
) -> Vec<Check> {
    let own = Some((account.id.clone(), account.name.clone()));
    if let Some(why) = &account.closed {
        return vec![closed_check(own, kind, why)];
    }
    // Copies into the central account are made in its name, so `remedy` makes it there.
    let linked_remedy = match kind.is_empty() {
        true => PREPARE_MEMBERS,
        false => remedy,
    };
    let missing = |what: &str| (format!("the {what} is missing"), remedy.to_owned());
    let mut checks = vec![Check {
        account: own.clone(),
        ..check_or(
            &format!("{kind}service role"),
            &account.role,
            || missing("role"),
            |trust| match trust::service(trust, BACKUP) {
                true => Ok("trusts AWS Backup".to_owned()),
                false => Err(("does not trust AWS Backup".to_owned(), remedy.to_owned())),
            },
        )
    }];
    checks.push(Check {
        account: own.clone(),
        ..check_or(
            &format!("{kind}service-linked role"),
            &account.linked_role,
            || {
                (
                    format!("{LINKED_ROLE} is missing"),
                    linked_remedy.to_owned(),
                )
            },
            |_| Ok("there".to_owned()),
        )
    });
    for place in &account.places {
        for check in place_checks(place, now, oldest, kind, &missing) {
            checks.push(Check {
                account: own.clone(),
                region: Some(place.region.clone()),
                ..check
            });
        }
    }
    checks
}

/// What is reported of an account that nobody could look into.
pub(super) fn closed_check(account: Option<(String, String)>, kind: &str, why: &str) -> Check {
    Check {
        account,
        region: None,
        what: format!("{kind}account"),
        state: State::Unknown,
        detail: format!("cannot be looked into: {why}"),
        remedy: Some(
            "let the caller assume a role there, or name another with --member-role".to_owned(),
        ),
    }
}

fn place_checks(
    place: &Place,
    now: Instant,
    oldest: Option<u32>,
    kind: &str,
    missing: &dyn Fn(&str) -> (String, String),
) -> Vec<Check> {
    if place.enabled == Seen::There(false) {
        let region = &place.region;
        return vec![Check {
            account: None,
            region: None,
            what: format!("{kind}Region"),
            state: State::Unknown,
            detail: "is switched off in the account: nothing there is backed up or looked at"
                .to_owned(),
            remedy: Some(format!(
                "aws account enable-region --region-name {region} (in that account), or take it out \
                 of TargetRegions"
            )),
        }];
    }
    let mut checks = Vec::new();
    if let Seen::Unknown(why) = &place.enabled {
        let seen = Seen::<()>::Unknown(why.clone());
        checks.push(check(&format!("{kind}Region"), &seen, |()| {
            Ok(String::new())
        }));
    }
    if let Some(tagger) = place.member.as_ref().and_then(|it| it.tagger.as_ref()) {
        checks.push(tagger_check(tagger));
    }
    checks.push(check_or(
        &format!("{kind}vault"),
        &place.vault,
        || missing("vault"),
        |_| Ok("there".to_owned()),
    ));
    // Without a vault there is nothing in it, and no key to it.
    let Some(vault) = place.vault.there() else {
        return checks;
    };
    let (arn, region) = (&vault.key, &place.region);
    let mend = |command: &str| format!("aws kms {command} --region {region} --key-id {arn}");
    checks.push(check_or(
        &format!("{kind}key"),
        &place.key,
        || missing("vault's key"),
        |state| match state.as_str() {
            "Enabled" => Ok("enabled".to_owned()),
            "PendingDeletion" => Err((
                "is about to be deleted, and every backup with it".to_owned(),
                mend("cancel-key-deletion"),
            )),
            other => Err((format!("is {other}"), mend("enable-key"))),
        },
    ));
    let Some(member) = &place.member else {
        checks.push(recent(
            "last copy received",
            &place.last_backup,
            now,
            oldest,
        ));
        return checks;
    };
    let backup = recent("last backup", &place.last_backup, now, oldest);
    checks.push(match missed(&place.missed) {
        Some((state, detail)) if backup.state != State::Failed => Check {
            state,
            detail: format!("{}: {detail}", backup.detail),
            remedy: (state == State::Failed).then(|| JOBS.to_owned()),
            ..backup
        },
        _ => backup,
    });
    let copy = recent("last copy", &member.last_copy, now, oldest);
    checks.push(match (member.copy_due, &member.last_copy) {
        (Some(due), Seen::There(last)) if last.is_before(due, now) => Check {
            state: State::Failed,
            detail: format!("{}: none of the backups since {}", copy.detail, minute(due)),
            remedy: Some(JOBS.to_owned()),
            ..copy
        },
        _ => copy,
    });
    checks.push(check(
        "failed copies",
        &member.failed_copies,
        |failed| match failed {
            None => Ok("none".to_owned()),
            Some(failed) => Err(failed_copies(failed, region)),
        },
    ));
    checks.push(tables(&member.tables));
    checks
}

/// What to do where a schedule ran and nothing came of it.
const JOBS: &str = "see the jobs of AWS Backup there (aws backup list-backup-jobs, list-copy-jobs), and \
                    the role and the vault that the plan names";

/// What is reported of rules that ran without a backup: a failure where something bears a tag that they
/// select, and otherwise what is known of that.
fn missed(missed: &[Missed]) -> Option<(State, String)> {
    let named = |of: &dyn Fn(&Seen<bool>) -> bool| -> Option<String> {
        let all: Vec<String> = missed
            .iter()
            .filter(|it| of(&it.selected))
            .map(|it| format!("{} ran on {}", it.rule, minute(it.run)))
            .collect();
        (!all.is_empty()).then(|| all.join(", "))
    };
    if let Some(rules) = named(&|seen| *seen == Seen::There(true)) {
        let detail = format!("{rules}, and of what bears its tag nothing was backed up since");
        return Some((State::Failed, detail));
    }
    let unknown = missed.iter().find_map(|it| match &it.selected {
        Seen::Unknown(why) => Some(why),
        Seen::There(_) | Seen::Missing => None,
    });
    if let Some(why) = unknown {
        let detail =
            format!("a schedule ran since, and whether it selects anything is unknown: {why}");
        return Some((State::Unknown, detail));
    }
    if let Some(rules) = named(&|seen| *seen == Seen::Missing) {
        let detail = format!(
            "{rules} since; whether it selects anything is not looked at, as it selects not by tags alone"
        );
        return Some((State::Noted, detail));
    }
    named(&|seen| *seen == Seen::There(false)).map(|rules| {
        let detail = format!("{rules}, and nothing there bears its tag");
        (State::Noted, detail)
    })
}

fn minute(time: Instant) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// What is reported of copies that failed, with AWS Backup's own words, and what mends the newest.
fn failed_copies(failed: &FailedCopies, region: &str) -> (String, String) {
    let FailedCopies {
        resources,
        resource,
        message,
        key,
    } = failed;
    let mut detail = match resources {
        1 => format!("{resource}: {message}"),
        many => format!("of {many} resources, the newest of {resource}: {message}"),
    };
    // The messages are those of AWS Backup's guide, "Reasons for problematic jobs".
    let remedy = if message.contains("key") && message.contains("be shared") {
        "encrypt the resource with a customer managed key: one of AWS's own cannot be copied to \
         another account"
            .to_owned()
    } else if message.contains("key ID is not accessible") || message.contains("KMS key") {
        if let Some(key) = key.as_ref().filter(|key| !message.contains(*key)) {
            detail.push_str(&format!(" (key {key})"));
        }
        "let the resource's key be used by AWS Backup of the central account: \"Your own keys\" \
         in docs/deployment.md"
            .to_owned()
    } else {
        format!("aws backup list-copy-jobs --by-state FAILED --region {region} (in that account)")
    };
    (detail, remedy)
}

/// How tables are backed up. Without its advanced backup a table's backups cannot be copied, which is a
/// failure where there are such backups.
fn tables(tables: &Seen<Tables>) -> Check {
    let mut found = check("advanced backup of DynamoDB", tables, |tables| {
        match tables {
        Tables::Advanced => Ok("on".to_owned()),
        Tables::Plain => Ok("off: backups of tables could not be copied".to_owned()),
        Tables::PlainBackups => Err((
            "off, and backups of tables in the vault cannot be copied".to_owned(),
            "make enable-advanced-dynamodb APPLY=1 (in the management account; docs/copies.md says \
             what it changes)"
                .to_owned(),
        )),
    }
    });
    if matches!(tables, Seen::There(Tables::Plain)) {
        found.state = State::Noted;
    }
    found
}

/// When something was made last. No failure by itself: an account may have nothing to back up.
fn recent(what: &str, last: &Seen<Last>, now: Instant, oldest: Option<u32>) -> Check {
    let look = "see the jobs of AWS Backup there, and whether anything has the tag that the \
                policies select";
    let mut check = check(what, last, |last| {
        let text = match last {
            Last::At(time) => minute(*time),
            Last::Before(days) => format!("more than {days} days ago"),
            Last::Never => "none yet".to_owned(),
        };
        match oldest {
            Some(days) if last.is_before(now - TimeDelta::days(i64::from(days)), now) => {
                Err((text, look.to_owned()))
            }
            _ => Ok(text),
        }
    });
    if check.state == State::Fine && !matches!(last, Seen::There(Last::At(_))) {
        check.state = State::Noted;
    }
    check
}
