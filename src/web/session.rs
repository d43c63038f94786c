//! Who is there: the cookie of a session, and the one that forms are shown with before there is a session.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::csrf;
use super::{Request, Response};
use crate::model::{Timestamp, User, UserId};
use crate::pod::Pod;
use crate::store::{self, accounts, sessions};

/// A session's use is noted at most this often, in seconds: a page view should not write to the disk.
const NOTED_EVERY: i64 = 86_400;

/// A person who is signed in.
pub struct Session {
    pub user: User,
    /// SHA-256 of the cookie, as it is stored.
    pub token: Vec<u8>,
    /// What their forms carry.
    pub csrf: String,
}

/// Whose session the request belongs to, if any.
pub fn of(pod: &Pod, request: &Request) -> Result<Option<Session>, store::Error> {
    if let Some(user) = request.acting {
        let user = pod.store.read(|db| accounts::get(db, user))?;
        return Ok(user.map(|user| Session { user, token: Vec::new(), csrf: String::new() }));
    }
    let Some(value) = cookie(request, "session") else { return Ok(None) };
    let (token, now) = (hash(value), pod.now());
    let found = pod.store.read::<_, store::Error>(|db| {
        let Some((user, seen)) = sessions::get(db, &token, now)? else { return Ok(None) };
        Ok(accounts::get(db, user)?.filter(|user| !user.locked).map(|user| (user, seen)))
    })?;
    let Some((user, seen)) = found else { return Ok(None) };
    if seen.plus(NOTED_EVERY) < now {
        // Who reads may read, even where nothing can be written.
        if let Err(error) = pod.store.write::<_, store::Error>(now, |tx| sessions::seen(tx, user.id, &token)) {
            log::warn!(target: "web", "session: {error}");
        }
    }
    let csrf = csrf::token(&pod.secret, value);
    Ok(Some(Session { user, token, csrf }))
}

/// Whether one of these cookies is that of a session; asked before a large body is let in.
pub fn is_known(pod: &Pod, cookies: &str) -> bool {
    let Some(value) = cookie_of(cookies.split(';'), "session") else { return false };
    let token = hash(value);
    let found = pod.store.read::<_, store::Error>(|db| sessions::get(db, &token, pod.now()));
    found.is_ok_and(|found| found.is_some())
}

/// Begins a session in a browser; gives back the cookie to set.
pub fn begin(pod: &Pod, now: Timestamp, user: UserId, browser: &str) -> Result<String, store::Error> {
    let value = random();
    let token = hash(&value);
    pod.store.write::<_, store::Error>(now, |tx| sessions::add(tx, &token, user, browser))?;
    Ok(set_cookie(pod, "session", &value, sessions::IDLE_MAX))
}

/// Ends a session; gives back the cookie to set.
pub fn end(pod: &Pod, now: Timestamp, session: &Session) -> Result<String, store::Error> {
    pod.store.write::<_, store::Error>(now, |tx| sessions::remove(tx, &session.token))?;
    Ok(forgotten(pod))
}

/// The cookie that takes a session away from the browser.
pub fn forgotten(pod: &Pod) -> String {
    set_cookie(pod, "session", "", 0)
}

/// The token of a form for somebody who is not signed in, and the cookie to set with the form: it is good for a day from
/// then on.
pub fn visitor(pod: &Pod, request: &Request) -> (String, String) {
    let value = cookie(request, "visit").map_or_else(random, str::to_owned);
    (csrf::token(&pod.secret, &value), set_cookie(pod, "visit", &value, 86_400))
}

/// Adds a cookie to an answer.
pub fn with_cookie(answer: Response, cookie: Option<String>) -> Response {
    match cookie {
        Some(cookie) => answer.with_header("Set-Cookie", cookie),
        None => answer,
    }
}

/// The value of a cookie of ours: it is never empty.
pub fn cookie<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let all = request.headers.iter().filter(|(header, _)| header == "cookie");
    cookie_of(all.flat_map(|(_, value)| value.split(';')), name)
}

/// The value of a cookie in `name=value` pairs.
pub fn cookie_of<'a>(pairs: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value)
}

/// `max_age`: seconds.
pub fn set_cookie(pod: &Pod, name: &str, value: &str, max_age: i64) -> String {
    let secure = if pod.is_trial() { "" } else { "; Secure" };
    format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
}

/// 32 random bytes as text.
pub fn random() -> String {
    let mut bytes = [0; 32];
    // The kernel's generator fails only where there is none, and then nothing here may run.
    getrandom::fill(&mut bytes).expect("the kernel gives random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}

fn hash(value: &str) -> Vec<u8> {
    Sha256::digest(value.as_bytes()).to_vec()
}
