use expect_test::expect;

use super::*;
use crate::route::WhyInvalid;

fn at() -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_594_782_898_000).unwrap()
}

fn job() -> Job {
    Job {
        id: "job-1".into(),
        resource_type: Some("EC2".into()),
        created_resource_arn: Some("arn:aws:ec2:eu-west-1:111122223333:instance/i-1".into()),
        ..Job::default()
    }
}

fn plan() -> Plan {
    Plan {
        write: vec![
            ("team".into(), "secret".into()),
            ("Name".into(), "web".into()),
        ],
        excluded: ["eks:cluster".to_string()].into(),
        reserved: ["aws:x".to_string()].into(),
        invalid: [("a|b".to_string(), WhyInvalid::KeyCharacter('|'))].into(),
        dropped: ["z".to_string()].into(),
    }
}

fn pretty(report: &Report) -> String {
    let value: Value = serde_json::from_str(&report.line(at())).unwrap();
    format!("{value:#}")
}

#[test]
fn a_tagged_resource_is_reported_on_one_line_with_keys_but_without_values() {
    let mut report = Report::new(&job(), Outcome::Tagged);
    report.add(&plan());
    report.sub_resources_tagged = 2;
    report.event_age_seconds = Some(310);
    let line = report.line(at());
    assert!(!line.contains('\n') && !line.contains("secret") && !line.contains("web"));
    expect![[r#"
        {
          "_aws": {
            "Timestamp": 1594782898000,
            "CloudWatchMetrics": [
              {
                "Namespace": "TagOnRestore",
                "Dimensions": [
                  [],
                  [
                    "ResourceType"
                  ],
                  [
                    "Outcome"
                  ]
                ],
                "Metrics": [
                  {
                    "Name": "TagsWritten",
                    "Unit": "Count"
                  },
                  {
                    "Name": "TagsDropped",
                    "Unit": "Count"
                  },
                  {
                    "Name": "TagsInvalid",
                    "Unit": "Count"
                  },
                  {
                    "Name": "SubResourcesTagged",
                    "Unit": "Count"
                  },
                  {
                    "Name": "EventAgeSeconds",
                    "Unit": "Seconds"
                  }
                ]
              }
            ]
          },
          "ResourceType": "ec2",
          "Outcome": "Tagged",
          "TagsWritten": 2,
          "TagsDropped": 1,
          "TagsInvalid": 1,
          "SubResourcesTagged": 2,
          "EventAgeSeconds": 310,
          "restoreJobId": "job-1",
          "createdResourceArn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1",
          "writtenKeys": [
            "Name",
            "team"
          ],
          "droppedKeys": [
            "z"
          ],
          "invalidKeys": [
            "a|b"
          ],
          "excludedKeys": [
            "eks:cluster"
          ]
        }"#]]
    .assert_eq(&pretty(&report));
}

#[test]
fn a_skipped_job_is_reported_with_its_reason() {
    let mut report = Report::new(&job(), Outcome::Skipped);
    report.reason = Some("a restore test".into());
    expect![[r#"
        {
          "_aws": {
            "Timestamp": 1594782898000,
            "CloudWatchMetrics": [
              {
                "Namespace": "TagOnRestore",
                "Dimensions": [
                  [],
                  [
                    "ResourceType"
                  ],
                  [
                    "Outcome"
                  ]
                ],
                "Metrics": [
                  {
                    "Name": "TagsWritten",
                    "Unit": "Count"
                  },
                  {
                    "Name": "Skipped",
                    "Unit": "Count"
                  }
                ]
              }
            ]
          },
          "ResourceType": "ec2",
          "Outcome": "Skipped",
          "TagsWritten": 0,
          "Skipped": 1,
          "restoreJobId": "job-1",
          "createdResourceArn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1",
          "reason": "a restore test"
        }"#]]
    .assert_eq(&pretty(&report));
}

/// The metrics in a report, without those that are 0.
fn metrics(report: &Report) -> Vec<String> {
    let value: Value = serde_json::from_str(&report.line(at())).unwrap();
    let metrics = value["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        .as_array()
        .unwrap();
    let values = metrics.iter().map(|metric| {
        let name = metric["Name"].as_str().unwrap();
        format!("{name}={}", value[name])
    });
    values.collect()
}

#[test]
fn each_outcome_counts_in_its_own_metric() {
    for (outcome, expected) in [
        (Outcome::Tagged, vec!["TagsWritten=2"]),
        (Outcome::NothingMissing, vec!["TagsWritten=2"]),
        (Outcome::DryRun, vec!["TagsWritten=0"]),
        (Outcome::Skipped, vec!["TagsWritten=2", "Skipped=1"]),
        (Outcome::TargetGone, vec!["TagsWritten=2", "TargetGone=1"]),
        (Outcome::Retry, vec!["TagsWritten=2"]),
        (Outcome::Failed, vec!["TagsWritten=2", "Failures=1"]),
    ] {
        let mut report = Report::new(&job(), outcome);
        report.tags_written = 2;
        assert_eq!(metrics(&report), expected, "{outcome:?}");
    }
}

#[test]
fn reconciliation_has_fixed_what_it_wrote_and_nothing_else() {
    let mut report = Report::new(&job(), Outcome::NothingMissing);
    report.reconciled = true;
    assert_eq!(metrics(&report), ["TagsWritten=0"]);
    report.outcome = Outcome::Tagged;
    report.tags_written = 1;
    assert_eq!(metrics(&report), ["TagsWritten=1", "ReconcileFixed=1"]);
    report.outcome = Outcome::DryRun;
    assert_eq!(metrics(&report), ["TagsWritten=0"]);
}

#[test]
fn the_resource_type_is_one_word_whatever_its_spelling() {
    let named = |name: Option<&str>, created: Option<&str>| {
        resource_type(&Job {
            resource_type: name.map(str::to_string),
            created_resource_arn: created.map(str::to_string),
            ..Job::default()
        })
    };
    assert_eq!(named(Some("Storage Gateway"), None), "storagegateway");
    assert_eq!(named(Some("StorageGateway"), None), "storagegateway");
    assert_eq!(
        named(Some("SAP HANA on Amazon EC2"), None),
        "saphanaonamazonec2"
    );
    assert_eq!(named(None, Some("arn:aws:dsql:r:1:cluster/x")), "dsql");
    assert_eq!(named(Some("?"), None), "unknown");
}
