//! Reads an organization, all pages of it and no faster than AWS allows.

use std::collections::BTreeMap;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::Builder;
use aws_sdk_organizations::types::{AccountState, AccountStatus, PolicyType, PolicyTypeStatus};

use aws_types::SdkConfig;
use backup_status::landscape::{Child, Detail, Landscape, Place, Policies, Policy, Tree};

use crate::failure::Failure;
use crate::pace::Pace;
use crate::{Caller, Count};

/// AWS Organizations as one caller sees it.
#[derive(Debug)]
pub struct Organizations {
    client: Client,
    caller: Caller,
    paces: Paces,
}

/// What is wanted beyond names and contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tags {
    /// The policies' tags, a call for each policy.
    Read,
    /// No tags.
    LeaveOut,
}

/// AWS Organizations' published rates for one account (quotas, "Throttling limits"): calls a
/// second, and at once after a rest. Where AWS names several operations on one line, it does not
/// say whether they share it, so here they do. `ListTagsForResource` is on no line: it gets that
/// of `TagResource`. What asks for effective policies is on none either: it gets the lowest of those
/// for reading policies.
#[derive(Debug)]
struct Paces {
    roots: Pace,
    children: Pace,
    policies: Pace,
    describe: Pace,
    tags: Pace,
    effective: Pace,
}

/// Collects all pages of a listing. A page may be empty and still have a successor.
macro_rules! pages {
    ($self:ident, $pace:ident, $operation:literal, $request:expr, $items:ident) => {{
        let mut all = Vec::new();
        let mut token = None;
        loop {
            $self.paces.$pace.turn().await;
            let sent = $request.set_next_token(token).send().await;
            let page = match sent {
                Ok(page) => page,
                Err(error) => {
                    let failure = Failure::new("organizations", $operation, error);
                    return Err($self.explained(failure).await);
                }
            };
            token = page.next_token;
            all.extend(page.$items.unwrap_or_default());
            if token.is_none() {
                break all;
            }
        }
    }};
}

mod access;
mod effective;

impl Organizations {
    /// A client for a program's credentials, at AWS's address or another.
    pub fn new(
        sdk: &SdkConfig,
        program: &'static str,
        caller: Caller,
        endpoint: Option<&str>,
    ) -> Self {
        let retries = aws_client::retries_without_quota(program);
        let mut config = Builder::from(sdk).retry_partition(retries);
        if let Some(url) = endpoint {
            config = config.endpoint_url(url);
        }
        Organizations {
            client: Client::from_conf(config.build()),
            caller,
            paces: Paces {
                roots: Pace::new(1, 2),
                children: Pace::new(5, 8),
                policies: Pace::new(5, 8),
                describe: Pace::new(2, 2),
                tags: Pace::new(4, 6),
                effective: Pace::new(2, 2),
            },
        }
    }

    /// The tree and every backup policy, and the status of backup policies on the root.
    ///
    /// # Errors
    /// The first call that failed for good.
    pub async fn landscape(
        &self,
        tags: Tags,
        count: Count<'_>,
    ) -> Result<(Landscape, Option<PolicyTypeStatus>), Failure> {
        let (root, status) = self.root().await?;
        let (tree, policies) =
            tokio::try_join!(self.tree(&root, count), self.policies(tags, count))?;
        Ok((Landscape::new(root, tree, policies), status))
    }

    /// The root, and the status of backup policies on it (`None`: not enabled).
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn root(&self) -> Result<(Place, Option<PolicyTypeStatus>), Failure> {
        let roots = pages!(self, roots, "ListRoots", self.client.list_roots(), roots);
        // An organization has one root (AWS Organizations quotas).
        let Some(root) = roots.into_iter().next() else {
            return Err(odd("ListRoots", "the organization has no root"));
        };
        let types = root.policy_types.unwrap_or_default();
        let status = types
            .into_iter()
            .find(|summary| summary.r#type == Some(PolicyType::BackupPolicy))
            .and_then(|summary| summary.status);
        let place = Place {
            id: root.id.unwrap_or_default(),
            name: root.name.unwrap_or_default(),
        };
        Ok((place, status))
    }

    /// Units and accounts, from the root downwards, each after what it is in.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn tree(&self, root: &Place, count: Count<'_>) -> Result<Tree, Failure> {
        let mut tree = Tree::default();
        let mut parent = root.id.clone();
        let mut next = 0;
        loop {
            let request = || self.client.list_organizational_units_for_parent();
            let found = pages!(
                self,
                children,
                "ListOrganizationalUnitsForParent",
                request().parent_id(&parent),
                organizational_units
            );
            count("organizational units", found.len());
            tree.units.extend(found.into_iter().map(|unit| Child {
                place: place(unit.id, unit.name),
                parent: parent.clone(),
            }));
            let request = || self.client.list_accounts_for_parent();
            let found = pages!(
                self,
                children,
                "ListAccountsForParent",
                request().parent_id(&parent),
                accounts
            );
            count("accounts", found.len());
            for account in found {
                let kind = match is_open(&account) {
                    true => &mut tree.accounts,
                    false => &mut tree.closed,
                };
                kind.push(Child {
                    place: place(account.id, account.name),
                    parent: parent.clone(),
                });
            }
            let Some(unit) = tree.units.get(next) else {
                return Ok(tree);
            };
            parent = unit.place.id.clone();
            next += 1;
        }
    }

