//! HTTP in: what a request and an answer are. The door (`door/`) makes the one from a socket and writes the
//! other to it; everything else in this room only sees these values.

pub mod alarm;
mod assets;
pub mod browser;
mod csrf;
pub mod door;
mod error;
mod feeds;
pub mod form;
mod frame;
pub mod https;
mod json;
mod known;
mod limit;
pub mod multipart;
mod pages;
mod plural;
mod qr;
mod render;
mod routes;
pub mod session;
pub mod surfaces;
pub mod text;
mod view;
mod visit;

pub mod receive;

use std::fs::File;
use std::net::IpAddr;
use std::sync::Arc;

use door::Errand;
use error::Error;
pub use pages::notice::decision_path;
use visit::Visit;

use crate::media::source::Source;
use crate::model::UserId;
use crate::pod::Pod;
use crate::store::{self, accounts};
use crate::sync::lock;

/// What the person wants done. The door answers every other method with 405.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Post,
}

/// A whole request: its head was checked and its body collected before a worker saw it.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    /// As it came, still percent-encoded; begins with `/`.
    pub path: String,
    /// As it came, without the `?`; empty when there is none.
    pub query: String,
    /// Names in lower case, in the order they came. Hop-by-hop and forwarding headers are not among them.
    pub headers: Vec<(String, String)>,
    /// At most `door::limits::BODY_MAX` bytes.
    pub body: Vec<u8>,
    /// The body in a file instead, when it may bring files and is larger than most.
    pub upload: Option<Arc<door::Upload>>,
    /// The person's address: the peer's, or the one a trusted proxy reports.
    pub client: IpAddr,
    /// Whether the person came by https, as far as a trusted proxy says so.
    pub secure: bool,
    /// In whose eyes the pod looks at itself (`surfaces`); nobody's, when the request came from outside.
    pub acting: Option<UserId>,
}

impl Request {
    /// The first header of that name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    /// The body, wherever it is.
    pub fn source(&self) -> Source<'_> {
        match &self.upload {
            Some(upload) => Source::File { file: &upload.file, from: 0, length: upload.length },
            None => Source::Bytes(&self.body),
        }
    }
}

/// What the door sends back.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    /// A header whose value holds a control or non-ASCII character is not sent.
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

