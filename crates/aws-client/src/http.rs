//! The one HTTP client of a program.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;

/// The root certificates of Amazon Trust Services: all five that its repository,
/// <https://www.amazontrust.com/repository/>, recommends for trust stores. Their public keys were
/// compared with the SHA-256 digests published there.
const AMAZONS_ROOTS: &[u8] = include_bytes!("amazons-roots.pem");

/// Where Amazon Linux 2023, on which the functions run, keeps all root certificates in one file.
/// Reading it takes half the time of looking through the system's folders.
const ROOT_CERTIFICATES: &str = "/etc/pki/tls/certs/ca-bundle.crt";

/// The SDK's own limit for opening a connection, with which its clients ask for connections.
const CONNECT: Duration = Duration::from_millis(3_100);

/// The HTTP client for every call of a program, so that connections and root certificates are
/// shared. TLS is rustls on ring.
///
/// Reading a system's hundred and more root certificates was most of a function's start, and AWS's
/// services have certificates of five of them (AWS Security Blog, "How to prepare for AWS's move to
/// its own certificate authority"). So those five are tried first; whoever shows a
/// certificate of somebody else (a partition with roots of its own, a proxy) is judged by the
/// system's, which are read then. With `SSL_CERT_FILE` or `SSL_CERT_DIR` only what they name counts.
///
/// # Errors
/// When the root certificates cannot be used.
pub fn http_client() -> Result<SharedHttpClient, Box<dyn Error + Send + Sync>> {
    let (first, more) = roots(|variable| std::env::var_os(variable).is_some());
    client(first, more)
}

/// The root certificates that count first, and where more come from, by which variables are set.
fn roots(is_set: impl Fn(&str) -> bool) -> (TrustStore, Option<MoreRoots>) {
    if is_set("SSL_CERT_FILE") || is_set("SSL_CERT_DIR") {
        return (TrustStore::default(), None);
    }
    let amazons = TrustStore::empty().with_pem_certificate(AMAZONS_ROOTS);
    (amazons, Some(systems_roots))
}

/// All root certificates of the system, from one file if it is there.
fn systems_roots() -> TrustStore {
    match std::fs::read(ROOT_CERTIFICATES) {
        Ok(pem) => TrustStore::empty().with_pem_certificate(pem),
        Err(_) => TrustStore::default(),
    }
}

/// Reads the root certificates that count if the first ones do not.
type MoreRoots = fn() -> TrustStore;

fn client(
    first: TrustStore,
    more: Option<MoreRoots>,
) -> Result<SharedHttpClient, Box<dyn Error + Send + Sync>> {
    let client = Client {
        tls: TlsContext::builder().with_trust_store(first).build()?,
        more,
        connectors: Mutex::default(),
    };
    // What is wrong with the certificates shows here, not at the first call.
    let usual = HttpConnectorSettings::builder().connect_timeout(CONNECT);
    client.connector(&usual.build());
    Ok(client.into_shared())
}

/// Connections, in a pool for each pair of connect and read time-outs.
struct Client {
    tls: TlsContext,
    more: Option<MoreRoots>,
    connectors: Mutex<HashMap<TimeOuts, SharedHttpConnector>>,
}

type TimeOuts = (Option<Duration>, Option<Duration>);

impl Client {
    fn connector(&self, settings: &HttpConnectorSettings) -> SharedHttpConnector {
        let time_outs = (settings.connect_timeout(), settings.read_timeout());
        let connectors = self.connectors.lock();
        let mut connectors = connectors.unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let first = connector(settings, self.tls.clone());
            match self.more {
                None => first,
                Some(more) => SharedHttpConnector::new(Trusting(Arc::new(Connectors {
                    first,
                    settings: settings.clone(),
                    more,
                    second: OnceLock::new(),
                }))),
            }
        };
        connectors.entry(time_outs).or_insert_with(new).clone()
    }
}

fn connector(settings: &HttpConnectorSettings, tls: TlsContext) -> SharedHttpConnector {
    let connector = Connector::builder()
        .connector_settings(settings.clone())
        .sleep_impl(TokioSleep::new())
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(tls)
        .build();
    SharedHttpConnector::new(connector)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl HttpClient for Client {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        self.connector(settings)
    }
}

/// Connects by the first root certificates, until somebody is met whom they do not know.
#[derive(Debug)]
struct Trusting(Arc<Connectors>);

