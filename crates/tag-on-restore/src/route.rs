//! What kind of resource an ARN names, and how its tags are read and written.
//!
//! The ARN of what was restored decides, never AWS Backup's `resourceType`: a virtual machine's
//! recovery point can become an EC2 instance, a Storage Gateway volume's an EBS volume.
//!
//! Where AWS's own policy for it (`ResourceGroupsTaggingAPITagUntagSupportedResources`, version 4 of
//! 2026-02-12: no Backup gateway, Timestream, Aurora DSQL nor Systems Manager for SAP) lists a
//! service, tags are written through the Resource Groups Tagging API. Exceptions: S3, whose tags
//! it may replace; Storage Gateway, where it failed in the field; CloudFormation, where it would
//! update the stack. Reading goes to the services, whose answers do not lag behind.

use crate::Arn;

mod limits;

pub use limits::{Limits, WhyInvalid};

/// A kind of resource, as its ARN shows it. Forms marked *inferred* are not documented by AWS for
/// restores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `ec2:R:A:instance/i-` (inferred).
    Ec2Instance,
    /// `ec2:R:A:volume/vol-`.
    EbsVolume,
    /// `ec2:R:A:network-interface/eni-`: only ever part of an instance.
    NetworkInterface,
    /// `rds:R:A:db:`: RDS, and members of the clusters below.
    RdsInstance,
    /// `rds:R:A:cluster:` (inferred): Aurora, DocumentDB, Neptune, Multi-AZ clusters of RDS.
    RdsCluster,
    /// `dsql:R:A:cluster/`.
    DsqlCluster,
    /// `dynamodb:R:A:table/`.
    DynamoDbTable,
    /// `elasticfilesystem:R:A:file-system/fs-`.
    EfsFileSystem,
    /// `eks:R:A:cluster/` (inferred).
    EksCluster,
    /// `fsx:R:A:file-system/fs-`.
    FsxFileSystem,
    /// `fsx:R:A:volume/fs-/fsvol-` (inferred): ONTAP restores one volume into an existing file
    /// system, which is never tagged.
    FsxVolume,
    /// `redshift:R:A:cluster:` (inferred). A namespace's ARN is [`Kind::Unknown`].
    RedshiftCluster,
    /// `redshift-serverless:R:A:namespace/` or `workgroup/`: always there before.
    RedshiftServerless,
    /// `s3:::`.
    S3Bucket,
    /// `ssm-sap:R:A:` (inferred): a database that the restore overwrites.
    SapHana,
    /// `storagegateway:R:A:gateway/sgw-/volume/vol-` (inferred).
    StorageGatewayVolume,
    /// `timestream:R:A:database/D/table/T` (inferred).
    TimestreamTable,
    /// `backup-gateway:R:A:vm/vm-` (inferred): a virtual machine restored to VMware.
    VirtualMachine,
    /// `cloudformation:R:A:stack/N/uuid` (inferred) and whatever else is CloudFormation's: only a
    /// change set when the job completes.
    CloudFormationStack,
    /// Anything else.
    Unknown,
}

impl Kind {
    /// Whether tags go through the API of RDS, with its reserved prefix.
    pub fn is_rds(self) -> bool {
        matches!(self, Self::RdsInstance | Self::RdsCluster)
    }
}

/// How the tags of a target are read. All pages, always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// `ec2:DescribeTags`, filter `resource-id`.
    Ec2,
    /// `rds:ListTagsForResource`.
    Rds,
    /// `dsql:ListTagsForResource`.
    Dsql,
    /// `dynamodb:ListTagsOfResource`.
    DynamoDb,
    /// `elasticfilesystem:ListTagsForResource`.
    Efs,
    /// `eks:ListTagsForResource`.
    Eks,
    /// `fsx:ListTagsForResource`.
    Fsx,
    /// `redshift:DescribeTags` by ResourceName alone.
    Redshift,
    /// `s3control:ListTagsForResource`, else `s3:GetBucketTagging`, where `NoSuchTagSet` means
    /// none.
    S3,
    /// `ssm-sap:ListTagsForResource`.
    SsmSap,
    /// `storagegateway:ListTagsForResource`.
    StorageGateway,
    /// `timestream:ListTagsForResource`, after endpoint discovery.
    Timestream,
    /// `backup-gateway:ListTagsForResource`.
    BackupGateway,
    /// `tag:GetResources` by ARN: for what no client of ours knows. Its index lags by seconds.
    TaggingApi,
}

/// How missing tags are written. Every way adds keys and leaves others alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// `tag:TagResources`, one ARN a call: a 200 with failures per ARN, so look into the answer.
    TaggingApi,
    /// `dsql:TagResource`.
    Dsql,
    /// `s3control:TagResource`; where that is not possible, `tag:TagResources`. Never
    /// `s3:PutBucketTagging`, which replaces all tags.
    S3,
    /// `ssm-sap:TagResource`.
    SsmSap,
    /// `storagegateway:AddTagsToResource`.
    StorageGateway,
    /// `timestream:TagResource`, after endpoint discovery.
    Timestream,
    /// `backup-gateway:TagResource`.
    BackupGateway,
    /// Not at all.
    Never,
}

/// What a resource is made of that has tags of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// Nothing.
    None,
    /// An instance's volumes, which get their own snapshots' tags first, and its network
    /// interfaces.
    VolumesAndInterfaces,
    /// The members of a database cluster: normally none yet, they are made after the restore.
    ClusterMembers,
    /// The clusters in other Regions that belong to a multi-Region cluster.
    PeerClusters,
}

