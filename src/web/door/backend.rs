//! tiny_http and its workers, behind a socket that only this process can reach. tiny_http never sees a stranger's
//! connection: it has no limits and no time-outs, and one absurd length ends the process. Here it gets whole, checked
//! requests from the door.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Cursor, Read};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use super::files::{Counters, Rest};
use super::limits::RELAY_MAX;
use crate::web::{Body, Method, Request, Response};

/// What answers requests. A panic in it is a 500 for that one request.
pub type Handler = Arc<dyn Fn(&Request) -> Response + Send + Sync>;

/// The door's word to a worker: who asks, whether by https, and the ticket to leave a file under.
pub const CLIENT: &str = "x-door-client";
pub const SECURE: &str = "x-door-secure";
pub const TICKET: &str = "x-door-ticket";
/// A worker's word to the door: the body is the file that was left.
pub const FILE: &str = "x-door-file";

/// Bytes of a socket's path: `sun_path` has 108 with its end.
const PATH_MAX: usize = 107;

/// A directory for the socket that nobody else may enter.
pub struct Private {
    path: PathBuf,
    /// Kept open for a shorter way to it.
    directory: File,
}

impl Private {
    /// Makes the directory or takes it over; removes sockets that a killed process left.
    pub fn open(path: &Path) -> io::Result<Private> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(path)?.flatten() {
            if entry.file_name().to_string_lossy().starts_with("door-") {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Private { path: path.to_owned(), directory: File::open(path)? })
    }

    /// A name in it, by a path that fits into a socket's address.
    fn socket(&self, name: &str) -> PathBuf {
        let path = self.path.join(name);
        if path.as_os_str().len() <= PATH_MAX {
            return path;
        }
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.directory.as_raw_fd()))
    }
}

pub struct Backend {
    server: Arc<tiny_http::Server>,
    socket: PathBuf,
    closing: Arc<AtomicBool>,
    workers: usize,
    ended: Receiver<()>,
}

impl Backend {
    /// Starts a server, under a name not used before, and its workers.
    pub fn start(
        private: &Private,
        name: &str,
        workers: usize,
        handler: &Handler,
        counters: &Counters,
    ) -> io::Result<Backend> {
        let socket = private.socket(name);
        let server = tiny_http::Server::http_unix(&socket).map_err(io::Error::other)?;
        let server = Arc::new(server);
        let closing = Arc::new(AtomicBool::new(false));
        let (end, ended) = channel();
        for number in 0..workers {
            let worker = Worker {
                server: server.clone(),
                closing: closing.clone(),
                handler: handler.clone(),
                counters: counters.clone(),
                _end: end.clone(),
            };
            std::thread::Builder::new().name(format!("web-{number}")).spawn(move || worker.work())?;
        }
        Ok(Backend { server, socket, closing, workers, ended })
    }

    pub fn connect(&self) -> io::Result<UnixStream> {
        let stream = UnixStream::connect(&self.socket)?;
        stream.set_nonblocking(true)?;
        Ok(stream)
    }

    /// Lets the workers end after what they have in hand.
    pub fn dismiss(&self) {
        self.closing.store(true, Ordering::Release);
        for _ in 0..self.workers {
            self.server.unblock();
        }
    }

    /// Dismisses the workers and waits for them, but no longer than until then.
    pub fn close(self, until: Instant) {
        self.dismiss();
        // Nobody sends: the channel breaks when the last worker is gone.
        let _ = self.ended.recv_timeout(until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)));
    }
}

struct Worker {
    server: Arc<tiny_http::Server>,
    closing: Arc<AtomicBool>,
    handler: Handler,
    counters: Counters,
    _end: Sender<()>,
}

impl Worker {
    fn work(self) {
        while !self.closing.load(Ordering::Acquire) {
            // An error is a dismissal, or tiny_http's accepting thread at its end; the door notices that itself.
            if let Ok(request) = self.server.recv() {
                self.answer(request);
            }
        }
    }

