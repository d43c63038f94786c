//! What somebody brings who moves in.

use std::io::Read;

use pappus::federation::archive::Error;
use pappus::federation::archive::read::{self, Flow, Section};
use pappus::federation::archive::zip;
use pappus::federation::diaspora::json;
use pappus::media::source::Source;

/// An archive as text, in gzip or in a zip file. What is longer than a small machine's patience is not unpacked here.
pub fn archive(bytes: &[u8]) {
    let mut things = 0;
    let walked = read::walk(Source::Bytes(bytes), &Section::ALL, &mut |section, thing| {
        things += 1;
        if section.is_list() {
            let _ = json::read(&thing);
        }
        Ok(if things < 1_000 { Flow::On } else { Flow::Enough })
    });
    assert!(!matches!(walked, Err(Error::Io(_))), "{walked:?}");
}

/// A zip file: every file in it lies within it, and unpacks to what was allowed at the most.
pub fn zip(bytes: &[u8]) {
    let source = Source::Bytes(bytes);
    for entry in zip::list(source).expect("bytes can be read").into_iter().flatten().take(8) {
        assert!(!entry.name.contains(['/', '\\']) && !entry.name.is_empty());
        let packed = zip::packed(source, &entry).expect("bytes can be read");
        if let Some(packed) = packed {
            assert!(packed.len() <= source.len());
            let mut all = Vec::new();
            packed.reader().read_to_end(&mut all).expect("bytes can be read");
        }
        zip::stored(source, &entry).expect("bytes can be read");
    }
}
