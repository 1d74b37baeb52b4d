//! What AWS accepts, and should not be there all the same.

use super::Entry;
use crate::code::Code;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        code: Code::DocumentLengthUncertain,
        summary: "The document fits only if AWS counts characters and not bytes.",
        why: "The documentation says characters; how AWS counts what is not ASCII is not \
              known.",
        example: "# any policy with up to 10,000 characters and more than 10,000 bytes in UTF-8",
        remedy: "keep names and values to ASCII, or split the document.",
    },
    Entry {
        code: Code::RootOperator,
        summary: "An operator at the root of the document has no effect.",
        why: "AWS accepts it and overlooks it (R).",
        example: r#"{"plans": {}, "@@assign": 1}"#,
        remedy: "take it out.",
    },
    Entry {
        code: Code::KeyLetterCase,
        summary: "A key is written in other letters than in the documentation.",
        why: "AWS overlooks letter case in fixed keys (R). Other tools do not, and \
              operators and effective policies are in small letters.",
        example: r#"{"plans": {"daily": {"Regions": {"@@assign": ["eu-west-1"]}}}}"#,
        remedy: "write it as the finding says.",
    },
    Entry {
        code: Code::NamesCollide,
        summary: "Two keys differ in letter case only.",
        why: "AWS merges keys without regard to letter case (R for inheritance), so one of \
              them may get lost.",
        example: r#"{"plans": {"daily": {}, "Daily": {}}}"#,
        remedy: "give one of them another name.",
    },
    Entry {
        code: Code::NameLikeKey,
        summary: "A plan has the name of a key of plans.",
        why: "Most often the plan's own name was forgotten. AWS accepts it as long as the \
              content fits.",
        example: r#"{"plans": {"rules": {}}}"#,
        remedy: "put it into a plan: `{\"plans\": {\"NAME\": {\"rules\": ...}}}`.",
    },
    Entry {
        code: Code::LeafEmpty,
        summary: "A value without any operator.",
        why: "It has no effect; what AWS says to it was not recorded.",
        example: r#"{"plans": {"daily": {"regions": {}}}}"#,
        remedy: "give it `{\"@@assign\": ...}`, or take the key out.",
    },
    Entry {
        code: Code::ValueNull,
        summary: "`null` where a value should stand.",
        why: "AWS makes the text `null` of it (R for tag policies). Template engines write \
              it for a value that is not set.",
        example: r#"{"plans": {"daily": {"backup_plan_tags": {"note": {"tag_key": {"@@assign": "note"}, "tag_value": {"@@assign": null}}}}}}"#,
        remedy: "write the value, or take the key out.",
    },
    Entry {
        code: Code::ListWithoutEffect,
        summary: "An operator with an empty list.",
        why: "AWS accepts it (R for `regions`).",
        example: r#"{"plans": {"daily": {"regions": {"@@append": []}}}}"#,
        remedy: "list a value, or take it out.",
    },
    Entry {
        code: Code::ValueRepeated,
        summary: "A list has the same value twice.",
        why: "AWS accepts it and keeps one (R).",
        example: r#"{"plans": {"daily": {"regions": {"@@assign": ["eu-west-1", "eu-west-1"]}}}}"#,
        remedy: "take one out.",
    },
    Entry {
        code: Code::NumberTooLarge,
        summary: "More minutes or days than AWS Backup takes.",
        why: "Organizations accepts up to 2,147,483,648 and more (R); AWS Backup's API \
              takes a start window of 52,560,000 minutes and a retention of 36,500 days.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"lifecycle": {"delete_after_days": {"@@assign": "36501"}}}}}}}"#,
        remedy: "write a smaller number.",
    },
    Entry {
        code: Code::RegionUnlisted,
        summary: "A Region that was not known when this validator was made.",
        why: "AWS refuses Regions that do not exist (R), and new ones appear. The list is \
              that of botocore's `partitions.json`; `make regions` renews it.",
        example: r#"{"plans": {"daily": {"regions": {"@@assign": ["eu-west-9"]}}}}"#,
        remedy: "check the spelling.",
    },
    Entry {
        code: Code::PartitionsDiffer,
        summary: "Regions and ARNs of different partitions.",
        why: "A role or vault of `arn:aws:` does not exist in China or GovCloud, so \
              nothing is backed up.",
        example: r#"{"plans": {"daily": {"regions": {"@@assign": ["us-gov-west-1"]}, "selections": {"tags": {"all": {"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/R"}, "tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]}}}}}}}"#,
        remedy: "write the partition of the Regions into the ARNs.",
    },
    Entry {
        code: Code::VaultNameShort,
        summary: "A vault with a name of one character.",
        why: "Organizations accepts the name (R), but AWS Backup wants two characters, so \
              there can be no such vault (AWS Backup's API model).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_backup_vault_name": {"@@assign": "v"}}}}}}"#,
        remedy: "choose a longer name.",
    },
    Entry {
        code: Code::VaultDefault,
        summary: "The vault `Default` may not exist.",
        why: "It exists only after somebody opened the AWS Backup console, once in each \
              account and Region; until then no jobs run, without any error (AWS re:Post).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_backup_vault_name": {"@@assign": "Default"}}}}}}"#,
        remedy: "create a vault of your own in every account and Region, as this solution \
              does.",
    },
    Entry {
        code: Code::TagKeyReserved,
        summary: "A tag that begins with `aws:`.",
        why: "Such tags are AWS's own; nobody else can set them.",
        example: r#"{"plans": {"daily": {"backup_plan_tags": {"aws:note": {"tag_key": {"@@assign": "aws:note"}, "tag_value": {"@@assign": "x"}}}}}}"#,
        remedy: "choose a tag of your own.",
    },
    Entry {
        code: Code::ConditionKeyForm,
        summary: "A condition on something other than a tag.",
        why: "Only `aws:ResourceTag/KEY` is documented (D).",
        example: r#"{"plans": {"daily": {"selections": {"resources": {"all": {"conditions": {"string_equals": {"one": {"condition_key": {"@@assign": "backup"}, "condition_value": {"@@assign": "daily"}}}}}}}}}}"#,
        remedy: "write `aws:ResourceTag/KEY`.",
    },
    Entry {
        code: Code::VariableLeft,
        summary: "A `$name` or `${name}` that AWS does not replace.",
        why: "AWS replaces `$account` in ARNs, and `$region` in those of air-gapped vaults \
              (D). Anything else was left over by a template engine, and stays literal.",
        example: r#"{"plans": {"daily": {"backup_plan_tags": {"owner": {"tag_key": {"@@assign": "owner"}, "tag_value": {"@@assign": "$owner"}}}}}}"#,
        remedy: "replace it before the policy is sent.",
    },
    Entry {
        code: Code::ScheduleDayFields,
        summary: "Neither day field is `?`, or both are.",
        why: "The documentation of `cron(...)` demands `?` in exactly one of day-of-month \
              and day-of-week. What AWS Backup does otherwise is not known.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"schedule_expression": {"@@assign": "cron(0 5 * * * *)"}}}}}}"#,
        remedy: "write `?` in one of them.",
    },
    Entry {
        code: Code::ScheduleSometimesTooFrequent,
        summary: "Some runs are less than an hour apart, though the next two are not.",
        why: "AWS looks at the next two runs only (R): it accepts the policy now and \
              refuses it at another time of day, perhaps in a rollback.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"schedule_expression": {"@@assign": "cron(0,30 12 ? * * *)"}}}}}}"#,
        remedy: "leave at least an hour between two runs.",
    },
    Entry {
        code: Code::PlanIncomplete,
        summary: "A plan without Regions, rules or selections of its own.",
        why: "Another policy on the way to the account may bring them. If none does, the \
              effective policy is invalid, and AWS withholds the account's whole new \
              backup policy: it keeps the last valid one, or none (R).",
        example: r#"{"plans": {"daily": {"regions": {"@@assign": ["eu-west-1"]}}}}"#,
        remedy: "complete the plan, or make sure that a policy above or below does.",
    },
    Entry {
        code: Code::RuleWithoutVault,
        summary: "A rule without a vault of its own.",
        why: "As for an incomplete plan (R).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"schedule_expression": {"@@assign": "cron(0 5 ? * * *)"}}}}}}"#,
        remedy: "set `target_backup_vault_name`.",
    },
    Entry {
        code: Code::RuleWithoutSchedule,
        summary: "A rule without a schedule of its own.",
        why: "Documented as required (D), but not demanded (R): AWS Backup then runs daily \
              at 05:00 UTC.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_backup_vault_name": {"@@assign": "vault"}}}}}}"#,
        remedy: "write the schedule out.",
    },
    Entry {
        code: Code::SelectionWithoutRole,
        summary: "A selection without a role of its own.",
        why: "Documented as required (D), accepted without (R). Without a role nothing can \
              be backed up.",
        example: r#"{"plans": {"daily": {"selections": {"tags": {"all": {"tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]}}}}}}}"#,
        remedy: "set `iam_role_arn`.",
    },
    Entry {
        code: Code::SelectionsExclusive,
        summary: "A plan selects by tags and by resources.",
        why: "Documented as mutually exclusive (D).",
        example: r#"{"plans": {"daily": {"selections": {"tags": {"all": {"tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]}}}, "resources": {"all": {"resource_types": {"@@assign": ["*"]}}}}}}}"#,
        remedy: "use a plan for each, or `conditions` on the resources.",
    },
    Entry {
        code: Code::WindowsDisagree,
        summary: "A backup must end before it may start.",
        why: "Nothing relates the two windows when the policy is accepted (R); a job that \
              has not ended by then is cancelled.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"start_backup_window_minutes": {"@@assign": "120"}, "complete_backup_window_minutes": {"@@assign": "60"}}}}}}"#,
        remedy: "make the complete window the longer one.",
    },
    Entry {
        code: Code::ColdStorageTooShort,
        summary: "Less than 90 days in cold storage.",
        why: "AWS Backup documents at least 90 days between \
              `move_to_cold_storage_after_days` and `delete_after_days` (D); Organizations \
              accepts less (R), and the plan cannot be made.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"lifecycle": {"move_to_cold_storage_after_days": {"@@assign": "30"}, "delete_after_days": {"@@assign": "60"}}}}}}}"#,
        remedy: "delete at least 90 days after the move.",
    },
    Entry {
        code: Code::CopyArchiveLifecycle,
        summary: "A copy that opts in to the archive without fitting days.",
        why: "In the rule itself AWS refuses it (R); for a copy this was not recorded.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"copy_actions": {"arn:aws:backup:eu-west-1:$account:backup-vault:v": {"target_backup_vault_arn": {"@@assign": "arn:aws:backup:eu-west-1:$account:backup-vault:v"}, "lifecycle": {"opt_in_to_archive_for_supported_resources": {"@@assign": "true"}}}}}}}}}"#,
        remedy: "set both numbers, at least 90 days apart.",
    },
    Entry {
        code: Code::CopyTargetDiffers,
        summary: "A copy is named for one vault and goes to another.",
        why: "AWS's own examples use the same ARN twice, and one of its templates says \
              they must be equal; whether AWS compares them is not known.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"copy_actions": {"arn:aws:backup:eu-west-1:$account:backup-vault:one": {"target_backup_vault_arn": {"@@assign": "arn:aws:backup:eu-west-1:$account:backup-vault:two"}}}}}}}}"#,
        remedy: "use the same ARN twice.",
    },
    Entry {
        code: Code::PointTagNameDiffers,
        summary: "A tag of the recovery points is listed under another name than its key.",
        why: "AWS refuses that in `backup_plan_tags` (R); here it is not known.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"recovery_point_tags": {"Owner": {"tag_key": {"@@assign": "cost-center"}, "tag_value": {"@@assign": "x"}}}}}}}}"#,
        remedy: "use the tag's key as the name.",
    },
    Entry {
        code: Code::IndexSeveral,
        summary: "Several resource types are to be indexed by one rule.",
        why: "AWS Backup's API takes one for each rule (AWS Backup's API model), although \
              policies list two.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"index_actions": {"resource_types": {"@@assign": ["EBS", "S3"]}}}}}}}"#,
        remedy: "use a rule for each.",
    },
    Entry {
        code: Code::QuotaExceeded,
        summary: "More of something than AWS Backup's quotas allow.",
        why: "At most 300 plans for each account and Region, 10 rules in a plan, 5 copies \
              in a rule, 100 selections in a plan of which 10 by tag, 30 tag values and 30 \
              conditions in a selection, 10 tags on a recovery point (AWS Backup quotas). \
              Organizations accepts more (R), since quotas are about the effective plan.",
        example: r#"{"plans": {"daily": {"rules": {"0": {}, "1": {}, "2": {}, "3": {}, "4": {}, "5": {}, "6": {}, "7": {}, "8": {}, "9": {}, "10": {}}}}}"#,
        remedy: "use fewer, or another plan.",
    },
    Entry {
        code: Code::VariableUnused,
        summary: "A variable occurs nowhere in the content.",
        why: "Probably its name is spelled differently there. Found by `backupctl` and the \
              policy manager.",
        example: r#"Resources:
  Daily:
    Type: Custom::BackupOrgPolicy
    Properties:
      PolicyName: daily
      Variables: {"${Vault}": central}
      PolicyContent: {plans: {}}"#,
        remedy: "correct its name, or take it out.",
    },
    Entry {
        code: Code::ContentUnknown,
        summary: "The policy's content is known only at deployment.",
        why: "It comes from a parameter without a value, another resource or S3, so \
              nothing was checked.",
        example: r#"Parameters:
  Content: {Type: String}
Resources:
  Daily:
    Type: Custom::BackupOrgPolicy
    Properties:
      PolicyName: daily
      PolicyContent: !Ref Content"#,
        remedy: "give the value with `--parameters`, or validate the policy's own file.",
    },
];
