//! The magic envelope: an entity, signed by its sender; and its encrypted form for one recipient (diaspora* protocol,
//! "Magic Envelope").

use base64::Engine;
use base64::alphabet::URL_SAFE as URL_SAFE_ALPHABET;
use base64::engine::general_purpose::{GeneralPurpose, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use serde::{Deserialize, Serialize};

use super::crypto::{self, PrivateKey, PublicKey, Secret, decode_base64, encode_base64};
use super::entity::Entity;
use super::{Error, xml};
use crate::model::Handle;

const TYPE: &str = "application/xml";
const ENCODING: &str = "base64url";
const ALGORITHM: &str = "RSA-SHA256";

/// The second half of what is signed: type, encoding and algorithm, each in base64url.
const SIGNED_TAIL: &str = ".YXBwbGljYXRpb24veG1s.YmFzZTY0dXJs.UlNBLVNIQTI1Ng==";

/// Base64url with padding or without, as pods send it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE_ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An envelope whose sender is only claimed: what is in it cannot be read before a key opened it.
#[derive(Debug)]
pub struct Envelope {
    sender: Handle,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// What was in an envelope; the signature of `sender` is proven.
#[derive(Debug)]
pub struct Opened {
    pub sender: Handle,
    pub entity: Entity,
}

/// Reads an envelope.
pub fn parse(bytes: &[u8]) -> Result<Envelope, Error> {
    let root = xml::parse(bytes)?;
    if root.local_name() != "env" {
        return Err(Error::Envelope("root is no env"));
    }
    let part = |name| root.child(name).ok_or(Error::Envelope("data, encoding, alg or sig is missing"));
    let (data, signature) = (part("me:data")?, part("me:sig")?);
    if data.attribute("type") != Some(TYPE) {
        return Err(Error::Envelope("type is not application/xml"));
    }
    if part("me:encoding")?.text() != ENCODING {
        return Err(Error::Envelope("encoding is not base64url"));
    }
    if part("me:alg")?.text() != ALGORITHM {
        return Err(Error::Envelope("alg is not RSA-SHA256"));
    }
    let key_id = signature.attribute("key_id").ok_or(Error::Envelope("key_id is missing"))?;
    let sender = String::from_utf8(decode(key_id)?).map_err(|_| Error::Envelope("key_id is no diaspora* ID"))?;
    let sender = Handle::parse(&sender).ok_or(Error::Envelope("key_id is no diaspora* ID"))?;
    let (data, signature) = (data.text(), signature.text());
    if data.is_empty() || signature.is_empty() {
        return Err(Error::Envelope("data or sig is empty"));
    }
    Ok(Envelope { sender, payload: decode(&data)?, signature: decode(&signature)? })
}

/// Base64url; `+` and `/` are taken as `-` and `_`.
fn decode(text: &str) -> Result<Vec<u8>, Error> {
    let decoded = if text.contains(['+', '/']) {
        LENIENT.decode(text.replace('+', "-").replace('/', "_"))
    } else {
        LENIENT.decode(text)
    };
    decoded.map_err(|_| Error::Envelope("not base64url"))
}

impl Envelope {
    /// Who claims to have sent it.
    pub fn sender(&self) -> &Handle {
        &self.sender
    }

    /// Proves the signature with the sender's key, then reads what is inside.
    pub fn open(self, key: &PublicKey) -> Result<Opened, Error> {
        key.verify(signed_text(&self.payload).as_bytes(), &self.signature).map_err(|_| Error::Signature)?;
        let entity = Entity::parse(&self.payload)?;
        Ok(Opened { sender: self.sender, entity })
    }
}

/// What is signed: the payload in padded base64url and the rest.
fn signed_text(payload: &[u8]) -> String {
    let mut text = String::with_capacity(payload.len() * 4 / 3 + SIGNED_TAIL.len() + 4);
    URL_SAFE.encode_string(payload, &mut text);
    text.push_str(SIGNED_TAIL);
    text
}

/// Puts an entity into an envelope.
pub fn sign(payload: &str, sender: &Handle, key: &PrivateKey) -> Result<String, Error> {
    let signed = signed_text(payload.as_bytes());
    let signature = URL_SAFE.encode(key.sign(signed.as_bytes())?);
    let data = signed.strip_suffix(SIGNED_TAIL).unwrap_or_default();
    let key_id = URL_SAFE.encode(sender.as_str());
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <me:env xmlns:me=\"http://salmon-protocol.org/ns/magic-env\">\n  \
         <me:data type=\"{TYPE}\">{data}</me:data>\n  <me:encoding>{ENCODING}</me:encoding>\n  <me:alg>{ALGORITHM}</me:alg>\n  \
         <me:sig key_id=\"{key_id}\">{signature}</me:sig>\n</me:env>\n"
    ))
}

