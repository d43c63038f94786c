//! What the pod shows to clients that come by https: its certificate, which may be replaced at any time, and proofs
//! that the name is its own for an authority that is to sign one.

use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use rustls::ServerConfig;
use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// The protocol in which an authority asks for a proof (RFC 8737 §6.2). Nothing else is said in it.
pub const PROOF: &[u8] = b"acme-tls/1";

/// HTTP/2 is of no use to a household.
const HTTP: &[u8] = b"http/1.1";

#[derive(Debug, Default)]
pub struct Papers(RwLock<Shelf>);

#[derive(Debug, Default)]
struct Shelf {
    certificate: Option<Arc<CertifiedKey>>,
    /// For this name only.
    proof: Option<(String, Arc<CertifiedKey>)>,
    /// Token and answer.
    answer: Option<(String, String)>,
}

impl Papers {
    /// Shows a certificate to everybody who comes from now on.
    pub fn show(&self, certificate: CertifiedKey) {
        self.change().certificate = Some(Arc::new(certificate));
    }

    /// Whether there is a certificate.
    pub fn are_there(&self) -> bool {
        self.look().certificate.is_some()
    }

    /// Shows a proof to an authority that asks for it by TLS (RFC 8737).
    pub fn prove_by_tls(&self, name: &str, proof: CertifiedKey) {
        self.change().proof = Some((name.to_owned(), Arc::new(proof)));
    }

    /// Gives this answer to an authority that asks by http (RFC 8555 §8.3).
    pub fn prove_by_http(&self, token: &str, answer: &str) {
        self.change().answer = Some((token.to_owned(), answer.to_owned()));
    }

    /// The answer for a token.
    pub fn answer(&self, token: &str) -> Option<String> {
        let shelf = self.look();
        shelf.answer.as_ref().filter(|(known, _)| known == token).map(|(_, answer)| answer.clone())
    }

    /// No authority needs a proof any more.
    pub fn forget_proofs(&self) {
        let mut shelf = self.change();
        shelf.proof = None;
        shelf.answer = None;
    }

    fn look(&self) -> RwLockReadGuard<'_, Shelf> {
        self.0.read().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn change(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.0.write().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl ResolvesServerCert for Papers {
    /// Everybody is shown the same certificate, whatever name they ask for: a browser then says what is wrong, and the
    /// pages themselves answer only under the pod's own name.
    fn resolve(&self, hello: ClientHello) -> Option<Arc<CertifiedKey>> {
        let shelf = self.look();
        if !hello.alpn().is_some_and(|mut names| names.any(|name| name == PROOF)) {
            return shelf.certificate.clone();
        }
        let (name, proof) = shelf.proof.as_ref()?;
        let asked = hello.server_name()?;
        asked.eq_ignore_ascii_case(name).then(|| proof.clone())
    }
}

/// TLS 1.2 and 1.3. What a client needs to come back quickly is sealed and kept by the client itself.
pub fn configuration(papers: &Arc<Papers>) -> Result<Arc<ServerConfig>, rustls::Error> {
    let builder =
        ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions()?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(papers.clone());
    config.alpn_protocols = vec![HTTP.to_vec(), PROOF.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.ticketer = Ticketer::new()?;
    config.send_tls13_tickets = 1;
    Ok(Arc::new(config))
}
