//! Looks at everything that a diagnosis is made from.

mod asked;
mod home;
mod jobs;
mod organization;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::bail;
use backup_policy::Instant;
use backup_reading::failure::Failure;
use backup_reading::organizations::Organizations;
use backup_status::Seen;
use backup_status::landscape::Child;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::account::Account as Adapter;
use crate::aws::connection::Connection;
use crate::aws::progress::Progress;
use crate::doctor::diagnosis::{LINKED_ROLE, STACK_SETS};
use crate::doctor::facts::{Account, Facts, Place, Protection, Purpose, Role, Scope};
use crate::targets::Targets;

/// The solution's names, which its templates spell.
const MEMBER_VAULT: &str = "AWSBackupSolutionVault";
const MEMBER_ROLE: &str = "AWSBackupSolutionRole";
const CENTRAL_ROLE: &str = "AWSBackupSolutionCentralAccountRole";
const MANAGEMENT_ROLE: &str = "BackupOrgPolicyManagerOrgAdmin";
const TOPIC: &str = "aws-backup-notifications";
const TAGGER: &str = "TagOnRestore";
const EXECUTION_ROLE: &str = "AWSCloudFormationStackSetExecutionRole";

/// How many accounts are looked into at the same time. Our choice: each takes about a dozen calls in
/// a Region, one after the other, and the rates of AWS Backup, IAM, Lambda and EventBridge are counted
/// in the accounts themselves.
const AT_ONCE: usize = 6;

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Question {
    /// The solution's target values.
    pub targets: Targets,
    /// Only these accounts of the targets, if any are named.
    pub accounts: Vec<String>,
    /// The role to look into other accounts with.
    pub member_role: String,
    /// The Region of the home account's stacks.
    pub home_region: String,
    /// Whether `TagOnRestore` is deployed at all.
    pub tags_restores: bool,
    /// Whether restored SAP HANA databases are to be tagged.
    pub tags_sap_hana: bool,
}

/// Looks at everything.
///
/// # Errors
/// These are not the management account's credentials, or an account that is asked for is none of
/// the targets'. What cannot be looked at is no error.
pub async fn look(connection: &Connection, question: &Question) -> anyhow::Result<Facts> {
    let targets = &question.targets;
    let management = &targets.management_account;
    if connection.caller.account != *management {
        bail!(
            "{} is not the management account {management} that the targets name: use its \
             credentials (`--profile`, `--role-arn`), or correct OrgManagementAccount",
            connection.caller.arn
        );
    }
    let progress = Progress::begin();
    let organizations = Arc::new(connection.organizations());
    let own = Adapter::new(connection.sdk.clone(), &connection.caller.arn);
    let now = Instant::from(SystemTime::now());

    let mut read = organization::read(&organizations, &progress).await;
    let mut scope = Scope {
        units: read.tree.there().map_or(0, |tree| tree.units.len()),
        policies: read
            .policies
            .there()
            .map_or(0, |policies| policies.all.len()),
        regions: targets.regions.clone(),
        tags_restores: question.tags_restores,
        ..Scope::default()
    };
    let (mut below, strangers) = match (&read.root, &read.tree) {
        (Seen::There(root), Seen::There(tree)) => {
            let suspended = organization::in_targets(&tree.units, &tree.closed, targets);
            let named = suspended.into_iter().map(|it| (it.place.id, it.place.name));
            scope.suspended = named.collect();
            let below = organization::in_targets(&tree.units, &tree.accounts, targets);
            (
                below,
                Seen::There(organization::strangers(&root.id, tree, targets)),
            )
        }
        (_, Seen::Unknown(why)) => (Vec::new(), Seen::Unknown(why.clone())),
        _ => (Vec::new(), Seen::Missing),
    };
    for id in &question.accounts {
        // Whether it is one is known only if the organization could be read.
        if read.tree.there().is_some() && !below.iter().any(|child| child.place.id == *id) {
            bail!("`--account {id}` is not an account of the targets: correct it, or TargetOUs");
        }
    }
    let all = below.len();
    below.retain(|child| {
        question.accounts.is_empty() || question.accounts.contains(&child.place.id)
    });
    scope.not_asked_for = all - below.len();

    let mut opt_in = Vec::new();
    for region in &targets.regions {
        opt_in.push((region.clone(), own.opted_out(region).await));
    }
    let enabled = read.enabled.clone();
    let present = read.present();
    let reached = match &present {
        Seen::There(present) => asked::by_account(&present.organization, now),
        Seen::Missing => Seen::Missing,
        Seen::Unknown(why) => Seen::Unknown(why.clone()),
    };
    let work = Work {
        connection: connection.clone(),
        organizations: Arc::clone(&organizations),
        question: Arc::new(question.clone()),
        reached: Arc::new(reached),
        now,
    };
    let (home, deployed) = home::home(&work, &present).await;
    drop(present);
    Ok(Facts {
        scope,
        organization: seen(organizations.describe().await),
        trusted: seen(organizations.trusted_services().await),
        delegated: seen(organizations.administrators(STACK_SETS).await),
        cross_account: own.cross_account().await,
        policy_type: enabled,
        opt_in,
        strangers,
        management: Role {
            purpose: Purpose::Management,
            account: management.clone(),
            name: MANAGEMENT_ROLE.to_owned(),
            trust: own.role(MANAGEMENT_ROLE).await,
        },
        home,
        deployed,
        invalid: seen(organizations.invalid().await),
        central: central(&work).await,
        members: members(&work, below, &progress).await,
        tags_sap_hana: question.tags_sap_hana,
        now,
    })
}

