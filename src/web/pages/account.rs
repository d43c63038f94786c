//! Signing in and out, the password, closing the account.

use std::sync::LazyLock;

use minijinja::context;

use super::{kept, second_step, security, settings};
use crate::model::UserId;
use crate::moderation::gone;
use crate::social::{Refused, account, password};
use crate::store::{self, accounts, addresses, second_steps};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::{Visit, local_path};
use crate::web::{Response, browser, known, limit, session};

/// What a wrong name is compared with, so that it takes as long as a wrong password.
static NOBODY: LazyLock<String> = LazyLock::new(|| password::hash("nobody has this one").unwrap_or_default());

/// `GET /login`
pub fn door(visit: &Visit) -> Result<Response, Error> {
    if visit.me().is_some() {
        return Ok(Response::see_other("/stream"));
    }
    // What was typed never comes from an address: anybody can make one.
    let query = visit.query();
    door_page(visit, &Form::of([("next", query.get("next")), ("name", query.get("name"))]), None)
}

/// `POST /login`
pub fn sign_in(visit: &Visit) -> Result<Response, Error> {
    let form = visit.form()?;
    match try_sign_in(visit, &form) {
        Ok(answer) => Ok(answer),
        Err(error) => door_page(visit, &form, Some(error)),
    }
}

fn try_sign_in(visit: &Visit, form: &Form) -> Result<Response, Error> {
    let name = form.get("name").trim().to_lowercase();
    // The whole diaspora* ID will do, too.
    let name = name.strip_suffix(&format!("@{}", visit.pod.authority())).unwrap_or(&name);
    let found = visit.pod.store.read::<_, store::Error>(|db| {
        let by_address = || addresses::owner(db, name)?.map_or(Ok(None), |user| accounts::get(db, user));
        let found = accounts::by_name(db, name)?.map_or_else(by_address, |user| Ok(Some(user)))?;
        let Some(user) = found else { return Ok(None) };
        let (hash, asks) = (accounts::password(db, user.id)?, second_steps::is_on(db, user.id)?);
        Ok(Some((user, hash, asks)))
    })?;
    // Whatever an account is called by, it is one account.
    let counted = found.as_ref().map_or(name, |(user, _, _)| &user.name);
    let known = match &found {
        Some((user, _, _)) => known::mark(visit.pod, visit.request, user.id)?,
        None => None,
    };
    let tried = limit::sign_in(visit.request.client, counted, known, visit.now)?;
    let hash = found.as_ref().map_or(NOBODY.as_str(), |(_, hash, _)| hash);
    let fits = password::verify(form.get("password"), hash);
    let Some((user, hash, asks)) = found.filter(|_| fits) else { return Err(Error::Login) };
    tried.was_right();
    if asks { second_step::ask(visit, user.id, &hash, form) } else { kept::signed_in(visit, user.id, form) }
}

/// The page for signing in: `next` is where that leads, `kept` what was typed (see `kept`).
pub fn door_page(visit: &Visit, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    let next = Some(form.get("next")).filter(|next| local_path(next));
    let values = context! {
        title => visit.say("login.title"),
        barred => matches!(error, Some(Error::TooMany(_))),
        next, kept => form.get("kept"),
        form => context! { name => form.get("name") },
    };
    visit.page_with("login.html", error.as_ref(), values)
}

/// `POST /logout`
pub fn sign_out(visit: &Visit) -> Result<Response, Error> {
    visit.signed_in()?;
    visit.form()?;
    let cookie = session::end(visit.pod, visit.now, visit.session()?)?;
    Ok(session::with_cookie(Response::see_other("/"), Some(cookie)))
}

/// `POST /settings/password`
pub fn change_password(visit: &Visit) -> Result<Response, Error> {
    let session = visit.session()?;
    let form = visit.form()?;
    let changed = check_password(visit, form.get("old")).and_then(|()| {
        let hash = password::hash(form.get("new"))?;
        Ok(visit.pod.write(|tx| account::change_password(tx, &session.user, &hash, &session.token))?)
    });
    match changed {
        Ok(()) => {
            let done = visit.done("/settings/security", "password");
            Ok(known::with_mark(visit.pod, visit.request, session.user.id, done)?)
        }
        Err(error) => security::page(visit, Some(error)),
    }
}

/// `POST /settings/close`
pub fn close(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let closed = check_password(visit, form.get("password")).and_then(|()| {
        Ok(visit.pod.write(|tx| {
            gone::person(tx, "author", me.person.id)?;
            account::close(tx, me)
        })?)
    });
    visit.pod.sweep()?;
    match closed {
        Ok(()) => Ok(session::with_cookie(visit.done("/", "closed"), Some(session::forgotten(visit.pod)))),
        Err(error) => settings::page(visit, Some(error)),
    }
}

/// Whether the person at the keyboard is the one who signed in.
pub fn check_password(visit: &Visit, given: &str) -> Result<(), Error> {
    let me = visit.signed_in()?;
    let tried = limit::confirm(&me.name, visit.now)?;
    let hash = visit.pod.store.read::<_, store::Error>(|db| accounts::password(db, me.id))?;
    if !password::verify(given, &hash) {
        return Err(Refused::WrongPassword.into());
    }
    tried.was_right();
    Ok(())
}

/// An answer that begins a session.
pub fn signed_in_as(visit: &Visit, user: UserId, answer: Response) -> Result<Response, Error> {
    let cookie = begin(visit, user)?;
    greeted(visit, user, cookie, answer)
}

/// An answer with the cookie of the session that began, and the one by which this browser is known from now on.
pub fn greeted(visit: &Visit, user: UserId, cookie: String, answer: Response) -> Result<Response, Error> {
    let answer = session::with_cookie(answer, Some(cookie));
    Ok(known::with_mark(visit.pod, visit.request, user, answer)?)
}

/// Begins a session; gives back the cookie to set.
pub fn begin(visit: &Visit, user: UserId) -> Result<String, Error> {
    if visit.pod.store.read(|db| accounts::get(db, user))?.is_some_and(|user| user.locked) {
        return Err(Refused::Locked.into());
    }
    let browser = browser::name(visit.request.header("user-agent").unwrap_or_default());
    Ok(session::begin(visit.pod, visit.now, user, &browser)?)
}
