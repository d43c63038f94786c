//! The first page for somebody who moved in: a name, a picture, tags to follow; then the first post.

use minijinja::context;

use super::profile;
use crate::model::Profile;
use crate::social;
use crate::store::{self, people};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::visit::Visit;

/// `GET /welcome?from=`: `from` is the GUID of who invited.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, &visit.query(), None)
}

/// `POST /welcome`: leads to the stream, where the first post is suggested.
pub fn begin(visit: &Visit) -> Result<Response, Error> {
    let form = visit.form()?;
    match try_begin(visit, &form) {
        Ok(()) => Ok(visit.done("/stream", "welcome")),
        Err(error) => page(visit, &form, Some(error)),
    }
}

fn try_begin(visit: &Visit, form: &Form) -> Result<(), Error> {
    let me = visit.signed_in()?;
    let (face, images) = profile::images(visit, form, &me.person.profile.images)?;
    let first_name = form.get("first_name").split_whitespace().collect::<Vec<_>>().join(" ");
    profile::store(visit, face, &Profile { first_name, images, ..me.person.profile.clone() })?;
    let mut words = form.get("tags").split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    Ok(visit.pod.write(|tx| words.try_for_each(|word| social::tag::follow(tx, me, word).map(drop)))?)
}

fn page(visit: &Visit, form: &Form, error: Option<Error>) -> Result<Response, Error> {
    visit.signed_in()?;
    let inviter = visit.pod.store.read::<_, store::Error>(|db| people::by_guid(db, form.get("from")))?;
    let values = context! {
        title => visit.say("welcome.title"),
        form => context! { first_name => form.get("first_name"), tags => form.get("tags") },
        from => form.get("from"),
        inviter => inviter.map(|person| context! {
            url => format!("/people/{}", person.guid), name => person.name, handle => person.handle.as_str(),
        }),
    };
    visit.page_with("welcome.html", error.as_ref(), values)
}
