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

/// Merges the policies as AWS does. Accounts that get the same share it.
pub(super) fn by_account(organization: &Organization, now: Instant) -> Seen<ByAccount> {
    let effective = match organization.effective_policies(now) {
        Ok(effective) => effective,
        Err(errors) => {
            let first = errors.first().map(ToString::to_string);
            return Seen::Unknown(first.unwrap_or_default());
        }
    };
    let mut shared: HashMap<*const Effective, Arc<Merge>> = HashMap::new();
    let reached = effective.accounts.iter().map(|policy| {
        let merge = shared
            .entry(Arc::as_ptr(&policy.effective))
            .or_insert_with(|| Arc::new(merge(&policy.effective)));
        let id = &policy.account.id;
        let reached = Reached {
            merge: Arc::clone(merge),
            asked: asked(&merge.document, MEMBER_ROLE, id),
        };
        (id.clone(), reached)
    });
    Seen::There(reached.collect())
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
