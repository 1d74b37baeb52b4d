//! The services that are called without an SDK crate of their own: where they are and how they
//! speak. `docs/evidence/restore-tagging-costs.md` has what their crates would cost.

use aws_client::service::{Protocol, Service};

const fn service(
    name: &'static str,
    host: &'static str,
    signing_name: &'static str,
    protocol: Protocol,
) -> Service {
    Service {
        name,
        host,
        signing_name,
        protocol,
    }
}

const fn json(version: &'static str, target: &'static str) -> Protocol {
    Protocol::Json { version, target }
}

/// Amazon EC2.
pub static EC2: Service = service(
    "EC2",
    "ec2.{region}.{suffix}",
    "ec2",
    Protocol::Query("2016-11-15"),
);
/// Amazon RDS, and through it Aurora, DocumentDB and Neptune.
pub static RDS: Service = service(
    "RDS",
    "rds.{region}.{suffix}",
    "rds",
    Protocol::Query("2014-10-31"),
);
/// Amazon Redshift.
pub static REDSHIFT: Service = service(
    "REDSHIFT",
    "redshift.{region}.{suffix}",
    "redshift",
    Protocol::Query("2012-12-01"),
);
/// Amazon Redshift Serverless.
pub static REDSHIFT_SERVERLESS: Service = service(
    "REDSHIFT_SERVERLESS",
    "redshift-serverless.{region}.{suffix}",
    "redshift-serverless",
    json("1.1", "RedshiftServerless"),
);
/// Amazon DynamoDB.
pub static DYNAMODB: Service = service(
    "DYNAMODB",
    "dynamodb.{region}.{suffix}",
    "dynamodb",
    json("1.0", "DynamoDB_20120810"),
);
/// Amazon FSx.
pub static FSX: Service = service(
    "FSX",
    "fsx.{region}.{suffix}",
    "fsx",
    json("1.1", "AWSSimbaAPIService_v20180301"),
);
/// AWS Storage Gateway.
pub static STORAGE_GATEWAY: Service = service(
    "STORAGE_GATEWAY",
    "storagegateway.{region}.{suffix}",
    "storagegateway",
    json("1.1", "StorageGateway_20130630"),
);
/// AWS Backup gateway.
pub static BACKUP_GATEWAY: Service = service(
    "BACKUP_GATEWAY",
    "backup-gateway.{region}.{suffix}",
    "backup-gateway",
    json("1.0", "BackupOnPremises_v20210101"),
);
/// Amazon Timestream's writing side. This host only returns which one to use.
pub static TIMESTREAM: Service = service(
    "TIMESTREAM_WRITE",
    "ingest.timestream.{region}.{suffix}",
    "timestream",
    json("1.0", "Timestream_20181101"),
);
/// Amazon EFS.
pub static EFS: Service = service(
    "EFS",
    "elasticfilesystem.{region}.{suffix}",
    "elasticfilesystem",
    Protocol::RestJson,
);
/// Amazon EKS.
pub static EKS: Service = service("EKS", "eks.{region}.{suffix}", "eks", Protocol::RestJson);
/// Amazon Aurora DSQL, which has dual-stack addresses only.
pub static DSQL: Service = service(
    "DSQL",
    "dsql.{region}.{dual-stack}",
    "dsql",
    Protocol::RestJson,
);
/// AWS Systems Manager for SAP.
pub static SSM_SAP: Service = service(
    "SSM_SAP",
    "ssm-sap.{region}.{suffix}",
    "ssm-sap",
    Protocol::RestJson,
);
/// Amazon S3's control plane.
pub static S3_CONTROL: Service = service(
    "S3_CONTROL",
    "{account}.s3-control.{region}.{suffix}",
    "s3",
    Protocol::RestXml,
);
/// Amazon S3, buckets addressed by path.
pub static S3: Service = service("S3", "s3.{region}.{suffix}", "s3", Protocol::RestXml);

/// Amazon SQS.
pub static SQS: Service = service(
    "SQS",
    "sqs.{region}.{suffix}",
    "sqs",
    json("1.0", "AmazonSQS"),
);
/// Amazon CloudWatch.
pub static CLOUDWATCH: Service = service(
    "CLOUDWATCH",
    "monitoring.{region}.{suffix}",
    "monitoring",
    json("1.0", "GraniteServiceVersion20100801"),
);
/// Amazon EventBridge.
pub static EVENTBRIDGE: Service = service(
    "EVENTBRIDGE",
    "events.{region}.{suffix}",
    "events",
    json("1.1", "AWSEvents"),
);

/// All of them.
pub static ALL: [&Service; 18] = [
    &EC2,
    &RDS,
    &REDSHIFT,
    &REDSHIFT_SERVERLESS,
    &DYNAMODB,
    &FSX,
    &STORAGE_GATEWAY,
    &BACKUP_GATEWAY,
    &TIMESTREAM,
    &EFS,
    &EKS,
    &DSQL,
    &SSM_SAP,
    &S3_CONTROL,
    &S3,
    &SQS,
    &CLOUDWATCH,
    &EVENTBRIDGE,
];
