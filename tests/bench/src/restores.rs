//! Restores, and as much of AWS Backup and the tagging APIs as `tag-on-restore` asks for.

use anyhow::{Result, bail};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// One invocation.
pub struct Step {
    pub name: &'static str,
    /// The restore jobs of its events.
    jobs: &'static [&'static str],
    /// How many resources get tags.
    writes: usize,
}

/// The first one is the "first call" of the table.
pub const STEPS: [Step; 6] = [
    step("EBS volume", &["volume/vol-1"], 1),
    step("the same event again", &["volume/vol-1"], 0),
    step("DynamoDB table", &["table/orders"], 1),
    step("S3 bucket", &["bucket"], 1),
    step(
        "EC2 instance, two volumes, one interface",
        &["instance/i-1"],
        4,
    ),
    step(
        "batch of ten EBS volumes",
        &[
            "volume/vol-10",
            "volume/vol-11",
            "volume/vol-12",
            "volume/vol-13",
            "volume/vol-14",
            "volume/vol-15",
            "volume/vol-16",
            "volume/vol-17",
            "volume/vol-18",
            "volume/vol-19",
        ],
        10,
    ),
];

const fn step(name: &'static str, jobs: &'static [&'static str], writes: usize) -> Step {
    Step { name, jobs, writes }
}

impl Step {
    /// What the queue hands to the function.
    pub fn event(&self) -> Value {
        let records = self.jobs.iter().enumerate().map(|(number, job)| {
            let event = json!({
                "version": "0",
                "id": format!("5f6a1b2c-0000-4000-8000-{number:012}"),
                "detail-type": "Restore Job State Change",
                "source": "aws.backup",
                "account": ACCOUNT,
                "time": "2026-11-22T05:00:00Z",
                "region": "eu-west-1",
                "resources": [],
                "detail": {"restoreJobId": job.replace('/', "~"), "status": "COMPLETED"},
            });
            json!({
                "messageId": format!("message-{number}"),
                "body": event.to_string(),
                "attributes": {"ApproximateReceiveCount": "1"},
            })
        });
        json!({"Records": records.collect::<Vec<_>>()})
    }

    /// Whether the function wrote what was missing and nothing else.
    pub fn check(&self, calls: &[String]) -> Result<()> {
        let writes = calls.iter().filter(|call| call.starts_with("Tag")).count();
        if writes != self.writes {
            bail!("{writes} resources were tagged, not {}", self.writes);
        }
        Ok(())
    }
}

const ACCOUNT: &str = "222222222222";

/// Which resources have the tags by now.
#[derive(Default)]
pub struct Restores {
    tagged: BTreeSet<String>,
}

/// What an answer carries, and the operation's name.
pub type Answer = (String, Result<String, &'static str>);

impl Restores {
    /// AWS Backup.
    pub fn backup(&mut self, path: &str) -> Answer {
        if path.starts_with("/tags/") {
            return answer("ListTags", json!({"Tags": tags()}));
        }
        let job = path.strip_prefix("/restore-jobs/").unwrap_or_default();
        if job.ends_with("/metadata") {
            let metadata = json!({"newBucket": "true"});
            return answer("GetRestoreJobMetadata", json!({"Metadata": metadata}));
        }
        let name = job.replace("%7E", "~").replace('~', "/");
        let here = |service: &str, name: &str| match service {
            "s3" => format!("arn:aws:s3:::{name}"),
            _ => format!("arn:aws:{service}:eu-west-1:{ACCOUNT}:{name}"),
        };
        let (service, recovery_point) = match name.split('/').next() {
            Some("volume") => ("ec2", "arn:aws:ec2:eu-west-1::snapshot/snap-1".to_owned()),
            Some("instance") => ("ec2", "arn:aws:ec2:eu-west-1::image/ami-1".to_owned()),
            Some("table") => ("dynamodb", here("backup", "recovery-point:1")),
            _ => ("s3", here("backup", "recovery-point:2")),
        };
        let job = json!({
            "AccountId": ACCOUNT,
            "RestoreJobId": job,
            "Status": "COMPLETED",
            "CompletionDate": 1_795_000_000.0,
            "RecoveryPointArn": recovery_point,
            "SourceResourceArn": here(service, &format!("{name}-source")),
            "CreatedResourceArn": here(service, &name),
        });
        answer("DescribeRestoreJob", job)
    }

    /// The Resource Groups Tagging API.
    pub fn tagging(&mut self, operation: &str, input: &Value) -> Answer {
        let arn = input.pointer("/ResourceARNList/0").and_then(Value::as_str);
        let arn = arn.unwrap_or_default();
        self.tagged.insert(last(arn).to_owned());
        answer(operation, json!({"FailedResourcesMap": {}}))
    }

    /// Amazon DynamoDB.
    pub fn dynamodb(&mut self, operation: &str, input: &Value) -> Answer {
        let arn = input["ResourceArn"].as_str().unwrap_or_default();
        let pairs = self.tags_of(last(arn)).into_iter();
        let list = pairs.map(|(key, value)| json!({"Key": key, "Value": value}));
        answer(operation, json!({"Tags": list.collect::<Vec<_>>()}))
    }

    /// Amazon S3's control plane.
    pub fn s3_control(&mut self, method: &str, path: &str) -> Answer {
        let bucket = path.rsplit("%3A").next().unwrap_or_default();
        if method == "POST" {
            self.tagged.insert(bucket.to_owned());
            return ("TagResource".to_owned(), Ok(String::new()));
        }
        let pairs = self.tags_of(bucket).into_iter();
        let list =
            pairs.map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
        let list = list.collect::<String>();
        let body =
            format!("<ListTagsForResourceResult><Tags>{list}</Tags></ListTagsForResourceResult>");
        ("ListTagsForResource".to_owned(), Ok(body))
    }

    /// Amazon EC2.
    pub fn ec2(&mut self, form: &str) -> Answer {
        let fields: Vec<(&str, &str)> = form
            .split('&')
            .filter_map(|it| it.split_once('='))
            .collect();
        let field = |name: &str| {
            fields
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, it)| *it)
        };
        let operation = field("Action").unwrap_or_default();
        let body = match operation {
            "DescribeTags" => {
                let ids = fields
                    .iter()
                    .filter(|(key, _)| key.starts_with("Filter.1.Value"));
                let items = ids.flat_map(|(_, id)| {
                    self.tags_of(id).into_iter().map(move |(key, value)| {
                        format!(
                            "<item><resourceId>{id}</resourceId><key>{key}</key>\
                             <value>{value}</value></item>"
                        )
                    })
                });
                format!("<tagSet>{}</tagSet>", items.collect::<String>())
            }
            "DescribeInstances" => "<reservationSet><item><instancesSet><item><blockDeviceMapping>\
                <item><ebs><volumeId>vol-2</volumeId></ebs></item>\
                <item><ebs><volumeId>vol-3</volumeId></ebs></item></blockDeviceMapping>\
                <networkInterfaceSet><item><networkInterfaceId>eni-1</networkInterfaceId></item>\
                </networkInterfaceSet></item></instancesSet></item></reservationSet>"
                .to_owned(),
            "DescribeVolumes" => "<volumeSet><item><volumeId>vol-2</volumeId>\
                <snapshotId>snap-2</snapshotId></item><item><volumeId>vol-3</volumeId>\
                <snapshotId>snap-3</snapshotId></item></volumeSet>"
                .to_owned(),
            _ => return (operation.to_owned(), Err("UnknownOperation")),
        };
        let body = format!("<{operation}Response>{body}</{operation}Response>");
        (operation.to_owned(), Ok(body))
    }

    /// Recovery points and sources have the tags, restored resources once they were written.
    fn tags_of(&self, id: &str) -> BTreeMap<String, String> {
        let has = ["snap-", "ami-"].iter().any(|it| id.starts_with(it)) || id.ends_with("-source");
        match has || self.tagged.contains(id) {
            true => tags(),
            false => BTreeMap::new(),
        }
    }
}

fn answer(operation: &str, body: Value) -> Answer {
    (operation.to_owned(), Ok(body.to_string()))
}

fn last(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or_default()
}

fn tags() -> BTreeMap<String, String> {
    (0..8)
        .map(|number| (format!("key-{number}"), format!("value-{number}")))
        .collect()
}
