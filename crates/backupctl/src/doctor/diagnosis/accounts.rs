//! An account's role, and vault, key, backups and copies in each of its Regions.

use backup_policy::Instant;
use chrono::TimeDelta;

use super::{BACKUP, Check, LINKED_ROLE, PREPARE_MEMBERS, State, check, check_or};
use crate::doctor::facts::{Account, FailedCopies, Last, Place, Seen, Tables};
use crate::doctor::trust;

/// What is to be said of an account. `kind` stands before the names of the checks, and `remedy`
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
        return vec![Check {
            account: own,
            region: None,
            what: format!("{kind}account"),
            state: State::Unknown,
            detail: format!("cannot be looked into: {why}"),
            remedy: Some(
                "let the caller assume a role there, or name another with --member-role".to_owned(),
            ),
        }];
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

fn place_checks(
    place: &Place,
    now: Instant,
    oldest: Option<u32>,
    kind: &str,
    missing: &dyn Fn(&str) -> (String, String),
) -> Vec<Check> {
    let vault = check_or(
        &format!("{kind}vault"),
        &place.vault,
        || missing("vault"),
        |_| Ok("there".to_owned()),
    );
    // Without a vault there is nothing in it, and no key to it.
    if place.vault.there().is_none() {
        return vec![vault];
    }
    let arn = place.vault.there().map_or("", String::as_str);
    let region = &place.region;
    let mend = |command: &str| format!("aws kms {command} --region {region} --key-id {arn}");
    let key = check_or(
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
    );
    let mut checks = vec![vault, key];
    let backups = format!(
        "last {}",
        if kind.is_empty() {
            "backup"
        } else {
            "copy received"
        }
    );
    checks.push(recent(&backups, &place.last_backup, now, oldest));
    if let Some(copy) = &place.last_copy {
        checks.push(recent("last copy", copy, now, oldest));
    }
    if let Some(copies) = &place.failed_copies {
        checks.push(check("failed copies", copies, |failed| match failed {
            None => Ok("none".to_owned()),
            Some(failed) => Err(failed_copies(failed, region)),
        }));
    }
    checks.extend(place.tables.as_ref().map(tables));
    checks
}

/// What is said of copies that failed, with AWS Backup's own words, and what mends the newest.
fn failed_copies(failed: &FailedCopies, region: &str) -> (String, String) {
    let FailedCopies {
        resources,
        resource,
        message,
    } = failed;
    let detail = match resources {
        1 => format!("{resource}: {message}"),
        many => format!("of {many} resources, the newest of {resource}: {message}"),
    };
    // The messages are those of AWS Backup's guide, "Reasons for problematic jobs".
    let remedy = if message.contains("key") && message.contains("be shared") {
        "encrypt the resource with a customer managed key: one of AWS's own cannot be copied to \
         another account"
            .to_owned()
    } else if message.contains("key ID is not accessible") || message.contains("KMS key") {
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
        found.state = State::Told;
    }
    found
}

/// When something was made last. No failure by itself: an account may have nothing to back up.
fn recent(what: &str, last: &Seen<Last>, now: Instant, oldest: Option<u32>) -> Check {
    let look = "see the jobs of AWS Backup there, and whether anything has the tag that the \
                policies select";
    let mut check = check(what, last, |last| {
        let text = match last {
            Last::At(time) => time.format("%Y-%m-%d %H:%M UTC").to_string(),
            Last::Before(days) => format!("more than {days} days ago"),
            Last::Never => "none yet".to_owned(),
        };
        let is_old = |oldest: u32| match last {
            Last::At(time) => now - *time > TimeDelta::days(i64::from(oldest)),
            Last::Before(days) => *days >= oldest,
            Last::Never => true,
        };
        match oldest {
            Some(days) if is_old(days) => Err((text, look.to_owned())),
            _ => Ok(text),
        }
    });
    if check.state == State::Fine && !matches!(last, Seen::There(Last::At(_))) {
        check.state = State::Told;
    }
    check
}