    /// The policies, and in which order they are attached to what.
    ///
    /// # Errors
    /// As AWS answers.
    pub async fn policies(&self, tags: Tags, count: Count<'_>) -> Result<Policies, Failure> {
        let listed = pages!(
            self,
            policies,
            "ListPolicies",
            self.client.list_policies().filter(PolicyType::BackupPolicy),
            policies
        );
        let mut policies = BTreeMap::new();
        let mut attached = BTreeMap::<String, Vec<String>>::new();
        for id in listed.into_iter().filter_map(|policy| policy.id) {
            let Some(policy) = self.policy(&id, tags).await? else {
                continue;
            };
            let request = || self.client.list_targets_for_policy();
            let targets = pages!(
                self,
                policies,
                "ListTargetsForPolicy",
                request().policy_id(&id),
                targets
            );
            for target in targets.into_iter().filter_map(|target| target.target_id) {
                attached.entry(target).or_default().push(id.clone());
            }
            policies.insert(id, policy);
            count("policies", 1);
        }
        // Order matters, and has to be asked for, only where there are several.
        for (target, ids) in attached.iter_mut().filter(|(_, ids)| ids.len() > 1) {
            let request = || self.client.list_policies_for_target();
            let in_order = pages!(
                self,
                policies,
                "ListPoliciesForTarget",
                request().target_id(target).filter(PolicyType::BackupPolicy),
                policies
            );
            count("targets of several policies", 1);
            *ids = in_order
                .into_iter()
                .filter_map(|policy| policy.id)
                .filter(|id| policies.contains_key(id))
                .collect();
        }
        Ok(Policies {
            all: policies,
            attached,
        })
    }

    /// A policy; `None` when it was deleted since it was listed.
    async fn policy(&self, id: &str, tags: Tags) -> Result<Option<Policy>, Failure> {
        self.paces.describe.turn().await;
        let described = match self.client.describe_policy().policy_id(id).send().await {
            Ok(output) => output.policy,
            Err(error) => {
                let failure = Failure::new("organizations", "DescribePolicy", error);
                if failure.is("PolicyNotFoundException") {
                    return Ok(None);
                }
                return Err(self.explained(failure).await);
            }
        };
        let Some((summary, content)) =
            described.and_then(|policy| Some((policy.policy_summary?, policy.content?)))
        else {
            return Err(odd("DescribePolicy", "the answer has no policy"));
        };
        let tags = match tags {
            Tags::Read => self.tags(id).await?,
            Tags::LeaveOut => BTreeMap::new(),
        };
        Ok(Some(Policy {
            name: summary.name.unwrap_or_default(),
            content,
            detail: Some(Detail {
                arn: summary.arn.unwrap_or_default(),
                description: summary.description.unwrap_or_default(),
                tags,
            }),
        }))
    }

    async fn tags(&self, id: &str) -> Result<BTreeMap<String, String>, Failure> {
        let tags = pages!(
            self,
            tags,
            "ListTagsForResource",
            self.client.list_tags_for_resource().resource_id(id),
            tags
        );
        Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
    }

    /// A failure with what this caller can do about it. Everyone in an organization may ask who
    /// manages it, which tells a member from a manager without the permission.
    async fn explained(&self, failure: Failure) -> Failure {
        let failure = failure.of(&self.caller.arn);
        if !failure.is_denied() {
            return failure;
        }
        let described = self.client.describe_organization().send().await;
        let management = described
            .ok()
            .and_then(|output| output.organization?.master_account_id);
        let remedy = match management {
            Some(management) if management != self.caller.account => format!(
                "{} is not the organization's management account: use credentials of {management}, \
                 or of an account that the organization's resource policy delegates this to",
                self.caller.account
            ),
            _ => return failure,
        };
        Failure {
            remedy: Some(remedy),
            ..failure
        }
    }
}

fn odd(operation: &'static str, message: &str) -> Failure {
    Failure::odd("organizations", operation, message)
}

fn place(id: Option<String>, name: Option<String>) -> Place {
    Place {
        id: id.unwrap_or_default(),
        name: name.unwrap_or_default(),
    }
}

/// `State` is the newer of the two; AWS announced that `Status` will go.
fn is_open(account: &aws_sdk_organizations::types::Account) -> bool {
    let closed = [
        AccountState::Closed,
        AccountState::PendingClosure,
        AccountState::Suspended,
    ];
    match (&account.state, &account.status) {
        (Some(state), _) => !closed.contains(state),
        (None, Some(status)) => *status == AccountStatus::Active,
        (None, None) => true,
    }
}
