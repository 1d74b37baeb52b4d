//! What reaches each account: the organization's policies, merged as AWS merges them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use backup_policy::{Effective, Instant, Organization};

use super::MEMBER_ROLE;
use crate::aws::account::Account as Adapter;
use crate::doctor::asked::asked;
use crate::doctor::due::expected;
use crate::doctor::facts::{Abilities, Asked, Merge, Seen};

/// What reaches an account, and what it asks of the account's role.
#[derive(Debug, Clone)]
pub(super) struct Reached {
    pub(super) merge: Arc<Merge>,
    pub(super) asked: Asked,
}

/// By the account's id.
pub(super) type ByAccount = BTreeMap<String, Reached>;

/// What reaches each account, and what it asks.
pub(super) fn by_account(organization: &Organization, now: Instant) -> Seen<ByAccount> {
    let merges = match merges(organization, now) {
        Seen::There(merges) => merges,
        Seen::Missing => return Seen::Missing,
        Seen::Unknown(why) => return Seen::Unknown(why),
    };
    let reached = merges.into_iter().map(|(id, merge)| {
        let asked = asked(&merge.document, MEMBER_ROLE, &id);
        (id, Reached { merge, asked })
    });
    Seen::There(reached.collect())
}

/// Merges the policies as AWS does, by the accounts' ids. Accounts that get the same share it.
pub(in crate::command) fn merges(
    organization: &Organization,
    now: Instant,
) -> Seen<BTreeMap<String, Arc<Merge>>> {
    let effective = match organization.effective_policies(now) {
        Ok(effective) => effective,
        Err(errors) => {
            let first = errors.first().map(ToString::to_string);
            return Seen::Unknown(first.unwrap_or_default());
        }
    };
    let mut shared: HashMap<*const Effective, Arc<Merge>> = HashMap::new();
    let merges = effective.accounts.iter().map(|policy| {
        let merge = shared
            .entry(Arc::as_ptr(&policy.effective))
            .or_insert_with(|| Arc::new(merge(&policy.effective)));
        (policy.account.id.clone(), Arc::clone(merge))
    });
    Seen::There(merges.collect())
}

fn merge(effective: &Effective) -> Merge {
    let problems = effective.problems.iter();
    let withholding = problems.filter(|problem| problem.code.withholds());
    let plans = effective.plans();
    Merge {
        document: effective.merged(),
        problems: withholding
            .map(|it| format!("{}: {} (in {})", it.code.name(), it.message, it.path))
            .collect(),
        plans: plans.iter().map(|plan| plan.name().to_owned()).collect(),
        expected: expected(effective),
    }
}

/// What is asked of an account's role, and what it has for it.
pub(super) async fn abilities(adapter: &Adapter, reached: &Seen<Reached>) -> Abilities {
    let asked = match reached {
        Seen::There(reached) => Seen::There(reached.asked.clone()),
        // Why the policies are unknown is reported where the account's plan is.
        Seen::Missing | Seen::Unknown(_) => Seen::Missing,
    };
    let mut scanners = Vec::new();
    let names = asked.there().map(|it| it.scanner_roles.clone());
    for name in names.unwrap_or_default() {
        let trust = adapter.role(&name).await;
        scanners.push((name, trust));
    }
    Abilities {
        asked,
        managed: adapter.managed(MEMBER_ROLE).await,
        scanners,
    }
}
