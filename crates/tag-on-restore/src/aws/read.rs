//! Everything that is read from AWS: jobs, tags, and what a resource is made of. All pages, always.

use aws_client::CallError;
use aws_client::request::{Input, encode};
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answers::{json_tags, xml_children, xml_tags, xml_text};
use super::operations::{
    BACKUP_GATEWAY_LIST_TAGS, DSQL_GET_CLUSTER, DSQL_LIST_TAGS, DYNAMODB_LIST_TAGS,
    EC2_DESCRIBE_INSTANCES, EC2_DESCRIBE_TAGS, EC2_DESCRIBE_VOLUMES, EFS_LIST_TAGS, EKS_LIST_TAGS,
    FSX_LIST_TAGS, RDS_DESCRIBE_CLUSTERS, RDS_LIST_TAGS, REDSHIFT_DESCRIBE_TAGS,
    REDSHIFT_SERVERLESS_LIST_TAGS, S3_GET_BUCKET_TAGGING, S3_LIST_TAGS, SSM_SAP_LIST_TAGS,
    STORAGE_GATEWAY_LIST_TAGS, TIMESTREAM_LIST_TAGS,
};
use super::{Operation, json as parse, xml};
use crate::failure::{self, Class};
use crate::recovery_point::{TagsOf, ec2_id};
use crate::route::Read;
use crate::{Arn, Aws, Tags};

/// Most values of one filter of EC2 (DescribeTags, API reference).
const FILTER_VALUES: usize = 200;

/// What an instance is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instance {
    /// Volumes, each with the snapshot that it was made from.
    pub volumes: Vec<(Arn, Option<String>)>,
    /// Network interfaces.
    pub interfaces: Vec<Arn>,
}

