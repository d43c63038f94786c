//! Browsers in which somebody signed in before: strangers who guess at the account cannot lock it out there (OWASP's
//! "device cookies"). The cookie opens nothing, and nobody but the pod can tell from it whose it is.

use std::iter;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;

use super::{Request, Response, csrf, session};
use crate::model::UserId;
use crate::pod::Pod;
use crate::store::{self, sessions};

/// People who are known in one browser at the most; who signed in there first is forgotten.
const PEOPLE_MAX: usize = 5;

/// Seconds that a browser is known after signing in.
const AGE_MAX: i64 = 365 * 86_400;

/// Letters of the random part of a mark: 72 bits that tell one browser from the next.
const NONCE: usize = 12;

/// Letters of a mark: the random part, and 18 bytes that only this pod can write under it.
const MARK: usize = NONCE + 24;

/// The mark by which the browser that asks is known to an account; `None` for a stranger's.
pub fn mark<'a>(pod: &Pod, request: &'a Request, user: UserId) -> Result<Option<&'a str>, store::Error> {
    let since = pod.store.read(|db| sessions::ended(db, user))?;
    Ok(marks(request).find(|mark| is_of(pod, mark, user, since)))
}

/// Adds the cookie by which the browser that asks is known to an account from now on, besides those it was known to.
pub fn with_mark(pod: &Pod, request: &Request, user: UserId, answer: Response) -> Result<Response, store::Error> {
    let since = pod.store.read(|db| sessions::ended(db, user))?;
    let nonce = &session::random()[..NONCE];
    let others = marks(request).filter(|mark| !is_of(pod, mark, user, since)).map(str::to_owned);
    let marks: Vec<String> = iter::once(sign(pod, nonce, user, since)).chain(others).take(PEOPLE_MAX).collect();
    Ok(session::with_cookie(answer, Some(session::set_cookie(pod, "known", &marks.join("."), AGE_MAX))))
}

/// What may be marks in the cookie that came.
fn marks(request: &Request) -> impl Iterator<Item = &str> {
    let letters = |mark: &str| mark.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let all = session::cookie(request, "known").unwrap_or_default().split('.');
    all.filter(move |mark| mark.len() == MARK && letters(mark)).take(PEOPLE_MAX)
}

fn is_of(pod: &Pod, mark: &str, user: UserId, since: i64) -> bool {
    mark.get(..NONCE).is_some_and(|nonce| csrf::same(mark, &sign(pod, nonce, user, since)))
}

/// `since`: the mark is worth nothing once the account was signed out everywhere.
fn sign(pod: &Pod, nonce: &str, user: UserId, since: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &pod.secret);
    let tag = hmac::sign(&key, format!("known {user} {since} {nonce}").as_bytes());
    format!("{nonce}{}", URL_SAFE_NO_PAD.encode(&tag.as_ref()[..18]))
}