#[derive(Debug)]
struct Connectors {
    first: SharedHttpConnector,
    settings: HttpConnectorSettings,
    more: MoreRoots,
    second: OnceLock<SharedHttpConnector>,
}

impl Connectors {
    /// The connector that knows all of the system's root certificates, if they can be used.
    fn second(&self) -> Option<&SharedHttpConnector> {
        if self.second.get().is_none() {
            let tls = TlsContext::builder().with_trust_store((self.more)());
            let connector = connector(&self.settings, tls.build().ok()?);
            self.second.get_or_init(|| connector);
        }
        self.second.get()
    }
}

impl HttpConnector for Trusting {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if let Some(second) = self.0.second.get() {
            return second.call(request);
        }
        let connectors = Arc::clone(&self.0);
        HttpConnectorFuture::new(async move {
            // Nothing is sent before the certificate is accepted, so nothing is sent twice.
            let again = request.try_clone();
            match (connectors.first.call(request).await, again) {
                (Err(error), Some(again)) if is_unknown_issuer(&error) => {
                    match connectors.second() {
                        Some(second) => second.call(again).await,
                        None => Err(error),
                    }
                }
                (result, _) => result,
            }
        })
    }
}

/// Whether a connection failed since nobody that is trusted has issued the certificate. It is known
/// by the words of rustls, whose errors the SDK's client passes on in boxes.
fn is_unknown_issuer(error: &ConnectorError) -> bool {
    let first: &dyn Error = error;
    let mut causes = std::iter::successors(Some(first), |&it| it.source());
    causes.any(|it| {
        it.to_string()
            .contains("invalid peer certificate: UnknownIssuer")
    })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::PrivateKeyDer;

    use super::*;

    /// The authority of a server, as a trust store would have it.
    static ROOT: OnceLock<String> = OnceLock::new();

    fn root() -> TrustStore {
        TrustStore::empty().with_pem_certificate(ROOT.get().unwrap().as_bytes())
    }

    fn amazons_roots() -> TrustStore {
        TrustStore::empty().with_pem_certificate(AMAZONS_ROOTS)
    }

    /// A server that says `yes` to everything, with a certificate of an authority of its own.
    async fn server() -> SocketAddr {
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority =
            CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &authority).unwrap();
        ROOT.set(authority.pem()).unwrap();

        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut request = [0; 4096];
                    while stream.read(&mut request).await.is_ok_and(|read| read > 0) {
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes";
                        stream.write_all(answer).await.unwrap();
                    }
                });
            }
        });
        address
    }

    #[test]
    fn what_the_environment_names_is_all_that_counts() {
        for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            assert!(roots(|name| name == variable).1.is_none(), "{variable}");
        }
        assert!(
            roots(|_| false).1.is_some(),
            "the system's roots come second"
        );
    }

    async fn ask(client: &SharedHttpClient, server: SocketAddr) -> Result<u16, ConnectorError> {
        let mut request = HttpRequest::empty();
        request.set_uri(format!("https://{server}/")).unwrap();
        let settings = HttpConnectorSettings::builder().build();
        let components = RuntimeComponentsBuilder::for_tests();
        let connector = client.http_connector(&settings, &components.build().unwrap());
        connector
            .call(request)
            .await
            .map(|answer| answer.status().as_u16())
    }

    #[tokio::test]
    async fn whoever_has_no_certificate_of_amazons_is_judged_by_the_systems_roots() {
        let server = server().await;

        let amazons_only = client(amazons_roots(), None).unwrap();
        let refused = ask(&amazons_only, server).await.unwrap_err();
        assert!(is_unknown_issuer(&refused), "{refused:?}");

        let known_to_neither = client(amazons_roots(), Some(amazons_roots)).unwrap();
        let refused = ask(&known_to_neither, server).await.unwrap_err();
        assert!(is_unknown_issuer(&refused), "{refused:?}");

        let known_to_the_system = client(amazons_roots(), Some(root)).unwrap();
        assert_eq!(ask(&known_to_the_system, server).await.unwrap(), 200);
        assert_eq!(ask(&known_to_the_system, server).await.unwrap(), 200);

        let known_first = client(root(), Some(|| panic!("read without need"))).unwrap();
        assert_eq!(ask(&known_first, server).await.unwrap(), 200);
    }
}
