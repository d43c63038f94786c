//! Invitations: the links of the podmin, and moving in by one.

use minijinja::context;
use minijinja::value::Value;

use super::account::signed_in_as;
use super::settings;
use crate::social::{invite, password};
use crate::store::{self, accounts, invites};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;
use crate::web::{Response, limit};

/// `GET /settings/invites`: the links that are good; for the podmin.
pub fn list(visit: &Visit) -> Result<Response, Error> {
    if !visit.signed_in()?.podmin {
        return Err(Error::Missing);
    }
    let good = visit.pod.store.read(|db| invites::all(db, visit.now))?;
    let link = |invite: &invites::Invite| {
        context! {
            code => invite.code.as_str(),
            url => format!("{}/i/{}", visit.pod.url, invite.code),
            uses => invite.uses,
            until => visit.book.day(invite.until, true),
        }
    };
    let links: Vec<Value> = good.iter().map(link).collect();
    let values = context! {
        title => visit.say("invites.title"), tabs => settings::tabs(visit), links, uses_max => invite::USES_MAX,
    };
    visit.page("invites.html", values)
}

/// `POST /settings/invites`
pub fn make(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let uses = visit.form()?.get("uses").parse().unwrap_or(1);
    visit.pod.write(|tx| invite::make(tx, me, uses))?;
    Ok(visit.done("/settings/invites", "invited"))
}

/// `POST /settings/invites/revoke`
pub fn revoke(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    visit.pod.write(|tx| invite::revoke(tx, me, form.get("code")))?;
    Ok(visit.done("/settings/invites", "deleted"))
}

/// `GET /i/:code`: the page by which one moves in.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    if visit.me().is_some() {
        return Ok(Response::see_other("/stream"));
    }
    page(visit, &Form::default(), None)
}

/// `POST /i/:code`
pub fn accept(visit: &Visit) -> Result<Response, Error> {
    let form = visit.form()?;
    match try_accept(visit, &form) {
        Ok(answer) => Ok(answer),
        Err(error) => page(visit, &form, Some(error)),
    }
}

fn try_accept(visit: &Visit, form: &Form) -> Result<Response, Error> {
    limit::count("invite", visit.request.client, visit.now)?;
    let hash = password::hash(form.get("password"))?;
    let name = form.get("name").trim();
    let (user, inviter) = visit.pod.write(|tx| invite::accept(tx, visit.arg(0), name, &hash))?;
    // Whoever invited them is the first person to share with, if they like.
    let first = inviter.map_or("/welcome".to_owned(), |inviter| format!("/welcome?from={}", inviter.person.guid));
    signed_in_as(visit, user.id, Response::see_other(&first))
}

fn page(visit: &Visit, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    let inviter = visit.pod.store.read::<_, store::Error>(|db| {
        let Some(invite) = invites::get(db, visit.arg(0), visit.now)? else { return Ok(None) };
        accounts::get(db, invite.inviter)
    })?;
    let inviter = inviter.ok_or(Error::Missing)?;
    let values = context! {
        title => visit.say("invite.title"),
        inviter => inviter.person.name,
        code => visit.arg(0),
        form => context! { name => form.get("name") },
    };
    visit.page_with("invite.html", error.as_ref(), values)
}
