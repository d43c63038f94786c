//! Which addresses belong to the open internet, and blocks of addresses in general. The pod never speaks to any
//! other: what answers there is the operator's own machine, router or cloud.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses, written `10.0.0.0/8` or, for a single one, `10.1.2.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    /// Bits.
    prefix: u8,
}

impl Network {
    pub const LOOPBACK_V4: Network = v4([127, 0, 0, 0], 8);
    pub const LOOPBACK_V6: Network = v6([0, 0, 0, 0, 0, 0, 0, 1], 128);

    /// Whether the address lies in the block; an IPv4 address written as IPv6 (`::ffff:a.b.c.d`) is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                u32::from(base).checked_shr(32 - u32::from(self.prefix)).unwrap_or(0)
                    == u32::from(address).checked_shr(32 - u32::from(self.prefix)).unwrap_or(0)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                u128::from(base).checked_shr(128 - u32::from(self.prefix)).unwrap_or(0)
                    == u128::from(address).checked_shr(128 - u32::from(self.prefix)).unwrap_or(0)
            }
            _ => false,
        }
    }
}

/// Why a text is no block of addresses.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither an address nor a block of addresses like 10.0.0.0/8")]
pub struct NotANetwork(String);

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Network, NotANetwork> {
        let bad = || NotANetwork(text.to_owned());
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (base, Some(prefix.parse::<u8>().map_err(|_| bad())?)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| bad())?;
        let bits = if base.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(bits);
        if prefix > bits { Err(bad()) } else { Ok(Network { base, prefix }) }
    }
}

const fn v4(base: [u8; 4], prefix: u8) -> Network {
    Network { base: IpAddr::V4(Ipv4Addr::from_octets(base)), prefix }
}

const fn v6(base: [u16; 8], prefix: u8) -> Network {
    Network { base: IpAddr::V6(Ipv6Addr::from_segments(base)), prefix }
}

/// IPv4 blocks that no stranger's pod has, each with the RFC that says so.
const SPECIAL_V4: [Network; 17] = [
    v4([0, 0, 0, 0], 8),       // "this network", RFC 791 §3.2
    v4([10, 0, 0, 0], 8),      // private use, RFC 1918
    v4([100, 64, 0, 0], 10),   // shared by carriers' NAT, RFC 6598
    Network::LOOPBACK_V4,      // RFC 1122 §3.2.1.3
    v4([169, 254, 0, 0], 16),  // link-local, and the clouds' metadata services, RFC 3927
    v4([172, 16, 0, 0], 12),   // private use, RFC 1918
    v4([192, 0, 0, 0], 24),    // IETF protocol assignments, RFC 6890 §2.1
    v4([192, 0, 2, 0], 24),    // documentation, RFC 5737
    v4([192, 31, 196, 0], 24), // AS112, RFC 7535
    v4([192, 52, 193, 0], 24), // AMT, RFC 7450
    v4([192, 88, 99, 0], 24),  // 6to4 relay anycast, RFC 7526
    v4([192, 168, 0, 0], 16),  // private use, RFC 1918
    v4([198, 18, 0, 0], 15),   // benchmarking, RFC 2544
    v4([198, 51, 100, 0], 24), // documentation, RFC 5737
    v4([203, 0, 113, 0], 24),  // documentation, RFC 5737
    v4([224, 0, 0, 0], 4),     // multicast, RFC 5771
    v4([240, 0, 0, 0], 4),     // reserved, RFC 1112 §4, and broadcast, RFC 919
];

/// IPv6 unicast that is routed is all in here (RFC 4291 §2.4, IANA's registry): loopback `::1`, unspecified `::`,
/// IPv4-compatible `::/96`, discard-only `100::/64` (RFC 6666), unique local `fc00::/7` (RFC 4193), link-local
/// `fe80::/10`, site-local `fec0::/10` (RFC 3879), segment routing `5f00::/16` (RFC 9602), NAT64 `64:ff9b::/96`
/// (RFC 6052), `64:ff9b:1::/48` (RFC 8215) and multicast `ff00::/8` are all outside.
const GLOBAL_V6: Network = v6([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// What is special inside of `GLOBAL_V6`.
const SPECIAL_V6: [Network; 5] = [
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // protocol assignments (RFC 2928): Teredo, ORCHID, benchmarking, AMT
    v6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation, RFC 3849
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4, carries any IPv4 address, RFC 3056
    v6([0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0], 48), // AS112, RFC 7534
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation, RFC 9637
];

/// Whether the address belongs to the open internet. An IPv4 address written as IPv6 is judged as IPv4.
pub fn is_public(address: IpAddr) -> bool {
    let address = address.to_canonical();
    match address {
        IpAddr::V4(_) => !SPECIAL_V4.iter().any(|block| block.contains(address)),
        IpAddr::V6(_) => GLOBAL_V6.contains(address) && !SPECIAL_V6.iter().any(|block| block.contains(address)),
    }
}

/// Whether the address is this machine's own.
pub fn is_loopback(address: IpAddr) -> bool {
    Network::LOOPBACK_V4.contains(address) || Network::LOOPBACK_V6.contains(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    #[test]
    fn the_open_internet_is_public() {
        for text in [
            "1.1.1.1",
            "9.255.255.255",
            "100.63.255.255",
            "100.128.0.0",
            "128.0.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a01:4f8::1",
            "3ffe::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(address(text)), "{text}");
        }
    }

    #[test]
    fn nothing_special_is_public() {
        for text in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::1.1.1.1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2620:4f:8000::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address(text)), "{text}");
        }
    }

    #[test]
    fn loopback_is_this_machine_however_it_is_written() {
        for text in ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"] {
            assert!(is_loopback(address(text)), "{text}");
        }
        for text in ["128.0.0.1", "::2", "::ffff:10.0.0.1", "0.0.0.0", "::"] {
            assert!(!is_loopback(address(text)), "{text}");
        }
    }

    #[test]
    fn a_block_is_read_from_text() {
        let block: Network = "10.1.0.0/16".parse().unwrap();
        assert!(block.contains(address("10.1.255.255")) && !block.contains(address("10.2.0.0")));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains(address("255.1.2.3")) && !all.contains(address("2001:db8::1")));
        let one: Network = "2001:db8::7".parse().unwrap();
        assert!(one.contains(address("2001:db8::7")) && !one.contains(address("2001:db8::8")));
        for text in ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "pod.example", "10.0.0/8"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
