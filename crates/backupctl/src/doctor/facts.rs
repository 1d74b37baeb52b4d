//! What was seen, and what could not be.

use std::collections::BTreeSet;

use backup_policy::Instant;
use serde_json::Value;

/// Something that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is there.
    There(T),
    /// It is not there.
    Missing,
    /// It could not be looked for, for this reason.
    Unknown(String),
}

impl<T> Seen<T> {
    /// What is there.
    pub fn there(&self) -> Option<&T> {
        match self {
            Seen::There(found) => Some(found),
            Seen::Missing | Seen::Unknown(_) => None,
        }
    }
}

/// Everything that a diagnosis is made from.
#[derive(Debug, Clone)]
pub struct Facts {
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
    /// Roles, with the trust policy that each has.
    pub roles: Vec<Role>,
    /// The central account.
    pub central: Account,
    /// The accounts of the targets, in the order of their ids.
    pub members: Vec<Account>,
    /// Whether restored SAP HANA databases are to be tagged, as the repository's values declare.
    pub tags_sap_hana: bool,
    /// When all this was seen.
    pub now: Instant,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// Each Region in which backups are made.
    pub places: Vec<Place>,
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
    /// The ARN of the key that encrypts the vault.
    pub vault: Seen<String>,
    /// The key's state: `Enabled`, `PendingDeletion`, ...
    pub key: Seen<String>,
    /// The newest backup in the vault.
    pub last_backup: Seen<Last>,
    /// The newest copy to the central vault; not asked of the central vault itself.
    pub last_copy: Option<Seen<Last>>,
    /// Copies to the central vault that failed lately; not asked of the central vault itself.
    pub failed_copies: Option<Seen<Option<FailedCopies>>>,
    /// How tables are backed up; not asked of the central vault itself.
    pub tables: Option<Seen<Tables>>,
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
