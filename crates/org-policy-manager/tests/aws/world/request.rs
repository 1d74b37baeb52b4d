//! One request as the services read it, and the response in the service's own protocol.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::operations::Refusal;

/// What a service has to say.
pub(super) enum Reply {
    Json(Value),
    Xml(String),
    Object { text: String, version: String },
}

/// A request as the services read it.
pub(super) struct Asked {
    pub service: &'static str,
    pub operation: String,
    pub path: String,
    /// JSON members, or for S3 what the URL says.
    pub input: Value,
    pub form: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub content_type: Option<String>,
    pub access_key: Option<String>,
}

impl Asked {
    pub(super) fn read(request: &HttpRequest) -> Asked {
        let url = url::Url::parse(request.uri()).unwrap();
        let host = url.host_str().unwrap().to_owned();
        let body = request.body().bytes().expect("a body in memory").to_vec();
        let header = |name: &str| request.headers().get(name).map(str::to_owned);
        let key = header("authorization").and_then(|it| {
            Some(
                it.split_once("Credential=")?
                    .1
                    .split_once('/')?
                    .0
                    .to_owned(),
            )
        });
        let mut asked = Asked {
            service: "unknown",
            operation: String::new(),
            path: url.path().to_owned(),
            input: Value::Null,
            form: Vec::new(),
            content_type: header("content-type"),
            access_key: key,
            body,
        };
        if host.starts_with("cloudformation-custom-resource-response-") {
            asked.service = "cloudformation";
            asked.operation = format!("{} answer", request.method());
        } else if let Some(target) = header("x-amz-target") {
            let (service, operation) = target.split_once('.').unwrap();
            asked.service = match service {
                "AWSOrganizationsV20161128" => "organizations",
                "AmazonSSM" => "ssm",
                "AWSEvents" => "events",
                _ => "unknown",
            };
            asked.operation = operation.to_owned();
            asked.input = serde_json::from_slice(&asked.body).unwrap();
        } else if host.starts_with("sts.") || host.starts_with("cloudformation.") {
            asked.service = match host.starts_with("sts.") {
                true => "sts",
                false => "cloudformation",
            };
            asked.form = url::form_urlencoded::parse(&asked.body)
                .into_owned()
                .collect();
            asked.operation = asked
                .form
                .iter()
                .find(|(key, _)| key == "Action")
                .unwrap()
                .1
                .clone();
        } else if host.contains("s3.") {
            asked.service = "s3";
            asked.operation = "GetObject".to_owned();
            asked.input = object_named(&host, &url);
        } else {
            asked.operation = format!("{} {host}", request.method());
        }
        asked
    }

    /// The first of these members that the request has.
    pub(super) fn member(&self, names: &[&str]) -> Option<String> {
        names
            .iter()
            .find_map(|name| self.input[name].as_str().map(str::to_owned))
    }

    /// The response in the service's protocol, and a word for the log.
    pub(super) fn respond(&self, reply: Result<Reply, Refusal>) -> (String, HttpResponse) {
        match reply {
            Ok(Reply::Json(Value::Null)) => ("ok".to_owned(), response(200, String::new())),
            Ok(Reply::Json(value)) => ("ok".to_owned(), response(200, value.to_string())),
            Ok(Reply::Xml(text)) => ("ok".to_owned(), response(200, text)),
            Ok(Reply::Object { text, version }) => {
                let mut response = response(200, text);
                response.headers_mut().insert("x-amz-version-id", version);
                ("ok".to_owned(), response)
            }
            Err(refusal) => (refusal.code.to_owned(), self.refuse(&refusal)),
        }
    }

    fn refuse(&self, refusal: &Refusal) -> HttpResponse {
        let Refusal {
            status,
            code,
            message,
            reason,
        } = refusal;
        let text = match self.service {
            "organizations" | "ssm" | "events" => {
                let mut body = json!({ "__type": code, "Message": message });
                if let Some(reason) = reason {
                    body["Reason"] = json!(reason);
                }
                body.to_string()
            }
            "sts" | "cloudformation" if !self.form.is_empty() => format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
                 <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>model</RequestId></ErrorResponse>"
            ),
            _ => format!(
                "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message>\
                 <RequestId>model</RequestId></Error>"
            ),
        };
        response(*status, text)
    }
}

/// Bucket, key and version of a GetObject, by virtual host or by path.
fn object_named(host: &str, url: &url::Url) -> Value {
    let path = percent_decoded(url.path().trim_start_matches('/'));
    let (bucket, key) = match host.strip_prefix("s3.") {
        Some(_) => path
            .split_once('/')
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .unwrap(),
        None => (host.split_once(".s3.").unwrap().0.to_owned(), path),
    };
    let version = url.query_pairs().find(|(name, _)| name == "versionId");
    json!({ "Bucket": bucket, "Key": key, "VersionId": version.map(|(_, it)| it.into_owned()) })
}

fn percent_decoded(path: &str) -> String {
    // A `+` of a path stands for itself; the form decoder would make it a space.
    let form = format!("path={}", path.replace('+', "%2B").replace('&', "%26"));
    let mut pairs = url::form_urlencoded::parse(form.as_bytes());
    pairs.next().unwrap().1.into_owned()
}

fn response(status: u16, body: String) -> HttpResponse {
    HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
}
