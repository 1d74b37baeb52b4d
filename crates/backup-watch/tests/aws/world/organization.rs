//! Organizations and AWS Backup: accounts, one policy, and the jobs that it made.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// The accounts, and what happened in them.
#[derive(Debug, Default)]
pub struct Organization {
    /// Accounts by id: name.
    pub accounts: BTreeMap<String, String>,
    /// Those that AWS calls invalid.
    pub invalid: Vec<String>,
    /// When AWS merged the accounts' policies last; never, by itself.
    pub updated: Option<DateTime<Utc>>,
    /// Accounts whose jobs are no plan's any more, but a person's, since then.
    pub by_hand: BTreeMap<String, DateTime<Utc>>,
    /// Completed jobs by Region.
    pub jobs: BTreeMap<String, Jobs>,
}

/// Completed jobs of a Region: account, begin, end.
#[derive(Debug, Default)]
pub struct Jobs {
    pub backups: Vec<(String, DateTime<Utc>, DateTime<Utc>)>,
    pub copies: Vec<(String, DateTime<Utc>, DateTime<Utc>)>,
}

pub const CENTRAL: &str = "arn:aws:backup:eu-west-1:333333333333:backup-vault:Central";

/// Every day at 05:00, with windows of 8 hours, copied to the central account.
pub fn policy() -> String {
    json!({"plans": {"daily": {
        "regions": {"@@assign": ["eu-west-1", "us-east-1"]},
        "rules": {"nightly": {
            "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
            "start_backup_window_minutes": {"@@assign": "60"},
            "complete_backup_window_minutes": {"@@assign": "480"},
            "target_backup_vault_name": {"@@assign": "Vault"},
            "lifecycle": {"delete_after_days": {"@@assign": "35"}},
            "copy_actions": {CENTRAL: {
                "target_backup_vault_arn": {"@@assign": CENTRAL},
                "lifecycle": {"delete_after_days": {"@@assign": "35"}},
            }},
        }},
        "selections": {"tags": {"by-tag": {
            "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/AWSBackupSolutionRole"},
            "tag_key": {"@@assign": "backup"},
            "tag_value": {"@@assign": ["daily"]},
        }}},
    }}})
    .to_string()
}

/// Accounts on a page (AWS's maximum).
const PAGE: usize = 20;
/// Jobs on a page, as the function asks.
const JOBS: usize = 1000;

impl Organization {
    /// Runs of 05:00 of a day in a Region: backed up ten minutes later, copied after an hour.
    pub fn run(&mut self, region: &str, at: DateTime<Utc>, accounts: &[String], copied: bool) {
        let jobs = self.jobs.entry(region.to_string()).or_default();
        for account in accounts {
            let minutes = chrono::TimeDelta::minutes;
            jobs.backups.push((account.clone(), at, at + minutes(10)));
            if copied {
                jobs.copies
                    .push((account.clone(), at + minutes(10), at + minutes(60)));
            }
        }
    }

    pub(super) fn organizations(&self, operation: &str, input: &Value) -> Value {
        let start = |input: &Value| {
            let token = input["NextToken"].as_str();
            token.map_or(0, |token| token.parse::<usize>().unwrap())
        };
        match operation {
            "DescribeOrganization" => {
                json!({"Organization": {"Id": "o-1", "MasterAccountId": "111111111111"}})
            }
            "ListRoots" => json!({"Roots": [{"Id": "r-abcd", "Name": "Root",
                "PolicyTypes": [{"Type": "BACKUP_POLICY", "Status": "ENABLED"}]}]}),
            "ListOrganizationalUnitsForParent" => json!({"OrganizationalUnits": []}),
            "ListAccountsForParent" => {
                let from = start(input);
                let page = self.accounts.iter().skip(from).take(PAGE);
                let page: Vec<Value> = page
                    .map(|(id, name)| json!({"Id": id, "Name": name, "Status": "ACTIVE"}))
                    .collect();
                let more = from + PAGE < self.accounts.len();
                json!({"Accounts": page, "NextToken": more.then(|| (from + PAGE).to_string())})
            }
            "ListPolicies" => json!({"Policies": [{"Id": "p-1"}]}),
            "DescribePolicy" => json!({"Policy": {
                "PolicySummary": {"Id": "p-1", "Name": "daily", "Arn": "arn:p-1", "Type": "BACKUP_POLICY"},
                "Content": policy()}}),
            "ListTargetsForPolicy" => json!({"Targets": [{"TargetId": "r-abcd"}]}),
            "DescribeEffectivePolicy" => json!({"EffectivePolicy": {
                "PolicyContent": "{}",
                "LastUpdatedTimestamp": self.updated.map_or(0, |at| at.timestamp())}}),
            "ListAccountsWithInvalidEffectivePolicy" => {
                let accounts = self.invalid.iter().map(|id| json!({"Id": id}));
                json!({"Accounts": accounts.collect::<Vec<_>>()})
            }
            "ListEffectivePolicyValidationErrors" => json!({"EffectivePolicyValidationErrors": [
                {"ErrorCode": "ELEMENTS_TOO_MANY", "ErrorMessage": "too many plans",
                 "PathToError": "plans"}]}),
            other => panic!("the model has no {other}"),
        }
    }

    pub(super) fn backup(
        &self,
        region: &str,
        path: &str,
        query: &BTreeMap<String, String>,
    ) -> Value {
        if path.contains("summaries") {
            assert_eq!(query["AccountId"], "AGGREGATE_ALL");
            assert_eq!(query["State"], "ANY");
            let name = match path {
                it if it.contains("copy") => "CopyJobSummaries",
                it if it.contains("restore") => "RestoreJobSummaries",
                _ => "BackupJobSummaries",
            };
            return json!({name: [
                {"State": "COMPLETED", "Count": 9, "StartTime": 0},
                {"State": "COMPLETED", "Count": 7, "StartTime": 86_400},
                {"State": "FAILED", "Count": 1, "StartTime": 86_400},
            ]});
        }
        assert_eq!(query["accountId"], "*");
        let time = |name: &str| query[name].parse::<DateTime<Utc>>().unwrap();
        let (after, before) = (time("completeAfter"), time("completeBefore"));
        let none = Jobs::default();
        let jobs = self.jobs.get(region).unwrap_or(&none);
        let is_copy = path.contains("copy");
        let all = if is_copy { &jobs.copies } else { &jobs.backups };
        let from = query.get("nextToken").map_or(0, |it| it.parse().unwrap());
        let found = all
            .iter()
            .filter(|(_, _, ended)| *ended >= after && *ended <= before);
        let found: Vec<_> = found.skip(from).take(JOBS + 1).collect();
        let page = found.iter().take(JOBS).map(|(account, begun, ended)| {
            let since = self.by_hand.get(account);
            let plan = since
                .is_none_or(|since| begun < since)
                .then(|| json!({"BackupPlanId": "plan-1"}));
            let mut job = json!({
                "AccountId": account, "State": "COMPLETED", "ResourceType": "EBS",
                "ResourceArn": format!("arn:aws:ec2:{region}:{account}:volume/vol-1"),
                "CreationDate": begun.timestamp(), "CompletionDate": ended.timestamp(),
                "CreatedBy": plan,
            });
            match is_copy {
                true => job["DestinationBackupVaultArn"] = json!(CENTRAL),
                false => job["BackupVaultName"] = json!("Vault"),
            }
            job
        });
        let name = if is_copy { "CopyJobs" } else { "BackupJobs" };
        let more = found.len() > JOBS;
        json!({name: page.collect::<Vec<_>>(),
               "NextToken": more.then(|| (from + JOBS).to_string())})
    }
}
