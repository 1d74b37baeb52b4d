//! What the services do: AWS Backup's jobs, and tags by a dozen APIs on one store.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::request::{Asked, value};
use super::{ACCOUNT, REGION, Resource, State, Tags, Written};

/// What an answer carries.
pub(super) enum Body {
    Json(Value),
    Xml(String),
    Empty,
}

/// An error as the service words it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            code,
            message: message.into(),
        }
    }
}

type Reply = Result<Body, Refusal>;

impl State {
    /// Performs one operation for a process.
    pub(super) fn perform(&mut self, asked: &Asked, process: usize) -> Reply {
        let written = asked.tags();
        let arns = self.resources_of(asked);
        let tags = |arn: &String| self.resources.get(arn).map(|it| it.tags.clone());
        let before: Vec<_> = arns
            .iter()
            .map(|arn| (arn.clone(), tags(arn).unwrap_or_default()))
            .collect();
        let at = self.began.elapsed();
        let reply = self.perform_for(asked);
        for (arn, before) in before {
            if written.is_empty() {
                if asked.page() == 0 {
                    self.reads.insert((process, arn), (before, at));
                }
            } else if reply.is_ok()
                && written.iter().all(|(key, value)| {
                    self.resources.get(&arn).and_then(|it| it.tags.get(key)) == Some(value)
                })
            {
                let read = self.reads.get(&(process, arn.clone())).cloned();
                let tags = written.clone();
                self.writes.push(Written {
                    at,
                    arn,
                    tags,
                    before,
                    read,
                });
            }
        }
        reply
    }

    /// The resources whose tags a request reads or writes.
    fn resources_of(&self, asked: &Asked) -> Vec<String> {
        let about = asked.about();
        match asked.service {
            "backup" if asked.operation != "ListTags" => Vec::new(),
            "sqs" | "cloudwatch" | "events" => Vec::new(),
            "ec2" if asked.operation == "DescribeTags" => {
                let ids = asked
                    .form
                    .iter()
                    .filter(|(name, _)| name.starts_with("Filter.1.Value."));
                let found = ids.filter_map(|(_, id)| self.with_id(id));
                found.map(|(arn, _)| arn.clone()).collect()
            }
            "elasticfilesystem" => {
                let found = self.with_id(&about).into_iter();
                found.map(|(arn, _)| arn.clone()).collect()
            }
            "s3" => vec![format!("arn:aws:s3:::{about}")],
            _ => vec![about],
        }
    }

    fn perform_for(&mut self, asked: &Asked) -> Reply {
        let about = asked.about();
        let denied = self.denied.iter().any(|it| about.starts_with(it.as_str()));
        let denied = denied
            || self
                .denied
                .contains(&format!("{}:{}", asked.service, asked.operation));
        if denied && !(asked.service == "tagging" && asked.operation == "TagResources") {
            let code = match asked.service {
                "ec2" => "UnauthorizedOperation",
                "rds" | "redshift" | "s3" | "s3control" => "AccessDenied",
                _ => "AccessDeniedException",
            };
            return Err(Refusal::new(
                403,
                code,
                "is not authorized to perform the action",
            ));
        }
        match (asked.service, asked.operation.as_str()) {
            ("backup", "DescribeRestoreJob") => self.describe_restore_job(&about),
            ("backup", "ListRestoreJobs") => self.list_restore_jobs(asked),
            ("backup", "GetRestoreJobMetadata") => self.restore_job_metadata(&about),
            ("tagging", "TagResources") => self.tag_resources(asked, denied),
            ("tagging", "GetResources") => Ok(self.get_resources(&about)),
            ("ec2", "DescribeTags") => Ok(self.describe_ec2_tags(asked)),
            ("ec2", "DescribeInstances") => self.describe_instances(&about),
            ("ec2", "DescribeVolumes") => self.describe_volumes(asked),
            ("rds", "DescribeDBClusters") => self.describe_db_clusters(&about),
            ("dsql", "GetCluster") => self.get_dsql_cluster(&about),
            ("timestream", "DescribeEndpoints") => Ok(Body::Json(json!({ "Endpoints": [{
                "Address": format!("ingest-cell2.timestream.{REGION}.amazonaws.com"),
                "CachePeriodInMinutes": 1440 }] }))),
            ("s3control", _) if self.behaviour.old_s3.is_some() => {
                let (status, code) = self.behaviour.old_s3.unwrap_or_default();
                Err(Refusal::new(status, code, "not for this resource"))
            }
            ("sqs" | "cloudwatch" | "events", _) => self.own(asked),
            (_, "TagResource" | "AddTagsToResource") => {
                self.add_tags(&about, asked.tags())?;
                match asked.service {
                    "s3control" => Ok(Body::Empty),
                    _ => Ok(Body::Json(json!({}))),
                }
            }
            _ => self.list_tags(asked, &about),
        }
    }

