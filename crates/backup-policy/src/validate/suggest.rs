//! Remedies: what the author probably meant.

use super::cursor::Cursor;
use crate::grammar::Key;
use crate::syntax::of_both;

/// Keys of the CreateBackupPlan API and of infrastructure tools, and what they are called in
/// a policy. What differs in letter case and underscores only is found without this table.
const ELSEWHERE: &[(&str, &str)] = &[
    ("start_window", "start_backup_window_minutes"),
    ("start_window_minutes", "start_backup_window_minutes"),
    ("completion_window", "complete_backup_window_minutes"),
    (
        "completion_window_minutes",
        "complete_backup_window_minutes",
    ),
    ("complete_window_minutes", "complete_backup_window_minutes"),
    ("schedule", "schedule_expression"),
    ("target_backup_vault", "target_backup_vault_name"),
    ("target_vault_name", "target_backup_vault_name"),
    ("backup_vault_name", "target_backup_vault_name"),
    (
        "target_logically_air_gapped_backup_vault",
        "target_logically_air_gapped_backup_vault_arn",
    ),
    ("destination_backup_vault_arn", "target_backup_vault_arn"),
    ("destination_vault_arn", "target_backup_vault_arn"),
    ("copy_action", "copy_actions"),
    ("backup_copy_actions", "copy_actions"),
    ("copies", "copy_actions"),
    ("rule", "rules"),
    ("backup_rule", "rules"),
    ("backup_rules", "rules"),
    ("selection", "selections"),
    ("backup_selection", "selections"),
    ("region", "regions"),
    ("cold_storage_after", "move_to_cold_storage_after_days"),
    ("delete_after", "delete_after_days"),
    ("retention_days", "delete_after_days"),
    ("resources", "resource_types"),
    ("not_resources", "not_resource_types"),
    ("role_arn", "iam_role_arn"),
    ("iam_role", "iam_role_arn"),
    ("list_of_tags", "tag_key"),
    ("key", "tag_key"),
    ("value", "tag_value"),
    ("tag_values", "tag_value"),
    ("plan_tags", "backup_plan_tags"),
    ("advanced_backup_setting", "advanced_backup_settings"),
    ("guard_duty", "GUARDDUTY"),
    ("malware_scanner", "GUARDDUTY"),
];

/// The remedy for an unknown key where `keys` can stand.
pub(super) fn key(written: &str, keys: &[Key]) -> String {
    let snake = snake_case(written);
    if snake == "schedule_expression_timezone" {
        return "a backup policy has no time zone: write the schedule in UTC".into();
    }
    if snake == "delete_after_event" {
        return "a backup policy has no such key: set `delete_after_days`, and with an air-gapped \
                target AWS Backup deletes what is temporary itself"
            .into();
    }
    let is_by_tag = keys.iter().any(|key| key.name == "tag_value")
        && keys.iter().any(|key| key.name == "iam_role_arn");
    if is_by_tag
        && matches!(
            snake.as_str(),
            "resources" | "resource_types" | "not_resources"
        )
    {
        return "a selection by tag takes no types: put it below `selections.resources`, with \
                `conditions` on the tag"
            .into();
    }
    if let Some(help) = written
        .char_indices()
        .find_map(|(at, _)| of_both(written.get(at..)?))
    {
        return help.into();
    }
    match elsewhere(&snake, keys) {
        Some(known) if written == snake => format!("a backup policy calls it `{known}`"),
        Some(known) => {
            format!("a backup policy calls it `{known}` (`{written}` is a key of other APIs)")
        }
        None => among(written, keys.iter().map(|key| key.name)),
    }
}

/// The key that an unknown one was probably meant to be.
pub(super) fn meant<'k>(written: &str, keys: &'k [Key]) -> Option<&'k Key> {
    let nearest = || nearest(written, keys.iter().map(|key| key.name));
    let name = elsewhere(&snake_case(written), keys).or_else(nearest)?;
    keys.iter().find(|key| key.name == name)
}