/// Whether a restore made its target or wrote into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newness {
    /// AWS Backup always makes a new one.
    AlwaysNew,
    /// It always was there before.
    AlwaysExisting,
    /// New unless the job's metadata show that it existed.
    NewUnlessToldOtherwise,
    /// Existing unless the job's metadata show that it was made.
    ExistingUnlessToldOtherwise,
}

/// Everything that depends on the kind of resource.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Route {
    /// The kind.
    pub kind: Kind,
    /// How its tags are read.
    pub read: Read,
    /// How they are written.
    pub write: Write,
    /// What its tags may look like.
    pub limits: &'static Limits,
    /// What else is to be tagged.
    pub parts: Parts,
    /// Whether restores make it.
    pub newness: Newness,
}

/// The kind of resource that an ARN names.
pub fn kind(arn: &Arn) -> Kind {
    let begins = |prefix: &str| arn.after(prefix).is_some();
    match arn.service.as_str() {
        "ec2" if begins("instance/") => Kind::Ec2Instance,
        "ec2" if begins("volume/") => Kind::EbsVolume,
        "ec2" if begins("network-interface/") => Kind::NetworkInterface,
        "rds" if begins("db:") => Kind::RdsInstance,
        "rds" if begins("cluster:") => Kind::RdsCluster,
        "dsql" if begins("cluster/") => Kind::DsqlCluster,
        "dynamodb" if begins("table/") => Kind::DynamoDbTable,
        "elasticfilesystem" if begins("file-system/") => Kind::EfsFileSystem,
        "eks" if begins("cluster/") => Kind::EksCluster,
        "fsx" if begins("file-system/") => Kind::FsxFileSystem,
        "fsx" if begins("volume/") => Kind::FsxVolume,
        "redshift" if begins("cluster:") => Kind::RedshiftCluster,
        "redshift-serverless" => Kind::RedshiftServerless,
        "s3" if !arn.resource.contains('/') => Kind::S3Bucket,
        "ssm-sap" => Kind::SapHana,
        "storagegateway" if begins("gateway/") && arn.resource.contains("/volume/") => {
            Kind::StorageGatewayVolume
        }
        "timestream" if begins("database/") && arn.resource.contains("/table/") => {
            Kind::TimestreamTable
        }
        "backup-gateway" if begins("vm/") => Kind::VirtualMachine,
        // Stack sets too: the tagging API would update them.
        "cloudformation" => Kind::CloudFormationStack,
        _ => Kind::Unknown,
    }
}

/// How to handle the resource with this ARN.
///
/// ```
/// use tag_on_restore::{Arn, route::{Parts, Write, route}};
/// let table = Arn::parse("arn:aws:dynamodb:eu-west-1:111122223333:table/orders").unwrap();
/// assert_eq!(route(&table).write, Write::TaggingApi);
/// assert_eq!(route(&table).parts, Parts::None);
/// ```
pub fn route(arn: &Arn) -> Route {
    use Newness::{AlwaysExisting, AlwaysNew, ExistingUnlessToldOtherwise, NewUnlessToldOtherwise};

    let kind = kind(arn);
    let row = |read, write, parts, newness| Route {
        kind,
        read,
        write,
        limits: limits::of(kind),
        parts,
        newness,
    };
    let none = Parts::None;
    match kind {
        Kind::Ec2Instance => {
            let parts = Parts::VolumesAndInterfaces;
            row(Read::Ec2, Write::TaggingApi, parts, AlwaysNew)
        }
        Kind::EbsVolume | Kind::NetworkInterface => {
            row(Read::Ec2, Write::TaggingApi, none, AlwaysNew)
        }
        Kind::RdsInstance => row(Read::Rds, Write::TaggingApi, none, AlwaysNew),
        Kind::RdsCluster => {
            let parts = Parts::ClusterMembers;
            row(Read::Rds, Write::TaggingApi, parts, AlwaysNew)
        }
        Kind::DsqlCluster => row(Read::Dsql, Write::Dsql, Parts::PeerClusters, AlwaysNew),
        Kind::DynamoDbTable => row(Read::DynamoDb, Write::TaggingApi, none, AlwaysNew),
        Kind::EfsFileSystem => row(
            Read::Efs,
            Write::TaggingApi,
            none,
            ExistingUnlessToldOtherwise,
        ),
        Kind::EksCluster => row(
            Read::Eks,
            Write::TaggingApi,
            none,
            ExistingUnlessToldOtherwise,
        ),
        Kind::FsxFileSystem | Kind::FsxVolume => row(Read::Fsx, Write::TaggingApi, none, AlwaysNew),
        Kind::RedshiftCluster => row(
            Read::Redshift,
            Write::TaggingApi,
            none,
            NewUnlessToldOtherwise,
        ),
        Kind::RedshiftServerless => row(Read::TaggingApi, Write::Never, none, AlwaysExisting),
        Kind::S3Bucket => row(Read::S3, Write::S3, none, ExistingUnlessToldOtherwise),
        Kind::SapHana => row(Read::SsmSap, Write::SsmSap, none, AlwaysExisting),
        Kind::StorageGatewayVolume => {
            row(Read::StorageGateway, Write::StorageGateway, none, AlwaysNew)
        }
        Kind::TimestreamTable => row(Read::Timestream, Write::Timestream, none, AlwaysNew),
        Kind::VirtualMachine => row(Read::BackupGateway, Write::BackupGateway, none, AlwaysNew),
        Kind::CloudFormationStack => row(Read::TaggingApi, Write::Never, none, AlwaysNew),
        // Tried once, and only when the configuration wants existing targets tagged.
        Kind::Unknown => row(
            Read::TaggingApi,
            Write::TaggingApi,
            none,
            ExistingUnlessToldOtherwise,
        ),
    }
}

#[cfg(test)]
mod tests;
