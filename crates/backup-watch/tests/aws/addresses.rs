//! Where calls go.

use std::collections::BTreeSet;

use crate::world::{ROLE, World, failed};

/// The hosts of a look and of an event, with these variables.
async fn hosts(more: &[(&str, &str)]) -> BTreeSet<String> {
    let world = World::new("2026-01-31T12:00:00Z");
    let with_role = [more, &[("MANAGEMENT_ROLE_ARN", ROLE)]].concat();
    let function = world.configured(&with_role).await;
    let answer = function.look("look").await.unwrap().unwrap();
    assert_eq!(answer["not_looked_at"], serde_json::json!([]));
    let event = failed("e-1", "444444444441", world.now());
    assert_eq!(function.batch("r", &[event]).await, Some(Vec::new()));
    std::mem::take(&mut world.lock().hosts)
}

#[tokio::test(start_paused = true)]
async fn services_are_called_in_the_partition_of_the_functions_region() {
    for (region, suffix) in [
        ("eu-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
    ] {
        let hosts = hosts(&[("AWS_REGION", region)]).await;
        for service in ["dynamodb", "sns", "sts"] {
            let host = format!("{service}.{region}.{suffix}");
            assert!(hosts.contains(&host), "{host}: {hosts:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_service_that_is_called_may_have_an_address_of_its_own() {
    let own = ["backup", "dynamodb", "organizations", "sns", "sts"];
    let variables = own.map(|it| {
        let name = format!("AWS_ENDPOINT_URL_{}", it.to_uppercase());
        (name, format!("http://{it}.test"))
    });
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, url)| (name.as_str(), url.as_str()))
        .collect();
    let expected = own.map(|it| format!("{it}.test"));
    assert_eq!(hosts(&variables).await, expected.into());
}
