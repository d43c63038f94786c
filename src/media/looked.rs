//! What pictures of other pods are known by. Each is looked at once as long as it stays the same; what was found is
//! written down with others, so that a page of new pictures does not wear the disk.

use std::sync::Mutex;

use super::fingerprint;
use super::source::Source;
use crate::model::Hashes;
use crate::model::picture::Hash;
use crate::sync::lock;

/// Pictures that wait to be written down, at the most.
const WAITING_MAX: usize = 128;

/// Pictures that were looked at and are not written down yet, by the SHA-256 of their addresses.
#[derive(Default)]
pub struct Looked(Mutex<Vec<(Hash, Hashes)>>);

impl Looked {
    /// Looks at a picture, unless it is the file that is known.
    pub fn look(&self, key: &Hash, file: &[u8], stored: Option<Hashes>) -> Hashes {
        let sha256 = fingerprint::sha256_of(file);
        let same = |known: &Hashes| known.sha256 == sha256;
        if let Some(known) = stored.filter(same).or_else(|| self.get(key).filter(same)) {
            return known;
        }
        // Bytes in memory can always be read.
        let known = Hashes { sha256, pdq: fingerprint::look(Source::Bytes(file)).unwrap_or(None) };
        let mut waiting = lock(&self.0);
        waiting.retain(|(other, _)| other != key);
        waiting.push((*key, known));
        known
    }

    fn get(&self, key: &Hash) -> Option<Hashes> {
        let waiting = lock(&self.0);
        waiting.iter().find(|(known, _)| known == key).map(|(_, hashes)| *hashes)
    }

    /// Whether it is time to write them down.
    pub fn is_full(&self) -> bool {
        lock(&self.0).len() >= WAITING_MAX
    }

    /// Those that wait; they no longer do.
    pub fn take(&self) -> Vec<(Hash, Hashes)> {
        std::mem::take(&mut lock(&self.0))
    }
}
