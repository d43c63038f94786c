//! What the head of a request means, or why it is refused (RFC 9110, RFC 9112). Stricter than the standard wherever
//! two readers could understand two things.

use super::limits::{ARCHIVE_MAX, BODY_MAX, HEADERS_MAX};
use super::refusal::{self, Refusal};
use crate::web::Method;

/// How long the body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Bytes, at most `BODY_MAX`, or `ARCHIVE_MAX` when files may be among them; zero for a request without body.
    Length(u64),
    Chunked,
}

/// A head that was understood.
#[derive(Debug)]
pub struct Head {
    pub method: Method,
    pub framing: Framing,
    /// HTTP/1.0.
    pub old: bool,
    pub keep_alive: bool,
    /// The client waits for `100 Continue` before it sends the body.
    pub expects: bool,
    /// All `X-Forwarded-For`, in order, separated by commas. To be believed only from a trusted proxy.
    pub forwarded_for: String,
    pub forwarded_proto: String,
    /// A request that may bring files.
    pub brings: Option<Brings>,
    /// Request line and header lines that go on to a worker, each with its line end; without the empty line.
    pub onward: Vec<u8>,
}

impl Head {
    /// As it came, without what stands behind the `?`.
    pub fn path(&self) -> &str {
        let target = text(&self.onward).split(' ').nth(1).unwrap_or_default();
        target.split('?').next().unwrap_or_default()
    }
}

/// Who brings files, and for what.
#[derive(Debug)]
pub struct Brings {
    pub cookies: String,
    pub path: String,
}

/// Headers that concern only this connection (RFC 9110 §7.6.1), that the door settles itself, or that anybody could
/// have made up.
const KEPT_BACK: [&str; 13] = [
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-real-ip",
];

/// What begins like this was made up by somebody on the way, and is settled here.
const FORWARDED: &str = "x-forwarded";

/// The door's own headers to its workers begin like this.
pub const PRIVATE: &str = "x-door-";

/// Reads a whole head, with its empty line, that [`super::scan::Scan`] found no fault with.
pub fn read(bytes: &[u8]) -> Result<Head, Refusal> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
        Ok(_) => return Err(refusal::SYNTAX),
        Err(httparse::Error::Version) => return Err(refusal::VERSION),
        Err(httparse::Error::TooManyHeaders) => return Err(refusal::HEAD),
        Err(_) => return Err(refusal::SYNTAX),
    }
    let (Some(method), Some(target), Some(minor)) = (request.method, request.path, request.version) else {
        return Err(refusal::SYNTAX);
    };
    let old = minor == 0;
    let method = read_method(method)?;
    check_target(target)?;
    let lines = Lines(request.headers);
    check_host(&lines, old)?;
    let connection = lines.joined("connection");
    let brings = (method == Method::Post && has_files(&lines)).then(|| Brings {
        cookies: lines.all("cookie").collect::<Vec<_>>().join("; "),
        path: target.split('?').next().unwrap_or_default().to_owned(),
    });
    let most = if brings.is_some() { ARCHIVE_MAX } else { BODY_MAX };
    Ok(Head {
        method,
        framing: framing(&lines, old, most)?,
        old,
        keep_alive: keep_alive(&connection, old),
        expects: expects(&lines, old)?,
        forwarded_for: lines.joined("x-forwarded-for"),
        forwarded_proto: lines.joined("x-forwarded-proto"),
        brings,
        onward: onward(method, target, &lines, &connection),
    })
}

struct Lines<'a>(&'a [httparse::Header<'a>]);

impl<'a> Lines<'a> {
    fn all(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |line| line.name.eq_ignore_ascii_case(name)).map(|line| text(line.value))
    }

    fn joined(&self, name: &str) -> String {
        self.all(name).collect::<Vec<_>>().join(",")
    }

    /// `Err` when there are several.
    fn one(&self, name: &str) -> Result<Option<&'a str>, ()> {
        let mut all = self.all(name);
        let first = all.next();
        if all.next().is_some() { Err(()) } else { Ok(first) }
    }
}

/// The scan let only ASCII through.
fn text(value: &[u8]) -> &str {
    str::from_utf8(value).unwrap_or_default()
}

fn read_method(method: &str) -> Result<Method, Refusal> {
    match method {
        "GET" => Ok(Method::Get),
        "HEAD" => Ok(Method::Head),
        "POST" => Ok(Method::Post),
        _ => Err(refusal::METHOD),
    }
}

