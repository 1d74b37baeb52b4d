//! Requests as the protocols of AWS write them.

use serde_json::Value;

use crate::service::{Protocol, Service};

/// A request, without its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path and query, encoded.
    pub path: String,
    /// Beside those that the signature adds.
    pub headers: Vec<(&'static str, String)>,
    /// Empty if there is none.
    pub body: String,
}

/// What an operation is given, in the form that its service's protocol wants.
#[derive(Debug, Clone)]
pub enum Input {
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
fn form<'p>(parameters: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let pairs = parameters.map(|(name, value)| format!("{}={}", encode(name), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Percent-encodes everything that RFC 3986 does not call unreserved, the slash too.
pub fn encode(text: &str) -> String {
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
