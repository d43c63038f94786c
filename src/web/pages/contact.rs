//! Contacts: whom one shares with, aspect by aspect, and who shares with one.

use minijinja::context;
use minijinja::value::{Serde, Value};

use super::people::faces;
use crate::store::aspects::{self, Aspect};
use crate::store::directory::{self, PAGE, Set};
use crate::web::error::Error;
use crate::web::visit::Visit;
use crate::web::{Response, encoded};

/// `GET /contacts`: everybody one shares with; `?set=sharing`: those who share without being shared with.
pub fn list(visit: &Visit) -> Result<Response, Error> {
    let set = if visit.query().get("set") == "sharing" { Set::OnlySharing } else { Set::Mine };
    page(visit, set, "", None)
}

/// A page of contacts, with the name of an aspect that could not be stored.
pub fn page(visit: &Visit, set: Set, draft: &str, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let query = visit.query();
    let (offset, words) = (query.get("from").parse().unwrap_or(0).max(0), query.get("q").trim());
    let (mut people, counted, aspect) = visit.pod.store.read::<_, Error>(|db| {
        let aspect = match set {
            Set::Aspect(id) => Some(aspects::get(db, me.id, id)?.ok_or(Error::Missing)?),
            Set::Mine | Set::OnlySharing => None,
        };
        Ok((directory::contacts(db, me.id, set, words, offset)?, directory::aspects(db, me.id)?, aspect))
    })?;
    let more = people.len() as i64 > PAGE;
    people.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let values = context! {
        title => aspect.as_ref().map_or_else(|| visit.say("contacts.title"), |aspect: &Aspect| aspect.name.clone()),
        sharers => set == Set::OnlySharing,
        aspect => aspect.map(|aspect| Value::from(Serde(aspect))),
        aspects => Value::from(Serde(counted)),
        people => faces(visit, &people),
        more => more.then(|| next(visit, set, words, offset + PAGE)),
        here => visit.request.path.as_str(),
        q => words,
        draft,
    };
    visit.page_with("contacts.html", error.as_ref(), values)
}

fn next(visit: &Visit, set: Set, words: &str, from: i64) -> String {
    let sharing = if set == Set::OnlySharing { "set=sharing&" } else { "" };
    format!("{}?{sharing}q={}&from={from}", visit.request.path, encoded(words))
}
