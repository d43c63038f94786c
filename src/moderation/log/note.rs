//! Signed notes and checkpoints as C2SP writes them (signed-note, tlog-checkpoint, tlog-cosignature): the signed size
//! and root of a log, which others can sign too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::tree::Hash;
use crate::model::hex::{hex, unhex};
use crate::moderation::key::{Key, PublicKey};

/// How somebody signs notes (signed-note, "Signature types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The log itself.
    Ed25519 = 1,
    /// A witness who has seen that the log only grew, with the time.
    Cosignature = 4,
}

/// Somebody whose signatures on notes can be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    kind: Kind,
    key: PublicKey,
}

/// A note as it came, nothing of it proven.
#[derive(Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// Ends with a line feed.
    pub text: &'a str,
    /// Names, and key hash with signature.
    signatures: Vec<(&'a str, Vec<u8>)>,
}

/// Size and root of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    pub root: Hash,
}

impl Verifier {
    pub fn new(name: &str, kind: Kind, key: PublicKey) -> Verifier {
        Verifier { name: name.to_owned(), kind, key }
    }

    /// Reads a verifier key, `name+hash+key`.
    pub fn parse(vkey: &str) -> Option<Verifier> {
        let mut parts = vkey.splitn(3, '+');
        let (name, hash, key) = (parts.next()?, parts.next()?, STANDARD.decode(parts.next()?).ok()?);
        let (kind, key) = key.split_first()?;
        let kind = [Kind::Ed25519, Kind::Cosignature].into_iter().find(|known| *known as u8 == *kind)?;
        let verifier = Verifier::new(name, kind, PublicKey::from_bytes(key)?);
        (unhex(hash)? == verifier.hash()).then_some(verifier)
    }

    /// `name+hash+key`
    pub fn vkey(&self) -> String {
        let key = [&[self.kind as u8], &self.key.as_bytes()[..]].concat();
        format!("{}+{}+{}", self.name, hex(&self.hash()), STANDARD.encode(key))
    }

    fn hash(&self) -> [u8; 4] {
        let named = Sha256::new().chain_update(&self.name).chain_update([b'\n', self.kind as u8]);
        let hash = named.chain_update(self.key.as_bytes()).finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// When it signed this note: `None`, not at all; a witness tells the time in unix seconds, a log tells 0.
    pub fn signed(&self, note: &Note) -> Option<u64> {
        let signature = note
            .signatures
            .iter()
            .find_map(|(name, bytes)| (*name == self.name).then(|| bytes.strip_prefix(&self.hash()[..])).flatten())?;
        match self.kind {
            Kind::Ed25519 => self.key.made(signature, note.text.as_bytes()).then_some(0),
            Kind::Cosignature => {
                let (time, signature) = signature.split_first_chunk::<8>()?;
                let time = u64::from_be_bytes(*time);
                let signed = format!("cosignature/v1\ntime {time}\n{}", note.text);
                self.key.made(signature, signed.as_bytes()).then_some(time)
            }
        }
    }
}

impl Note<'_> {
    /// Takes a note apart; `None` when it is none.
    pub fn parse(note: &str) -> Option<Note<'_>> {
        let (text, signatures) = note.split_at(note.rfind("\n\n")? + 1);
        let lines = signatures.strip_prefix('\n')?.strip_suffix('\n')?;
        let signature = |line| {
            let (name, bytes) = str::strip_prefix(line, "\u{2014} ")?.split_once(' ')?;
            let bytes = STANDARD.decode(bytes).ok().filter(|bytes| bytes.len() > 4)?;
            (!name.is_empty() && !name.contains('+')).then_some((name, bytes))
        };
        let signatures = lines.split('\n').map(signature).collect::<Option<Vec<_>>>()?;
        Some(Note { text, signatures })
    }
}

impl Checkpoint {
    /// What is signed.
    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// The checkpoint as a note of the log.
    pub fn sign(&self, key: &Key) -> String {
        let text = self.text();
        let verifier = Verifier::new(&self.origin, Kind::Ed25519, key.public());
        let signature = [&verifier.hash()[..], &key.sign(text.as_bytes())].concat();
        format!("{text}\n\u{2014} {} {}\n", self.origin, STANDARD.encode(signature))
    }

    /// Reads what a note says; whom to believe is the caller's business.
    pub fn parse(note: &Note) -> Option<Checkpoint> {
        let mut lines = note.text.split('\n');
        let (origin, size, root) = (lines.next()?.to_owned(), lines.next()?, lines.next()?);
        let size: u64 = size.parse().ok().filter(|number: &u64| number.to_string() == size)?;
        let root = STANDARD.decode(root).ok()?.try_into().ok()?;
        Some(Checkpoint { origin, size, root })
    }
}
