//! A service that is called without an SDK crate of its own.

/// A service, as AWS's published model (botocore, smithy) describes it.
#[derive(Debug)]
pub struct Service {
    /// The service's name in `AWS_ENDPOINT_URL_<name>`.
    pub name: &'static str,
    /// Its host, with `{account}`, `{region}` and the partition's `{suffix}` or `{dual-stack}` one.
    pub host: &'static str,
    /// The service's name in signatures.
    pub signing_name: &'static str,
    /// How it wants to be spoken to.
    pub protocol: Protocol,
}

/// How requests and answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// A form with `Action` and this `Version`, answered in XML.
    Query(&'static str),
    /// JSON, with the operation in a header behind this prefix.
    Json {
        /// `1.0` or `1.1`.
        version: &'static str,
        /// Before the dot in `x-amz-target`.
        target: &'static str,
    },
    /// JSON, with the operation in method and path.
    RestJson,
    /// XML, with the operation in method and path, signed as S3 wants it.
    RestXml,
}

impl Service {
    /// Its address, once each of these placeholders has its value.
    pub fn url(&self, values: &[(&str, &str)]) -> String {
        let mut host = self.host.to_string();
        for (name, value) in values {
            host = host.replace(&format!("{{{name}}}"), value);
        }
        format!("https://{host}")
    }
}
