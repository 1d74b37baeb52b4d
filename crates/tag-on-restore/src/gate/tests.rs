use super::*;

const A: &str = "eu-west-1:111122223333";

fn job(created: &str) -> Job {
    Job {
        id: "job-1".into(),
        status: Some("COMPLETED".into()),
        created_resource_arn: Some(created.into()),
        source_resource_arn: Some(format!("arn:aws:rds:{A}:db:source")),
        ..Job::default()
    }
}

fn metadata(pairs: &[(&str, &str)]) -> Metadata {
    let pairs = pairs.iter();
    let owned = pairs.map(|(key, value)| ((*key).to_string(), (*value).to_string()));
    owned.collect()
}

/// The decision in a word: `tag`, `ask`, `not yet` or why the job is skipped.
fn word(job: &Job, metadata: Option<&Metadata>, config: &Config) -> &'static str {
    match decide(job, metadata, config) {
        Decision::Tag(_) => "tag",
        Decision::AskMetadata => "ask",
        Decision::NotYet(_) => "not yet",
        Decision::Skip(skip) => skip.name(),
    }
}

/// Every row of the table of resource types: what is decided at first, and what when the metadata
/// could not be had.
#[test]
fn metadata_are_asked_for_only_where_they_decide() {
    for (resource, first, without_metadata) in [
        (format!("ec2:{A}:instance/i-1"), "tag", "tag"),
        (format!("ec2:{A}:volume/vol-1"), "tag", "tag"),
        (format!("rds:{A}:db:orders"), "tag", "tag"),
        (format!("rds:{A}:cluster:orders"), "tag", "tag"),
        (format!("dsql:{A}:cluster/abc"), "tag", "tag"),
        (format!("dynamodb:{A}:table/orders"), "tag", "tag"),
        (
            format!("elasticfilesystem:{A}:file-system/fs-1"),
            "ask",
            "ExistingTarget",
        ),
        (format!("eks:{A}:cluster/prod"), "ask", "ExistingTarget"),
        (format!("fsx:{A}:file-system/fs-1"), "tag", "tag"),
        (format!("fsx:{A}:volume/fs-1/fsvol-1"), "tag", "tag"),
        (format!("redshift:{A}:cluster:dwh"), "ask", "tag"),
        (
            format!("redshift-serverless:{A}:namespace/1"),
            "RedshiftServerless",
            "RedshiftServerless",
        ),
        (
            format!("redshift-serverless:{A}:workgroup/1"),
            "RedshiftServerless",
            "RedshiftServerless",
        ),
        ("s3:::bucket".to_string(), "ask", "ExistingTarget"),
        (format!("ssm-sap:{A}:HANA/app/DB/x"), "SapHana", "SapHana"),
        (
            format!("storagegateway:{A}:gateway/sgw-1/volume/vol-1"),
            "tag",
            "tag",
        ),
        (format!("timestream:{A}:database/d/table/t"), "tag", "tag"),
        (format!("backup-gateway:{A}:vm/vm-1"), "tag", "tag"),
        (
            format!("cloudformation:{A}:stack/s/1"),
            "CloudFormationStack",
            "CloudFormationStack",
        ),
        (
            format!("redshift:{A}:namespace:guid"),
            "ExistingTarget",
            "ExistingTarget",
        ),
        (
            format!("newservice:{A}:thing/1"),
            "ExistingTarget",
            "ExistingTarget",
        ),
    ] {
        let job = job(&format!("arn:aws:{resource}"));
        let config = Config::default();
        let words = [None, Some(&Metadata::new())].map(|told| word(&job, told, &config));
        assert_eq!(words, [first, without_metadata], "{resource}");
    }
}