pub(in crate::command) fn seen<T>(answer: Result<T, Failure>) -> Seen<T> {
    match answer {
        Ok(found) => Seen::There(found),
        Err(failure) => Seen::Unknown(failure.to_string()),
    }
}

/// What looking into any account needs.
#[derive(Debug, Clone)]
struct Work {
    connection: Connection,
    organizations: Arc<Organizations>,
    question: Arc<Question>,
    reached: Arc<Seen<asked::ByAccount>>,
    now: Instant,
}

impl Work {
    /// The account as the role sees it; the caller's own without one.
    async fn adapter(&self, account: &str) -> Result<Adapter, String> {
        let caller = &self.connection.caller;
        if caller.account == account {
            return Ok(Adapter::new(self.connection.sdk.clone(), &caller.arn));
        }
        let partition = caller.partition();
        let role = format!(
            "arn:{partition}:iam::{account}:role/{}",
            self.question.member_role
        );
        match self.connection.with_role(&role).await {
            Ok(sdk) => Ok(Adapter::new(sdk, &role)),
            Err(failure) => Err(failure.to_string()),
        }
    }
}

async fn central(work: &Work) -> Account {
    let vault = &work.question.targets.central_vault;
    match work.adapter(&vault.account).await {
        Err(why) => closed(&vault.account, "", why),
        Ok(adapter) => {
            let regions = adapter.regions().await;
            let place = place(&adapter, &regions, &vault.region, &vault.name, work.now).await;
            Account {
                id: vault.account.clone(),
                name: String::new(),
                closed: None,
                role: adapter.role(CENTRAL_ROLE).await,
                linked_role: adapter.role(LINKED_ROLE).await,
                abilities: None,
                protection: None,
                places: vec![place],
            }
        }
    }
}

async fn members(work: &Work, accounts: Vec<Child>, progress: &Progress) -> Vec<Account> {
    let limit = Arc::new(Semaphore::new(AT_ONCE));
    let mut looking = JoinSet::new();
    for (number, child) in accounts.into_iter().enumerate() {
        let (work, limit) = (work.clone(), Arc::clone(&limit));
        looking.spawn(async move {
            // It is closed nowhere, so this waits and never fails.
            let _turn = limit.acquire().await;
            (number, member(&work, &child).await)
        });
    }
    let mut members = Vec::new();
    while let Some(ended) = looking.join_next().await {
        // A task that panicked has reported so on standard error.
        members.extend(ended.ok());
        progress.add("accounts looked into", 1);
    }
    members.sort_by_key(|(number, _)| *number);
    members.into_iter().map(|(_, member)| member).collect()
}

async fn member(work: &Work, child: &Child) -> Account {
    let (id, name) = (&child.place.id, &child.place.name);
    let adapter = match work.adapter(id).await {
        Ok(adapter) => adapter,
        Err(why) => return closed(id, name, why),
    };
    let reached = match &*work.reached {
        Seen::There(all) => match all.get(id) {
            Some(reached) => Seen::There(reached.clone()),
            None => Seen::Missing,
        },
        Seen::Missing => Seen::Missing,
        Seen::Unknown(why) => Seen::Unknown(why.clone()),
    };
    let protection = Protection {
        ours: match &reached {
            Seen::There(reached) => Seen::There(Arc::clone(&reached.merge)),
            Seen::Missing => Seen::Unknown("the policies could not be merged".to_owned()),
            Seen::Unknown(why) => Seen::Unknown(why.clone()),
        },
        theirs: seen(work.organizations.in_force(id).await),
    };
    let regions = adapter.regions().await;
    let mut places = Vec::new();
    for region in &work.question.targets.regions {
        let mut place = place(&adapter, &regions, region, MEMBER_VAULT, work.now).await;
        jobs::look(work, &adapter, id, &protection, &mut place).await;
        places.push(place);
    }
    Account {
        id: id.clone(),
        name: name.clone(),
        closed: None,
        role: adapter.role(MEMBER_ROLE).await,
        linked_role: adapter.role(LINKED_ROLE).await,
        abilities: Some(asked::abilities(&adapter, &reached).await),
        protection: Some(protection),
        places,
    }
}

async fn place(
    adapter: &Adapter,
    regions: &Seen<BTreeMap<String, bool>>,
    region: &str,
    vault_name: &str,
    now: Instant,
) -> Place {
    let enabled = match regions {
        Seen::There(all) => match all.get(region) {
            Some(on) => Seen::There(*on),
            None => Seen::Unknown(format!("account:ListRegions does not name {region}")),
        },
        Seen::Missing => Seen::Missing,
        Seen::Unknown(why) => Seen::Unknown(why.clone()),
    };
    let mut place = Place {
        region: region.to_owned(),
        enabled,
        vault: Seen::Missing,
        key: Seen::Missing,
        last_backup: Seen::Missing,
        missed: Vec::new(),
        member: None,
    };
    if place.enabled == Seen::There(false) {
        return place;
    }
    place.vault = adapter.vault(region, vault_name).await;
    if let Seen::There(vault) = &place.vault {
        place.key = adapter.key(region, &vault.key).await;
        let newest = adapter.last_backup(region, vault_name, vault.holds_any, now);
        place.last_backup = newest.await;
    }
    place
}

fn closed(id: &str, name: &str, why: String) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
        closed: Some(why),
        role: Seen::Missing,
        linked_role: Seen::Missing,
        abilities: None,
        protection: None,
        places: Vec::new(),
    }
}
