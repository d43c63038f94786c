//! The diaspora* protocol: bytes to entities and back. No database, no network, no clock.
//!
//! A message is taken in by steps, and what each step lacks is a value:
//! 1. `envelope::parse` (or `decrypt`) tells who claims to have sent it;
//! 2. `Envelope::open` proves that with their key and reads the entity;
//! 3. `judge::subject` and `judge::signer` say what must be known about it;
//! 4. `judge::judge` decides, and gives a `Proven`, the only thing the rest of the pod takes.

pub mod crypto;
pub mod discovery;
pub mod documents;
pub mod entity;
pub mod envelope;
pub mod json;
pub mod judge;
pub mod links;
pub mod relay;
pub mod scalar;
pub mod xml;

pub use crypto::{PrivateKey, PublicKey};
pub use entity::Entity;
pub use envelope::{Envelope, Opened};
pub use judge::{Facts, Known, Proven, Route, Subject, judge};

/// Why a message was not taken in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("xml: {0}")]
    Xml(#[from] xml::Error),
    #[error("envelope: {0}")]
    Envelope(&'static str),
    #[error("envelope: the sender's signature does not match")]
    Signature,
    /// All that can be wrong with an encrypted message, alike.
    #[error("encrypted message: cannot be read")]
    Encrypted,
    #[error("entity: {0} is not known")]
    Unknown(String),
    #[error("{entity}: {property} is missing or wrong")]
    Invalid { entity: &'static str, property: &'static str },
    #[error("rule: {0}")]
    Rule(&'static str),
    #[error("the author's signature is missing or does not match")]
    AuthorSignature,
    /// What the message is about is not known (yet).
    #[error("what this is about is not known")]
    MissingSubject,
    /// The key that proves the author is not known (yet).
    #[error("the author's key is not known")]
    MissingKey,
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
}
