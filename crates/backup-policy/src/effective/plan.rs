//! Reading backup plans out of a merged policy.

use super::node::{Node, Sourced};
use crate::arn;

/// The schedule of a rule that has none, by AWS Backup's documentation of CreateBackupPlan.
pub const DEFAULT_SCHEDULE: &str = "cron(0 5 ? * * *)";

/// A backup plan. What it lacks is not invented.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'e> {
    /// Its place in the merged policy.
    pub node: &'e Node,
}

/// A rule of a plan: when, where to, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Rule<'e> {
    /// Its place in the merged policy.
    pub node: &'e Node,
}

/// How long backups or copies are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lifecycle<'e> {
    /// `move_to_cold_storage_after_days`
    pub cold: Option<&'e Sourced>,
    /// `delete_after_days`; without it backups are kept for ever.
    pub delete: Option<&'e Sourced>,
    /// `opt_in_to_archive_for_supported_resources`
    pub archive: Option<&'e Sourced>,
}

/// A copy of each backup to another vault.
#[derive(Debug, Clone, Copy)]
pub struct CopyAction<'e> {
    /// Its place in the merged policy; its name is the vault's ARN.
    pub node: &'e Node,
}

/// What a plan backs up.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'e> {
    /// Its place in the merged policy.
    pub node: &'e Node,
    /// By tag or by type.
    pub resources: Resources<'e>,
}

/// How a selection chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resources<'e> {
    /// What bears a tag with one of the values.
    Tagged {
        /// The tag.
        key: Option<&'e Sourced>,
        /// Its values.
        values: &'e [Sourced],
    },
    /// What is of one of the types.
    OfTypes {
        /// `resource_types`
        types: &'e [Sourced],
        /// `not_resource_types`
        except: &'e [Sourced],
    },
}

/// What must also hold for the resources of a selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition<'e> {
    /// `string_equals`, `string_not_equals`, `string_like` or `string_not_like`.
    pub operator: &'e str,
    /// `condition_key`
    pub key: Option<&'e Sourced>,
    /// `condition_value`
    pub value: Option<&'e Sourced>,
}

impl<'e> Plan<'e> {
    pub(super) fn of(node: &'e Node) -> Plan<'e> {
        Plan { node }
    }

    /// Its name.
    pub fn name(&self) -> &'e str {
        self.node.name()
    }

    /// The Regions that it works in.
    pub fn regions(&self) -> &'e [Sourced] {
        self.node.list(&["regions"])
    }

    /// Its rules, in order.
    pub fn rules(&self) -> Vec<Rule<'e>> {
        below(self.node, &["rules"])
            .map(|node| Rule { node })
            .collect()
    }

    /// Its selections, those by tag first.
    pub fn selections(&self) -> Vec<Selection<'e>> {
        let tagged = below(self.node, &["selections", "tags"]).map(|node| Selection {
            node,
            resources: Resources::Tagged {
                key: node.text(&["tag_key"]),
                values: node.list(&["tag_value"]),
            },
        });
        let of_types = below(self.node, &["selections", "resources"]).map(|node| Selection {
            node,
            resources: Resources::OfTypes {
                types: node.list(&["resource_types"]),
                except: node.list(&["not_resource_types"]),
            },
        });
        tagged.chain(of_types).collect()
    }

    /// The tags that the plan itself gets, as key and value.
    pub fn tags(&self) -> Vec<(&'e Sourced, &'e Sourced)> {
        tags(self.node, "backup_plan_tags")
    }
}

