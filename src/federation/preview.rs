//! What a link in a post leads to, as the page tells about itself: OpenGraph ("Basic Metadata"), else oEmbed (§2.3.4),
//! else the title of the page. Nothing of it is run or framed; its picture comes through the proxy like any other.

use std::time::Duration;

use html5gum::{StartTag, Token, Tokenizer};
use serde::Deserialize;
use url::Url;

use super::fetch::Error;
use crate::net::Ask;
use crate::pod::Pod;
use crate::store::links::{self, Link};

/// Bytes of a page that are looked at; what it tells stands at its begin.
const PAGE_MAX: u64 = 256 << 10;
const OEMBED_MAX: u64 = 64 << 10;
const TIMEOUT: Duration = Duration::from_secs(15);
/// Characters that are kept (diaspora*'s numbers).
const TITLE_MAX: usize = 255;
const DESCRIPTION_MAX: usize = 250;
const ADDRESS_MAX: usize = 2_048;

/// Looks at a link and keeps what there is to show; nothing is kept as such, so that nobody asks again.
pub fn get(pod: &Pod, url: &str) -> Result<(), Error> {
    if pod.store.read(|db| links::has(db, url))? {
        return Ok(());
    }
    let link = look(pod, url)?;
    Ok(pod.store.write(pod.now(), |tx| links::add(tx, url, &link))?)
}

fn look(pod: &Pod, url: &str) -> Result<Link, Error> {
    let ask = Ask { accept: "text/html", max_bytes: PAGE_MAX, redirects: 4, timeout: TIMEOUT };
    let stream = match pod.net.open(url, &ask) {
        Err(error) if !error.may_pass() => return Ok(Link::default()),
        other => other?,
    };
    let status = stream.status;
    if status >= 500 || status == 429 {
        return Err(Error::Status { url: url.to_owned(), status });
    }
    let is_page = stream.content_type.to_ascii_lowercase().starts_with("text/html");
    let Some(base) = Url::parse(&stream.url).ok().filter(|_| status == 200 && is_page) else {
        return Ok(Link::default());
    };
    let mut body = Vec::new();
    // A page that is cut off in its middle has told already.
    let _ = std::io::Read::read_to_end(&mut stream.into_reader(), &mut body);
    let told = Told::read(&String::from_utf8_lossy(&body));
    let embed = match (&told.title, &told.oembed) {
        (None, Some(address)) => oembed(pod, &base, address),
        _ => None,
    };
    Ok(link(&base, told, embed.unwrap_or_default()))
}

/// What a provider of oEmbed tells, as far as it is shown.
#[derive(Default, Deserialize)]
pub struct Oembed {
    title: Option<String>,
    author_name: Option<String>,
    thumbnail_url: Option<String>,
}

fn oembed(pod: &Pod, base: &Url, address: &str) -> Option<Oembed> {
    let url = base.join(address).ok()?;
    let ask = Ask { accept: "application/json", max_bytes: OEMBED_MAX, redirects: 2, timeout: TIMEOUT };
    let answer = pod.net.get(url.as_str(), &ask).ok().filter(|answer| answer.status == 200)?;
    serde_json::from_slice(&answer.body).ok()
}

/// What is kept of what a page and its provider tell.
pub fn link(base: &Url, told: Told, embed: Oembed) -> Link {
    let cut = |text: Option<String>, max| {
        let text = text?.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut short: String = text.chars().take(max).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        Some(short).filter(|text| !text.is_empty())
    };
    let image = told.image.or(embed.thumbnail_url).and_then(|address| base.join(&address).ok());
    let image = image.filter(|url| matches!(url.scheme(), "https" | "http")).map(String::from);
    Link {
        title: cut(told.title.or(embed.title).or(told.heading), TITLE_MAX),
        description: cut(told.description.or(embed.author_name), DESCRIPTION_MAX),
        image: image.filter(|address| address.len() <= ADDRESS_MAX),
    }
}

/// What the head of a page tells.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    title: Option<String>,
    description: Option<String>,
    image: Option<String>,
    /// The text of `<title>`.
    heading: Option<String>,
    /// Where its oEmbed document is.
    oembed: Option<String>,
}

impl Told {
    pub fn read(page: &str) -> Told {
        let mut told = Told::default();
        let (mut plain, mut in_title) = (None, false);
        for token in Tokenizer::new(page).flatten() {
            match token {
                Token::StartTag(tag) if tag.name.as_slice() == b"body" => break,
                Token::StartTag(tag) if tag.name.as_slice() == b"title" => in_title = told.heading.is_none(),
                Token::EndTag(_) => in_title = false,
                Token::String(text) if in_title => {
                    told.heading.get_or_insert_default().push_str(&String::from_utf8_lossy(&text));
                }
                Token::StartTag(tag) if tag.name.as_slice() == b"meta" => told.meta(&tag, &mut plain),
                Token::StartTag(tag) if tag.name.as_slice() == b"link" => told.link(&tag),
                _ => {}
            }
        }
        told.description = told.description.or(plain);
        told
    }

    fn meta(&mut self, tag: &StartTag<()>, plain: &mut Option<String>) {
        let name = attribute(tag, "property").or_else(|| attribute(tag, "name")).unwrap_or_default();
        let place = match name.as_str() {
            "og:title" => &mut self.title,
            "og:description" => &mut self.description,
            "og:image" | "og:image:url" => &mut self.image,
            "description" => plain,
            _ => return,
        };
        // The first one counts.
        if place.is_none() {
            *place = attribute(tag, "content").filter(|content| !content.trim().is_empty());
        }
    }

    fn link(&mut self, tag: &StartTag<()>) {
        if attribute(tag, "type").as_deref() == Some("application/json+oembed") && self.oembed.is_none() {
            self.oembed = attribute(tag, "href");
        }
    }
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    let value = tag.attributes.get(name.as_bytes())?;
    Some(String::from_utf8_lossy(value.as_slice()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_about_itself_in_its_head() {
        let told = Told::read(
            "<!doctype html><html><head><title>Plain &amp; simple</title><meta name=description content='in short'>\
             <meta property=\"og:title\" content=\"The title\"><meta property=\"og:title\" content=\"another\">\
             <meta property=\"og:image\" content=\"/a.png\"><link rel=alternate type=application/json+oembed href=/o>\
             </head><body><meta property=\"og:description\" content=\"from a comment\">",
        );
        assert_eq!(told.title.as_deref(), Some("The title"));
        assert_eq!(told.heading.as_deref(), Some("Plain & simple"));
        assert_eq!(told.description.as_deref(), Some("in short"));
        assert_eq!((told.image.as_deref(), told.oembed.as_deref()), (Some("/a.png"), Some("/o")));
    }

    #[test]
    fn what_is_shown_is_short_and_pictures_have_whole_addresses() {
        let base = Url::parse("https://example.org/dir/page").expect("an address");
        let told = Told { title: Some("  a\n b ".repeat(200)), image: Some("b.png".into()), ..Told::default() };
        let link = link(&base, told, Oembed::default());
        assert_eq!(link.title.expect("a title").chars().count(), TITLE_MAX + 1);
        assert_eq!(link.image.as_deref(), Some("https://example.org/dir/b.png"));
        let told = Told { image: Some("javascript:alert(1)".into()), ..Told::default() };
        assert_eq!(super::link(&base, told, Oembed::default()).image, None);
    }
}