/// The body of a private message.
#[derive(Serialize, Deserialize)]
struct Encrypted {
    aes_key: String,
    encrypted_magic_envelope: String,
}

/// What is under the recipient's RSA key.
#[derive(Serialize, Deserialize)]
struct KeyBundle {
    key: String,
    iv: String,
}

/// Encrypts an envelope for one recipient.
pub fn encrypt(envelope: &str, recipient: &PublicKey) -> Result<Vec<u8>, Error> {
    encrypt_with(envelope, recipient, &Secret::random()?)
}

/// `encrypt` with a key that is given: the same envelope gives the same ciphertext.
pub fn encrypt_with(envelope: &str, recipient: &PublicKey, secret: &Secret) -> Result<Vec<u8>, Error> {
    let bundle = KeyBundle { key: encode_base64(&secret.key), iv: encode_base64(&secret.iv) };
    let bundle = serde_json::to_vec(&bundle).map_err(|_| Error::Encrypted)?;
    let body = Encrypted {
        aes_key: encode_base64(&recipient.encrypt(&bundle)?),
        encrypted_magic_envelope: encode_base64(&secret.encrypt(envelope.as_bytes())),
    };
    serde_json::to_vec(&body).map_err(|_| Error::Encrypted)
}

/// Undoes the encryption. Whatever is wrong, the error is the same: it must not help anybody to guess.
pub fn decrypt(body: &[u8], key: &PrivateKey) -> Result<Envelope, Error> {
    let inner = decrypt_inner(body, key).ok_or(Error::Encrypted)?;
    parse(&inner).map_err(|_| Error::Encrypted)
}

fn decrypt_inner(body: &[u8], key: &PrivateKey) -> Option<Vec<u8>> {
    let body: Encrypted = serde_json::from_slice(body).ok()?;
    let bundle = key.decrypt(&decode_base64(&body.aes_key)?).ok()?;
    let bundle: KeyBundle = serde_json::from_slice(&bundle).ok()?;
    let secret =
        Secret { key: decode_base64(&bundle.key)?.try_into().ok()?, iv: decode_base64(&bundle.iv)?.try_into().ok()? };
    let inner = secret.decrypt(&decode_base64(&body.encrypted_magic_envelope)?);
    inner.map_err(|_: crypto::Error| ()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYLOAD: &str = "<account_deletion><author>a@b.example</author></account_deletion>";

    fn sender() -> Handle {
        Handle::parse("a@b.example").expect("legal")
    }

    #[test]
    fn what_is_signed_is_opened_with_the_same_key_only() {
        let (key, other) =
            (PrivateKey::generate(2048).expect("random numbers"), PrivateKey::generate(2048).expect("random numbers"));
        let sent = sign(PAYLOAD, &sender(), &key).expect("signed");
        let envelope = parse(sent.as_bytes()).expect("legal");
        assert_eq!(envelope.sender(), &sender());
        let opened = envelope.open(&key.public().expect("public half")).expect("signed with it");
        assert_eq!(opened.entity.author(), &sender());
        let wrong = parse(sent.as_bytes()).and_then(|envelope| envelope.open(&other.public()?));
        assert_eq!(wrong.err(), Some(Error::Signature));
    }

    #[test]
    fn everything_that_is_wrong_with_an_encrypted_message_looks_alike() {
        let (key, other) =
            (PrivateKey::generate(2048).expect("random numbers"), PrivateKey::generate(2048).expect("random numbers"));
        let sent = sign(PAYLOAD, &sender(), &key).expect("signed");
        let body = encrypt(&sent, &key.public().expect("public half")).expect("encrypted");
        assert!(decrypt(&body, &key).is_ok());
        let mut damaged = body.clone();
        let at = damaged.len() - 40;
        damaged[at] ^= 1;
        let no_envelope = encrypt("<env/>", &key.public().expect("public half")).expect("encrypted");
        for (body, key) in [(&body, &other), (&damaged, &key), (&no_envelope, &key), (&b"{}".to_vec(), &key)] {
            assert_eq!(decrypt(body, key).err(), Some(Error::Encrypted));
        }
    }
}
