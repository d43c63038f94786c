//! What a podmin brings: lists of others, and the file of settings.

use std::path::Path;

use pappus::config;
use pappus::model::Timestamp;
use pappus::model::hash_list::{Line, Reader};
use pappus::moderation::blocklist;

use super::text;

/// A list of limits: what is read is written on one line, and read again as the same.
pub fn blocklist(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    for (number, _, limit) in blocklist::read(text, "list", Timestamp(0)) {
        assert!(number > 0);
        let Some(limit) = limit else { continue };
        let line = blocklist::line(&limit);
        assert!(!line.contains(['\n', '\r']));
        let written = format!("{}\n{line}", blocklist::HEADER);
        let again = blocklist::read(&written, "list", Timestamp(0)).next().and_then(|(_, _, limit)| limit);
        let again = again.expect("what was written is read");
        assert_eq!((again.subject, again.severity), (limit.subject, limit.severity));
    }
}

pub fn hash_list(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let mut before = 0;
    while let Some(line) = reader.line().expect("bytes can be read") {
        assert!(reader.number > before);
        before = reader.number;
        if let Line::Hash { label, .. } = line {
            assert!(label.len() <= 3 * bytes.len());
        }
    }
}

pub fn config(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    for (line, _, value) in config::values(text).unwrap_or_default() {
        assert!(line > 0);
        let shown = config::value::without_password(&value);
        assert!(shown.len() <= value.len() + 3);
    }
    let _ = config::value::pod_url(text);
    assert!(Path::new(text).as_os_str().len() == text.len());
}
