//! One request for a page: who asks, for what, with which form.

use std::cell::Cell;
use std::fmt::Display;

use minijinja::context;
use minijinja::value::{Serde, Value};

use super::error::Error;
use super::form::{Form, STRANGER_MAX};
use super::frame::Frame;
use super::render::Html;
use super::session::{self, Session};
use super::text::{self, Book};
use super::{Method, Request, Response, csrf, encoded, render};
use crate::model::{TEXT_MAX, Timestamp, User, markdown};
use crate::pod::Pod;
use crate::store::{self, Tx};

/// A request for a page and everything that every page needs.
pub struct Visit<'a> {
    pub pod: &'a Pod,
    pub request: &'a Request,
    /// What stands in the address where the route has a `:name`, percent-decoded.
    pub args: Vec<String>,
    pub now: Timestamp,
    pub book: &'static Book,
    session: Option<Session>,
    /// Bytes of HTML that texts may still become.
    room: Cell<usize>,
}

/// Bytes of HTML that the texts on one page become at the most; the longest text of a post fits.
const ROOM: usize = 10 * TEXT_MAX;

impl<'a> Visit<'a> {
    pub fn new(pod: &'a Pod, request: &'a Request, args: Vec<String>) -> Result<Visit<'a>, Error> {
        let session = session::of(pod, request)?;
        let book = match session.as_ref().and_then(|session| session.user.language.as_deref()) {
            Some(chosen) => text::book(chosen),
            None => text::accepted(request.header("accept-language").unwrap_or_default()),
        };
        Ok(Visit { pod, request, args, now: pod.now(), book, session, room: Cell::new(ROOM) })
    }

    /// Who is signed in, if anybody.
    pub fn me(&self) -> Option<&User> {
        self.session.as_ref().map(|session| &session.user)
    }

    /// Who is signed in; others are sent to sign in first.
    pub fn signed_in(&self) -> Result<&User, Error> {
        self.session().map(|session| &session.user)
    }

    pub fn session(&self) -> Result<&Session, Error> {
        self.session.as_ref().ok_or(Error::SignIn)
    }

    /// What stands in the address, by its place in the route.
    pub fn arg(&self, place: usize) -> &str {
        self.args.get(place).map_or("", String::as_str)
    }

    /// The parameters behind the `?`.
    pub fn query(&self) -> Form {
        Form::parse(self.request.query.as_bytes())
    }

    /// The form, when it comes from a page of ours.
    pub fn form(&self) -> Result<Form, Error> {
        let fits = |form: &Form| self.session.is_some() || form.length() <= STRANGER_MAX;
        let form = Form::of_body(self.request).filter(fits).ok_or(Error::Forged)?;
        let expected = match &self.session {
            Some(session) => session.csrf.clone(),
            None => session::visitor(self.pod, self.request).0,
        };
        if !csrf::from_our_pages(self.request, &self.pod.url) || !csrf::same(form.get("csrf"), &expected) {
            return Err(Error::Forged);
        }
        Ok(form)
    }

    /// A text of somebody as HTML: as `shown` makes it, or its beginning when the page is too large already.
    pub fn fit(&self, text: &str, shown: impl FnOnce() -> String) -> Html {
        let room = self.room.get();
        let whole = (text.len() <= room).then(shown).filter(|html| html.len() <= room);
        let html = whole.unwrap_or_else(|| markdown::beginning(text));
        self.room.set(room.saturating_sub(html.len()));
        Html(html)
    }

    /// A text in the reader's language.
    pub fn say(&self, key: &str) -> String {
        self.book.words(key, &[])
    }

    /// A page from a template and the values it needs besides those that every page gets.
    pub fn page(&self, template: &str, values: Value) -> Result<Response, Error> {
        let (csrf, cookie) = match &self.session {
            Some(session) => (session.csrf.clone(), None),
            None if FORMS_FOR_VISITORS.contains(&template) => {
                let (csrf, cookie) = session::visitor(self.pod, self.request);
                (csrf, Some(cookie))
            }
            None => (String::new(), None),
        };
        let frame = Frame::of(self, csrf)?;
        let common = context! { page => Value::from(Serde(frame)), lang => self.book.tag, now => self.now.0 };
        let html = render::render(template, context! { ..values, ..common })?;
        Ok(session::with_cookie(Response::html(html), cookie).with_header("Cache-Control", "no-store"))
    }

    /// The same, with a sentence about what was wrong with the form, if anything was.
    pub fn page_with(&self, template: &str, error: Option<&Error>, values: Value) -> Result<Response, Error> {
        let Some(error) = error else { return self.page(template, values) };
        let sentence = Value::from_safe_string(error.sentence(self.book));
        let page = self.page(template, context! { error => sentence, ..values })?;
        Ok(error.dress(page.with_status(error.status())))
    }

    /// 303 to a page of ours, which says that something was done (`done.…` of the texts).
    pub fn done(&self, path: &str, what: &str) -> Response {
        let (path, fragment) = path.split_once('#').map_or((path, String::new()), |(p, f)| (p, format!("#{f}")));
        let sign = if path.contains('?') { '&' } else { '?' };
        Response::see_other(&format!("{path}{sign}done={what}{fragment}"))
    }

    /// The same, with a button that takes it back: a form without fields at `undo`.
    pub fn done_undo(&self, path: &str, what: &str, undo: &str) -> Response {
        let path = path.split('#').next().unwrap_or(path);
        let sign = if path.contains('?') { '&' } else { '?' };
        Response::see_other(&format!("{path}{sign}done={what}&undo={}", encoded(undo)))
    }

    /// Where the person came from, when that is a page of ours; `otherwise` when not.
    pub fn back(&self, otherwise: &str) -> String {
        let path = self.request.header("referer").and_then(|from| from.strip_prefix(self.pod.url.as_str()));
        let path = path.filter(|path| local_path(path)).unwrap_or(otherwise);
        let (path, query) = path.split_once('?').unwrap_or((path.split('#').next().unwrap_or(path), ""));
        let told = |part: &str| part.starts_with("done=") || part.starts_with("undo=");
        let kept: Vec<&str> = query.split('&').filter(|part| !part.is_empty() && !told(part)).collect();
        if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
    }

    /// Notes that something was read. It is read even where nothing can be written; then it stays unread.
    pub fn note_read<E: From<store::Error> + Display>(&self, note: impl FnOnce(&Tx) -> Result<(), E>) {
        if let Err(error) = self.pod.write(note) {
            log::warn!(target: "web", "{}: {error}", self.request.path);
        }
    }
}

/// Templates with a form for people who are not signed in.
const FORMS_FOR_VISITORS: [&str; 8] = [
    "setup.html",
    "login.html",
    "code.html",
    "forgotten.html",
    "invite.html",
    "request.html",
    "report.html",
    "kept.html",
];

/// Whether an address is a path on this pod: `/` and no second one, nothing that a browser would take for a host.
pub fn local_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && path.bytes().all(|b| (0x21..0x7f).contains(&b))
}

/// Whether the method reads only.
pub fn reads(method: Method) -> bool {
    matches!(method, Method::Get | Method::Head)
}

#[cfg(test)]
mod tests {
    use super::local_path;

    #[test]
    fn one_is_led_on_only_within_the_pod() {
        assert!(local_path("/stream?max_time=1#p-x") && local_path("/"));
        for path in
            ["", "stream", "//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/\r\nX: y", "/ä"]
        {
            assert!(!local_path(path), "{path}");
        }
    }
}
