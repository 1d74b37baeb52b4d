//! Whether AWS took the policies of a stack: in every account that they reach, and as our merge has it.

use std::collections::{BTreeMap, BTreeSet};

use backup_policy::{Organization, Unit};
use backup_status::Seen;
use backup_status::merge::Invalid;

use super::protection::theirs;
use super::{Check, PIPELINE_POLICIES, State};
use crate::doctor::agreement::agreement;
use crate::doctor::facts::Protection;

/// An account that policies of the stack reach.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names of the stack's policies that reach it, from the root downwards.
    pub policies: Vec<String>,
    /// What our merge and AWS's give it.
    pub protection: Protection,
}

impl Reached {
    /// Whether asking AWS again cannot change the verdict.
    pub fn is_settled(&self, invalid: &Invalid) -> bool {
        let Seen::There(in_force) = &self.protection.theirs else {
            return false;
        };
        let reasons = invalid.get(&self.id);
        agreement(&self.id, &self.protection.ours, in_force.as_ref(), reasons).is_final()
    }
}

/// The accounts that these policies reach, by id, each with its name and the policies' names.
pub fn reached_by(
    organization: &Organization,
    policies: &BTreeSet<&str>,
) -> BTreeMap<String, (String, Vec<String>)> {
    let mut all = BTreeMap::new();
    below(&organization.root, &[], organization, policies, &mut all);
    all
}

fn below(
    unit: &Unit,
    above: &[String],
    organization: &Organization,
    policies: &BTreeSet<&str>,
    all: &mut BTreeMap<String, (String, Vec<String>)>,
) {
    let with = |attached: &[String], above: &[String]| -> Vec<String> {
        let own = attached.iter().filter(|id| policies.contains(id.as_str()));
        let names = own.filter_map(|id| Some(organization.policies.get(id)?.name.clone()));
        let mut names: Vec<String> = above.iter().cloned().chain(names).collect();
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    };
    let here = with(&unit.policies, above);
    for account in &unit.accounts {
        let names = with(&account.policies, &here);
        if !names.is_empty() {
            all.insert(account.id.clone(), (account.name.clone(), names));
        }
    }
    for inner in &unit.organizational_units {
        below(inner, &here, organization, policies, all);
    }
}

/// One line for the accounts in which all is well, one for each other, and one for each that AWS calls
/// invalid though no policy of the stack reaches it: to know, and nothing that the stack can mend.
pub fn taken_checks(stack: &str, reached: &[Reached], invalid: &Invalid) -> Vec<Check> {
    let what = "effective policy at AWS";
    let of_all = |state, detail: String, remedy: Option<&str>| Check {
        account: None,
        region: None,
        what: what.to_owned(),
        state,
        detail,
        remedy: remedy.map(str::to_owned),
    };
    if reached.is_empty() {
        let detail = format!("no policy of the stack {stack} reaches any account");
        return vec![of_all(State::Failed, detail, Some(PIPELINE_POLICIES))];
    }
    let seen = Seen::There(invalid.clone());
    let mut checks: Vec<Check> = reached
        .iter()
        .map(|account| {
            let check = theirs(&account.id, &account.protection, &seen);
            Check {
                account: Some((account.id.clone(), account.name.clone())),
                detail: format!("{} ({})", check.detail, account.policies.join(", ")),
                ..check
            }
        })
        .filter(|check| check.state != State::Fine)
        .collect();
    let fine = reached.len() - checks.len();
    let detail = format!(
        "as merged here in {fine} of {} accounts that the stack's policies reach",
        reached.len()
    );
    checks.insert(0, of_all(State::Fine, detail, None));
    let elsewhere = invalid
        .iter()
        .filter(|(id, _)| reached.iter().all(|it| it.id != **id));
    checks.extend(elsewhere.map(|(id, reasons)| {
        let reasons = match reasons {
            Seen::There(reasons) => reasons.join("; "),
            Seen::Missing => String::new(),
            Seen::Unknown(why) => why.clone(),
        };
        Check {
            account: Some((id.clone(), String::new())),
            ..of_all(
                State::Noted,
                format!("invalid, through no policy of the stack: {reasons}"),
                None,
            )
        }
    }));
    checks
}
