//! One post: writing it, reading it, and what people do with it.

use minijinja::context;
use minijinja::value::{Serde, Value};

use super::stream::main_page;
use super::{composer, photo};
use crate::model::{CommentId, Place, PostId, case, markdown};
use crate::moderation::gone;
use crate::social::{self, event, like, mute, poll, post, reshare, retract};
use crate::store::shown;
use crate::store::stream;
use crate::store::{self, Db, notices, posts, targets};
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::view::{self, Face};
use crate::web::visit::Visit;
use crate::web::{Response, encoded, json};

/// Characters of a post's text in a title.
const TITLE_MAX: usize = 60;
/// Characters of a post's text in a quotation.
const QUOTE_MAX: usize = 300;

/// `POST /posts`: publishes a post to its audience.
pub fn publish(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let (photos, failed) = photo::take_in(visit, &form);
    if failed.is_some() {
        return main_page(visit, &form, &photos, failed);
    }
    let answers = form.get("answers").lines().collect();
    let poll = poll::New { question: form.get("question"), answers };
    let place = Place {
        address: form.get("place").trim().to_owned(),
        lat: form.get("lat").to_owned(),
        lng: form.get("lng").to_owned(),
    };
    let new = post::New {
        text: form.get("text"),
        audience: composer::chosen(&form),
        photos: &photos,
        poll: Some(poll).filter(|poll| !form.get("answers").trim().is_empty() || !poll.question.trim().is_empty()),
        place: Some(place).filter(|place| !place.address.is_empty()),
    };
    match visit.pod.write(|tx| post::publish(tx, me, &new)) {
        Ok(_) => Ok(visit.done("/stream", "posted")),
        Err(error @ social::Error::Invalid(_)) => main_page(visit, &form, &photos, Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// `POST /posts/preview`: the text as it will be shown, above the form it came from.
pub fn preview(visit: &Visit) -> Result<Response, Error> {
    visit.signed_in()?;
    let form = visit.form()?;
    let (photos, failed) = photo::take_in(visit, &form);
    main_page(visit, &form, &photos, failed)
}

/// `GET /posts/:guid`: a post with all that was said under it. What a user is told about it counts as read.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    if json::is_wanted(visit) {
        return visit.pod.store.read(|db| json::one(visit, db, of_strangers(visit, db)?));
    }
    page(visit, visit.arg(0), &Form::default(), None)
}

/// The post in the address, when strangers may read it.
fn of_strangers(visit: &Visit, db: &Db) -> Result<PostId, Error> {
    Ok(stream::one(db, visit.arg(0), None)?.ok_or(Error::Missing)?.id)
}

/// `GET /posts/:guid/comments`: as JSON; a page has them under the post.
pub fn comments(visit: &Visit) -> Result<Response, Error> {
    match json::is_wanted(visit) {
        true => visit.pod.store.read(|db| json::comments(visit, db, of_strangers(visit, db)?)),
        false => Ok(Response::see_other(&format!("/posts/{}#comments", visit.arg(0)))),
    }
}

/// `GET /p/:guid`: how older pods write the address of a post.
pub fn moved(visit: &Visit) -> Result<Response, Error> {
    Ok(Response::see_other(&format!("/posts/{}", encoded(visit.arg(0)))))
}

/// The page of a post, with a comment that is not sent yet or could not be stored.
pub fn page(visit: &Visit, guid: &str, draft: &Form, error: Option<Error>) -> Result<Response, Error> {
    let before = visit.query().get("before").parse().ok().map(CommentId);
    let (shown, unread) = visit.pod.store.read::<_, Error>(|db| {
        let place = stream::one(db, guid, visit.me())?.ok_or(Error::Missing)?;
        let unread = match visit.me() {
            Some(me) => notices::any_about(db, me.id, place.id)?,
            None => false,
        };
        Ok((Shown::read(visit, db, place.id, before)?, unread.then_some(place.id)))
    })?;
    if let (Some(me), Some(post)) = (visit.me(), unread) {
        visit.note_read(|tx| notices::mark_read_about(tx, me.id, post));
    }
    let values = context! {
        title => shown.title,
        summary => shown.summary,
        shown_author => shown.author,
        foreign => shown.foreign,
        post => Value::from(Serde(shown.post)),
        comments => Value::from(Serde(shown.comments)),
        earlier => shown.earlier,
        likers => Value::from(Serde(shown.likers)),
        resharers => Value::from(Serde(shown.resharers)),
        draft => draft.get("text"),
        preview => draft.has("preview").then(|| view::preview(visit, draft.get("text"))).transpose()?.map(Serde).map(Value::from),
    };
    visit.page_with("post.html", error.as_ref(), values)
}

/// Everything on the page of a post.
struct Shown {
    title: String,
    summary: String,
    author: String,
    post: view::Post,
    comments: Vec<view::Comment>,
    /// Whether one of them was written on another pod: then no machine is to list the page.
    foreign: bool,
    /// The address of earlier comments.
    earlier: Option<String>,
    likers: Vec<Face>,
    resharers: Vec<Face>,
}

impl Shown {
    fn read(visit: &Visit, db: &Db, id: PostId, before: Option<CommentId>) -> Result<Shown, Error> {
        let row = posts::get(db, id)?.ok_or(Error::Missing)?;
        let post = view::posts(visit, db, &[id], false)?.pop().ok_or(Error::Missing)?;
        let (talked, more) = shown::comments(db, id, visit.me(), before)?;
        let first = talked.first().filter(|_| more).map(|comment| comment.id);
        let original = match view::original(db, row.root, visit.me())? {
            Some(root) => posts::get(db, root)?,
            None => None,
        };
        let (below, above): (Vec<_>, Vec<_>) = talked.into_iter().partition(|comment| comment.post == id);
        let mut comments = view::comments(visit, db, &below, row.guid.as_str(), row.author)?;
        if let Some(root) = &original {
            comments.extend(view::comments(visit, db, &above, root.guid.as_str(), root.author)?);
            comments.sort_by_key(|comment| comment.at);
        }
        let at_home = format!("@{}", visit.pod.authority());
        let faces = |cards: Vec<shown::Card>| cards.iter().map(|card| view::face(visit, card)).collect();
        let liked = original.as_ref().map_or(id, |root| root.id);
        let text = original.map_or(row.text, |root| root.text);
        let author = post.root.as_ref().map_or(&post.author, |root| &root.author).name.clone();
        let title = markdown::plain(&text, TITLE_MAX);
        let foreign = comments.iter().any(|comment| !comment.author.handle.ends_with(&at_home));
        Ok(Shown {
            foreign,
            title: if title.is_empty() { visit.book.words("post.title", &[("who", &author)]) } else { title },
            summary: markdown::plain(&text, QUOTE_MAX),
            earlier: first.map(|id| format!("/posts/{}?before={id}#comments", row.guid)),
            likers: faces(shown::likers(db, liked)?),
            resharers: faces(shown::resharers(db, liked)?),
            author,
            post,
            comments,
        })
    }
}

/// `POST /posts/:guid/like`
pub fn like(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| like::post(tx, me, visit.arg(0)))?;
    Ok(back(visit))
}

