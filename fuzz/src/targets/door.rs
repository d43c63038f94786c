//! What a stranger's browser sends.

use std::net::{IpAddr, Ipv4Addr};

use pappus::media::source::Source;
use pappus::net::address::Network;
use pappus::web::door::chunked::Decoder;
use pappus::web::door::forwarded;
use pappus::web::door::head::{self, Framing};
use pappus::web::door::limits::ARCHIVE_MAX;
use pappus::web::door::scan::Scan;
use pappus::web::form::Form;
use pappus::web::multipart::{self, Part};
use pappus::web::{browser, session, text};

/// A head: it is the same however it is cut, and what goes on to a worker can be read in one way only.
pub fn head(bytes: &[u8]) {
    let mut scan = Scan::default();
    let Some(skipped) = scan.skipped(bytes) else { return };
    let bytes = &bytes[skipped..];
    let whole = scan.step(bytes);
    let mut scan = Scan::default();
    let _ = scan.skipped(bytes);
    let piecemeal = (1..=bytes.len()).map(|end| scan.step(&bytes[..end])).find(|said| *said != Ok(None));
    assert_eq!(piecemeal.unwrap_or(Ok(None)), whole);
    let Ok(Some(length)) = whole else { return };
    let Ok(head) = head::read(&bytes[..length]) else { return };
    if let Framing::Length(length) = head.framing {
        assert!(length <= ARCHIVE_MAX);
    }
    let onward = std::str::from_utf8(&head.onward).expect("ASCII");
    let lines: Vec<&str> = onward.strip_suffix("\r\n").expect("whole lines").split("\r\n").collect();
    assert!(
        lines.iter().all(|line| !line.is_empty() && line.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b)))
    );
    assert_eq!(lines[0].split(' ').count(), 3);
    let hosts = lines.iter().filter(|line| line.starts_with("host:")).count();
    assert!(hosts == 1 || (head.old && hosts == 0));
    for line in &lines[1..] {
        let (name, _) = line.split_once(": ").expect("a header");
        let kept_back = ["content-length", "transfer-encoding", "connection", "expect"].contains(&name);
        assert!(!kept_back && !name.starts_with(head::PRIVATE) && !name.starts_with("x-forwarded"), "{name}");
    }
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    forwarded::origin(peer, &head.forwarded_for, &head.forwarded_proto, &[Network::LOOPBACK_V4]);
}

/// A body in chunks: it is the same however it is cut, and never longer than allowed.
pub fn chunked(bytes: &[u8]) {
    const MOST: u64 = 1_000;
    let (mut decoder, mut body) = (Decoder::new(MOST), Vec::new());
    let whole = decoder.feed(bytes, &mut body);
    let (mut slow, mut slowly) = (Decoder::new(MOST), Vec::new());
    let mut used = Ok(0);
    for byte in bytes {
        match slow.feed(&[*byte], &mut slowly) {
            Ok(0) => break,
            Ok(_) => used = used.map(|used| used + 1),
            Err(error) => {
                used = Err(error);
                break;
            }
        }
    }
    assert_eq!((whole, &body, decoder.is_done()), (used, &slowly, slow.is_done()));
    assert!(body.len() as u64 <= MOST);
}

/// The first line is the content type, the rest the form.
pub fn multipart(bytes: &[u8]) {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let kind = String::from_utf8_lossy(&bytes[..at]);
    let boundary = multipart::boundary(&kind).unwrap_or_else(|| "x".to_owned());
    let body = &bytes[at..];
    for part in multipart::read(Source::Bytes(body), &boundary).unwrap_or_default() {
        if let Part::File(_, from, length) = part {
            assert!(from + length <= body.len() as u64);
        }
    }
}

/// A form on one line, or what stands behind the `?`.
pub fn form(bytes: &[u8]) {
    let form = Form::parse(bytes);
    for name in ["text", "csrf", "ids", ""] {
        assert_eq!(form.has(name), form.all(name).next().is_some());
        assert!(form.get(name).len() <= 3 * bytes.len());
        form.ids(name).for_each(drop);
    }
}

/// Cookies and the other headers that are read by their parts.
pub fn cookies(bytes: &[u8]) {
    let header = String::from_utf8_lossy(bytes);
    if let Some(value) = session::cookie_of(header.split(';'), "session") {
        assert!(!value.is_empty() && !value.contains(';'));
    }
    text::accepted(&header);
    assert!(browser::name(&header).len() < 200);
    let peer = IpAddr::V4(Ipv4Addr::LOCALHOST);
    forwarded::origin(peer, &header, &header, &[Network::LOOPBACK_V4]);
}
