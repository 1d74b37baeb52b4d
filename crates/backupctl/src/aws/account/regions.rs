//! Which Regions are switched on in an account.

use std::collections::BTreeMap;

use backup_reading::failure::Failure;
use backup_status::Seen;

use super::super::retries_without_quota;

use super::Account;

impl Account {
    /// Every Region that AWS names for the account, with whether it is switched on.
    pub async fn regions(&self) -> Seen<BTreeMap<String, bool>> {
        let config = aws_sdk_account::config::Builder::from(&self.sdk)
            .retry_partition(retries_without_quota())
            .build();
        let client = aws_sdk_account::Client::from_conf(config);
        let (mut regions, mut token) = (BTreeMap::new(), None);
        loop {
            let page = match client.list_regions().set_next_token(token).send().await {
                Ok(page) => page,
                Err(error) => {
                    return self.unknown(Failure::new("account", "ListRegions", error));
                }
            };
            for region in page.regions.unwrap_or_default() {
                if let (Some(name), Some(status)) = (region.region_name, region.region_opt_status) {
                    // ENABLING and DISABLING may take hours, in which nothing can be relied on.
                    let on = matches!(status.as_str(), "ENABLED" | "ENABLED_BY_DEFAULT");
                    regions.insert(name, on);
                }
            }
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        match regions.is_empty() {
            true => self.odd("account", "ListRegions", "the answer names no Region"),
            false => Seen::There(regions),
        }
    }
}
