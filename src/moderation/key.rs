//! The pod's Ed25519 key: it signs receipts and the checkpoints of the log.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde_json::json;

use super::base58;
use crate::store::{self, Db, pod};

/// What says in front of a key's 32 bytes that it is Ed25519 (multicodec `ed25519-pub`).
const MULTICODEC: [u8; 2] = [0xed, 0x01];

/// Where a pod shows its key.
pub const PATH: &str = "/.well-known/advisory-key";

/// A key that signs.
pub struct Key(SigningKey);

/// A key that proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl Key {
    /// The key of a 32-byte seed; `None` when it has another length.
    pub fn from_seed(seed: &[u8]) -> Option<Key> {
        seed.try_into().ok().map(|seed| Key(SigningKey::from_bytes(seed)))
    }

    /// The key of this pod, with its base address.
    pub fn of_pod(db: &Db) -> store::Result<(Key, String)> {
        let pod = pod::get(db)?.ok_or(store::Error::QueryReturnedNoRows)?;
        let key = Key::from_seed(&pod.identity).ok_or(store::Error::InvalidQuery)?;
        Ok((key, pod.url))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }
}

/// What a pod shows at `PATH`: its key as a controlled identifier document (W3C CID 1.0), and the verifier key of its
/// log. `url` is the pod's base address.
pub fn document(key: &PublicKey, url: &str, vkey: &str) -> String {
    let (own, key) = (format!("{url}{PATH}"), key.multibase());
    let id = format!("{own}#{key}");
    json!({
        "@context": ["https://www.w3.org/ns/cid/v1", { "checkpointKey": "https://c2sp.org/signed-note#verifier-keys" }],
        "id": own,
        "assertionMethod": [{ "id": id, "type": "Multikey", "controller": own, "publicKeyMultibase": key }],
        "checkpointKey": vkey,
    })
    .to_string()
}

impl PublicKey {
    pub fn from_bytes(bytes: &[u8]) -> Option<PublicKey> {
        VerifyingKey::from_bytes(bytes.try_into().ok()?).ok().map(PublicKey)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// `z6Mk…`
    pub fn multibase(&self) -> String {
        let bytes = [&MULTICODEC[..], self.as_bytes()].concat();
        format!("z{}", base58::encode(&bytes))
    }

    /// Reads `z6Mk…`.
    pub fn parse(text: &str) -> Option<PublicKey> {
        let bytes = base58::decode(text.strip_prefix('z')?, 34)?;
        PublicKey::from_bytes(bytes.strip_prefix(&MULTICODEC)?)
    }

    /// Whether the key made this signature. There is one signature a message: a changed copy of it is none.
    pub fn made(&self, signature: &[u8], message: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.0.verify_strict(message, &signature).is_ok()
    }
}
