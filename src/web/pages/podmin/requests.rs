//! Who asks for an account: a human decides.

use minijinja::context;
use minijinja::value::Value;

use super::{podmin, tabs};
use crate::social::{self, request};
use crate::store::requests;
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// `GET /podmin/requests`
pub fn list(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let (found, taken) =
        visit.pod.store.read(|db| Ok::<_, Error>((requests::list(db, visit.now)?, requests::are_taken(db)?)))?;
    let row = |request: requests::Request| {
        context! {
            id => request.id, name => request.name, email => request.email, why => request.why, at => request.at.0,
            url => request.code.map(|code| format!("{}/i/{code}", visit.pod.url)),
        }
    };
    let values = context! {
        title => visit.say("requests.title"), tabs => tabs(visit), taken, can_send => visit.pod.mail.is_some(),
        requests => found.into_iter().map(row).collect::<Vec<Value>>(),
    };
    visit.page("requests.html", values)
}

/// `POST /podmin/requests`: lets somebody in, or not.
pub fn decide(visit: &Visit) -> Result<Response, Error> {
    let me = podmin(visit)?;
    let form = visit.form()?;
    let can_send = visit.pod.mail.is_some();
    if let Ok(id) = form.get("accept").parse() {
        visit.pod.write(|tx| request::accept(tx, me, id, can_send))?;
        return Ok(visit.done("/podmin/requests", if can_send { "invited_by_mail" } else { "invited" }));
    }
    let id = form.get("refuse").parse().map_err(|_| Error::Missing)?;
    visit.pod.write(|tx| request::refuse(tx, me, id))?;
    Ok(visit.done("/podmin/requests", "deleted"))
}

/// `POST /podmin/requests/taken`: whether one can ask at all.
pub fn take(visit: &Visit) -> Result<Response, Error> {
    podmin(visit)?;
    let taken = visit.form()?.has("taken");
    visit.pod.write::<_, social::Error>(|tx| Ok(requests::set_taken(tx, taken)?))?;
    Ok(visit.done("/podmin/requests", "saved"))
}
