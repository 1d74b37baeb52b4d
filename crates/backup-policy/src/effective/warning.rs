//! What AWS accepts in a merged backup policy, and what backs up nothing all the same.
//!
//! The one judge of `effective`, `plan` and `validate`: the last asks it about a document as if no
//! other policy were there. [`crate::catalogue`] says what each warning rests on.

use serde::Serialize;

use super::node::{Node, Sourced, distinct_policies};
use super::plan::{Condition, CopyAction, Lifecycle, Plan, Resources, Rule, Selection};
use crate::arn;
use crate::code::Code;
use crate::inheritance::PolicyId;
use crate::regions;
use crate::validate::cursor::is_unknown;
use crate::validate::rule::SHORTEST_COLD;

/// The shortest retention that an air-gapped vault can have, in days.
const SHORTEST_AIR_GAPPED: u64 = 7;

/// Something in a merged policy that will not do what it seems to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What kind of thing it is.
    pub code: Code,
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// The thing and the reason, in one line.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The policies that it comes from, from the root downwards.
    pub policies: Vec<PolicyId>,
    /// What would make it right, and another policy may bring: keys from the root.
    pub(crate) lacks: Option<Vec<String>>,
}

impl Serialize for Warning {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let policies: Vec<&str> = self.policies.iter().map(|id| &**id).collect();
        let value = serde_json::json!({
            "code": self.code.name(),
            "path": self.path.join("/"),
            "message": self.message,
            "help": self.help,
            "policies": policies,
        });
        value.serialize(serializer)
    }
}

/// Everything of that kind in one plan.
pub(crate) fn warnings(plan: &Plan<'_>) -> Vec<Warning> {
    let path = vec!["plans".to_owned(), plan.name().to_owned()];
    let mut judge = Judge {
        partition: partition(plan),
        warnings: Vec::new(),
        path,
    };
    let rules = plan.rules();
    for (index, rule) in rules.iter().enumerate() {
        judge.below(&["rules", rule.name()], |judge| {
            judge.rule(plan, rule, rules.get(..index).unwrap_or_default());
        });
    }
    for selection in plan.selections() {
        let kind = match selection.resources {
            Resources::Tagged { .. } => "tags",
            Resources::OfTypes { .. } => "resources",
        };
        judge.below(&["selections", kind, selection.name()], |judge| {
            judge.selection(plan, &selection);
        });
    }
    judge.warnings
}

