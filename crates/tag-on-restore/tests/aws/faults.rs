//! Every call of every kind of restore fails in every way: what the queue delivers again then ends
//! with the same tags, and what can never work ends in the dead-letter queue.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_client::Environment;
use serde_json::json;
use tag_on_restore::failure::{Class, classify};
use tag_on_restore::route::Write;
use tag_on_restore::{Arn, Aws};
use tokio::time::Instant;

use crate::kinds::{RESTORES, Restore};
use crate::lambda::{End, Lambda, event};
use crate::world::{Behaviour, Call, Fault, Tags, Way, World, tags};

/// Failures that pass.
const PASSING: [Way; 10] = [
    Way::Throttle,
    Way::ServerError(500),
    Way::ServerError(503),
    Way::LostBefore,
    Way::LostAfter,
    Way::ErrorAfter,
    Way::Hang,
    Way::CrashBefore,
    Way::CrashAfter,
    Way::Code("InternalServiceException"),
];

/// The kinds whose calls differ from one another.
fn different() -> impl Iterator<Item = &'static Restore> {
    const TITLES: [&str; 8] = [
        "EC2",
        "Aurora",
        "Aurora DSQL",
        "DynamoDB, advanced",
        "EFS",
        "S3",
        "Storage Gateway",
        "Timestream",
    ];
    RESTORES.iter().filter(|it| TITLES.contains(&it.title))
}

fn prepare(restore: &Restore) -> (World, Lambda) {
    let world = World::new();
    let on_recovery_point = tags(&[("owner", "at-backup"), ("point", "1"), ("aws:x", "y")]);
    let on_source = tags(&[("owner", "today"), ("source", "1")]);
    restore.put(
        &world,
        "job-1",
        &on_recovery_point,
        &on_source,
        &tags(&[("own", "1")]),
    );
    let lambda = Lambda::configured(&world, restore.variables);
    (world, lambda)
}

