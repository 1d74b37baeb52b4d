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
    Entry {
        code: Code::ScalarRewritten,
        summary: "A value of a template arrives as something else than was written.",
        why: "CloudFormation reads templates as YAML 1.1: `yes`, `no`, `on` and `off` are true and false, digits \
              with a leading 0 are octal, `1:30` is 90 (seen in deployments; the table in \
              `crates/backupctl/src/yaml/scalars.rs` names them). A switch such as \
              `AdoptExisting: yes` is right and has no warning. Found by `backupctl` only.",
        example: r#"Resources:
  Daily:
    Type: AWS::Organizations::Policy
    Properties:
      Name: daily
      Type: BACKUP_POLICY
      TargetIds: [012345670123]
      Content: {plans: {}}"#,
        remedy: "write the value in quotes.",
    },
    Entry {
        code: Code::DocumentLongAsWritten,
        summary: "The file is longer than AWS allows, unless its white space is taken out.",
        why: "The command line, Terraform and CloudFormation's own resource send a text as it is \
              written, and AWS counts every character (D). This solution takes white space out. \
              Found by `backupctl` only.",
        example: "# any policy file of more than 10,000 characters that has fewer without white space",
        remedy: "send the output of `jq -c . FILE`.",
    },
    Entry {
        code: Code::RoleServiceLinked,
        summary: "A selection uses a service-linked role.",
        why: "AWS Backup's own, `AWSServiceRoleForBackup`, may back up EFS file systems with the tag \
              `aws:elasticfilesystem:default-backup` and nothing else (AWS's managed policy); others \
              cannot be taken on by AWS Backup at all.",
        example: r#"{"plans": {"daily": {"selections": {"tags": {"all": {"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup"}, "tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]}}}}}}}"#,
        remedy: "use a role of your own that is in every account.",
    },
    Entry {
        code: Code::RoleDefaultPath,
        summary: "AWS Backup's default role is named without its path.",
        why: "The role that the console makes is `role/service-role/AWSBackupDefaultServiceRole`, and \
              exists only where somebody used the console. 5 of 23 published policies leave the path \
              out, and no job runs (AWS re:Post).",
        example: r#"{"plans": {"daily": {"selections": {"tags": {"all": {"iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/AWSBackupDefaultServiceRole"}, "tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]}}}}}}}"#,
        remedy: "write the path, or better use a role of your own that is in every account.",
    },
    Entry {
        code: Code::CopyToDefault,
        summary: "Copies go to a vault `Default`.",
        why: "It exists only where somebody opened the console. In another account it is worse: its key is \
              managed by AWS and cannot be shared, so only what AWS Backup manages fully can be \
              copied there (AWS Backup's guide).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"copy_actions": {"arn:aws:backup:eu-west-1:111122223333:backup-vault:Default": {"target_backup_vault_arn": {"@@assign": "arn:aws:backup:eu-west-1:111122223333:backup-vault:Default"}}}}}}}}"#,
        remedy: "create a vault with a key of your own, and name it.",
    },
    Entry {
        code: Code::CopyTwice,
        summary: "The same copy is made twice.",
        why: "Two copies of one rule to the same vault, or of two rules at the same times. Our reading: both \
              cost, and the second restores nothing more.",
        example: r#"{"plans": {"daily": {"rules": {"one": {"schedule_expression": {"@@assign": "cron(0 5 ? * * *)"}, "copy_actions": {"arn:aws:backup:eu-west-1:$account:backup-vault:central": {"target_backup_vault_arn": {"@@assign": "arn:aws:backup:eu-west-1:$account:backup-vault:central"}}}}, "two": {"schedule_expression": {"@@assign": "cron(0 5 ? * * *)"}, "copy_actions": {"arn:aws:backup:eu-west-1:$account:backup-vault:central": {"target_backup_vault_arn": {"@@assign": "arn:aws:backup:eu-west-1:$account:backup-vault:central"}}}}}}}}"#,
        remedy: "take one of them out.",
    },
    Entry {
        code: Code::AirGappedRetention,
        summary: "A retention that no air-gapped vault takes.",
        why: "The shortest retention of such a vault is at least 7 days, and it always has a longest one (AWS \
              Backup's API); a job whose retention does not fit fails (AWS Backup's guide).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_logically_air_gapped_backup_vault_arn": {"@@assign": "arn:aws:backup:$region:$account:backup-vault:v1"}, "lifecycle": {"delete_after_days": {"@@assign": "5"}}}}}}}"#,
        remedy: "set `lifecycle.delete_after_days` to what the vault takes.",
    },
    Entry {
        code: Code::AirGappedContinuous,
        summary: "Continuous backups with an air-gapped target.",
        why: "A bucket that has a continuous backup in another vault gets none in this one: the job fails (AWS \
              Backup's guide on air-gapped vaults as primary targets).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_logically_air_gapped_backup_vault_arn": {"@@assign": "arn:aws:backup:$region:$account:backup-vault:v1"}, "enable_continuous_backup": {"@@assign": "true"}, "lifecycle": {"delete_after_days": {"@@assign": "35"}}}}}}}"#,
        remedy: "use a rule of its own for continuous backups.",
    },
    Entry {
        code: Code::IndexInVain,
        summary: "Something is to be indexed that cannot be.",
        why: "What is in an air-gapped vault cannot be indexed (AWS Backup's guide), and neither can types that \
              the plan does not select.",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"target_logically_air_gapped_backup_vault_arn": {"@@assign": "arn:aws:backup:$region:$account:backup-vault:v1"}, "lifecycle": {"delete_after_days": {"@@assign": "30"}}, "index_actions": {"resource_types": {"@@assign": ["EBS"]}}}}}}}"#,
        remedy: "take `index_actions` out.",
    },
    Entry {
        code: Code::ScanWithoutSettings,
        summary: "`scan_actions` without `scan_settings` in the plan.",
        why: "Scans start only if the same plan has both (D).",
        example: r#"{"plans": {"daily": {"rules": {"nightly": {"scan_actions": {"GUARDDUTY": {"scan_mode": {"@@assign": "FULL_SCAN"}}}}}}}}"#,
        remedy: "set `scan_settings` in the plan.",
    },
    Entry {
        code: Code::SelectionMatchesNothing,
        summary: "A selection that nothing can match.",
        why: "The conditions of a selection must all hold beside its tag or types (AWS Backup's API): a tag and \
              its own negation exclude each other. And AWS publishes endpoints (botocore's `endpoints.json`): where \
              no Region of a plan has one of the services whose resources it selects, there is nothing. Judged are \
              the partition `aws`, Regions that the file knows, and services that it has anywhere: not Aurora DSQL.",
        example: r#"{"plans": {"daily": {"selections": {"tags": {"all": {"tag_key": {"@@assign": "backup"}, "tag_value": {"@@assign": ["daily"]}, "conditions": {"string_not_equals": {"not": {"condition_key": {"@@assign": "aws:ResourceTag/backup"}, "condition_value": {"@@assign": "daily"}}}}}}}}}}"#,
        remedy: "correct the values.",
    },
];
