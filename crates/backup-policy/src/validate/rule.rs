//! Rules: retention, windows, archive and copies, which must fit together.

use super::cursor::{Cursor, Said, is_unknown};
use super::plan::{quota, tag_name_differs};
use super::report::Report;
use super::suggest;
use crate::arn;
use crate::code::Code;
use crate::grammar::Key;
use crate::regions;
use crate::schedule::{SHORTEST_FOR_ARCHIVE, Schedule};

/// How many there may be, by AWS Backup's quotas.
pub(crate) const COPIES: usize = 5;
pub(crate) const POINT_TAGS: usize = 10;

/// The longest retention of a continuous backup, in days.
pub(crate) const LONGEST_CONTINUOUS: u64 = 35;

/// How many days a backup stays in cold storage at least.
pub(crate) const SHORTEST_COLD: u64 = 90;

const COLD: &str = "move_to_cold_storage_after_days";
const DELETE: &str = "delete_after_days";
const ARCHIVE: &str = "opt_in_to_archive_for_supported_resources";

/// One rule, as a whole.
pub(crate) fn check_rule(rule: &Cursor<'_>, keys: &[Key], report: &mut Report) {
    check_completeness(rule, keys, report);
    check_continuous(rule, report);
    check_windows(rule, report);
    if let Some(lifecycle) = rule.get("lifecycle") {
        check_archive(rule, &lifecycle, report);
        check_cold_storage(&lifecycle, report);
    }
}

fn check_completeness(rule: &Cursor<'_>, keys: &[Key], report: &mut Report) {
    let lacks = |key: &str| suggest::lacks(rule, key, keys);
    if lacks("target_backup_vault_name") {
        report.key(
            Code::RuleWithoutVault,
            rule,
            "the rule has no `target_backup_vault_name` of its own".into(),
            "unless another policy on the way to the account brings it, AWS withholds the \
             account's whole new backup policy"
                .into(),
        );
    }
    if lacks("schedule_expression") {
        report.key(
            Code::RuleWithoutSchedule,
            rule,
            "the rule has no `schedule_expression` of its own".into(),
            "write it out: the documentation demands it, and without one AWS Backup runs daily at \
             05:00 UTC"
                .into(),
        );
    }
}

/// Continuous backups: AWS looks for their retention in the same rule of the same document.
fn check_continuous(rule: &Cursor<'_>, report: &mut Report) {
    if !rule.says_true("enable_continuous_backup") {
        return;
    }
    let lifecycle = rule.get("lifecycle");
    let is_unclear = lifecycle
        .as_ref()
        .map_or(rule.has_unknown_key(), Cursor::is_unknown);
    if is_unclear {
        return;
    }
    let at = rule
        .get("enable_continuous_backup")
        .and_then(|leaf| leaf.assigned());
    let at = at.unwrap_or_else(|| rule.clone());
    let at = &at;
    let help = continuous_remedy(", even if the policy only changes an inherited one");
    match lifecycle
        .as_ref()
        .map_or(Said::Nothing, |lifecycle| lifecycle.said_number(DELETE))
    {
        Said::Nothing => {
            let message = format!("continuous backup without `{DELETE}` in the same rule");
            report.value(Code::ContinuousRetention, at, message, help);
        }
        Said::Value(days) if days > LONGEST_CONTINUOUS => {
            let message = format!("continuous backups cannot be kept for {days} days");
            report.value(Code::ContinuousRetention, at, message, help);
        }
        _ => {}
    }
    let cold = lifecycle.and_then(|lifecycle| lifecycle.get(COLD));
    let is_set = |leaf: &Cursor<'_>| leaf.assigned().is_some_and(|value| !value.is_unknown());
    if let Some(cold) = cold.filter(is_set) {
        let message = "continuous backups cannot be moved to cold storage".to_owned();
        let help = format!("take out `{COLD}`, or turn continuous backup off");
        report.key(Code::ContinuousColdStorage, &cold, message, help);
    }
}

