//! Mentions: `@{Name; user@host}` and `@{user@host}` (diaspora* protocol, "text conventions").

use std::collections::HashSet;
use std::ops::Range;

use super::Handle;

/// Bytes between the brackets at the most: the longest name and ID of the network have fewer.
const LENGTH_MAX: usize = 1_024;

/// One mention in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention<'a> {
    /// Where it stands, in bytes, `@{` and `}` included.
    pub at: Range<usize>,
    /// The name the author wrote; people are shown under their own when it is known.
    pub name: Option<&'a str>,
    pub handle: Handle,
}

/// The mentions of a text, in their order. What names no legal ID is no mention.
pub fn of_text(text: &str) -> impl Iterator<Item = Mention<'_>> {
    text.match_indices("@{").filter_map(|(start, _)| read(text, start))
}

/// The people a text mentions, each once, in their order.
pub fn handles(text: &str) -> Vec<Handle> {
    let mut seen = HashSet::new();
    of_text(text).map(|mention| mention.handle).filter(|handle| seen.insert(handle.clone())).collect()
}

/// The mention that begins at byte `start`.
fn read(text: &str, start: usize) -> Option<Mention<'_>> {
    let inner = &text[start + 2..];
    let end = inner.bytes().take(LENGTH_MAX).position(|byte| matches!(byte, b'}' | b'\n'))?;
    if !inner[end..].starts_with('}') {
        return None;
    }
    let inner = &inner[..end];
    let (name, id) = match inner.rsplit_once(';') {
        Some((name, id)) => (Some(name.trim()).filter(|name| !name.is_empty()), id),
        None => (None, inner),
    };
    let handle = Handle::clean(id)?;
    Some(Mention { at: start..start + 2 + end + 1, name, handle })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_mention_are_read() {
        let text = "Hi @{Bob Smith; bob@pod.example:3000}, @{carol@pod.example}!";
        let found: Vec<_> = of_text(text).map(|m| (text[m.at].to_owned(), m.name, m.handle.to_string())).collect();
        assert_eq!(
            found,
            [
                ("@{Bob Smith; bob@pod.example:3000}".into(), Some("Bob Smith"), "bob@pod.example:3000".into()),
                ("@{carol@pod.example}".into(), None, "carol@pod.example".into()),
            ]
        );
    }

    #[test]
    fn what_names_nobody_is_no_mention() {
        for text in ["@{Bob}", "@{Bob; bob}", "@{", "@{}", "@{a@b", "@{bob@po\nd}", "@bob@pod"] {
            assert_eq!(of_text(text).count(), 0, "{text}");
        }
    }

    #[test]
    fn a_person_mentioned_twice_is_one_person() {
        assert_eq!(handles("@{bob@pod} @{Bob; bob@pod} @{al@pod}").len(), 2);
    }
}
