//! Every reader of bytes that come from outside, each with what must hold whatever comes. The fuzzer feeds them; a
//! trial (`tests/it/fuzz.rs`) feeds them what it once found, and its seeds.

mod archives;
mod door;
mod lists;
mod messages;
mod pages;
mod pictures;
mod proofs;
mod texts;

/// Takes anything; panics when it breaks a promise.
pub type Target = fn(&[u8]);

/// All targets by the names of their folders in `corpus` and `regressions`.
pub const ALL: &[(&str, Target)] = &[
    ("archive", archives::archive),
    ("base58", proofs::base58),
    ("blocklist", lists::blocklist),
    ("chunked", door::chunked),
    ("config", lists::config),
    ("cookies", door::cookies),
    ("entity", messages::entity),
    ("envelope", messages::envelope),
    ("exif", pictures::exif),
    ("form", door::form),
    ("gif", pictures::gif),
    ("gif_copy", pictures::gif_copy),
    ("hash_list", lists::hash_list),
    ("hcard", messages::hcard),
    ("head", door::head),
    ("jcs", proofs::jcs),
    ("jpeg", pictures::jpeg),
    ("json", messages::json),
    ("key", messages::key),
    ("markdown", texts::markdown),
    ("multipart", door::multipart),
    ("names", texts::names),
    ("nodeinfo", messages::nodeinfo),
    ("note", proofs::note),
    ("page", pages::page),
    ("png", pictures::png),
    ("preview", texts::preview),
    ("private", messages::private),
    ("receipt", proofs::receipt),
    ("time", texts::time),
    ("webfinger", messages::webfinger),
    ("webp", pictures::webp),
    ("xml", messages::xml),
    ("zip", archives::zip),
];

/// Bytes as text, when they are.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
