//! One restore of every type in AWS Backup's list, as its job, its recovery point and its target.

use serde_json::json;

use crate::world::{Resource, Tags, World};

/// A restore.
#[derive(Clone, Copy, Debug)]
pub struct Restore {
    /// What the table calls it.
    pub title: &'static str,
    /// AWS Backup's `ResourceType`.
    pub resource_type: &'static str,
    pub recovery_point: &'static str,
    pub source: &'static str,
    pub target: &'static str,
    /// GetRestoreJobMetadata's answer.
    pub metadata: &'static [(&'static str, &'static str)],
    /// Environment variables without which the restore is skipped.
    pub variables: &'static [(&'static str, &'static str)],
    /// Whether the recovery point can have tags.
    pub tags_on_recovery_point: bool,
    /// Parts of the target that get tags.
    pub parts: &'static [&'static str],
}

const fn restore(
    title: &'static str,
    resource_type: &'static str,
    [recovery_point, source, target]: [&'static str; 3],
) -> Restore {
    Restore {
        title,
        resource_type,
        recovery_point,
        source,
        target,
        metadata: &[],
        variables: &[],
        tags_on_recovery_point: true,
        parts: &[],
    }
}

macro_rules! here {
    ($service:literal, $resource:literal) => {
        concat!("arn:aws:", $service, ":eu-west-1:111122223333:", $resource)
    };
}

const BACKUP: &str = here!(
    "backup",
    "recovery-point:0a1b2c3d-0000-4000-8000-000000000001"
);
const PEER: &str = "arn:aws:dsql:eu-central-1:111122223333:cluster/restoredpeer";

/// Every type, some in two forms.
pub const RESTORES: [Restore; 22] = [
    Restore {
        parts: &[
            here!("ec2", "volume/vol-restored1"),
            here!("ec2", "volume/vol-restored2"),
            here!("ec2", "network-interface/eni-restored"),
        ],
        ..restore(
            "EC2",
            "EC2",
            [
                "arn:aws:ec2:eu-west-1::image/ami-0backup",
                here!("ec2", "instance/i-0source"),
                here!("ec2", "instance/i-0restored"),
            ],
        )
    },
    restore(
        "EBS",
        "EBS",
        [
            "arn:aws:ec2:eu-west-1::snapshot/snap-0backup",
            here!("ec2", "volume/vol-0source"),
            here!("ec2", "volume/vol-0restored"),
        ],
    ),
    restore(
        "RDS",
        "RDS",
        [
            here!("rds", "snapshot:awsbackup:job-0a1b"),
            here!("rds", "db:source"),
            here!("rds", "db:restored"),
        ],
    ),
    Restore {
        parts: &[here!("rds", "db:member-1")],
        ..restore(
            "Aurora",
            "Aurora",
            [
                here!("rds", "cluster-snapshot:awsbackup:job-0a1c"),
                here!("rds", "cluster:source"),
                here!("rds", "cluster:restored"),
            ],
        )
    },
    Restore {
        parts: &[here!("rds", "db:member-1")],
        ..restore(
            "DocumentDB",
            "DocumentDB",
            [
                here!("rds", "cluster-snapshot:awsbackup:job-0a1d"),
                here!("rds", "cluster:docs"),
                here!("rds", "cluster:docs-restored"),
            ],
        )
    },
    restore(
        "Neptune",
        "Neptune",
        [
            here!("rds", "cluster-snapshot:awsbackup:job-0a1e"),
            here!("rds", "cluster:graph"),
            here!("rds", "cluster:graph-restored"),
        ],
    ),
    Restore {
        parts: &[PEER],
        ..restore(
            "Aurora DSQL",
            "DSQL",
            [
                BACKUP,
                here!("dsql", "cluster/source"),
                here!("dsql", "cluster/restored"),
            ],
        )
    },
    Restore {
        tags_on_recovery_point: false,
        ..restore(
            "DynamoDB, its own backup",
            "DynamoDB",
            [
                here!("dynamodb", "table/source/backup/01234-5678"),
                here!("dynamodb", "table/source"),
                here!("dynamodb", "table/restored"),
            ],
        )
    },
    restore(
        "DynamoDB, advanced",
        "DynamoDB",
        [
            BACKUP,
            here!("dynamodb", "table/source"),
            here!("dynamodb", "table/restored"),
        ],
    ),
    Restore {
        metadata: &[("newFileSystem", "true")],
        ..restore(
            "EFS",
            "EFS",
            [
                BACKUP,
                here!("elasticfilesystem", "file-system/fs-0source"),
                here!("elasticfilesystem", "file-system/fs-0restored"),
            ],
        )
    },
    Restore {
        metadata: &[("newCluster", "true")],
        ..restore(
            "EKS",
            "EKS",
            [
                here!("backup", "recovery-point:composite:eks/source-0a1b"),
                here!("eks", "cluster/source"),
                here!("eks", "cluster/restored"),
            ],
        )
    },
    restore(
        "FSx",
        "FSx",
        [
            here!("fsx", "backup/backup-0a1b"),
            here!("fsx", "file-system/fs-0source"),
            here!("fsx", "file-system/fs-0restored"),
        ],
    ),
    restore(
        "FSx for ONTAP",
        "FSx",
        [
            here!("fsx", "backup/backup-0a1c"),
            here!("fsx", "volume/fs-0source/fsvol-0source"),
            here!("fsx", "volume/fs-0other/fsvol-0restored"),
        ],
    ),
    restore(
        "Redshift",
        "Redshift",
        [
            here!("redshift", "snapshot:source/awsbackup:job-0a1b"),
            here!("redshift", "cluster:source"),
            here!("redshift", "cluster:restored"),
        ],
    ),
    restore(
        "Redshift Serverless, to a cluster",
        "RedshiftServerless",
        [
            here!("redshift-serverless", "snapshot/0a1b2c3d"),
            here!("redshift-serverless", "namespace/0a1b2c3e"),
            here!("redshift", "cluster:from-serverless"),
        ],
    ),
    Restore {
        metadata: &[("NewBucket", "true")],
        ..restore(
            "S3",
            "S3",
            [BACKUP, "arn:aws:s3:::source", "arn:aws:s3:::restored"],
        )
    },
    Restore {
        variables: &[("TAG_SAP_HANA", "true")],
        ..restore(
            "SAP HANA on EC2",
            "SAP HANA on Amazon EC2",
            [
                BACKUP,
                here!("ssm-sap", "HANA/source/DB/S4"),
                here!("ssm-sap", "HANA/restored/DB/S4"),
            ],
        )
    },
    restore(
        "Storage Gateway",
        "Storage Gateway",
        [
            "arn:aws:ec2:eu-west-1::snapshot/snap-0gateway",
            here!("storagegateway", "gateway/sgw-1/volume/vol-0source"),
            here!("storagegateway", "gateway/sgw-1/volume/vol-0restored"),
        ],
    ),
    restore(
        "Storage Gateway, to EBS",
        "Storage Gateway",
        [
            "arn:aws:ec2:eu-west-1::snapshot/snap-0gateway",
            here!("storagegateway", "gateway/sgw-1/volume/vol-0source"),
            here!("ec2", "volume/vol-0fromgateway"),
        ],
    ),
    restore(
        "Timestream",
        "Timestream",
        [
            here!("backup", "recovery-point:0a1b_beta"),
            here!("timestream", "database/d/table/source"),
            here!("timestream", "database/d/table/restored"),
        ],
    ),
    restore(
        "Virtual machine, to VMware",
        "VirtualMachine",
        [
            BACKUP,
            here!("backup-gateway", "vm/vm-0source"),
            here!("backup-gateway", "vm/vm-0restored"),
        ],
    ),
    restore(
        "Virtual machine, to EC2",
        "VirtualMachine",
        [
            BACKUP,
            here!("backup-gateway", "vm/vm-0source"),
            here!("ec2", "instance/i-0fromvm"),
        ],
    ),
];

/// The types that are never tagged: titles, created resources and the reason's name.
pub const SKIPPED: [(&str, &str, &str); 2] = [
    (
        "CloudFormation",
        here!("cloudformation", "stack/restored/0a1b2c3d"),
        "CloudFormationStack",
    ),
    (
        "Redshift Serverless, to a namespace",
        here!("redshift-serverless", "namespace/0a1b2c3e"),
        "RedshiftServerless",
    ),
];

impl Restore {
    /// Puts the restore into the world: the job `id`, its recovery point and source with these
    /// tags, its target with those of its own.
    pub fn put(
        &self,
        world: &World,
        id: &str,
        on_recovery_point: &Tags,
        on_source: &Tags,
        own: &Tags,
    ) {
        if self.tags_on_recovery_point {
            world.put(self.recovery_point, on_recovery_point.clone());
        }
        world.put(self.source, on_source.clone());
        let name = |part: &str| part.rsplit(['/', ':']).next().unwrap().to_owned();
        let of = |kind: &'static str| self.parts.iter().filter(move |part| part.contains(kind));
        let snapshot = |volume: &str| Some(format!("snap-of-{}", name(volume)));
        let peers = match self.target.contains(":dsql:") {
            true => [self.target, PEER].map(str::to_owned).into(),
            false => Vec::new(),
        };
        world.put(
            self.target,
            Resource {
                tags: own.clone(),
                volumes: of(":volume/").map(|it| (name(it), snapshot(it))).collect(),
                interfaces: of(":network-interface/").map(|it| name(it)).collect(),
                members: of(":db:").map(|it| name(it)).collect(),
                peers,
            },
        );
        for part in self.parts {
            world.put(part, Tags::new());
        }
        world.put_job(
            id,
            json!({
                "ResourceType": self.resource_type,
                "RecoveryPointArn": self.recovery_point,
                "SourceResourceArn": self.source,
                "CreatedResourceArn": self.target,
                "BackupVaultArn": "arn:aws:backup:eu-west-1:111122223333:backup-vault:Vault",
            }),
        );
        if !self.metadata.is_empty() {
            world.put_metadata(id, self.metadata);
        }
    }
}
