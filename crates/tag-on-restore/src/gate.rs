//! Whether what a restore job made is to be tagged.

use std::collections::BTreeMap;
use std::fmt;

use crate::route::{Kind, Newness, Route, route};
use crate::{Arn, Config, Job};

/// What a restore job was asked to do, as GetRestoreJobMetadata has it. Case does not count in its
/// keys.
pub type Metadata = BTreeMap<String, String>;

/// What to do about a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// Tag this.
    Tag(Box<Target>),
    /// Whether the target is new is not certain yet: decide again with the job's metadata, or with
    /// none ([`Metadata::new`]) if they cannot be had.
    AskMetadata,
    /// The job has not ended yet, although an event reported it: look again later.
    NotYet(String),
    /// Nothing is to be done, and why.
    Skip(Skip),
}

/// What is to be tagged.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The resource.
    pub arn: Arn,
    /// How to read and write its tags.
    pub route: Route,
}

/// Why a job is skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Skip {
    /// The job ended without success.
    NotCompleted(String),
    /// The job does not name what it made: a restore to VMware, or a composite's parent.
    NoCreatedResource,
    /// What the job made is not named by an ARN.
    NotAnArn(String),
    /// A restore test, whose resource AWS Backup deletes again.
    RestoreTest,
    /// AWS Backup has begun to delete, or has deleted, what a restore test made.
    Deleted,
    /// The restore wrote into something that was there before, known in the way that the text names.
    ExistingTarget(&'static str),
    /// A stack's restore is a change set when the job completes; its tags follow when somebody
    /// executes it.
    CloudFormationStack,
    /// Redshift Serverless restores into a namespace that is there before, and no call of ours
    /// tags it.
    RedshiftServerless,
    /// A SAP HANA database, which the configuration does not want tagged.
    SapHana,
}

impl Skip {
    /// A word for metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotCompleted(_) => "NotCompleted",
            Self::NoCreatedResource => "NoCreatedResource",
            Self::NotAnArn(_) => "NotAnArn",
            Self::RestoreTest => "RestoreTest",
            Self::Deleted => "Deleted",
            Self::ExistingTarget(_) => "ExistingTarget",
            Self::CloudFormationStack => "CloudFormationStack",
            Self::RedshiftServerless => "RedshiftServerless",
            Self::SapHana => "SapHana",
        }
    }
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCompleted(status) => write!(f, "the job is {status}"),
            Self::NoCreatedResource => f.write_str("the job names no created resource"),
            Self::NotAnArn(text) => write!(f, "the created resource `{text}` is not an ARN"),
            Self::RestoreTest => {
                f.write_str("a restore test: set TAG_RESTORE_TESTS to `true` to tag those")
            }
            Self::Deleted => f.write_str("AWS Backup deletes the restore test's resource again"),
            Self::ExistingTarget(why) => write!(
                f,
                "the target was there before ({why}): set TAG_EXISTING to `fill-missing` to give \
                 such targets the keys that they lack"
            ),
            Self::CloudFormationStack => f.write_str(
                "a stack's restore is a change set until somebody executes it, and tagging it \
                 now would update the stack: pass the tags when executing it",
            ),
            Self::RedshiftServerless => f.write_str(
                "a restore to Redshift Serverless goes into a namespace that was there before: \
                 tag the namespace yourself if its tags should change",
            ),
            Self::SapHana => f.write_str(
                "the restore overwrites a SAP HANA database: set TAG_SAP_HANA to `true` to tag it",
            ),
        }
    }
}

/// Decides what to do about a job. `metadata` is `None` as long as nobody asked for it: most kinds
/// of resource never need it.
pub fn decide(job: &Job, metadata: Option<&Metadata>, config: &Config) -> Decision {
    match job.status.as_deref() {
        None | Some("COMPLETED") => {}
        Some(status @ ("CREATED" | "PENDING" | "RUNNING")) => {
            return Decision::NotYet(status.to_string());
        }
        Some(status) => return Decision::Skip(Skip::NotCompleted(status.to_string())),
    }
    if job.restore_testing_plan_arn.is_some() && !config.tag_restore_tests {
        return Decision::Skip(Skip::RestoreTest);
    }
    if matches!(
        job.deletion_status.as_deref(),
        Some("DELETING" | "SUCCESSFUL")
    ) {
        return Decision::Skip(Skip::Deleted);
    }
    let Some(created) = job.created_resource_arn.as_deref() else {
        return Decision::Skip(Skip::NoCreatedResource);
    };
    let Some(arn) = Arn::parse(created) else {
        return Decision::Skip(Skip::NotAnArn(created.to_string()));
    };
    let route = route(&arn);
    match route.kind {
        Kind::CloudFormationStack => return Decision::Skip(Skip::CloudFormationStack),
        Kind::RedshiftServerless => return Decision::Skip(Skip::RedshiftServerless),
        Kind::SapHana if !config.tag_sap_hana => return Decision::Skip(Skip::SapHana),
        _ => {}
    }
    let target = Box::new(Target { arn, route });
    if config.fill_existing || route.kind == Kind::SapHana {
        return Decision::Tag(target);
    }
    match existing(job, created, &route, metadata) {
        Existing::Unsure => Decision::AskMetadata,
        Existing::Yes(why) => Decision::Skip(Skip::ExistingTarget(why)),
        Existing::No => Decision::Tag(target),
    }
}

/// Whether a restore's target was there before.
enum Existing {
    Yes(&'static str),
    No,
    Unsure,
}

fn existing(job: &Job, created: &str, route: &Route, metadata: Option<&Metadata>) -> Existing {
    if job.source_resource_arn.as_deref() == Some(created) {
        return Existing::Yes("it is the source");
    }
    let default = match route.newness {
        Newness::AlwaysNew => return Existing::No,
        Newness::AlwaysExisting => return Existing::Yes("such restores always go there"),
        Newness::NewUnlessToldOtherwise => Existing::No,
        Newness::ExistingUnlessToldOtherwise if route.kind == Kind::Unknown => {
            return Existing::Yes("its kind is unknown");
        }
        Newness::ExistingUnlessToldOtherwise => {
            Existing::Yes("the job does not say that it is new")
        }
    };
    match metadata {
        None => Existing::Unsure,
        Some(metadata) => existing_by(route.kind, metadata).unwrap_or(default),
    }
}

/// What a job's metadata reveal, if anything.
fn existing_by(kind: Kind, metadata: &Metadata) -> Option<Existing> {
    let value = |name: &str| {
        let mut pairs = metadata.iter();
        let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim().to_ascii_lowercase())
    };
    let new = |name: &str| match value(name)?.as_str() {
        "true" => Some(Existing::No),
        "false" => Some(Existing::Yes("the job says so")),
        _ => None,
    };
    match kind {
        Kind::EfsFileSystem => new("newFileSystem"),
        Kind::EksCluster if value("namespaceLevelRestore").as_deref() == Some("true") => {
            Some(Existing::Yes("namespaces were restored into it"))
        }
        Kind::EksCluster => new("newCluster"),
        Kind::S3Bucket => new("newBucket"),
        Kind::RedshiftCluster => {
            let restore = value("RestoreType")?;
            let into = restore.contains("table") || restore.contains("namespace");
            into.then_some(Existing::Yes("a table or namespace was restored into it"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
