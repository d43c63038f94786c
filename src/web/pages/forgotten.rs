//! For whoever forgot their password: a link by mail, and the page it leads to.

use minijinja::context;

use crate::social::password;
use crate::store::{self, addresses};
use crate::web::error::Error;
use crate::web::visit::Visit;
use crate::web::{Response, known, limit};

/// `GET /login/forgotten`
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, "", None)
}

/// `POST /login/forgotten`: says the same whether there is such an account or not.
pub fn ask(visit: &Visit) -> Result<Response, Error> {
    let form = visit.form()?;
    if visit.pod.mail.is_none() {
        return Err(Error::Missing);
    }
    let given = form.get("name").trim().to_lowercase();
    if let Err(error) = limit::count("reset", visit.request.client, visit.now) {
        return page(visit, "", Some(error));
    }
    visit.pod.write(|tx| password::ask_reset(tx, &given))?;
    Ok(visit.done("/login", "reset_sent"))
}

/// `GET /login/forgotten/:code`: the link in the mail.
pub fn open(visit: &Visit) -> Result<Response, Error> {
    let good = visit.pod.store.read::<_, store::Error>(|db| addresses::by_reset(db, visit.arg(0), visit.now))?;
    good.ok_or(Error::Missing)?;
    page(visit, visit.arg(0), None)
}

/// `POST /login/forgotten/:code`: the new password. One still signs in with it, and with the second step; strangers who
/// guess at the account do not keep this browser from it.
pub fn choose(visit: &Visit) -> Result<Response, Error> {
    let form = visit.form()?;
    let done = limit::count("reset", visit.request.client, visit.now)
        .and_then(|()| Ok(password::hash(form.get("password"))?))
        .and_then(|hash| Ok(visit.pod.write(|tx| password::reset(tx, visit.arg(0), &hash))?));
    match done {
        Ok(user) => Ok(known::with_mark(visit.pod, visit.request, user, visit.done("/login", "reset"))?),
        Err(error) => page(visit, visit.arg(0), Some(error)),
    }
}

/// The form for the link, or with a code for the new password.
fn page(visit: &Visit, code: &str, error: Option<Error>) -> Result<Response, Error> {
    let values = context! { title => visit.say("forgotten.title"), code, can_send => visit.pod.mail.is_some() };
    visit.page_with("forgotten.html", error.as_ref(), values)
}
