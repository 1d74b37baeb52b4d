//! What a request asks, read from its bytes, and answers in its service's form. Panics on any
//! request that AWS would not take: unsigned, of a wrong protocol or version, to a wrong host.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::services::{Body, Refusal};
use super::{ACCOUNT, REGION, Tags};

/// A service: its name here, its host, its name in signatures, its protocol.
struct Service(&'static str, &'static str, &'static str, Protocol);

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Protocol {
    Query(&'static str),
    Json(&'static str, &'static str),
    RestJson,
    RestXml,
}
use Protocol::{Json, Query, RestJson, RestXml};

/// As AWS's service models (botocore) have them.
const SERVICES: [Service; 21] = [
    Service("backup", "backup.R.amazonaws.com", "backup", RestJson),
    Service(
        "tagging",
        "tagging.R.amazonaws.com",
        "tagging",
        Json("1.1", "ResourceGroupsTaggingAPI_20170126"),
    ),
    Service("ec2", "ec2.R.amazonaws.com", "ec2", Query("2016-11-15")),
    Service("rds", "rds.R.amazonaws.com", "rds", Query("2014-10-31")),
    Service(
        "redshift",
        "redshift.R.amazonaws.com",
        "redshift",
        Query("2012-12-01"),
    ),
    Service(
        "redshift-serverless",
        "redshift-serverless.R.amazonaws.com",
        "redshift-serverless",
        Json("1.1", "RedshiftServerless"),
    ),
    Service(
        "dynamodb",
        "dynamodb.R.amazonaws.com",
        "dynamodb",
        Json("1.0", "DynamoDB_20120810"),
    ),
    Service(
        "fsx",
        "fsx.R.amazonaws.com",
        "fsx",
        Json("1.1", "AWSSimbaAPIService_v20180301"),
    ),
    Service(
        "storagegateway",
        "storagegateway.R.amazonaws.com",
        "storagegateway",
        Json("1.1", "StorageGateway_20130630"),
    ),
    Service(
        "backup-gateway",
        "backup-gateway.R.amazonaws.com",
        "backup-gateway",
        Json("1.0", "BackupOnPremises_v20210101"),
    ),
    Service(
        "timestream-discovery",
        "ingest.timestream.R.amazonaws.com",
        "timestream",
        Json("1.0", "Timestream_20181101"),
    ),
    Service(
        "timestream",
        "ingest-cell2.timestream.R.amazonaws.com",
        "timestream",
        Json("1.0", "Timestream_20181101"),
    ),
    Service(
        "elasticfilesystem",
        "elasticfilesystem.R.amazonaws.com",
        "elasticfilesystem",
        RestJson,
    ),
    Service("eks", "eks.R.amazonaws.com", "eks", RestJson),
    Service("dsql", "dsql.R.api.aws", "dsql", RestJson),
    Service("ssm-sap", "ssm-sap.R.amazonaws.com", "ssm-sap", RestJson),
    Service("s3control", "A.s3-control.R.amazonaws.com", "s3", RestXml),
    Service("s3", "s3.R.amazonaws.com", "s3", RestXml),
    Service(
        "sqs",
        "sqs.R.amazonaws.com",
        "sqs",
        Json("1.0", "AmazonSQS"),
    ),
    Service(
        "cloudwatch",
        "monitoring.R.amazonaws.com",
        "monitoring",
        Json("1.0", "GraniteServiceVersion20100801"),
    ),
    Service(
        "events",
        "events.R.amazonaws.com",
        "events",
        Json("1.1", "AWSEvents"),
    ),
];

/// A request, understood.
#[derive(Debug)]
pub(super) struct Asked {
    pub service: &'static str,
    pub operation: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub form: Vec<(String, String)>,
    pub json: Value,
    pub body: String,
    protocol: &'static str,
}

impl Asked {
    pub fn read(request: &HttpRequest) -> Asked {
        let uri = request.uri();
        let rest = uri.strip_prefix("https://").expect("https");
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let header = |name: &str| request.headers().get(name).unwrap_or_default();
        let scope = header("authorization");
        let region = scope.split('/').nth(2).expect("a signed request");
        let hosted = |it: &Service| it.1.replace('R', region).replace('A', ACCOUNT);
        let service = SERVICES.iter().find(|it| hosted(it) == host);
        let service = service.unwrap_or_else(|| panic!("no service at {host}"));
        assert!(
            scope.contains(&format!("/{region}/{}/aws4_request", service.2)),
            "{host} would not take the signature {scope}"
        );
        assert!(region == REGION || service.0 == "dsql", "{host}");
        let body = request.body().bytes().map(String::from_utf8_lossy);
        let body = body.unwrap_or_default().into_owned();
        let form = pairs(&body);
        let content_type = header("content-type");
        let field = |name: &str| value(&form, name).unwrap_or_default().to_owned();
        let (operation, protocol) = match service.3 {
            Query(version) => {
                assert_eq!(content_type, "application/x-www-form-urlencoded");
                assert_eq!((request.method(), path), ("POST", "/"));
                assert_eq!(field("Version"), version, "{host}");
                (field("Action"), "query")
            }
            Json(version, target) => {
                assert_eq!(content_type, format!("application/x-amz-json-{version}"));
                assert_eq!((request.method(), path), ("POST", "/"));
                let (prefix, operation) = header("x-amz-target").split_once('.').expect("a target");
                assert_eq!(prefix, target, "{host}");
                (operation.to_owned(), "json")
            }
            RestJson => (rest_operation(service.0, request.method(), path), "json"),
            RestXml => {
                assert!(!header("x-amz-content-sha256").is_empty(), "{host}");
                if service.0 == "s3control" {
                    assert_eq!(header("x-amz-account-id"), ACCOUNT);
                }
                (rest_operation(service.0, request.method(), path), "xml")
            }
        };
        Asked {
            service: match service.0 {
                "timestream-discovery" => "timestream",
                other => other,
            },
            operation,
            path: decode(path),
            query: pairs(query),
            form,
            json: serde_json::from_str(&body).unwrap_or_default(),
            body,
            protocol,
        }
    }

    /// What the call is about: an ARN, an id, a job.
    pub fn about(&self) -> String {
        let member = |name: &str| self.json.get(name).and_then(Value::as_str);
        let named = ["ResourceArn", "resourceArn", "ResourceARN", "QueueUrl"];
        if let Some(arn) = named.iter().find_map(|name| member(name)) {
            return arn.to_owned();
        }
        if let Some(arn) = self
            .json
            .pointer("/ResourceARNList/0")
            .and_then(Value::as_str)
        {
            return arn.to_owned();
        }
        let fields = [
            "ResourceName",
            "DBClusterIdentifier",
            "InstanceId.1",
            "VolumeId.1",
            "Filter.1.Value.1",
        ];
        if let Some(found) = fields.iter().find_map(|name| value(&self.form, name)) {
            return found.to_owned();
        }
        let beginnings = [
            "/v20180820/tags/",
            "/tags/",
            "/2015-02-01/resource-tags/",
            "/cluster/",
            "/restore-jobs/",
            "/",
        ];
        let path = self.path.as_str();
        let found = beginnings.iter().find_map(|it| path.strip_prefix(it));
        let found = found.unwrap_or_default().trim_end_matches("/metadata");
        found.trim_end_matches('/').to_owned()
    }

    /// The tags that the call would write.
    pub fn tags(&self) -> Tags {
        let named = ["Tags", "tags"].iter().find_map(|name| self.json.get(name));
        match named {
            Some(Value::Object(map)) => map
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()))
                .collect(),
            Some(Value::Array(list)) => list
                .iter()
                .map(|tag| {
                    let text = |name| tag[name].as_str().unwrap().to_owned();
                    (text("Key"), text("Value"))
                })
                .collect(),
            _ if self.operation == "TagResource" => {
                let document = roxmltree::Document::parse(&self.body).expect("XML");
                let root = document.root_element().tag_name();
                assert_eq!(root.name(), "TagResourceRequest");
                let namespace = "http://awss3control.amazonaws.com/doc/2018-08-20/";
                assert_eq!(root.namespace(), Some(namespace));
                let texts = |name: &'static str| {
                    let nodes = document.descendants();
                    let nodes = nodes.filter(move |node| node.tag_name().name() == name);
                    nodes.map(|node| node.text().unwrap_or_default().to_owned())
                };
                texts("Key").zip(texts("Value")).collect()
            }
            _ => Tags::new(),
        }
    }

    pub fn page(&self) -> usize {
        let tokens = ["NextToken", "Marker"];
        let json = tokens.iter().find_map(|it| self.json.get(it)?.as_str());
        let form = || tokens.iter().find_map(|it| value(&self.form, it));
        let names = ["nextToken", "NextToken"];
        let query = || names.iter().find_map(|it| value(&self.query, it));
        let token = json.or_else(form).or_else(query);
        token.map_or(0, |token| {
            token.strip_prefix("from:").unwrap().parse().unwrap()
        })
    }

    pub fn respond(&self, reply: Result<Body, Refusal>) -> HttpResponse {
        let (status, kind, body) = match (reply, self.protocol) {
            (Ok(Body::Json(body)), _) => (200, "application/json", body.to_string()),
            (Ok(Body::Xml(body)), _) => (200, "text/xml", body),
            (Ok(Body::Empty), _) => (204, "text/xml", String::new()),
            (Err(it), "json") => {
                let mut body = json!({ "__type": format!("com.amazon.coral#{}", it.code),
                    "message": it.message });
                if self.service == "storagegateway" && it.code == "VolumeNotFound" {
                    body = json!({ "__type": "InvalidGatewayRequestException",
                        "message": it.message, "error": { "errorCode": it.code } });
                }
                (it.status, "application/json", body.to_string())
            }
            (Err(it), _) => {
                let (code, message) = (it.code, it.message);
                let error =
                    format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
                let body = match self.service {
                    "ec2" => format!("<Response><Errors>{error}</Errors></Response>"),
                    "s3" => error,
                    _ => format!("<ErrorResponse xmlns=\"urn:x\">{error}</ErrorResponse>"),
                };
                (it.status, "text/xml", body)
            }
        };
        let status = StatusCode::try_from(status).unwrap();
        let mut response = HttpResponse::new(status, SdkBody::from(body));
        response.headers_mut().insert("content-type", kind);
        response
    }
}

