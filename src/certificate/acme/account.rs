//! The pod's account at the authority: a key, and what it signs (RFC 8555 §6.2, RFC 7515).

use std::io;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::KeyPair;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::keep;

pub struct Account {
    key: EcdsaKeyPair,
    random: SystemRandom,
}

/// By what the authority knows who signed.
pub enum Known<'a> {
    /// The key itself: for the first request.
    Key,
    /// The address of the account.
    Account(&'a str),
}

impl Account {
    /// The one whose key is in the file; it is made when it is not there.
    pub fn open(path: &Path) -> io::Result<Account> {
        let broken = |_| io::Error::new(io::ErrorKind::InvalidData, "no key of an account; move the file away");
        let key = match std::fs::read_to_string(path) {
            Ok(pem) => KeyPair::from_pem(&pem).map_err(broken)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let key = KeyPair::generate().map_err(io::Error::other)?;
                keep(path, &key.serialize_pem())?;
                key
            }
            Err(error) => return Err(error),
        };
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.serialized_der(), &random);
        let broken = |_| io::Error::new(io::ErrorKind::InvalidData, "no key of an account; move the file away");
        Ok(Account { key: key.map_err(broken)?, random })
    }

    /// A signed request; an empty payload only asks.
    pub fn sign(&self, known: &Known, nonce: &str, url: &str, payload: &str) -> io::Result<String> {
        let mut head = json!({ "alg": "ES256", "nonce": nonce, "url": url });
        match known {
            Known::Key => {
                let (x, y) = self.point();
                head["jwk"] = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
            }
            Known::Account(address) => head["kid"] = Value::from(*address),
        }
        let head = URL_SAFE_NO_PAD.encode(head.to_string());
        let payload = URL_SAFE_NO_PAD.encode(payload);
        let signed = self.key.sign(&self.random, format!("{head}.{payload}").as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signed.map_err(|_| io::Error::other("the key does not sign"))?);
        Ok(json!({ "protected": head, "payload": payload, "signature": signature }).to_string())
    }

    /// What answers a challenge with this token (RFC 8555 §8.1).
    pub fn answer(&self, token: &str) -> String {
        let (x, y) = self.point();
        // RFC 7638: these members, in this order, without spaces.
        let thumb = Sha256::digest(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
        format!("{token}.{}", URL_SAFE_NO_PAD.encode(thumb))
    }

    /// The public key: a byte that says that both coordinates follow, and these.
    fn point(&self) -> (String, String) {
        let bytes = self.key.public_key().as_ref();
        let (x, y) = bytes.get(1..).unwrap_or_default().split_at(bytes.len() / 2);
        (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y))
    }
}