/// The one partition of a plan's Regions.
fn partition(plan: &Plan<'_>) -> Option<&'static str> {
    let mut of_regions = plan
        .regions()
        .iter()
        .filter_map(|region| regions::partition(&region.text));
    let first = of_regions.next()?;
    of_regions.all(|other| other == first).then_some(first)
}

/// A value that is there and known before deployment.
fn known(value: Option<&Sourced>) -> Option<&Sourced> {
    value.filter(|value| !is_unknown(&value.text))
}

/// What is found, and where the judge is.
struct Judge {
    partition: Option<&'static str>,
    warnings: Vec<Warning>,
    path: Vec<String>,
}

impl Judge {
    fn below(&mut self, keys: &[&str], judge: impl FnOnce(&mut Judge)) {
        let depth = self.path.len();
        self.path.extend(keys.iter().map(|key| (*key).to_owned()));
        judge(self);
        self.path.truncate(depth);
    }

    /// Notes something at keys below the place where the judge is.
    fn warn(&mut self, code: Code, keys: &[&str], node: &Node, message: String, help: &str) {
        let mut path = self.path.clone();
        path.extend(keys.iter().map(|key| (*key).to_owned()));
        let at = node.get(keys).unwrap_or(node);
        let mut origins = Vec::new();
        at.collect_origins(&mut origins);
        self.warnings.push(Warning {
            code,
            path,
            message,
            help: help.to_owned(),
            policies: distinct_policies(origins),
            lacks: None,
        });
    }

    /// The last warning is right only as long as no policy brings these keys below the plan.
    fn unless_there_is(&mut self, keys: &[&str]) {
        if let Some(last) = self.warnings.last_mut() {
            let keys = keys.iter().map(|key| (*key).to_owned());
            last.lacks = Some(self.path.iter().take(2).cloned().chain(keys).collect());
        }
    }

    fn partition_of(&mut self, text: &str, keys: &[&str], node: &Node) {
        if let (Some(expected), Some(found)) = (self.partition, arn::partition(text))
            && expected != found
        {
            let message = format!(
                "an ARN of the partition `{found}` in a plan for `{expected}`: there is no such thing"
            );
            let help = format!("write `arn:{expected}:...`");
            self.warn(Code::PartitionsDiffer, keys, node, message, &help);
        }
    }

    fn rule(&mut self, plan: &Plan<'_>, rule: &Rule<'_>, before: &[Rule<'_>]) {
        if known(rule.vault()).is_some_and(|vault| &*vault.text == "Default") {
            let message = "the vault `Default` exists only where somebody opened the AWS Backup \
                           console once, in each account and Region";
            let help = "create a vault of your own in every account and Region, and name it";
            let keys = &["target_backup_vault_name"];
            self.warn(Code::VaultDefault, keys, rule.node, message.into(), help);
        }
        self.windows(rule);
        self.cold_storage(&rule.lifecycle(), rule.node);
        self.air_gapped(rule);
        self.index(plan, rule);
        self.scan(plan, rule);
        let mut targets: Vec<&str> = Vec::new();
        for copy in rule.copies() {
            let target = copy.target();
            if is_unknown(target) || is_unknown(copy.node.name()) {
                continue;
            }
            self.below(&["copy_actions", copy.node.name()], |judge| {
                judge.copy(&copy);
                let again = targets
                    .contains(&target)
                    .then(|| "another copy of this rule goes there".to_owned());
                let again = again.or_else(|| elsewhere(rule, target, before));
                if let Some(reason) = again {
                    let message = format!("the same copy is made twice: {reason}");
                    let help = "take one of them out: both cost, and one restores nothing more";
                    judge.warn(Code::CopyTwice, &[], copy.node, message, help);
                }
            });
            targets.push(target);
        }
    }

    fn windows(&mut self, rule: &Rule<'_>) {
        let minutes = |value: Option<&Sourced>| -> Option<u64> { known(value)?.text.parse().ok() };
        if let (Some(start), Some(complete)) = (
            minutes(rule.start_minutes()),
            minutes(rule.complete_minutes()),
        ) && complete <= start
        {
            let message =
                format!("a backup may start for {start} minutes, and must end after {complete}");
            let help = "make `complete_backup_window_minutes` longer than \
                        `start_backup_window_minutes`";
            let keys = &["complete_backup_window_minutes"];
            self.warn(Code::WindowsDisagree, keys, rule.node, message, help);
        }
    }

    fn cold_storage(&mut self, lifecycle: &Lifecycle<'_>, node: &Node) {
        if let (Some(cold), Some(delete)) =
            (lifecycle.cold_after_days(), lifecycle.delete_after_days())
            && !lifecycle.is_archived()
            && delete < cold.saturating_add(SHORTEST_COLD)
        {
            let message = format!(
                "moved to cold storage after {cold} days and deleted after {delete}: AWS Backup \
                 keeps what is there for {SHORTEST_COLD} days at least"
            );
            let help = format!(
                "set `delete_after_days` to {} or more",
                cold.saturating_add(SHORTEST_COLD)
            );
            self.warn(
                Code::ColdStorageTooShort,
                &["lifecycle"],
                node,
                message,
                &help,
            );
        }
    }

    /// What an air-gapped vault never takes.
    fn air_gapped(&mut self, rule: &Rule<'_>) {
        const TARGET: &str = "target_logically_air_gapped_backup_vault_arn";
        let Some(vault) = known(rule.air_gapped_vault()) else {
            return;
        };
        self.partition_of(&vault.text, &[TARGET], rule.node);
        let lifecycle = rule.lifecycle();
        let help = format!(
            "set `lifecycle.delete_after_days` to {SHORTEST_AIR_GAPPED} or more, within what the \
             vault takes"
        );
        match (lifecycle.delete, lifecycle.delete_after_days()) {
            (None, _) => {
                let message = "backups for an air-gapped vault are to be kept for ever, and every \
                               such vault has a longest retention: the jobs fail";
                self.warn(
                    Code::AirGappedRetention,
                    &[TARGET],
                    rule.node,
                    message.into(),
                    &help,
                );
                self.unless_there_is(&["rules", rule.name(), "lifecycle", "delete_after_days"]);
            }
            (Some(_), Some(days)) if days < SHORTEST_AIR_GAPPED => {
                let message = format!(
                    "backups for an air-gapped vault are to be kept for {days} days, and no such \
                     vault takes less than {SHORTEST_AIR_GAPPED}: every job fails"
                );
                let keys = &["lifecycle", "delete_after_days"];
                self.warn(Code::AirGappedRetention, keys, rule.node, message, &help);
            }
            _ => {}
        }
        if rule.is_continuous() {
            let message = "continuous backups are to go to an air-gapped vault: a bucket that has \
                           one in another vault gets none there, and the job fails";
            let help = "turn `enable_continuous_backup` off in this rule, and use a rule of its own \
                        for continuous backups";
            let keys = &["enable_continuous_backup"];
            self.warn(
                Code::AirGappedContinuous,
                keys,
                rule.node,
                message.into(),
                help,
            );
        }
        if !indexed(rule).is_empty() {
            let message = "what is in an air-gapped vault cannot be indexed";
            let help = "take `index_actions` out, or use a rule with another vault for it";
            self.warn(
                Code::IndexInVain,
                &["index_actions"],
                rule.node,
                message.into(),
                help,
            );
        }
    }

    /// An index of types that the plan does not back up.
    fn index(&mut self, plan: &Plan<'_>, rule: &Rule<'_>) {
        let selections = plan.selections();
        for kind in indexed(rule) {
            let services: &[&str] = match &*kind.text {
                "EBS" => &[":ec2:", ":eks:", ":cloudformation:"],
                "S3" => &[":s3:", ":eks:", ":cloudformation:"],
                _ => continue,
            };
            let never = |selection: &Selection<'_>| match selection.resources {
                Resources::Tagged { .. } => false,
                Resources::OfTypes { types, .. } => {
                    !types.is_empty()
                        && types.iter().all(|one| {
                            &*one.text != "*"
                                && !is_unknown(&one.text)
                                && !services.iter().any(|service| one.text.contains(service))
                        })
                }
            };
            if !selections.is_empty() && selections.iter().all(never) {
                let kind = &kind.text;
                let message =
                    format!("`{kind}` is to be indexed, and the plan backs up nothing of it");
                let help = "take it out of `index_actions`, or select such resources";
                self.warn(
                    Code::IndexInVain,
                    &["index_actions"],
                    rule.node,
                    message,
                    help,
                );
                self.unless_there_is(&["selections", "tags"]);
            }
        }
    }

    fn scan(&mut self, plan: &Plan<'_>, rule: &Rule<'_>) {
        let Some(actions) = rule.node.get(&["scan_actions"]) else {
            return;
        };
        for scanner in actions.children().filter(|it| !is_unknown(it.name())) {
            let name = scanner.name();
            if plan.node.get(&["scan_settings", name]).is_none() {
                let message = format!(
                    "no scan starts: the plan has no `scan_settings` for `{name}`, which \
                     `scan_actions` need"
                );
                let help = "set `scan_settings` with `resource_types` and `scanner_role_arn` in the \
                            same plan";
                self.warn(
                    Code::ScanWithoutSettings,
                    &["scan_actions"],
                    rule.node,
                    message,
                    help,
                );
                self.unless_there_is(&["scan_settings", name]);
            }
        }
    }

    fn copy(&mut self, copy: &CopyAction<'_>) {
        let target = copy.target();
        self.partition_of(target, &[], copy.node);
        self.cold_storage(&copy.lifecycle(), copy.node);
        if copy.vault() != Some("Default") {
            return;
        }
        let message = match copy.account() {
            Some("$account") => {
                "copies go to the vault `Default`, which exists only where somebody opened the AWS \
                 Backup console once, in each account and Region"
            }
            _ => {
                "copies go to the vault `Default` of another account, whose key nobody can share: \
                 only what AWS Backup manages fully, such as EFS and S3, can be copied there"
            }
        };
        let help = "create a vault of your own there, with a key that you manage, and name it";
        self.warn(Code::CopyToDefault, &[], copy.node, message.into(), help);
    }

    fn selection(&mut self, plan: &Plan<'_>, selection: &Selection<'_>) {
        if let Some(role) = known(selection.role()) {
            self.role(&role.text, selection);
        }
        if is_nowhere(plan, selection) {
            let message = "the selection matches nothing: no Region of the plan has the services \
                           of its `resource_types`, by the endpoints that AWS publishes";
            let help = "select types that these Regions have, or add a Region that has them";
            let code = Code::SelectionMatchesNothing;
            self.warn(code, &[], selection.node, message.into(), help);
            self.unless_there_is(&["regions", "@@append"]);
        }
        if let Some(reason) = matches_nothing(selection) {
            let message = format!("the selection matches nothing: {reason}");
            let help = "correct the values, or take the selection out";
            self.warn(
                Code::SelectionMatchesNothing,
                &[],
                selection.node,
                message,
                help,
            );
        }
    }

    fn role(&mut self, role: &str, selection: &Selection<'_>) {
        const KEYS: &[&str] = &["iam_role_arn"];
        let own = "use a role of your own that is in every account, as this solution's";
        self.partition_of(role, KEYS, selection.node);
        if let Some(account) = arn::account(role).filter(|account| *account != "$account") {
            let message = format!(
                "the role is that of the account {account}: AWS Backup cannot take it on in any other"
            );
            let help = "write `$account` for the account's id";
            self.warn(Code::RoleArnInvalid, KEYS, selection.node, message, help);
        }
        let path = arn::role_path(role).unwrap_or_default();
        let (code, message) = match path.split_once('/') {
            Some(("aws-service-role", rest)) if rest.ends_with("/AWSServiceRoleForBackup") => (
                Code::RoleServiceLinked,
                "`AWSServiceRoleForBackup` is AWS Backup's service-linked role: it can back up \
                 nothing but EFS file systems that bear AWS's own default-backup tag"
                    .to_owned(),
            ),
            Some(("aws-service-role", _)) => (
                Code::RoleServiceLinked,
                "this is a service-linked role, which only its own service can take on".to_owned(),
            ),
            None if path == "AWSBackupDefaultServiceRole" => (
                Code::RoleDefaultPath,
                "the role that AWS Backup makes is `role/service-role/AWSBackupDefaultServiceRole`, \
                 and exists only where somebody used the console: this is another one"
                    .to_owned(),
            ),
            _ => return,
        };
        self.warn(code, KEYS, selection.node, message, own);
    }
}

/// What a rule is to index.
fn indexed<'e>(rule: &Rule<'e>) -> &'e [Sourced] {
    rule.node.list(&["index_actions", "resource_types"])
}

