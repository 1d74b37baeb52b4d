//! Every operation that is called without an SDK crate.

use aws_client::service::Service;

use super::Operation;
use super::service::{
    BACKUP_GATEWAY, CLOUDWATCH, DSQL, DYNAMODB, EC2, EFS, EKS, EVENTBRIDGE, FSX, RDS, REDSHIFT,
    REDSHIFT_SERVERLESS, S3, S3_CONTROL, SQS, SSM_SAP, STORAGE_GATEWAY, TIMESTREAM,
};

macro_rules! operations {
    ($($constant:ident: $service:ident $name:literal $action:literal;)*) => {
        $(
            #[doc = concat!("`", $action, "`")]
            pub static $constant: Operation = operation(&$service, $name, $action);
        )*
        /// All of them.
        pub static ALL: &[&Operation] = &[$(&$constant),*];
    };
}

const fn operation(
    service: &'static Service,
    name: &'static str,
    action: &'static str,
) -> Operation {
    Operation {
        service,
        name,
        action,
    }
}

operations! {
    EC2_DESCRIBE_TAGS: EC2 "DescribeTags" "ec2:DescribeTags";
    EC2_DESCRIBE_INSTANCES: EC2 "DescribeInstances" "ec2:DescribeInstances";
    EC2_DESCRIBE_VOLUMES: EC2 "DescribeVolumes" "ec2:DescribeVolumes";
    RDS_LIST_TAGS: RDS "ListTagsForResource" "rds:ListTagsForResource";
    RDS_DESCRIBE_CLUSTERS: RDS "DescribeDBClusters" "rds:DescribeDBClusters";
    REDSHIFT_DESCRIBE_TAGS: REDSHIFT "DescribeTags" "redshift:DescribeTags";
    REDSHIFT_SERVERLESS_LIST_TAGS: REDSHIFT_SERVERLESS
        "ListTagsForResource" "redshift-serverless:ListTagsForResource";
    DYNAMODB_LIST_TAGS: DYNAMODB "ListTagsOfResource" "dynamodb:ListTagsOfResource";
    FSX_LIST_TAGS: FSX "ListTagsForResource" "fsx:ListTagsForResource";
    STORAGE_GATEWAY_LIST_TAGS: STORAGE_GATEWAY
        "ListTagsForResource" "storagegateway:ListTagsForResource";
    STORAGE_GATEWAY_ADD_TAGS: STORAGE_GATEWAY
        "AddTagsToResource" "storagegateway:AddTagsToResource";
    BACKUP_GATEWAY_LIST_TAGS: BACKUP_GATEWAY
        "ListTagsForResource" "backup-gateway:ListTagsForResource";
    BACKUP_GATEWAY_TAG: BACKUP_GATEWAY "TagResource" "backup-gateway:TagResource";
    TIMESTREAM_DESCRIBE_ENDPOINTS: TIMESTREAM
        "DescribeEndpoints" "timestream:DescribeEndpoints";
    TIMESTREAM_LIST_TAGS: TIMESTREAM "ListTagsForResource" "timestream:ListTagsForResource";
    TIMESTREAM_TAG: TIMESTREAM "TagResource" "timestream:TagResource";
    EFS_LIST_TAGS: EFS "ListTagsForResource" "elasticfilesystem:ListTagsForResource";
    EKS_LIST_TAGS: EKS "ListTagsForResource" "eks:ListTagsForResource";
    DSQL_LIST_TAGS: DSQL "ListTagsForResource" "dsql:ListTagsForResource";
    DSQL_TAG: DSQL "TagResource" "dsql:TagResource";
    DSQL_GET_CLUSTER: DSQL "GetCluster" "dsql:GetCluster";
    SSM_SAP_LIST_TAGS: SSM_SAP "ListTagsForResource" "ssm-sap:ListTagsForResource";
    SSM_SAP_TAG: SSM_SAP "TagResource" "ssm-sap:TagResource";
    S3_LIST_TAGS: S3_CONTROL "ListTagsForResource" "s3:ListTagsForResource";
    S3_TAG: S3_CONTROL "TagResource" "s3:TagResource";
    S3_GET_BUCKET_TAGGING: S3 "GetBucketTagging" "s3:GetBucketTagging";
    SQS_GET_QUEUE_ATTRIBUTES: SQS "GetQueueAttributes" "sqs:GetQueueAttributes";
    CLOUDWATCH_GET_METRIC_DATA: CLOUDWATCH "GetMetricData" "cloudwatch:GetMetricData";
    EVENTS_PUT_EVENTS: EVENTBRIDGE "PutEvents" "events:PutEvents";
}
