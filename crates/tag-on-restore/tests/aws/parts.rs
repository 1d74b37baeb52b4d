//! Which parts of a restored instance are tagged: its settings decide.

use serde_json::json;

use crate::kinds::RESTORES;
use crate::lambda::{End, Lambda, event};
use crate::world::{Tags, World, tags};

#[tokio::test(start_paused = true)]
async fn a_kind_of_part_that_is_not_to_be_tagged_is_neither_read_nor_written() {
    let restore = RESTORES.iter().find(|it| it.title == "EC2").unwrap();
    let (no_volumes, no_interfaces) = (
        ("TAG_VOLUMES", "false"),
        ("TAG_NETWORK_INTERFACES", "false"),
    );
    for (variables, tagged, count) in [
        (vec![], vec!["volume/", "network-interface/"], 3),
        (vec![no_volumes], vec!["network-interface/"], 1),
        (vec![no_interfaces], vec!["volume/"], 2),
        (vec![no_volumes, no_interfaces], vec![], 0),
    ] {
        let world = World::new();
        let offered = tags(&[("owner", "me")]);
        restore.put(&world, "job-1", &offered, &Tags::new(), &Tags::new());
        let lambda = Lambda::configured(&world, &variables);
        let end = lambda.invoke(&event("job-1")).await;
        assert_eq!(end, End::Answer(json!({ "outcome": "Tagged" })));
        assert_eq!(world.tags_of(restore.target), offered);
        for part in restore.parts {
            let is_wanted = tagged.iter().any(|kind| part.contains(kind));
            let expected = if is_wanted {
                offered.clone()
            } else {
                Tags::new()
            };
            assert_eq!(world.tags_of(part), expected, "{part}: {variables:?}");
        }
        let line = lambda.last();
        let counted = line["SubResourcesTagged"].as_u64().unwrap_or(0);
        assert_eq!(counted, count, "{variables:?}: {line}");
        let asked = |operation: &str| world.calls().iter().any(|it| it.operation == operation);
        assert_eq!(asked("DescribeInstances"), count > 0, "{variables:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_volume_gets_the_tags_of_its_own_snapshot_first() {
    let restore = RESTORES.iter().find(|it| it.title == "EC2").unwrap();
    let world = World::new();
    let offered = tags(&[("owner", "me"), ("team", "a")]);
    restore.put(&world, "job-1", &offered, &Tags::new(), &Tags::new());
    let snapshot = "arn:aws:ec2:eu-west-1::snapshot/snap-of-vol-restored1";
    world.put(snapshot, tags(&[("owner", "database"), ("disk", "1")]));
    Lambda::new(&world).invoke(&event("job-1")).await;
    let own = tags(&[("owner", "database"), ("disk", "1"), ("team", "a")]);
    for (part, expected) in restore.parts.iter().zip([&own, &offered, &offered]) {
        assert_eq!(world.tags_of(part), *expected, "{part}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_parts_that_were_written_to_are_counted() {
    let restore = RESTORES.iter().find(|it| it.title == "EC2").unwrap();
    let world = World::new();
    let offered = tags(&[("owner", "me")]);
    restore.put(&world, "job-1", &offered, &Tags::new(), &Tags::new());
    let dry: &[_] = &[("DRY_RUN", "true")];
    for (variables, outcome, count) in [
        (dry, "DryRun", 0),
        (&[], "Tagged", 3),
        (&[], "NothingMissing", 0),
    ] {
        let lambda = Lambda::configured(&world, variables);
        let end = lambda.invoke(&event("job-1")).await;
        assert_eq!(end, End::Answer(json!({ "outcome": outcome })));
        let line = lambda.last();
        let counted = line["SubResourcesTagged"].as_u64().unwrap_or(0);
        assert_eq!(counted, count, "{outcome}: {line}");
    }
}