/// What follows the head of an answer. A `HEAD` request gets the same head and no body.
#[derive(Debug)]
pub enum Body {
    Empty,
    Bytes(Vec<u8>),
    Static(&'static [u8]),
    /// Sent piece by piece as the client reads; so many bytes from where the file stands. It is let go when the client
    /// has it, or goes away.
    File(Arc<File>, u64),
}

impl Body {
    /// Bytes.
    pub fn len(&self) -> u64 {
        match self {
            Body::Empty => 0,
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Static(bytes) => bytes.len() as u64,
            Body::File(_, length) => *length,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Response {
    /// An answer without body.
    pub fn new(status: u16) -> Response {
        Response { status, headers: Vec::new(), body: Body::Empty }
    }

    /// A page, 200.
    pub fn html(page: String) -> Response {
        Response::bytes("text/html; charset=utf-8", page.into_bytes())
    }

    /// A sentence in plain text.
    pub fn text(status: u16, text: &str) -> Response {
        let answer = Response::bytes("text/plain; charset=utf-8", text.as_bytes().to_vec());
        answer.with_status(status)
    }

    /// JSON that is already written out, 200.
    pub fn json(json: String) -> Response {
        Response::bytes("application/json; charset=utf-8", json.into_bytes())
    }

    /// 200 with these bytes.
    pub fn bytes(content_type: &str, bytes: Vec<u8>) -> Response {
        Response::new(200).with_header("Content-Type", content_type).with_body(Body::Bytes(bytes))
    }

    /// 303: done, look there. The URL must be ASCII (percent-encoded).
    pub fn see_other(url: &str) -> Response {
        Response::new(303).with_header("Location", url)
    }

    pub fn with_status(mut self, status: u16) -> Response {
        self.status = status;
        self
    }

    pub fn with_body(mut self, body: Body) -> Response {
        self.body = body;
        self
    }

    /// Adds one more header; a name may come several times (`Set-Cookie`).
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Response {
        self.headers.push((name, value.into()));
        self
    }
}

/// Answers a request.
pub fn handle(pod: &Pod, request: &Request) -> Response {
    secured(pod, routes::answer(pod, request))
}

/// How many bytes with files may come to a path from whoever has these cookies: none from a stranger.
pub fn may_upload(pod: &Pod, cookies: &str, path: &str) -> u64 {
    match (session::is_known(pod, cookies), path) {
        (false, _) => 0,
        (true, pages::archive::IMPORT) => door::limits::ARCHIVE_MAX,
        (true, _) => door::limits::UPLOAD_MAX,
    }
}

/// Bytes of a form whose files are read in no time.
const LIGHT: u64 = 4 << 10;

/// Whether a request with so many bytes of body may take long: a picture has to come from another pod; a password is
/// proven, a file read that came with a form, or one of many pictures written, which takes a small machine a second or
/// more. What people write every day is no errand: many may be written down together.
pub fn errand(method: Method, path: &str, bytes: u64) -> Option<Errand> {
    let hashes = ["/login", "/setup", "/i/", "/settings/"];
    let files = ["/photos", "/posts", "/posts/preview", "/profile", "/welcome", "/podmin/bank", "/podmin/limits/list"];
    if path.starts_with("/proxy/") {
        return Some(Errand::Far);
    }
    let face = path.starts_with("/photos/") && path.ends_with("/face");
    let heavy = match method {
        Method::Get => path.starts_with("/settings/archive/photos/"),
        Method::Head => false,
        Method::Post => {
            let files = bytes > LIGHT && (face || files.contains(&path));
            files || hashes.iter().any(|begin| path.starts_with(begin))
        }
    };
    heavy.then_some(Errand::Heavy)
}

/// Text as it stands in an address.
pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Answers a request for a page: only under the pod's own name, and before set-up only with set-up.
fn page(pod: &Pod, request: &Request, args: Vec<String>, page: fn(&Visit) -> Result<Response, Error>) -> Response {
    if request.header("host").is_some_and(|host| !host.eq_ignore_ascii_case(pod.authority())) {
        let book = text::book("");
        return Response::text(421, &book.words("error.misdirected_text", &[("url", &pod.url)]));
    }
    if request.path != "/setup" && waits_for_setup(pod) {
        return Response::see_other("/setup");
    }
    let visit = match Visit::new(pod, request, args) {
        Ok(visit) => visit,
        Err(error) => return failed(None, &error),
    };
    // Whose account is held can read why, object, and leave.
    let may = |path: &str| path.starts_with("/decisions") || path == "/logout";
    if visit.me().is_some_and(|me| me.held) && !may(&request.path) {
        return Response::see_other("/decisions");
    }
    page(&visit).unwrap_or_else(|error| failed(Some(&visit), &error))
}

/// Whether nobody lives here yet. Somebody may have moved in by the command line meanwhile.
fn waits_for_setup(pod: &Pod) -> bool {
    let mut code = lock(&pod.setup_code);
    if code.is_some() && pod.store.read::<_, store::Error>(accounts::any).unwrap_or(false) {
        *code = None;
    }
    code.is_some()
}

/// The page that says what went wrong.
fn failed(visit: Option<&Visit>, error: &Error) -> Response {
    let status = error.status();
    match error.advice() {
        Some(advice) => log::error!(target: "web", "{error}; {advice}"),
        None if status == 500 => log::error!(target: "web", "{error}"),
        None => {}
    }
    let shown = visit.and_then(|visit| match error {
        Error::SignIn => pages::kept::sign_in_first(visit)
            .and_then(Result::ok)
            .map(|page| page.with_status(403))
            .or_else(|| Some(Response::see_other(&sign_in_address(visit)))),
        _ => pages::kept::once_more(visit, error).and_then(Result::ok).or_else(|| error_page(visit, error).ok()),
    });
    error.dress(shown.unwrap_or_else(|| Response::text(status, &error.words(text::book("")))))
}

/// The address of the sign-in page, which leads back here.
fn sign_in_address(visit: &Visit) -> String {
    let path = visit.request.path.as_str();
    if !visit::reads(visit.request.method) || !visit::local_path(path) {
        return "/login".to_owned();
    }
    let whole =
        if visit.request.query.is_empty() { path.to_owned() } else { format!("{path}?{}", visit.request.query) };
    let next: String = url::form_urlencoded::byte_serialize(whole.as_bytes()).collect();
    format!("/login?next={next}")
}

fn error_page(visit: &Visit, error: &Error) -> Result<Response, Error> {
    // What is not here for a stranger may be here for somebody who only is not signed in.
    let (href, label) = match (visit.me(), error.status()) {
        (None, 404) => (sign_in_address(visit), "login.button"),
        _ => ("/".to_owned(), "error.home"),
    };
    let values = minijinja::context! {
        title => visit.say(error.title_key()),
        text => minijinja::Value::from_safe_string(error.sentence(visit.book)),
        href,
        label => visit.say(label),
    };
    Ok(visit.page("message.html", values)?.with_status(error.status()))
}

/// What every answer says to browsers: run our own script only, load from here only (but for what the reader plays), be
/// framed nowhere.
fn secured(pod: &Pod, answer: Response) -> Response {
    let answer = answer
        .with_header("Content-Security-Policy", POLICY)
        .with_header("X-Content-Type-Options", "nosniff")
        .with_header("Referrer-Policy", "same-origin")
        .with_header("Cross-Origin-Opener-Policy", "same-origin")
        .with_header("X-Frame-Options", "DENY");
    if pod.is_trial() { answer } else { answer.with_header("Strict-Transport-Security", "max-age=31536000") }
}

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src https:; connect-src 'self'; \
    manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_leaves_room_for_what_is_written_every_day() {
        let kind = |path, bytes| errand(Method::Post, path, bytes);
        assert_eq!((kind("/posts", 1_500), kind("/posts", 300_000)), (None, Some(Errand::Heavy)));
        assert_eq!((kind("/comments", 300_000), kind("/login", 60)), (None, Some(Errand::Heavy)));
        assert_eq!((kind("/photos/1/face", 300_000), kind("/profile", 900)), (Some(Errand::Heavy), None));
    }
}
