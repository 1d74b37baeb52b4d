//! A thousand restores at once, while AWS throttles a fifth of all calls and a twentieth fails
//! after its effect. In the end every resource has the tags, and the dead-letter queue the
//! messages, that a naive reading of the rules says, key by key.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::lambda::{Lambda, event};
use crate::world::{Tags, World};

const EVENTS: usize = 1000;
const ACCOUNT: &str = "111122223333";

/// One restore of the burst, as plain data.
struct Case {
    job: String,
    target: String,
    recovery_point: Option<(String, Tags)>,
    source: Option<(String, Tags)>,
    own: Tags,
    fate: Fate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Tagged,
    /// Nobody may write to it.
    Denied,
    /// It was deleted meanwhile.
    Gone,
    /// It is a restore test's.
    Test,
    /// It is where the backup came from.
    Existing,
    /// The message is no event.
    Poison,
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// Tags from a pool that is full of traps.
    fn tags(&mut self, value: &str) -> Tags {
        const POOL: [&str; 12] = [
            "owner",
            "Owner",
            "cost-centre",
            "backup",
            "Name",
            "aws:cloudformation:stack-name",
            "AWS:x",
            "awsbackup-restore-test",
            "eks:cluster-name",
            "kubernetes.io/cluster/c",
            "restored-by:job",
            "rds:x",
        ];
        let mut tags = Tags::new();
        for key in POOL {
            if self.below(3) == 0 {
                tags.insert(key.to_owned(), value.to_owned());
            }
        }
        // Sometimes more than fit.
        if self.below(10) == 0 {
            for number in 0..30 {
                tags.insert(format!("{value}-{number:02}"), value.to_owned());
            }
        }
        tags
    }
}

fn cases(seed: u64) -> Vec<Case> {
    let mut dice = Dice(seed);
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{rest}");
    (0..EVENTS)
        .map(|n| {
            // No name is the beginning of another.
            let n = format!("{n:04}");
            let fate = match dice.below(40) {
                0 => Fate::Denied,
                1 => Fate::Gone,
                2 => Fate::Test,
                3 => Fate::Existing,
                4 => Fate::Poison,
                _ => Fate::Tagged,
            };
            let (target, recovery_point, source) = match dice.below(7) {
                0 => (
                    arn("ec2", &format!("volume/vol-{n}")),
                    format!("arn:aws:ec2:eu-west-1::snapshot/snap-{n}"),
                    arn("ec2", &format!("volume/vol-source-{n}")),
                ),
                1 => (
                    arn("dynamodb", &format!("table/t{n}")),
                    arn("dynamodb", &format!("table/source{n}/backup/{n}")),
                    arn("dynamodb", &format!("table/source{n}")),
                ),
                2 => (
                    arn("rds", &format!("db:d{n}")),
                    arn("rds", &format!("snapshot:awsbackup:job-{n}")),
                    arn("rds", &format!("db:source{n}")),
                ),
                3 => (
                    arn("fsx", &format!("file-system/fs-{n}")),
                    arn("fsx", &format!("backup/backup-{n}")),
                    arn("fsx", &format!("file-system/fs-source-{n}")),
                ),
                4 => (
                    format!("arn:aws:s3:::bucket-{n}"),
                    arn("backup", &format!("recovery-point:{n}")),
                    format!("arn:aws:s3:::source-{n}"),
                ),
                5 => (
                    arn(
                        "storagegateway",
                        &format!("gateway/sgw-1/volume/vol-gw-{n}"),
                    ),
                    format!("arn:aws:ec2:eu-west-1::snapshot/snap-gw-{n}"),
                    arn(
                        "storagegateway",
                        &format!("gateway/sgw-1/volume/vol-gw-source-{n}"),
                    ),
                ),
                _ => (
                    arn("elasticfilesystem", &format!("file-system/fs-e{n}")),
                    arn("backup", &format!("recovery-point:{n}")),
                    arn("elasticfilesystem", &format!("file-system/fs-e-source-{n}")),
                ),
            };
            let source_is_there = dice.below(4) != 0;
            let point_is_there = dice.below(8) != 0;
            let can_have = !recovery_point.contains("/backup/") || target.contains(":fsx:");
            let point = dice.tags("point");
            let alive = dice.tags("source");
            let mut own = dice.tags("own");
            own.retain(|key, _| !key.to_ascii_lowercase().starts_with("aws:"));
            let source = if fate == Fate::Existing {
                target.clone()
            } else {
                source
            };
            Case {
                job: format!("job-{n}"),
                target,
                recovery_point: (point_is_there && can_have)
                    .then(|| (recovery_point.clone(), point))
                    .or_else(|| (!can_have).then(|| (recovery_point, Tags::new()))),
                source: source_is_there.then_some((source, alive)),
                own,
                fate,
            }
        })
        .collect()
}

/// What the rules say, read naively: the tags that a target has in the end.
fn expected(case: &Case) -> Tags {
    let mut tags = case.own.clone();
    if case.fate != Fate::Tagged {
        return tags;
    }
    let empty = Tags::new();
    let point = case
        .recovery_point
        .as_ref()
        .map_or(&empty, |(_, tags)| tags);
    let source = case.source.as_ref().map_or(&empty, |(_, tags)| tags);
    let may = |key: &str| {
        let lower = key.to_ascii_lowercase();
        let never = ["aws:", "restored-by:"]
            .iter()
            .any(|it| lower.starts_with(it));
        let rds = case.target.contains(":rds:") && lower.starts_with("rds:");
        let excluded = ["kubernetes.io/cluster/", "eks:"]
            .iter()
            .any(|it| key.starts_with(it));
        !never && !rds && !excluded && lower != "awsbackup-restore-test"
    };
    // The source's keys first, so that they have a place; the recovery point's values win.
    for key in source.keys().chain(point.keys()) {
        if may(key) && !tags.contains_key(key) && tags.len() < 50 {
            let value = point.get(key).or_else(|| source.get(key)).unwrap();
            tags.insert(key.clone(), value.clone());
        }
    }
    tags
}

