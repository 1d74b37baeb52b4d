//! Looks at everything that a diagnosis is made from.

mod asked;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::bail;
use aws_sdk_organizations::types::PolicyTypeStatus;
use backup_policy::Instant;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::Arguments;
use crate::aws::account::Account as Adapter;
use crate::aws::connection::Connection;
use crate::aws::failure::Failure;
use crate::aws::organizations::Organizations;
use crate::aws::progress::Progress;
use crate::doctor::diagnosis::{self, LINKED_ROLE, STACK_SET_ADMINISTRATION, STACK_SETS};
use crate::doctor::facts::{Account, Facts, Place, Purpose, Role, Seen};
use crate::landscape::Child;
use crate::targets::Targets;

/// The solution's names, which its templates spell.
const MEMBER_VAULT: &str = "AWSBackupSolutionVault";
const MEMBER_ROLE: &str = "AWSBackupSolutionRole";
const CENTRAL_ROLE: &str = "AWSBackupSolutionCentralAccountRole";
const MANAGEMENT_ROLE: &str = "BackupOrgPolicyManagerOrgAdmin";
const EXECUTION_ROLE: &str = "AWSCloudFormationStackSetExecutionRole";

/// How many accounts are looked into at the same time. Our choice: each takes about ten calls in
/// a Region, and the rates of AWS Backup and IAM are counted in the accounts themselves.
const AT_ONCE: usize = 6;

/// Looks at everything.
pub(super) async fn look(arguments: &Arguments, targets: &Targets) -> anyhow::Result<Facts> {
    let connection = arguments.access.connect().await?;
    let management = &targets.management_account;
    if connection.caller.account != *management {
        bail!(
            "{} is not the management account {management} that the targets name: use its \
             credentials (`--profile`, `--role-arn`), or correct OrgManagementAccount",
            connection.caller.arn
        );
    }
    let progress = Progress::begin();
    let organizations = Organizations::new(&connection);
    let own = Adapter::new(connection.sdk.clone(), &connection.caller.arn);
    let now = Instant::from(SystemTime::now());

    let root = organizations.root().await;
    let policy_type = match &root {
        Ok((_, status)) => Seen::There(*status == Some(PolicyTypeStatus::Enabled)),
        Err(failure) => Seen::Unknown(failure.to_string()),
    };
    let tree = match root {
        Ok((root, _)) => organizations
            .tree(&root, &progress)
            .await
            .map(|it| (root, it)),
        Err(failure) => Err(failure),
    };
    let (strangers, mut below, asked) = match tree {
        Ok((root, (units, accounts))) => (
            Seen::There(strangers(&root.id, &units, &accounts, targets)),
            in_targets(&units, &accounts, targets),
            asked::by_policies(&organizations, root, units, accounts, now, &progress).await,
        ),
        Err(failure) => {
            let why = failure.to_string();
            (Seen::Unknown(why.clone()), Vec::new(), Seen::Unknown(why))
        }
    };
    for id in &arguments.account {
        if !below.iter().any(|child| child.place.id == *id) {
            bail!("`--account {id}` is not an account of the targets: correct it, or TargetOUs");
        }
    }
    below.retain(|child| {
        arguments.account.is_empty() || arguments.account.contains(&child.place.id)
    });

    let mut opt_in = Vec::new();
    for region in &targets.regions {
        opt_in.push((region.clone(), own.opted_out(region).await));
    }
    let work = Work {
        connection: connection.clone(),
        member_role: arguments.member_role.clone(),
        asked: Arc::new(asked),
        now,
    };
    Ok(Facts {
        organization: seen(organizations.describe().await),
        trusted: seen(organizations.trusted_services().await),
        delegated: seen(organizations.administrators(STACK_SETS).await),
        cross_account: own.cross_account().await,
        policy_type,
        opt_in,
        strangers,
        roles: roles(&work, &own, targets).await,
        central: central(&work, targets).await,
        members: members(&work, below, targets, &progress).await,
        tags_sap_hana: asked::tags_sap_hana(&arguments.targets),
        now,
    })
}

fn seen<T>(answer: Result<T, Failure>) -> Seen<T> {
    match answer {
        Ok(found) => Seen::There(found),
        Err(failure) => Seen::Unknown(failure.to_string()),
    }
}