/// The operation behind a method and a path.
fn rest_operation(service: &str, method: &str, path: &str) -> String {
    let begins = |beginning: &str| path.starts_with(beginning) && path.len() > beginning.len();
    let operation = match (service, method) {
        ("backup", "GET") if path == "/restore-jobs/" || path == "/restore-jobs" => {
            "ListRestoreJobs"
        }
        ("backup", "GET") if path.ends_with("/metadata") => "GetRestoreJobMetadata",
        ("backup", "GET") if begins("/restore-jobs/") => "DescribeRestoreJob",
        ("backup", "GET") if begins("/tags/") => "ListTags",
        ("elasticfilesystem", "GET") if begins("/2015-02-01/resource-tags/") => {
            "ListTagsForResource"
        }
        ("eks" | "dsql" | "ssm-sap", "GET") if begins("/tags/") => "ListTagsForResource",
        ("dsql" | "ssm-sap", "POST") if begins("/tags/") => "TagResource",
        ("dsql", "GET") if begins("/cluster/") => "GetCluster",
        ("s3control", "GET") if begins("/v20180820/tags/") => "ListTagsForResource",
        ("s3control", "POST") if begins("/v20180820/tags/") => "TagResource",
        ("s3", "GET") if path.len() > 1 => "GetBucketTagging",
        _ => panic!("{service} has no {method} {path}"),
    };
    operation.to_owned()
}

pub(super) fn value<'p>(pairs: &'p [(String, String)], name: &str) -> Option<&'p str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, it)| it.as_str())
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first == b'%' {
            let (hex, after) = rest.split_at(2);
            bytes.push(u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap());
            rest = after;
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap()
}
