//! What the organization's policies ask of each account's role.

use std::collections::BTreeMap;
use std::path::Path;

use backup_policy::Instant;

use super::MEMBER_ROLE;
use crate::aws::account::Account as Adapter;
use crate::aws::organizations::{Organizations, Tags};
use crate::aws::progress::Progress;
use crate::doctor::asked::asked;
use crate::doctor::facts::{Abilities, Asked, Seen};
use crate::landscape::{Child, Landscape, Place};
use crate::parameters::Parameters;

/// What the repository declares for `TagOnRestore`, in a file beside the targets.
const TAG_ON_RESTORE_VALUES: &str = "stackset-aws-backup-tagonrestore.json";

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

/// What is asked of an account's role, and what it has for it.
pub(super) async fn abilities(
    adapter: &Adapter,
    all: &Seen<ByAccount>,
    account: &str,
) -> Abilities {
    let asked = match all {
        Seen::There(all) => Seen::There(all.get(account).cloned().unwrap_or_default()),
        Seen::Missing => Seen::Missing,
        Seen::Unknown(why) => Seen::Unknown(why.clone()),
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

/// Whether the values beside the targets declare that restored SAP HANA databases are tagged.
pub(super) fn tags_sap_hana(targets: &Path) -> bool {
    let text = std::fs::read_to_string(targets.with_file_name(TAG_ON_RESTORE_VALUES));
    let values = text.ok().and_then(|text| Parameters::parse(&text).ok());
    values.is_some_and(|values| values.get("TagSapHana") == Some("true"))
}
