//! What the door promises to strangers: an answer where one is due, an end where none is, and never anything at
//! somebody else's expense. Every trial has a door of its own and speaks to it byte by byte.

pub mod bodies;
pub mod lines;
pub mod readers;
pub mod watched;

use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use pappus::web::door::limits::BODY_MAX;
use pappus::web::door::{Door, Errand, Handler, Limits, Listen, Options, Stop};
use pappus::web::{Body, Method, Request, Response};
use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size};
use rustix::net::{AddressFamily, SocketType, bind, connect, socket};
use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

use crate::support::pod::TestPod;
use crate::support::wait::until;

/// No trial waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A door with a small handler behind it, closed at the end of the trial.
pub struct Porch {
    pub address: SocketAddr,
    stop: Stop,
    serving: Option<JoinHandle<()>>,
    _directory: tempfile::TempDir,
}

impl Porch {
    fn new() -> Porch {
        Porch::with(|_| {}, Arc::new(answer))
    }

    pub fn with(change: impl FnOnce(&mut Options), handler: Handler) -> Porch {
        let directory = tempfile::tempdir().expect("a directory");
        let listen = Listen::Address("127.0.0.1:0".parse().expect("an address"));
        let mut options = Options::new(vec![listen], directory.path().join("inner"));
        options.limits.connections_per_client = 10_000;
        change(&mut options);
        let door = Door::open(options).expect("a door");
        let address = door.local_addrs()[0];
        let stop = Stop::new().expect("a word");
        let word = stop.clone();
        let serving = std::thread::spawn(move || door.serve(handler, &word).expect("a door that holds"));
        Porch { address, stop, serving: Some(serving), _directory: directory }
    }

    fn with_limits(change: impl FnOnce(&mut Limits)) -> Porch {
        Porch::with(|options| change(&mut options.limits), Arc::new(answer))
    }

    fn caller(&self) -> Caller {
        Caller::to(self.address)
    }

    /// Everything that comes back for these bytes until the connection ends.
    fn tell(&self, bytes: &[u8]) -> String {
        let mut caller = self.caller();
        caller.say(bytes);
        caller.rest()
    }

    /// Another person still gets an answer.
    fn still_serves(&self) {
        let answer = self.tell(b"GET /ok HTTP/1.1\r\nHost: pod\r\nConnection: close\r\n\r\n");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nok"), "{answer}");
    }

    fn refuses(&self, status: u16, request: &[u8]) {
        let answer = self.tell(request);
        let shown = String::from_utf8_lossy(&request[..request.len().min(120)]).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{shown:?} got {answer:?}");
        let sentence = answer.split("\r\n\r\n").nth(1).expect("a body");
        assert!(sentence.ends_with('\n') && sentence.len() > 10, "{answer}");
        let answers = answer.lines().filter(|line| line.starts_with("HTTP/1.1 ")).count();
        assert_eq!(answers, 1, "one answer: {answer}");
    }
}

