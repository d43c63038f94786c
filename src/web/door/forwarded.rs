//! Who really asks, when a proxy stands in front of the pod. A proxy that the podmin did not name is just a client.

use std::net::{IpAddr, SocketAddr};

use crate::net::address::Network;

/// The person's address and whether they came by https.
pub fn origin(peer: IpAddr, forwarded_for: &str, forwarded_proto: &str, trusted: &[Network]) -> (IpAddr, bool) {
    let is_trusted = |address: IpAddr| trusted.iter().any(|block| block.contains(address));
    if !is_trusted(peer) {
        return (peer, false);
    }
    // Each proxy appends the address it was asked from: the rightmost that is no proxy of ours is the person's.
    let mut client = peer;
    for entry in forwarded_for.rsplit(',') {
        let Some(address) = read(entry.trim()) else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    let scheme = forwarded_proto.rsplit(',').next().unwrap_or_default().trim();
    (client, scheme.eq_ignore_ascii_case("https"))
}

/// An address, with or without brackets and port.
fn read(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = bare.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(peer: &str, forwarded_for: &str, proto: &str) -> (String, bool) {
        let trusted: Vec<Network> = ["10.0.0.0/8", "::1"].iter().map(|block| block.parse().unwrap()).collect();
        let (client, secure) = origin(peer.parse().unwrap(), forwarded_for, proto, &trusted);
        (client.to_string(), secure)
    }

    #[test]
    fn a_stranger_cannot_say_who_it_is() {
        assert_eq!(asked("203.0.113.9", "1.1.1.1", "https"), ("203.0.113.9".to_owned(), false));
    }

    #[test]
    fn a_trusted_proxy_is_believed_and_only_for_what_it_saw_itself() {
        assert_eq!(asked("10.0.0.1", "1.1.1.1", "https"), ("1.1.1.1".to_owned(), true));
        assert_eq!(asked("10.0.0.1", "6.6.6.6, 1.1.1.1", "http"), ("1.1.1.1".to_owned(), false));
        assert_eq!(asked("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2", "https, https"), ("1.1.1.1".to_owned(), true));
        assert_eq!(asked("::1", "[2001:db8::1]:4711", ""), ("2001:db8::1".to_owned(), false));
        assert_eq!(asked("::1", "1.1.1.1:80", ""), ("1.1.1.1".to_owned(), false));
    }

    #[test]
    fn what_cannot_be_read_ends_the_search() {
        assert_eq!(asked("10.0.0.1", "", ""), ("10.0.0.1".to_owned(), false));
        assert_eq!(asked("10.0.0.1", "1.1.1.1, unknown", ""), ("10.0.0.1".to_owned(), false));
        assert_eq!(asked("10.0.0.1", "1.1.1.1, unknown, 10.0.0.2", ""), ("10.0.0.2".to_owned(), false));
    }
}
