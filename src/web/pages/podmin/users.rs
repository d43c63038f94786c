//! Who lives here: locking, closing, a new password for who forgot theirs.

use minijinja::context;
use minijinja::value::Value;

use super::{podmin, tabs};
use crate::model::{User, UserId};
use crate::moderation::gone;
use crate::social::{account, password};
use crate::store::residents::{self, PAGE, Resident};
use crate::store::{accounts, requests};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;

/// `GET /podmin/users?after=`
pub fn list(visit: &Visit) -> Result<Response, Error> {
    page(visit, None)
}

/// `link`: whose new password it is for, and where it is chosen.
fn page(visit: &Visit, link: Option<(&str, String)>) -> Result<Response, Error> {
    podmin(visit)?;
    let after = UserId(visit.query().get("after").parse().unwrap_or(0));
    let (mut found, waiting) =
        visit.pod.store.read(|db| Ok::<_, Error>((residents::list(db, after)?, requests::count(db)?)))?;
    let more = found.len() as i64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let values = context! {
        title => visit.say("users.title"), tabs => tabs(visit), waiting,
        link => link.map(|(name, url)| context! { name, url }),
        users => found.iter().map(|user| card(visit, user)).collect::<Vec<Value>>(),
        more => found.last().filter(|_| more).map(|last| format!("/podmin/users?after={}", last.id)),
    };
    visit.page("users.html", values)
}

fn card(visit: &Visit, user: &Resident) -> Value {
    context! {
        name => user.name.as_str(), handle => user.handle.as_str(), guid => user.guid.as_str(), podmin => user.podmin,
        locked => user.locked, held => user.held, since => visit.book.day(user.created_at, true),
        seen => user.seen_at.map(|at| visit.book.day(at, true)),
        me => visit.me().is_some_and(|me| me.id == user.id),
    }
}

/// Whom a form is about, and who sent it.
fn named<'a>(visit: &'a Visit, form: &Form) -> Result<(&'a User, User), Error> {
    let me = podmin(visit)?;
    let user = visit.pod.store.read(|db| accounts::by_name(db, form.get("name")))?;
    Ok((me, user.ok_or(Error::Missing)?))
}

/// `POST /podmin/users/lock`
pub fn lock(visit: &Visit) -> Result<Response, Error> {
    let (me, user) = named(visit, &visit.form()?)?;
    visit.pod.write(|tx| account::lock(tx, Some(me), &user))?;
    Ok(visit.done("/podmin/users", "locked"))
}

/// `POST /podmin/users/unlock`
pub fn unlock(visit: &Visit) -> Result<Response, Error> {
    let (_, user) = named(visit, &visit.form()?)?;
    visit.pod.write(|tx| account::unlock(tx, &user))?;
    Ok(visit.done("/podmin/users", "unlocked"))
}

/// `POST /podmin/users/close`
pub fn close(visit: &Visit) -> Result<Response, Error> {
    let (me, user) = named(visit, &visit.form()?)?;
    visit.pod.write(|tx| {
        gone::person(tx, &me.name, user.person.id)?;
        account::close_other(tx, Some(me), &user)
    })?;
    visit.pod.sweep()?;
    Ok(visit.done("/podmin/users", "closed_other"))
}

/// `POST /podmin/users/password`: a link for a new password, by mail when that can be sent, else to be handed over.
pub fn new_password(visit: &Visit) -> Result<Response, Error> {
    let (_, user) = named(visit, &visit.form()?)?;
    if visit.pod.mail.is_some() && visit.pod.write(|tx| password::ask_reset(tx, &user.name))? {
        return Ok(visit.done("/podmin/users", "password_mailed"));
    }
    let code = visit.pod.write(|tx| password::link(tx, &user))?;
    page(visit, Some((&user.name, format!("{}/login/forgotten/{code}", visit.pod.url))))
}
