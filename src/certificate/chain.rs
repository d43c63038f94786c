//! Whether strangers will trust what the pod shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::pair::Pair;
use crate::model::Timestamp;

/// Why they will not.
#[derive(Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It is for other names.
    Name,
    /// It does not hold yet.
    Early,
    /// It holds no more.
    Over,
    /// Only the pod's own certificate is there, and nothing that leads from it to a root.
    Alone,
    /// No root that they know leads to it.
    Unknown,
}

/// What is wrong with a pair that is shown under this name at that time, for those who trust the certificates in
/// `roots`, or the usual ones; nothing when all is well.
pub fn flaw(pair: &Pair, host: &str, roots: Option<&PathBuf>, now: Timestamp) -> Option<Flaw> {
    if !pair.is_for(host) {
        return Some(Flaw::Name);
    }
    if now < pair.from {
        return Some(Flaw::Early);
    }
    if now >= pair.until {
        return Some(Flaw::Over);
    }
    match leads_to_a_root(pair, host, roots.map(PathBuf::as_path), now) {
        Some(true) => None,
        _ if pair.shown.cert.len() == 1 => Some(Flaw::Alone),
        _ => Some(Flaw::Unknown),
    }
}

fn leads_to_a_root(pair: &Pair, host: &str, roots: Option<&Path>, now: Timestamp) -> Option<bool> {
    let mut store = RootCertStore::empty();
    match roots {
        Some(path) => {
            let certificates = CertificateDer::pem_file_iter(path).ok()?;
            store.add_parsable_certificates(certificates.filter_map(Result::ok));
        }
        None => store.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    let provider = Arc::new(default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider).build().ok()?;
    let (first, rest) = pair.shown.cert.split_first()?;
    let name = ServerName::try_from(host.trim_matches(['[', ']'])).ok()?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now.0).ok()?));
    Some(verifier.verify_server_cert(first, rest, &name, &[], time).is_ok())
}
