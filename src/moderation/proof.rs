//! Signatures inside of JSON documents: W3C Data Integrity with `eddsa-jcs-2022`, the same as FEP-8b32.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::key::{Key, PublicKey};
use super::{base58, jcs};
use crate::model::Timestamp;

/// Why a document proves nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("it carries no signature")]
    None,
    #[error("its signature is of another kind: {0}")]
    Kind(&'static str),
    #[error("its signature names no key that can be read")]
    Key,
    #[error("the signature does not match: it was changed, or signed by somebody else")]
    Forged,
    #[error(transparent)]
    Form(#[from] jcs::Error),
}

/// Signs a document, which must have an `@context`. `keys` is the address where the key is shown.
pub fn sign(document: &mut Map<String, Value>, key: &Key, keys: &str, created: Timestamp) -> Result<(), jcs::Error> {
    document.remove("proof");
    let mut proof = json!({
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": created.to_string(),
        "verificationMethod": format!("{keys}#{}", key.public().multibase()),
        "proofPurpose": "assertionMethod",
    });
    if let Some(context) = document.get("@context") {
        proof["@context"] = context.clone();
    }
    let signature = key.sign(&digest(&proof, &Value::Object(document.clone()))?);
    proof["proofValue"] = format!("z{}", base58::encode(&signature)).into();
    document.insert("proof".to_owned(), proof);
    Ok(())
}

/// Checks the signature of a document. Gives back the key that made it and the address where that key is shown: whether
/// it is the right key is for the caller to know.
pub fn verify(document: &Map<String, Value>) -> Result<(PublicKey, String), Error> {
    let mut document = document.clone();
    let Some(Value::Object(mut proof)) = document.remove("proof") else { return Err(Error::None) };
    for (name, wanted) in
        [("type", "DataIntegrityProof"), ("cryptosuite", "eddsa-jcs-2022"), ("proofPurpose", "assertionMethod")]
    {
        if proof.get(name).and_then(Value::as_str) != Some(wanted) {
            return Err(Error::Kind(name));
        }
    }
    if proof.get("@context") != document.get("@context") {
        return Err(Error::Kind("@context"));
    }
    let method = proof.get("verificationMethod").and_then(Value::as_str).and_then(|method| method.split_once('#'));
    let (keys, key) = method.ok_or(Error::Key)?;
    let (keys, key) = (keys.to_owned(), PublicKey::parse(key).ok_or(Error::Key)?);
    let value = proof.remove("proofValue");
    let value = value.as_ref().and_then(Value::as_str).and_then(|value| value.strip_prefix('z'));
    let signature = value.and_then(|value| base58::decode(value, 64)).ok_or(Error::Forged)?;
    let signed = digest(&Value::Object(proof), &Value::Object(document))?;
    if key.made(&signature, &signed) { Ok((key, keys)) } else { Err(Error::Forged) }
}

fn digest(proof: &Value, document: &Value) -> Result<Vec<u8>, jcs::Error> {
    let hash = |value: &Value| jcs::text(value).map(|text| Sha256::digest(text.as_bytes()));
    Ok([hash(proof)?, hash(document)?].concat())
}
