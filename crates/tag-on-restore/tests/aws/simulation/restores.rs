//! Random restores, and what of them is to be tagged, by a naive reading of the rules.

use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::kinds::{RESTORES, Restore as Kind};
use crate::lambda::{event, now};
use crate::world::{Resource, Tags, World};

/// The last restore ends by then.
const LAST_END: u64 = 14 * 3_600;

/// One restore.
#[derive(Clone, Debug)]
pub struct Restore {
    pub job: String,
    pub fate: Fate,
    pub target: String,
    pub recovery_point: String,
    pub source: String,
    pub parts: Vec<Part>,
    kind: &'static Kind,
    /// When the job ends.
    pub ends: Duration,
    /// When what it made can be seen.
    pub appears: Duration,
    /// When somebody deletes it again, if somebody does.
    pub vanishes: Option<Duration>,
    /// When events of it arrive.
    pub events: Vec<Duration>,
}

/// Something that the target is made of.
#[derive(Clone, Debug)]
pub struct Part {
    pub arn: String,
    pub snapshot: Option<String>,
}

/// What is to become of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Tagged,
    /// Nobody may write to it.
    Denied,
    /// It was there before: it is where the backup came from.
    Existing,
    /// It is a restore test's.
    Test,
    /// The job failed.
    Failed,
}

impl Restore {
    /// The restore with this number.
    pub fn random(number: usize, random: &mut Rng) -> Restore {
        let kinds = RESTORES.iter().filter(|it| it.variables.is_empty());
        let kinds: Vec<&'static Kind> = kinds.collect();
        let kind = **random.choice(&kinds).as_ref().unwrap();
        let own = |arn: &str| format!("{arn}-{number}");
        let part = |arn: &&str| {
            let id = arn.rsplit('/').next().unwrap();
            let snapshot = format!("arn:aws:ec2:eu-west-1::snapshot/snap-of-{id}-{number}");
            Part {
                arn: own(arn),
                snapshot: arn.contains(":volume/").then_some(snapshot),
            }
        };
        let ends = Duration::from_secs(random.u64(60..LAST_END));
        let late = random.choice([0, 0, 0, 30, 900, 3_000]).unwrap();
        let appears = ends + Duration::from_secs(late);
        let vanishes =
            (random.u8(0..8) == 0).then(|| appears + Duration::from_secs(random.u64(0..7_200)));
        let fate = match random.u8(0..12) {
            0 => Fate::Denied,
            1 => Fate::Existing,
            2 => Fate::Test,
            3 => Fate::Failed,
            _ => Fate::Tagged,
        };
        // Best effort: about every five minutes, some twice, some never, some too early.
        let mut events = Vec::new();
        for _ in 0..random.choice([0, 1, 1, 1, 1, 2, 3]).unwrap() {
            let delay = Duration::from_secs(random.u64(0..300));
            events.push(match random.u8(0..6) {
                0 => ends.saturating_sub(delay),
                1 => *events.first().unwrap_or(&ends),
                _ => ends + delay,
            });
        }
        let target = own(kind.target);
        Restore {
            job: format!("job-{number}"),
            fate,
            recovery_point: own(kind.recovery_point),
            source: match fate {
                Fate::Existing => target.clone(),
                _ => own(kind.source),
            },
            parts: match fate {
                Fate::Existing => Vec::new(),
                _ => kind.parts.iter().map(part).collect(),
            },
            target,
            kind,
            ends,
            appears,
            vanishes,
            events,
        }
    }

    /// Everything whose tags matter.
    pub fn resources(&self) -> Vec<&String> {
        let parts = self.parts.iter();
        let parts = parts.flat_map(|it| [Some(&it.arn), it.snapshot.as_ref()]);
        let own = [&self.target, &self.recovery_point, &self.source];
        own.into_iter().chain(parts.flatten()).collect()
    }

    /// Where the tags of a resource of this restore may come from.
    pub fn sources(&self, arn: &str) -> Vec<&String> {
        let mut sources = vec![&self.recovery_point, &self.source];
        if let Some(part) = self.parts.iter().find(|it| it.arn == arn) {
            sources.push(&self.target);
            sources.extend(&part.snapshot);
        }
        sources
    }

    /// The target and its parts.
    pub fn written(&self) -> Vec<&String> {
        let parts = self.parts.iter().map(|it| &it.arn);
        std::iter::once(&self.target).chain(parts).collect()
    }

