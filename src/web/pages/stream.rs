//! Streams: what the people one shares with say, what is public, what carries a tag, what one took part in.

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::composer::Composer;
use super::people::faces;
use super::photo::Chosen;
use crate::model::{AspectId, PostId, Timestamp, User, tag};
use crate::social;
use crate::store::stream::{self, Before, Deed, Place};
use crate::store::{self, Db, aspects, directory, tags};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::view;
use crate::web::visit::Visit;
use crate::web::{Response, encoded, json};

/// `GET /stream`: own posts, those of contacts, mentions, followed tags; the composer above.
pub fn main(visit: &Visit) -> Result<Response, Error> {
    let draft = match visit.query().get("done") {
        "welcome" => Form::of([("text", first_words(visit)?.as_str()), ("audience", "public")]),
        _ => Form::default(),
    };
    main_page(visit, &draft, &Vec::new(), None)
}

/// What a first post may say: that one is new, and what one likes.
fn first_words(visit: &Visit) -> Result<String, Error> {
    let me = visit.signed_in()?;
    let followed = visit.pod.store.read(|db| tags::followed(db, me.id))?;
    let listed: Vec<String> = followed.iter().map(|tag| format!("#{tag}")).collect();
    match listed.is_empty() {
        true => Ok(visit.say("composer.first")),
        false => Ok(visit.book.words("composer.first_likes", &[("tags", &listed.join(", "))])),
    }
}

/// The stream, with what is not posted yet in the composer.
pub fn main_page(visit: &Visit, draft: &Form, photos: &Chosen, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let before = before(&visit.query());
    let (page, composer) = visit.pod.store.read::<_, Error>(|db| {
        let page = view::page(visit, db, stream::main(db, me, before)?)?;
        Ok((page, Composer::read(visit, db, draft, photos)?))
    })?;
    let newest = visit.pod.store.read(store::posts::newest)?;
    let values = context! { composer => Value::from(Serde(composer)), newest => newest.0 };
    stream_page(visit, "stream", "/stream", page, values, error)
}

/// `GET /stream/new?after=`: how many posts came since, as a sentence, for the script; empty when none did.
pub fn count_newer(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let newest = PostId(visit.query().get("after").parse().map_err(|_| Error::Missing)?);
    let count = visit.pod.store.read(|db| stream::count_newer(db, me, newest))?;
    let words = match count {
        0 => String::new(),
        n => visit.book.words("stream.new", &[("n", &n.to_string())]),
    };
    Ok(Response::text(200, &words).with_header("Cache-Control", "no-store"))
}

/// `GET /public`: every public post the pod knows; for strangers and programs what people here made public.
pub fn public(visit: &Visit) -> Result<Response, Error> {
    let before = before(&visit.query());
    if json::is_wanted(visit) {
        return visit.pod.store.read(|db| json::page(visit, db, stream::public_here(db, before)?));
    }
    if visit.me().is_some() {
        return of_mine(visit, "public", stream::public);
    }
    let page = visit.pod.store.read::<_, Error>(|db| view::page(visit, db, stream::public_here(db, before)?))?;
    stream_page(visit, "public", &visit.request.path, page, context! {}, None)
}

/// `GET /mentions`: posts that mention the user.
pub fn mentions(visit: &Visit) -> Result<Response, Error> {
    of_mine(visit, "mentions", stream::mentions)
}

/// `GET /activity`: posts the user took part in.
pub fn activity(visit: &Visit) -> Result<Response, Error> {
    of_mine(visit, "activity", |db, me, before| stream::acted(db, me, Deed::Any, before))
}

/// `GET /liked`
pub fn liked(visit: &Visit) -> Result<Response, Error> {
    of_mine(visit, "liked", |db, me, before| stream::acted(db, me, Deed::Liked, before))
}

/// `GET /commented`
pub fn commented(visit: &Visit) -> Result<Response, Error> {
    of_mine(visit, "commented", |db, me, before| stream::acted(db, me, Deed::Commented, before))
}

/// A stream of the user's at the path of its name.
fn of_mine(
    visit: &Visit,
    name: &str,
    find: impl Fn(&Db, &User, Before) -> store::Result<Vec<Place>>,
) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let before = before(&visit.query());
    let page = visit.pod.store.read::<_, Error>(|db| view::page(visit, db, find(db, me, before)?))?;
    stream_page(visit, name, &visit.request.path, page, context! {}, None)
}

/// An aspect, or a tag, in the form above a stream.
#[derive(Serialize)]
struct Choice {
    id: AspectId,
    name: String,
    chosen: bool,
}

