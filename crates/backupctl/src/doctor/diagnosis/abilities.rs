//! Whether an account's role can do what the effective policy asks of it.

use backup_status::Seen;

use super::{Check, State, check_or};
use crate::doctor::facts::Abilities;
use crate::doctor::trust;

/// AWS's managed policies for what the role does only if somebody asks.
const INDEXING: &str = "AWSBackupServiceRolePolicyForIndexing";
const SAP_HANA: &str = "AWSBackupRestoreAccessForSAPHANA";
/// The scanner role that the solution can make, and the service that assumes it.
const SCANNER: &str = "AWSBackupSolutionScannerRole";
const MALWARE_PROTECTION: &str = "malware-protection.guardduty.amazonaws.com";

const ROLE_VALUES: &str = "stackset-aws-backup-member-accounts-role.json";

/// A line for each thing that is asked; none where nothing is.
pub(super) fn ability_checks(abilities: &Abilities, tags_sap_hana: bool) -> Vec<Check> {
    let mut checks = Vec::new();
    match &abilities.asked {
        Seen::There(asked) => {
            if asked.indexes_volumes {
                checks.push(attached(
                    abilities,
                    "indexes of volumes",
                    INDEXING,
                    "IndexBackups",
                ));
            }
        }
        Seen::Missing => {}
        Seen::Unknown(why) => checks.push(Check {
            state: State::Unknown,
            ..line("what the policies ask of the role", why)
        }),
    }
    for (name, trust) in &abilities.scanners {
        let remedy = match name.as_str() {
            SCANNER => set("ScanBackups"),
            other => {
                format!("make the role {other} in the account, or name {SCANNER} in the policy")
            }
        };
        checks.push(check_or(
            "scanner role",
            trust,
            || {
                (
                    format!("a policy scans with {name}, which is missing"),
                    remedy.clone(),
                )
            },
            |trust| match trust::service(trust, MALWARE_PROTECTION) {
                true => Ok(format!("{name} trusts {MALWARE_PROTECTION}")),
                false => Err((
                    format!("{name} does not trust {MALWARE_PROTECTION}"),
                    remedy.clone(),
                )),
            },
        ));
    }
    if tags_sap_hana {
        let mut check = attached(
            abilities,
            "restores of SAP HANA",
            SAP_HANA,
            "RestoreSapHana",
        );
        if check.state == State::Failed {
            // No failure: they can be made with another role, or in a person's own name.
            check = line(
                "restores of SAP HANA",
                "TagSapHana is on, and the role cannot make such restores: set RestoreSapHana, \
                 or restore with a role that can",
            );
        }
        checks.push(check);
    }
    checks
}

/// Whether the role has a managed policy.
fn attached(abilities: &Abilities, what: &str, policy: &str, parameter: &str) -> Check {
    check_or(
        what,
        &abilities.managed,
        || (format!("there is no role to have {policy}"), set(parameter)),
        |names| match names.contains(policy) {
            true => Ok(format!("the role has {policy}")),
            false => Err((format!("the role lacks {policy}"), set(parameter))),
        },
    )
}

fn set(parameter: &str) -> String {
    format!("\"{parameter}\": \"true\" in {ROLE_VALUES}, then commit")
}

/// Something to know.
fn line(what: &str, detail: &str) -> Check {
    Check {
        account: None,
        region: None,
        what: what.to_owned(),
        state: State::Noted,
        detail: detail.to_owned(),
        remedy: None,
    }
}
