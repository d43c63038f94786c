//! Aspects: making, naming and removing them.

use super::contact::page;
use crate::model::AspectId;
use crate::social::{self, aspect};
use crate::store::directory::Set;
use crate::web::Response;
use crate::web::error::Error;
use crate::web::visit::Visit;

/// `GET /aspects/:id`: who is in it.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, Set::Aspect(id(visit)?), "", None)
}

/// `POST /aspects`
pub fn add(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    match visit.pod.write(|tx| aspect::add(tx, me, form.get("name"))) {
        Ok(id) => Ok(visit.done(&format!("/aspects/{id}"), "saved")),
        Err(error @ social::Error::Invalid(_)) => page(visit, Set::Mine, form.get("name"), Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// `POST /aspects/:id/rename`
pub fn rename(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let id = id(visit)?;
    match visit.pod.write(|tx| aspect::rename(tx, me, id, form.get("name"))) {
        Ok(()) => Ok(visit.done(&format!("/aspects/{id}"), "saved")),
        Err(error @ social::Error::Invalid(_)) => page(visit, Set::Aspect(id), "", Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// `POST /aspects/:id/move`: one place earlier or later in the list.
pub fn shift(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let id = id(visit)?;
    visit.pod.write(|tx| aspect::shift(tx, me, id, form.get("by") == "1"))?;
    Ok(visit.done(&format!("/aspects/{id}"), "saved"))
}

/// `POST /aspects/:id/delete`
pub fn remove(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    let id = id(visit)?;
    visit.pod.write(|tx| aspect::remove(tx, me, id))?;
    Ok(visit.done("/contacts", "deleted"))
}

fn id(visit: &Visit) -> Result<AspectId, Error> {
    visit.arg(0).parse().map(AspectId).map_err(|_| Error::Missing)
}
