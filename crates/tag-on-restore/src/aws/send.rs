//! Calls to services without an SDK crate: the SDK's own machinery (signatures, retries, time
//! limits, connections) around a request written by hand.

use std::borrow::Cow;
use std::fmt;

use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{HttpSignatureType, SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use serde_json::Value;

use super::service::{Protocol, Service};

/// A request, without its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub method: &'static str,
    /// Path and query, encoded.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

/// What an operation is given, in the form that its service's protocol wants.
#[derive(Debug, Clone)]
pub(crate) enum Input {
    /// Parameters of the query protocol.
    Form(Vec<(String, String)>),
    /// The whole body.
    Json(Value),
    /// Nothing but a path.
    Get(String),
    /// A path and a body.
    Post(String, String),
}

impl Request {
    /// Writes a request for an operation.
    pub fn write(service: &Service, operation: &str, input: Input) -> Request {
        let post = |path: String, content_type: &str, body: String| Request {
            method: "POST",
            path,
            headers: vec![("content-type", content_type.to_string())],
            body,
        };
        match (input, service.protocol) {
            (Input::Get(path), _) => Request {
                method: "GET",
                path,
                headers: Vec::new(),
                body: String::new(),
            },
            (Input::Post(path, body), Protocol::RestXml) => post(path, "application/xml", body),
            (Input::Post(path, body), _) => post(path, "application/json", body),
            (Input::Form(parameters), protocol) => {
                let version = match protocol {
                    Protocol::Query(version) => version,
                    _ => "",
                };
                let first = [("Action", operation), ("Version", version)];
                let first = first.iter().map(|(name, value)| (*name, *value));
                let rest = parameters.iter().map(|(n, v)| (n.as_str(), v.as_str()));
                let body = form(first.chain(rest));
                post("/".into(), "application/x-www-form-urlencoded", body)
            }
            (Input::Json(body), protocol) => {
                let (version, target) = match protocol {
                    Protocol::Json { version, target } => (version, target),
                    _ => ("1.1", ""),
                };
                let content_type = format!("application/x-amz-json-{version}");
                let mut request = post("/".into(), &content_type, body.to_string());
                let target = format!("{target}.{operation}");
                request.headers.push(("x-amz-target", target));
                request
            }
        }
    }
}

/// `name=value&...`, encoded.
pub(super) fn form<'p>(parameters: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let pairs = parameters.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Percent-encodes everything that RFC 3986 does not call unreserved, the slash too.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Everything that one call needs beside its request.
pub(super) struct Way<'a> {
    pub service: &'static Service,
    pub operation: &'static str,
    /// Scheme and host.
    pub endpoint: &'a str,
    pub region: &'a str,
    pub limits: TimeoutConfig,
    pub sdk: &'a SdkConfig,
}

/// Sends a request, again if need be, and returns the answer's body.
pub(super) async fn send(
    way: Way<'_>,
    request: Request,
) -> Result<String, SdkError<Refusal, HttpResponse>> {
    let of_s3 = way.service.protocol == Protocol::RestXml;
    let mut operation = Operation::builder()
        .service_name(way.service.name)
        .operation_name(way.operation)
        .endpoint_url(way.endpoint)
        .timeout_config(way.limits.clone())
        .runtime_plugin(signing(&way, of_s3))
        .with_connection_poisoning()
        .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
        .retry_classifier(TransientErrorClassifier::<Refusal>::new())
        .retry_classifier(HttpStatusCodeClassifier::default());
    if let Some(http) = way.sdk.http_client() {
        operation = operation.http_client(http);
    }
    if let Some(sleep) = way.sdk.sleep_impl() {
        operation = operation.sleep_impl(sleep);
    }
    if let Some(time) = way.sdk.time_source() {
        operation = operation.time_source(time);
    }
    if let Some(retries) = way.sdk.retry_config() {
        operation = operation.standard_retry(retries);
    }
    operation
        .serializer(|request: Request| {
            let mut http = HttpRequest::new(SdkBody::from(request.body));
            http.set_method(request.method)?;
            http.set_uri(request.path)?;
            http.headers_mut().insert("user-agent", USER_AGENT);
            for (name, value) in request.headers {
                http.headers_mut().insert(name, value);
            }
            Ok(http)
        })
        .deserializer(read)
        .build()
        .invoke(request)
        .await
}

