//! What pictures look like to us and to the library `pdqhash`: the same photographs, seen by both.

use std::path::Path;
use std::process::Command;

use pappus::media::fingerprint;
use pappus::media::source::Source;
use pappus::model::Pdq;
use serde_json::Value;

use crate::support::tools::PDQHASH;
use crate::support::trials;

trials![PDQHASH;
    photographs_look_to_us_bit_for_bit_as_they_look_to_pdqhash,
];

/// Bits that a decoder may turn, by the rule of those who made PDQ for pictures that were read differently.
const BITS: u32 = 10;

fn look(file: &Path) -> Pdq {
    let bytes = std::fs::read(file).expect("the picture is there");
    fingerprint::look(Source::Bytes(&bytes)).expect("reads").expect("a picture")
}

fn photographs_look_to_us_bit_for_bit_as_they_look_to_pdqhash() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/peer/looks.py");
    let told = Command::new(PDQHASH.path()).arg(script).arg(folder.path()).output().expect("Python runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let (mut exact, mut near, mut farthest) = (0, 0, 0);
    for line in String::from_utf8_lossy(&told.stdout).lines() {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let (name, expected) = (text("name"), text("pdq"));
        let pdq = look(Path::new(&text("file")));
        let hash = pdq.hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if name.ends_with(".png") || name.ends_with(".gif") {
            assert_eq!((hash, Some(u64::from(pdq.quality))), (expected, line["quality"].as_u64()), "{name}");
            exact += 1;
        } else {
            // Decoders round differently, and of a large JPEG we read as much as is kept.
            let bits: u32 = (0..64)
                .map(|at| {
                    let digit = |hex: &str| u8::from_str_radix(&hex[at..=at], 16).expect("a digit");
                    (digit(&hash) ^ digit(&expected)).count_ones()
                })
                .sum();
            assert!(bits <= BITS, "{name}: {bits} bits differ");
            (near, farthest) = (near + 1, farthest.max(bits));
        }
    }
    assert!(exact >= 70 && near >= 35, "{exact} and {near}, at most {farthest} bits");
}
