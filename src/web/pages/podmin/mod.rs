//! The room of the podmin. For everybody else there is nothing at these addresses.

pub mod alarm;
pub mod bank;
pub mod cases;
pub mod census;
pub mod dashboard;
pub mod limits;
pub mod pods;
pub mod preview;
pub mod requests;
pub mod users;
pub mod vault;

use minijinja::context;
use minijinja::value::Value;

use crate::model::{Timestamp, User};
use crate::store;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// The podmin who is signed in.
pub fn podmin<'a>(visit: &'a Visit) -> Result<&'a User, Error> {
    let me = visit.signed_in()?;
    if me.podmin { Ok(me) } else { Err(Error::Missing) }
}

/// The pages of the room, as a list of links. Who waits is counted.
pub fn tabs(visit: &Visit) -> Vec<Value> {
    const PAGES: &[(&str, &str)] = &[
        ("/podmin", "status.title"),
        ("/podmin/cases", "cases.title"),
        ("/podmin/census", "census.title"),
        ("/podmin/limits", "limits.title"),
        ("/podmin/bank", "bank.title"),
        ("/podmin/users", "users.title"),
        ("/podmin/requests", "requests.title"),
        ("/podmin/vault", "vault.title"),
        ("/podmin/pods", "pods.title"),
    ];
    let here = visit.request.path.as_str();
    let is_here = |href: &str| here == href || (href != "/podmin" && here.starts_with(href));
    let waiting =
        visit.pod.store.read::<_, store::Error>(|db| Ok((store::cases::waiting(db)?.0, store::requests::count(db)?)));
    let (waiting, asking) = waiting.unwrap_or_default();
    let named = |href: &str, text: &str| match href {
        "/podmin/cases" if waiting > 0 => format!("{} ({waiting})", visit.say(text)),
        "/podmin/requests" if asking > 0 => format!("{} ({asking})", visit.say(text)),
        _ => visit.say(text),
    };
    PAGES.iter().map(|&(href, text)| context! { href, text => named(href, text), here => is_here(href) }).collect()
}

/// How long there is until a moment, or how long ago it was, in words.
pub fn clock(visit: &Visit, at: Timestamp) -> String {
    visit.book.clock(at, visit.now)
}

/// A time in words; seconds, with any sign.
pub fn span(visit: &Visit, seconds: i64) -> String {
    visit.book.span(seconds)
}
