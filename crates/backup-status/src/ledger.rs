//! What jobs of AWS Backup made and did not make.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use backup_policy::Instant;
use chrono::{DurationRound, TimeDelta};

/// What a job of AWS Backup makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A recovery point.
    Backup,
    /// A copy of one in another vault.
    Copy,
    /// A resource.
    Restore,
}

impl Kind {
    /// Every kind, in the order of what is printed.
    pub const ALL: [Kind; 3] = [Kind::Backup, Kind::Copy, Kind::Restore];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Backup => "backup",
            Kind::Copy => "copy",
            Kind::Restore => "restore",
        }
    }
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It made what it should.
    Completed,
    /// It did not.
    Failed {
        /// AWS's category of the reason, such as `AccessDenied`; the state if AWS gives none.
        category: String,
        /// AWS's message.
        message: String,
    },
    /// It has not ended.
    Open,
}

/// A job, as one of AWS Backup's lists has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What it makes.
    pub kind: Kind,
    /// The account that it runs in; of a copy, the account that it copies from.
    pub account: String,
    /// The Region that it runs in.
    pub region: String,
    /// AWS's name of the resource's type, such as `EBS`.
    pub resource_type: String,
    /// The ARN of what is backed up or copied; of a restore, that of the recovery point.
    pub resource: String,
    /// The vault that a backup or copy arrives in: its name if it is the account's own, or else its ARN.
    pub vault: String,
    /// Whether a plan made it, and not a person.
    pub planned: bool,
    /// When it was made.
    pub created: Instant,
    /// When it ended.
    pub ended: Option<Instant>,
    /// How it ended.
    pub end: End,
}

/// An account and a Region in it.
pub type Place = (String, String);

/// When a job that ended was made, and why it failed if it did.
type Ended = (Instant, Option<Reason>);

/// What is kept of the jobs: as much as there are accounts, Regions, types, resources and hours, however many
/// jobs there are.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// The newest completed job by place, type and kind: when it ended.
    completed: BTreeMap<Place, BTreeMap<String, BTreeMap<Kind, Instant>>>,
    /// When completed jobs began, by what arrived where.
    begun: BTreeMap<(Place, Kind, String), BTreeSet<Instant>>,
    /// Each resource's newest ended job, failed or not; of those that began together, one that failed.
    newest: BTreeMap<(Kind, Place, String), Option<Ended>>,
    /// How many jobs there were.
    jobs: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Reason {
    resource_type: String,
    category: String,
    message: String,
}

/// Resources whose newest job of a kind failed, for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Account and Region.
    pub place: Place,
    /// What failed.
    pub kind: Kind,
    /// The resources' type.
    pub resource_type: String,
    /// AWS's category of the reason.
    pub category: String,
    /// AWS's message.
    pub message: String,
    /// How many resources.
    pub resources: usize,
    /// One of them: the newest.
    pub example: String,
    /// The begin of the newest such job.
    pub newest: Instant,
}

/// What was completed last of a type in a Region of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Last<'l> {
    /// Account and Region.
    pub place: &'l Place,
    /// The type.
    pub resource_type: &'l str,
    /// When the newest completed job of each kind ended.
    pub ended: &'l BTreeMap<Kind, Instant>,
}

impl Ledger {
    /// Keeps what matters of a job.
    pub fn add(&mut self, job: Job) {
        self.jobs += 1;
        let place = (job.account, job.region);
        let reason = match job.end {
            End::Open => return,
            End::Completed => None,
            End::Failed { category, message } => Some(Reason {
                resource_type: job.resource_type.clone(),
                category,
                message,
            }),
        };
        if reason.is_none() {
            let ended = job.ended.unwrap_or(job.created);
            let kinds = self.completed.entry(place.clone()).or_default();
            let newest = kinds.entry(job.resource_type).or_default();
            let newest = newest.entry(job.kind).or_insert(ended);
            *newest = ended.max(*newest);
            let begun = self.begun.entry((place.clone(), job.kind, job.vault));
            // To the hour: windows are hours long, and thousands of jobs begin together.
            begun.or_default().insert(hour(job.created));
        }
        let newest = self.newest.entry((job.kind, place, job.resource));
        let newest = newest.or_default();
        *newest = newest.take().max(Some((job.created, reason)));
    }

    /// When completed jobs began, to the hour, by what arrived where: all that [`late`](crate::late) needs, for whoever
    /// keeps it from one look to the next.
    pub fn arrivals(&self) -> impl Iterator<Item = (&Place, Kind, &str, &BTreeSet<Instant>)> {
        let each = self.begun.iter();
        each.map(|((place, kind, vault), hours)| (place, *kind, vault.as_str(), hours))
    }

    /// Adds what an earlier look kept of [`Ledger::arrivals`].
    pub fn recall(&mut self, place: Place, kind: Kind, vault: String, hours: BTreeSet<Instant>) {
        let begun = self.begun.entry((place, kind, vault)).or_default();
        begun.extend(hours.into_iter().map(hour));
    }

    /// How many jobs were added.
    pub fn jobs(&self) -> usize {
        self.jobs
    }

    /// What was completed last, by account, Region and type.
    pub fn last(&self) -> impl Iterator<Item = Last<'_>> {
        self.completed.iter().flat_map(|(place, types)| {
            types.iter().map(move |(resource_type, ended)| Last {
                place,
                resource_type,
                ended,
            })
        })
    }

    /// What failed and was not made good since, the newest first.
    pub fn failed(&self) -> Vec<Failed> {
        let mut jobs = Vec::new();
        for ((kind, place, resource), job) in &self.newest {
            if let Some((created, Some(reason))) = job {
                jobs.push((*created, place, *kind, resource, reason));
            }
        }
        // So that the first of a group is its newest.
        jobs.sort_by_key(|(created, ..)| Reverse(*created));
        let mut groups: BTreeMap<(&Place, Kind, &Reason), Failed> = BTreeMap::new();
        for (created, place, kind, resource, reason) in jobs {
            let group = groups
                .entry((place, kind, reason))
                .or_insert_with(|| Failed {
                    place: place.clone(),
                    kind,
                    resource_type: reason.resource_type.clone(),
                    category: reason.category.clone(),
                    message: reason.message.clone(),
                    resources: 0,
                    example: resource.clone(),
                    newest: created,
                });
            group.resources += 1;
        }
        let mut failed: Vec<Failed> = groups.into_values().collect();
        failed.sort_by_key(|group| Reverse(group.newest));
        failed
    }

    /// The begin of the newest completed job of a kind that arrived in a vault, to the hour.
    pub fn newest(&self, place: &Place, kind: Kind, vault: &str) -> Option<Instant> {
        self.begun(place, kind, vault)?.last().copied()
    }

    /// Whether one began between two moments.
    pub(crate) fn any(
        &self,
        place: &Place,
        kind: Kind,
        vault: &str,
        (from, to): (Instant, Instant),
    ) -> bool {
        self.begun(place, kind, vault)
            .is_some_and(|all| all.range(hour(from)..=to).next().is_some())
    }

    fn begun(&self, place: &Place, kind: Kind, vault: &str) -> Option<&BTreeSet<Instant>> {
        self.begun.get(&(place.clone(), kind, vault.to_owned()))
    }
}

/// The begin of the hour.
pub(crate) fn hour(at: Instant) -> Instant {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

#[cfg(test)]
mod tests;