/// What to do about a continuous backup that is kept for too long.
pub(crate) fn continuous_remedy(even: &str) -> String {
    format!(
        "set `lifecycle.{DELETE}` to {LONGEST_CONTINUOUS} or less in this rule{even}, or turn \
         continuous backup off"
    )
}

/// What to do about archived backups that are taken too often.
pub(crate) const ARCHIVE_RUNS: &str =
    "archived backups are taken at least 28 days apart, such as `cron(0 5 1 * ? *)`";

/// What to do about archived backups that are not kept for long enough.
pub(crate) fn archive_days_remedy() -> String {
    format!("set `{COLD}`, and `{DELETE}` at least {SHORTEST_COLD} days later")
}

/// The archive opt-in: both numbers, 90 days between them, and runs 28 days apart.
fn check_archive(rule: &Cursor<'_>, lifecycle: &Cursor<'_>, report: &mut Report) {
    if !lifecycle.says_true(ARCHIVE) {
        return;
    }
    if let Some((message, help)) = archive_days(lifecycle) {
        report.key(Code::ArchiveLifecycle, lifecycle, message, help);
    }
    let code = Code::ArchiveSchedule;
    let help = ARCHIVE_RUNS;
    match rule.said("schedule_expression") {
        Said::Nothing => {
            let message = format!("`{ARCHIVE}` without `schedule_expression` in the same rule");
            report.key(code, lifecycle, message, help.into());
        }
        Said::Unclear => {}
        Said::Value(text) => {
            let gap = Schedule::parse(&text)
                .ok()
                .and_then(|schedule| schedule.next_gap(report.now));
            let Some(gap) = gap.filter(|gap| *gap < SHORTEST_FOR_ARCHIVE) else {
                return;
            };
            let leaf = rule
                .get("schedule_expression")
                .and_then(|leaf| leaf.assigned());
            let Some(leaf) = leaf else { return };
            let hours = gap.num_hours();
            let message = format!(
                "the next two runs of `{text}` are {} days and {} hours apart, too close for \
                 `{ARCHIVE}`",
                hours / 24,
                hours % 24
            );
            report.value(code, &leaf, message, help.into());
        }
    }
}

/// What is wrong with the days of a lifecycle that opts in to the archive.
fn archive_days(lifecycle: &Cursor<'_>) -> Option<(String, String)> {
    let help = archive_days_remedy();
    match (lifecycle.said_number(COLD), lifecycle.said_number(DELETE)) {
        (Said::Nothing, _) => Some((format!("`{ARCHIVE}` without `{COLD}`"), help)),
        (_, Said::Nothing) => Some((format!("`{ARCHIVE}` without `{DELETE}`"), help)),
        (Said::Value(cold), Said::Value(delete)) if is_too_short(cold, delete) => {
            Some((format!("`{ARCHIVE}` with {}", between(cold, delete)), help))
        }
        _ => None,
    }
}

/// Without the archive opt-in AWS accepts any days, and documents 90 of cold storage.
fn check_cold_storage(lifecycle: &Cursor<'_>, report: &mut Report) {
    let (Said::Value(cold), Said::Value(delete)) =
        (lifecycle.said_number(COLD), lifecycle.said_number(DELETE))
    else {
        return;
    };
    if is_too_short(cold, delete) && !lifecycle.says_true(ARCHIVE) {
        let message = format!("cold storage with {}", between(cold, delete));
        let help = format!(
            "AWS Backup keeps what is in cold storage for {SHORTEST_COLD} days at least: set \
             `{DELETE}` to {} or more",
            cold.saturating_add(SHORTEST_COLD)
        );
        report.key(Code::ColdStorageTooShort, lifecycle, message, help);
    }
}

/// (Zero is no number of days: that is reported by itself.)
fn is_too_short(cold: u64, delete: u64) -> bool {
    cold > 0 && delete > 0 && delete < cold.saturating_add(SHORTEST_COLD)
}

fn between(cold: u64, delete: u64) -> String {
    match delete.checked_sub(cold) {
        Some(days) => {
            format!("only {days} days between `{COLD}` ({cold}) and `{DELETE}` ({delete})")
        }
        None => format!("`{DELETE}` ({delete}) before `{COLD}` ({cold})"),
    }
}

