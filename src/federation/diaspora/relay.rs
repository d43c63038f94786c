//! What an author signs once and the author of the root passes on unchanged: comments, likes, votes, answers to events
//! (diaspora* protocol, "Relayables").

use super::Error;
use super::crypto::{PrivateKey, PublicKey, decode_base64, encode_base64};
use super::entity::read;
use super::xml::{self, Element, Writer};
use crate::model::Relay;

/// The elements of a relayable as its author wrote them; `signature` is empty when there is none.
pub fn read(element: &Element) -> Relay {
    let mut elements: Vec<(String, String)> = Vec::new();
    for child in element.children() {
        let name = child.local_name();
        if !name.contains("signature") && !elements.iter().any(|(known, _)| known == name) {
            elements.push((name.to_owned(), child.text()));
        }
    }
    let signature = element.child("author_signature").map(Element::text).unwrap_or_default();
    Relay { elements, signature }
}

/// What the author signs: all values in their order.
pub fn signed_text(elements: &[(String, String)]) -> String {
    elements.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(";")
}

/// The values as diaspora* normalises what it knows before it verifies; texts stay as they are.
fn normalised(elements: &[(String, String)]) -> Vec<(String, String)> {
    elements.iter().map(|(name, value)| (name.clone(), read::normalised(name, value))).collect()
}

/// Proves the author's signature: over the texts as they stand, else over diaspora*'s normalised values.
pub fn verify(relay: &Relay, key: &PublicKey) -> Result<(), Error> {
    let signature =
        decode_base64(&relay.signature).filter(|signature| !signature.is_empty()).ok_or(Error::AuthorSignature)?;
    let as_sent = signed_text(&relay.elements);
    if key.verify(as_sent.as_bytes(), &signature).is_ok() {
        return Ok(());
    }
    let normal = signed_text(&normalised(&relay.elements));
    if normal != as_sent && key.verify(normal.as_bytes(), &signature).is_ok() {
        Ok(())
    } else {
        Err(Error::AuthorSignature)
    }
}

/// Signs what an author here wrote. Values are made legal first: what is signed is what is written.
pub fn sign(elements: Vec<(&str, String)>, key: &PrivateKey) -> Result<Relay, Error> {
    let elements: Vec<(String, String)> =
        elements.into_iter().map(|(name, value)| (name.to_owned(), xml::legal(&value))).collect();
    let signature = encode_base64(&key.sign(signed_text(&elements).as_bytes())?);
    Ok(Relay { elements, signature })
}

/// Writes a relayable: its elements in their order, then the author's signature, if there is one.
pub fn write(name: &str, relay: &Relay) -> String {
    let mut writer = Writer::default();
    writer.open(name);
    for (element, value) in &relay.elements {
        writer.text(element, value);
    }
    if !relay.signature.is_empty() {
        writer.text("author_signature", &relay.signature);
    }
    writer.close(name);
    writer.finish()
}