    fn describe_restore_job(&self, id: &str) -> Reply {
        match self.jobs.get(id).filter(|_| !self.forgotten.contains(id)) {
            Some(job) => Ok(Body::Json(job.clone())),
            None => {
                let message = format!("Cannot find restore job {id}");
                Err(Refusal::new(400, "ResourceNotFoundException", message))
            }
        }
    }

    fn list_restore_jobs(&self, asked: &Asked) -> Reply {
        assert_eq!(value(&asked.query, "status"), Some("COMPLETED"));
        let after = value(&asked.query, "completeAfter").expect("a look-back");
        let after = chrono::DateTime::parse_from_rfc3339(after).unwrap();
        let after = after.timestamp() as f64;
        let listed = self.jobs.iter().filter(|(id, job)| {
            !self.unlisted.contains(*id)
                && job["Status"] == "COMPLETED"
                && job["CompletionDate"].as_f64().unwrap() > after
        });
        let listed: Vec<Value> = listed.map(|(_, job)| job.clone()).collect();
        let (page, next) = self.page(asked, &listed);
        let mut answer = json!({ "RestoreJobs": page });
        if let Some(next) = next {
            answer["NextToken"] = json!(next);
        }
        Ok(Body::Json(answer))
    }

    fn restore_job_metadata(&self, id: &str) -> Reply {
        match self.metadata.get(id) {
            Some(metadata) => Ok(Body::Json(
                json!({ "RestoreJobId": id, "Metadata": metadata }),
            )),
            None => {
                let message = "The metadata of this job cannot be read";
                Err(Refusal::new(400, "InvalidParameterValueException", message))
            }
        }
    }

    fn tag_resources(&mut self, asked: &Asked, denied: bool) -> Reply {
        if self.behaviour.enforce_rates && !self.allow() {
            return Err(Refusal::new(400, "ThrottledException", "Rate exceeded"));
        }
        let arn = asked.about();
        let tags = asked.tags();
        if asked.json["ResourceARNList"].as_array().unwrap().len() > 20 || tags.is_empty() {
            let message = "1 validation error detected";
            return Err(Refusal::new(400, "InvalidParameterException", message));
        }
        let failed = match self.add_tags(&arn, tags) {
            _ if denied => Some((403, "AccessDeniedException", "not authorized".to_owned())),
            Ok(()) => None,
            Err(refusal) => Some((refusal.status, refusal.code, refusal.message)),
        };
        let mut failures = Map::new();
        if let Some((status, code, message)) = failed {
            let failure =
                json!({ "StatusCode": status, "ErrorCode": code, "ErrorMessage": message });
            failures.insert(arn, failure);
        }
        Ok(Body::Json(json!({ "FailedResourcesMap": failures })))
    }

    /// Five writes a second.
    fn allow(&mut self) -> bool {
        let now = Instant::now();
        let (tokens, last) = self.bucket;
        let since = last.map_or(Duration::ZERO, |last| now - last);
        let tokens = (tokens + since.as_secs_f64() * 5.0).min(5.0);
        let allowed = tokens >= 1.0 - 1e-9;
        self.bucket = (if allowed { tokens - 1.0 } else { tokens }, Some(now));
        allowed
    }

    fn get_resources(&self, arn: &str) -> Body {
        let found = self.resources.get(arn).filter(|it| !it.tags.is_empty());
        let found: Vec<Value> = found
            .map(|it| json!({ "ResourceARN": arn, "Tags": pairs(&it.tags) }))
            .into_iter()
            .collect();
        Body::Json(json!({ "ResourceTagMappingList": found, "PaginationToken": "" }))
    }