#[test]
fn metadata_tell_new_from_existing_in_any_case_of_their_keys() {
    let efs = format!("arn:aws:elasticfilesystem:{A}:file-system/fs-1");
    let eks = format!("arn:aws:eks:{A}:cluster/prod");
    let redshift = format!("arn:aws:redshift:{A}:cluster:dwh");
    let s3 = "arn:aws:s3:::bucket".to_string();
    for (created, pairs, expected) in [
        (&efs, metadata(&[("newFileSystem", "true")]), "tag"),
        (&efs, metadata(&[("NEWFILESYSTEM", "True")]), "tag"),
        (
            &efs,
            metadata(&[("newFileSystem", "false")]),
            "ExistingTarget",
        ),
        (
            &efs,
            metadata(&[("newFileSystem", "perhaps")]),
            "ExistingTarget",
        ),
        (&efs, metadata(&[("newBucket", "true")]), "ExistingTarget"),
        (&eks, metadata(&[("newCluster", "true")]), "tag"),
        (&eks, metadata(&[("newCluster", "false")]), "ExistingTarget"),
        (
            &eks,
            metadata(&[("newCluster", "true"), ("namespaceLevelRestore", "true")]),
            "ExistingTarget",
        ),
        (&s3, metadata(&[("newbucket", "true")]), "tag"),
        (&s3, metadata(&[("newBucket", "false")]), "ExistingTarget"),
        (
            &s3,
            metadata(&[("DestinationBucketName", "bucket")]),
            "ExistingTarget",
        ),
        (
            &redshift,
            metadata(&[("RestoreType", "CLUSTER_RESTORE")]),
            "tag",
        ),
        (
            &redshift,
            metadata(&[("restoretype", "TABLE_RESTORE")]),
            "ExistingTarget",
        ),
        (
            &redshift,
            metadata(&[("RestoreType", "NAMESPACE_RESTORE")]),
            "ExistingTarget",
        ),
    ] {
        let decided = word(&job(created), Some(&pairs), &Config::default());
        assert_eq!(decided, expected, "{created} {pairs:?}");
    }
}

#[test]
fn a_target_that_was_there_before_is_told_by_what_shows_it() {
    let created = |resource: &str| job(&format!("arn:aws:{resource}"));
    let efs = created(&format!("elasticfilesystem:{A}:file-system/fs-1"));
    let eks = created(&format!("eks:{A}:cluster/prod"));
    let redshift = created(&format!("redshift:{A}:cluster:dwh"));
    let unknown = created(&format!("newservice:{A}:thing/1"));
    let silent = "the job does not say that it is new";
    for (job, key, value, expected) in [
        (&efs, "newFileSystem", "false", "the job says so"),
        (&eks, "newCluster", "False", "the job says so"),
        (&efs, "newFileSystem", "perhaps", silent),
        (&efs, "another", "false", silent),
        (
            &eks,
            "namespaceLevelRestore",
            "true",
            "namespaces were restored into it",
        ),
        (
            &redshift,
            "RestoreType",
            "TABLE_RESTORE",
            "a table or namespace was restored into it",
        ),
        (&unknown, "new", "true", "its kind is unknown"),
    ] {
        let told = metadata(&[(key, value)]);
        let decided = decide(job, Some(&told), &Config::default());
        let expected = Decision::Skip(Skip::ExistingTarget(expected));
        assert_eq!(decided, expected, "{key} {value}");
    }
}

#[test]
fn a_restore_into_its_own_source_is_one_into_something_existing() {
    let table = format!("arn:aws:dynamodb:{A}:table/orders");
    let mut job = job(&table);
    job.source_resource_arn = Some(table);
    assert_eq!(word(&job, None, &Config::default()), "ExistingTarget");
}

#[test]
fn existing_targets_are_filled_when_that_is_wanted_and_possible() {
    let config = Config {
        fill_existing: true,
        ..Config::default()
    };
    for (resource, expected) in [
        ("s3:::bucket".to_string(), "tag"),
        (format!("elasticfilesystem:{A}:file-system/fs-1"), "tag"),
        (format!("newservice:{A}:thing/1"), "tag"),
        (
            format!("redshift-serverless:{A}:namespace/1"),
            "RedshiftServerless",
        ),
        (
            format!("cloudformation:{A}:stack/s/1"),
            "CloudFormationStack",
        ),
        (format!("ssm-sap:{A}:HANA/app/DB/x"), "SapHana"),
    ] {
        let job = job(&format!("arn:aws:{resource}"));
        assert_eq!(word(&job, None, &config), expected, "{resource}");
    }
}