impl<'e> Rule<'e> {
    /// Its name.
    pub fn name(&self) -> &'e str {
        self.node.name()
    }

    /// When it runs, as it is written. Without one AWS Backup takes [`DEFAULT_SCHEDULE`].
    pub fn schedule(&self) -> Option<&'e Sourced> {
        self.node.text(&["schedule_expression"])
    }

    /// The name of the vault that backups go to.
    pub fn vault(&self) -> Option<&'e Sourced> {
        self.node.text(&["target_backup_vault_name"])
    }

    /// The ARN of the logically air-gapped vault that backups go to.
    pub fn air_gapped_vault(&self) -> Option<&'e Sourced> {
        self.node
            .text(&["target_logically_air_gapped_backup_vault_arn"])
    }

    /// Within how many minutes a backup must have started.
    pub fn start_minutes(&self) -> Option<&'e Sourced> {
        self.node.text(&["start_backup_window_minutes"])
    }

    /// After how many minutes a backup that has not ended is cancelled.
    pub fn complete_minutes(&self) -> Option<&'e Sourced> {
        self.node.text(&["complete_backup_window_minutes"])
    }

    /// Whether it makes backups for restores to any point in time.
    pub fn is_continuous(&self) -> bool {
        is_true(self.node.text(&["enable_continuous_backup"]))
    }

    /// How long its backups are kept.
    pub fn lifecycle(&self) -> Lifecycle<'e> {
        Lifecycle::of(self.node)
    }

    /// Its copies, in order.
    pub fn copies(&self) -> Vec<CopyAction<'e>> {
        below(self.node, &["copy_actions"])
            .map(|node| CopyAction { node })
            .collect()
    }

    /// The tags that its backups get, as key and value.
    pub fn tags(&self) -> Vec<(&'e Sourced, &'e Sourced)> {
        tags(self.node, "recovery_point_tags")
    }
}

impl<'e> Lifecycle<'e> {
    fn of(node: &'e Node) -> Lifecycle<'e> {
        Lifecycle {
            cold: node.text(&["lifecycle", "move_to_cold_storage_after_days"]),
            delete: node.text(&["lifecycle", "delete_after_days"]),
            archive: node.text(&["lifecycle", "opt_in_to_archive_for_supported_resources"]),
        }
    }

    /// After how many days backups move to cold storage.
    pub fn cold_after_days(&self) -> Option<u64> {
        self.cold?.text.parse().ok()
    }

    /// After how many days backups are deleted.
    pub fn delete_after_days(&self) -> Option<u64> {
        self.delete?.text.parse().ok()
    }

    /// Whether cold storage means the archive of the resource's own service.
    pub fn is_archived(&self) -> bool {
        is_true(self.archive)
    }
}

impl<'e> CopyAction<'e> {
    /// The ARN of the vault that copies go to.
    pub fn target(&self) -> &'e str {
        let target = self.node.text(&["target_backup_vault_arn"]);
        target.map_or(self.node.name(), |target| &target.text)
    }

    /// The Region that copies go to.
    pub fn region(&self) -> Option<&'e str> {
        arn::region(self.target())
    }

    /// The account that copies go to: 12 digits, or `$account` for the account itself.
    pub fn account(&self) -> Option<&'e str> {
        arn::account(self.target())
    }

    /// The name of the vault that copies go to.
    pub fn vault(&self) -> Option<&'e str> {
        self.target().rsplit(':').next()
    }

    /// How long copies are kept.
    pub fn lifecycle(&self) -> Lifecycle<'e> {
        Lifecycle::of(self.node)
    }
}

impl<'e> Selection<'e> {
    /// Its name.
    pub fn name(&self) -> &'e str {
        self.node.name()
    }

    /// The role that AWS Backup takes on.
    pub fn role(&self) -> Option<&'e Sourced> {
        self.node.text(&["iam_role_arn"])
    }

    /// What must also hold.
    pub fn conditions(&self) -> Vec<Condition<'e>> {
        below(self.node, &["conditions"])
            .flat_map(|operator| {
                operator.children().map(|node| Condition {
                    operator: operator.name(),
                    key: node.text(&["condition_key"]),
                    value: node.text(&["condition_value"]),
                })
            })
            .collect()
    }
}

fn below<'e>(node: &'e Node, path: &[&str]) -> impl Iterator<Item = &'e Node> + use<'e> {
    node.get(path).into_iter().flat_map(Node::children)
}

fn tags<'e>(node: &'e Node, key: &str) -> Vec<(&'e Sourced, &'e Sourced)> {
    below(node, &[key])
        .filter_map(|tag| Some((tag.text(&["tag_key"])?, tag.text(&["tag_value"])?)))
        .collect()
}

fn is_true(text: Option<&Sourced>) -> bool {
    text.is_some_and(|text| &*text.text == "true")
}
