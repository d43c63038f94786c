//! Private conversations: the inbox, one conversation, a new one.

use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use crate::model::{AspectId, MessageId, PersonId, markdown};
use crate::social::{self, conversation};
use crate::store::conversations::{self, PAGE};
use crate::store::shown::{self, Card};
use crate::store::{self, aspects, contacts};
use crate::web::Response;
use crate::web::error::Error;
use crate::web::form::Form;
use crate::web::render::Html;
use crate::web::view::{self, Face};
use crate::web::visit::Visit;

/// Characters of a message in the inbox.
const TEASER_MAX: usize = 80;

/// A conversation in the inbox.
#[derive(Serialize)]
struct Listed {
    guid: String,
    subject: String,
    at: i64,
    unread: i64,
    messages: i64,
    /// Who wrote the newest message.
    who: Face,
    text: String,
}

/// `GET /conversations`
pub fn list(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let offset = visit.query().get("from").parse().unwrap_or(0).max(0);
    let (mut found, cards) = visit.pod.store.read::<_, store::Error>(|db| {
        let found = conversations::inbox(db, me.person.id, offset)?;
        let authors: Vec<PersonId> = found.iter().map(|listed| listed.author).collect();
        let cards = shown::cards(db, &authors)?;
        Ok((found, cards))
    })?;
    let more = found.len() as i64 > PAGE;
    found.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let listed = found.into_iter().filter_map(|listed| {
        Some(Listed {
            who: view::face(visit, cards.get(&listed.author)?),
            guid: listed.guid.to_string(),
            subject: listed.subject,
            at: listed.updated_at.0,
            unread: listed.unread,
            messages: listed.messages,
            text: markdown::plain(&listed.text, TEASER_MAX),
        })
    });
    let values = context! {
        title => visit.say("messages.title"),
        conversations => Value::from(Serde(listed.collect::<Vec<_>>())),
        more => more.then(|| format!("/conversations?from={}", offset + PAGE)),
    };
    visit.page("conversations.html", values)
}

/// A message as it is shown.
#[derive(Serialize)]
struct Message {
    guid: String,
    author: Face,
    at: i64,
    html: Html,
}

/// `GET /conversations/:guid`: reading it marks it as read.
pub fn show(visit: &Visit) -> Result<Response, Error> {
    page(visit, &Form::default(), None)
}

/// A conversation, with an answer that is not sent yet or could not be.
fn page(visit: &Visit, draft: &Form, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let guid = visit.arg(0);
    let before = visit.query().get("before").parse().ok().map(MessageId);
    let (found, messages, more, cards, named, unread) = visit.pod.store.read::<_, Error>(|db| {
        let found = conversations::by_guid(db, guid)?.ok_or(Error::Missing)?;
        if !conversations::has(db, found.id, me.person.id)? {
            return Err(Error::Missing);
        }
        let (messages, more) = conversations::messages(db, found.id, me.person.id, before)?;
        let mut people = conversations::person_ids(db, found.id)?;
        people.extend(messages.iter().map(|message| message.author));
        let named = shown::named(db, &view::handles(messages.iter().map(|message| message.text.as_str())))?;
        let unread = conversations::is_unread(db, found.id, me.person.id)?;
        Ok((found, messages, more, shown::cards(db, &people)?, named, unread))
    })?;
    if unread {
        visit.note_read(|tx| conversation::mark_read(tx, me, guid));
    }
    let earlier = messages.first().filter(|_| more).map(|message| message.id);
    let shown = messages.iter().filter_map(|message| {
        Some(Message {
            guid: message.guid.to_string(),
            author: view::face(visit, cards.get(&message.author)?),
            at: message.created_at.0,
            html: view::html(visit, &message.text, &named, &format!("m{}", message.id)),
        })
    });
    let values = context! {
        title => found.subject,
        guid,
        with => others(&cards, me.person.id),
        messages => Value::from(Serde(shown.collect::<Vec<_>>())),
        earlier => earlier.map(|id| format!("/conversations/{guid}?before={id}")),
        draft => draft.get("text"),
        preview => draft.has("preview").then(|| view::preview(visit, draft.get("text"))).transpose()?.map(Serde).map(Value::from),
    };
    visit.page_with("conversation.html", error.as_ref(), values)
}

/// The names of everybody but the reader.
fn others(cards: &std::collections::HashMap<PersonId, Card>, me: PersonId) -> String {
    let mut names: Vec<&str> = cards.values().filter(|card| card.id != me).map(|card| card.name.as_str()).collect();
    names.sort_unstable();
    names.join(", ")
}

/// Somebody who can be written to.
#[derive(Serialize)]
struct Reader {
    guid: String,
    name: String,
    handle: String,
    chosen: bool,
}

/// `GET /conversations/new`: `to` names who is chosen already, `aspect` an aspect of people.
pub fn compose(visit: &Visit) -> Result<Response, Error> {
    letter(visit, &visit.query(), None)
}

/// The form for a new message, with what could not be sent.
fn letter(visit: &Visit, draft: &Form, error: Option<Error>) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let aspects: Vec<AspectId> = draft.ids("aspect").map(AspectId).collect();
    let (order, cards, members) = visit.pod.store.read::<_, store::Error>(|db| {
        let order = contacts::mutual(db, me.id)?;
        let cards = shown::cards(db, &order)?;
        Ok((order, cards, aspects::members(db, me.id, &aspects)?))
    })?;
    let readers = order.iter().filter_map(|id| cards.get(id)).map(|card| Reader {
        chosen: members.contains(&card.id) || draft.all("to").any(|guid| guid == card.guid.as_str()),
        guid: card.guid.to_string(),
        name: card.name.clone(),
        handle: card.handle.to_string(),
    });
    let values = context! {
        title => visit.say("messages.new"),
        people => Value::from(Serde(readers.collect::<Vec<_>>())),
        subject => draft.get("subject"),
        text => draft.get("text"),
    };
    visit.page_with("letter.html", error.as_ref(), values)
}

/// `POST /conversations`
pub fn begin(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let to: Vec<&str> = form.all("to").collect();
    match visit.pod.write(|tx| conversation::begin(tx, me, &to, form.get("subject"), form.get("text"))) {
        Ok(guid) => Ok(visit.done(&format!("/conversations/{guid}"), "sent")),
        Err(error @ (social::Error::Invalid(_) | social::Error::Refused(_))) => {
            letter(visit, &form, Some(error.into()))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /conversations/:guid/messages`
pub fn answer(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    let form = visit.form()?;
    let guid = visit.arg(0);
    if form.has("preview") {
        return page(visit, &form, None);
    }
    match visit.pod.write(|tx| conversation::answer(tx, me, guid, form.get("text"))) {
        Ok(()) => Ok(visit.done(&format!("/conversations/{guid}"), "sent")),
        Err(error @ social::Error::Invalid(_)) => page(visit, &form, Some(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// `POST /conversations/:guid/hide`
pub fn hide(visit: &Visit) -> Result<Response, Error> {
    let me = visit.signed_in()?;
    visit.form()?;
    visit.pod.write(|tx| conversation::hide(tx, me, visit.arg(0)))?;
    Ok(visit.done("/conversations", "hidden"))
}
