//! The documents by which pods and people are found: written for our own people, read for others.

pub mod hcard;
pub mod host_meta;
pub mod jrd;
pub mod nodeinfo;

/// Why a foreign document says nothing that could be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is in another language altogether.
    #[error("not {0}")]
    NotA(&'static str),
    /// A part that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A part breaks a rule.
    #[error("{0} cannot be used")]
    Invalid(&'static str),
    /// It is bigger or deeper than any honest one.
    #[error("too deep")]
    Deep,
}

/// Text as HTML and XML carry it, in elements and in double-quoted attributes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
