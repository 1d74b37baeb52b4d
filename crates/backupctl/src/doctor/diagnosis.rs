//! From what was seen to what is wrong, each with the command that mends it.

mod abilities;
mod accounts;
mod functions;
mod protection;
mod scope;
mod taken;

use serde_json::Value;

use super::facts::{Facts, Purpose, Role};
use super::trust;
use crate::targets::Targets;
use abilities::ability_checks;
use accounts::{account_checks, closed_check};
use backup_status::Seen;
use functions::home_checks;
use protection::{deployed_checks, protection_checks};
pub use taken::{Reached, reached_by, taken_checks};

/// CloudFormation's name among the services that an organization trusts.
pub const STACK_SETS: &str = "member.org.stacksets.cloudformation.amazonaws.com";
/// AWS Backup's.
pub const BACKUP: &str = "backup.amazonaws.com";

/// The function's role in the home account, which the management account's role trusts.
pub const POLICY_MANAGER: &str = "BackupOrgPolicyManager";
/// The role that CloudFormation uses for self-managed stack sets.
pub const STACK_SET_ADMINISTRATION: &str = "AWSCloudFormationStackSetAdministrationRole";

/// AWS Backup's service-linked role, with which it copies into an account.
pub const LINKED_ROLE: &str = "AWSServiceRoleForBackup";

const PREPARE: &str = "make prepare-organization APPLY=1 (in the management account)";
const PREPARE_MEMBERS: &str = "make prepare-members APPLY=1 (in the management account)";
const MANAGEMENT: &str = "make deploy-management APPLY=1 (in the management account)";
const HOME: &str = "make deploy-home APPLY=1 (in the home account)";
const CENTRAL: &str = "make deploy-central APPLY=1 (in the central account)";
const TARGETS: &str = "correct aws-backup-ssm-targets.json, then make targets-check";
const MEMBERS: &str = "aws codepipeline start-pipeline-execution --name \
                       backup-recovery-with-aws-backup (in the home account; its stage \
                       MemberAccounts makes role, vault and key)";
const PIPELINE_POLICIES: &str = "aws codepipeline start-pipeline-execution --name \
                                 backup-recovery-with-aws-backup (in the home account; its stage \
                                 OrgPolicy makes and attaches the policies)";
const FUNCTIONS: &str = "aws codepipeline start-pipeline-execution --name \
                         backup-recovery-with-aws-backup (in the home account; its stage Functions \
                         makes functions, triggers and role)";

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The account, if it is about one.
    pub account: Option<(String, String)>,
    /// The Region, if it is about one.
    pub region: Option<String>,
    /// What was checked.
    pub what: String,
    /// Whether it is as it must be.
    pub state: State,
    /// What was seen.
    pub detail: String,
    /// The command that mends it.
    pub remedy: Option<String>,
}

/// Whether something is as it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is.
    Fine,
    /// Something to know, which is no failure.
    Noted,
    /// It is not.
    Failed,
    /// Nobody could look.
    Unknown,
}

impl State {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            State::Fine => "ok",
            State::Noted => "info",
            State::Failed => "FAILED",
            State::Unknown => "UNKNOWN",
        }
    }

    /// Whether somebody must do something.
    pub fn counts(self) -> bool {
        matches!(self, State::Failed | State::Unknown)
    }
}

/// What is reported of something that was seen: nothing (it is as it must be), or what is wrong.
type Verdict = Result<String, (String, String)>;

/// The whole table. With `oldest`, a newest backup or copy from longer ago is a failure.
pub fn diagnose(facts: &Facts, targets: &Targets, oldest: Option<u32>) -> Vec<Check> {
    let mut checks = organization(facts, targets);
    checks.extend(deployed_checks(facts));
    checks.push(role(&facts.management, targets));
    checks.extend(home(facts, targets));
    checks.extend(account_checks(
        &facts.central,
        facts.now,
        None,
        CENTRAL,
        "central ",
    ));
    for member in &facts.members {
        // An account that is closed to the caller is reported once, whatever it is for.
        let is_known = |id: &str, closed: &Option<String>| member.id == id && closed.is_some();
        if is_known(&targets.home_account, &facts.home.closed)
            || is_known(&facts.central.id, &facts.central.closed)
        {
            continue;
        }
        let own = || Some((member.id.clone(), member.name.clone()));
        if member.closed.is_none()
            && let Some(protection) = &member.protection
        {
            let found = protection_checks(&member.id, protection, facts);
            checks.extend(found.into_iter().map(|check| Check {
                account: own(),
                ..check
            }));
        }
        checks.extend(account_checks(member, facts.now, oldest, MEMBERS, ""));
        let abilities = member.abilities.iter();
        let asked = abilities.flat_map(|it| ability_checks(it, facts.tags_sap_hana));
        checks.extend(asked.map(|check| Check {
            account: own(),
            ..check
        }));
    }
    let mut checks = scope::once(checks);
    checks.extend(scope::rests_on(facts));
    checks
}

fn home(facts: &Facts, targets: &Targets) -> Vec<Check> {
    let own = || Some((targets.home_account.clone(), String::new()));
    if let Some(why) = &facts.home.closed {
        return vec![closed_check(own(), "home ", why)];
    }
    let roles = facts.home.roles.iter().map(|it| role(it, targets));
    let others = home_checks(&facts.home).into_iter().map(|check| Check {
        account: own(),
        ..check
    });
    roles.chain(others).collect()
}

