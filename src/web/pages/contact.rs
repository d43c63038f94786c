//! Contacts: whom one shares with, aspect by aspect, and who shares with one.

use minijinja::context;
use minijinja::value::{Serde, Value};

use super::people::faces;
use crate::store::aspects::{self, Aspect};
use crate::store::directory::{self, PAGE, Set};
use crate::web::error::Error;
use crate::web::visit::Visit;
use crate::web::{Response, encoded};

/// Lists besides the aspects, by their names in the address.
const LISTS: [(&str, Set); 4] =
    [("", Set::Mine), ("all", Set::Everybody), ("sharing", Set::OnlySharing), ("ignored", Set::Ignored)];

/// `GET /contacts`: everybody one shares with; `?set=` one of the other lists.
pub fn list(visit: &Visit) -> Result<Response, Error> {
    let set = LISTS.iter().find(|(name, _)| *name == visit.query().get("set")).map_or(Set::Mine, |(_, set)| *set);
    page(visit, set, "", None)
}

/// The name of a list in the address; empty for one's contacts and for an aspect.
fn name(set: Set) -> &'static str {
    LISTS.iter().find(|(_, known)| *known == set).map_or("", |(name, _)| name)
}

fn tabs(visit: &Visit, here: Set) -> Vec<Value> {
    let tab = |(name, set): &(&str, Set)| {
        let key = if name.is_empty() { "mine" } else { name };
        context! { name => *name, text => visit.say(&format!("contacts.list.{key}")), here => *set == here }
    };
    LISTS.iter().map(tab).collect()
}

/// A page of contacts, with the name of an aspect that could not be stored.
pub fn page(visit: &Visit, set: Set, draft: &str, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let query = visit.query();
    let (offset, words) = (query.get("from").parse().unwrap_or(0).max(0), query.get("q").trim());
    let (mut people, counted, aspect) = visit.pod.store.read::<_, Error>(|db| {
        let aspect = match set {
            Set::Aspect(id) => Some(aspects::get(db, me.id, id)?.ok_or(Error::Missing)?),
            _ => None,
        };
        Ok((directory::contacts(db, me.id, set, words, offset)?, directory::aspects(db, me.id)?, aspect))
    })?;
    let more = people.len() as i64 > PAGE;
    people.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let values = context! {
        title => aspect.as_ref().map_or_else(|| visit.say("contacts.title"), |aspect: &Aspect| aspect.name.clone()),
        set => name(set),
        tabs => tabs(visit, set),
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
    format!("{}?set={}&q={}&from={from}", visit.request.path, name(set), encoded(words))
}
