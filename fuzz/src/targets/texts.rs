//! What people write, and what pages elsewhere tell.

use html5gum::{Token, Tokenizer};
use pappus::federation::diaspora::scalar;
use pappus::federation::preview::{self, Oembed, Told};
use pappus::model::markdown::{self, World};
use pappus::model::{Guid, Handle, mention, tag};
use pappus::net::address::Network;
use pappus::net::mail;
use url::Url;

use super::text;

/// Elements that a text may become.
const ELEMENTS: [&str; 36] = [
    "a",
    "abbr",
    "blockquote",
    "br",
    "code",
    "del",
    "details",
    "div",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "img",
    "input",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
];

/// A text: nothing in it becomes a script, and every tag is one that this pod writes.
pub fn markdown(bytes: &[u8]) {
    let Some(source) = text(bytes) else { return };
    let world = World {
        person: &|handle| Some((format!("/people/{}", handle.user()), "<Name>".to_owned())),
        image: &|address| Some(address.to_owned()).filter(|address| address.starts_with("https://")),
        prefix: "p1-",
    };
    let html = markdown::html(source, &world);
    assert!(html.len() <= 8 * source.len() + 1_100, "{} bytes of {}", html.len(), source.len());
    for token in Tokenizer::new(&html).flatten() {
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(tag.name.as_slice()).into_owned();
                assert!(name == "ul" || name == "tr" || ELEMENTS.contains(&name.as_str()), "<{name}>: {html}");
                for (name, value) in &tag.attributes {
                    safe(&String::from_utf8_lossy(name.as_slice()), &String::from_utf8_lossy(value.value.as_slice()));
                }
            }
            Token::Comment(_) | Token::Doctype(_) => panic!("{html}"),
            _ => {}
        }
    }
    markdown::plain(source, 100);
    markdown::first_link(source);
    markdown::media(source);
}

fn safe(name: &str, value: &str) {
    assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{name}={value}");
    if matches!(name, "href" | "src" | "action") {
        let base = Url::parse("https://pod.example/posts/1").expect("an address");
        let scheme = base.join(value).map(|url| url.scheme().to_owned()).unwrap_or_default();
        let known = ["", "http", "https", "mailto", "diaspora", "web+diaspora", "tel", "xmpp", "magnet", "ftp"];
        assert!(known.contains(&scheme.as_str()), "{name}={value}");
    }
}

/// What names people, things and places.
pub fn names(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Some(handle) = Handle::parse(text) {
        assert_eq!(format!("{}@{}", handle.user(), handle.host()), text);
        assert_eq!(Handle::clean(text).as_ref().map(Handle::as_str), Some(text));
    }
    let _ = Handle::clean(text).map(|handle| Handle::parse(handle.as_str()).expect("clean is legal"));
    assert!(Guid::parse(text).is_none_or(|guid| guid.as_str() == text));
    mention::handles(text);
    for name in tag::of_text(text) {
        assert_eq!(tag::canonical(&name), name);
    }
    tag::at_start(text);
    assert!(scalar::address(text).is_none_or(|url| url.has_host()));
    scalar::is_path_address(text);
    scalar::is_timezone(text);
    let _ = (text.parse::<Network>(), mail::check_url(text), mail::check_from(text));
}

/// Moments and days: what was read is written and read again as the same.
pub fn time(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Some(time) = scalar::timestamp(text) {
        assert_eq!(scalar::timestamp(&time.to_string()), Some(time), "{time}");
    }
    if let Some(day) = scalar::birthday(text) {
        assert_eq!(scalar::birthday(&day), Some(day));
    }
    scalar::boolean(text);
    scalar::integer(text);
}

/// A page that a link leads to, and after a NUL the document of its provider.
pub fn preview(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let told = Told::read(&String::from_utf8_lossy(&bytes[..at]));
    let embed: Oembed = bytes.get(at + 1..).and_then(|json| serde_json::from_slice(json).ok()).unwrap_or_default();
    let base = Url::parse("https://example.org/a/page").expect("an address");
    let link = preview::link(&base, told, embed);
    assert!(link.title.is_none_or(|title| title.chars().count() <= 256));
    assert!(link.description.is_none_or(|text| text.chars().count() <= 256));
    assert!(link.image.is_none_or(|address| address.starts_with("https://") || address.starts_with("http://")));
}
