//! diaspora* IDs: `user@host[:port]` (diaspora* protocol, "diaspora* ID").

use std::fmt;

/// A diaspora* ID, as it stands in entities and key ids: ASCII, lower case, at most 255 characters.
///
/// The type is called handle in code because `…Id` are row keys here; to people it is always
/// "diaspora* ID".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Handle(String);

impl Handle {
    /// Reads an ID exactly as the wire writes it; nothing is trimmed or folded.
    pub fn parse(text: &str) -> Option<Handle> {
        let (user, authority) = text.split_once('@')?;
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
        let fits = text.len() <= 255 && !user.is_empty() && user.bytes().all(legal);
        (fits && authority_is_legal(authority)).then(|| Handle(text.to_owned()))
    }

    /// Reads an ID typed by a human or answered by WebFinger: trimmed, without `acct:`, lower-cased.
    pub fn clean(text: &str) -> Option<Handle> {
        let text = text.trim().to_lowercase();
        Handle::parse(text.strip_prefix("acct:").unwrap_or(&text))
    }

    /// The part before the `@`.
    pub fn user(&self) -> &str {
        self.0.split_once('@').map_or("", |(user, _)| user)
    }

    /// The part after the `@`: host and, when it is not the scheme's own, port.
    pub fn host(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, host)| host)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether this can be the authority of a pod: short enough for somebody to live there.
pub fn is_authority(text: &str) -> bool {
    text.len() <= 253 && authority_is_legal(text)
}

/// `host [":" port]`; a host is a name of letters, digits, hyphens and dots, or `[IPv6]`.
fn authority_is_legal(authority: &str) -> bool {
    if let Some(rest) = authority.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else { return false };
        let legal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b) || b == b':';
        return !address.is_empty() && address.bytes().all(legal) && (port.is_empty() || port_is_legal(port));
    }
    let (host, port) = match authority.find(':') {
        Some(at) => authority.split_at(at),
        None => (authority, ""),
    };
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
    !host.is_empty() && !host.starts_with('.') && host.bytes().all(legal) && (port.is_empty() || port_is_legal(port))
}

/// `:` and a port number.
fn port_is_legal(port: &str) -> bool {
    port.strip_prefix(':').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok()
    })
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_the_network_are_read() {
        for id in ["alice@pod.example", "a-b_c.d1@pod.example:3000", "x@127.0.0.1:8080", "x@[::1]:3000", "x@localhost"]
        {
            assert_eq!(Handle::parse(id).map(|h| h.to_string()).as_deref(), Some(id));
        }
        let alice = Handle::parse("alice@pod.example:3000").expect("legal");
        assert_eq!((alice.user(), alice.host()), ("alice", "pod.example:3000"));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for id in [
            "",
            "alice",
            "@pod",
            "alice@",
            "Alice@pod",
            "alice@Pod",
            "a b@pod",
            "a@p_d",
            "a@pod:",
            "a@pod:99999",
            "a@b@c",
            "ä@pod",
            "a@pod/x",
        ] {
            assert_eq!(Handle::parse(id), None, "{id}");
        }
    }

    #[test]
    fn what_people_type_is_cleaned() {
        assert_eq!(Handle::clean(" acct:Alice@Pod.Example "), Handle::parse("alice@pod.example"));
    }
}
