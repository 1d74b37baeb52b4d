//! What backs up nothing and what changes nothing, in one line each.

use backup_policy::{PolicyId, Warning, WithoutEffect};

use super::sheet::Names;

/// Something in what accounts get that will not do what it seems to.
pub fn warning(warning: &Warning, names: Names<'_>) -> String {
    let Warning {
        code,
        message,
        help,
        policies,
        ..
    } = warning;
    let path = warning.path.join("/");
    let policies = listed(policies, names);
    format!("{code} at {path}: {message}: {help} [{policies}]")
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
