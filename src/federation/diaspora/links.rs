//! Links to content of other pods in texts: `diaspora://author/type/guid` (diaspora* protocol, "Text conventions").

use super::entity::Entity;
use crate::model::{Guid, Handle};

/// Links looked at in one text; more are not fetched.
const LINKS_MAX: usize = 10;

/// A link to something that an author wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub author: Handle,
    /// Snake case, as in `/fetch/<type>/<guid>`; mostly `post`.
    pub kind: String,
    pub guid: Guid,
}

/// The links in a message's text.
pub fn of(entity: &Entity) -> Vec<Link> {
    let text = match entity {
        Entity::StatusMessage(post) => post.text.as_str(),
        Entity::Comment(comment) => comment.text.as_str(),
        Entity::Event(event) => event.description.as_deref().unwrap_or_default(),
        Entity::Profile(profile) => profile.bio.as_deref().unwrap_or_default(),
        Entity::Photo(photo) => photo.text.as_deref().unwrap_or_default(),
        _ => "",
    };
    find(text)
}

/// The different links in a text, at most ten; `web+diaspora://` is found by its end.
pub fn find(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    for rest in text.split("diaspora://").skip(1) {
        if let Some(link) = read(rest)
            && !links.contains(&link)
        {
            links.push(link);
        }
        if links.len() == LINKS_MAX {
            break;
        }
    }
    links
}

/// Reads what follows the scheme, up to the first character that no GUID has.
fn read(rest: &str) -> Option<Link> {
    let mut parts = rest.splitn(3, '/');
    let (author, kind, tail) = (parts.next()?, parts.next()?, parts.next()?);
    let end = tail.find(|c: char| !(c.is_ascii_alphanumeric() || "-_@.:".contains(c))).unwrap_or(tail.len());
    // A full stop after a link ends the sentence, not the GUID.
    let guid = tail[..end].trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
    let named = !kind.is_empty() && kind.len() <= 40 && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let link = Link { author: Handle::parse(author)?, kind: kind.to_owned(), guid: Guid::parse(guid)? };
    named.then_some(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_markdown_and_sentences() {
        let text = "See [this](diaspora://a@b.example/post/1234567890abcdef) and \
                    web+diaspora://a@b.example:3000/comment/abcdef1234567890. Again \
                    diaspora://a@b.example/post/1234567890abcdef!";
        let links = find(text);
        assert_eq!(links.len(), 2);
        assert_eq!((links[0].kind.as_str(), links[0].guid.as_str()), ("post", "1234567890abcdef"));
        assert_eq!((links[1].author.as_str(), links[1].kind.as_str()), ("a@b.example:3000", "comment"));
        assert_eq!(links[1].guid.as_str(), "abcdef1234567890");
    }

    #[test]
    fn what_is_no_link_to_content_is_passed_over() {
        for text in [
            "diaspora://",
            "diaspora://a@b.example",
            "diaspora://a@b.example/post/short",
            "diaspora://A@b/post/1234567890abcdef",
            "diaspora://a@b.example/Po-st/1234567890abcdef",
            "diaspora://a@b.example//1234567890abcdef",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }

    #[test]
    fn a_text_full_of_links_starts_ten_fetches_at_most() {
        let text: String = (0..50).map(|n| format!("diaspora://a@b.example/post/1234567890abcd{n:02} ")).collect();
        assert_eq!(find(&text).len(), LINKS_MAX);
    }
}
