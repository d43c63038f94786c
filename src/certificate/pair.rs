//! A certificate and its key, read from PEM and looked at: whether they belong together, whose they are, and when.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustls::client::verify_server_name;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;

use super::der;
use crate::model::Timestamp;

/// What the pod shows, and from when until when it holds.
#[derive(Debug)]
pub struct Pair {
    pub shown: CertifiedKey,
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Why there is no pair. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: {1}; the user that runs the pod must be able to read it")]
    Read(PathBuf, io::Error),
    #[error("{0}: no certificate in it; it must be PEM and begin with -----BEGIN CERTIFICATE-----")]
    NoCertificate(PathBuf),
    #[error("{0}: no private key in it; it must be PEM, without a password, like -----BEGIN PRIVATE KEY-----")]
    NoKey(PathBuf),
    #[error("{0}: the certificate cannot be read: {1}; ask for it anew")]
    Certificate(PathBuf, String),
    #[error("{0}: the key cannot be used: {1}; use ECDSA (P-256, P-384), Ed25519 or RSA of 2048 bits and more")]
    Key(PathBuf, String),
    #[error("{key}: not the key of the certificate in {certificate}; name the two that were made together")]
    Mismatch { certificate: PathBuf, key: PathBuf },
}

impl Pair {
    /// Reads the two files, which may be the same one.
    pub fn read(certificate: &Path, key: &Path) -> Result<Pair, Error> {
        let read = |path: &Path| fs::read(path).map_err(|error| Error::Read(path.to_owned(), error));
        let chain = read(certificate)?;
        let private = read(key)?;
        let broken = |why: String| Error::Certificate(certificate.to_owned(), why);
        let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&chain).collect();
        let chain = chain.map_err(|error| broken(error.to_string()))?;
        let Some(first) = chain.first() else { return Err(Error::NoCertificate(certificate.to_owned())) };
        ParsedCertificate::try_from(first).map_err(|error| broken(error.to_string()))?;
        let (from, until) = der::validity(first).ok_or_else(|| broken("it has no time".to_owned()))?;
        let private = PrivateKeyDer::from_pem_slice(&private).map_err(|_| Error::NoKey(key.to_owned()))?;
        let shown = CertifiedKey::from_der(chain, private, &default_provider()).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => {
                Error::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() }
            }
            other => Error::Key(key.to_owned(), other.to_string()),
        })?;
        Ok(Pair { shown, from, until })
    }

    /// Whether the certificate is for this host.
    pub fn is_for(&self, host: &str) -> bool {
        let certificate = self.shown.cert.first().and_then(|first| ParsedCertificate::try_from(first).ok());
        let name = ServerName::try_from(host.trim_matches(['[', ']'])).ok();
        certificate.zip(name).is_some_and(|(certificate, name)| verify_server_name(&certificate, &name).is_ok())
    }
}
