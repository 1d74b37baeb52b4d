//! How DynamoDB's tables are backed up in an account and Region.

use std::ops::ControlFlow;

use backup_policy::Instant;
use backup_reading::failure::Failure;
use backup_status::Seen;

use super::{Account, SPANS, days_before};
use crate::doctor::facts::Tables;

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
        match managed.get("DynamoDB") {
            Some(true) => return Seen::There(Tables::Advanced),
            Some(false) => {}
            None => {
                return self.odd(
                    "backup",
                    "DescribeRegionSettings",
                    "the answer says nothing of DynamoDB",
                );
            }
        }
        let [.., days] = SPANS;
        let mut found = Tables::Plain;
        let read = self
            .recovery_points(
                region,
                vault,
                Some("DynamoDB"),
                days_before(now, days),
                |points| {
                    // A backup that AWS Backup keeps itself has an ARN of AWS Backup.
                    let mut arns = points.iter().filter_map(|it| it.recovery_point_arn());
                    if arns.any(|arn| arn.contains(":dynamodb:")) {
                        found = Tables::PlainBackups;
                        return ControlFlow::Break(());
                    }
                    ControlFlow::Continue(())
                },
            )
            .await;
        match read {
            Ok(()) => Seen::There(found),
            Err(failure) => self.unknown(failure),
        }
    }
}
