//! What must be fetched from other pods, as it is written down until it is here.

use std::fmt;

use super::handle::is_authority;
use super::{Guid, Handle};

/// Something on another pod that is needed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Who this is.
    Person(Handle),
    /// A post, to be asked for at the pod of this person.
    Post(Guid, Handle),
    /// A person's newest public posts.
    Posts(Handle),
    /// What a link leads to.
    Link(String),
    /// What the pod of this authority runs.
    Pod(String),
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Need::Person(handle) => write!(f, "person {handle}"),
            Need::Post(guid, handle) => write!(f, "post {guid} {handle}"),
            Need::Posts(handle) => write!(f, "posts {handle}"),
            Need::Link(url) => write!(f, "link {url}"),
            Need::Pod(host) => write!(f, "pod {host}"),
        }
    }
}

impl Need {
    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Option<Need> {
        let mut words = text.split(' ');
        match (words.next()?, words.next()?, words.next()) {
            ("person", handle, None) => Handle::parse(handle).map(Need::Person),
            ("posts", handle, None) => Handle::parse(handle).map(Need::Posts),
            ("link", url, None) => Some(Need::Link(url.to_owned())),
            ("pod", host, None) if is_authority(host) => Some(Need::Pod(host.to_owned())),
            ("post", guid, Some(handle)) => Some(Need::Post(Guid::parse(guid)?, Handle::parse(handle)?)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_read_as_it_was_written() {
        for text in [
            "person a@b.example",
            "posts a@b.example",
            "post 1234567890abcdef a@b.example:3000",
            "link https://example.org/?a=b",
            "pod b.example:3000",
        ] {
            assert_eq!(Need::parse(text).map(|need| need.to_string()).as_deref(), Some(text));
        }
        assert_eq!(Need::parse("person"), None);
        assert_eq!(Need::parse("thing a@b.example"), None);
    }
}
