//! Addresses in a text: where one begins and ends, and where a link may lead.

use super::kept::KEEP;
use super::push_percent;

/// Where a link may lead: the web, mail, and things of the network, which this pod looks up.
pub fn href(dest: &str) -> Option<String> {
    let lower = dest.get(..24.min(dest.len())).unwrap_or(dest).to_ascii_lowercase();
    if dest.chars().any(|c| c.is_control()) {
        return None;
    }
    if is_web(dest) || lower.starts_with("mailto:") {
        return Some(dest.to_owned());
    }
    if lower.starts_with("diaspora:") || lower.starts_with("web+diaspora:") {
        let mut out = String::from("/link?q=");
        push_percent(&mut out, dest);
        return Some(out);
    }
    None
}

/// Whether this is an address of the web with a host.
pub fn is_web(address: &str) -> bool {
    let rest = strip_scheme(address, "https://").or_else(|| strip_scheme(address, "http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']))
        && !address.chars().any(|c| c.is_control() || c.is_whitespace())
}

fn strip_scheme<'t>(address: &'t str, scheme: &str) -> Option<&'t str> {
    let head = address.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then(|| &address[scheme.len()..])
}

/// Bytes of an address in a text at the most: whoever looks for its end looks no further.
const LENGTH_MAX: usize = 2_048;

/// The address a text begins with: to the next blank, without the punctuation that ends a sentence.
pub fn address_at_start(text: &str) -> Option<&str> {
    let known = ["https://", "http://", "diaspora://", "web+diaspora://"];
    if !known.iter().any(|scheme| strip_scheme(text, scheme).is_some()) {
        return None;
    }
    let near = &text[..text.floor_char_boundary(LENGTH_MAX)];
    let end = near.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"`|{}\\^".contains(c) || c == KEEP);
    if end.is_none() && near.len() < text.len() {
        return None;
    }
    let mut address = &near[..end.unwrap_or(near.len())];
    while let Some(last) = address.chars().next_back() {
        let closing = match last {
            ')' => address.matches(')').count() > address.matches('(').count(),
            ']' => address.matches(']').count() > address.matches('[').count(),
            c => ".,;:!?'*_~…".contains(c),
        };
        if !closing {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    let scheme_end = address.find("://").map_or(address.len(), |at| at + 3);
    (address.len() > scheme_end).then_some(address)
}

/// The first address of the web in a text that is not that of a picture.
pub fn first(text: &str) -> Option<&str> {
    let found = text.match_indices("://").filter_map(|(at, _)| address_around(text, at));
    let mut found = found.filter(|at| is_web(&text[at.clone()]) && !is_picture(&text[..at.start]));
    found.next().map(|at| &text[at])
}

/// Sound or moving pictures that a text leads to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Media<'t> {
    pub address: &'t str,
    pub moving: bool,
}

/// Players under one text at the most.
const MEDIA_MAX: usize = 4;

/// Addresses of the web in a text that end like the name of such a file.
pub fn media(text: &str) -> Vec<Media<'_>> {
    let found = text.match_indices("://").filter_map(|(at, _)| address_around(text, at));
    let found = found.map(|at| &text[at]).filter(|address| is_web(address));
    found.filter_map(|address| Some(Media { address, moving: is_moving(address)? })).take(MEDIA_MAX).collect()
}

/// By the end of the path of an address; `None` when that is neither.
fn is_moving(address: &str) -> Option<bool> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    match path.rsplit_once('.')?.1.to_ascii_lowercase().as_str() {
        "mp4" | "webm" | "ogv" | "m4v" | "mov" => Some(true),
        "mp3" | "ogg" | "oga" | "opus" | "wav" | "flac" | "m4a" | "aac" => Some(false),
        _ => None,
    }
}

/// Whether Markdown that ends here goes on with the address of a picture.
fn is_picture(before: &str) -> bool {
    before.ends_with("](") && before.rfind('[').is_some_and(|at| before[..at].ends_with('!'))
}

/// The address whose colon stands at byte `colon`, when one begins at a word's start before it.
pub fn address_around(text: &str, colon: usize) -> Option<std::ops::Range<usize>> {
    if !text[colon..].starts_with("://") {
        return None;
    }
    let scheme = text[..colon].bytes().rev().take_while(|b| b.is_ascii_alphabetic() || *b == b'+').count();
    let start = colon - scheme;
    let address = address_at_start(&text[start..])?;
    Some(start..start + address.len())
}
