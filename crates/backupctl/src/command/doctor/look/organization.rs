//! The organization: how much of it can be read, and which of its accounts are the targets'.

use std::collections::BTreeSet;

use aws_sdk_organizations::types::PolicyTypeStatus;
use backup_reading::organizations::{Organizations, Tags};
use backup_status::Seen;
use backup_status::landscape::{Child, Landscape, Place, Policies, Tree};

use super::seen;
use crate::aws::progress::Progress;
use crate::plan::present::Present;
use crate::targets::Targets;

/// The organization, each part as far as it can be read.
pub(super) struct Read {
    pub(super) root: Seen<Place>,
    pub(super) enabled: Seen<bool>,
    pub(super) tree: Seen<Tree>,
    pub(super) policies: Seen<Policies>,
}

/// Reads it.
pub(super) async fn read(organizations: &Organizations, progress: &Progress) -> Read {
    let root = organizations.root().await;
    let enabled = match &root {
        Ok((_, status)) => Seen::There(*status == Some(PolicyTypeStatus::Enabled)),
        Err(failure) => Seen::Unknown(failure.to_string()),
    };
    let (tree, policies) = match &root {
        Ok((root, _)) => {
            let count = progress.counter();
            let policies = organizations.policies(Tags::Read, &count);
            let (tree, policies) = tokio::join!(organizations.tree(root, &count), policies);
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
    pub(super) fn present(&mut self) -> Seen<Present> {
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

/// The targets that are not in the organization.
pub(super) fn strangers(root: &str, tree: &Tree, targets: &Targets) -> Vec<String> {
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
pub(super) fn in_targets(units: &[Child], accounts: &[Child], targets: &Targets) -> Vec<Child> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use backup_status::landscape;

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