/// A job is cancelled at the end of the complete window, which counts from the same moment
/// as the start window.
fn check_windows(rule: &Cursor<'_>, report: &mut Report) {
    let start = rule.said_number("start_backup_window_minutes");
    let complete = rule.said_number("complete_backup_window_minutes");
    if let (Said::Value(start), Said::Value(complete)) = (start, complete)
        && complete <= start
    {
        let message =
            format!("a backup may start for {start} minutes, and must end after {complete}");
        let help =
            "make `complete_backup_window_minutes` longer than `start_backup_window_minutes`";
        let Some(leaf) = rule.get("complete_backup_window_minutes") else {
            return;
        };
        report.key(Code::WindowsDisagree, &leaf, message, help.into());
    }
}

/// The copies of one rule.
pub(crate) fn check_copies(copies: &Cursor<'_>, _: &[Key], report: &mut Report) {
    quota(
        "copies in one rule",
        copies.named().count(),
        COPIES,
        copies,
        report,
    );
}

/// One copy.
pub(crate) fn check_copy(copy: &Cursor<'_>, _: &[Key], report: &mut Report) {
    let name = copy.name().unwrap_or_default();
    if let Said::Value(target) = copy.said("target_backup_vault_arn")
        && target != name
        && !is_unknown(name)
        && arn::check_copy_vault(&target).is_ok()
    {
        let message = format!("the copy is named for `{name}` and goes to `{target}`");
        let help = "use the same ARN twice, as AWS's own examples do".into();
        report.key(Code::CopyTargetDiffers, copy, message, help);
    }
    if let Some(region) = arn::region(name).filter(|region| regions::is_well_formed(region)) {
        match (regions::partition(region), arn::partition(name)) {
            (None, _) => {
                let message =
                    format!("`{region}` is not a Region that was known when this was made");
                let help = "AWS refuses it unless it is new".into();
                report.key(Code::RegionUnlisted, copy, message, help);
            }
            (Some(of_region), Some(of_arn)) if of_region != of_arn => {
                let message =
                    format!("`{region}` is in the partition `{of_region}`, not `{of_arn}`");
                let help = format!("write `arn:{of_region}:...`");
                report.key(Code::PartitionsDiffer, copy, message, help);
            }
            _ => {}
        }
    }
    let Some(lifecycle) = copy.get("lifecycle") else {
        return;
    };
    check_cold_storage(&lifecycle, report);
    if lifecycle.says_true(ARCHIVE)
        && let Some((message, help)) = archive_days(&lifecycle)
    {
        report.key(Code::CopyArchiveLifecycle, &lifecycle, message, help);
    }
}

/// All tags of a rule's recovery points.
pub(crate) fn check_tags(tags: &Cursor<'_>, _: &[Key], report: &mut Report) {
    quota(
        "tags on one recovery point",
        tags.named().count(),
        POINT_TAGS,
        tags,
        report,
    );
}

/// One tag of the recovery points. Whether AWS compares its name with its key is not known.
pub(crate) fn check_point_tag(tag: &Cursor<'_>, _: &[Key], report: &mut Report) {
    if let Some((name, key)) = tag_name_differs(tag) {
        report.key(
            Code::PointTagNameDiffers,
            tag,
            format!("the tag `{key}` is listed under the name `{name}`"),
            format!("use the tag's key as the name: AWS refuses `{name}` in `backup_plan_tags`"),
        );
    }
}

/// The index of one rule: the API takes one resource type.
pub(crate) fn check_index(index: &Cursor<'_>, _: &[Key], report: &mut Report) {
    let Some(types) = index.get("resource_types") else {
        return;
    };
    if types
        .assigned()
        .is_some_and(|values| values.elements().count() > 1)
    {
        let message = "several resource types are to be indexed".to_owned();
        let help = "AWS Backup's API takes one for each rule: use a rule for each".into();
        report.key(Code::IndexSeveral, &types, message, help);
    }
}