impl Drop for Porch {
    fn drop(&mut self) {
        self.stop.set();
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

/// Where somebody on another machine comes from.
pub const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Somebody on the other side of the door.
pub struct Caller(TcpStream);

impl Caller {
    fn to(address: SocketAddr) -> Caller {
        Caller::over(TcpStream::connect(address).expect("a connection"))
    }

    fn from(here: Ipv4Addr, address: SocketAddr) -> Caller {
        let socket = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
        bind(&socket, &SocketAddr::from((here, 0))).expect("an address of this machine");
        connect(&socket, &address).expect("a connection");
        Caller::over(TcpStream::from(socket))
    }

    fn over(socket: TcpStream) -> Caller {
        socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
        socket.set_write_timeout(Some(PATIENCE)).expect("a socket");
        socket.set_nodelay(true).expect("a socket");
        Caller(socket)
    }

    /// The door may have said no and gone in the meantime.
    fn say(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes);
    }

    fn rest(&mut self) -> String {
        String::from_utf8_lossy(&self.rest_bytes()).into_owned()
    }

    fn rest_bytes(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                panic!("no end after {:?}", String::from_utf8_lossy(&bytes))
            }
            _ => bytes,
        }
    }

    /// One answer: its head and as much of a body as it announces.
    fn answer(&mut self) -> (String, Vec<u8>) {
        let head = self.head();
        let length = header(&head, "content-length").map_or(0, |length| length.parse().expect("a length"));
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("a body");
        (head, body)
    }

    fn head(&mut self) -> String {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            self.0
                .read_exact(&mut byte)
                .unwrap_or_else(|error| panic!("{error} after {:?}", String::from_utf8_lossy(&head)));
            head.push(byte[0]);
        }
        String::from_utf8(head).expect("a readable head")
    }

    /// Ends the connection with a reset, as a crashed machine does.
    fn breaks_off(self) {
        set_socket_linger(&self.0, Some(Duration::ZERO)).expect("a socket");
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

pub const BIG: usize = 3 << 20;

pub fn answer(request: &Request) -> Response {
    match request.path.as_str() {
        "/ok" => Response::bytes("text/plain", b"ok".to_vec()),
        "/echo" => Response::bytes("application/octet-stream", request.body.clone()),
        "/length" => Response::text(200, &request.body.len().to_string()),
        "/who" => Response::text(200, &format!("{} {}", request.client, request.secure)),
        "/see" => Response::text(200, &format!("{request:?}")),
        "/panic" => panic!("as asked"),
        "/big" => Response::new(200).with_body(Body::Static(&[b'x'; BIG])),
        "/file" => file(8 << 20),
        "/nothing" => Response::new(204),
        "/bad-header" => Response::text(200, "ok").with_header("X-Name", "a\r\nX-Evil: b").with_header("X-Good", "c"),
        _ => Response::text(404, "not here"),
    }
}

fn file(length: u64) -> Response {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(b"before").expect("a disk");
    file.set_len(6 + length).expect("a disk");
    file.seek(SeekFrom::Start(6 + length - 3)).expect("a disk");
    file.write_all(b"end").expect("a disk");
    file.seek(SeekFrom::Start(6)).expect("a disk");
    Response::new(200).with_body(Body::File(file.into(), length))
}

const CLOSE: &str = "Host: pod\r\nConnection: close\r\n";

crate::support::trials![
    a_page_is_answered_and_the_connection_stays,
    requests_sent_ahead_are_answered_in_order,
    a_request_may_come_byte_by_byte,
    a_handler_sees_the_whole_request,
    what_cannot_be_read_is_refused_with_a_sentence,
    a_length_that_cannot_be_is_refused_before_anything_is_kept,
    a_head_without_end_is_refused,
    a_body_may_come_in_chunks,
    chunks_that_lie_are_refused,
    a_client_that_asks_first_is_told_to_go_on,
    a_request_inside_a_body_is_not_a_request,
    head_and_empty_answers_have_no_body,
    an_old_client_gets_its_connection_closed,
    a_panic_is_an_answer_and_no_more,
    a_header_with_a_line_break_is_not_sent,
    only_a_trusted_proxy_is_believed,
    who_is_too_slow_is_sent_away,
    a_quiet_connection_is_closed,
    one_client_cannot_take_all_the_places,
    a_full_house_makes_room_for_who_comes,
    slow_heads_keep_nobody_from_being_served,
    a_body_that_does_not_come_gives_its_room_to_others,
    large_answers_and_files_come_whole,
    who_does_not_read_is_cut_off_and_holds_up_nobody,
    errands_that_take_long_leave_a_worker_for_everything_else,
    clients_that_break_off_leave_nothing_behind,
    a_client_that_has_said_everything_still_gets_its_answer,
    what_is_in_hand_is_finished_when_the_door_closes,
    a_crowd_at_a_new_door_is_served_to_the_last,
    a_pod_under_attack_goes_on_and_stays_small,
    a_pod_without_files_left_goes_on_when_there_are_some_again,
];

fn a_page_is_answered_and_the_connection_stays() {
    let porch = Porch::new();
    let mut caller = porch.caller();
    for _ in 0..3 {
        caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n");
        let (head, body) = caller.answer();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert_eq!((header(&head, "connection"), header(&head, "server")), (None, None));
        assert!(header(&head, "date").is_some());
        assert_eq!(body, b"ok");
    }
}

fn requests_sent_ahead_are_answered_in_order() {
    let porch = Porch::new();
    let mut caller = porch.caller();
    let ask = |body: &str| format!("POST /echo HTTP/1.1\r\nHost: pod\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    caller.say((ask("one") + &ask("two") + "\r\n" + &ask("three")).as_bytes());
    for word in ["one", "two", "three"] {
        assert_eq!(String::from_utf8(caller.answer().1).as_deref(), Ok(word));
    }
}

fn a_request_may_come_byte_by_byte() {
    let porch = Porch::new();
    let mut caller = porch.caller();
    for byte in format!("POST /echo HTTP/1.1\r\n{CLOSE}Content-Length: 5\r\n\r\nhello").bytes() {
        caller.say(&[byte]);
    }
    assert!(caller.rest().ends_with("\r\n\r\nhello"));
}

fn a_handler_sees_the_whole_request() {
    let seen = Arc::new(Mutex::new(None));
    let keep = seen.clone();
    let handler: Handler = Arc::new(move |request: &Request| {
        *keep.lock().expect("no panic here") = Some(request.clone());
        Response::new(200)
    });
    let porch = Porch::with(|_| {}, handler);
    porch.tell(
        format!("POST /a%20b?c=d&e HTTP/1.1\r\n{CLOSE}Cookie: session=x\r\nContent-Length: 2\r\n\r\nhi").as_bytes(),
    );
    let request = seen.lock().expect("no panic here").take().expect("a request");
    assert_eq!((request.method, request.path.as_str(), request.query.as_str()), (Method::Post, "/a%20b", "c=d&e"));
    assert_eq!(request.headers, [("host".into(), "pod".into()), ("cookie".into(), "session=x".into())]);
    assert_eq!(
        (request.body.as_slice(), request.client.to_string().as_str(), request.secure),
        (&b"hi"[..], "127.0.0.1", false)
    );
}

fn what_cannot_be_read_is_refused_with_a_sentence() {
    let porch = Porch::new();
    let get = |lines: &str| format!("GET /ok HTTP/1.1\r\n{lines}\r\n").into_bytes();
    for (status, request) in [
        (400, get("")),
        (400, get("Host: pod\r\nHost: pod\r\n")),
        (400, get("Host: a b\r\n")),
        (400, get("Host: pod\r\n folded: yes\r\n")),
        (400, get("Host: pod\r\nName : value\r\n")),
        (400, get("Host: pod\r\nX: a\0b\r\n")),
        (400, get("Host: pod\r\nX: caf\u{e9}\r\n")),
        (400, get("Host: pod\r\nX: a\rb\r\n")),
        (400, b"GET /ok HTTP/1.1\nHost: pod\n\n".to_vec()),
        (400, b"GET http://pod/ok HTTP/1.1\r\nHost: pod\r\n\r\n".to_vec()),
        (400, b"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: pod\r\n\r\n".to_vec()),
        (400, b"GET  /ok HTTP/1.1\r\nHost: pod\r\n\r\n".to_vec()),
        (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        (405, b"DELETE /ok HTTP/1.1\r\nHost: pod\r\n\r\n".to_vec()),
        (405, b"OPTIONS /ok HTTP/1.1\r\nHost: pod\r\n\r\n".to_vec()),
        (417, get("Host: pod\r\nExpect: miracles\r\n")),
        (501, get("Host: pod\r\nTransfer-Encoding: gzip, chunked\r\n")),
        (505, b"GET /ok HTTP/2.0\r\nHost: pod\r\n\r\n".to_vec()),
    ] {
        porch.refuses(status, &request);
    }
    assert!(porch.tell(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").starts_with("HTTP/1.1 "), "an answer to HTTP/2 too");
    porch.still_serves();
}

fn a_length_that_cannot_be_is_refused_before_anything_is_kept() {
    let porch = Porch::new();
    let post = |lines: &str| format!("POST /echo HTTP/1.1\r\nHost: pod\r\n{lines}\r\nhello").into_bytes();
    for (status, lines) in [
        (413, "Content-Length: 100000000000\r\n"),
        (413, "Content-Length: 18446744073709551615\r\n"),
        (413, "Content-Length: 99999999999999999999999999\r\n"),
        (400, "Content-Length: -1\r\n"),
        (400, "Content-Length: +5\r\n"),
        (400, "Content-Length: 5, 5\r\n"),
        (400, "Content-Length: 5\r\nContent-Length: 6\r\n"),
        (400, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        (400, "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    ] {
        porch.refuses(status, &post(lines));
    }
    porch.refuses(413, &post(&format!("Content-Length: {}\r\n", BODY_MAX + 1)));
    porch.still_serves();
}

fn a_head_without_end_is_refused() {
    let porch = Porch::new();
    let line = format!("GET /ok HTTP/1.1\r\nHost: pod\r\nX: {}", "x".repeat(1 << 20));
    porch.refuses(431, line.as_bytes());
    porch.refuses(431, format!("GET /{} HTTP/1.1\r\n", "x".repeat(1 << 20)).as_bytes());
    porch.refuses(431, format!("GET /ok HTTP/1.1\r\nHost: pod\r\n{}\r\n", "A: b\r\n".repeat(100)).as_bytes());
    porch.still_serves();
}

fn a_body_may_come_in_chunks() {
    let porch = Porch::new();
    let mut caller = porch.caller();
    let head = "POST /echo HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\n\r\n";
    caller.say(format!("{head}4;name=value\r\nWiki\r\n5\r\npedia\r\n0\r\nTrailer: x\r\n\r\n").as_bytes());
    assert_eq!(caller.answer().1, b"Wikipedia");
    caller.say(head.as_bytes());
    for piece in "3\r\none\r\n0\r\n\r\n".as_bytes() {
        caller.say(&[*piece]);
    }
    assert_eq!(caller.answer().1, b"one");
    caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n");
    assert_eq!(caller.answer().1, b"ok");
}

fn chunks_that_lie_are_refused() {
    let porch = Porch::new();
    let head = "POST /echo HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\n\r\n";
    for body in ["-1\r\n", "0x4\r\nWiki\r\n", "4\r\nWikiX\r\n", "4\nWiki", "zz\r\n"] {
        porch.refuses(400, format!("{head}{body}").as_bytes());
    }
    for body in ["ffffffffffffffff\r\n", "fffffffffffffffff\r\n", "400001\r\n"] {
        porch.refuses(413, format!("{head}{body}").as_bytes());
    }
    let many = format!("400000\r\n{}\r\n1\r\n", "x".repeat(4 << 20));
    porch.refuses(413, format!("{head}{many}").as_bytes());
    porch.still_serves();
}

fn a_client_that_asks_first_is_told_to_go_on() {
    let porch = Porch::new();
    let mut caller = porch.caller();
    let head = |length: u64| {
        format!("POST /echo HTTP/1.1\r\nHost: pod\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n")
    };
    caller.say(head(5).as_bytes());
    assert_eq!(caller.head(), "HTTP/1.1 100 Continue\r\n\r\n");
    caller.say(b"hello");
    assert_eq!(caller.answer().1, b"hello");
    porch.refuses(413, head(BODY_MAX + 1).as_bytes());
}

fn a_request_inside_a_body_is_not_a_request() {
    let porch = Porch::new();
    let hidden = "GET /panic HTTP/1.1\r\nHost: pod\r\n\r\n";
    let answer = porch
        .tell(format!("POST /echo HTTP/1.1\r\n{CLOSE}Content-Length: {}\r\n\r\n{hidden}", hidden.len()).as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(hidden), "{answer}");
    assert_eq!(answer.matches("Content-Type").count(), 1, "{answer}");
}

fn head_and_empty_answers_have_no_body() {
    let porch = Porch::new();
    let answer = porch.tell(format!("HEAD /ok HTTP/1.1\r\n{CLOSE}\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert_eq!(header(&answer, "content-length"), Some("2"));
    let answer = porch.tell(format!("GET /nothing HTTP/1.1\r\n{CLOSE}\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 204 ") && answer.ends_with("\r\n\r\n"), "{answer}");
    assert_eq!(header(&answer, "content-length"), None);
}

fn an_old_client_gets_its_connection_closed() {
    let porch = Porch::new();
    let answer = porch.tell(b"GET /ok HTTP/1.0\r\n\r\n");
    assert!(answer.ends_with("\r\n\r\nok"), "{answer}");
    let mut caller = porch.caller();
    for _ in 0..2 {
        caller.say(b"GET /ok HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        let (head, body) = caller.answer();
        assert_eq!((header(&head, "connection"), body.as_slice()), (Some("keep-alive"), &b"ok"[..]));
    }
}

fn a_panic_is_an_answer_and_no_more() {
    let porch = Porch::new();
    let mut caller = porch.caller();
    for _ in 0..10 {
        caller.say(b"GET /panic HTTP/1.1\r\nHost: pod\r\n\r\n");
        assert!(caller.answer().0.starts_with("HTTP/1.1 500 "));
    }
    caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n");
    assert_eq!(caller.answer().1, b"ok");
}

fn a_header_with_a_line_break_is_not_sent() {
    let porch = Porch::new();
    let answer = porch.tell(format!("GET /bad-header HTTP/1.1\r\n{CLOSE}\r\n").as_bytes());
    assert_eq!((header(&answer, "x-evil"), header(&answer, "x-name")), (None, None), "{answer}");
    assert_eq!(header(&answer, "x-good"), Some("c"));
}

fn only_a_trusted_proxy_is_believed() {
    let ask = |porch: &Porch, lines: &str| -> String {
        let answer = porch.tell(format!("GET /who HTTP/1.1\r\n{CLOSE}{lines}\r\n").as_bytes());
        answer.split("\r\n\r\n").nth(1).expect("a body").to_owned()
    };
    let lines = "X-Forwarded-For: 198.51.100.1, 192.0.2.7\r\nX-Forwarded-Proto: https\r\n";
    assert_eq!(ask(&Porch::new(), lines), "127.0.0.1 false");
    assert_eq!(ask(&Porch::new(), "X-Real-IP: 192.0.2.7\r\nForwarded: for=192.0.2.7\r\n"), "127.0.0.1 false");
    let trust = |options: &mut Options| options.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    let behind = Porch::with(trust, Arc::new(answer));
    assert_eq!(ask(&behind, lines), "192.0.2.7 true", "the last one that the proxy itself saw");
    assert_eq!(ask(&behind, ""), "127.0.0.1 false");
    assert_eq!(ask(&behind, "X-Forwarded-For: nonsense\r\n"), "127.0.0.1 false");
}

const SHORT: Duration = Duration::from_secs(1);

fn who_is_too_slow_is_sent_away() {
    let porch = Porch::with_limits(|limits| {
        (limits.head, limits.body, limits.body_rate, limits.linger) = (SHORT, SHORT, 1 << 30, SHORT);
    });
    assert!(porch.tell(b"GET /ok HTTP/1.1\r\nHost:").starts_with("HTTP/1.1 408 "), "a head that does not end");
    let slow = porch.tell(b"POST /echo HTTP/1.1\r\nHost: pod\r\nContent-Length: 9\r\n\r\nhello");
    assert!(slow.starts_with("HTTP/1.1 408 "), "a body that does not end: {slow}");
    let slow = porch.tell(b"POST /echo HTTP/1.1\r\nHost: pod\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    assert!(slow.starts_with("HTTP/1.1 408 "), "a chunk that does not end: {slow}");
    porch.still_serves();
}

fn a_quiet_connection_is_closed() {
    let porch = Porch::with_limits(|limits| (limits.head, limits.idle, limits.linger) = (SHORT, SHORT, SHORT));
    let mut silent = porch.caller();
    silent.rest();
    let mut caller = porch.caller();
    caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n");
    assert_eq!(caller.answer().1, b"ok");
    assert_eq!(caller.rest(), "", "it ends without a word");
}

fn one_client_cannot_take_all_the_places() {
    let porch = Porch::with(|options| options.limits.connections_per_client = 8, Arc::new(answer));
    let mut first: Vec<Caller> = (0..8).map(|_| porch.caller()).collect();
    for caller in &mut first {
        caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n");
        assert_eq!(caller.answer().1, b"ok");
    }
    assert!(porch.caller().rest().starts_with("HTTP/1.1 429 "));
    first.truncate(4);
    // The door notices that others are gone before it looks at who comes, or after: then one comes again.
    let served = (0..200).any(|_| porch.tell(format!("GET /ok HTTP/1.1\r\n{CLOSE}\r\n").as_bytes()).ends_with("ok"));
    assert!(served, "places are given back");
}

fn a_full_house_makes_room_for_who_comes() {
    let porch = Porch::with_limits(|limits| limits.connections = 20);
    let mut waiting: Vec<Caller> = (0..60).map(|_| porch.caller()).collect();
    porch.still_serves();
    assert_eq!(waiting[0].rest(), "", "who waited longest without a word went first");
}

fn slow_heads_keep_nobody_from_being_served() {
    let porch = Porch::new();
    let mut slow: Vec<Caller> = (0..300).map(|_| porch.caller()).collect();
    for byte in b"GET /ok HTTP/1.1\r\nHos" {
        for caller in &mut slow {
            caller.say(&[*byte]);
        }
    }
    for _ in 0..20 {
        porch.still_serves();
    }
}

fn a_body_that_does_not_come_gives_its_room_to_others() {
    let porch = Porch::with_limits(|limits| {
        (limits.bodies, limits.body, limits.linger) = (BODY_MAX as usize, Duration::from_millis(300), SHORT);
    });
    let head = format!("POST /length HTTP/1.1\r\n{CLOSE}Content-Length: {BODY_MAX}\r\n\r\n");
    let mut greedy: Vec<Caller> = (0..3).map(|_| porch.caller()).collect();
    for caller in &mut greedy {
        caller.say(head.as_bytes());
    }
    let whole = [head.as_bytes(), &vec![b'x'; BODY_MAX as usize]].concat();
    let served = (0..50).any(|_| porch.tell(&whole).ends_with(&format!("\r\n\r\n{BODY_MAX}")));
    assert!(served, "a whole body gets its turn");
    porch.still_serves();
}

fn large_answers_and_files_come_whole() {
    let porch = Porch::new();
    let mut caller = porch.caller();
    caller.say(b"GET /big HTTP/1.1\r\nHost: pod\r\n\r\n");
    let (_, body) = caller.answer();
    assert!(body.len() == BIG && body.iter().all(|byte| *byte == b'x'));
    caller.say(b"GET /file HTTP/1.1\r\nHost: pod\r\n\r\n");
    let (_, body) = caller.answer();
    assert!(body.len() == 8 << 20 && body.ends_with(b"end") && body[0] == 0);
    caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n");
    assert_eq!(caller.answer().1, b"ok");
}

fn who_does_not_read_is_cut_off_and_holds_up_nobody() {
    let porch = Porch::with_limits(|limits| limits.write = Duration::from_millis(400));
    let mut deaf: Vec<Caller> = (0..12).map(|_| porch.caller()).collect();
    for (place, caller) in deaf.iter_mut().enumerate() {
        set_socket_recv_buffer_size(&caller.0, 4096).expect("a socket");
        // More than the system keeps for a reader who does not read.
        let path = if place % 2 == 0 { "/big" } else { "/file" };
        caller.say(format!("GET {path} HTTP/1.1\r\nHost: pod\r\n\r\n").repeat(4).as_bytes());
    }
    for _ in 0..10 {
        porch.still_serves();
    }
    // Whether the door has cut them off shows in a later write: the other side is gone.
    let end = std::time::Instant::now() + PATIENCE;
    for caller in &mut deaf {
        while caller.0.write(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n").is_ok() {
            assert!(std::time::Instant::now() < end, "it is still connected");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn errands_that_take_long_leave_a_worker_for_everything_else() {
    let gate = Arc::new(Barrier::new(3));
    let worker = gate.clone();
    let handler: Handler = Arc::new(move |request: &Request| {
        if request.path.starts_with("/far/") {
            worker.wait();
            worker.wait();
        }
        answer(request)
    });
    let porch =
        Porch::with(|options| options.errand = |_, path, _| path.starts_with("/far/").then_some(Errand::Far), handler);
    let mut far: Vec<Caller> = (0..20).map(|_| porch.caller()).collect();
    for caller in &mut far {
        caller.say(format!("GET /far/?x HTTP/1.1\r\n{CLOSE}\r\n").as_bytes());
    }
    // Both that may are under way, and stay so.
    gate.wait();
    for _ in 0..10 {
        porch.still_serves();
    }
    for _ in 0..9 {
        gate.wait();
        gate.wait();
    }
    gate.wait();
    for caller in &mut far {
        assert!(caller.rest().starts_with("HTTP/1.1 404 "), "each errand is answered in the end");
    }
}

fn clients_that_break_off_leave_nothing_behind() {
    let porch = Porch::new();
    for round in 0..300 {
        let mut caller = porch.caller();
        match round % 5 {
            0 => {}
            1 => caller.say(b"GET /ok HTTP/1.1\r\nHo"),
            2 => caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n"),
            3 => caller.say(b"GET /big HTTP/1.1\r\nHost: pod\r\n\r\n"),
            _ => caller.say(b"POST /echo HTTP/1.1\r\nHost: pod\r\nContent-Length: 100\r\n\r\nhalf"),
        }
        caller.breaks_off();
    }
    for _ in 0..10 {
        porch.still_serves();
    }
}

fn a_client_that_has_said_everything_still_gets_its_answer() {
    let porch = Porch::new();
    let mut caller = porch.caller();
    caller.say(format!("GET /ok HTTP/1.1\r\n{CLOSE}\r\n").as_bytes());
    caller.0.shutdown(Shutdown::Write).expect("a socket");
    assert!(caller.rest().ends_with("\r\n\r\nok"));
}

fn what_is_in_hand_is_finished_when_the_door_closes() {
    let gate = Arc::new(Barrier::new(2));
    let worker = gate.clone();
    let handler: Handler = Arc::new(move |_: &Request| {
        worker.wait();
        worker.wait();
        Response::text(200, "finished")
    });
    let porch = Porch::with(|_| {}, handler);
    let mut caller = porch.caller();
    caller.say(b"GET /slow HTTP/1.1\r\nHost: pod\r\n\r\n");
    gate.wait();
    let mut idle = porch.caller();
    porch.stop.set();
    assert_eq!(idle.rest(), "", "who asked nothing is let go");
    gate.wait();
    let (head, body) = caller.answer();
    assert_eq!((header(&head, "connection"), body.as_slice()), (Some("close"), &b"finished"[..]));
    let address = porch.address;
    drop(porch);
    assert!(TcpStream::connect(address).is_err(), "nobody is let in any more");
}

/// One bad visit of each kind that ends a bare tiny_http, or fills its memory.
fn attack(address: SocketAddr, round: usize) {
    let mut caller = Caller::to(address);
    match round % 8 {
        0 => caller.say(b"POST /login HTTP/1.1\r\nHost: pod\r\nContent-Length: 100000000000\r\n\r\n"),
        1 => caller.say(b"POST /login HTTP/1.1\r\nHost: pod\r\nContent-Length: 18446744073709551615\r\n\r\nx"),
        2 => {
            caller.say(b"GET /login HTTP/1.1\r\nHost: pod\r\n\r\n");
            caller.breaks_off();
        }
        3 => caller.say(&[b"GET / HTTP/1.1\r\nX: ".as_slice(), &[b'x'; 100_000]].concat()),
        4 => caller.say(b"GET / HTTP/2.0\r\nHost: pod\r\n\r\n"),
        5 => caller.say(b"POST /receive/public HTTP/1.1\r\nHost: pod\r\nContent-Length: 5, 5\r\n\r\nhello"),
        6 => caller.say(&b"GET /login HTTP/1.1\r\nHost: pod\r\n\r\n".repeat(50)),
        _ => caller.say(b"POST /receive/public HTTP/1.1\r\nHost: pod\r\nContent-Length: 4000000\r\n\r\nhalf"),
    }
}

fn address(pod: &TestPod) -> SocketAddr {
    pod.host().parse().expect("an address")
}

/// The places that one client may take are free again when the door has noticed that it is gone.
fn answers_again(pod: &TestPod) {
    until("the pod to answer again", || {
        let answer = pod.visitor().try_get("/login").ok()?;
        (answer.status == 200).then_some(())
    });
}

fn a_crowd_at_a_new_door_is_served_to_the_last() {
    for _ in 0..40 {
        let many_hands = |options: &mut Options| {
            options.workers = 8;
            options.limits.answer = PATIENCE / 4;
        };
        let porch = Porch::with(many_hands, Arc::new(answer));
        let mut crowd: Vec<Caller> = (0..60).map(|_| porch.caller()).collect();
        crowd.iter_mut().for_each(|caller| caller.say(b"GET /ok HTTP/1.1\r\nHost: pod\r\n\r\n"));
        for caller in &mut crowd {
            assert!(caller.answer().0.starts_with("HTTP/1.1 200 OK\r\n"), "somebody was forgotten");
        }
    }
}

fn a_pod_under_attack_goes_on_and_stays_small() {
    let pod = TestPod::new("alice");
    let wave = || (0..800).for_each(|round| attack(address(&pod), round));
    wave();
    let (before, threads) = (pod.status("VmRSS"), pod.status("Threads"));
    for _ in 0..3 {
        wave();
    }
    answers_again(&pod);
    let after = pod.status("VmRSS");
    assert!(after < before + 4096, "{before} KiB became {after}");
    assert!(pod.status("Threads") <= threads, "no thread more than before");
}

fn a_pod_without_files_left_goes_on_when_there_are_some_again() {
    let pod = TestPod::new("alice");
    let process = rustix::process::Pid::from_raw(i32::try_from(pod.pid()).expect("a number")).expect("a process");
    let few = Rlimit { current: Some(60), maximum: getrlimit(Resource::Nofile).maximum };
    prlimit(Some(process), Resource::Nofile, few).expect("the limit is set");
    let crowd: Vec<Caller> = (0..60).map(|_| Caller::to(address(&pod))).collect();
    drop(crowd);
    answers_again(&pod);
    pod.user("alice").posts("still here");
}
