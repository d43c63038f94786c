//! Markdown events to HTML. Every tag that can come out is in this file.

use std::collections::HashMap;
use std::fmt::Write;

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};

use super::kept::{KEEP, Kept, Piece};
use super::links::{address_around, href, is_web};
use super::{World, push_escaped, push_percent};
use crate::model::{Handle, tag};

/// Quotes and lists nested deeper than this are shown at this depth.
const DEPTH_MAX: usize = 16;

/// Turns Markdown events into HTML.
pub struct Writer<'w> {
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
    pub fn new(world: &'w World<'w>, kept: &'w Kept<'w>, length: usize) -> Writer<'w> {
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

    /// Bytes written so far.
    pub fn written(&self) -> usize {
        self.out.len() + self.notes.len()
    }

    pub fn finish(mut self) -> String {
        if !self.notes.is_empty() {
            let _ = write!(self.out, "<ol class=\"footnotes\">{}</ol>", self.notes);
        }
        self.out
    }

    pub fn event(&mut self, event: Event) {
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
            Tag::Superscript => self.out.push_str("<sup>"),
            Tag::Subscript => self.out.push_str("<sub>"),
            Tag::Link { dest_url, title, .. } => self.open_link(&dest_url, &title),
            Tag::Image { dest_url, title, .. } => self.open_picture(&dest_url, &title),
            // Extensions that are off.
            Tag::DefinitionList | Tag::DefinitionListTitle | Tag::DefinitionListDefinition | Tag::MetadataBlock(_) => {}
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
            TagEnd::Superscript => self.out.push_str("</sup>"),
            TagEnd::Subscript => self.out.push_str("</sub>"),
            TagEnd::Link => {
                if self.links.pop().unwrap_or(false) {
                    self.out.push_str("</a>");
                }
            }
            TagEnd::Image
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
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
        while let Some(offset) = text[at..].find(['#', '<', '-', ':', '^', '~']) {
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
            } else if before.is_some_and(char::is_alphanumeric)
                && let Some((tag, word)) = shifted_at_start(here)
            {
                push_escaped(&mut self.out, &text[from..at]);
                let _ = write!(self.out, "<{tag}>");
                push_escaped(&mut self.out, word);
                let _ = write!(self.out, "</{tag}>");
                at += word.len() + 2;
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

/// A raised or lowered part of a word, `m^2^` or `H~2~O`: the parser only knows whole ones.
fn shifted_at_start(text: &str) -> Option<(&'static str, &str)> {
    let (sign, tag) = if text.starts_with('^') { ('^', "sup") } else { ('~', "sub") };
    let (word, _) = text.strip_prefix(sign)?.split_once(sign)?;
    (!word.is_empty() && !word.contains(char::is_whitespace)).then_some((tag, word))
}

/// Signs people type and diaspora* draws.
fn sign_at_start(text: &str) -> Option<(&'static str, &'static str)> {
    const SIGNS: [(&str, &str); 4] = [("<->", "↔"), ("<-", "←"), ("->", "→"), ("<3", "♥")];
    // A longer arrow or a rule made of hyphens stays as it is.
    let (sign, drawn) = SIGNS.into_iter().find(|(sign, _)| text.starts_with(sign))?;
    (!text[sign.len()..].starts_with(['-', '>'])).then_some((sign, drawn))
}
