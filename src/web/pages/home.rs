//! The start page.

use minijinja::context;
use minijinja::value::{Serde, Value};

use crate::store::{self, directory, requests};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::view;
use crate::web::visit::Visit;

/// `GET /`: what this is and who lives here; those who are signed in go on to their stream.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    if visit.me().is_some() {
        return Ok(Response::see_other("/stream"));
    }
    let (people, requests) =
        visit.pod.store.read::<_, store::Error>(|db| Ok((directory::residents(db)?, requests::are_taken(db)?)))?;
    let people: Vec<view::Face> = people.iter().map(|card| view::face(visit, card)).collect();
    let title = visit.pod.authority();
    visit.page("landing.html", context! { title, requests, people => Value::from(Serde(people)) })
}