/// `POST /posts/:guid/unlike`
pub fn unlike(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| {
        let post = posts::seen_by(tx, visit.arg(0), me.person.id)?.ok_or(social::Error::Missing("post"))?;
        retract::like(tx, me, &post, None)
    })?;
    Ok(back(visit))
}

/// `POST /posts/:guid/reshare`
pub fn reshare(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| reshare::add(tx, me, visit.arg(0)))?;
    Ok(back(visit))
}

/// `POST /posts/:guid/vote`
pub fn vote(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    visit.pod.write(|tx| poll::vote(tx, me, visit.arg(0), form.get("answer")))?;
    Ok(back(visit))
}

/// `POST /posts/:guid/answer`: to the event in the post.
pub fn answer(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    visit.pod.write(|tx| event::answer(tx, me, visit.arg(0), form.get("status")))?;
    Ok(back(visit))
}

/// `POST /posts/:guid/subscribe`
pub fn subscribe(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| mute::subscribe(tx, me, visit.arg(0)))?;
    Ok(back(visit))
}

/// `POST /posts/:guid/mute`
pub fn mute(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| mute::mute(tx, me, visit.arg(0)))?;
    Ok(back(visit))
}

/// `POST /posts/:guid/hide`
pub fn hide(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    let guid = visit.arg(0);
    visit.pod.write(|tx| mute::hide(tx, me, guid))?;
    Ok(visit.done_undo(&visit.back("/stream"), "hidden_post", &format!("/posts/{guid}/unhide")))
}

/// `POST /posts/:guid/unhide`
pub fn unhide(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| mute::unhide(tx, me, visit.arg(0)))?;
    Ok(back(visit))
}

/// To where the person was, at this post.
fn back(visit: &Visit) -> Response {
    let guid = visit.arg(0);
    Response::see_other(&format!("{}#p-{guid}", visit.back(&format!("/posts/{guid}"))))
}

/// `GET /posts/:guid/delete`: really?
pub fn ask_delete(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let guid = visit.arg(0);
    let (post, shown) = visit
        .pod
        .store
        .read::<_, store::Error>(|db| Ok((targets::post(db, guid)?, posts::by_guid(db, guid)?.is_some())))?;
    let post = post.filter(|post| post.author == me.person.id).ok_or(Error::Missing)?;
    let values = context! {
        title => visit.say("post.delete_title"),
        quote => markdown::plain(&post.text, QUOTE_MAX),
        hint => visit.say("post.delete_hint"),
        yes => visit.say("post.delete_yes"),
        action => format!("/posts/{guid}/delete"),
        back => if shown { format!("/posts/{guid}") } else { "/decisions".to_owned() },
    };
    visit.page("confirm.html", values)
}

/// `POST /posts/:guid/delete`
pub fn delete(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| {
        gone::thing(tx, case::Kind::Post, visit.arg(0))?;
        retract::post(tx, me, visit.arg(0))
    })?;
    visit.pod.sweep()?;
    Ok(visit.done("/stream", "deleted"))
}
