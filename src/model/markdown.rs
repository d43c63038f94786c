//! Markdown to HTML, safe by construction: every tag and attribute of the output is written in this
//! file, everything else is escaped text. HTML in the source is shown as text.
//!
//! The dialect is the network's: CommonMark with tables, strikethrough and footnotes, a line break
//! for every line break, links for bare addresses, `#tags` and mentions.

use super::{Handle, mention, tag};
use pulldown_cmark::{Alignment, Event, Options, Parser, Tag, TagEnd, TextMergeStream};
use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Write;

/// Quotes and lists nested deeper than this are shown at this depth.
const DEPTH_MAX: usize = 16;

/// Stand around the number of a kept piece of text while Markdown is read: private-use characters,
/// which no Markdown rule knows.
const KEEP: char = '\u{e000}';
const KEPT: char = '\u{e001}';

/// What the network writes besides CommonMark.
const DIALECT: Options = Options::ENABLE_TABLES.union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_FOOTNOTES);

/// What a text needs to know about the world.
pub struct World<'a> {
    /// Where a mentioned person is to be seen, and their name; `None` for somebody unknown.
    pub person: &'a dyn Fn(&Handle) -> Option<(String, String)>,
    /// The address under which this pod shows a picture from elsewhere; `None`: not at all.
    pub image: &'a dyn Fn(&str) -> Option<String>,
    /// Makes the ids of footnotes unique on a page of many texts: letters, digits and hyphens.
    pub prefix: &'a str,
}

/// The text as HTML.
pub fn html(text: &str, world: &World) -> String {
    let kept = Kept::of(text);
    let mut writer = Writer::new(world, &kept, text.len());
    for event in TextMergeStream::new(Parser::new_ext(&kept.source, DIALECT)) {
        writer.event(event);
    }
    writer.finish()
}

