//! Looks at everything that a diagnosis is made from.

mod asked;
mod jobs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::bail;
use aws_sdk_organizations::types::PolicyTypeStatus;
use backup_policy::Instant;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::aws::account::Account as Adapter;
use crate::aws::connection::Connection;
use crate::aws::failure::Failure;
use crate::aws::organizations::{Organizations, Tags};
use crate::aws::progress::Progress;
use crate::doctor::deployed::{STACK, again};
use crate::doctor::diagnosis::{self, LINKED_ROLE, STACK_SET_ADMINISTRATION, STACK_SETS};
use crate::doctor::facts::{Account, Facts, Home, Place, Protection, Purpose, Role, Scope, Seen};
use crate::landscape::{self, Child, Landscape, Policies, Tree};
use crate::plan::present::Present;
use crate::plan::steps::Step;
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
    let organizations = Arc::new(Organizations::new(connection));
    let own = Adapter::new(connection.sdk.clone(), &connection.caller.arn);
    let now = Instant::from(SystemTime::now());

    let mut read = read(&organizations, &progress).await;
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
            let suspended = in_targets(&tree.units, &tree.closed, targets);
            let named = suspended.into_iter().map(|it| (it.place.id, it.place.name));
            scope.suspended = named.collect();
            let below = in_targets(&tree.units, &tree.accounts, targets);
            (below, Seen::There(strangers(&root.id, tree, targets)))
        }
        (_, Seen::Unknown(why)) => (Vec::new(), Seen::Unknown(why.clone())),
        _ => (Vec::new(), Seen::Missing),
    };
    for id in &question.accounts {
        if !below.iter().any(|child| child.place.id == *id) {
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
    let (home, deployed) = home(&work, &present).await;
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
        invalid: organizations.invalid().await,
        central: central(&work).await,
        members: members(&work, below, &progress).await,
        tags_sap_hana: question.tags_sap_hana,
        now,
    })
}

/// The organization, each part as far as it can be read.
struct Read {
    root: Seen<landscape::Place>,
    enabled: Seen<bool>,
    tree: Seen<Tree>,
    policies: Seen<Policies>,
}

async fn read(organizations: &Organizations, progress: &Progress) -> Read {
    let root = organizations.root().await;
    let enabled = match &root {
        Ok((_, status)) => Seen::There(*status == Some(PolicyTypeStatus::Enabled)),
        Err(failure) => Seen::Unknown(failure.to_string()),
    };
    let (tree, policies) = match &root {
        Ok((root, _)) => {
            let policies = organizations.policies(Tags::Read, progress);
            let (tree, policies) = tokio::join!(organizations.tree(root, progress), policies);
            (seen(tree), seen(policies))
        }
        Err(failure) => {
            let why = failure.to_string();
            (Seen::Unknown(why.clone()), Seen::Unknown(why))
        }
    };
    Read {
        root: seen(root.map(|(root, _)| root)),
        enabled,
        tree,
        policies,
    }
}

impl Read {
    /// The organization as a plan starts from it, if all of it was read.
    fn present(&mut self) -> Seen<Present> {
        let take = |read: &mut Self| -> Result<Landscape, String> {
            Ok(Landscape::new(
                taken(&mut read.root)?,
                taken(&mut read.tree)?,
                taken(&mut read.policies)?,
            ))
        };
        match take(self) {
            Ok(landscape) => {
                let enabled = self.enabled == Seen::There(true);
                Seen::There(Present::live(&landscape, enabled))
            }
            Err(why) => Seen::Unknown(why),
        }
    }
}

fn taken<T>(seen: &mut Seen<T>) -> Result<T, String> {
    match std::mem::replace(seen, Seen::Missing) {
        Seen::There(found) => Ok(found),
        Seen::Missing => Err(String::new()),
        Seen::Unknown(why) => Err(why),
    }
}

fn seen<T>(answer: Result<T, Failure>) -> Seen<T> {
    match answer {
        Ok(found) => Seen::There(found),
        Err(failure) => Seen::Unknown(failure.to_string()),
    }
}

/// The targets that are not in the organization.
fn strangers(root: &str, tree: &Tree, targets: &Targets) -> Vec<String> {
    let children = tree.units.iter().chain(&tree.accounts).chain(&tree.closed);
    let mut known: BTreeSet<&str> = children.map(|child| child.place.id.as_str()).collect();
    known.insert(root);
    let foreign = targets
        .units
        .iter()
        .filter(|id| !known.contains(id.as_str()));
    foreign.cloned().collect()
}

