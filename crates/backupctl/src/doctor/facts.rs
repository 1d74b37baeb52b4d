//! What was seen, and what could not be.

use std::collections::BTreeSet;
use std::sync::Arc;

use backup_policy::Instant;
use chrono::TimeDelta;
use serde_json::Value;

use crate::plan::steps::Step;
use backup_status::Seen;
use backup_status::merge::{InForce, Invalid, Merge};

/// Everything that a diagnosis is made from.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What was read, and what was left out.
    pub scope: Scope,
    /// The organization's id and whether all its features are on.
    pub organization: Seen<(String, bool)>,
    /// The services that have trusted access.
    pub trusted: Seen<BTreeSet<String>>,
    /// The delegated administrators of stack sets.
    pub delegated: Seen<BTreeSet<String>>,
    /// Whether cross-account backup is on.
    pub cross_account: Seen<bool>,
    /// Whether backup policies are enabled on the root.
    pub policy_type: Seen<bool>,
    /// For each Region, the resource types that AWS Backup passes over.
    pub opt_in: Vec<(String, Seen<Vec<String>>)>,
    /// The targets that are not in the organization.
    pub strangers: Seen<Vec<String>>,
    /// The role in the management account with which the policy manager works.
    pub management: Role,
    /// The home account.
    pub home: Home,
    /// What a deployment of the policies' stack as it is would change: nothing, if they are as they
    /// were deployed.
    pub deployed: Seen<Vec<Step>>,
    /// The accounts whose merged policy AWS calls invalid, with the reasons that it gives.
    pub invalid: Seen<Invalid>,
    /// The central account.
    pub central: Account,
    /// The accounts of the targets, in the order of their ids.
    pub members: Vec<Account>,
    /// Whether restored SAP HANA databases are to be tagged, as the repository's values declare.
    pub tags_sap_hana: bool,
    /// When all this was seen.
    pub now: Instant,
}

/// What a diagnosis rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Organizational units and backup policies that were read.
    pub units: usize,
    /// See above.
    pub policies: usize,
    /// Accounts of the targets that are closed or suspended, as ids and names.
    pub suspended: Vec<(String, String)>,
    /// How many accounts of the targets were left out because others were asked for.
    pub not_asked_for: usize,
    /// Regions in which every account was looked at.
    pub regions: Vec<String>,
    /// Whether `TagOnRestore` is deployed at all, as the repository's values declare.
    pub tags_restores: bool,
}

/// The home account, with what the pipeline deploys there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// Why nothing of it could be seen, if so.
    pub closed: Option<String>,
    /// The Region of its stacks.
    pub region: String,
    /// Roles, with the trust policy that each has.
    pub roles: Vec<Role>,
    /// The function `BackupOrgPolicyManager`.
    pub manager: Seen<Function>,
    /// Who is subscribed to the topic of failures.
    pub topic: Seen<Subscriptions>,
}

/// A function as Lambda describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// `Active`, `Pending`, `Inactive`, `Failed`; empty if Lambda does not say.
    pub state: String,
    /// `Successful`, `InProgress`, `Failed`; empty if Lambda does not say.
    pub last_update: String,
}

/// Who is subscribed to a topic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// How many are confirmed.
    pub confirmed: usize,
    /// How many are not yet.
    pub pending: usize,
}

/// `TagOnRestore` in a Region, and what sets it going.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagger {
    /// The function.
    pub function: Seen<Function>,
    /// The rules that send to its queue, with whether each is enabled.
    pub rules: Seen<Vec<(String, bool)>>,
    /// The state of each mapping from its queue to it: `Enabled`, `Disabled`, ...
    pub mappings: Seen<Vec<String>>,
}

/// A role that somebody assumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// What it is for.
    pub purpose: Purpose,
    /// Its account.
    pub account: String,
    /// Its name.
    pub name: String,
    /// Its trust policy.
    pub trust: Seen<Value>,
}

/// What a role is for, which decides whom it must trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The policy manager manages backup policies with it.
    Management,
    /// CloudFormation deploys self-managed stack sets with it.
    StackSetAdministration,
    /// The role above deploys with it in the home account.
    StackSetExecution,
    /// The policy manager's own.
    PolicyManager,
}

