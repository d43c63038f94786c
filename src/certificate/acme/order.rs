//! One certificate from order to chain: the name is proven, the key is made, the authority signs (RFC 8555 §7.4).

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::CertifiedKey;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::authority::{Authority, Error, Problem};
use crate::web::door::Papers;

/// Until the next look whether the authority is done; so much longer each time.
const STEP: Duration = Duration::from_millis(500);

/// For it to be done.
const PATIENCE: Duration = Duration::from_secs(180);

/// How the authority convinces itself that the name is the pod's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// At port 443, by TLS alone (RFC 8737).
    Tls,
    /// At port 80 (RFC 8555 §8.3).
    Http,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Way::Tls => "tls-alpn-01",
            Way::Http => "http-01",
        }
    }
}

#[derive(Deserialize)]
struct Order {
    status: String,
    #[serde(default)]
    authorizations: Vec<String>,
    finalize: String,
    certificate: Option<String>,
    error: Option<Problem>,
}

#[derive(Deserialize)]
struct Authorization {
    status: String,
    challenges: Vec<Challenge>,
}

#[derive(Deserialize)]
struct Challenge {
    #[serde(rename = "type")]
    kind: String,
    url: String,
    #[serde(default)]
    token: String,
    error: Option<Problem>,
}

/// Sleeps so long; false when the pod is being stopped.
pub type Rest<'a> = &'a dyn Fn(Duration) -> bool;

/// A new key and the chain of its certificate, in PEM.
pub fn obtain(authority: &mut Authority, host: &str, way: Way, papers: &Papers, rest: Rest) -> Result<String, Error> {
    let (address, order): (String, Order) = authority.order(host)?;
    for authorization in &order.authorizations {
        let proven = prove(authority, authorization, host, way, papers, rest);
        papers.forget_proofs();
        proven?;
    }
    let key = KeyPair::generate().map_err(|error| Error::Answer(error.to_string()))?;
    let request = request(host, &key).map_err(|error| Error::Answer(error.to_string()))?;
    authority.post(&order.finalize, &json!({ "csr": URL_SAFE_NO_PAD.encode(request) }).to_string())?;
    let order = wait(rest, || {
        let order: Order = authority.look(&address)?;
        Ok((!matches!(order.status.as_str(), "pending" | "ready" | "processing")).then_some(order))
    })?;
    let Some(chain) = order.certificate else {
        let problem = order.error.unwrap_or_default();
        return Err(Error::Problem(problem, None));
    };
    Ok(key.serialize_pem() + &authority.fetch(&chain)?)
}

fn prove(
    authority: &mut Authority,
    address: &str,
    host: &str,
    way: Way,
    papers: &Papers,
    rest: Rest,
) -> Result<(), Error> {
    let authorization: Authorization = authority.look(address)?;
    // It may still remember that it was convinced.
    if authorization.status == "valid" {
        return Ok(());
    }
    let challenge = authorization.challenges.iter().find(|challenge| challenge.kind == way.name());
    let Some(challenge) = challenge else {
        let detail = format!("it does not ask for a proof by {}", way.name());
        return Err(Error::Unproven(Problem::new(&detail)));
    };
    let answer = authority.answer(&challenge.token);
    match way {
        Way::Http => papers.prove_by_http(&challenge.token, &answer),
        Way::Tls => papers.prove_by_tls(host, proof(host, &answer)?),
    }
    authority.post(&challenge.url, "{}")?;
    let judged = wait(rest, || {
        let judged: Authorization = authority.look(address)?;
        Ok((judged.status != "pending").then_some(judged))
    })?;
    if judged.status == "valid" {
        return Ok(());
    }
    let problem = judged.challenges.into_iter().find_map(|challenge| challenge.error);
    Err(Error::Unproven(problem.unwrap_or_default()))
}

/// Looks until there is something.
fn wait<T>(rest: Rest, mut look: impl FnMut() -> Result<Option<T>, Error>) -> Result<T, Error> {
    let end = Instant::now() + PATIENCE;
    let mut pause = STEP;
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if Instant::now() >= end {
            return Err(Error::Slow);
        }
        if !rest(pause) {
            return Err(Error::Stopped);
        }
        pause += STEP;
    }
}

/// What the authority is to sign (RFC 2986).
fn request(host: &str, key: &KeyPair) -> Result<Vec<u8>, rcgen::Error> {
    Ok(named(host)?.serialize_request(key)?.der().to_vec())
}

/// A certificate that nobody need trust, with the answer in it (RFC 8737 §3).
fn proof(host: &str, answer: &str) -> Result<CertifiedKey, Error> {
    let made = || -> Result<_, rcgen::Error> {
        let mut params = named(host)?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(&Sha256::digest(answer))];
        let key = KeyPair::generate()?;
        Ok((params.self_signed(&key)?.der().clone(), key.serialize_der()))
    };
    let failed = |why: String| Error::Answer(format!("no proof can be made: {why}"));
    let (certificate, key) = made().map_err(|error| failed(error.to_string()))?;
    // Not looked at any closer: what makes it a proof is an extension that nobody else knows.
    let key = any_supported_type(&PrivateKeyDer::Pkcs8(key.into())).map_err(|error| failed(error.to_string()))?;
    Ok(CertifiedKey::new(vec![certificate], key))
}

fn named(host: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(vec![host.to_owned()])?;
    params.distinguished_name = DistinguishedName::new();
    Ok(params)
}