    /// What is there before the restore ends.
    pub fn prepare(&self, world: &World, random: &mut Rng) {
        if self.kind.tags_on_recovery_point && random.u8(0..8) != 0 {
            world.put(&self.recovery_point, tags("point", random));
        }
        if random.u8(0..4) != 0 || self.fate == Fate::Existing {
            world.put(&self.source, tags("source", random));
        }
        for snapshot in self.parts.iter().filter_map(|it| it.snapshot.as_ref()) {
            world.put(snapshot, tags("snapshot", random));
        }
        if self.fate == Fate::Denied {
            world.deny(&self.target);
        }
        self.put_job(world, "RUNNING");
        if !self.kind.metadata.is_empty() {
            world.put_metadata(&self.job, self.kind.metadata);
        }
    }

    pub fn end(&self, world: &World) {
        let status = if self.fate == Fate::Failed {
            "FAILED"
        } else {
            "COMPLETED"
        };
        self.put_job(world, status);
    }

    /// What the restore made can be seen from now on.
    pub fn appear(&self, world: &World, random: &mut Rng) {
        if self.fate == Fate::Existing {
            return;
        }
        let mut own = tags("own", random);
        own.retain(|key, _| !key.to_ascii_lowercase().starts_with("aws:"));
        let names = |kind: &'static str| {
            let parts = self.parts.iter().filter(move |it| it.arn.contains(kind));
            parts.map(|it| it.arn.rsplit(['/', ':']).next().unwrap().to_owned())
        };
        let volumes = names(":volume/").map(|it| (it.clone(), Some(format!("snap-of-{it}"))));
        let peers = match self.target.contains(":dsql:") {
            true => self.written().into_iter().cloned().collect(),
            false => Vec::new(),
        };
        world.put(
            &self.target,
            Resource {
                tags: own,
                volumes: volumes.collect(),
                interfaces: names(":network-interface/").collect(),
                members: names(":db:").collect(),
                peers,
            },
        );
        for part in &self.parts {
            world.put(&part.arn, Tags::new());
        }
    }

    pub fn vanish(&self, world: &World) {
        self.written().into_iter().for_each(|arn| world.remove(arn));
    }

    fn put_job(&self, world: &World, status: &str) {
        let mut members = json!({
            "Status": status,
            "ResourceType": self.kind.resource_type,
            "RecoveryPointArn": self.recovery_point,
            "SourceResourceArn": self.source,
            "BackupVaultArn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:Vault",
        });
        if status != "RUNNING" {
            members["CreatedResourceArn"] = json!(self.target);
            members["CompletionDate"] = json!((now().timestamp() as f64) + self.ends.as_secs_f64());
        }
        if self.fate == Fate::Test {
            let plan = "arn:aws:backup:eu-west-1:111122223333:restore-testing-plan:p";
            members["CreatedBy"] = json!({ "RestoreTestingPlanArn": plan });
        }
        world.put_job(&self.job, members);
    }

    /// The body of a message about it: the job's id is all that it must have.
    pub fn event(&self, random: &mut Rng) -> String {
        let mut event: Value = event(&self.job);
        if random.bool() {
            event["detail"]["createdResourceArn"] = json!(self.target);
            event["detail"]["sourceResourceArn"] = json!(self.source);
            event["detail"]["recoveryPointArn"] = json!(self.recovery_point);
        }
        if random.u8(0..20) == 0 {
            event["detail"]["status"] = json!("RUNNING");
        }
        event.to_string()
    }
}

/// Whether a key may be copied to a resource.
pub fn may(arn: &str, key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let never = ["aws:", "restored-by:"]
        .iter()
        .any(|it| lower.starts_with(it));
    let rds = arn.contains(":rds:") && lower.starts_with("rds:");
    let excluded = ["kubernetes.io/cluster/", "eks:"];
    let excluded = excluded.iter().any(|it| key.starts_with(it));
    !never && !rds && !excluded && lower != "awsbackup-restore-test"
}

/// Tags from a pool that is full of traps.
fn tags(value: &str, random: &mut Rng) -> Tags {
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
        if random.u8(0..3) == 0 {
            tags.insert(key.to_owned(), value.to_owned());
        }
    }
    // Sometimes more than fit.
    if random.u8(0..12) == 0 {
        for number in 0..30 {
            tags.insert(format!("{value}-{number:02}"), value.to_owned());
        }
    }
    tags
}
