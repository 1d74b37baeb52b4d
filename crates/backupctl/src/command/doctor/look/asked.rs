//! What reaches each account: the organization's policies, merged as AWS merges them.

use std::collections::BTreeMap;
use std::sync::Arc;

use backup_policy::{Instant, Organization};
use backup_status::Seen;
use backup_status::merge::{Merge, merges};

use super::MEMBER_ROLE;
use crate::aws::account::Account as Adapter;
use crate::doctor::asked::asked;
use crate::doctor::facts::{Abilities, Asked};

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
