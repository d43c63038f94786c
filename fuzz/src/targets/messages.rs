//! What other pods send and answer.

use std::sync::LazyLock;

use pappus::federation::diaspora::crypto::{PrivateKey, PublicKey};
use pappus::federation::diaspora::documents::{hcard, jrd, nodeinfo};
use pappus::federation::diaspora::entity::Entity;
use pappus::federation::diaspora::{envelope, json, judge, links, relay, xml};

use super::text;

/// The key of nobody: it is for this alone.
static KEY: LazyLock<PrivateKey> =
    LazyLock::new(|| PrivateKey::from_pem(include_str!("key.pem")).expect("the key that lies beside this"));

pub fn xml(bytes: &[u8]) {
    let Ok(root) = xml::parse(bytes) else { return };
    assert!(root.text().len() <= bytes.len() && root.text().chars().all(xml::is_legal));
}

/// An entity: what is written from it is read as the same.
pub fn entity(bytes: &[u8]) {
    let Ok(entity) = Entity::parse(bytes) else { return };
    let written = entity.to_xml();
    assert_eq!(Entity::parse(written.as_bytes()).as_ref(), Ok(&entity), "{written}");
    judge::subject(&entity);
    links::of(&entity);
    if let Some(relay) = entity.relay() {
        relay::signed_text(&relay.elements);
        let again = json::write_relayable(entity.name(), relay, true);
        let _ = json::read(&again);
    }
    let _ = json::write(&written);
}

pub fn envelope(bytes: &[u8]) {
    let Ok(envelope) = envelope::parse(bytes) else { return };
    let _ = envelope.sender().host();
    let public = KEY.public().expect("public half");
    let _ = envelope.open(&public);
}

pub fn private(bytes: &[u8]) {
    let _ = envelope::decrypt(bytes, &KEY);
}

/// An entity in an archive.
pub fn json(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice(bytes) else { return };
    let Ok(entity) = json::read(&value) else { return };
    let written = entity.to_xml();
    assert_eq!(Entity::parse(written.as_bytes()).as_ref(), Ok(&entity), "{written}");
    let _ = json::write(&written);
}

/// A key as an hCard tells it.
pub fn key(bytes: &[u8]) {
    if let Some(pem) = text(bytes) {
        let _ = PublicKey::from_pem(pem).map(|key| key.to_pem().expect("a key is written"));
        let _ = PrivateKey::from_pem(pem);
    }
    let _ = PublicKey::from_der(bytes);
}

pub fn hcard(bytes: &[u8]) {
    let Ok(card) = hcard::read(bytes) else { return };
    assert!(card.photos.iter().all(|photo| photo.len() <= 3 * bytes.len()));
}

pub fn webfinger(bytes: &[u8]) {
    let Ok(found) = jrd::read(bytes) else { return };
    assert!(!found.hcard_url.is_empty());
}

pub fn nodeinfo(bytes: &[u8]) {
    let _ = (nodeinfo::newest(bytes), nodeinfo::software(bytes));
}