    fn answer(&self, mut asked: tiny_http::Request) {
        let Some((mut request, ticket)) = read(&mut asked) else {
            return send(asked, Response::text(400, "the request cannot be read\n"), None);
        };
        request.upload = self.counters.brought.take(ticket).map(Arc::new);
        let answer = catch_unwind(AssertUnwindSafe(|| (self.handler)(&request))).unwrap_or_else(|_| {
            log::error!(target: "door", "event=panic path={}", request.path);
            broken()
        });
        drop(request);
        send(asked, answer, Some((&self.counters, ticket)));
    }
}

fn broken() -> Response {
    Response::text(500, "something is broken here; the podmin can read more in the log\n")
}

/// Our request, made from tiny_http's, and its ticket.
fn read(asked: &mut tiny_http::Request) -> Option<(Request, usize)> {
    let method = match asked.method() {
        tiny_http::Method::Get => Method::Get,
        tiny_http::Method::Head => Method::Head,
        tiny_http::Method::Post => Method::Post,
        _ => return None,
    };
    let (path, query) = asked.url().split_once('?').unwrap_or((asked.url(), ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut request = Request {
        method,
        path,
        query,
        headers: Vec::with_capacity(asked.headers().len()),
        body: Vec::new(),
        upload: None,
        client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        secure: false,
        acting: None,
    };
    let mut ticket = 0;
    for line in asked.headers() {
        let (name, value) = (line.field.as_str().as_str(), line.value.as_str());
        match name {
            CLIENT => request.client = value.parse().ok()?,
            SECURE => request.secure = value == "1",
            TICKET => ticket = value.parse().ok()?,
            "content-length" => {}
            _ => request.headers.push((name.to_owned(), value.to_owned())),
        }
    }
    let length = asked.body_length().unwrap_or(0);
    request.body.reserve_exact(length);
    asked.as_reader().read_to_end(&mut request.body).ok()?;
    (request.body.len() == length).then_some((request, ticket))
}

/// Answers, with the file that the body is or becomes left for the door.
fn send(asked: tiny_http::Request, answer: Response, counters: Option<(&Counters, usize)>) {
    let mut headers: Vec<_> = answer.headers.iter().filter_map(|(name, value)| header(name, value)).collect();
    let length = usize::try_from(answer.body.len()).ok();
    let spooled = |bytes: &[u8]| if bytes.len() > RELAY_MAX { counters?.0.spool.keep(bytes) } else { None };
    let (reader, rest): (Box<dyn Read>, _) = match answer.body {
        Body::Empty => (Box::new(io::empty()), None),
        Body::Bytes(bytes) => {
            let rest = spooled(&bytes);
            (Box::new(Cursor::new(bytes)), rest)
        }
        Body::Static(bytes) => (Box::new(bytes), spooled(bytes)),
        Body::File(file, length) => match Rest::of(file, length) {
            Ok(rest) => (Box::new(io::empty()), Some(rest)),
            Err(_) => return send(asked, broken(), None),
        },
    };
    let (Some(rest), Some((counters, ticket))) = (rest, counters) else {
        return respond(asked, answer.status, headers, reader, length);
    };
    drop(reader);
    counters.files.leave(ticket, rest);
    headers.extend(header(FILE, "1"));
    respond(asked, answer.status, headers, Box::new(io::empty()), Some(0));
}

fn respond(
    asked: tiny_http::Request,
    status: u16,
    headers: Vec<tiny_http::Header>,
    reader: Box<dyn Read>,
    length: Option<usize>,
) {
    let answer = tiny_http::Response::new(tiny_http::StatusCode(status), headers, reader, length, None);
    // The door has gone away from this request: nobody is left to be told.
    let _ = asked.respond(answer.with_chunked_threshold(usize::MAX));
}

/// `None`, and a line in the log, when the value could be read as more than one header.
fn header(name: &str, value: &str) -> Option<tiny_http::Header> {
    let clean = value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte));
    let header = if clean { tiny_http::Header::from_bytes(name, value).ok() } else { None };
    if header.is_none() {
        log::error!(target: "door", "event=header-dropped name={name}");
    }
    header
}
