//! How DynamoDB's tables are backed up in an account and Region.

use backup_policy::Instant;

use super::super::failure::Failure;
use super::{Account, SPANS, days_before};
use crate::doctor::facts::{Seen, Tables};

impl Account {
    /// Whether AWS Backup keeps the backups of tables, and if not, whether a vault has such backups
    /// of the last weeks.
    pub async fn tables(&self, region: &str, vault: &str, now: Instant) -> Seen<Tables> {
        let client = self.backup(region);
        let managed = match client.describe_region_settings().send().await {
            Ok(output) => output
                .resource_type_management_preference
                .unwrap_or_default(),
            Err(error) => {
                return self.unknown(Failure::new("backup", "DescribeRegionSettings", error));
            }
        };
        if managed.get("DynamoDB") == Some(&true) {
            return Seen::There(Tables::Advanced);
        }
        let [.., days] = SPANS;
        let mut token = None;
        loop {
            let request = client
                .list_recovery_points_by_backup_vault()
                .backup_vault_name(vault)
                .by_resource_type("DynamoDB")
                .by_created_after(days_before(now, days))
                .set_next_token(token);
            let page = match request.send().await {
                Ok(page) => page,
                Err(error) => {
                    let operation = "ListRecoveryPointsByBackupVault";
                    return self.unknown(Failure::new("backup", operation, error));
                }
            };
            // A backup that AWS Backup keeps itself has an ARN of AWS Backup.
            let arns = page.recovery_points.unwrap_or_default().into_iter();
            let mut arns = arns.filter_map(|point| point.recovery_point_arn);
            if arns.any(|arn| arn.contains(":dynamodb:")) {
                return Seen::There(Tables::PlainBackups);
            }
            token = page.next_token;
            if token.is_none() {
                return Seen::There(Tables::Plain);
            }
        }
    }
}
