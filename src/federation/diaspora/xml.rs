//! XML, read strictly and written plainly (diaspora* protocol, "XML").
//!
//! The reader makes a small tree under limits. A document type, an undefined entity, an unclosed tag or anything after
//! the root is refused; attributes, comments and processing instructions mean nothing in an entity.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Elements below each other at the most; the deepest legal document has four.
const DEPTH_MAX: usize = 8;

/// Elements in a document at the most.
pub(super) const ELEMENTS_MAX: usize = 20_000;

/// Attributes of an element at the most; only envelopes use any, one each.
const ATTRIBUTES_MAX: usize = 32;

/// Why a document was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("not UTF-8")]
    Encoding,
    #[error("not well-formed: {0}")]
    Malformed(String),
    #[error("has a document type")]
    Doctype,
    #[error("names an entity that XML does not define")]
    Entity,
    #[error("more than {DEPTH_MAX} levels deep")]
    Deep,
    #[error("more than {ELEMENTS_MAX} elements, or {ATTRIBUTES_MAX} attributes of one")]
    Long,
    #[error("has a prefix that stands for nothing")]
    Prefix,
    #[error("has a character that XML cannot carry")]
    Character,
    #[error("has no root element")]
    Empty,
}

/// An element with what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// As written, prefix included.
    pub name: String,
    /// Whether it has a prefix or stands under a default namespace.
    pub foreign: bool,
    pub attributes: Vec<(String, String)>,
    content: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Text(String),
    Element(Element),
}

impl Element {
    /// An element of elements, without attributes.
    pub fn of_elements(name: &str, children: Vec<Element>) -> Element {
        let content = children.into_iter().map(Node::Element).collect();
        Element { name: name.to_owned(), content, ..Element::default() }
    }

    /// An element of text; what XML cannot carry is replaced.
    pub fn of_text(name: &str, text: &str) -> Element {
        let mut element = Element { name: name.to_owned(), ..Element::default() };
        element.push_text(&legal(text));
        element
    }

    /// The name without its prefix.
    pub fn local_name(&self) -> &str {
        self.name.rsplit_once(':').map_or(&self.name, |(_, local)| local)
    }

    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.content.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children().find(|child| child.name == name)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All text below the element, one after the other.
    pub fn text(&self) -> Cow<'_, str> {
        match self.content.as_slice() {
            [] => Cow::Borrowed(""),
            [Node::Text(text)] => Cow::Borrowed(text),
            _ => {
                let mut text = String::new();
                self.collect_text(&mut text);
                Cow::Owned(text)
            }
        }
    }

    fn collect_text(&self, text: &mut String) {
        for node in &self.content {
            match node {
                Node::Text(piece) => text.push_str(piece),
                Node::Element(element) => element.collect_text(text),
            }
        }
    }

    fn push_text(&mut self, piece: &str) {
        if let Some(Node::Text(text)) = self.content.last_mut() {
            text.push_str(piece);
        } else if !piece.is_empty() {
            self.content.push(Node::Text(piece.to_owned()));
        }
    }
}

/// Reads a document.
pub fn parse(bytes: &[u8]) -> Result<Element, Error> {
    let text = std::str::from_utf8(bytes).map_err(|_| Error::Encoding)?;
    // White space before the declaration is common and harmless.
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
    reader.config_mut().expand_empty_elements = true;
    let mut tree = Tree::default();
    loop {
        let event = reader.read_event().map_err(|error| Error::Malformed(error.to_string()))?;
        if let Event::Eof = event {
            return tree.finish();
        }
        tree.take(event)?;
    }
}