/// An account with what its backups need.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Why nothing of it could be seen, if so.
    pub closed: Option<String>,
    /// The trust policy of the role that AWS Backup uses.
    pub role: Seen<Value>,
    /// The trust policy of AWS Backup's service-linked role.
    pub linked_role: Seen<Value>,
    /// What that role can do besides, and what is asked of it; not looked at in the central account.
    pub abilities: Option<Abilities>,
    /// The backup plans that reach it; not looked at in the central account.
    pub protection: Option<Protection>,
    /// Each Region in which backups are made.
    pub places: Vec<Place>,
}

/// The policies that reach an account, merged by us and by AWS.
#[derive(Debug, Clone, PartialEq)]
pub struct Protection {
    /// Our merge of what is attached.
    pub ours: Seen<Arc<Merge>>,
    /// What AWS answers for the account: `None` if backup policies are not enabled.
    pub theirs: Seen<Option<InForce>>,
}

/// What only some policies ask of an account's role, and what it has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// What the account's effective policy asks.
    pub asked: Seen<Asked>,
    /// The names of AWS's managed policies that the role has.
    pub managed: Seen<BTreeSet<String>>,
    /// The trust policy of each scanner role that is asked for, in the order of their names.
    pub scanners: Vec<(String, Seen<Value>)>,
}

/// What an effective policy asks beyond backups and copies, of plans that use the solution's role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether backups of EBS volumes are indexed.
    pub indexes_volumes: bool,
    /// The names of the roles with which backups are scanned.
    pub scanner_roles: BTreeSet<String>,
}

/// A Region of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The Region.
    pub region: String,
    /// Whether the Region is switched on in the account. Nothing else is looked at where it is off.
    pub enabled: Seen<bool>,
    /// The vault.
    pub vault: Seen<Vault>,
    /// The key's state: `Enabled`, `PendingDeletion`, ...
    pub key: Seen<String>,
    /// The newest backup in the vault.
    pub last_backup: Seen<Last>,
    /// What should have been backed up since, and was not.
    pub missed: Vec<Missed>,
    /// What is not asked of the central vault itself.
    pub member: Option<MemberPlace>,
}

/// What is looked at in a Region of an account of the targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPlace {
    /// The newest copy to the central vault.
    pub last_copy: Seen<Last>,
    /// Copies to the central vault that failed lately.
    pub failed_copies: Seen<Option<FailedCopies>>,
    /// How tables are backed up.
    pub tables: Seen<Tables>,
    /// The run of a schedule after which a backup was made, and by now should be copied.
    pub copy_due: Option<Instant>,
    /// The function that tags restores, if it is deployed.
    pub tagger: Option<Tagger>,
}

/// A backup vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vault {
    /// The ARN of the key that encrypts it.
    pub key: String,
    /// When it was made.
    pub created: Option<Instant>,
    /// Whether it holds recovery points.
    pub holds_any: bool,
}

/// A rule that ran without a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// Plan and rule: `daily/nightly`.
    pub rule: String,
    /// When it ran.
    pub run: Instant,
    /// Whether anything there bears a tag that it selects; `Missing` if it selects in another way.
    pub selected: Seen<bool>,
}

/// How DynamoDB's tables are backed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// By AWS Backup, so that the backups can be copied to another account.
    Advanced,
    /// By DynamoDB itself; no such backup is in the vault.
    Plain,
    /// By DynamoDB itself, and a backup in the vault is one of these.
    PlainBackups,
}

/// Resources whose newest copy failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCopies {
    /// How many.
    pub resources: usize,
    /// The ARN of the one whose copy failed last.
    pub resource: String,
    /// AWS Backup's message about that.
    pub message: String,
    /// The key that encrypts what could not be copied, if AWS Backup tells.
    pub key: Option<String>,
}

/// The newest of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// Made at this time.
    At(Instant),
    /// Made more than so many days ago.
    Before(u32),
    /// There is none.
    Never,
}

impl Last {
    /// Whether the newest is known to be older than a moment.
    pub fn is_before(self, moment: Instant, now: Instant) -> bool {
        match self {
            Last::At(time) => time < moment,
            Last::Before(days) => now - TimeDelta::days(i64::from(days)) <= moment,
            Last::Never => true,
        }
    }
}
