//! Where one gets mail, and about what.

use minijinja::context;
use minijinja::value::Value;

use super::account::check_password;
use super::settings;
use crate::social;
use crate::store::{self, addresses};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// `GET /settings/mail`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, None, None)
}

fn page(visit: &Visit, draft: Option<&str>, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let (address, wanted) =
        visit.pod.store.read::<_, store::Error>(|db| Ok((addresses::get(db, me.id)?, addresses::kinds(db, me.id)?)))?;
    let kind = |name: &str| {
        let text = visit.say(&format!("mail_kind.{name}"));
        context! { name, text, chosen => wanted.iter().any(|kind| kind == name) }
    };
    let kinds: Vec<Value> =
        social::mail::KINDS.into_iter().filter(|name| me.podmin || *name != social::mail::PODMIN).map(kind).collect();
    let values = context! {
        title => visit.say("mail.title"),
        tabs => settings::tabs(visit),
        can_send => visit.pod.mail.is_some(),
        email => address.email.as_deref(),
        new => address.new.as_deref(),
        draft => draft.or(address.email.as_deref()),
        daily => address.daily,
        kinds,
    };
    visit.page_with("mail.html", error.as_ref(), values)
}

/// `POST /settings/mail`: what one gets mails about.
pub fn choose(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let kinds: Vec<&str> = form.all("kind").collect();
    visit.pod.write(|tx| social::mail::choose(tx, me, &kinds, form.get("when") == "daily"))?;
    Ok(visit.done("/settings/mail", "saved"))
}

/// `POST /settings/mail/address`: with the password.
pub fn set_address(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let can_send = visit.pod.mail.is_some();
    let address = form.get("email").trim();
    let done = check_password(visit, form.get("password"))
        .and_then(|()| Ok(visit.pod.write(|tx| social::mail::set_address(tx, me, address, can_send))?));
    match done {
        Ok(()) if can_send && !address.is_empty() => Ok(visit.done("/settings/mail", "mail_sent")),
        Ok(()) => Ok(visit.done("/settings/mail", "saved")),
        Err(error) => page(visit, Some(address), Some(error)),
    }
}

/// `GET /settings/mail/confirm/:code`: the link in the mail to a new address. Who opens it must be signed in.
pub fn confirm(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.pod.write(|tx| social::mail::confirm_address(tx, me, visit.arg(0)))?;
    Ok(visit.done("/settings/mail", "mail_confirmed"))
}
