//! What Markdown must not see: mentions and bare addresses, kept aside while it is read.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::Write;

use super::links::address_at_start;
use crate::model::{Handle, mention};

/// Stand around the number of a kept piece of text while Markdown is read: private-use characters,
/// which no Markdown rule knows.
pub const KEEP: char = '\u{e000}';
pub const KEPT: char = '\u{e001}';

/// Mentions and bare addresses, taken out before Markdown sees their underscores and asterisks.
pub struct Kept<'a> {
    pub source: Cow<'a, str>,
    pieces: Vec<Piece<'a>>,
    /// Bytes that may still be put back: a text can name a piece a thousand times by writing the
    /// private-use characters as entities.
    budget: Cell<usize>,
}

pub enum Piece<'a> {
    Mention { written: &'a str, name: Option<&'a str>, handle: Handle },
    Address(&'a str),
}

impl<'a> Kept<'a> {
    pub fn of(text: &'a str) -> Kept<'a> {
        if !text.contains("@{") && !text.contains("://") && !text.contains([KEEP, KEPT]) {
            return Kept { source: Cow::Borrowed(text), pieces: Vec::new(), budget: Cell::new(0) };
        }
        let mut pieces = Vec::new();
        let mut source = String::with_capacity(text.len());
        let mut mentions = mention::of_text(text).peekable();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            while mentions.next_if(|m| m.at.start < at).is_some() {}
            if let Some(found) = mentions.next_if(|m| m.at.start == at) {
                let _ = write!(source, "{KEEP}{}{KEPT}", pieces.len());
                let written = &text[found.at.clone()];
                pieces.push(Piece::Mention { written, name: found.name, handle: found.handle });
                at = found.at.end;
                continue;
            }
            if begins_word(&text[..at])
                && let Some(address) = address_at_start(&text[at..])
            {
                let _ = write!(source, "{KEEP}{}{KEPT}", pieces.len());
                pieces.push(Piece::Address(address));
                at += address.len();
                continue;
            }
            if c != KEEP && c != KEPT {
                source.push(c);
            }
            at += c.len_utf8();
        }
        Kept { source: Cow::Owned(source), pieces, budget: Cell::new(4 * text.len()) }
    }

    /// Splits a text into plain stretches and kept pieces.
    pub fn split<'t>(&self, text: &'t str, mut each: impl FnMut(Result<&'t str, &Piece<'a>>)) {
        let mut rest = text;
        while let Some((plain, marked)) = rest.split_once(KEEP) {
            let (number, after) = marked.split_once(KEPT).unwrap_or((marked, ""));
            each(Ok(plain));
            if let Some(piece) = number.parse().ok().and_then(|n: usize| self.take(n)) {
                each(Err(piece));
            }
            rest = after;
        }
        each(Ok(rest));
    }

    fn take(&self, number: usize) -> Option<&Piece<'a>> {
        let piece = self.pieces.get(number)?;
        let length = match piece {
            Piece::Mention { written, .. } | Piece::Address(written) => written.len(),
        };
        self.budget.set(self.budget.get().checked_sub(length)?);
        Some(piece)
    }

    /// The text as its author wrote it: for code, and for addresses.
    pub fn written<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(KEEP) {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        self.split(text, |part| match part {
            Ok(text) => out.push_str(text),
            Err(Piece::Address(address)) => out.push_str(address),
            Err(Piece::Mention { written, .. }) => out.push_str(written),
        });
        Cow::Owned(out)
    }

    /// The text as one would say it: names instead of mentions.
    pub fn spoken<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if !text.contains(KEEP) {
            return Cow::Borrowed(text);
        }
        let mut out = String::new();
        self.split(text, |part| match part {
            Ok(text) => out.push_str(text),
            Err(Piece::Address(address)) => out.push_str(address),
            Err(Piece::Mention { name, handle, .. }) => out.push_str(name.unwrap_or(handle.as_str())),
        });
        Cow::Owned(out)
    }
}

/// Whether an address after this text is a word of its own, and not the destination of a link.
fn begins_word(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        None => true,
        Some('(') => back.next() != Some(']'),
        Some(c) => c.is_whitespace(),
    }
}
