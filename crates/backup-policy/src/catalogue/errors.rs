//! What AWS refuses.

use super::Entry;
use crate::code::Code;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: Code::SyntaxInvalid,
        summary: "The text is not JSON (or YAML).",
        why: "AWS refuses it (D, R). An object with the same key twice belongs here: AWS \
              refuses that too, while most parsers silently keep the last one (D, R).",
        example: r#"{"plans": {}, "plans": {}}"#,
        remedy: "correct the text at the place that is shown.",
    },
    Entry {
        code: Code::ObjectExpected,
        summary: "An object must stand here, and something else does.",
        why: "The document, and every level of it above the single values, are objects \
              (R).",
        example: r#"{"plans": {"daily": {"rules": []}}}"#,
        remedy: "write `{...}`, and the content into it.",
    },
    Entry {
        code: Code::PlansMissing,
        summary: "The document has no `plans`.",
        why: "AWS refuses a document without it, even `{}` (R). Most often the wrapping \
              `plans` was forgotten.",
        example: r#"{"daily": {"regions": {"@@assign": ["eu-west-1"]}}}"#,
        remedy: "put the plans into `{\"plans\": {...}}`.",
    },
    Entry {
        code: Code::PlanLevelMissing,
        summary: "Keys of a plan stand directly below `plans`: the plan's own name is missing.",
        why: "They are then taken for names of plans, and what is in them for unknown keys \
              (R).",
        example: r#"{"plans": {"rules": {"nightly": {"lifecycle": {"delete_after_days": {"@@assign": "35"}}}}}}"#,
        remedy: "write `{\"plans\": {\"NAME\": {...}}}`.",
    },
    Entry {
        code: Code::KeyUnknown,
        summary: "A key that the policy language does not have.",
        why: "AWS refuses unknown keys anywhere (R). Keys of the CreateBackupPlan API look \
              similar and are different; the remedy names the right one. There is no time \
              zone.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"StartWindowMinutes": {"@@assign": "60"}}}}}}"#,
        remedy: "use the key that the finding names.",
    },
    Entry {
        code: Code::KeyMissing,
        summary: "A key is missing that AWS demands even in a fragment.",
        why: "A selection by tag needs `tag_key` and `tag_value`, a condition \
              `condition_key` and `condition_value`, a tag `tag_key` and `tag_value`, a \
              copy `target_backup_vault_arn`, even where the policy only changes an \
              inherited one (R). Older pages of AWS show copies without it.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"copy_actions": {"arn:aws:backup:eu-west-1:111122223333:backup-vault:central": {}}}}}}}"#,
        remedy: "add the key, with the inherited value if it is not to change.",
    },
    Entry {
        code: Code::NameInvalid,
        summary: "A plan, rule, selection or condition has a name that cannot be.",
        why: "Names have 1 to 50 of the characters A-Z, a-z, 0-9, `_`, `.` and `-` (R for \
              plans).",
        example: r#"{"plans": {"every day": {}}}"#,
        remedy: "choose such a name.",
    },
    Entry {
        code: Code::OperatorMissing,
        summary: "A value stands without an operator.",
        why: "Every value is an object of operators (D).",
        example: r#"{"plans": {"daily": {"regions": ["eu-west-1"]}}}"#,
        remedy: "write `{\"@@assign\": ...}` around it.",
    },
    Entry {
        code: Code::OperatorUnknown,
        summary: "A key beginning with `@@`, or beside operators, is not an operator.",
        why: "There are `@@assign`, `@@append`, `@@remove` and \
              `@@operators_allowed_for_child_policies` (D, R).",
        example: r#"{"plans": {"daily": {"regions": {"@@add": ["eu-west-1"]}}}}"#,
        remedy: "use one of them.",
    },
    Entry {
        code: Code::OperatorMisplaced,
        summary: "An operator stands where it cannot work.",
        why: "`@@append` and `@@remove` work on lists only; no operator but \
              `@@operators_allowed_for_child_policies` can stand at an object such as \
              `plans` (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_backup_vault_name": {"@@append": ["vault"]}}}}}}"#,
        remedy: "use `@@assign`, or put the operator at the values inside.",
    },
    Entry {
        code: Code::ControlsInvalid,
        summary: "`@@operators_allowed_for_child_policies` does not list operators.",
        why: "It is a list, not empty, of `@@all`, `@@assign`, `@@append`, `@@remove` and \
              `@@none`, none of them twice, and `@@none` alone (R).",
        example: r#"{"plans": {"@@operators_allowed_for_child_policies": ["@@none", "@@remove"]}}"#,
        remedy: "list what child policies may do.",
    },
    Entry {
        code: Code::SingleValueExpected,
        summary: "A list or object stands where one value must.",
        why: "(R)",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_backup_vault_name": {"@@assign": ["vault"]}}}}}}"#,
        remedy: "write `{\"@@assign\": \"...\"}`.",
    },
    Entry {
        code: Code::ListExpected,
        summary: "One value stands where a list must.",
        why: "(R) Even samples on the web have `regions` as a text.",
        example: r#"{"plans": {"daily": {"regions": {"@@assign": "eu-west-1"}}}}"#,
        remedy: "write the value in brackets.",
    },
    Entry {
        code: Code::ListEmpty,
        summary: "A list is empty that must not be.",
        why: "`tag_value`, `resource_types` and the types of index and scan need at least \
              one (R).",
        example: r#"{"plans": {"daily": {"selections": {"resources": {"all": {"resource_types": {"@@assign": []}}}}}}}"#,
        remedy: "list at least one value.",
    },
    Entry {
        code: Code::MinutesInvalid,
        summary: "A window is not a whole number of minutes from 60.",
        why: "`start_backup_window_minutes` and `complete_backup_window_minutes` are \
              digits only, 60 or more (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"start_backup_window_minutes": {"@@assign": "30"}}}}}}"#,
        remedy: "write at least 60.",
    },
    Entry {
        code: Code::DaysInvalid,
        summary: "A lifecycle is not a whole number of days from 1.",
        why: "Digits only, 1 or more (R). 0 does not mean never.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"lifecycle": {"move_to_cold_storage_after_days": {"@@assign": 0}}}}}}}"#,
        remedy: "write at least 1, or take the key out to leave it unset.",
    },
    Entry {
        code: Code::BooleanInvalid,
        summary: "A switch is neither true nor false.",
        why: "`true` or `false`, with or without quotes, in small letters (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"enable_continuous_backup": {"@@assign": "yes"}}}}}}"#,
        remedy: "write `true` or `false`.",
    },
    Entry {
        code: Code::ChoiceInvalid,
        summary: "A value is none of the few that can stand here.",
        why: "(R)",
        example: r#"{"plans": {"daily": {"advanced_backup_settings": {"ec2": {"windows_vss": {"@@assign": true}}}}}}"#,
        remedy: "use one that the finding names.",
    },
    Entry {
        code: Code::ScheduleInvalid,
        summary: "A schedule cannot be read.",
        why: "Schedules are `cron(minutes hours day-of-month month day-of-week year)` in \
              UTC; `rate(...)` is refused (R). Weekdays are counted from 1 for Sunday.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"schedule_expression": {"@@assign": "rate(1 day)"}}}}}}"#,
        remedy: "write it with `cron(...)`, such as `cron(0 5 ? * * *)` for every day at \
              05:00 UTC.",
    },
    Entry {
        code: Code::ScheduleTooFrequent,
        summary: "The next two runs are less than an hour apart.",
        why: "AWS looks at the next two runs after the request (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"schedule_expression": {"@@assign": "cron(0/15 * ? * * *)"}}}}}}"#,
        remedy: "leave at least an hour between two runs.",
    },
    Entry {
        code: Code::ScheduleEnds,
        summary: "The schedule runs less than twice from now on.",
        why: "AWS wants two runs ahead (R), so a policy that was accepted once can be \
              refused later.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"schedule_expression": {"@@assign": "cron(0 5 1 1 ? 2020)"}}}}}}"#,
        remedy: "take out the year, or check that the date exists.",
    },
    Entry {
        code: Code::RegionInvalid,
        summary: "Something is not the code of a Region.",
        why: "A zone, a name or `*` is refused (R).",
        example: r#"{"plans": {"daily": {"regions": {"@@assign": ["*"]}}}}"#,
        remedy: "write the code of each Region, such as `eu-west-1`.",
    },
    Entry {
        code: Code::VaultNameInvalid,
        summary: "Something cannot be the name of a vault.",
        why: "1 to 50 of the characters A-Z, a-z, 0-9, `_` and `-`; no dot, no ARN, no \
              variable (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_backup_vault_name": {"@@assign": "with.dot"}}}}}}"#,
        remedy: "write the vault's name.",
    },
    Entry {
        code: Code::VaultArnInvalid,
        summary: "A copy goes to something that is not the ARN of a vault.",
        why: "A Region's code, and `$account` or 12 digits; `$region` is refused here (R). \
              Both the key of the copy and `target_backup_vault_arn` are looked at.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"copy_actions": {"central": {"target_backup_vault_arn": {"@@assign": "arn:aws:backup:$region:$account:backup-vault:central"}}}}}}}}"#,
        remedy: "write `arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME`; for a copy in each \
              Region, use a plan for each Region.",
    },
    Entry {
        code: Code::AirGappedVaultArnInvalid,
        summary: "The ARN of an air-gapped vault lacks `$region` or `$account`.",
        why: "Both are mandatory, and nothing else can stand there (D, R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_logically_air_gapped_backup_vault_arn": {"@@assign": "arn:aws:backup:us-east-1:$account:backup-vault:v"}}}}}}"#,
        remedy: "write `arn:aws:backup:$region:$account:backup-vault:NAME`.",
    },
    Entry {
        code: Code::RoleArnInvalid,
        summary: "A role is not written with `$account`.",
        why: "The policy is for many accounts, so an account's own id is refused (R). A \
              template engine that reads `$account` as its own variable leaves an ARN \
              without an account.",
        example: r#"{"plans": {"daily": {"selections": {"tags": {"all": {"iam_role_arn": {"@@assign": "arn:aws:iam::111122223333:role/R"}, "tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]}}}}}}}"#,
        remedy: "write `arn:aws:iam::$account:role/NAME`.",
    },
    Entry {
        code: Code::ResourceTypeUnknown,
        summary: "A resource type is not one of AWS Backup's.",
        why: "`*`, or one of the documented ARN patterns to the letter, in any partition \
              (D, R).",
        example: r#"{"plans": {"daily": {"selections": {"resources": {"queues": {"resource_types": {"@@assign": ["arn:aws:sqs:*:*:*"]}}}}}}}"#,
        remedy: "use a documented pattern, such as `arn:aws:ec2:*:*:volume/*`.",
    },
    Entry {
        code: Code::TagKeyInvalid,
        summary: "A tag's key is empty or too long.",
        why: "1 to 128 characters (R).",
        example: r#"{"plans": {"daily": {"selections": {"tags": {"all": {"tag_key": {"@@assign": ""}, "tag_value": {"@@assign": ["daily"]}}}}}}}"#,
        remedy: "write 1 to 128 characters.",
    },
    Entry {
        code: Code::TagValueInvalid,
        summary: "A tag's value is too long.",
        why: "At most 256 characters (R).",
        example: concat!(
            r#"{"plans": {"daily": {"backup_plan_tags": {"note": {"tag_key": {"@@assign": "note"}, "#,
            r#""tag_value": {"@@assign": ""#,
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            r#""}}}}}}"#
        ),
        remedy: "write at most 256 characters.",
    },
    Entry {
        code: Code::PlanTagNameDiffers,
        summary: "A tag of the plan is listed under another name than its key.",
        why: "In `backup_plan_tags` the name in the map must equal `tag_key`, letter case \
              aside (R).",
        example: r#"{"plans": {"daily": {"backup_plan_tags": {"cost": {"tag_key": {"@@assign": "price"}, "tag_value": {"@@assign": "1"}}}}}}"#,
        remedy: "use the tag's key as the name.",
    },
    Entry {
        code: Code::SelectionEmpty,
        summary: "A selection of resources says nothing about them.",
        why: "It needs `resource_types` or `conditions` (R).",
        example: r#"{"plans": {"daily": {"selections": {"resources": {"all": {}}}}}}"#,
        remedy: "write `\"resource_types\": {\"@@assign\": [\"*\"]}` for everything.",
    },
    Entry {
        code: Code::ContinuousRetention,
        summary: "A continuous backup without a retention of 35 days or less.",
        why: "AWS looks for it in the same rule of the same document, so a child policy \
              that turns continuous backup on must restate it (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"enable_continuous_backup": {"@@assign": "true"}}}}}}"#,
        remedy: "set `lifecycle.delete_after_days` to 35 or less in this rule.",
    },
    Entry {
        code: Code::ContinuousColdStorage,
        summary: "A continuous backup is to be moved to cold storage.",
        why: "(R)",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"enable_continuous_backup": {"@@assign": "true"}, "lifecycle": {"delete_after_days": {"@@assign": "35"}, "move_to_cold_storage_after_days": {"@@assign": "7"}}}}}}}"#,
        remedy: "take out one of the two.",
    },
    Entry {
        code: Code::ArchiveLifecycle,
        summary: "The archive opt-in without days, or with too few of them.",
        why: "With `opt_in_to_archive_for_supported_resources` both numbers must be there, \
              at least 90 days apart (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"schedule_expression": {"@@assign": "cron(0 5 1 * ? *)"}, "lifecycle": {"opt_in_to_archive_for_supported_resources": {"@@assign": "true"}, "move_to_cold_storage_after_days": {"@@assign": "30"}, "delete_after_days": {"@@assign": "60"}}}}}}}"#,
        remedy: "set `delete_after_days` at least 90 days after \
              `move_to_cold_storage_after_days`.",
    },
    Entry {
        code: Code::ArchiveSchedule,
        summary: "The archive opt-in with a schedule that runs too often, or with none.",
        why: "Archived backups are at least 28 days apart, and AWS looks for the schedule \
              in the same rule of the same document (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"schedule_expression": {"@@assign": "cron(0 5 ? * * *)"}, "lifecycle": {"opt_in_to_archive_for_supported_resources": {"@@assign": "true"}, "move_to_cold_storage_after_days": {"@@assign": "30"}, "delete_after_days": {"@@assign": "120"}}}}}}}"#,
        remedy: "use a monthly schedule such as `cron(0 5 1 * ? *)`.",
    },
    Entry {
        code: Code::DocumentTooLong,
        summary: "The document is longer than AWS allows.",
        why: "10,000 characters, counted without the white space that we strip before \
              sending (D).",
        example: "# any policy whose minified text has more than 10,000 characters",
        remedy: "split it into several policies, by plan; up to ten can be attached at one \
              place.",
    },
    Entry {
        code: Code::TemplateInvalid,
        summary: "A policy in a CloudFormation template is not one.",
        why: "`PolicyContent` (or `Content`) is an object, JSON text, or, for \
              `Custom::BackupOrgPolicy`, a place in S3. Found by `backupctl` only.",
        example: r#"Resources:
  Daily:
    Type: Custom::BackupOrgPolicy
    Properties:
      PolicyName: daily
      OrgManagementAccount: "111122223333"
      PolicyContent: [plans]"#,
        remedy: "write the policy as an object.",
    },
    Entry {
        code: Code::PropertyInvalid,
        summary: "A property of a `Custom::BackupOrgPolicy` is one that the function refuses.",
        why: "The function reads every property before it does anything: one that it does not \
              know, that is missing, or whose value is not one that AWS takes fails the stack. \
              A value that is known only at deployment is not judged. Found by `backupctl` and \
              the function.",
        example: r#"Resources:
  Daily:
    Type: Custom::BackupOrgPolicy
    Properties:
      PolicyName: daily
      OrgManagementAccount: "1234"
      PolicyContent:
        plans: {}"#,
        remedy: "write what the message expects.",
    },
    Entry {
        code: Code::VariableInvalid,
        summary: "The variables of a `Custom::BackupOrgPolicy` do not fit its content.",
        why: "The policy manager refuses a `${...}` that no variable stands for, two keys \
              that become one, and a variable without a name. Found by `backupctl` and the \
              policy manager.",
        example: r#"Resources:
  Daily:
    Type: Custom::BackupOrgPolicy
    Properties:
      PolicyName: daily
      OrgManagementAccount: "111122223333"
      PolicyContent:
        plans:
          "${Name}": {}"#,
        remedy: "add the variable, or take the placeholder out.",
    },
    Entry {
        code: Code::RetentionOutsideLock,
        summary: "Backups or copies are kept for a time that the lock of their vault does not take.",
        why: "AWS Organizations takes the policy, and AWS Backup then fails every job to that vault \
              (D: a vault lock's minimum and maximum retention). It is looked for where the locks \
              are given.",
        example: "# a rule that keeps backups for 5 days in a vault that is locked to 7 days or more",
        remedy: "change the days to what the lock takes, or the lock, as long as it can be changed.",
    },
];