/// Whether an object lacks a key, and none of its other keys was meant to be it (one mistake
/// is reported once) or may yet become it at deployment.
pub(super) fn lacks(at: &Cursor<'_>, name: &str, keys: &[Key]) -> bool {
    let is_known = |key: &str| {
        keys.iter()
            .any(|known| known.name.eq_ignore_ascii_case(key))
    };
    let is_meant = |key: &str| meant(key, keys).is_some_and(|meant| meant.name == name);
    let is_there = |key: &str| !is_known(key) && is_meant(key);
    at.get(name).is_none() && !at.has_unknown_key() && !at.named().any(|(key, _)| is_there(key))
}

/// The key that other APIs call by another name.
fn elsewhere(snake: &str, keys: &[Key]) -> Option<&'static str> {
    let is_it = |known: &&Key| {
        known.name.eq_ignore_ascii_case(snake)
            || ELSEWHERE
                .iter()
                .any(|(there, here)| *there == snake && *here == known.name)
    };
    keys.iter().find(is_it).map(|known| known.name)
}

/// The remedy for a text that is none of a few: the nearest, or all of them.
pub(crate) fn among<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    match nearest(written, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => {
            let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            match listed.as_slice() {
                [] => String::new(),
                [only] => format!("only {only} can stand here"),
                [first @ .., last] => {
                    format!("what can stand here: {} or {last}", first.join(", "))
                }
            }
        }
    }
}

/// The known text that is nearest to one that is not known, if it is near: a third of its letters
/// may differ, and no more than four.
///
/// # Example
/// ```
/// use backup_policy::nearest;
/// assert_eq!(nearest("regoins", ["regions", "rules"]), Some("regions"));
/// assert_eq!(nearest("x", ["regions", "rules"]), None);
/// ```
pub fn nearest<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let lower: String = written.chars().take(128).collect::<String>().to_lowercase();
    let length = lower.chars().count();
    known
        .into_iter()
        // What is longer or shorter by more is no nearer, and comparing takes long.
        .filter(|name| length.abs_diff(name.chars().count()) <= FAR)
        .map(|name| (strsim::osa_distance(&lower, &name.to_lowercase()), name))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, name)| *distance <= (name.len() / 3).min(FAR))
        .map(|(_, name)| name)
}

/// Letters that make a text another one. Our choice.
const FAR: usize = 4;

/// Whether two resource ARNs are of the same service.
pub(super) fn same_service(one: &str, other: &str) -> bool {
    fn service(text: &str) -> Option<&str> {
        text.split(':').nth(2)
    }
    service(one).is_some() && service(one) == service(other)
}

/// The remedy for a text that is not a schedule.
pub(super) fn schedule(text: &str) -> &'static str {
    if text.starts_with("rate(") {
        "a backup policy has no `rate(...)`: write `cron(0 5 ? * * *)` for every day at 05:00 UTC"
    } else {
        "write `cron(MINUTES HOURS DAY-OF-MONTH MONTH DAY-OF-WEEK YEAR)`, such as \
         `cron(0 5 ? * * *)` for every day at 05:00 UTC"
    }
}

/// `StartWindowMinutes` and `start-window-minutes` as `start_window_minutes`.
fn snake_case(written: &str) -> String {
    let mut snake = String::with_capacity(written.len() + 4);
    let mut after_lower = false;
    for c in written.chars() {
        if c.is_ascii_uppercase() && after_lower {
            snake.push('_');
        }
        after_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(if c == '-' {
            '_'
        } else {
            c.to_ascii_lowercase()
        });
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_near() {
        let known = ["regions", "rules", "selections"];
        assert_eq!(nearest("regoins", known), Some("regions"));
        assert_eq!(nearest("Rule", known), Some("rules"));
        assert_eq!(nearest("x", known), None);
        let long = ["target_backup_vault_name"];
        assert_eq!(nearest("target_backup_vault_", long), Some(long[0]));
        assert_eq!(nearest("target_backup_vault", long), None);
        assert_eq!(
            among("zzz", ["a", "b", "c"]),
            "what can stand here: `a`, `b` or `c`"
        );
    }

    #[test]
    fn words_of_other_tools_become_snake_case() {
        assert_eq!(snake_case("StartWindowMinutes"), "start_window_minutes");
        assert_eq!(snake_case("iamRoleArn"), "iam_role_arn");
        assert_eq!(snake_case("tag-key"), "tag_key");
    }
}
