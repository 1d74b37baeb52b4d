//! A certificate authority of our own, beside Amazon's.

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// The root certificates that the functions have in them.
const AMAZONS_ROOTS: &str = include_str!("../../../crates/aws-client/src/amazons-roots.pem");

/// What the stub serves with, and what a function must trust.
pub struct Certificates {
    pub acceptor: TlsAcceptor,
    /// Amazon's root certificates and ours: as many as a function reads on Lambda, and one.
    pub bundle: PathBuf,
}

/// Makes an authority and a certificate for 127.0.0.1, and writes the bundle into `folder`.
pub fn make(folder: &Path) -> Result<Certificates> {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(["127.0.0.1".to_owned()])?.signed_by(&key, &authority)?;

    let bundle = folder.join("roots.pem");
    std::fs::write(&bundle, format!("{AMAZONS_ROOTS}{}", authority.pem()))?;

    let private_key = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|reason| anyhow::anyhow!("the certificate's key cannot be used: {reason}"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private_key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Certificates {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        bundle,
    })
}