/// The accounts of the targets, in the order of their ids.
fn in_targets(units: &[Child], accounts: &[Child], targets: &Targets) -> Vec<Child> {
    let mut inside: BTreeSet<&str> = targets.units.iter().map(String::as_str).collect();
    // The root's own id is a parent, too. Units come after what they are in.
    for unit in units {
        if inside.contains(unit.parent.as_str()) {
            inside.insert(&unit.place.id);
        }
    }
    let is_inside = |account: &&Child| {
        inside.contains(account.parent.as_str()) || inside.contains(account.place.id.as_str())
    };
    let mut found: Vec<Child> = accounts.iter().filter(is_inside).cloned().collect();
    found.sort_by(|a, b| a.place.id.cmp(&b.place.id));
    found
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

/// The home account, and what deploying the policies' stack again would change.
async fn home(work: &Work, present: &Seen<Present>) -> (Home, Seen<Vec<Step>>) {
    let Question {
        targets,
        home_region,
        ..
    } = &*work.question;
    let account = &targets.home_account;
    let mut home = Home {
        closed: None,
        region: home_region.clone(),
        roles: Vec::new(),
        manager: Seen::Missing,
        topic: Seen::Missing,
    };
    let adapter = match work.adapter(account).await {
        Ok(adapter) => adapter,
        Err(why) => {
            home.closed = Some(why);
            let why = "the home account cannot be looked into".to_owned();
            return (home, Seen::Unknown(why));
        }
    };
    for (purpose, name) in [
        (Purpose::PolicyManager, diagnosis::POLICY_MANAGER),
        (Purpose::StackSetAdministration, STACK_SET_ADMINISTRATION),
        (Purpose::StackSetExecution, EXECUTION_ROLE),
    ] {
        home.roles.push(Role {
            purpose,
            account: account.clone(),
            name: name.to_owned(),
            trust: adapter.role(name).await,
        });
    }
    home.manager = adapter
        .function(home_region, diagnosis::POLICY_MANAGER)
        .await;
    let partition = work.connection.caller.partition();
    let topic = format!("arn:{partition}:sns:{home_region}:{account}:{TOPIC}");
    home.topic = adapter.subscriptions(home_region, &topic).await;
    let deployed = match (adapter.stack(home_region, STACK).await, present) {
        (Seen::There(stack), Seen::There(present)) => {
            match again(&stack, targets, present, work.now) {
                Ok(steps) => Seen::There(steps),
                Err(why) => Seen::Unknown(why),
            }
        }
        (Seen::Missing, _) => Seen::Missing,
        (Seen::Unknown(why), _) => Seen::Unknown(why),
        (_, Seen::Unknown(why)) => Seen::Unknown(why.clone()),
        (_, Seen::Missing) => Seen::Unknown("the organization cannot be read".to_owned()),
    };
    (home, deployed)
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
        // A task that panicked has said so on standard error.
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
        theirs: work.organizations.in_force(id).await,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::landscape;

    fn child(id: &str, parent: &str) -> Child {
        let place = landscape::Place {
            id: id.to_owned(),
            name: String::new(),
        };
        let parent = parent.to_owned();
        Child { place, parent }
    }

    #[test]
    fn accounts_below_a_target_are_looked_into_and_no_others() {
        let units = [
            child("a", "r"),
            child("b", "r"),
            child("c", "a"),
            child("d", "c"),
        ];
        let accounts = [
            child("4", "d"),
            child("1", "a"),
            child("2", "b"),
            child("3", "r"),
        ];
        let targets = |list: &str| {
            let text = format!(
                r#"{{"OrganizationId": "o", "OrgManagementAccount": "1", "TargetHomeAccount": "2",
                "CentralBackupVaultArn": "arn:aws:backup:eu-west-1:3:backup-vault:V",
                "TargetOUs": "{list}", "TargetRegions": "eu-west-1", "TargetGlobalRegion": "x"}}"#
            );
            Targets::parse(&text).unwrap()
        };
        let found = |list: &str| -> Vec<String> {
            let found = in_targets(&units, &accounts, &targets(list));
            found.into_iter().map(|child| child.place.id).collect()
        };
        assert_eq!(found("a"), ["1", "4"]);
        assert_eq!(found("c, 2"), ["2", "4"]);
        assert_eq!(found("r"), ["1", "2", "3", "4"]);
        assert!(found("x").is_empty());
    }
}