impl Aws {
    /// The tags of a recovery point.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn recovery_point_tags(&self, arn: &Arn, how: TagsOf) -> Result<Tags, CallError> {
        match how {
            TagsOf::Backup => self.backup_tags(arn).await,
            TagsOf::Ec2 => self.read_tags(arn, Read::Ec2).await,
            TagsOf::Rds => self.read_tags(arn, Read::Rds).await,
            TagsOf::Fsx => self.read_tags(arn, Read::Fsx).await,
            TagsOf::Redshift => self.read_tags(arn, Read::Redshift).await,
            TagsOf::RedshiftServerless => {
                let input = json!({ "resourceArn": arn.to_string() });
                let operation = &REDSHIFT_SERVERLESS_LIST_TAGS;
                self.json_tags(operation, arn, Input::Json(input)).await
            }
            TagsOf::Nothing => Ok(Tags::new()),
            TagsOf::TaggingApi => self.read_tags(arn, Read::TaggingApi).await,
        }
    }

    async fn backup_tags(&self, arn: &Arn) -> Result<Tags, CallError> {
        let mut tags = Tags::new();
        let mut token = None;
        loop {
            let call = self.backup().list_tags().resource_arn(arn.to_string());
            let output = call
                .set_next_token(token)
                .customize()
                .config_override(self.backup_limits())
                .send()
                .await
                .map_err(|error| CallError::new("backup:ListTags", &error))?;
            tags.extend(output.tags.unwrap_or_default());
            token = output.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(tags);
            }
        }
    }

    /// The tags of a resource, as its service knows them.
    ///
    /// # Errors
    /// When a call fails. What EC2 does not know has no tags.
    pub async fn read_tags(&self, arn: &Arn, how: Read) -> Result<Tags, CallError> {
        let text = arn.to_string();
        let path = |prefix: &str| Input::Get(format!("{prefix}{}", encode(&text)));
        match how {
            Read::Ec2 => {
                let id = ec2_id(arn).to_string();
                let found = self.ec2_tags(arn, std::slice::from_ref(&id)).await?;
                Ok(found.into_values().next().unwrap_or_default())
            }
            Read::Rds => {
                let input = Input::Form(vec![("ResourceName".into(), text)]);
                self.xml_tags(&RDS_LIST_TAGS, arn, input).await
            }
            Read::Redshift => self.redshift_tags(arn).await,
            Read::S3 => self.bucket_tags(arn).await,
            Read::TaggingApi => self.indexed_tags(arn).await,
            Read::Dsql => self.json_tags(&DSQL_LIST_TAGS, arn, path("/tags/")).await,
            Read::Eks => self.json_tags(&EKS_LIST_TAGS, arn, path("/tags/")).await,
            Read::SsmSap => {
                self.json_tags(&SSM_SAP_LIST_TAGS, arn, path("/tags/"))
                    .await
            }
            Read::Efs => self.file_system_tags(arn).await,
            Read::DynamoDb => {
                self.paged_tags(&DYNAMODB_LIST_TAGS, arn, "ResourceArn", "NextToken")
                    .await
            }
            Read::Fsx => {
                self.paged_tags(&FSX_LIST_TAGS, arn, "ResourceARN", "NextToken")
                    .await
            }
            Read::StorageGateway => {
                self.paged_tags(&STORAGE_GATEWAY_LIST_TAGS, arn, "ResourceARN", "Marker")
                    .await
            }
            Read::Timestream => {
                let input = Input::Json(json!({ "ResourceARN": text }));
                self.json_tags(&TIMESTREAM_LIST_TAGS, arn, input).await
            }
            Read::BackupGateway => {
                let input = Input::Json(json!({ "ResourceArn": text }));
                self.json_tags(&BACKUP_GATEWAY_LIST_TAGS, arn, input).await
            }
        }
    }

    async fn json_tags(
        &self,
        operation: &Operation,
        arn: &Arn,
        input: Input,
    ) -> Result<Tags, CallError> {
        let answer = self.call(operation, arn, input).await?;
        tags_in(operation, &parse(operation, &answer)?)
    }

    async fn xml_tags(
        &self,
        operation: &Operation,
        arn: &Arn,
        input: Input,
    ) -> Result<Tags, CallError> {
        let answer = self.call(operation, arn, input).await?;
        Ok(xml_tags(&xml(operation, &answer)?))
    }

    /// Tags that come in pages of JSON, the token of the next page in `token`.
    async fn paged_tags(
        &self,
        operation: &Operation,
        arn: &Arn,
        resource: &str,
        token: &str,
    ) -> Result<Tags, CallError> {
        let mut tags = Tags::new();
        let mut input = json!({ resource: arn.to_string() });
        loop {
            let answer = self
                .call(operation, arn, Input::Json(input.clone()))
                .await?;
            let answer = parse(operation, &answer)?;
            tags.extend(tags_in(operation, &answer)?);
            match next(&answer, token) {
                Some(next) => input = json!({ resource: arn.to_string(), token: next }),
                None => return Ok(tags),
            }
        }
    }

    async fn file_system_tags(&self, arn: &Arn) -> Result<Tags, CallError> {
        let id = arn.after("file-system/").unwrap_or_default();
        let path = format!("/2015-02-01/resource-tags/{}", encode(id));
        let mut tags = Tags::new();
        let mut page = path.clone();
        loop {
            let answer = self.call(&EFS_LIST_TAGS, arn, Input::Get(page)).await?;
            let answer = parse(&EFS_LIST_TAGS, &answer)?;
            tags.extend(tags_in(&EFS_LIST_TAGS, &answer)?);
            match next(&answer, "NextToken") {
                Some(token) => page = format!("{path}?NextToken={}", encode(&token)),
                None => return Ok(tags),
            }
        }
    }

    async fn redshift_tags(&self, arn: &Arn) -> Result<Tags, CallError> {
        // AWS takes no Marker together with a ResourceName, and returns no more than 50 tags.
        let input = Input::Form(vec![("ResourceName".into(), arn.to_string())]);
        self.xml_tags(&REDSHIFT_DESCRIBE_TAGS, arn, input).await
    }

    /// A bucket's tags: by the newer call, which knows every kind of bucket, and by the older one
    /// where the newer one does not work.
    async fn bucket_tags(&self, arn: &Arn) -> Result<Tags, CallError> {
        let path = format!("/v20180820/tags/{}", encode(&arn.to_string()));
        let error = match self.xml_tags(&S3_LIST_TAGS, arn, Input::Get(path)).await {
            Ok(tags) => return Ok(tags),
            Err(error) => error,
        };
        match failure::classify(&error, 1) {
            Class::Permanent | Class::Invalid => {}
            _ => return Err(error),
        }
        let path = format!("/{}?tagging", encode(&arn.resource));
        let input = Input::Get(path);
        match self.xml_tags(&S3_GET_BUCKET_TAGGING, arn, input).await {
            Err(error) if error.code.as_deref() == Some("NoSuchTagSet") => Ok(Tags::new()),
            answer => answer,
        }
    }

    /// Tags as the Resource Groups Tagging API has them in its index, which lags behind by seconds
    /// and does not list what was never tagged: nothing found means nothing known. So only for
    /// what has no other way.
    async fn indexed_tags(&self, arn: &Arn) -> Result<Tags, CallError> {
        let call = self.tagging().get_resources();
        let output = call
            .resource_arn_list(arn.to_string())
            .customize()
            .config_override(self.tagging_limits())
            .send()
            .await
            .map_err(|error| CallError::new("tag:GetResources", &error))?;
        let found = output.resource_tag_mapping_list.unwrap_or_default();
        let tags = found.into_iter().flat_map(|it| it.tags.unwrap_or_default());
        Ok(tags.map(|tag| (tag.key, tag.value)).collect())
    }

    /// The tags of EC2 resources by their ids, in the Region and account of `about`. A resource
    /// without tags is not in the answer.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn ec2_tags(
        &self,
        about: &Arn,
        ids: &[String],
    ) -> Result<BTreeMap<String, Tags>, CallError> {
        let mut found: BTreeMap<String, Tags> = BTreeMap::new();
        for ids in ids.chunks(FILTER_VALUES) {
            let mut filter = vec![("Filter.1.Name".to_string(), "resource-id".to_string())];
            let values = ids.iter().enumerate();
            filter.extend(values.map(|(n, id)| (format!("Filter.1.Value.{}", n + 1), id.clone())));
            self.ec2_pages(&EC2_DESCRIBE_TAGS, about, filter, |document| {
                for item in xml_children(document, "tagSet") {
                    let text = |name| xml_text(item, name).unwrap_or_default().to_string();
                    let tags = found.entry(text("resourceId")).or_default();
                    tags.insert(text("key"), text("value"));
                }
            })
            .await?;
        }
        Ok(found)
    }

    /// What an instance is made of.
    ///
    /// # Errors
    /// When a call fails, or the instance is not there.
    pub async fn instance(&self, arn: &Arn) -> Result<Instance, CallError> {
        let mut volumes: Vec<String> = Vec::new();
        let mut instance = Instance::default();
        let input = vec![("InstanceId.1".to_string(), ec2_id(arn).to_string())];
        self.ec2_pages(&EC2_DESCRIBE_INSTANCES, arn, input, |document| {
            for node in document.descendants() {
                match node.tag_name().name() {
                    "ebs" => volumes.extend(xml_text(node, "volumeId").map(str::to_string)),
                    "networkInterfaceId" => {
                        let id = node.text().unwrap_or_default();
                        let interface = arn.sibling(format!("network-interface/{id}"));
                        instance.interfaces.push(interface);
                    }
                    _ => {}
                }
            }
        })
        .await?;
        if volumes.is_empty() {
            return Ok(instance);
        }
        let ids = volumes.iter().enumerate();
        let input = ids.map(|(n, id)| (format!("VolumeId.{}", n + 1), id.clone()));
        let input = input.collect();
        self.ec2_pages(&EC2_DESCRIBE_VOLUMES, arn, input, |document| {
            for item in xml_children(document, "volumeSet") {
                let snapshot = xml_text(item, "snapshotId");
                if let Some(id) = xml_text(item, "volumeId") {
                    let volume = arn.sibling(format!("volume/{id}"));
                    instance
                        .volumes
                        .push((volume, snapshot.map(str::to_string)));
                }
            }
        })
        .await?;
        Ok(instance)
    }

    async fn ec2_pages(
        &self,
        operation: &Operation,
        about: &Arn,
        input: Vec<(String, String)>,
        mut each: impl FnMut(&roxmltree::Document<'_>),
    ) -> Result<(), CallError> {
        let mut page = input.clone();
        loop {
            let answer = self.call(operation, about, Input::Form(page)).await?;
            let document = xml(operation, &answer)?;
            each(&document);
            match xml_text(document.root_element(), "nextToken") {
                Some(token) => {
                    page = input.clone();
                    page.push(("NextToken".into(), token.to_string()));
                }
                None => return Ok(()),
            }
        }
    }

    /// The members of a database cluster.
    ///
    /// # Errors
    /// When the call fails, or the cluster is not there.
    pub async fn cluster_members(&self, arn: &Arn) -> Result<Vec<Arn>, CallError> {
        // The identifier may be an ARN, and engines that share the API answer to it too.
        let input = vec![("DBClusterIdentifier".to_string(), arn.to_string())];
        let operation = &RDS_DESCRIBE_CLUSTERS;
        let answer = self.call(operation, arn, Input::Form(input)).await?;
        let document = xml(operation, &answer)?;
        let members = document.descendants();
        let ids = members.filter(|node| node.tag_name().name() == "DBInstanceIdentifier");
        let ids = ids.filter_map(|node| node.text());
        Ok(ids.map(|id| arn.sibling(format!("db:{id}"))).collect())
    }

    /// The clusters in other Regions that a multi-Region cluster belongs together with.
    ///
    /// # Errors
    /// When the call fails, or the cluster is not there.
    pub async fn peer_clusters(&self, arn: &Arn) -> Result<Vec<Arn>, CallError> {
        let id = arn.after("cluster/").unwrap_or_default();
        let input = Input::Get(format!("/cluster/{}", encode(id)));
        let answer = self.call(&DSQL_GET_CLUSTER, arn, input).await?;
        let answer = parse(&DSQL_GET_CLUSTER, &answer)?;
        let peers = answer.pointer("/multiRegionProperties/clusters");
        let peers = peers.and_then(Value::as_array).into_iter().flatten();
        let peers = peers.filter_map(|peer| Arn::parse(peer.as_str()?));
        Ok(peers.filter(|peer| peer != arn).collect())
    }

    pub(super) fn backup_limits(&self) -> aws_sdk_backup::config::Builder {
        aws_sdk_backup::config::Builder::new().timeout_config(self.limits())
    }

    pub(crate) fn tagging_limits(&self) -> aws_sdk_resourcegroupstagging::config::Builder {
        aws_sdk_resourcegroupstagging::config::Builder::new().timeout_config(self.limits())
    }
}

fn tags_in(operation: &Operation, answer: &Value) -> Result<Tags, CallError> {
    json_tags(answer).ok_or_else(|| operation.unreadable("its tags are of no known form"))
}

fn next(answer: &Value, token: &str) -> Option<String> {
    let token = answer.get(token)?.as_str()?;
    (!token.is_empty()).then(|| token.to_string())
}
