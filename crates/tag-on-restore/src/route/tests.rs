use expect_test::expect;

use super::*;

fn arn(text: &str) -> Arn {
    Arn::parse(text).unwrap()
}

/// What the documentation's table says, as the code has it.
#[test]
fn every_kind_of_resource_has_its_route() {
    let a = "eu-west-1:111122223333";
    let mut lines = String::new();
    for resource in [
        format!("ec2:{a}:instance/i-1"),
        format!("ec2:{a}:volume/vol-1"),
        format!("ec2:{a}:network-interface/eni-1"),
        format!("rds:{a}:db:orders"),
        format!("rds:{a}:cluster:orders"),
        format!("dsql:{a}:cluster/abc"),
        format!("dynamodb:{a}:table/orders"),
        format!("elasticfilesystem:{a}:file-system/fs-1"),
        format!("eks:{a}:cluster/prod"),
        format!("fsx:{a}:file-system/fs-1"),
        format!("fsx:{a}:volume/fs-1/fsvol-1"),
        format!("redshift:{a}:cluster:dwh"),
        format!("redshift:{a}:namespace:guid"),
        format!("redshift-serverless:{a}:namespace/guid"),
        "s3:::bucket".to_string(),
        format!("ssm-sap:{a}:HANA/app/DB/x"),
        format!("storagegateway:{a}:gateway/sgw-1/volume/vol-1"),
        format!("storagegateway:{a}:gateway/sgw-1"),
        format!("timestream:{a}:database/d/table/t"),
        format!("timestream:{a}:database/d"),
        format!("backup-gateway:{a}:vm/vm-1"),
        format!("cloudformation:{a}:stack/s/uuid"),
        format!("newservice:{a}:thing/1"),
    ] {
        let Route {
            kind,
            read,
            write,
            parts,
            newness,
            limits: _,
        } = route(&arn(&format!("arn:aws:{resource}")));
        let resource = resource.replace(&format!(":{a}"), "");
        lines += &format!("{resource}: {kind:?} {read:?} {write:?} {parts:?} {newness:?}\n");
    }
    expect![[r#"
        ec2:instance/i-1: Ec2Instance Ec2 TaggingApi VolumesAndInterfaces AlwaysNew
        ec2:volume/vol-1: EbsVolume Ec2 TaggingApi None AlwaysNew
        ec2:network-interface/eni-1: NetworkInterface Ec2 TaggingApi None AlwaysNew
        rds:db:orders: RdsInstance Rds TaggingApi None AlwaysNew
        rds:cluster:orders: RdsCluster Rds TaggingApi ClusterMembers AlwaysNew
        dsql:cluster/abc: DsqlCluster Dsql Dsql PeerClusters AlwaysNew
        dynamodb:table/orders: DynamoDbTable DynamoDb TaggingApi None AlwaysNew
        elasticfilesystem:file-system/fs-1: EfsFileSystem Efs TaggingApi None ExistingUnlessToldOtherwise
        eks:cluster/prod: EksCluster Eks TaggingApi None ExistingUnlessToldOtherwise
        fsx:file-system/fs-1: FsxFileSystem Fsx TaggingApi None AlwaysNew
        fsx:volume/fs-1/fsvol-1: FsxVolume Fsx TaggingApi None AlwaysNew
        redshift:cluster:dwh: RedshiftCluster Redshift TaggingApi None NewUnlessToldOtherwise
        redshift:namespace:guid: Unknown TaggingApi TaggingApi None ExistingUnlessToldOtherwise
        redshift-serverless:namespace/guid: RedshiftServerless TaggingApi Never None AlwaysExisting
        s3:::bucket: S3Bucket S3 S3 None ExistingUnlessToldOtherwise
        ssm-sap:HANA/app/DB/x: SapHana SsmSap SsmSap None AlwaysExisting
        storagegateway:gateway/sgw-1/volume/vol-1: StorageGatewayVolume StorageGateway StorageGateway None AlwaysNew
        storagegateway:gateway/sgw-1: Unknown TaggingApi TaggingApi None ExistingUnlessToldOtherwise
        timestream:database/d/table/t: TimestreamTable Timestream Timestream None AlwaysNew
        timestream:database/d: Unknown TaggingApi TaggingApi None ExistingUnlessToldOtherwise
        backup-gateway:vm/vm-1: VirtualMachine BackupGateway BackupGateway None AlwaysNew
        cloudformation:stack/s/uuid: CloudFormationStack TaggingApi Never None AlwaysNew
        newservice:thing/1: Unknown TaggingApi TaggingApi None ExistingUnlessToldOtherwise
    "#]].assert_eq(&lines);
}

#[test]
fn the_partition_makes_no_difference() {
    for partition in [
        "aws",
        "aws-cn",
        "aws-us-gov",
        "aws-iso",
        "aws-iso-b",
        "aws-eusc",
    ] {
        let volume = arn(&format!("arn:{partition}:ec2:r:1:volume/vol-1"));
        assert_eq!(kind(&volume), Kind::EbsVolume, "{partition}");
        let bucket = arn(&format!("arn:{partition}:s3:::bucket"));
        assert_eq!(kind(&bucket), Kind::S3Bucket, "{partition}");
    }
}

#[test]
fn a_name_that_ends_early_is_unknown() {
    for text in [
        "arn:aws:ec2:r:1:volume/",
        "arn:aws:s3:::bucket/key",
        "arn:aws:rds:r:1:snapshot:s",
    ] {
        assert_eq!(kind(&arn(text)), Kind::Unknown, "{text}");
    }
}

#[test]
fn what_else_a_service_has_is_unknown() {
    for resource in [
        "ec2:r:1:image/ami-1",
        "rds:r:1:og:options",
        "dsql:r:1:stream/s",
        "dynamodb::1:global-table/orders",
        "elasticfilesystem:r:1:access-point/fsap-1",
        "eks:r:1:nodegroup/prod/workers/1",
        "fsx:r:1:backup/backup-1",
        "redshift:r:1:subnetgroup:s",
        "storagegateway:r:1:share/share-1",
        "timestream:r:1:scheduled-query/q",
        "backup-gateway:r:1:hypervisor/hype-1",
    ] {
        let text = format!("arn:aws:{resource}");
        assert_eq!(kind(&arn(&text)), Kind::Unknown, "{text}");
    }
}

#[test]
fn a_tag_that_a_service_would_refuse_is_known_with_the_reason() {
    use WhyInvalid::*;

    let long = |length: usize| "é".repeat(length);
    for (kind, key, value, expected) in [
        (Kind::Ec2Instance, "🦀 any|thing", "\u{7}", None),
        (Kind::Ec2Instance, "", "v", Some(EmptyKey)),
        (Kind::Ec2Instance, &long(128), &long(256), None),
        (Kind::Ec2Instance, &long(129), "v", Some(LongKey)),
        (Kind::Ec2Instance, "k", &long(257), Some(LongValue)),
        (Kind::RdsInstance, "Größe (m)", "v", Some(KeyCharacter('('))),
        (Kind::RdsInstance, "Größe\u{a0}٣_.:/=+-@", "", None),
        (Kind::RdsInstance, "k", "a,b", Some(ValueCharacter)),
        (Kind::RdsCluster, "k", "RDS:x", Some(ValuePrefix)),
        (Kind::RdsCluster, "k", "aws:x", Some(ValuePrefix)),
        (Kind::RdsCluster, "k", "rd", None),
        (Kind::EfsFileSystem, "k\t", "v", Some(KeyCharacter('\t'))),
        (Kind::S3Bucket, "k", "50%", Some(ValueCharacter)),
        (Kind::StorageGatewayVolume, "k", "50%", None),
        (
            Kind::StorageGatewayVolume,
            "50%",
            "v",
            Some(KeyCharacter('%')),
        ),
        (Kind::DsqlCluster, "k", "v w@x", None),
        (Kind::DsqlCluster, "k", "é", Some(ValueCharacter)),
        (Kind::DsqlCluster, "é", "v", Some(KeyCharacter('é'))),
        (Kind::SapHana, "a9,b;c=d<", "v", None),
        (Kind::SapHana, "a>", "v", Some(KeyCharacter('>'))),
        (Kind::SapHana, "a b", "v", Some(KeyCharacter(' '))),
        (Kind::SapHana, "k", "", Some(EmptyValue)),
    ] {
        let why = limits::of(kind).why_invalid(key, value);
        assert_eq!(why, expected, "{kind:?} {key} {value}");
    }
}

#[test]
fn the_reason_is_told_without_the_value() {
    let all = [
        WhyInvalid::EmptyKey,
        WhyInvalid::LongKey,
        WhyInvalid::KeyCharacter('\n'),
        WhyInvalid::EmptyValue,
        WhyInvalid::LongValue,
        WhyInvalid::ValueCharacter,
        WhyInvalid::ValuePrefix,
    ];
    let lines: String = all.iter().map(|why| format!("{why}\n")).collect();
    expect![[r#"
        the key is empty
        the key has more than 128 characters
        the key has `\n`
        the value is empty
        the value has more than 256 characters
        the value has a character that is not allowed
        the value begins with a reserved prefix
    "#]]
    .assert_eq(&lines);
}