fn put(world: &World, case: &Case) {
    if case.fate != Fate::Gone {
        world.put(&case.target, case.own.clone());
    }
    for (arn, tags) in case.recovery_point.iter().chain(&case.source) {
        if *arn != case.target && !arn.contains("/backup/0") {
            world.put(arn, tags.clone());
        }
    }
    if case.fate == Fate::Denied {
        world.deny(&case.target);
    }
    let mut members = json!({ "CreatedResourceArn": case.target, "ResourceType": "x" });
    members["RecoveryPointArn"] = match &case.recovery_point {
        Some((arn, _)) => json!(arn),
        // One that has expired: its ARN is still in the job.
        None => json!(format!(
            "arn:aws:backup:eu-west-1:{ACCOUNT}:recovery-point:expired"
        )),
    };
    members["SourceResourceArn"] = match &case.source {
        Some((arn, _)) => json!(arn),
        None => json!(format!(
            "arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/deleted"
        )),
    };
    if case.fate == Fate::Existing {
        members["SourceResourceArn"] = json!(case.target);
    }
    if case.fate == Fate::Test {
        let plan = "arn:aws:backup:eu-west-1:111122223333:restore-testing-plan:p";
        members["CreatedBy"] = json!({ "RestoreTestingPlanArn": plan });
    }
    world.put_job(&case.job, members);
    if case.target.contains(":s3:") {
        world.put_metadata(&case.job, &[("newBucket", "true")]);
    }
    if case.target.contains(":elasticfilesystem:") {
        world.put_metadata(&case.job, &[("newFileSystem", "true")]);
    }
}

fn body(case: &Case) -> String {
    match case.fate {
        Fate::Poison => format!("no event: {}", case.job),
        _ => event(&case.job).to_string(),
    }
}

async fn play(seed: u64, throttled: f64, lost: f64) -> (World, Vec<Case>, Vec<String>) {
    let world = World::new();
    let cases = cases(seed);
    for case in &cases {
        put(&world, case);
    }
    world.storm(seed, throttled, lost);
    let bodies: Vec<String> = cases.iter().map(body).collect();
    // Every tenth comes twice, and out of order.
    let again = bodies.iter().rev().step_by(10).cloned();
    let bodies: Vec<String> = bodies.iter().cloned().chain(again).collect();
    let dead = Lambda::new(&world).deliver(bodies).await;
    (world, cases, dead)
}

#[tokio::test(start_paused = true)]
async fn a_storm_ends_as_the_rules_say() {
    let (world, cases, dead) = play(20_261_123, 0.20, 0.05).await;
    let mut wrong = BTreeMap::new();
    for case in &cases {
        if case.fate == Fate::Gone {
            continue;
        }
        let (found, expected) = (world.tags_of(&case.target), expected(case));
        if found != expected {
            wrong.insert(&case.target, (case.fate, found, expected));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong: {wrong:#?}", wrong.len());
    // Nothing else was written to: neither recovery points nor sources.
    for case in &cases {
        for (arn, tags) in case.recovery_point.iter().chain(&case.source) {
            let written = *arn != case.target && world.tags_of(arn) != *tags;
            assert!(!written || world.tags_of(arn).is_empty(), "{arn}");
        }
    }
    let dead: BTreeSet<String> = dead.into_iter().collect();
    let lost = cases
        .iter()
        .filter(|case| matches!(case.fate, Fate::Denied | Fate::Poison));
    // What there was nothing to write to is no failure, though nobody may write there.
    let lost = lost.filter(|case| {
        let wanted = Case {
            fate: Fate::Tagged,
            ..copy(case)
        };
        case.fate == Fate::Poison || reads_are_denied(case) || expected(&wanted) != case.own
    });
    let lost: BTreeSet<String> = lost.map(body).collect();
    assert_eq!(dead, lost);
    let outcomes = world.calls();
    let failed = outcomes.iter().filter(|call| call.outcome != "ok").count();
    assert!(
        failed * 5 > outcomes.len(),
        "{failed} of {} calls failed",
        outcomes.len()
    );
}

/// Reading the tags of a volume by its id is not denied, as on EC2; all else is.
fn reads_are_denied(case: &Case) -> bool {
    !case.target.contains(":ec2:") && !case.target.contains(":elasticfilesystem:")
}

fn copy(case: &Case) -> Case {
    Case {
        job: case.job.clone(),
        target: case.target.clone(),
        recovery_point: case.recovery_point.clone(),
        source: case.source.clone(),
        own: case.own.clone(),
        fate: case.fate,
    }
}

#[tokio::test(start_paused = true)]
async fn in_fair_weather_a_job_takes_six_calls_at_most() {
    let (world, _, _) = play(7, 0.0, 0.0).await;
    let mut jobs: Vec<usize> = Vec::new();
    for call in world.calls() {
        match call.operation.as_str() {
            "DescribeRestoreJob" => jobs.push(1),
            _ => *jobs.last_mut().unwrap() += 1,
        }
    }
    assert!(
        jobs.iter().all(|calls| *calls <= 6),
        "{:?}",
        jobs.iter().max()
    );
    let mean = jobs.iter().sum::<usize>() as f64 / jobs.len() as f64;
    assert!(mean < 5.0, "{mean}");
}
