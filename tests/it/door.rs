//! What the door promises to strangers: an answer where one is due, an end where none is, and never anything at
//! somebody else's expense. Every trial has a door of its own and speaks to it byte by byte.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pappus::web::door::limits::BODY_MAX;
use pappus::web::door::{Door, Handler, Limits, Listen, Options, Stop};
use pappus::web::{Body, Method, Request, Response};
use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size};

/// No trial waits longer for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// A door with a small handler behind it, closed at the end of the trial.
struct Porch {
    address: SocketAddr,
    stop: Stop,
    serving: Option<JoinHandle<()>>,
    _directory: tempfile::TempDir,
}

impl Porch {
    fn new() -> Porch {
        Porch::with(|_| {}, Arc::new(answer))
    }

    fn with(change: impl FnOnce(&mut Options), handler: Handler) -> Porch {
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
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "one answer: {answer}");
    }

    fn close(&mut self) {
        self.stop.set();
        if let Some(serving) = self.serving.take() {
            serving.join().expect("a door that closes");
        }
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

/// Somebody on the other side of the door.
struct Caller(TcpStream);

impl Caller {
    fn to(address: SocketAddr) -> Caller {
        let socket = TcpStream::connect(address).expect("a connection");
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

    /// Waits until the door has ended the connection, whatever it says before.
    fn is_sent_away(mut self) -> String {
        self.rest()
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const BIG: usize = 3 << 20;

fn answer(request: &Request) -> Response {
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
    Response::new(200).with_body(Body::File(file, length))
}

const CLOSE: &str = "Host: pod\r\nConnection: close\r\n";

crate::support::trials![
    a_page_is_answered_and_the_connection_stays,
    requests_sent_ahead_are_answered_in_order,
    a_request_may_come_byte_by_byte,
    a_handler_sees_the_whole_request,
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
