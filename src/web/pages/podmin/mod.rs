//! The room of the podmin. For everybody else there is nothing at these addresses.

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
use crate::web::error::Error;
use crate::web::visit::Visit;

/// The podmin who is signed in.
pub fn podmin<'a>(visit: &'a Visit) -> Result<&'a User, Error> {
    let me = visit.signed_in()?;
    if me.podmin { Ok(me) } else { Err(Error::Missing) }
}

/// The pages of the room, as a list of links.
pub fn tabs(visit: &Visit) -> Vec<Value> {
    const PAGES: &[(&str, &str)] = &[
        ("/podmin", "status.title"),
        ("/podmin/cases", "cases.title"),
        ("/podmin/census", "census.title"),
        ("/podmin/limits", "limits.title"),
        ("/podmin/bank", "bank.title"),
        ("/podmin/users", "users.title"),
        ("/podmin/vault", "vault.title"),
        ("/podmin/pods", "pods.title"),
    ];
    let here = visit.request.path.as_str();
    let is_here = |href: &str| here == href || (href != "/podmin" && here.starts_with(href));
    PAGES.iter().map(|&(href, text)| context! { href, text => visit.say(text), here => is_here(href) }).collect()
}

/// How long there is until a moment, or how long ago it was, in words.
pub fn clock(visit: &Visit, at: Timestamp) -> String {
    let left = at.0 - visit.now.0;
    visit.book.words(if left < 0 { "cases.late_by" } else { "cases.due_in" }, &[("time", &span(visit, left))])
}

/// A time in words; seconds, with any sign.
pub fn span(visit: &Visit, seconds: i64) -> String {
    let (key, n) = match seconds.abs() {
        0..3_600 => ("minutes", seconds.abs() / 60),
        3_600..172_800 => ("hours", seconds.abs() / 3_600),
        _ => ("days", seconds.abs() / 86_400),
    };
    visit.book.words(&format!("time.{key}"), &[("n", &n.to_string())])
}