#[tokio::test(start_paused = true)]
async fn every_call_fails_once_in_every_way_that_passes() {
    for restore in different() {
        let (world, lambda) = prepare(restore);
        lambda.deliver([event("job-1").to_string()]).await;
        let after = world.all_tags();
        let calls = world.calls();
        for (number, call) in calls.iter().enumerate() {
            let name = call.name();
            let earlier = calls[..number]
                .iter()
                .filter(|it| it.name() == name)
                .count();
            for way in PASSING {
                let (world, lambda) = prepare(restore);
                world.inject(Fault::nth(&name, earlier, way));
                let dead = lambda.deliver([event("job-1").to_string()]).await;
                let case = format!("{}: {name} {way:?}", restore.title);
                assert_eq!(dead, Vec::<String>::new(), "{case}");
                assert_eq!(world.all_tags(), after, "{case}");
                let outcome = |at: usize| world.calls()[at].outcome.clone();
                assert!(
                    (0..world.calls().len()).any(|at| outcome(at) != "ok"),
                    "{case}"
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_write_reaches_the_dead_letter_queue_and_works_after_the_remedy() {
    for restore in different() {
        let (world, lambda) = prepare(restore);
        let before = world.all_tags();
        world.deny(restore.target);
        let body = event("job-1").to_string();
        let dead = lambda.deliver([body.clone()]).await;
        assert_eq!(dead, vec![body], "{}", restore.title);
        assert_eq!(world.all_tags()[restore.target], before[restore.target]);
        assert!(
            lambda.last()["reason"].as_str().unwrap().contains("ccess"),
            "{:?}",
            lambda.last()
        );
        world.allow_all();
        assert_eq!(lambda.deliver(dead).await, Vec::<String>::new());
        assert_eq!(world.tags_of(restore.target)["point"], "1");
    }
}

#[tokio::test(start_paused = true)]
async fn one_refused_reading_is_made_up_for_by_the_other() {
    for (restore, denied, expected) in different().flat_map(|restore| {
        [
            (restore, restore.recovery_point, "source"),
            (restore, restore.source, "point"),
        ]
    }) {
        let (world, lambda) = prepare(restore);
        // EC2's reads and those by id do not name the ARN.
        let id = denied.rsplit('/').next().unwrap();
        let by_id = denied.contains(":ec2:") || denied.contains(":elasticfilesystem:");
        world.deny(if by_id { id } else { denied });
        let dead = lambda.deliver([event("job-1").to_string()]).await;
        let case = format!("{} without {denied}", restore.title);
        assert_eq!(dead, Vec::<String>::new(), "{case}");
        assert!(
            world.tags_of(restore.target).contains_key(expected),
            "{case}"
        );
        let reason = lambda.last()["reason"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(reason.starts_with("went on without"), "{case}: {reason}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_for_the_arn_in_an_answer_of_200_is_a_failure() {
    let restore = RESTORES
        .iter()
        .find(|it| it.title == "DynamoDB, advanced")
        .unwrap();
    let (world, lambda) = prepare(restore);
    let way = Way::PerArn("ResourceInUseException");
    world.inject(Fault::once("tagging:TagResources", way));
    let end = lambda.invoke(&event("job-1")).await;
    assert!(matches!(end, End::Error(_)), "{end:?}");
    assert_eq!(lambda.last()["errorCode"], "ResourceInUseException");
    assert_eq!(lambda.last()["Outcome"], "Retry");
    let end = lambda.invoke(&event("job-1")).await;
    assert_eq!(end, End::Answer(json!({ "outcome": "Tagged" })));
}

#[tokio::test(start_paused = true)]
async fn a_failure_for_the_arn_that_nobody_knows_is_no_silence_to_be_waited_out() {
    let restore = RESTORES.iter().find(|it| it.title == "EBS").unwrap();
    let (world, lambda) = prepare(restore);
    let way = Way::PerArn("SomethingNewException");
    world.inject(Fault::once("tagging:TagResources", way));
    lambda.invoke(&event("job-1")).await;
    assert_eq!(lambda.last()["Outcome"], "Failed");
    assert_eq!(lambda.last()["errorCode"], "SomethingNewException");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_is_tried_again_with_its_reason() {
    for restore in different() {
        let (world, lambda) = prepare(restore);
        lambda.deliver([event("job-1").to_string()]).await;
        let after = world.all_tags();
        let names: BTreeSet<String> = world.calls().iter().map(Call::name).collect();
        // What an answer to a write of the services' own says is not looked at.
        for name in names
            .iter()
            .filter(|name| !name.ends_with(":TagResource") && !name.ends_with(":AddTagsToResource"))
        {
            let (world, lambda) = prepare(restore);
            let fault = Fault::always(name, Way::CutOff);
            world.inject(fault);
            let case = format!("{}: {name}", restore.title);
            lambda.invoke(&event("job-1")).await;
            assert_eq!(lambda.last()["Outcome"], "Retry", "{case}");
            let reason = lambda.last()["reason"].as_str().unwrap().to_owned();
            assert!(
                reason.contains("the answer cannot be read"),
                "{case}: {reason}"
            );
            world.mend();
            lambda.invoke(&event("job-1")).await;
            assert_eq!(world.all_tags(), after, "{case}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_the_service_refuses_are_left_out_one_by_one() {
    let restore = RESTORES.iter().find(|it| it.title == "EBS").unwrap();
    let world = World::behaving(Behaviour {
        refused_keys: ["bad-1", "bad-2"].map(str::to_owned).into(),
        ..Behaviour::default()
    });
    let offered = tags(&[
        ("a", "1"),
        ("bad-1", "x"),
        ("bad-2", "x"),
        ("c", "1"),
        ("d", "1"),
    ]);
    restore.put(&world, "job-1", &offered, &Tags::new(), &Tags::new());
    let lambda = Lambda::new(&world);
    let end = lambda.invoke(&event("job-1")).await;
    assert_eq!(end, End::Answer(json!({ "outcome": "Tagged" })));
    let expected = tags(&[("a", "1"), ("c", "1"), ("d", "1")]);
    assert_eq!(world.tags_of(restore.target), expected);
    assert_eq!(lambda.last()["TagsInvalid"], 2);
    assert_eq!(lambda.last()["TagsWritten"], 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_refused_whatever_its_tags_is_no_success() {
    let restore = RESTORES.iter().find(|it| it.title == "EBS").unwrap();
    let (world, lambda) = prepare(restore);
    let way = Way::Code("InvalidParameterException");
    world.inject(Fault::always("tagging:TagResources", way));
    let body = event("job-1").to_string();
    assert_eq!(lambda.deliver([body.clone()]).await, [body]);
    assert_eq!(lambda.last()["Outcome"], "Failed");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_fails_the_job_after_all_else_is_done() {
    let restore = RESTORES.iter().find(|it| it.title == "EC2").unwrap();
    let (world, lambda) = prepare(restore);
    world.deny(restore.parts[0]);
    let end = lambda.invoke(&event("job-1")).await;
    assert!(matches!(end, End::Error(_)), "{end:?}");
    for tagged in [restore.target, restore.parts[1], restore.parts[2]] {
        assert!(world.tags_of(tagged).contains_key("point"), "{tagged}");
    }
    let reason = lambda.last()["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with(restore.parts[0]), "{reason}");
    world.allow_all();
    lambda.invoke(&event("job-1")).await;
    assert!(world.tags_of(restore.parts[0]).contains_key("point"));
}

#[tokio::test(start_paused = true)]
async fn of_several_parts_that_fail_the_first_that_may_pass_decides_and_else_the_first() {
    let restore = RESTORES.iter().find(|it| it.title == "EC2").unwrap();
    let (passes, stays) = ("ResourceInUseException", "AccessDeniedException");
    for (codes, outcome, told) in [
        ([stays, stays], "Failed", 0),
        ([stays, passes], "Retry", 1),
        ([passes, stays], "Retry", 0),
        ([passes, passes], "Retry", 0),
    ] {
        let (world, lambda) = prepare(restore);
        for (place, code) in codes.into_iter().enumerate() {
            let fault = Fault::nth("tagging:TagResources", 1 + place, Way::PerArn(code));
            world.inject(fault);
        }
        let end = lambda.invoke(&event("job-1")).await;
        assert!(matches!(end, End::Error(_)), "{codes:?}: {end:?}");
        let line = lambda.last();
        assert_eq!(line["Outcome"], outcome, "{codes:?}: {line}");
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.starts_with(restore.parts[told]), "{codes:?}: {line}");
        assert!(world.tags_of(restore.parts[2]).contains_key("point"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_that_is_to_be_tried_again_comes_before_its_parts() {
    let restore = RESTORES.iter().find(|it| it.title == "EC2").unwrap();
    let (world, lambda) = prepare(restore);
    let way = Way::PerArn("ResourceInUseException");
    world.inject(Fault::once("tagging:TagResources", way));
    lambda.invoke(&event("job-1")).await;
    assert_eq!(lambda.last()["Outcome"], "Retry");
    for part in restore.parts {
        assert_eq!(world.tags_of(part), Tags::new(), "{part}");
    }
    lambda.invoke(&event("job-1")).await;
    for part in restore.parts {
        assert!(world.tags_of(part).contains_key("point"), "{part}");
    }
}

#[tokio::test(start_paused = true)]
async fn tags_on_many_pages_are_all_read() {
    for restore in &RESTORES {
        let world = World::behaving(Behaviour {
            page_size: 7,
            ..Behaviour::default()
        });
        let many = |name: &str, count: usize| -> Tags {
            (0..count)
                .map(|n| (format!("{name}{n:02}"), "1".into()))
                .collect()
        };
        let (on_source, own) = (many("source", 20), many("own", 15));
        let on_recovery_point = many("point", 15);
        restore.put(&world, "job-1", &on_recovery_point, &on_source, &own);
        let lambda = Lambda::configured(&world, restore.variables);
        lambda.invoke(&event("job-1")).await;
        let mut expected = own.clone();
        expected.extend(on_source);
        if restore.tags_on_recovery_point {
            expected.extend(on_recovery_point);
        }
        assert_eq!(world.tags_of(restore.target), expected, "{}", restore.title);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bucket_keeps_every_tag_by_the_older_calls_too() {
    let restore = RESTORES.iter().find(|it| it.title == "S3").unwrap();
    for refusal in [
        (405, "MethodNotAllowed"),
        (400, "InvalidRequest"),
        (501, "NotImplemented"),
    ] {
        let world = World::behaving(Behaviour {
            old_s3: Some(refusal),
            ..Behaviour::default()
        });
        let own = tags(&[("own", "1"), ("awsbackup-restore-test", "plan")]);
        let offered = tags(&[("point", "1 + 1 = @/_.")]);
        restore.put(&world, "job-1", &offered, &Tags::new(), &own);
        let lambda = Lambda::new(&world);
        let end = lambda.invoke(&event("job-1")).await;
        assert_eq!(
            end,
            End::Answer(json!({ "outcome": "Tagged" })),
            "{refusal:?}"
        );
        let mut expected = own;
        expected.extend(offered);
        assert_eq!(world.tags_of(restore.target), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_never_to_be_tagged_is_not_whoever_asks() {
    let world = World::new();
    let (http, _) = world.process();
    let variable = |name: &str| match name {
        "AWS_REGION" => Some("eu-west-1".to_owned()),
        name if name.starts_with("AWS_") && !name.contains("ENDPOINT") => Some("model".into()),
        _ => None,
    };
    let environment = Environment::read(variable, tag_on_restore::aws::services()).unwrap();
    let aws = Aws::new(&environment, &http).await;
    let aws = aws.invocation("111122223333", Instant::now() + Duration::from_secs(60));
    let stack = Arn::parse("arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1").unwrap();
    let wanted = tags(&[("owner", "me")]);
    let error = aws.write_tags(&stack, Write::Never, &wanted).await;
    let error = error.unwrap_err();
    assert!(error.message.contains("never to be tagged"), "{error}");
    assert_eq!(
        classify(&error, 1),
        Class::Permanent,
        "no attempt changes it"
    );
    assert_eq!(world.calls(), []);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_without_tags_is_told_from_one_whose_tags_nobody_may_read() {
    let restore = RESTORES.iter().find(|it| it.title == "S3").unwrap();
    for (readable, outcome) in [(true, "Tagged"), (false, "Failed")] {
        let world = World::behaving(Behaviour {
            old_s3: Some((405, "MethodNotAllowed")),
            ..Behaviour::default()
        });
        let own = match readable {
            true => Tags::new(),
            false => tags(&[("point", "own")]),
        };
        restore.put(
            &world,
            "job-1",
            &tags(&[("point", "1")]),
            &Tags::new(),
            &own,
        );
        if !readable {
            world.deny("s3:GetBucketTagging");
        }
        let lambda = Lambda::new(&world);
        lambda.invoke(&event("job-1")).await;
        assert_eq!(lambda.last()["Outcome"], outcome, "{}", lambda.last());
        let expected = if readable { "1" } else { "own" };
        assert_eq!(world.tags_of(restore.target), tags(&[("point", expected)]));
    }
}

#[tokio::test(start_paused = true)]
async fn every_character_survives_the_wire() {
    let odd = tags(&[
        ("a&b <c> \"d\" 'e'", "1 + 1 = 2 / 1 : 1 @ _ . -"),
        ("Größe", "ä&amp;ö"),
        ("empty", ""),
    ]);
    for restore in &RESTORES {
        let world = World::new();
        restore.put(&world, "job-1", &Tags::new(), &odd, &Tags::new());
        let lambda = Lambda::configured(&world, restore.variables);
        lambda.invoke(&event("job-1")).await;
        // What the function knows to be invalid for the type it leaves out, and says so.
        let invalid = lambda.last()["invalidKeys"].clone();
        let invalid = invalid.as_array().cloned().unwrap_or_default();
        let takes_all = restore.target.contains(":ec2:");
        assert!(!takes_all || invalid.is_empty(), "{}", restore.title);
        let mut expected = odd.clone();
        expected.retain(|key, _| !invalid.contains(&json!(key)));
        assert_eq!(world.tags_of(restore.target), expected, "{}", restore.title);
    }
}