    /// What every service does with new tags.
    fn add_tags(&mut self, arn: &str, new: Tags) -> Result<(), Refusal> {
        if self.denied.iter().any(|it| arn.starts_with(it.as_str())) {
            return Err(Refusal::new(403, "AccessDeniedException", "not authorized"));
        }
        if let Some(resource) = self.resources.get_mut(arn) {
            let quicker = std::mem::take(&mut self.behaviour.quicker);
            resource.tags.extend(quicker);
        }
        let most = self.behaviour.most_tags;
        let refused = &self.behaviour.refused_keys;
        let system = |key: &str| key.to_ascii_lowercase().starts_with("aws:");
        for (key, value) in &new {
            let rds = arn.contains(":rds:") && key.to_ascii_lowercase().starts_with("rds:");
            let sizes = (1..=128).contains(&key.chars().count()) && value.chars().count() <= 256;
            if system(key) || rds || !sizes || refused.contains(key) {
                // AWS's validation quotes what it refuses.
                let message = format!("Value '{value}' of a tag failed to satisfy constraint");
                return Err(Refusal::new(400, "InvalidParameterException", message));
            }
        }
        let Some(resource) = self.resources.get_mut(arn) else {
            return Err(not_found(arn));
        };
        let mut all = resource.tags.clone();
        all.extend(new);
        if all.keys().filter(|key| !system(key)).count() > most {
            let (status, code) = self.behaviour.full.unwrap_or_else(|| full(arn));
            let message = "You have exceeded the maximum number of tags";
            return Err(Refusal::new(status, code, message));
        }
        resource.tags = all;
        Ok(())
    }

    /// A resource's tags by its service's call, in the service's form.
    fn list_tags(&self, asked: &Asked, about: &str) -> Reply {
        let resource = match asked.service {
            "elasticfilesystem" => self.with_id(about).map(|(_, it)| it),
            "s3" => self.resources.get(&format!("arn:aws:s3:::{about}")),
            _ => self.resources.get(about),
        };
        let Some(resource) = resource else {
            return Err(not_found(about));
        };
        let tags = &resource.tags;
        let list = pairs(tags);
        let list = list.as_array().unwrap().as_slice();
        let paged = |token: &str| {
            let (page, next) = self.page(asked, list);
            let mut answer = json!({ "Tags": page });
            if let Some(next) = next {
                answer[token] = json!(next);
            }
            Body::Json(answer)
        };
        Ok(match asked.service {
            "backup" => {
                let (page, next) = self.page(asked, list);
                let page = page.iter().map(|tag| {
                    (
                        tag["Key"].as_str().unwrap().to_owned(),
                        tag["Value"].clone(),
                    )
                });
                let mut answer = json!({ "Tags": page.collect::<Map<_, _>>() });
                if let Some(next) = next {
                    answer["NextToken"] = json!(next);
                }
                Body::Json(answer)
            }
            "rds" => Body::Xml(format!(
                "<ListTagsForResourceResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
                 <ListTagsForResourceResult><TagList>{}</TagList></ListTagsForResourceResult>\
                 <ResponseMetadata/></ListTagsForResourceResponse>",
                xml(tags)
            )),
            "redshift" => {
                let tags = tags.iter().map(|(key, value)| {
                    let tag = xml(&Tags::from([(key.clone(), value.clone())]));
                    format!(
                        "<TaggedResource>{tag}<ResourceName>{about}</ResourceName>\
                         <ResourceType>cluster</ResourceType></TaggedResource>"
                    )
                });
                Body::Xml(format!(
                    "<DescribeTagsResponse xmlns=\"http://redshift.amazonaws.com/doc/2012-12-01/\">\
                     <DescribeTagsResult><TaggedResources>{}</TaggedResources>\
                     </DescribeTagsResult></DescribeTagsResponse>",
                    tags.collect::<String>()
                ))
            }
            "s3control" => Body::Xml(format!(
                "<ListTagsForResourceResult \
                 xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><Tags>{}</Tags>\
                 </ListTagsForResourceResult>",
                xml(tags)
            )),
            "s3" if tags.is_empty() => {
                let message = "The TagSet does not exist";
                return Err(Refusal::new(404, "NoSuchTagSet", message));
            }
            "s3" => Body::Xml(format!(
                "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>{}</TagSet>\
                 </Tagging>",
                xml(tags)
            )),
            "storagegateway" => paged("Marker"),
            "dynamodb" | "fsx" | "elasticfilesystem" => paged("NextToken"),
            "eks" | "dsql" | "ssm-sap" => Body::Json(json!({ "tags": tags })),
            "redshift-serverless" => {
                let tags = tags
                    .iter()
                    .map(|(key, value)| json!({ "key": key, "value": value }));
                Body::Json(json!({ "tags": tags.collect::<Vec<_>>() }))
            }
            "timestream" | "backup-gateway" => Body::Json(json!({ "Tags": list })),
            other => panic!("{other} has no {}", asked.operation),
        })
    }

