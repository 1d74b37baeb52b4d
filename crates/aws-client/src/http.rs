//! The one HTTP client of a program.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;

/// Where Amazon Linux 2023, on which the functions run, keeps all root certificates in one file.
/// Reading it takes half the time of looking through the system's folders. If it is not there, or
/// `SSL_CERT_FILE` or `SSL_CERT_DIR` is set, the usual places are searched.
const ROOT_CERTIFICATES: &str = "/etc/pki/tls/certs/ca-bundle.crt";

/// The SDK's own limit for opening a connection, with which its clients ask for connections.
const CONNECT: Duration = Duration::from_millis(3_100);

/// The HTTP client for every call of a program, so that connections and root certificates are
/// shared. TLS is rustls on ring.
///
/// The certificates are read here, once. The SDK's own builder reads all of them again for every
/// client that is made, only to look whether they can be read.
///
/// # Errors
/// When the root certificates cannot be used.
pub fn http_client() -> Result<SharedHttpClient, Box<dyn Error + Send + Sync>> {
    let chosen = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .iter()
        .any(|v| std::env::var_os(v).is_some());
    let bundle = if chosen {
        None
    } else {
        std::fs::read(ROOT_CERTIFICATES).ok()
    };
    let roots = match bundle {
        Some(pem) => TrustStore::empty().with_pem_certificate(pem),
        None => TrustStore::default(),
    };
    let tls = TlsContext::builder().with_trust_store(roots).build()?;
    let client = Client {
        tls,
        connectors: Mutex::default(),
    };
    let usual = HttpConnectorSettings::builder().connect_timeout(CONNECT);
    client.connector(&usual.build());
    Ok(client.into_shared())
}

/// Connections, in a pool for each pair of connect and read time-outs.
struct Client {
    tls: TlsContext,
    connectors: Mutex<HashMap<TimeOuts, SharedHttpConnector>>,
}

type TimeOuts = (Option<Duration>, Option<Duration>);

impl Client {
    fn connector(&self, settings: &HttpConnectorSettings) -> SharedHttpConnector {
        let time_outs = (settings.connect_timeout(), settings.read_timeout());
        let connectors = self.connectors.lock();
        let mut connectors = connectors.unwrap_or_else(PoisonError::into_inner);
        let new = || {
            let connector = Connector::builder()
                .connector_settings(settings.clone())
                .sleep_impl(TokioSleep::new())
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .tls_context(self.tls.clone())
                .build();
            SharedHttpConnector::new(connector)
        };
        connectors.entry(time_outs).or_insert_with(new).clone()
    }
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
