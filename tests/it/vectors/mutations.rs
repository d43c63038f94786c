//! What foreign pods send, damaged at random: no reader may panic over it.

use libtest_mimic::Trial;
use pappus::federation::diaspora::documents::{hcard, jrd};
use pappus::federation::diaspora::{Entity, envelope, scalar, xml};
use serde_json::Value;

use super::text;

/// Damaged copies of all documents together.
const ROUNDS: usize = 20_000;

/// Longer documents would take the time from the others.
const SEED_MAX: usize = 8 * 1024;

/// Documents of a vector worth damaging.
pub fn seed(vector: &Value) -> Vec<Vec<u8>> {
    let mut texts: Vec<&str> =
        ["payload_xml", "envelope_xml", "encrypted_json"].into_iter().filter_map(|name| text(vector, name)).collect();
    let responses = vector["responses"].as_array().into_iter().flatten();
    texts.extend(responses.filter_map(|response| text(response, "body")));
    texts.into_iter().filter(|text| text.len() <= SEED_MAX).map(|text| text.as_bytes().to_vec()).collect()
}

/// The trial over all documents.
pub fn trial(seeds: Vec<Vec<u8>>) -> Trial {
    Trial::test("no reader panics over a damaged document", move || {
        let mut random = Random(0x9e37_79b9);
        for _ in 0..ROUNDS {
            let mut document = seeds[random.below(seeds.len())].clone();
            for _ in 0..=random.below(4) {
                damage(&mut document, &seeds, &mut random);
            }
            read_all(&document);
        }
        Ok(())
    })
}

/// Every reader of foreign bytes but the one that needs a private key, whose first step is JSON.
fn read_all(document: &[u8]) {
    let _ = xml::parse(document);
    let _ = envelope::parse(document);
    if let Ok(entity) = Entity::parse(document) {
        let again = Entity::parse(entity.to_xml().as_bytes());
        assert_eq!(again.as_ref(), Ok(&entity), "written and read again");
    }
    let _ = jrd::read(document);
    let _ = hcard::read(document);
    let line = String::from_utf8_lossy(&document[..document.len().min(40)]);
    let _ = (scalar::timestamp(&line), scalar::birthday(&line), scalar::address(&line), scalar::integer(&line));
}

fn damage(document: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(document.len() + 1);
    match random.below(6) {
        0 => document.truncate(at),
        1 if at < document.len() => document[at] ^= 1 << random.below(8),
        2 => {
            const PIECES: [&[u8]; 12] = [
                b"<",
                b">",
                b"&",
                b"</",
                b"<!--",
                b"<![CDATA[",
                b"<!DOCTYPE x>",
                b"&#0;",
                b"&#x110000;",
                b"\0",
                b"\xff",
                b"xmlns=\"x\"",
            ];
            let piece = PIECES[random.below(PIECES.len())];
            document.splice(at..at, piece.iter().copied());
        }
        3 => {
            let end = (at + random.below(64)).min(document.len());
            document.drain(at..end);
        }
        4 => {
            let end = (at + random.below(64)).min(document.len());
            let copy = document[at..end].to_vec();
            document.splice(at..at, copy);
        }
        _ => {
            let other = &seeds[random.below(seeds.len())];
            let from = random.below(other.len() + 1);
            document.truncate(at);
            document.extend_from_slice(&other[from..]);
        }
    }
}

/// The same numbers in every run (xorshift; Marsaglia, "Xorshift RNGs").
struct Random(u32);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % end.max(1)
    }
}
