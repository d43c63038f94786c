//! The picture proxy: pictures from elsewhere under addresses of this pod, which only this pod can make.

use std::io::Read;
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use ring::hmac;
use subtle::ConstantTimeEq;
use url::{Position, Url};

use super::folder::{self, SCALED};
use super::silent::Silent;
use super::{fingerprint, kind};
use crate::model::Timestamp;
use crate::model::hex::{hex, unhex};
use crate::model::picture::Hash;
use crate::net::{self, Ask, Client};
use crate::sync::lock;

/// Bytes of a picture at the most.
const SIZE_MAX: u64 = 8 << 20;
/// Bytes of an address at the most.
const ADDRESS_MAX: usize = 2_048;
/// A picture that takes longer is not shown.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A host of which fewer bytes came in that time does not answer.
const DRIPPED: usize = 64 << 10;

/// A picture that was fetched.
pub struct Picture {
    pub content_type: &'static str,
    pub bytes: Vec<u8>,
}

/// The path under which this pod shows the picture at `address`; `None` when it never will.
pub fn path(secret: &[u8], address: &str) -> Option<String> {
    if address.len() > ADDRESS_MAX || !(address.starts_with("https://") || address.starts_with("http://")) {
        return None;
    }
    let hex = hex(address.as_bytes());
    Some(format!("/proxy/{}/{hex}", mac(secret, address)))
}

/// The address that a path stands for, when this pod made the path.
pub fn address(secret: &[u8], given: &str, hex: &str) -> Option<String> {
    if hex.len() > 2 * ADDRESS_MAX {
        return None;
    }
    let address = String::from_utf8(unhex(hex)?).ok()?;
    let same = mac(secret, &address).as_bytes().ct_eq(given.as_bytes());
    bool::from(same).then_some(address)
}

/// What an address is known by where it must be short.
pub fn key(address: &str) -> Hash {
    fingerprint::sha256_of(address.as_bytes())
}

/// The folder of an address, with its slash, and the name of the picture without a size.
pub fn parts(address: &str) -> (&str, &str) {
    let (path, name) = address.rfind('/').map_or(("", ""), |slash| address.split_at(slash + 1));
    (path, folder::split(name).1)
}

/// Fetches the picture; `None` when it is not to be had, too big, or no picture, or its host did not answer just now.
/// Not every pod has the sizes of diaspora*: then it is the picture itself.
pub fn fetch(net: &Client, silent: &Silent, address: &str, now: Timestamp) -> Option<Picture> {
    let host = host(address)?;
    if silent.has(&host, now) {
        return None;
    }
    let found = fetch_one(net, address).and_then(|found| match (found, whole(address)) {
        (None, Some(whole)) => fetch_one(net, &whole),
        (found, _) => Ok(found),
    });
    found.unwrap_or_else(|error| {
        if matches!(error, net::Error::Resolve(_) | net::Error::Connect(_) | net::Error::Timeout(_)) {
            silent.note(&host, now);
        }
        None
    })
}

/// Whom an address asks, in one spelling.
fn host(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    Some(url[Position::BeforeHost..Position::AfterPort].to_owned())
}

/// The address of a picture of which this is the address of a size of diaspora*.
fn whole(address: &str) -> Option<String> {
    let (path, name) = address.rsplit_once('/')?;
    Some(format!("{path}/{}", name.strip_prefix(SCALED)?))
}

/// An error is for every picture of that host: it was not reached, or not in time.
fn fetch_one(net: &Client, address: &str) -> Result<Option<Picture>, net::Error> {
    let _place = Place::take();
    let ask = Ask { accept: "image/*", max_bytes: SIZE_MAX, redirects: 3, timeout: TIMEOUT };
    let stream = net.open(address, &ask)?;
    if stream.status != 200 || stream.length.is_some_and(|length| length > SIZE_MAX) {
        return Ok(None);
    }
    let mut reader = stream.into_reader();
    let mut bytes = Vec::new();
    let head = (&mut reader).take(kind::HEAD as u64).read_to_end(&mut bytes);
    let content_type = kind::of(&bytes);
    let read = head.and_then(|read| if content_type.is_some() { reader.read_to_end(&mut bytes) } else { Ok(read) });
    match read.map_err(net::Error::from) {
        // A large picture on a slow line says nothing about the others.
        Err(late @ net::Error::Timeout(_)) if bytes.len() < DRIPPED => Err(late),
        Err(late @ net::Error::Timeout(_)) => Err(net::Error::Protocol(late.to_string())),
        Ok(_) if bytes.len() as u64 <= SIZE_MAX => Ok(content_type.map(|content_type| Picture { content_type, bytes })),
        _ => Ok(None),
    }
}

/// Pictures that are in memory at the same time.
const PLACES: usize = 3;

static TAKEN: Mutex<usize> = Mutex::new(0);
static FREED: Condvar = Condvar::new();

/// The right to hold a picture in memory.
struct Place;

impl Place {
    fn take() -> Place {
        let taken = lock(&TAKEN);
        let taken = FREED.wait_while(taken, |taken| *taken >= PLACES);
        *taken.unwrap_or_else(|poisoned| poisoned.into_inner()) += 1;
        Place
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *lock(&TAKEN) -= 1;
        FREED.notify_one();
    }
}

fn mac(secret: &[u8], address: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(b"picture ");
    context.update(address.as_bytes());
    hex(&context.sign().as_ref()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_made_here_lead_anywhere() {
        let path = path(b"secret", "https://a.example/ä.png").expect("a path");
        let mut parts = path.split('/').skip(2);
        let (mac, hex) = (parts.next().expect("mac"), parts.next().expect("hex"));
        assert_eq!(address(b"secret", mac, hex).as_deref(), Some("https://a.example/ä.png"));
        assert_eq!(address(b"other", mac, hex), None);
        assert_eq!(address(b"secret", &mac.replace(|_| true, "0"), hex), None);
        assert_eq!(address(b"secret", mac, &hex[2..]), None);
        assert_eq!(address(b"secret", "", ""), None);
        assert_eq!(address(b"secret", mac, "zz"), None);
    }

    #[test]
    fn a_host_is_one_however_it_is_spelt() {
        for address in ["https://a.example/1.png", "HTTPS://A.Example:443?1.png", "https://a.example\\1.png#2"] {
            assert_eq!(host(address).as_deref(), Some("a.example"), "{address}");
        }
        assert_eq!(host("http://127.0.0.1:3000/1.png").as_deref(), Some("127.0.0.1:3000"));
    }

    #[test]
    fn only_the_web_has_pictures() {
        assert!(super::path(b"s", "file:///etc/passwd").is_none());
        assert!(super::path(b"s", &format!("https://a.example/{}", "x".repeat(3_000))).is_none());
    }
}
