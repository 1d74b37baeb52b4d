//! Where a partition's services are.

use aws_client::service::Service;
use aws_sdk_backup::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};

/// What host names end with in a partition.
#[derive(Debug)]
pub(super) struct Hosts {
    /// Such as `amazonaws.com`.
    suffix: String,
    /// The same of addresses for both versions of IP, such as `api.aws`.
    dual_stack: String,
}

impl Hosts {
    /// Those of a Region's partition, as the SDK knows it.
    pub async fn of(region: &str) -> Self {
        Self {
            suffix: suffix(region, false)
                .await
                .unwrap_or("amazonaws.com".into()),
            dual_stack: suffix(region, true).await.unwrap_or("api.aws".into()),
        }
    }

    /// A service's address in a Region, for an account.
    pub fn url(&self, service: &Service, region: &str, account: &str) -> String {
        service.url(&[
            ("region", region),
            ("suffix", &self.suffix),
            ("dual-stack", &self.dual_stack),
            ("account", account),
        ])
    }
}

async fn suffix(region: &str, dual_stack: bool) -> Option<String> {
    let params = Params::builder().region(region).use_dual_stack(dual_stack);
    let (params, resolver) = (params.build().ok()?, DefaultResolver::new());
    let endpoint = resolver.resolve_endpoint(&params).await.ok()?;
    let suffix = endpoint
        .url()
        .strip_prefix(&format!("https://backup.{region}."))?;
    Some(suffix.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::service::ALL;
    use super::*;

    /// A Region of each partition.
    const REGIONS: [&str; 8] = [
        "cn-north-1",
        "eu-isoe-west-1",
        "eu-west-1",
        "eusc-de-east-1",
        "us-gov-west-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "us-isof-south-1",
    ];

    /// The emulator's tests hold them against botocore's endpoint rules.
    #[tokio::test]
    async fn every_services_address_in_every_partition_is_on_record() {
        let mut record = BTreeMap::new();
        for region in REGIONS {
            let hosts = Hosts::of(region).await;
            let urls = ALL.map(|it| (it.name, hosts.url(it, region, "111122223333")));
            record.insert(region, BTreeMap::from(urls));
        }
        let record = serde_json::to_string_pretty(&record).unwrap() + "\n";
        expect_test::expect_file!["../../tests/aws/hosts.json"].assert_eq(&record);
    }
}
