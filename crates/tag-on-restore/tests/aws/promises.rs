//! The table: what is promised for each type of resource, on the wire.
//!
//! `docs/evidence/restore-tagging-table.md` is what this test finds; `UPDATE_EXPECT=1` rewrites it.

use std::fmt::Write;

use serde_json::json;

use crate::kinds::{RESTORES, Restore, SKIPPED};
use crate::lambda::{End, Lambda, event};
use crate::world::{Tags, World, tags};

/// A promise: the heading of its column, and whether it is kept.
type Promise = (&'static str, fn(&Found) -> bool);

const PROMISES: [Promise; 5] = [
    ("recovery point's tags copied", |found| {
        found.tags.get("owner").map(String::as_str) == Some("team-at-backup")
            && found.tags.contains_key("only-on-recovery-point")
    }),
    ("source's tags fill in", |found| {
        found.tags.get("only-on-source").map(String::as_str) == Some("yes")
    }),
    ("target's own tags kept", |found| {
        found.tags.get("own").map(String::as_str) == Some("mine")
            && found.tags.get("awsbackup-restore-test").map(String::as_str) == Some("plan")
    }),
    ("system tags not copied", |found| {
        let foreign = |key: &&String| key.to_ascii_lowercase().starts_with("aws:");
        found.tags.keys().filter(foreign).count() == 0
    }),
    ("second event writes nothing", |found| {
        found.second_writes == 0
    }),
];

/// What a restore's two events led to.
struct Found {
    tags: Tags,
    second_writes: usize,
    calls: usize,
    parts_tagged: usize,
}

async fn play(restore: &Restore) -> Found {
    let world = World::new();
    let on_recovery_point = tags(&[
        ("owner", "team-at-backup"),
        ("only-on-recovery-point", "yes"),
        ("own", "not mine"),
        ("aws:backup:source-resource", "x"),
        ("AWS:shouted", "x"),
    ]);
    let on_source = tags(&[
        ("owner", "team-today"),
        ("only-on-source", "yes"),
        ("aws:cloudformation:stack-name", "x"),
        ("awsbackup-restore-test", "another plan"),
    ]);
    let own = tags(&[("own", "mine"), ("awsbackup-restore-test", "plan")]);
    restore.put(&world, "job-1", &on_recovery_point, &on_source, &own);
    let lambda = Lambda::configured(&world, restore.variables);
    let end = lambda.invoke(&event("job-1")).await;
    assert_eq!(
        end,
        End::Answer(json!({ "outcome": "Tagged" })),
        "{}",
        restore.title
    );
    let calls = world.calls().len();
    let parts = restore.parts.iter().map(|part| world.tags_of(part));
    let parts_tagged = parts
        .filter(|tags| tags.contains_key("only-on-source"))
        .count();
    world.forget_calls();
    let end = lambda.invoke(&event("job-1")).await;
    assert_eq!(
        end,
        End::Answer(json!({ "outcome": "NothingMissing" })),
        "{}",
        restore.title
    );
    Found {
        tags: world.tags_of(restore.target),
        second_writes: world.calls().iter().filter(|call| call.is_write()).count(),
        calls,
        parts_tagged,
    }
}

#[tokio::test(start_paused = true)]
async fn every_promise_is_kept_for_every_type() {
    let mut table = String::from(include_str!("promises.md"));
    write!(table, "\n| type |").unwrap();
    for (heading, _) in PROMISES {
        write!(table, " {heading} |").unwrap();
    }
    table.push_str(" parts tagged | AWS calls |\n|---|---|---|---|---|---|---|--:|\n");
    let mut broken = Vec::new();
    for restore in &RESTORES {
        let found = play(restore).await;
        write!(table, "| {} |", restore.title).unwrap();
        for (number, (heading, kept)) in PROMISES.iter().enumerate() {
            // What a table's own backup cannot have, its source has.
            let none = number == 0 && !restore.tags_on_recovery_point;
            let cell = match kept(&found) {
                _ if none => "has none",
                true => "wire",
                false => "BROKEN",
            };
            if cell == "BROKEN" {
                broken.push(format!("{}: {heading}: {:?}", restore.title, found.tags));
            }
            write!(table, " {cell} |").unwrap();
        }
        let parts = restore.parts.len();
        if found.parts_tagged != parts {
            broken.push(format!(
                "{}: {} of {parts} parts",
                restore.title, found.parts_tagged
            ));
        }
        let parts = match parts {
            0 => String::new(),
            parts => format!("{parts} of {parts}"),
        };
        writeln!(table, " {parts} | {} |", found.calls).unwrap();
    }
    for (title, created, reason) in SKIPPED {
        let world = World::new();
        let job = json!({ "ResourceType": title, "CreatedResourceArn": created });
        world.put_job("job-1", job);
        let lambda = Lambda::new(&world);
        let end = lambda.invoke(&event("job-1")).await;
        assert_eq!(end, End::Answer(json!({ "outcome": "Skipped" })));
        let said = lambda.last()["reason"].as_str().unwrap().to_owned();
        assert!(said.starts_with(reason), "{said}");
        let calls = world.calls().len();
        writeln!(
            table,
            "| {title} | skipped | skipped | skipped | skipped | wire | | {calls} |"
        )
        .unwrap();
    }
    assert!(broken.is_empty(), "{broken:#?}");
    expect_test::expect_file!["../../../../docs/evidence/restore-tagging-table.md"]
        .assert_eq(&table);
}