const USER_AGENT: &str = concat!("tag-on-restore/", env!("CARGO_PKG_VERSION"));

/// What signs a request and keeps the retries out of the SDK's quota.
fn signing(way: &Way<'_>, of_s3: bool) -> StaticRuntimePlugin {
    let mut options = SigningOptions::default();
    options.signature_type = HttpSignatureType::HttpRequestHeaders;
    options.double_uri_encode = !of_s3;
    options.normalize_uri_path = !of_s3;
    options.content_sha256_header = of_s3;
    let mut layer = Layer::new("signing");
    layer.store_put(AuthSchemeOptionResolverParams::new(()));
    layer.store_put(aws_client::retries_without_quota("tag-on-restore"));
    layer.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(Region::new(way.region.to_string()))),
        name: Some(SigningName::from(way.service.signing_name)),
        signing_options: options,
        ..SigV4OperationSigningConfig::default()
    });
    let mut components = RuntimeComponentsBuilder::new("signing")
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
            SCHEME_ID,
        ])));
    if let Some(credentials) = way.sdk.credentials_provider() {
        components = components.with_identity_resolver(SCHEME_ID, credentials);
    }
    StaticRuntimePlugin::new()
        .with_config(layer.freeze())
        .with_runtime_components(components)
}

/// A service's refusal.
#[derive(Debug)]
pub(super) struct Refusal(ErrorMetadata);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl ProvideErrorMetadata for Refusal {
    fn meta(&self) -> &ErrorMetadata {
        &self.0
    }
}

fn read(response: &HttpResponse) -> Result<String, OrchestratorError<Refusal>> {
    let body = response.body().bytes().map(String::from_utf8_lossy);
    let body = body.unwrap_or_default();
    match response.status().is_success() {
        true => Ok(body.into_owned()),
        false => Err(OrchestratorError::operation(refusal(
            response.headers().get("x-amzn-errortype"),
            body,
        ))),
    }
}

/// Reads a refusal, which services write in three ways: code and message in XML, in JSON, or the
/// code in a header.
fn refusal(header: Option<&str>, body: Cow<'_, str>) -> Refusal {
    let mut code = header.map(bare);
    let mut message = None;
    if let Ok(json) = serde_json::from_str::<Value>(&body) {
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| json.get(name)?.as_str());
            found.map(str::to_string)
        };
        code = code.or_else(|| text(&["__type", "code", "ErrorCode"]).as_deref().map(bare));
        message = text(&["message", "Message"]);
        // Storage Gateway has one code for everything, and the real one inside.
        let inner = json.pointer("/error/errorCode").and_then(Value::as_str);
        if let Some(inner) = inner {
            message = Some(format!("{inner}: {}", message.unwrap_or_default()));
        }
    } else if let Ok(xml) = roxmltree::Document::parse(&body) {
        let text = |name: &str| {
            let found = xml.descendants().find(|node| node.has_tag_name(name));
            found.and_then(|node| node.text()).map(str::to_string)
        };
        let named = |name: &str| text(name).or_else(|| local(&xml, name));
        code = code.or_else(|| named("Code"));
        message = named("Message");
    }
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = code {
        meta = meta.code(code);
    }
    if let Some(message) = message {
        meta = meta.message(message);
    }
    Refusal(meta.build())
}

/// The text of the first element with this name, in whatever namespace.
fn local(xml: &roxmltree::Document<'_>, name: &str) -> Option<String> {
    let mut nodes = xml.descendants();
    let node = nodes.find(|node| node.tag_name().name() == name)?;
    node.text().map(str::to_string)
}

/// `com.amazon.coral#Code:http://...` is `Code`.
fn bare(code: &str) -> String {
    let behind = code.rsplit('#').next().unwrap_or(code);
    let before = behind.split(':').next().unwrap_or(behind);
    before.to_string()
}