/// Only the origin form (RFC 9112 §3.2.1): this is no proxy.
fn check_target(target: &str) -> Result<(), Refusal> {
    let visible = target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
    if target.starts_with('/') && visible { Ok(()) } else { Err(refusal::TARGET) }
}

/// RFC 9112 §3.2: exactly one, but HTTP/1.0 did not know it.
fn check_host(lines: &Lines, old: bool) -> Result<(), Refusal> {
    match lines.one("host") {
        Ok(Some(host)) if is_host(host) => Ok(()),
        Ok(None) if old => Ok(()),
        _ => Err(refusal::HOST),
    }
}

/// RFC 3986 §3.2.2 and §3.2.3, without percent-encoding: no name in the DNS needs it.
fn is_host(host: &str) -> bool {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((name, port)) if name.parse::<std::net::Ipv6Addr>().is_ok() => ("v6", port),
            _ => return false,
        },
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port_ok = port.is_empty() || port.strip_prefix(':').is_some_and(|digits| digits.parse::<u16>().is_ok());
    let name_ok = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    !name.is_empty() && name_ok && port_ok && !port.contains('+')
}

/// RFC 9112 §6.3; anything that another reader could frame otherwise is refused.
fn framing(lines: &Lines, old: bool, most: u64) -> Result<Framing, Refusal> {
    let length = lines.one("content-length").map_err(|()| refusal::LENGTH)?;
    let coding = lines.one("transfer-encoding").map_err(|()| refusal::LENGTH)?;
    match (length, coding) {
        (None, None) => Ok(Framing::Length(0)),
        (Some(digits), None) => read_length(digits, most).map(Framing::Length),
        (None, Some(_)) if old => Err(refusal::LENGTH),
        (None, Some(coding)) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        (None, Some(_)) => Err(refusal::CODING),
        (Some(_), Some(_)) => Err(refusal::LENGTH),
    }
}

fn read_length(digits: &str, most: u64) -> Result<u64, Refusal> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refusal::LENGTH);
    }
    match digits.parse::<u64>() {
        Ok(length) if length <= most => Ok(length),
        _ => Err(refusal::LARGE),
    }
}

/// RFC 7578: the kind of body that a form with files has.
fn has_files(lines: &Lines) -> bool {
    let kind = lines.joined("content-type");
    kind.get(..19).is_some_and(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))
}

