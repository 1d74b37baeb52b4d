//! Calls to services without an SDK crate: the SDK's own machinery (signatures, retries, time
//! limits, connections) around a request written by hand.

use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{HttpSignatureType, SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::interceptors::context::{Error, Output};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::DeserializeResponse;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};

use crate::refusal::Refusal;
use crate::request::Request;
use crate::retries_without_quota;
use crate::service::{Protocol, Service};

/// Everything that one call needs beside its request.
#[derive(Debug)]
pub struct Call<'a> {
    /// Who calls: the name in `user-agent`.
    pub program: &'static str,
    /// Who is called.
    pub service: &'static Service,
    /// What for: a name for the SDK's own records.
    pub operation: &'static str,
    /// Scheme and host.
    pub endpoint: &'a str,
    /// The Region that the request is signed for.
    pub region: &'a str,
    /// When the call ends, its retries included.
    pub limits: TimeoutConfig,
    /// The largest body, in bytes, that is read of a good answer.
    pub largest: usize,
    /// HTTP client, credentials and retries.
    pub sdk: &'a SdkConfig,
}

/// What came back from a call that the service did not refuse.
#[derive(Debug)]
pub enum Answer {
    /// The answer's body.
    Body(Vec<u8>),
    /// The body is larger than [`Call::largest`]. When the answer announced it, it was not read.
    TooLarge,
}

impl Call<'_> {
    /// Sends a request, again if need be.
    ///
    /// # Errors
    /// The service's refusal, or what went wrong on the way, after all attempts.
    pub async fn send(self, request: Request) -> Result<Answer, SdkError<Refusal, HttpResponse>> {
        let mut operation = Operation::builder()
            .service_name(self.service.name)
            .operation_name(self.operation)
            .endpoint_url(self.endpoint)
            .timeout_config(self.limits.clone())
            .runtime_plugin(self.signing())
            .with_connection_poisoning()
            .retry_classifier(AwsErrorCodeClassifier::<Refusal>::new())
            .retry_classifier(TransientErrorClassifier::<Refusal>::new())
            .retry_classifier(HttpStatusCodeClassifier::default());
        if let Some(http) = self.sdk.http_client() {
            operation = operation.http_client(http);
        }
        if let Some(sleep) = self.sdk.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        if let Some(time) = self.sdk.time_source() {
            operation = operation.time_source(time);
        }
        if let Some(retries) = self.sdk.retry_config() {
            operation = operation.standard_retry(retries);
        }
        let user_agent = format!("{}/{}", self.program, env!("CARGO_PKG_VERSION"));
        operation
            .serializer(move |request: Request| {
                let mut http = HttpRequest::new(SdkBody::from(request.body));
                http.set_method(request.method)?;
                http.set_uri(request.path)?;
                http.headers_mut().insert("user-agent", user_agent.clone());
                for (name, value) in request.headers {
                    http.headers_mut().insert(name, value);
                }
                Ok(http)
            })
            .deserializer_impl::<Answer, Refusal>(Reader {
                largest: self.largest,
            })
            .build()
            .invoke(request)
            .await
    }

    /// What signs a request and keeps the retries out of the SDK's quota.
    fn signing(&self) -> StaticRuntimePlugin {
        let of_s3 = self.service.protocol == Protocol::RestXml;
        let mut options = SigningOptions::default();
        options.signature_type = HttpSignatureType::HttpRequestHeaders;
        options.double_uri_encode = !of_s3;
        options.normalize_uri_path = !of_s3;
        options.content_sha256_header = of_s3;
        let mut layer = Layer::new("signing");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(retries_without_quota(self.program));
        layer.store_put(SigV4OperationSigningConfig {
            region: Some(SigningRegion::from(Region::new(self.region.to_string()))),
            name: Some(SigningName::from(self.service.signing_name)),
            signing_options: options,
            ..SigV4OperationSigningConfig::default()
        });
        let mut components = RuntimeComponentsBuilder::new("signing")
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![
                SCHEME_ID,
            ])));
        if let Some(credentials) = self.sdk.credentials_provider() {
            components = components.with_identity_resolver(SCHEME_ID, credentials);
        }
        StaticRuntimePlugin::new()
            .with_config(layer.freeze())
            .with_runtime_components(components)
    }
}

/// Reads answers: bodies up to a size, and refusals.
#[derive(Debug)]
struct Reader {
    largest: usize,
}

impl DeserializeResponse for Reader {
    /// Before the body is read.
    fn deserialize_streaming(
        &self,
        response: &mut HttpResponse,
    ) -> Option<Result<Output, OrchestratorError<Error>>> {
        let announced = response.headers().get("content-length")?.parse();
        let too_large =
            response.status().is_success() && announced.is_ok_and(|it: usize| it > self.largest);
        too_large.then(|| Ok(Output::erase(Answer::TooLarge)))
    }

    fn deserialize_nonstreaming(
        &self,
        response: &HttpResponse,
    ) -> Result<Output, OrchestratorError<Error>> {
        let body = response.body().bytes().unwrap_or_default();
        if response.status().is_success() {
            return Ok(Output::erase(match body.len() > self.largest {
                true => Answer::TooLarge,
                false => Answer::Body(body.to_vec()),
            }));
        }
        let header = response.headers().get("x-amzn-errortype");
        let refusal = Refusal::read(header, &String::from_utf8_lossy(body));
        Err(OrchestratorError::operation(Error::erase(refusal)))
    }
}