/// The words of the text on one line, without Markdown, at most `max` characters: for titles.
pub fn plain(text: &str, max: usize) -> String {
    let kept = Kept::of(text);
    let mut out = String::new();
    for event in TextMergeStream::new(Parser::new_ext(&kept.source, DIALECT)) {
        match event {
            Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                out.push_str(&kept.spoken(&text));
            }
            Event::SoftBreak | Event::HardBreak | Event::End(_) => out.push(' '),
            _ => {}
        }
        if out.len() > max * 8 {
            break;
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

/// Mentions and bare addresses, taken out before Markdown sees their underscores and asterisks.
struct Kept<'a> {
    source: Cow<'a, str>,
    pieces: Vec<Piece<'a>>,
    /// Bytes that may still be put back: a text can name a piece a thousand times by writing the
    /// private-use characters as entities.
    budget: Cell<usize>,
}

enum Piece<'a> {
    Mention { written: &'a str, name: Option<&'a str>, handle: Handle },
    Address(&'a str),
}

impl<'a> Kept<'a> {
    fn of(text: &'a str) -> Kept<'a> {
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
    fn split<'t>(&self, text: &'t str, mut each: impl FnMut(Result<&'t str, &Piece<'a>>)) {
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
    fn written<'t>(&self, text: &'t str) -> Cow<'t, str> {
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
    fn spoken<'t>(&self, text: &'t str) -> Cow<'t, str> {
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

/// Turns Markdown events into HTML.
struct Writer<'w> {
    out: String,
    world: &'w World<'w>,
    kept: &'w Kept<'w>,
    /// Open quotes and list items.
    depth: usize,
    /// Which of the open quotes, lists and items were written (the too deep ones were not).
    shown: Vec<bool>,
    /// For every open link, whether it was written.
    links: Vec<bool>,
    picture: Option<Picture>,
    heading: Vec<u8>,
    last_heading: u8,
    columns: Vec<Alignment>,
    column: usize,
    in_head: bool,
    in_code: bool,
    /// Whether a line of an HTML block was shown already.
    in_html: bool,
    footnotes: HashMap<String, usize>,
    /// Where in the output the open footnotes begin; their text moves to `notes`.
    note_starts: Vec<usize>,
    notes: String,
}

/// A picture that is being described.
struct Picture {
    /// How deep in its description we are.
    depth: usize,
    /// Where it is shown from; empty: it is not shown, its description is.
    src: String,
    title: String,
    /// Escaped.
    alt: String,
}

impl<'w> Writer<'w> {
    fn new(world: &'w World<'w>, kept: &'w Kept<'w>, length: usize) -> Writer<'w> {
        Writer {
            out: String::with_capacity(length + length / 2 + 16),
            world,
            kept,
            depth: 0,
            shown: Vec::new(),
            links: Vec::new(),
            picture: None,
            heading: Vec::new(),
            last_heading: 2,
            columns: Vec::new(),
            column: 0,
            in_head: false,
            in_code: false,
            in_html: false,
            footnotes: HashMap::new(),
            note_starts: Vec::new(),
            notes: String::new(),
        }
    }

    fn finish(mut self) -> String {
        if !self.notes.is_empty() {
            let _ = write!(self.out, "<ol class=\"footnotes\">{}</ol>", self.notes);
        }
        self.out
    }

    fn event(&mut self, event: Event) {
        if self.picture.is_some() {
            return self.describe(event);
        }
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(end) => self.end(end),
            Event::Text(text) if self.in_code => push_escaped(&mut self.out, &self.kept.written(&text)),
            Event::Text(text) => self.text(&text),
            Event::Code(text) => {
                self.out.push_str("<code>");
                push_escaped(&mut self.out, &self.kept.written(&text));
                self.out.push_str("</code>");
            }
            Event::Html(text) => self.html_lines(&text),
            Event::InlineHtml(text) => push_escaped(&mut self.out, &self.kept.written(&text)),
            Event::SoftBreak | Event::HardBreak => self.out.push_str("<br>"),
            Event::Rule => self.out.push_str("<hr>"),
            Event::FootnoteReference(label) => self.footnote_reference(&label),
            // Extensions that are off.
            Event::InlineMath(text) | Event::DisplayMath(text) => push_escaped(&mut self.out, &text),
            Event::TaskListMarker(_) => {}
        }
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Paragraph => self.out.push_str("<p>"),
            Tag::HtmlBlock => {
                self.in_html = false;
                self.out.push_str("<p>");
            }
            Tag::Heading { level, .. } => self.open_heading(level as u8),
            Tag::BlockQuote(_) => self.open_deep("<blockquote>"),
            Tag::CodeBlock(_) => {
                self.in_code = true;
                self.out.push_str("<pre tabindex=\"0\"><code>");
            }
            Tag::List(None) => self.open_deep("<ul>"),
            Tag::List(Some(1)) => self.open_deep("<ol>"),
            Tag::List(Some(first)) => self.open_deep(&format!("<ol start=\"{first}\">")),
            Tag::Item => {
                let shown = self.shown.last().copied().unwrap_or(true);
                self.out.push_str(if shown { "<li>" } else { "<br>" });
            }
            Tag::FootnoteDefinition(label) => self.open_footnote(&label),
            Tag::Table(columns) => {
                self.columns = columns;
                self.out.push_str("<div class=\"table\" tabindex=\"0\"><table>");
            }
            Tag::TableHead => {
                (self.in_head, self.column) = (true, 0);
                self.out.push_str("<thead><tr>");
            }
            Tag::TableRow => {
                self.column = 0;
                self.out.push_str("<tr>");
            }
            Tag::TableCell => self.open_cell(),
            Tag::Emphasis => self.out.push_str("<em>"),
            Tag::Strong => self.out.push_str("<strong>"),
            Tag::Strikethrough => self.out.push_str("<del>"),
            Tag::Link { dest_url, title, .. } => self.open_link(&dest_url, &title),
            Tag::Image { dest_url, title, .. } => self.open_picture(&dest_url, &title),
            // Extensions that are off.
            Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Paragraph | TagEnd::HtmlBlock => self.out.push_str("</p>"),
            TagEnd::Heading(_) => {
                let level = self.heading.pop().unwrap_or(3);
                let _ = write!(self.out, "</h{level}>");
            }
            TagEnd::BlockQuote(_) => self.close_deep("</blockquote>"),
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.out.push_str("</code></pre>");
            }
            TagEnd::List(false) => self.close_deep("</ul>"),
            TagEnd::List(true) => self.close_deep("</ol>"),
            TagEnd::Item => {
                if self.shown.last().copied().unwrap_or(true) {
                    self.out.push_str("</li>");
                }
            }
            TagEnd::FootnoteDefinition => self.close_footnote(),
            TagEnd::Table => self.out.push_str("</tbody></table></div>"),
            TagEnd::TableHead => {
                self.in_head = false;
                self.out.push_str("</tr></thead><tbody>");
            }
            TagEnd::TableRow => self.out.push_str("</tr>"),
            TagEnd::TableCell => self.out.push_str(if self.in_head { "</th>" } else { "</td>" }),
            TagEnd::Emphasis => self.out.push_str("</em>"),
            TagEnd::Strong => self.out.push_str("</strong>"),
            TagEnd::Strikethrough => self.out.push_str("</del>"),
            TagEnd::Link => {
                if self.links.pop().unwrap_or(false) {
                    self.out.push_str("</a>");
                }
            }
            TagEnd::Image
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::MetadataBlock(_) => {}
        }
    }

    /// Headings begin below the page's own and never leave a level out.
    fn open_heading(&mut self, level: u8) {
        let level = (level + 2).min(self.last_heading + 1).min(6);
        self.last_heading = level;
        self.heading.push(level);
        let _ = write!(self.out, "<h{level}>");
    }

    fn open_deep(&mut self, tag: &str) {
        let shown = self.depth < DEPTH_MAX;
        self.depth += 1;
        self.shown.push(shown);
        if shown {
            self.out.push_str(tag);
        }
    }

    fn close_deep(&mut self, tag: &str) {
        self.depth = self.depth.saturating_sub(1);
        if self.shown.pop().unwrap_or(false) {
            self.out.push_str(tag);
        }
    }

    fn open_cell(&mut self) {
        let tag = if self.in_head { "th" } else { "td" };
        let class = match self.columns.get(self.column) {
            Some(Alignment::Right) => " class=\"end\"",
            Some(Alignment::Center) => " class=\"centre\"",
            _ => "",
        };
        self.column += 1;
        let _ = write!(self.out, "<{tag}{class}>");
    }

    fn open_link(&mut self, dest: &str, title: &str) {
        let dest = self.kept.written(dest);
        let href = if self.links.contains(&true) { None } else { href(&dest) };
        self.links.push(href.is_some());
        if let Some(href) = href {
            self.push_anchor(&href, &self.kept.written(title));
        }
    }

    fn push_anchor(&mut self, href: &str, title: &str) {
        self.out.push_str("<a href=\"");
        push_escaped(&mut self.out, href);
        if !title.is_empty() {
            self.out.push_str("\" title=\"");
            push_escaped(&mut self.out, title);
        }
        self.out.push_str("\" rel=\"nofollow noopener noreferrer\">");
    }

    fn open_picture(&mut self, dest: &str, title: &str) {
        let dest = self.kept.written(dest);
        let src = if is_web(&dest) { (self.world.image)(&dest) } else { None };
        let title = self.kept.spoken(title).into_owned();
        self.picture = Some(Picture { depth: 1, src: src.unwrap_or_default(), title, alt: String::new() });
    }

    /// Inside a picture everything is its description.
    fn describe(&mut self, event: Event) {
        let Some(mut picture) = self.picture.take() else { return };
        match event {
            Event::Start(_) => picture.depth += 1,
            Event::End(_) => picture.depth -= 1,
            Event::Text(text) | Event::Code(text) | Event::InlineHtml(text) | Event::Html(text) => {
                push_escaped(&mut picture.alt, &self.kept.spoken(&text));
            }
            Event::SoftBreak | Event::HardBreak => picture.alt.push(' '),
            _ => {}
        }
        match picture.depth {
            0 => self.close_picture(&picture),
            _ => self.picture = Some(picture),
        }
    }

    fn close_picture(&mut self, picture: &Picture) {
        if picture.src.is_empty() {
            return self.out.push_str(&picture.alt);
        }
        self.out.push_str("<img src=\"");
        push_escaped(&mut self.out, &picture.src);
        let _ = write!(self.out, "\" alt=\"{}", picture.alt);
        if !picture.title.is_empty() {
            self.out.push_str("\" title=\"");
            push_escaped(&mut self.out, &picture.title);
        }
        self.out.push_str("\" loading=\"lazy\">");
    }

    /// The number of a footnote, by its label.
    fn footnote(&mut self, label: &str) -> usize {
        let next = self.footnotes.len() + 1;
        *self.footnotes.entry(label.to_owned()).or_insert(next)
    }

    fn footnote_reference(&mut self, label: &str) {
        let (number, prefix) = (self.footnote(label), self.world.prefix);
        let link = !self.links.contains(&true);
        let _ = match link {
            true => write!(self.out, "<sup><a href=\"#fn-{prefix}-{number}\">{number}</a></sup>"),
            false => write!(self.out, "<sup>{number}</sup>"),
        };
    }

    fn open_footnote(&mut self, label: &str) {
        let (number, prefix) = (self.footnote(label), self.world.prefix);
        self.note_starts.push(self.out.len());
        let _ = write!(self.out, "<li id=\"fn-{prefix}-{number}\" value=\"{number}\">");
    }

    fn close_footnote(&mut self) {
        self.out.push_str("</li>");
        if let Some(start) = self.note_starts.pop() {
            self.notes.push_str(&self.out.split_off(start));
        }
    }

    /// HTML of the source: shown, line by line, never obeyed.
    fn html_lines(&mut self, text: &str) {
        let text = self.kept.written(text);
        for line in text.trim_end_matches('\n').split('\n') {
            if std::mem::replace(&mut self.in_html, true) {
                self.out.push_str("<br>");
            }
            push_escaped(&mut self.out, line);
        }
    }

    fn text(&mut self, text: &str) {
        if !text.contains(KEEP) {
            return self.words(text);
        }
        let kept = self.kept;
        kept.split(text, |part| match part {
            Ok(text) => self.words(text),
            Err(Piece::Address(address)) => self.address(address),
            Err(Piece::Mention { name, handle, .. }) => self.mention(*name, handle),
        });
    }

    /// Plain words: tags become links, some signs are drawn.
    fn words(&mut self, text: &str) {
        let (mut from, mut at, mut before) = (0, 0, None);
        while let Some(offset) = text[at..].find(['#', '<', '-', ':']) {
            at += offset;
            if offset > 0 {
                before = text[..at].chars().next_back();
            }
            let here = &text[at..];
            if here.starts_with('#')
                && tag::opens(before)
                && let Some(name) = tag::at_start(here)
            {
                push_escaped(&mut self.out, &text[from..at]);
                self.tag(name);
                at += 1 + name.len();
                from = at;
            } else if before != Some('-')
                && let Some((sign, drawn)) = sign_at_start(here)
            {
                push_escaped(&mut self.out, &text[from..at]);
                self.out.push_str(drawn);
                at += sign.len();
                from = at;
            } else if let Some(address) =
                here.starts_with(':').then(|| address_around(&text[from..], at - from)).flatten()
            {
                let start = from + address.start;
                push_escaped(&mut self.out, &text[from..start]);
                self.address(&text[start..from + address.end]);
                at = from + address.end;
                from = at;
            } else {
                at += 1;
            }
            before = text[..at].chars().next_back();
        }
        push_escaped(&mut self.out, &text[from..]);
    }

    fn tag(&mut self, name: &str) {
        if self.links.contains(&true) {
            self.out.push('#');
            return push_escaped(&mut self.out, name);
        }
        self.out.push_str("<a class=\"tag\" href=\"/tags/");
        push_percent(&mut self.out, &tag::canonical(name));
        self.out.push_str("\">#");
        push_escaped(&mut self.out, name);
        self.out.push_str("</a>");
    }

    fn address(&mut self, address: &str) {
        match href(address).filter(|_| !self.links.contains(&true)) {
            Some(href) => {
                self.push_anchor(&href, "");
                push_escaped(&mut self.out, address);
                self.out.push_str("</a>");
            }
            None => push_escaped(&mut self.out, address),
        }
    }

    fn mention(&mut self, name: Option<&str>, handle: &Handle) {
        let known = (self.world.person)(handle);
        let shown = known.as_ref().map(|(_, name)| name.as_str()).or(name).unwrap_or(handle.as_str());
        if self.links.contains(&true) {
            return push_escaped(&mut self.out, shown);
        }
        self.out.push_str("<a class=\"mention\" href=\"");
        match &known {
            Some((url, _)) => push_escaped(&mut self.out, url),
            None => {
                self.out.push_str("/people?q=");
                push_percent(&mut self.out, handle.as_str());
            }
        }
        self.out.push_str("\">");
        push_escaped(&mut self.out, shown);
        self.out.push_str("</a>");
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

/// Signs people type and diaspora* draws.
fn sign_at_start(text: &str) -> Option<(&'static str, &'static str)> {
    const SIGNS: [(&str, &str); 4] = [("<->", "↔"), ("<-", "←"), ("->", "→"), ("<3", "♥")];
    // A longer arrow or a rule made of hyphens stays as it is.
    let (sign, drawn) = SIGNS.into_iter().find(|(sign, _)| text.starts_with(sign))?;
    (!text[sign.len()..].starts_with(['-', '>'])).then_some((sign, drawn))
}

/// Where a link may lead: the web, mail, and things of the network, which this pod looks up.
fn href(dest: &str) -> Option<String> {
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
fn is_web(address: &str) -> bool {
    let rest = strip_scheme(address, "https://").or_else(|| strip_scheme(address, "http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['/', '?', '#', ':']))
        && !address.chars().any(|c| c.is_control() || c.is_whitespace())
}

fn strip_scheme<'t>(address: &'t str, scheme: &str) -> Option<&'t str> {
    let head = address.get(..scheme.len())?;
    head.eq_ignore_ascii_case(scheme).then(|| &address[scheme.len()..])
}

/// The address a text begins with: to the next blank, without the punctuation that ends a sentence.
fn address_at_start(text: &str) -> Option<&str> {
    let known = ["https://", "http://", "diaspora://", "web+diaspora://"];
    if !known.iter().any(|scheme| strip_scheme(text, scheme).is_some()) {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || c.is_control() || "<>\"`|{}\\^".contains(c) || c == KEEP);
    let mut address = &text[..end.unwrap_or(text.len())];
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

/// The address whose colon stands at byte `colon`, when one begins at a word's start before it.
fn address_around(text: &str, colon: usize) -> Option<std::ops::Range<usize>> {
    if !text[colon..].starts_with("://") {
        return None;
    }
    let scheme = text[..colon].bytes().rev().take_while(|b| b.is_ascii_alphabetic() || *b == b'+').count();
    let start = colon - scheme;
    let address = address_at_start(&text[start..])?;
    Some(start..start + address.len())
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
