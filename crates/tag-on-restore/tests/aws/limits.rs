//! A resource has room for 50 tags, and services refuse more by a dozen codes, some of which they
//! have for other things too.

use serde_json::json;

use crate::kinds::{RESTORES, Restore};
use crate::lambda::{End, Lambda, event};
use crate::world::{Behaviour, Fault, Tags, Way, World, tags};

fn named(title: &str) -> &'static Restore {
    RESTORES.iter().find(|it| it.title == title).unwrap()
}

fn many(beginning: &str, count: usize) -> Tags {
    let keys = (0..count).map(|number| format!("{beginning}{number:02}"));
    keys.map(|key| (key, "1".to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn somebody_quicker_leaves_less_room_and_nothing_is_called_invalid() {
    for restore in &RESTORES {
        let quicker = many("quicker-", 25);
        let world = World::behaving(Behaviour {
            quicker: quicker.clone(),
            ..Behaviour::default()
        });
        let own = tags(&[("own", "1")]);
        let offered = many("key-", 30);
        restore.put(&world, "job-1", &Tags::new(), &offered, &own);
        let lambda = Lambda::configured(&world, restore.variables);
        let end = lambda.invoke(&event("job-1")).await;
        let title = restore.title;
        assert_eq!(end, End::Answer(json!({ "outcome": "Tagged" })), "{title}");
        let mut expected = own;
        expected.extend(quicker);
        expected.extend(many("key-", 24));
        assert_eq!(world.tags_of(restore.target), expected, "{title}");
        let line = lambda.last();
        assert_eq!(line["TagsDropped"], 6, "{title}: {line}");
        assert_eq!(line["invalidKeys"], json!(null), "{title}: {line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_takes_fewer_gets_those_that_rank_first() {
    let restore = named("EBS");
    let world = World::behaving(Behaviour {
        most_tags: 20,
        ..Behaviour::default()
    });
    let own = tags(&[("own", "1")]);
    let on_source = many("z-source-", 15);
    restore.put(&world, "job-1", &many("a-point-", 15), &on_source, &own);
    let lambda = Lambda::configured(&world, &[("PROVENANCE_TAGS", "true")]);
    let end = lambda.invoke(&event("job-1")).await;
    assert_eq!(end, End::Answer(json!({ "outcome": "Tagged" })));
    let mut expected = own;
    expected.extend(on_source);
    expected.extend(many("a-point-", 4));
    assert_eq!(world.tags_of(restore.target), expected);
    assert_eq!(lambda.last()["TagsDropped"], 14);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_not_that_of_tags_passes_and_nothing_is_dropped() {
    for (title, code) in [
        // Of simultaneous operations, by DynamoDB's model.
        ("DynamoDB, advanced", "LimitExceededException"),
        ("EBS", "ConcurrentTagAccess"),
        ("EKS", "ConcurrentModificationException"),
    ] {
        let restore = named(title);
        let world = World::new();
        let offered = many("key-", 49);
        restore.put(&world, "job-1", &Tags::new(), &offered, &Tags::new());
        world.inject(Fault::once("tagging:TagResources", Way::PerArn(code)));
        let lambda = Lambda::new(&world);
        let end = lambda.invoke(&event("job-1")).await;
        assert!(matches!(end, End::Error(_)), "{title}: {end:?}");
        let line = lambda.last();
        assert_eq!(line["Outcome"], "Retry", "{title}: {line}");
        assert_eq!(line["errorCode"], code);
        lambda.invoke(&event("job-1")).await;
        assert_eq!(world.tags_of(restore.target), offered, "{title}");
        assert_eq!(lambda.last()["TagsDropped"], json!(null), "{title}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_resource_with_the_code_of_a_busy_one_loses_only_what_does_not_fit() {
    let restore = named("EKS");
    let quicker = many("quicker-", 30);
    let world = World::behaving(Behaviour {
        full: Some((400, "LimitExceededException")),
        quicker: quicker.clone(),
        ..Behaviour::default()
    });
    let offered = many("key-", 30);
    restore.put(&world, "job-1", &Tags::new(), &offered, &Tags::new());
    let lambda = Lambda::new(&world);
    let end = lambda.invoke(&event("job-1")).await;
    assert_eq!(end, End::Answer(json!({ "outcome": "Tagged" })));
    let mut expected = quicker;
    expected.extend(many("key-", 20));
    assert_eq!(world.tags_of(restore.target), expected);
    assert_eq!(lambda.last()["TagsDropped"], 10);
}

#[tokio::test(start_paused = true)]
async fn a_tag_that_is_refused_to_a_whole_keeps_no_others_from_its_parts() {
    for title in ["EC2", "Aurora"] {
        let restore = named(title);
        let world = World::behaving(Behaviour {
            refused_keys: ["owner".to_owned()].into(),
            ..Behaviour::default()
        });
        // An earlier attempt wrote what is not refused, and died before it came to the parts.
        let (offered, own) = (
            tags(&[("owner", "me"), ("team", "a")]),
            tags(&[("team", "a")]),
        );
        restore.put(&world, "job-1", &Tags::new(), &offered, &own);
        let lambda = Lambda::new(&world);
        lambda.invoke(&event("job-1")).await;
        for part in restore.parts {
            assert_eq!(world.tags_of(part), own, "{title}: {part}");
        }
        assert_eq!(lambda.last()["Outcome"], "Failed", "{title}");
    }
}