    /// An EC2 or EFS resource by its id, whatever account its ARN names.
    fn with_id(&self, id: &str) -> Option<(&String, &Resource)> {
        let end = format!("/{id}");
        self.resources.iter().find(|(arn, _)| arn.ends_with(&end))
    }

    fn describe_ec2_tags(&self, asked: &Asked) -> Body {
        assert_eq!(value(&asked.form, "Filter.1.Name"), Some("resource-id"));
        let ids = asked
            .form
            .iter()
            .filter(|(name, _)| name.starts_with("Filter.1.Value."));
        let items = ids.flat_map(|(_, id)| {
            let tags = self
                .with_id(id)
                .map(|(_, it)| it.tags.clone())
                .unwrap_or_default();
            tags.into_iter().map(move |(key, value)| {
                let (key, value) = (escape(&key), escape(&value));
                format!(
                    "<item><resourceId>{id}</resourceId><resourceType>x</resourceType>\
                     <key>{key}</key><value>{value}</value></item>"
                )
            })
        });
        let items: Vec<String> = items.collect();
        let (page, next) = self.page(asked, &items);
        let next = next.map(|next| format!("<nextToken>{next}</nextToken>"));
        Body::Xml(format!(
            "<DescribeTagsResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <requestId>model</requestId><tagSet>{}</tagSet>{}</DescribeTagsResponse>",
            page.concat(),
            next.unwrap_or_default()
        ))
    }

    fn describe_instances(&self, id: &str) -> Reply {
        let Some((_, instance)) = self.with_id(id) else {
            let message = format!("The instance ID '{id}' does not exist");
            return Err(Refusal::new(400, "InvalidInstanceID.NotFound", message));
        };
        let volumes = instance.volumes.iter().map(|(volume, _)| {
            format!(
                "<item><deviceName>/dev/sda</deviceName><ebs><volumeId>{volume}</volumeId>\
                 <status>attached</status></ebs></item>"
            )
        });
        let interfaces = instance
            .interfaces
            .iter()
            .map(|it| format!("<item><networkInterfaceId>{it}</networkInterfaceId></item>"));
        Ok(Body::Xml(format!(
            "<DescribeInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <reservationSet><item><instancesSet><item><instanceId>{id}</instanceId>\
             <blockDeviceMapping>{}</blockDeviceMapping><networkInterfaceSet>{}\
             </networkInterfaceSet></item></instancesSet></item></reservationSet>\
             </DescribeInstancesResponse>",
            volumes.collect::<String>(),
            interfaces.collect::<String>()
        )))
    }

    fn describe_volumes(&self, asked: &Asked) -> Reply {
        let snapshots = self.resources.values().flat_map(|it| it.volumes.clone());
        let snapshots: Vec<_> = snapshots.collect();
        let ids = asked
            .form
            .iter()
            .filter(|(name, _)| name.starts_with("VolumeId."));
        let items = ids.map(|(_, id)| {
            let found = snapshots.iter().find(|(volume, _)| volume == id);
            let snapshot = found.and_then(|(_, it)| it.clone()).unwrap_or_default();
            format!("<item><volumeId>{id}</volumeId><snapshotId>{snapshot}</snapshotId></item>")
        });
        Ok(Body::Xml(format!(
            "<DescribeVolumesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <volumeSet>{}</volumeSet></DescribeVolumesResponse>",
            items.collect::<String>()
        )))
    }

