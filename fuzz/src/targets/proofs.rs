//! What is proven byte by byte: receipts, and the log that bears them out.

use std::sync::LazyLock;

use pappus::moderation::log::note::{Checkpoint, Kind, Note, Verifier};
use pappus::moderation::receipt::{self, Receipt};
use pappus::moderation::{base58, jcs, key::PublicKey};
use serde_json::Value;

use super::text;

pub fn base58(bytes: &[u8]) {
    const MOST: usize = 256;
    if bytes.len() <= MOST {
        assert_eq!(base58::decode(&base58::encode(bytes), MOST).as_deref(), Some(bytes));
    }
    let Some(written) = text(bytes) else { return };
    if let Some(read) = base58::decode(written, MOST) {
        assert_eq!(base58::encode(&read), written);
        assert!(read.len() <= MOST);
    }
}

/// The canonical form is JSON, means the same, and is its own canonical form.
pub fn jcs(bytes: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return };
    let Ok(text) = jcs::text(&value) else { return };
    let again: Value = serde_json::from_str(&text).expect("canonical JSON is JSON");
    assert_eq!(jcs::text(&again).as_ref(), Ok(&text));
    assert_eq!(again, value);
}

/// A receipt with its key.
static GENUINE: LazyLock<Receipt> = LazyLock::new(|| receipt::verify(FILE, None).expect("a genuine receipt"));
const FILE: &[u8] = include_bytes!("../../corpus/receipt/genuine");

/// Nothing that was made without the key is genuine.
pub fn receipt(bytes: &[u8]) {
    if let Ok(receipt) = receipt::verify(bytes, None) {
        receipt.is_about("a@pod.example");
        assert!(bytes == FILE || receipt.key() != GENUINE.key());
    }
}

/// The first line is somebody's key, the rest a note.
pub fn note(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let (key, written) = text.split_once('\n').unwrap_or((text, ""));
    let verifier = Verifier::parse(key);
    if let Some(verifier) = &verifier {
        assert_eq!(Verifier::parse(&verifier.vkey()).as_ref(), Some(verifier));
    }
    PublicKey::parse(key);
    let Some(note) = Note::parse(written) else { return };
    assert!(note.text.ends_with('\n'));
    Checkpoint::parse(&note);
    if let Some(key) = PublicKey::from_bytes(&[1; 32]) {
        assert_eq!(Verifier::new("a", Kind::Ed25519, key).signed(&note), None);
    }
}