#[test]
fn sap_hana_is_tagged_when_that_is_wanted() {
    let config = Config {
        tag_sap_hana: true,
        ..Config::default()
    };
    let job = job(&format!("arn:aws:ssm-sap:{A}:HANA/app/DB/x"));
    assert_eq!(word(&job, None, &config), "tag");
}

#[test]
fn only_a_completed_job_is_tagged_and_an_unfinished_one_looked_at_again() {
    for (status, expected) in [
        ("COMPLETED", "tag"),
        ("CREATED", "not yet"),
        ("PENDING", "not yet"),
        ("RUNNING", "not yet"),
        ("FAILED", "NotCompleted"),
        ("ABORTED", "NotCompleted"),
        ("COMPLET", "NotCompleted"),
    ] {
        let job = Job {
            status: Some(status.into()),
            ..job(&format!("arn:aws:ec2:{A}:volume/vol-1"))
        };
        assert_eq!(word(&job, None, &Config::default()), expected, "{status}");
    }
}

#[test]
fn restore_tests_are_tagged_only_when_that_is_wanted() {
    let job = Job {
        restore_testing_plan_arn: Some(format!("arn:aws:backup:{A}:restore-testing-plan:p")),
        ..job(&format!("arn:aws:ec2:{A}:volume/vol-1"))
    };
    assert_eq!(word(&job, None, &Config::default()), "RestoreTest");
    let config = Config {
        tag_restore_tests: true,
        ..Config::default()
    };
    assert_eq!(word(&job, None, &config), "tag");
    for (status, expected) in [
        ("DELETING", "Deleted"),
        ("SUCCESSFUL", "Deleted"),
        ("FAILED", "tag"),
    ] {
        let deleted = Job {
            deletion_status: Some(status.into()),
            ..job.clone()
        };
        assert_eq!(word(&deleted, None, &config), expected, "{status}");
    }
}

#[test]
fn a_job_must_name_what_it_made() {
    let nothing = Job {
        created_resource_arn: None,
        ..job("")
    };
    assert_eq!(
        word(&nothing, None, &Config::default()),
        "NoCreatedResource"
    );
    assert_eq!(word(&job("vol-1"), None, &Config::default()), "NotAnArn");
}

#[test]
fn every_reason_says_what_can_be_done() {
    let expected = expect_test::expect![[r#"
        NotCompleted: the job is FAILED
        NoCreatedResource: the job names no created resource
        NotAnArn: the created resource `x` is not an ARN
        RestoreTest: a restore test: set TAG_RESTORE_TESTS to `true` to tag those
        Deleted: AWS Backup deletes the restore test's resource again
        ExistingTarget: the target was there before (it is the source): set TAG_EXISTING to `fill-missing` to give such targets the keys that they lack
        CloudFormationStack: a stack's restore is a change set until somebody executes it, and tagging it now would update the stack: pass the tags when executing it
        RedshiftServerless: a restore to Redshift Serverless goes into a namespace that was there before: tag the namespace yourself if its tags should change
        SapHana: the restore overwrites a SAP HANA database: set TAG_SAP_HANA to `true` to tag it
    "#]];
    let all = [
        Skip::NotCompleted("FAILED".into()),
        Skip::NoCreatedResource,
        Skip::NotAnArn("x".into()),
        Skip::RestoreTest,
        Skip::Deleted,
        Skip::ExistingTarget("it is the source"),
        Skip::CloudFormationStack,
        Skip::RedshiftServerless,
        Skip::SapHana,
    ];
    let lines = all.iter().map(|skip| format!("{}: {skip}\n", skip.name()));
    expected.assert_eq(&lines.collect::<String>());
}