    fn describe_db_clusters(&self, arn: &str) -> Reply {
        let Some(cluster) = self.resources.get(arn) else {
            return Err(not_found(arn));
        };
        let members = cluster.members.iter().map(|it| {
            format!(
                "<DBClusterMember><DBInstanceIdentifier>{it}</DBInstanceIdentifier>\
                 <IsClusterWriter>true</IsClusterWriter></DBClusterMember>"
            )
        });
        Ok(Body::Xml(format!(
            "<DescribeDBClustersResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\">\
             <DescribeDBClustersResult><DBClusters><DBCluster><DBClusterMembers>{}\
             </DBClusterMembers></DBCluster></DBClusters></DescribeDBClustersResult>\
             </DescribeDBClustersResponse>",
            members.collect::<String>()
        )))
    }

    fn get_dsql_cluster(&self, id: &str) -> Reply {
        let found = self.with_id(id);
        let Some((arn, cluster)) = found.filter(|(arn, _)| arn.contains(":dsql:")) else {
            return Err(Refusal::new(
                404,
                "ResourceNotFoundException",
                "no such cluster",
            ));
        };
        let mut answer = json!({ "identifier": id, "arn": arn, "status": "ACTIVE" });
        if !cluster.peers.is_empty() {
            answer["multiRegionProperties"] = json!({ "clusters": cluster.peers });
        }
        Ok(Body::Json(answer))
    }

    /// The part of a list that a request wants, and the token of the next part.
    pub(super) fn page<T: Clone>(&self, asked: &Asked, list: &[T]) -> (Vec<T>, Option<String>) {
        let first = asked.page();
        let size = self.behaviour.page_size;
        let page = list.iter().skip(first).take(size).cloned().collect();
        let next = (first + size < list.len()).then(|| format!("from:{}", first + size));
        (page, next)
    }
}

/// How a service says that a resource has no room for more tags: by its model's errors. Where that
/// has none for it (EFS, EKS, FSx, RDS, S3 and others) it is the one for a bad parameter, which is
/// not verified. DynamoDB's is what ScyllaDB's tests found on DynamoDB (test/alternator/test_tag.py).
fn full(arn: &str) -> (u16, &'static str) {
    match arn.split(':').nth(2).unwrap_or_default() {
        "ec2" => (400, "TagLimitExceeded"),
        "redshift" => (400, "TagLimitExceededFault"),
        "dsql" => (402, "ServiceQuotaExceededException"),
        "timestream" => (400, "ServiceQuotaExceededException"),
        "rds" => (400, "InvalidParameterValue"),
        "elasticfilesystem" | "fsx" | "s3" => (400, "BadRequest"),
        "eks" => (400, "BadRequestException"),
        "storagegateway" => (400, "InvalidGatewayRequestException"),
        _ => (400, "ValidationException"),
    }
}

/// How a service says that a resource is not there.
fn not_found(arn: &str) -> Refusal {
    let (status, code) = match arn.split(':').nth(2).unwrap_or_default() {
        "ec2" if arn.contains(":instance/") => (400, "InvalidInstanceID.NotFound"),
        "ec2" => (400, "InvalidVolume.NotFound"),
        "rds" if arn.contains(":cluster:") => (404, "DBClusterNotFoundFault"),
        "rds" if arn.contains("snapshot:") => (404, "DBSnapshotNotFound"),
        "rds" => (404, "DBInstanceNotFound"),
        "fsx" => (400, "ResourceNotFound"),
        "redshift" => (404, "ResourceNotFoundFault"),
        "eks" => (404, "NotFoundException"),
        "s3" => (404, "NoSuchBucket"),
        "storagegateway" => (400, "VolumeNotFound"),
        "" => (404, "FileSystemNotFound"),
        _ => (400, "ResourceNotFoundException"),
    };
    Refusal::new(status, code, format!("{ACCOUNT} has no {arn}"))
}

fn pairs(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({ "Key": key, "Value": value }))
        .collect()
}

fn xml(tags: &Tags) -> String {
    let tags = tags.iter().map(|(key, value)| {
        let (key, value) = (escape(key), escape(value));
        format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>")
    });
    tags.collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