/// The targets that are not in the organization.
fn strangers(root: &str, units: &[Child], accounts: &[Child], targets: &Targets) -> Vec<String> {
    let children = units.iter().chain(accounts);
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
    member_role: String,
    asked: Arc<Seen<asked::ByAccount>>,
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
        let role = format!("arn:{partition}:iam::{account}:role/{}", self.member_role);
        match self.connection.with_role(&role).await {
            Ok(sdk) => Ok(Adapter::new(sdk, &role)),
            Err(failure) => Err(failure.to_string()),
        }
    }
}

async fn roles(work: &Work, own: &Adapter, targets: &Targets) -> Vec<Role> {
    let role = |purpose, account: &str, name: &str, trust| Role {
        purpose,
        account: account.to_owned(),
        name: name.to_owned(),
        trust,
    };
    let management = &targets.management_account;
    let trust = own.role(MANAGEMENT_ROLE).await;
    let mut roles = vec![role(
        Purpose::Management,
        management,
        MANAGEMENT_ROLE,
        trust,
    )];
    let home = &targets.home_account;
    let adapter = work.adapter(home).await;
    for (purpose, name) in [
        (Purpose::PolicyManager, diagnosis::POLICY_MANAGER),
        (Purpose::StackSetAdministration, STACK_SET_ADMINISTRATION),
        (Purpose::StackSetExecution, EXECUTION_ROLE),
    ] {
        let trust = match &adapter {
            Ok(adapter) => adapter.role(name).await,
            Err(why) => Seen::Unknown(why.clone()),
        };
        roles.push(role(purpose, home, name, trust));
    }
    roles
}

async fn central(work: &Work, targets: &Targets) -> Account {
    let vault = &targets.central_vault;
    match work.adapter(&vault.account).await {
        Err(why) => closed(&vault.account, "", why),
        Ok(adapter) => Account {
            id: vault.account.clone(),
            name: String::new(),
            closed: None,
            role: adapter.role(CENTRAL_ROLE).await,
            linked_role: adapter.role(LINKED_ROLE).await,
            abilities: None,
            places: vec![place(&adapter, &vault.region, &vault.name, None, work.now).await],
        },
    }
}

async fn members(
    work: &Work,
    accounts: Vec<Child>,
    targets: &Targets,
    progress: &Progress,
) -> Vec<Account> {
    let limit = Arc::new(Semaphore::new(AT_ONCE));
    let mut looking = JoinSet::new();
    for (number, child) in accounts.into_iter().enumerate() {
        let (work, targets, limit) = (work.clone(), targets.clone(), Arc::clone(&limit));
        looking.spawn(async move {
            // It is closed nowhere, so this waits and never fails.
            let _turn = limit.acquire().await;
            (number, member(&work, &child, &targets).await)
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

async fn member(work: &Work, child: &Child, targets: &Targets) -> Account {
    let (id, name) = (&child.place.id, &child.place.name);
    let adapter = match work.adapter(id).await {
        Ok(adapter) => adapter,
        Err(why) => return closed(id, name, why),
    };
    let mut places = Vec::new();
    for region in &targets.regions {
        let central = Some(targets.central_vault.arn.as_str());
        places.push(place(&adapter, region, MEMBER_VAULT, central, work.now).await);
    }
    Account {
        id: id.clone(),
        name: name.clone(),
        closed: None,
        role: adapter.role(MEMBER_ROLE).await,
        linked_role: adapter.role(LINKED_ROLE).await,
        abilities: Some(asked::abilities(&adapter, &work.asked, id).await),
        places,
    }
}

async fn place(
    adapter: &Adapter,
    region: &str,
    vault_name: &str,
    central: Option<&str>,
    now: Instant,
) -> Place {
    let vault = adapter.vault(region, vault_name).await;
    let (mut key, mut last_backup) = (Seen::Missing, Seen::Missing);
    if let Seen::There(arn) = &vault {
        key = adapter.key(region, arn).await;
        last_backup = adapter.last_backup(region, vault_name, now).await;
    }
    let (mut last_copy, mut failed_copies, mut tables) = (None, None, None);
    if let (Seen::There(_), Some(central)) = (&vault, central) {
        last_copy = Some(adapter.last_copy(region, central, now).await);
        failed_copies = Some(adapter.failed_copies(region, central, now).await);
        tables = Some(adapter.tables(region, vault_name, now).await);
    }
    Place {
        region: region.to_owned(),
        vault,
        key,
        last_backup,
        last_copy,
        failed_copies,
        tables,
    }
}

fn closed(id: &str, name: &str, why: String) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
        closed: Some(why),
        role: Seen::Missing,
        linked_role: Seen::Missing,
        abilities: None,
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
