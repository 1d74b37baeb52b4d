//! What backs up nothing and what changes nothing, in one line each.

use std::collections::HashSet;
use std::sync::Arc;

use backup_policy::{EffectivePolicies, PolicyId, Warning, WithoutEffect};

use super::sheet::Names;

/// What stands above the policies that change nothing, and says how one comes to that.
pub const WITHOUT_EFFECT: &str =
    "without effect (at one place the policy attached first decides, and levels below replace)";

/// Everything of that kind, for whatever account, each once.
pub fn lines(policies: &EffectivePolicies<'_>) -> Vec<String> {
    let names = Names(&policies.organization.policies);
    let mut lines: Vec<String> = Vec::new();
    // Accounts that inherit the same share it.
    let mut seen = HashSet::new();
    for account in &policies.accounts {
        if seen.insert(Arc::as_ptr(&account.effective)) {
            let warnings = &account.effective.warnings;
            lines.extend(warnings.iter().map(|it| warning(it, names)));
        }
    }
    let idle = &policies.without_effect;
    lines.extend(idle.iter().map(|it| without_effect(it, names)));
    let mut known = HashSet::new();
    lines.retain(|line| known.insert(line.clone()));
    lines
}

/// Something in what accounts get that will not do what it seems to.
pub fn warning(warning: &Warning, names: Names<'_>) -> String {
    let Warning {
        code,
        message,
        policies,
        ..
    } = warning;
    let path = warning.path.join("/");
    let policies = listed(policies, names);
    format!("{code} at {path}: {message} [{policies}]")
}

/// A policy, or a part of one, that changes nothing for any account.
pub fn without_effect(idle: &WithoutEffect, names: Names<'_>) -> String {
    let policy = names.of(&idle.policy);
    let what = match idle.path.as_slice() {
        [] => format!("policy {policy}"),
        path => format!("{} of policy {policy}", path.join("/")),
    };
    let why = match idle.overruled_by.as_slice() {
        [] => "there is nothing for it to work on".to_owned(),
        by => format!("overruled by {}", listed(by, names)),
    };
    format!("{what} changes nothing for any account: {why}")
}

fn listed(policies: &[PolicyId], names: Names<'_>) -> String {
    let names: Vec<&str> = policies.iter().map(|policy| names.of(policy)).collect();
    names.join(", ")
}
