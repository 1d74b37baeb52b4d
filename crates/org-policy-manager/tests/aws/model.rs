//! The model itself, driven by the real SDK: what it says must be what AWS says.

use std::time::Duration;

use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_organizations::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_organizations::types::{PolicyType, Tag};

use crate::world::{Behaviour, Fault, MANAGEMENT, PolicyTypeStatus, Way, World};

const CONTENT: &str = r#"{"plans":{"daily":{}}}"#;

/// A client with a session in the management account that never retries.
fn client(world: &World) -> Client {
    let (http, _) = world.process();
    let config = aws_sdk_organizations::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new(
            world.session(MANAGEMENT),
            "s",
            None,
            None,
            "test",
        ))
        .region(Region::new("us-east-1"))
        .http_client(http)
        .retry_config(aws_smithy_types::retry::RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

async fn create(client: &Client, name: &str) -> Result<String, String> {
    let tag = Tag::builder().key("owner").value("me").build().unwrap();
    let call = client
        .create_policy()
        .name(name)
        .description("")
        .content(CONTENT)
        .tags(tag);
    let reply = call
        .r#type(PolicyType::BackupPolicy)
        .send()
        .await
        .map_err(code)?;
    Ok(reply.policy.unwrap().policy_summary.unwrap().id.unwrap())
}

fn code<E: ProvideErrorMetadata, R>(error: SdkError<E, R>) -> String {
    match &error {
        SdkError::ServiceError(it) => it.err().code().unwrap_or("no code").to_owned(),
        SdkError::DispatchFailure(_) => "connection broken".to_owned(),
        _ => "other".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_policy_lives_from_create_to_delete() {
    let world = World::new();
    let before = world.organization();
    let client = client(&world);
    let unit = world.somebody(|it| it.unit(1));
    let id = create(&client, "daily").await.unwrap();
    client
        .attach_policy()
        .policy_id(&id)
        .target_id(&unit)
        .send()
        .await
        .unwrap();
    let targets = client
        .list_targets_for_policy()
        .policy_id(&id)
        .send()
        .await
        .unwrap();
    assert_eq!(targets.targets()[0].target_id(), Some(unit.as_str()));
    client
        .update_policy()
        .policy_id(&id)
        .description("new")
        .send()
        .await
        .unwrap();
    let policy = client
        .describe_policy()
        .policy_id(&id)
        .send()
        .await
        .unwrap()
        .policy
        .unwrap();
    assert_eq!(policy.policy_summary().unwrap().description(), Some("new"));
    assert_eq!(policy.content(), Some(CONTENT));
    assert_eq!(
        client
            .delete_policy()
            .policy_id(&id)
            .send()
            .await
            .map_err(code)
            .unwrap_err(),
        "PolicyInUseException"
    );
    client
        .detach_policy()
        .policy_id(&id)
        .target_id(&unit)
        .send()
        .await
        .unwrap();
    client.delete_policy().policy_id(&id).send().await.unwrap();
    assert_eq!(world.organization(), before);
}

#[tokio::test(start_paused = true)]
async fn refusals_carry_the_codes_of_aws() {
    let world = World::new();
    let client = client(&world);
    let unit = world.somebody(|it| it.unit(1));
    let id = create(&client, "daily").await.unwrap();
    assert_eq!(
        create(&client, "daily").await.unwrap_err(),
        "DuplicatePolicyException"
    );
    let attach = |id: &str, target: &str| {
        let call = client
            .attach_policy()
            .policy_id(id)
            .target_id(target)
            .send();
        async { call.await.map(|_| ()).map_err(code) }
    };
    attach(&id, &unit).await.unwrap();
    let refusals = [
        (
            attach(&id, &unit).await,
            "DuplicatePolicyAttachmentException",
        ),
        (
            attach(&id, "ou-mod1-99999999").await,
            "TargetNotFoundException",
        ),
        (attach(&id, "somewhere").await, "InvalidInputException"),
        (
            attach("p-unknown000", &unit).await,
            "PolicyNotFoundException",
        ),
    ];
    for (refusal, expected) in refusals {
        assert_eq!(refusal.unwrap_err(), expected);
    }
    let other = world.somebody(|it| it.unit(2));
    world.somebody(|it| {
        for n in 0..10 {
            it.add_foreign_policy(&format!("foreign-{n}"), &[&other]);
        }
    });
    assert_eq!(
        attach(&id, &other).await.unwrap_err(),
        "ConstraintViolationException"
    );
    let malformed = client
        .update_policy()
        .policy_id(&id)
        .content(r#"{"rules":{}}"#)
        .send()
        .await;
    assert_eq!(
        malformed.map_err(code).unwrap_err(),
        "MalformedPolicyDocumentException"
    );
}

#[tokio::test(start_paused = true)]
async fn listings_come_in_pages_that_may_be_empty() {
    let world = World::behaving(Behaviour {
        empty_first_pages: true,
        ..Behaviour::default()
    });
    world.somebody(|it| {
        for n in 0..45 {
            it.add_foreign_policy(&format!("policy-{n}"), &[]);
        }
    });
    let client = client(&world);
    let (mut sizes, mut token) = (Vec::new(), None);
    loop {
        let call = client.list_policies().filter(PolicyType::BackupPolicy);
        let page = call.set_next_token(token).send().await.unwrap();
        sizes.push(page.policies().len());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [0, 20, 20, 5]);
}

#[tokio::test(start_paused = true)]
async fn each_way_to_fail_looks_as_it_does_from_outside() {
    let cases = [
        (Way::Throttle, "TooManyRequestsException", false),
        (Way::Conflict, "ConcurrentModificationException", false),
        (
            Way::ChangesInProgress,
            "PolicyChangesInProgressException",
            false,
        ),
        (Way::Refuse, "AccessDeniedException", false),
        (Way::Constrain, "ConstraintViolationException", false),
        (Way::ServerError(500), "ServiceException", false),
        (Way::LostBefore, "connection broken", false),
        (Way::LostAfter, "connection broken", true),
    ];
    for (way, code, effect) in cases {
        let world = World::new();
        let client = client(&world);
        world.inject(Fault::once("CreatePolicy", 1, way));
        create(&client, "first").await.unwrap();
        assert_eq!(
            create(&client, "second").await.unwrap_err(),
            code,
            "{way:?}"
        );
        assert_eq!(
            world.organization().policy_named("second").is_some(),
            effect,
            "{way:?}"
        );
        create(&client, "third").await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_process_reaches_nobody() {
    for (way, effect) in [(Way::CrashBefore, false), (Way::CrashAfter, true)] {
        let world = World::new();
        let (http, process) = world.process();
        let client = Client::from_conf(
            client(&world)
                .config()
                .to_builder()
                .http_client(http)
                .build(),
        );
        world.inject(Fault::once("CreatePolicy", 0, way));
        tokio::select! {
            biased;
            () = process.died() => {}
            _ = create(&client, "daily") => panic!("the call came back"),
        }
        assert_eq!(world.organization().policy_named("daily").is_some(), effect);
        let later = tokio::time::timeout(Duration::from_secs(600), create(&client, "later"));
        let later = later.await;
        assert!(later.is_err(), "{later:?}");
        assert_eq!(world.organization().policy_named("later"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn request_rates_are_those_that_aws_publishes() {
    let world = World::behaving(Behaviour {
        enforce_rates: true,
        latency: Duration::ZERO,
        ..Behaviour::default()
    });
    let client = client(&world);
    let started = world.now();
    let (mut made, mut refused) = (0, 0);
    while world.now() - started < Duration::from_secs(60) {
        match create(&client, &format!("policy-{made}")).await {
            Ok(_) => made += 1,
            Err(code) => {
                assert_eq!(code, "TooManyRequestsException");
                refused += 1;
            }
        }
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    // Two a second, and the burst of three.
    assert!(
        (120..=123).contains(&made),
        "{made} made, {refused} refused"
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_type_takes_a_while_to_be_enabled() {
    let world = World::new();
    world.somebody(|it| it.status = PolicyTypeStatus::Disabled);
    let client = client(&world);
    let id = create(&client, "daily").await.unwrap();
    let root = world.organization().root;
    let attach = || {
        let call = client
            .attach_policy()
            .policy_id(&id)
            .target_id(&root)
            .send();
        async { call.await.map(|_| ()).map_err(code) }
    };
    assert_eq!(attach().await.unwrap_err(), "PolicyTypeNotEnabledException");
    let enable = || {
        let kind = PolicyType::BackupPolicy;
        let call = client
            .enable_policy_type()
            .root_id(&root)
            .policy_type(kind)
            .send();
        async { call.await.map(|_| ()).map_err(code) }
    };
    enable().await.unwrap();
    assert_eq!(
        enable().await.unwrap_err(),
        "PolicyTypeAlreadyEnabledException"
    );
    assert_eq!(
        attach().await.unwrap_err(),
        "PolicyChangesInProgressException"
    );
    tokio::time::advance(Duration::from_secs(4)).await;
    attach().await.unwrap();
    let roots = client.list_roots().send().await.unwrap();
    assert_eq!(
        roots.roots()[0].policy_types()[0]
            .status()
            .unwrap()
            .as_str(),
        "ENABLED"
    );
}