fn organization(facts: &Facts, targets: &Targets) -> Vec<Check> {
    let fail = |text: &str| Err((text.to_owned(), PREPARE.to_owned()));
    let fine = |text: &str| Ok(text.to_owned());
    let trusts = |service: &'static str| {
        move |names: &std::collections::BTreeSet<String>| match names.contains(service) {
            true => Ok("enabled".to_owned()),
            false => Err(("not enabled".to_owned(), PREPARE.to_owned())),
        }
    };
    let home = &targets.home_account;
    let mut checks = vec![
        check("organization", &facts.organization, |(id, _)| {
            match *id == targets.organization {
                true => fine(id),
                false => Err((
                    format!(
                        "this is {id}, and the targets name {}",
                        targets.organization
                    ),
                    TARGETS.to_owned(),
                )),
            }
        }),
        check("all features", &facts.organization, |(_, all)| match all {
            true => fine("on"),
            false => fail("only consolidated billing is on"),
        }),
        check(
            "trusted access, StackSets",
            &facts.trusted,
            trusts(STACK_SETS),
        ),
        check("trusted access, AWS Backup", &facts.trusted, trusts(BACKUP)),
        check(
            "delegated administrator of StackSets",
            &facts.delegated,
            |names| match names.contains(home) {
                true => fine(home),
                false => fail(&format!("the home account {home} is not registered")),
            },
        ),
        check(
            "cross-account backup",
            &facts.cross_account,
            |on| match on {
                true => fine("on"),
                false => fail("switched off"),
            },
        ),
        check(
            "policy type BACKUP_POLICY",
            &facts.policy_type,
            |on| match on {
                true => fine("enabled"),
                false => fail("not enabled on the root"),
            },
        ),
        check("targets", &facts.strangers, |strangers| {
            match strangers.as_slice() {
                [] => fine(&targets.units.join(", ")),
                some => Err((
                    format!("not in the organization: {}", some.join(", ")),
                    TARGETS.to_owned(),
                )),
            }
        }),
    ];
    for (region, off) in &facts.opt_in {
        let mut found = check("opt-in of resource types", off, |off| {
            match off.as_slice() {
                [] => fine("all"),
                some => fail(&format!("off: {}", some.join(", "))),
            }
        });
        found.region = Some(region.clone());
        checks.push(found);
    }
    checks
}

fn role(role: &Role, targets: &Targets) -> Check {
    let (what, remedy) = match role.purpose {
        Purpose::Management => ("management role", MANAGEMENT),
        Purpose::StackSetAdministration => ("stack sets' administration role", HOME),
        Purpose::StackSetExecution => ("stack sets' execution role", HOME),
        Purpose::PolicyManager => ("policy manager's role", FUNCTIONS),
    };
    let home = targets.home_account.as_str();
    let trusts = |trust: &Value| match role.purpose {
        Purpose::Management => trust::account(trust, home, POLICY_MANAGER),
        Purpose::StackSetAdministration => trust::service(trust, "cloudformation.amazonaws.com"),
        Purpose::StackSetExecution => trust::account(trust, home, STACK_SET_ADMINISTRATION),
        Purpose::PolicyManager => trust::service(trust, "lambda.amazonaws.com"),
    };
    let who = match role.purpose {
        Purpose::Management => format!("{POLICY_MANAGER} of {home}"),
        Purpose::StackSetAdministration => "cloudformation.amazonaws.com".to_owned(),
        Purpose::StackSetExecution => STACK_SET_ADMINISTRATION.to_owned(),
        Purpose::PolicyManager => "lambda.amazonaws.com".to_owned(),
    };
    let name = &role.name;
    let mut check = check_or(
        what,
        &role.trust,
        || (format!("{name} is missing"), remedy.to_owned()),
        |trust| match trusts(trust) {
            true => Ok(format!("{name} trusts {who}")),
            false => Err((format!("{name} does not trust {who}"), remedy.to_owned())),
        },
    );
    check.account = Some((role.account.clone(), String::new()));
    check
}

fn check<T>(what: &str, seen: &Seen<T>, judge: impl FnOnce(&T) -> Verdict) -> Check {
    check_or(
        what,
        seen,
        || ("missing".to_owned(), PREPARE.to_owned()),
        judge,
    )
}

fn check_or<T>(
    what: &str,
    seen: &Seen<T>,
    missing: impl FnOnce() -> (String, String),
    judge: impl FnOnce(&T) -> Verdict,
) -> Check {
    let (state, detail, remedy) = match seen {
        Seen::There(found) => match judge(found) {
            Ok(detail) => (State::Fine, detail, None),
            Err((detail, remedy)) => (State::Failed, detail, Some(remedy)),
        },
        Seen::Missing => {
            let (detail, remedy) = missing();
            (State::Failed, detail, Some(remedy))
        }
        Seen::Unknown(why) => (State::Unknown, why.clone(), None),
    };
    Check {
        account: None,
        region: None,
        what: what.to_owned(),
        state,
        detail,
        remedy,
    }
}
