//! What the organization's policies ask of each account's role.

use std::collections::BTreeMap;

use backup_policy::Instant;

use super::MEMBER_ROLE;
use crate::aws::organizations::{Organizations, Tags};
use crate::aws::progress::Progress;
use crate::doctor::asked::asked;
use crate::doctor::facts::{Asked, Seen};
use crate::landscape::{Child, Landscape, Place};

/// By the account's id.
pub(super) type ByAccount = BTreeMap<String, Asked>;

/// Reads the policies and merges them as AWS does.
pub(super) async fn by_policies(
    organizations: &Organizations,
    root: Place,
    units: Vec<Child>,
    accounts: Vec<Child>,
    now: Instant,
    progress: &Progress,
) -> Seen<ByAccount> {
    let (policies, attached) = match organizations.policies(Tags::LeaveOut, progress).await {
        Ok(found) => found,
        Err(failure) => return Seen::Unknown(failure.to_string()),
    };
    let landscape = Landscape {
        root,
        units,
        accounts,
        policies,
        attached,
    };
    let organization = landscape.organization();
    match organization.effective_policies(now) {
        Ok(effective) => Seen::There(
            effective
                .accounts
                .iter()
                .map(|policy| {
                    let id = &policy.account.id;
                    (
                        id.clone(),
                        asked(&policy.effective.merged(), MEMBER_ROLE, id),
                    )
                })
                .collect(),
        ),
        Err(errors) => {
            let first = errors.first().map(ToString::to_string);
            Seen::Unknown(first.unwrap_or_default())
        }
    }
}

/// What is asked of one account.
pub(super) fn of(all: &Seen<ByAccount>, account: &str) -> Seen<Asked> {
    match all {
        Seen::There(all) => Seen::There(all.get(account).cloned().unwrap_or_default()),
        Seen::Missing => Seen::Missing,
        Seen::Unknown(why) => Seen::Unknown(why.clone()),
    }
}