fn options(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

fn keep_alive(connection: &str, old: bool) -> bool {
    let says = |word: &str| options(connection).any(|option| option.eq_ignore_ascii_case(word));
    if old { says("keep-alive") && !says("close") } else { !says("close") }
}

/// RFC 9110 §10.1.1; an old client can't mean it.
fn expects(lines: &Lines, old: bool) -> Result<bool, Refusal> {
    match lines.one("expect") {
        Ok(None) => Ok(false),
        Ok(Some(value)) if value.eq_ignore_ascii_case("100-continue") => Ok(!old),
        _ => Err(refusal::EXPECTATION),
    }
}

fn onward(method: Method, target: &str, lines: &Lines, connection: &str) -> Vec<u8> {
    let method = match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
    };
    let mut onward = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    for line in lines.0 {
        let name = line.name.to_ascii_lowercase();
        // Whom the request is for concerns everybody, whatever is said of it.
        let named = name != "host" && options(connection).any(|option| option.eq_ignore_ascii_case(&name));
        if named || name.starts_with(PRIVATE) || name.starts_with(FORWARDED) || KEPT_BACK.contains(&name.as_str()) {
            continue;
        }
        for part in [name.as_bytes(), b": ", line.value, b"\r\n"] {
            onward.extend_from_slice(part);
        }
    }
    onward
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(lines: &str) -> Result<Head, Refusal> {
        read(format!("GET /a?b HTTP/1.1\r\n{lines}\r\n").as_bytes())
    }

    fn refused(lines: &str) -> Refusal {
        get(lines).expect_err(lines)
    }

    #[test]
    fn a_plain_request_goes_on_as_it_came() {
        let head = get("Host: pod.example:443\r\nAccept:  text/html \r\n").unwrap();
        assert_eq!((head.method, head.framing, head.keep_alive), (Method::Get, Framing::Length(0), true));
        assert_eq!(head.onward, b"GET /a?b HTTP/1.1\r\nhost: pod.example:443\r\naccept: text/html\r\n");
    }

    #[test]
    fn what_concerns_the_connection_or_could_be_made_up_does_not_go_on() {
        let head = get("Host: a\r\nConnection: x-mine, host, keep-alive\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n\
            Upgrade: h2c\r\nForwarded: for=::1\r\nX-Forwarded-For: 1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nX-Door-Client: ::1\r\n")
        .unwrap();
        assert_eq!(head.onward, b"GET /a?b HTTP/1.1\r\nhost: a\r\n");
        assert_eq!(head.forwarded_for, "1.2.3.4");
    }

    #[test]
    fn a_length_has_one_meaning_or_is_refused() {
        let length = |line: &str| get(&format!("Host: a\r\n{line}\r\n")).map(|head| head.framing);
        assert_eq!(length("Content-Length: 5"), Ok(Framing::Length(5)));
        assert_eq!(length("Content-Length: 4194304"), Ok(Framing::Length(BODY_MAX)));
        assert_eq!(length("Transfer-Encoding: Chunked"), Ok(Framing::Chunked));
        for line in ["+5", "-1", "5, 5", "5 5", "0x5", "", "٥"] {
            assert_eq!(length(&format!("Content-Length: {line}")), Err(refusal::LENGTH), "{line}");
        }
        for line in ["4194305", "100000000000", "18446744073709551615", "99999999999999999999999"] {
            assert_eq!(length(&format!("Content-Length: {line}")), Err(refusal::LARGE), "{line}");
        }
        assert_eq!(length("Content-Length: 5\r\nContent-Length: 5"), Err(refusal::LENGTH));
        assert_eq!(length("Content-Length: 5\r\nTransfer-Encoding: chunked"), Err(refusal::LENGTH));
        assert_eq!(length("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"), Err(refusal::LENGTH));
        assert_eq!(length("Transfer-Encoding: gzip, chunked"), Err(refusal::CODING));
        assert_eq!(length("Transfer-Encoding: identity"), Err(refusal::CODING));
    }

    #[test]
    fn a_request_names_one_host() {
        for host in ["a", "pod.example", "pod.example:80", "127.0.0.1:3000", "[::1]:3000", "[2001:db8::1]"] {
            assert!(get(&format!("Host: {host}\r\n")).is_ok(), "{host}");
        }
        for host in ["", "a b", "a@b", "a/b", "a:", "a:x", "a:+1", "a:99999", "[::1", "[x]", "[::1]x", "a,b", "a:1:2"] {
            let refusal = get(&format!("Host: {host}\r\n"));
            assert!(host == "a:" || refusal.is_err(), "{host}");
        }
        assert_eq!(refused(""), refusal::HOST);
        assert_eq!(refused("Host: a\r\nHost: a\r\n"), refusal::HOST);
    }

    #[test]
    fn lines_that_two_readers_read_differently_are_refused() {
        for lines in ["Host: a\r\n folded\r\n", "Host : a\r\n", "Host: a\r\nno colon\r\n", ": a\r\n", " Host: a\r\n"] {
            assert_eq!(refused(lines), refusal::SYNTAX, "{lines:?}");
        }
        assert_eq!(refused(&("Host: a\r\n".to_owned() + &"A: b\r\n".repeat(HEADERS_MAX))), refusal::HEAD);
    }

    #[test]
    fn other_methods_targets_and_versions_are_refused() {
        let first = |line: &str| read(format!("{line}\r\nHost: a\r\n\r\n").as_bytes()).expect_err(line);
        for method in ["PUT", "OPTIONS", "CONNECT", "get", "TRACE", "PATCH", "DELETE"] {
            assert_eq!(first(&format!("{method} / HTTP/1.1")), refusal::METHOD);
        }
        for target in ["http://a/", "*", "a:80", "/a#b"] {
            assert_eq!(first(&format!("GET {target} HTTP/1.1")), refusal::TARGET, "{target}");
        }
        assert_eq!(first("GET / HTTP/2.0"), refusal::VERSION);
        assert_eq!(first("GET / HTTP/1.2"), refusal::VERSION);
        assert_eq!(first("GET /"), refusal::SYNTAX);
        assert_eq!(first("GET  / HTTP/1.1"), refusal::SYNTAX);
    }

    #[test]
    fn the_connection_lasts_as_its_version_says() {
        let old = |lines: &str| read(format!("GET / HTTP/1.0\r\n{lines}\r\n").as_bytes()).unwrap().keep_alive;
        assert!(!old(""));
        assert!(old("Connection: Keep-Alive\r\n"));
        assert!(!get("Host: a\r\nConnection: foo, Close\r\n").unwrap().keep_alive);
    }

    #[test]
    fn only_one_expectation_is_known() {
        assert!(get("Host: a\r\nExpect: 100-Continue\r\n").unwrap().expects);
        assert_eq!(refused("Host: a\r\nExpect: tea\r\n"), refusal::EXPECTATION);
    }
}
