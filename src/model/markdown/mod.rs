//! Markdown to HTML, safe by construction: every tag and attribute of the output is written in this room, everything
//! else is escaped text. HTML in the source is shown as text.
//!
//! The dialect is the network's: CommonMark with tables, strikethrough, `^raised^` and `~lowered~` words and footnotes, a line break for every line
//! break, links for bare addresses, `#tags` and mentions.

mod kept;
mod links;
mod writer;

pub use links::{Media, first as first_link, media};
use std::borrow::Cow;
use std::fmt::Write;

use pulldown_cmark::{Event, Options, Parser, TextMergeStream};

use super::Handle;
use kept::Kept;
use writer::Writer;

/// What the network writes besides CommonMark.
const DIALECT: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_SUPERSCRIPT)
    .union(Options::ENABLE_SUBSCRIPT);

/// Characters of a text of which only the beginning is shown.
const BEGINNING_MAX: usize = 300;

/// What a text needs to know about the world.
pub struct World<'a> {
    /// Where a mentioned person is to be seen, and their name; `None` for somebody unknown.
    pub person: &'a dyn Fn(&Handle) -> Option<(String, String)>,
    /// The address under which this pod shows a picture from elsewhere; `None`: not at all.
    pub image: &'a dyn Fn(&str) -> Option<String>,
    /// Makes the ids of footnotes unique on a page of many texts: letters, digits and hyphens.
    pub prefix: &'a str,
}

/// The text as HTML: at most about eight times as long. What would be longer is shown as it was written.
pub fn html(text: &str, world: &World) -> String {
    let kept = Kept::of(text);
    let mut writer = Writer::new(world, &kept, text.len());
    for event in TextMergeStream::new(Parser::new_ext(&kept.source, dialect_of(text))) {
        writer.event(event);
        if writer.written() > 8 * text.len() + 1_024 {
            return as_written(text);
        }
    }
    writer.finish()
}

/// Short rows of a table are filled up: a text whose tables could have many more cells than it has bytes has none.
fn dialect_of(text: &str) -> Options {
    let columns = text.lines().map(|line| 1 + line.matches('|').count()).max().unwrap_or(0);
    let fits = columns * text.lines().count() <= 2 * text.len() + 1_000;
    if fits { DIALECT } else { DIALECT.difference(Options::ENABLE_TABLES) }
}

/// The text as HTML, without any Markdown.
fn as_written(text: &str) -> String {
    let lines: Vec<Cow<str>> = text.lines().map(escape).collect();
    format!("<p>{}</p>", lines.join("<br>"))
}

/// The words with which the text begins as HTML, when there is no room for all of it.
pub fn beginning(text: &str) -> String {
    format!("<p>{}</p>", escape(&plain(text, BEGINNING_MAX)))
}

/// The words of the text on one line, without Markdown, at most `max` characters: for titles.
pub fn plain(text: &str, max: usize) -> String {
    // All that is read of it: words take less, and there may be megabytes.
    let text = &text[..text.floor_char_boundary(16 * max + 1_024)];
    let kept = Kept::of(text);
    let mut out = String::new();
    for event in TextMergeStream::new(Parser::new_ext(&kept.source, dialect_of(text))) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                out.push_str(&kept.spoken(&text));
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => out.push(' '),
            _ => {}
        }
    }
    shorten(&out.split_whitespace().collect::<Vec<_>>().join(" "), max)
}

/// At most `max` characters, with an ellipsis when something was cut.
fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        None => text.to_owned(),
        Some(_) => {
            let cut = text.char_indices().nth(max.saturating_sub(1)).map_or(0, |(at, _)| at);
            format!("{}…", text[..cut].trim_end())
        }
    }
}

/// Escapes text for HTML, in content and in double-quoted attributes.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push_escaped(&mut out, text);
    Cow::Owned(out)
}

fn push_escaped(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let entity = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(entity);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

/// Percent-encodes all but letters, digits and `-._~@`.
fn push_percent(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests;