/// The rule before this one that copies to the same vault at the same times.
fn elsewhere(rule: &Rule<'_>, target: &str, before: &[Rule<'_>]) -> Option<String> {
    let schedule = &known(rule.schedule())?.text;
    let same = before.iter().find(|other| {
        known(other.schedule()).is_some_and(|it| it.text == *schedule)
            && other.copies().iter().any(|copy| copy.target() == target)
    })?;
    Some(format!(
        "the rule `{}` makes it at the same times",
        same.name()
    ))
}

/// Whether none of the plan's Regions has a service of any type that a selection names.
fn is_nowhere(plan: &Plan<'_>, selection: &Selection<'_>) -> bool {
    let Resources::OfTypes { types, .. } = selection.resources else {
        return false;
    };
    let regions = plan.regions();
    let is_absent = |kind: &Sourced| {
        let mut all = regions.iter();
        all.all(|region| regions::lacks(&region.text, &kind.text))
    };
    !regions.is_empty() && !types.is_empty() && types.iter().all(is_absent)
}

/// Why nothing can match a selection.
fn matches_nothing(selection: &Selection<'_>) -> Option<String> {
    if let Resources::OfTypes { types, except } = selection.resources {
        let is_out = |one: &Sourced| {
            let mut out = except.iter();
            out.any(|other| other.text == one.text || &*other.text == "*")
        };
        if !types.is_empty() && types.iter().all(is_out) {
            return Some("`not_resource_types` takes every one of its `resource_types` out".into());
        }
    }
    let conditions = selection.conditions();
    let keys = conditions.iter().filter_map(|it| known(it.key));
    for key in keys {
        let Some(tag) = key.text.strip_prefix("aws:ResourceTag/") else {
            continue;
        };
        let own: Vec<&Condition<'_>> = conditions
            .iter()
            .filter(|it| it.key.is_some_and(|other| other.text == key.text))
            .collect();
        let values: Option<Vec<&str>> = own
            .iter()
            .map(|it| known(it.value).map(|value| &*value.text))
            .collect();
        // One that is not known may be any.
        let Some(values) = values else { continue };
        let wanted = match selection.resources {
            Resources::Tagged { key, values } if key.is_some_and(|it| &*it.text == tag) => Some(
                values
                    .iter()
                    .map(|value| &*value.text)
                    .collect::<Vec<&str>>(),
            ),
            _ => own
                .iter()
                .zip(&values)
                .find(|(it, _)| it.operator == "string_equals")
                .map(|(_, value)| vec![*value]),
        };
        let Some(wanted) = wanted.filter(|it| !it.iter().any(|text| is_unknown(text))) else {
            continue;
        };
        let fits = |candidate: &&&str| {
            own.iter()
                .zip(&values)
                .all(|(it, value)| match it.operator {
                    "string_equals" => **candidate == *value,
                    "string_not_equals" => **candidate != *value,
                    "string_like" => is_like(candidate, value),
                    "string_not_like" => !is_like(candidate, value),
                    _ => true,
                })
        };
        if !wanted.is_empty() && wanted.iter().find(fits).is_none() {
            return Some(format!(
                "its conditions rule out every value of the tag `{tag}`"
            ));
        }
    }
    None
}

/// Whether a text is like a pattern, in which `*` stands for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (text, pattern, expected) in [
            ("daily", "daily", true),
            ("daily", "dail", false),
            ("daily", "*", true),
            ("daily", "d*y", true),
            ("daily", "d*x", false),
            ("daily", "*ai*", true),
            ("ab", "ab*b", false),
            ("", "*", true),
            ("abcabc", "*b*c", true),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
    }
}