/// `GET /aspects?a_ids=`: posts by people in some aspects; in all when none is named.
pub fn of_aspects(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let query = visit.query();
    let chosen: Vec<AspectId> = query.ids("a_ids").chain(query.ids("a_ids[]")).map(AspectId).collect();
    let (page, choices) = visit.pod.store.read::<_, Error>(|db| {
        let all = aspects::of_user(db, me.id)?;
        let is_chosen = |id: &AspectId| chosen.is_empty() || chosen.contains(id);
        let ids: Vec<AspectId> = all.iter().map(|aspect| aspect.id).filter(is_chosen).collect();
        let page = view::page(visit, db, stream::of_aspects(db, me, &ids, before(&query))?)?;
        let choice = |a: aspects::Aspect| Choice { chosen: is_chosen(&a.id), id: a.id, name: a.name };
        Ok((page, all.into_iter().map(choice).collect::<Vec<_>>()))
    })?;
    let kept: Vec<String> = chosen.iter().map(|id| format!("a_ids={id}")).collect();
    let path = format!("/aspects?{}", kept.join("&"));
    stream_page(visit, "aspects", &path, page, context! { choices => Value::from(Serde(choices)) }, None)
}

/// `GET /followed_tags`: posts with the tags the user follows, and the tags.
pub fn followed_tags(visit: &Visit) -> Result<Response, Error> {
    followed_page(visit, "", None)
}

fn followed_page(visit: &Visit, draft: &str, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let before = before(&visit.query());
    let (page, followed) = visit.pod.store.read::<_, Error>(|db| {
        let page = view::page(visit, db, stream::followed_tags(db, me, before)?)?;
        Ok((page, tags::followed(db, me.id)?))
    })?;
    let link = |tag: &String| context! { tag, href => format!("/tags/{}", encoded(tag)) };
    let followed: Vec<Value> = followed.iter().map(link).collect();
    stream_page(visit, "tags", "/followed_tags", page, context! { followed, draft }, error)
}

/// `POST /followed_tags`: follows one more.
pub fn follow_tag(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let given = form.get("tag");
    match visit.pod.write(|tx| social::tag::follow(tx, me, given)) {
        Ok(tag) => Ok(visit.done(&visit.back(&format!("/tags/{}", encoded(&tag))), "followed")),
        Err(error @ social::Error::Invalid(_)) => followed_page(visit, given, Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// `POST /followed_tags/drop`
pub fn unfollow_tag(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    visit.pod.write(|tx| social::tag::unfollow(tx, me, form.get("tag")))?;
    Ok(visit.done(&visit.back("/followed_tags"), "unfollowed"))
}

/// `GET /tags/:tag`: posts with a tag, which the reader may see, and people who describe themselves with it.
pub fn tagged(visit: &Visit) -> Result<Response, Error> {
    let tag = tag::canonical(visit.arg(0));
    if tag != visit.arg(0) {
        return Ok(Response::see_other(&format!("/tags/{}", encoded(&tag))));
    }
    let before = before(&visit.query());
    if json::is_wanted(visit) {
        return visit.pod.store.read(|db| json::page(visit, db, stream::tagged(db, &tag, None, before)?));
    }
    let (page, followed, people) = visit.pod.store.read::<_, Error>(|db| {
        let page = view::page(visit, db, stream::tagged(db, &tag, visit.me(), before)?)?;
        let (followed, people) = match visit.me() {
            Some(me) => (tags::is_followed(db, me.id, &tag)?, directory::tagged(db, &tag)?),
            None => (false, Vec::new()),
        };
        Ok((page, followed, people))
    })?;
    let values = context! {
        title => visit.book.words("stream.tag", &[("tag", &tag)]),
        tag,
        is_followed => followed,
        people => faces(visit, &people),
    };
    stream_page(visit, "tag", &visit.request.path, page, values, None)
}

/// A page of a stream: `name` is that of its texts.
fn stream_page(
    visit: &Visit,
    name: &str,
    path: &str,
    page: view::Page,
    values: Value,
    error: Option<Error>,
) -> Result<Response, Error> {
    let common = context! {
        title => visit.say(&format!("stream.{name}")),
        name,
        tabs => visit.me().map(|_| tabs(visit)).unwrap_or_default(),
        more => view::next_link(path, page.next),
        posts => Value::from(Serde(page.posts)),
    };
    visit.page_with("stream.html", error.as_ref(), context! { ..values, ..common })
}

/// The streams of the user, as a list of links.
fn tabs(visit: &Visit) -> Vec<Value> {
    const STREAMS: [(&str, &str); 7] = [
        ("/stream", "stream.tab"),
        ("/aspects", "stream.aspects"),
        ("/mentions", "stream.mentions"),
        ("/followed_tags", "stream.tags"),
        ("/activity", "stream.activity"),
        ("/liked", "stream.liked"),
        ("/commented", "stream.commented"),
    ];
    let here = visit.request.path.as_str();
    if !STREAMS.iter().any(|(path, _)| *path == here) {
        return Vec::new();
    }
    STREAMS.map(|(href, text)| context! { href, text => visit.say(text), here => href == here }).into()
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