/// The document as far as it is read.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn take(&mut self, event: Event) -> Result<(), Error> {
        match event {
            Event::Start(start) => self.start(&start),
            Event::End(_) => self.end(),
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(data) => self.text(&data.xml10_content()),
            Event::GeneralRef(reference) => self.text(resolve(&reference)?.encode_utf8(&mut [0; 4])),
            Event::DocType(_) => Err(Error::Doctype),
            Event::Decl(decl) => match decl.encoding() {
                None => Ok(()),
                Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") => Ok(()),
                Some(_) => Err(Error::Encoding),
            },
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn start(&mut self, start: &BytesStart) -> Result<(), Error> {
        self.elements += 1;
        if self.elements > ELEMENTS_MAX {
            return Err(Error::Long);
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(Error::Deep);
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(Error::Malformed("something after the root".to_owned()));
        }
        let mut element = Element { name: start.name().as_ref().to_owned(), ..Element::default() };
        let (prefix, local) = element.name.split_once(':').unwrap_or(("_", &element.name));
        if !is_name(prefix) || !is_name(local) {
            return Err(Error::Malformed(format!("{:?} is no name", element.name)));
        }
        for attribute in start.attributes() {
            if element.attributes.len() >= ATTRIBUTES_MAX {
                return Err(Error::Long);
            }
            let attribute = attribute.map_err(|error| Error::Malformed(error.to_string()))?;
            let value = unescape(&attribute.value)?;
            element.attributes.push((attribute.key.as_ref().to_owned(), value));
        }
        let under_foreign = self.open.last().is_some_and(|parent| parent.foreign && !parent.name.contains(':'));
        element.foreign = match element.attribute("xmlns") {
            Some(namespace) => !namespace.is_empty(),
            None => under_foreign,
        } || element.name.contains(':');
        self.open.push(element);
        self.prefix_stands_for_something()
    }

    /// The newest element's prefix is declared on it or above it. Which namespace it stands for nobody checks.
    fn prefix_stands_for_something(&self) -> Result<(), Error> {
        let prefix = self.open.last().and_then(|element| element.name.split_once(':')).map(|(prefix, _)| prefix);
        let Some(prefix) = prefix else { return Ok(()) };
        let declares = |name: &str| name.strip_prefix("xmlns:") == Some(prefix);
        let declared = self.open.iter().flat_map(|element| &element.attributes).any(|(name, _)| declares(name));
        if declared { Ok(()) } else { Err(Error::Prefix) }
    }

    fn end(&mut self) -> Result<(), Error> {
        let closed = self.open.pop().ok_or_else(|| Error::Malformed("an end without a start".to_owned()))?;
        match self.open.last_mut() {
            Some(parent) => parent.content.push(Node::Element(closed)),
            None => self.root = Some(closed),
        }
        Ok(())
    }

    fn text(&mut self, piece: &str) -> Result<(), Error> {
        if !all_legal(piece) {
            return Err(Error::Character);
        }
        match self.open.last_mut() {
            Some(element) => element.push_text(piece),
            None if piece.trim().is_empty() => {}
            None => return Err(Error::Malformed("text outside the root".to_owned())),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, Error> {
        if !self.open.is_empty() {
            return Err(Error::Malformed("the end is missing".to_owned()));
        }
        self.root.ok_or(Error::Empty)
    }
}

/// Whether an element may have this name, its prefix left out. XML allows more (1.0, production 5), but nobody in the network
/// uses a letter beyond ASCII there, and not all readers agree on those.
pub fn is_name(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"_-.".contains(&b);
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.bytes().all(legal)
}

/// The character that a reference stands for: one of XML's five names or a number.
fn resolve(reference: &BytesRef) -> Result<char, Error> {
    if let Some(c) = reference.resolve_char_ref().map_err(|_| Error::Entity)? {
        return Ok(c);
    }
    match &*reference.xml10_content() {
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "amp" => Ok('&'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(Error::Entity),
    }
}

fn unescape(value: &str) -> Result<String, Error> {
    quick_xml::escape::unescape(value).map(|text| text.into_owned()).map_err(|_| Error::Entity)
}

/// A code point that XML 1.0 can carry (XML 1.0 §2.2).
pub fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Whether XML can carry all of a text. Looks at bytes, as most texts are long and innocent.
fn all_legal(text: &str) -> bool {
    let suspicious = |b: u8| (b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || b == 0xef;
    !text.bytes().any(suspicious) || text.chars().all(is_legal)
}

/// Text with every code point that XML cannot carry replaced by U+FFFD.
pub fn legal(text: &str) -> String {
    text.chars().map(|c| if is_legal(c) { c } else { '\u{fffd}' }).collect()
}

/// Writes a document element by element.
#[derive(Default)]
pub struct Writer {
    out: String,
}

impl Writer {
    pub fn open(&mut self, name: &str) {
        self.out.push('<');
        self.out.push_str(name);
        self.out.push('>');
    }

    pub fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// An element with text in it.
    pub fn text(&mut self, name: &str, text: impl AsRef<str>) {
        self.open(name);
        escape_into(&mut self.out, text.as_ref());
        self.close(name);
    }

    /// An element with text in it, when there is one.
    pub fn optional(&mut self, name: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    pub fn finish(self) -> String {
        self.out
    }
}

/// Escapes what has a meaning, and a CR, which every reader would turn into a LF.
fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\r' => out.push_str("&#13;"),
            c if is_legal(c) => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_cdata_and_inner_elements_are_text() {
        let root = parse(
            b"<?xml version=\"1.0\"?>\n<a><b>x &amp; y&#x1F600;</b><b><![CDATA[<&>]]></b><c>a<i>b</i>c</c><d/></a> ",
        )
        .expect("legal");
        assert_eq!(root.child("b").expect("there").text(), "x & y😀");
        assert_eq!(root.children().nth(1).expect("there").text(), "<&>");
        assert_eq!(root.child("c").expect("there").text(), "abc");
        assert_eq!(root.child("d").expect("there").text(), "");
    }

    #[test]
    fn a_document_type_is_refused_whatever_is_in_it() {
        let bomb = b"<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;\">]><a>&y;</a>";
        assert_eq!(parse(bomb), Err(Error::Doctype));
        assert_eq!(parse(b"<a>&y;</a>"), Err(Error::Entity));
    }

    #[test]
    fn a_document_too_deep_or_too_long_is_refused() {
        let deep = "<a>".repeat(100_000);
        assert_eq!(parse(deep.as_bytes()), Err(Error::Deep));
        let long = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        assert_eq!(parse(long.as_bytes()), Err(Error::Long));
        let attributes: String = (0..200_000).map(|n| format!(" a{n}=\"\"")).collect();
        assert_eq!(parse(format!("<a{attributes}/>").as_bytes()), Err(Error::Long));
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        assert_eq!(parse(b"<m:a/>"), Err(Error::Prefix));
        assert_eq!(parse(b"<a>\0</a>"), Err(Error::Character));
        assert_eq!(parse("<a>\u{fffe}</a>".as_bytes()), Err(Error::Character));
        for text in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "<a>&</a>",
            "<a>&x</a>",
            "</a>",
            "<a b=1/>",
            "<a",
            "<a//>",
            "<a&b/>",
            "<1/>",
            "<\"/>",
            "< />",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(parse(b"<a>\xff</a>"), Err(Error::Encoding));
    }

    #[test]
    fn what_is_written_is_read_back_to_the_letter() {
        let text = "a\r\nb\u{0} <&> ]]> \u{fffe}é";
        let mut writer = Writer::default();
        writer.open("a");
        writer.text("t", text);
        writer.close("a");
        let root = parse(writer.finish().as_bytes()).expect("legal");
        assert_eq!(root.child("t").expect("there").text(), "a\r\nb\u{fffd} <&> ]]> \u{fffd}é");
    }
}
