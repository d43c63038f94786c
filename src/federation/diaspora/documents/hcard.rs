//! The hCard: an HTML page that carries a person's GUID, key, name and pictures (diaspora* protocol, "Discovery").
//! Pods find the parts by class, first match first; the page may be tag soup.

use html5gum::{StartTag, Token, Tokenizer};

use super::{Error, escape};
use crate::model::{Guid, Handle};

/// Content type of the page.
pub const CONTENT_TYPE: &str = "text/html; charset=utf-8";

/// Characters in a full name at the most.
const FULL_NAME_MAX: usize = 70;

/// Characters in a first or last name at the most.
const NAME_MAX: usize = 32;

/// Elements open at once at the most; honest pages have ten.
const DEPTH_MAX: usize = 256;

/// Elements without content, which nothing closes (HTML, "Void elements").
const VOID: [&[u8]; 13] =
    [b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"source", b"track", b"wbr"];

/// What an hCard tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hcard {
    pub guid: Guid,
    pub full_name: String,
    pub first_name: String,
    pub last_name: String,
    /// PEM between its markers; whether it is a key is another question.
    pub public_key: String,
    /// Addresses of pictures at 300, 100 and 50 pixels, as written; they may be relative.
    pub photos: [String; 3],
    /// May be found by name in a search.
    pub searchable: bool,
}

/// Reads a page.
pub fn read(body: &[u8]) -> Result<Hcard, Error> {
    let found = Page::of(&String::from_utf8_lossy(body))?;
    let [uid, full_name, first_name, last_name, key, searchable] = found.texts;
    let [Some(large), Some(medium), Some(small)] = found.photos else { return Err(Error::Missing("photo")) };
    let photos = [large, medium, small];
    if photos.iter().any(String::is_empty) {
        return Err(Error::Invalid("photo"));
    }
    Ok(Hcard {
        guid: Guid::parse(&uid.ok_or(Error::Missing("uid"))?).ok_or(Error::Invalid("uid"))?,
        full_name: name(full_name.ok_or(Error::Missing("fn"))?, FULL_NAME_MAX)?,
        first_name: name(first_name.unwrap_or_default(), NAME_MAX)?,
        last_name: name(last_name.unwrap_or_default(), NAME_MAX)?,
        public_key: pem(&key.ok_or(Error::Missing("key"))?)?,
        photos,
        searchable: searchable.as_deref() == Some("true"),
    })
}

fn name(text: String, max: usize) -> Result<String, Error> {
    if text.contains(';') || text.chars().count() > max { Err(Error::Invalid("name")) } else { Ok(text) }
}

fn pem(text: &str) -> Result<String, Error> {
    let text = text.trim();
    let marked = ["PUBLIC KEY", "RSA PUBLIC KEY"].iter().any(|kind| {
        text.starts_with(&format!("-----BEGIN {kind}-----")) && text.ends_with(&format!("-----END {kind}-----"))
    });
    if marked { Ok(text.to_owned()) } else { Err(Error::Invalid("key")) }
}

/// Classes whose text is looked for, in the order of `Page::texts`.
const TEXTS: [&str; 6] = ["uid", "fn", "given_name", "family_name", "key", "searchable"];

/// Classes of the elements around the pictures, in the order of `Page::photos`.
const PHOTOS: [&str; 3] = ["entity_photo", "entity_photo_medium", "entity_photo_small"];

/// A page as far as it is read.
#[derive(Default)]
struct Page {
    texts: [Option<String>; TEXTS.len()],
    photos: [Option<String>; PHOTOS.len()],
    open: Vec<Open>,
}

/// An open element.
struct Open {
    name: Vec<u8>,
    /// Which of the `TEXTS` it collects.
    collects: Option<usize>,
    /// Which of the `PHOTOS` it encloses.
    encloses: [bool; PHOTOS.len()],
}

impl Page {
    fn of(html: &str) -> Result<Page, Error> {
        let mut page = Page::default();
        for token in Tokenizer::new(html) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => page.start(tag)?,
                Token::EndTag(tag) => page.end(&tag.name),
                Token::String(text) => page.text(&String::from_utf8_lossy(&text)),
                Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
            }
        }
        Ok(page)
    }

    fn start(&mut self, tag: StartTag<()>) -> Result<(), Error> {
        let attribute = |name: &[u8]| {
            let value = tag.attributes.iter().find(|(key, _)| key.as_slice() == name).map(|(_, value)| value);
            value.map(|value| String::from_utf8_lossy(value).into_owned())
        };
        let classes = attribute(b"class").unwrap_or_default();
        let has = |class: &str| classes.split_ascii_whitespace().any(|known| known == class);
        if has("photo") {
            for (at, photo) in self.photos.iter_mut().enumerate() {
                if photo.is_none() && self.open.iter().any(|open| open.encloses[at]) {
                    *photo = attribute(b"src");
                }
            }
        }
        if tag.self_closing || VOID.contains(&tag.name.as_slice()) {
            return Ok(());
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(Error::Deep);
        }
        let collects = TEXTS.iter().enumerate().position(|(at, class)| has(class) && self.texts[at].is_none());
        if let Some(at) = collects {
            self.texts[at] = Some(String::new());
        }
        self.open.push(Open { name: tag.name.to_vec(), collects, encloses: PHOTOS.map(has) });
        Ok(())
    }

    /// Closes the innermost element of this name with everything in it; an end without a start means nothing.
    fn end(&mut self, name: &[u8]) {
        if let Some(at) = self.open.iter().rposition(|open| open.name == name) {
            self.open.truncate(at);
        }
    }

    fn text(&mut self, piece: &str) {
        for open in &self.open {
            if let Some(text) = open.collects.and_then(|at| self.texts[at].as_mut()) {
                text.push_str(piece);
            }
        }
    }
}

