//! The policy language as one table: which keys there are, what they hold, what AWS demands.
//!
//! The walk through a document ([`crate::validate`]) knows nothing of backups; everything
//! that is particular to a key stands here. Sources: the AWS Organizations User Guide,
//! "Backup policy syntax and examples", and recorded answers of CreatePolicy.

use crate::grammar::{Empty, Key, Kind, Name, Node};
use crate::validate::{plan, rule, selection};

const fn key(name: &'static str, node: &'static Node) -> Key {
    Key {
        name,
        required: false,
        node,
    }
}

const fn required(name: &'static str, node: &'static Node) -> Key {
    Key {
        name,
        required: true,
        node,
    }
}

/// The whole document.
pub(crate) static ROOT: &[Key] = &[required("plans", &PLANS)];

static PLANS: Node = Node::Names(Name::Plan, &PLAN, Some(plan::check_plans));

pub(crate) static PLAN: Node = Node::Keys(PLAN_KEYS, Some(plan::check_plan));

pub(crate) static PLAN_KEYS: &[Key] = &[
    key("regions", &Node::List(Kind::Region, Empty::Allowed)),
    key(
        "rules",
        &Node::Names(Name::Rule, &RULE, Some(plan::check_rules)),
    ),
    key("selections", &SELECTIONS),
    key("backup_plan_tags", &Node::Names(Name::Tag, &PLAN_TAG, None)),
    key("advanced_backup_settings", &ADVANCED),
    key("scan_settings", &SCAN_SETTINGS),
];

static RULE: Node = Node::Keys(RULE_KEYS, Some(rule::check_rule));

static RULE_KEYS: &[Key] = &[
    key("schedule_expression", &Node::Scalar(Kind::Schedule)),
    key("target_backup_vault_name", &Node::Scalar(Kind::VaultName)),
    key("target_logically_air_gapped_backup_vault_arn", &AIR_GAPPED),
    key("start_backup_window_minutes", &Node::Scalar(Kind::Minutes)),
    key(
        "complete_backup_window_minutes",
        &Node::Scalar(Kind::Minutes),
    ),
    key("enable_continuous_backup", &Node::Scalar(Kind::Boolean)),
    key("lifecycle", &Node::Keys(LIFECYCLE, None)),
    key(
        "copy_actions",
        &Node::Names(Name::CopyVault, &COPY_ACTION, Some(rule::check_copies)),
    ),
    key(
        "recovery_point_tags",
        &Node::Names(Name::Tag, &POINT_TAG, Some(rule::check_tags)),
    ),
    key("index_actions", &INDEX_ACTIONS),
    key("scan_actions", &SCAN_ACTIONS),
];

static AIR_GAPPED: Node = Node::Scalar(Kind::AirGappedVaultArn);

static LIFECYCLE: &[Key] = &[
    key("move_to_cold_storage_after_days", &Node::Scalar(Kind::Days)),
    key("delete_after_days", &Node::Scalar(Kind::Days)),
    key(
        "opt_in_to_archive_for_supported_resources",
        &Node::Scalar(Kind::Boolean),
    ),
];

static COPY_ACTION: Node = Node::Keys(
    &[
        required("target_backup_vault_arn", &Node::Scalar(Kind::CopyVaultArn)),
        key("lifecycle", &Node::Keys(LIFECYCLE, None)),
    ],
    Some(rule::check_copy),
);

static PLAN_TAG: Node = Node::Keys(TAG, Some(plan::check_plan_tag));
static POINT_TAG: Node = Node::Keys(TAG, Some(rule::check_point_tag));

static TAG: &[Key] = &[
    required("tag_key", &Node::Scalar(Kind::TagKey)),
    required("tag_value", &Node::Scalar(Kind::TagValue)),
];

static INDEX_ACTIONS: Node = Node::Keys(
    &[key(
        "resource_types",
        &Node::List(Kind::OneOf(&["EBS", "S3"]), Empty::Refused),
    )],
    Some(rule::check_index),
);

static SCAN_ACTIONS: Node = Node::Keys(&[key("GUARDDUTY", &SCAN_ACTION)], None);

static SCAN_ACTION: Node = Node::Keys(
    &[key(
        "scan_mode",
        &Node::Scalar(Kind::OneOf(&["INCREMENTAL_SCAN", "FULL_SCAN"])),
    )],
    None,
);

static SELECTIONS: Node = Node::Keys(
    &[
        key("tags", &Node::Names(Name::Selection, &TAG_SELECTION, None)),
        key(
            "resources",
            &Node::Names(Name::Selection, &RESOURCE_SELECTION, None),
        ),
    ],
    Some(selection::check_selections),
);

static TAG_SELECTION: Node = Node::Keys(
    &[
        key("iam_role_arn", &Node::Scalar(Kind::RoleArn)),
        required("tag_key", &Node::Scalar(Kind::SelectedTagKey)),
        required(
            "tag_value",
            &Node::List(Kind::SelectedTagValue, Empty::Refused),
        ),
        key("conditions", &CONDITIONS),
    ],
    Some(selection::check_tag_selection),
);

static RESOURCE_SELECTION: Node = Node::Keys(
    RESOURCE_SELECTION_KEYS,
    Some(selection::check_resource_selection),
);

static RESOURCE_SELECTION_KEYS: &[Key] = &[
    key("iam_role_arn", &Node::Scalar(Kind::RoleArn)),
    key(
        "resource_types",
        &Node::List(Kind::ResourceType, Empty::Refused),
    ),
    key(
        "not_resource_types",
        &Node::List(Kind::ResourceType, Empty::Allowed),
    ),
    key("conditions", &CONDITIONS),
];

static CONDITIONS: Node = Node::Keys(
    &[
        key("string_equals", &CONDITION_MAP),
        key("string_not_equals", &CONDITION_MAP),
        key("string_like", &CONDITION_MAP),
        key("string_not_like", &CONDITION_MAP),
    ],
    Some(selection::check_conditions),
);

static CONDITION_MAP: Node = Node::Names(Name::Condition, &CONDITION, None);

static CONDITION: Node = Node::Keys(
    &[
        required("condition_key", &Node::Scalar(Kind::ConditionKey)),
        required("condition_value", &Node::Scalar(Kind::ConditionValue)),
    ],
    None,
);

static ADVANCED: Node = Node::Keys(&[key("ec2", &ADVANCED_EC2), key("s3", &ADVANCED_S3)], None);

static ADVANCED_EC2: Node = Node::Keys(&[key("windows_vss", &SWITCH)], None);

static ADVANCED_S3: Node = Node::Keys(
    &[
        key("backup_acls", &SWITCH),
        key("backup_object_tags", &SWITCH),
    ],
    None,
);

static SWITCH: Node = Node::Scalar(Kind::OneOf(&["enabled", "disabled"]));

static SCAN_SETTINGS: Node = Node::Keys(&[key("GUARDDUTY", &SCAN_SETTING)], None);

static SCAN_SETTING: Node = Node::Keys(
    &[
        key("resource_types", &SCANNED_TYPES),
        key("scanner_role_arn", &Node::Scalar(Kind::RoleArn)),
    ],
    None,
);

static SCANNED_TYPES: Node = Node::List(Kind::OneOf(&["EBS", "EC2", "S3", "ALL"]), Empty::Refused);
