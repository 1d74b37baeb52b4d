//! The requests of CloudFormation, in the order of a policy's life.

use serde_json::{Value, json};

/// One request.
pub struct Step {
    pub name: &'static str,
    request_type: &'static str,
    /// Whether it is the previous request once more: with the same id, as when Lambda retries.
    again: bool,
    wanted: Wanted,
}

#[derive(Clone, Copy)]
struct Wanted {
    days: u32,
    targets: Option<&'static [&'static str]>,
    source: Source,
}

#[derive(Clone, Copy)]
enum Source {
    Template,
    S3,
}

const FIRST: Wanted = Wanted {
    days: 35,
    targets: Some(&["ou-reh1-workloads", "ou-reh1-sandboxes"]),
    source: Source::Template,
};
const KEPT_LONGER: Wanted = Wanted { days: 90, ..FIRST };
const MOVED: Wanted = Wanted {
    targets: Some(&["ou-reh1-workloads", "ou-reh1-platforms"]),
    ..KEPT_LONGER
};
const ELSEWHERE: Wanted = Wanted {
    targets: None,
    source: Source::S3,
    ..FIRST
};

/// The first one is the "first call" of the table.
pub const STEPS: [Step; 10] = [
    step("Create, two targets", "Create", false, FIRST),
    step("the same Create again", "Create", true, FIRST),
    step("Update without a change", "Update", false, FIRST),
    step("Update of the content", "Update", false, KEPT_LONGER),
    step("the same Update again", "Update", true, KEPT_LONGER),
    step("Update of one target", "Update", false, MOVED),
    step("Delete", "Delete", false, MOVED),
    step("the same Delete again", "Delete", true, MOVED),
    step(
        "Create, content in S3, targets and Regions in SSM",
        "Create",
        false,
        ELSEWHERE,
    ),
    step("its Delete", "Delete", false, ELSEWHERE),
];

const fn step(name: &'static str, request_type: &'static str, again: bool, wanted: Wanted) -> Step {
    Step {
        name,
        request_type,
        again,
        wanted,
    }
}

impl Step {
    /// The event, for the policy that earlier steps have made.
    pub fn event(&self, number: usize, policy: Option<&str>, answer_url: &str) -> Value {
        let request = number - usize::from(self.again);
        let mut event = json!({
            "RequestType": self.request_type,
            "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:BackupOrgPolicyManager",
            "ResponseURL": answer_url,
            "StackId": "arn:aws:cloudformation:eu-west-1:222222222222:stack/aws-backup-org-policy/\
                        51af3dc0-da77-11e4-872e-1234567db123",
            "RequestId": format!("5f6a1b2c-0000-4000-8000-{request:012}"),
            "LogicalResourceId": "OrgDailyBackupPolicy",
            "ResourceType": "Custom::BackupOrgPolicy",
            "ResourceProperties": self.wanted.properties(),
        });
        if self.request_type != "Create" {
            event = with(event, "PhysicalResourceId", json!(policy));
        }
        if self.request_type == "Update" {
            event = with(event, "OldResourceProperties", FIRST.properties());
        }
        event
    }
}

impl Wanted {
    fn properties(self) -> Value {
        let mut properties = json!({
            "ServiceToken": "arn:aws:lambda:eu-west-1:222222222222:function:BackupOrgPolicyManager",
            "PolicyName": "org-daily-backup-policy",
            "PolicyType": "BACKUP_POLICY",
            "PolicyDescription": "Every night, kept for a while, copied to the central vault",
            "OrgManagementAccount": "111111111111",
            "PolicyContent": match self.source {
                Source::Template => policy(self.days),
                Source::S3 => json!({"S3": {"PolicyBucket": "policies", "PolicyKey": "daily.json"}}),
            },
            "Variables": {"CENTRAL_VAULT": "AWSBackupSolutionCentralVault"},
        });
        if let Some(targets) = self.targets {
            properties = with(properties, "PolicyTargets", json!(targets));
            properties = with(
                properties,
                "PolicyRegions",
                json!(["eu-west-1", "eu-central-1"]),
            );
        }
        properties
    }
}

fn with(mut object: Value, key: &str, value: Value) -> Value {
    if let Value::Object(entries) = &mut object {
        entries.insert(key.to_owned(), value);
    }
    object
}

/// The daily sample policy.
pub fn policy(days: u32) -> Value {
    let central = "arn:aws:backup:eu-west-1:333333333333:backup-vault:CENTRAL_VAULT";
    let copy = json!({
        "target_backup_vault_arn": {"@@assign": central},
        "lifecycle": {"delete_after_days": {"@@assign": days.to_string()}},
    });
    json!({"plans": {"OrgDailyBackupPlan": {
        "rules": {"OrgDailyBackupRule": {
            "schedule_expression": {"@@assign": "cron(0 5 ? * * *)"},
            "start_backup_window_minutes": {"@@assign": "480"},
            "complete_backup_window_minutes": {"@@assign": "1200"},
            "target_backup_vault_name": {"@@assign": "AWSBackupSolutionVault"},
            "lifecycle": {"delete_after_days": {"@@assign": days.to_string()}},
            "copy_actions": with(json!({}), central, copy),
        }},
        "selections": {"tags": {"OrgDailyBackupSelection": {
            "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/AWSBackupSolutionRole"},
            "tag_key": {"@@assign": "backup"},
            "tag_value": {"@@assign": ["daily"]},
        }}},
    }}})
}