/// The page about one of our people. `base` is the pod's address with its slash at the end; the pictures' addresses
/// are absolute.
pub fn write(card: &Hcard, handle: &Handle, base: &str) -> String {
    let mut body = String::new();
    for (part, class, value) in [
        ("uid", "uid", card.guid.as_str()),
        ("nickname", "nickname", handle.user()),
        ("full_name", "fn", &card.full_name),
        ("first_name", "given_name", &card.first_name),
        ("family_name", "family_name", &card.last_name),
        ("searchable", "searchable", if card.searchable { "true" } else { "false" }),
    ] {
        entry(&mut body, part, &format!("<span class=\"{class}\">{}</span>", escape(value)));
    }
    entry(
        &mut body,
        "url",
        &format!("<a id=\"pod_location\" class=\"url\" rel=\"me\" href=\"{0}\">{0}</a>", escape(base)),
    );
    entry(&mut body, "key", &format!("<pre class=\"key\">{}</pre>", escape(&card.public_key)));
    for ((part, size), address) in [("photo", 300), ("photo_medium", 100), ("photo_small", 50)].iter().zip(&card.photos)
    {
        let image = format!(
            "<img class=\"photo avatar\" width=\"{size}\" height=\"{size}\" src=\"{}\" alt=\"\">",
            escape(address)
        );
        entry(&mut body, part, &image);
    }
    let title = escape(&card.full_name);
    format!(
        "<!DOCTYPE html>\n<html>\n<head><meta charset=\"UTF-8\"><title>{title}</title></head>\n<body>\n\
         <div id=\"content\">\n<h1>{title}</h1>\n<div id=\"content_inner\" class=\"entity_profile vcard author\">\n\
         {body}</div>\n</div>\n</body>\n</html>\n"
    )
}

fn entry(body: &mut String, part: &str, content: &str) {
    body.push_str(&format!("<dl class=\"entity_{part}\"><dt>{part}</dt><dd>{content}</dd></dl>\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----";

    fn card() -> Hcard {
        Hcard {
            guid: Guid::parse("7dba7ca01d64013485eb3131731751e9").expect("legal"),
            full_name: "Ada <& \"Lovelace\"".to_owned(),
            first_name: "Ada".to_owned(),
            last_name: String::new(),
            public_key: PEM.to_owned(),
            photos: ["l", "m", "s"].map(|size| format!("https://pod.example/{size}.png?a=1&b=2")),
            searchable: true,
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let handle = Handle::parse("ada@pod.example").expect("legal");
        let page = write(&card(), &handle, "https://pod.example/");
        assert_eq!(read(page.as_bytes()), Ok(card()));
    }

    #[test]
    fn tag_soup_is_read_by_its_classes() {
        let page = format!(
            "<div class=vcard><b class='x uid y'>7dba7ca01d64013485eb3131731751e9</b></i><SPAN CLASS=fn>A &amp; \
             B</SPAN><br><pre class=key>\n{PEM}\n</pre><p class=uid>another</p><div class=entity_photo><img \
             class='photo avatar' src=/l.png></div><div class=entity_photo_medium><p><img class=photo src=/m.png></div>\
             <div class=entity_photo_small><img class=photo src=/s.png>"
        );
        let card = read(page.as_bytes()).expect("readable");
        assert_eq!(card.guid.as_str(), "7dba7ca01d64013485eb3131731751e9");
        assert_eq!(card.full_name, "A & B");
        assert_eq!(card.public_key, PEM);
        assert_eq!(card.photos, ["/l.png", "/m.png", "/s.png"]);
        assert!(!card.searchable);
    }

    #[test]
    fn what_is_missing_or_breaks_a_rule_is_named() {
        let handle = Handle::parse("ada@pod.example").expect("legal");
        let read_without = |class: &str| {
            read(write(&card(), &handle, "https://pod.example/").replacen(class, "class=\"other\"", 1).as_bytes())
        };
        assert_eq!(read_without("class=\"uid\""), Err(Error::Missing("uid")));
        assert_eq!(read_without("class=\"fn\""), Err(Error::Missing("fn")));
        assert_eq!(read_without("class=\"key\""), Err(Error::Missing("key")));
        assert_eq!(read_without("class=\"entity_photo_medium\""), Err(Error::Missing("photo")));
        let semicolon = Hcard { full_name: "a;b".to_owned(), ..card() };
        let page = write(&semicolon, &handle, "https://pod.example/");
        assert_eq!(read(page.as_bytes()), Err(Error::Invalid("name")));
        assert_eq!(read("<div>".repeat(100_000).as_bytes()), Err(Error::Deep));
    }
}
