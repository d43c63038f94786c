//! Streams: what the people one shares with say, what is public, what carries a tag.

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::photo::{Brought, Chosen, brought};
use crate::model::{AspectId, PostId, Timestamp, tag};
use crate::store::aspects;
use crate::store::stream::{self, Before};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::view;
use crate::web::visit::Visit;

/// `GET /stream`: own posts, those of contacts, mentions; the composer above.
pub fn main(visit: &Visit) -> Result<Response, Error> {
    main_page(visit, &Form::default(), &Vec::new(), None)
}

/// The stream, with what is not posted yet in the composer.
pub fn main_page(visit: &Visit, draft: &Form, photos: &Chosen, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let before = before(&visit.query());
    let (page, composer) = visit.pod.store.read::<_, Error>(|db| {
        let page = view::page(visit, db, stream::main(db, me, before)?)?;
        let composer = Composer::new(aspects::of_user(db, me.id)?, draft, brought(visit, db, photos)?);
        Ok((page, composer))
    })?;
    let values = context! {
        title => visit.say("stream.title"),
        compose => true,
        composer => Value::from(Serde(composer)),
        empty => "empty.stream",
        more => view::next_link("/stream", page.next),
        posts => Value::from(Serde(page.posts)),
    };
    visit.page_with("stream.html", error.as_ref(), values)
}

/// `GET /public`: every public post the pod knows.
pub fn public(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let before = before(&visit.query());
    let page = visit.pod.store.read::<_, Error>(|db| view::page(visit, db, stream::public(db, me, before)?))?;
    list(visit, visit.say("stream.public"), "empty.public", "/public", page)
}

/// `GET /tags/:tag`: posts with a tag, which the reader may see.
pub fn tagged(visit: &Visit) -> Result<Response, Error> {
    let tag = tag::canonical(visit.arg(0));
    let before = before(&visit.query());
    let page =
        visit.pod.store.read::<_, Error>(|db| view::page(visit, db, stream::tagged(db, &tag, visit.me(), before)?))?;
    let title = visit.book.words("stream.tag", &[("tag", &tag)]);
    list(visit, title, "empty.tag", &visit.request.path, page)
}

fn list(visit: &Visit, title: String, empty: &str, path: &str, page: view::Page) -> Result<Response, Error> {
    let more = view::next_link(path, page.next);
    let posts = Value::from(Serde(page.posts));
    visit.page("stream.html", context! { title, empty, more, posts, compose => false })
}

/// Where the page begins: `max_time` is diaspora*'s name, `id` tells posts of the same second apart.
pub fn before(query: &Form) -> Before {
    let time = query.get("max_time").parse().map(Timestamp);
    let id = query.get("id").parse().map(PostId);
    match time {
        Ok(time) => Before { time, id: id.unwrap_or(PostId(0)) },
        Err(_) => Before::default(),
    }
}

/// What stands in the form for a new post.
#[derive(Serialize)]
struct Composer {
    text: String,
    /// `public`, `all` or `some`.
    audience: &'static str,
    aspects: Vec<Choice>,
    photos: Vec<Brought>,
}

#[derive(Serialize)]
struct Choice {
    id: AspectId,
    name: String,
    chosen: bool,
}

impl Composer {
    fn new(aspects: Vec<aspects::Aspect>, draft: &Form, photos: Vec<Brought>) -> Composer {
        let chosen: Vec<i64> = draft.ids("audience").collect();
        let has = |value| draft.all("audience").any(|given| given == value);
        let audience = match () {
            () if has("public") => "public",
            () if has("some") || !chosen.is_empty() => "some",
            () => "all",
        };
        let choice = |aspect: aspects::Aspect| Choice {
            chosen: chosen.contains(&aspect.id.0),
            id: aspect.id,
            name: aspect.name,
        };
        let aspects = aspects.into_iter().map(choice).collect();
        Composer { text: draft.get("text").to_owned(), audience, aspects, photos }
    }
}
