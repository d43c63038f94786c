//! Private conversations: beginning and continuing them, here and as other pods do.

use super::{Error, Invalid, Refused, Result, audience, checked_length, checked_text, gate, mail};
use crate::model::{
    ConversationId, Guid, MessageId, Outgoing, Person, PersonId, SUBJECT_MAX, TEXT_MAX, Target, Timestamp, User,
    markdown,
};
use crate::store::conversations::{self, Conversation, NewMessage};
use crate::store::{Tx, accounts, contacts, outbox, people};

/// Characters of a message that stand for a subject when there is none.
const SUBJECT_FROM_TEXT: usize = 60;

/// A user begins a conversation with people (by GUID) who share with them and they with; its GUID.
pub fn begin(tx: &Tx, me: &User, to: &[&str], subject: &str, text: &str) -> Result<Guid> {
    let mut others: Vec<Person> = Vec::new();
    for guid in to {
        let person = people::by_guid(tx, guid)?.ok_or(Error::Missing("person"))?;
        let mutual = contacts::shares_with(tx, me.id, person.id)? && contacts::is_shared_with(tx, me.id, person.id)?;
        if !mutual {
            return Err(Refused::NoContact.into());
        }
        if others.iter().all(|other| other.id != person.id) {
            others.push(person);
        }
    }
    if others.is_empty() {
        return Err(Invalid::NobodyToWriteTo.into());
    }
    start(tx, me, &others, subject, text)
}

/// The podmin writes to the podmin of another pod, whom nobody here need share with: they take such messages in.
pub fn begin_with_podmin(tx: &Tx, me: &User, other: &Person, subject: &str, text: &str) -> Result<Guid> {
    if !me.podmin {
        return Err(Refused::NoContact.into());
    }
    start(tx, me, std::slice::from_ref(other), subject, text)
}

fn start(tx: &Tx, me: &User, others: &[Person], subject: &str, text: &str) -> Result<Guid> {
    let text = checked_text(text, TEXT_MAX)?;
    let subject = match subject.trim() {
        "" => markdown::plain(&text, SUBJECT_FROM_TEXT),
        subject => subject.to_owned(),
    };
    checked_length(&subject, SUBJECT_MAX)?;
    let guid = Guid::random();
    let id = conversations::add(tx, &guid, me.person.id, &subject, tx.now)?.ok_or(Error::Missing("conversation"))?;
    conversations::add_person(tx, id, me.person.id)?;
    for other in others {
        conversations::add_person(tx, id, other.id)?;
    }
    let first = Message { guid: Guid::random(), text, created_at: tx.now, edited_at: None };
    say(tx, &me.person, id, &first)?;
    outbox::add(tx, me.id, &Outgoing::Conversation(id), &targets(others))?;
    Ok(guid)
}

/// A user says something in a conversation they take part in.
pub fn answer(tx: &Tx, me: &User, conversation: &str, text: &str) -> Result<()> {
    let conversation = of(tx, me, conversation)?;
    let text = checked_text(text, TEXT_MAX)?;
    let new = Message { guid: Guid::random(), text, created_at: tx.now, edited_at: None };
    let message = say(tx, &me.person, conversation.id, &new)?.ok_or(Error::Missing("message"))?;
    let mut others = Vec::new();
    for id in conversations::person_ids(tx, conversation.id)? {
        if id != me.person.id {
            others.push(people::get(tx, id)?);
        }
    }
    Ok(outbox::add(tx, me.id, &Outgoing::Message(message), &targets(&others))?)
}

/// A user has read a conversation.
pub fn mark_read(tx: &Tx, me: &User, conversation: &str) -> Result<()> {
    let conversation = of(tx, me, conversation)?;
    Ok(conversations::mark_read(tx, conversation.id, me.person.id)?)
}

/// A user puts a conversation away; it comes back with the next message. Nobody else notices.
pub fn hide(tx: &Tx, me: &User, conversation: &str) -> Result<()> {
    let conversation = of(tx, me, conversation)?;
    Ok(conversations::hide(tx, conversation.id, me.person.id)?)
}

/// A conversation that the user takes part in.
fn of(tx: &Tx, me: &User, guid: &str) -> Result<Conversation> {
    let found = conversations::by_guid(tx, guid)?.ok_or(Error::Missing("conversation"))?;
    if conversations::has(tx, found.id, me.person.id)? { Ok(found) } else { Err(Error::Missing("conversation")) }
}

/// Everybody elsewhere who is still there.
fn targets(others: &[Person]) -> Vec<Target> {
    let open = others.iter().filter(|person| person.closed_at.is_none());
    open.filter_map(|person| audience::of_person(person, false)).collect()
}

/// A conversation as it came.
pub struct New<'a> {
    pub guid: &'a Guid,
    pub subject: &'a str,
    pub created_at: Timestamp,
    pub people: &'a [PersonId],
    pub messages: &'a [Message],
}

/// A message as it came.
pub struct Message {
    pub guid: Guid,
    pub text: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

/// Why a person may not write to a user: only contacts do, to a podmin everybody, and nobody who is ignored.
fn unwelcome(tx: &Tx, me: &User, author: &Person) -> Result<Option<Refused>> {
    if contacts::is_blocked(tx, me.id, author.id)? {
        return Ok(Some(Refused::Ignored));
    }
    let known = contacts::shares_with(tx, me.id, author.id)? || contacts::is_shared_with(tx, me.id, author.id)?;
    Ok((!known && !me.podmin).then_some(Refused::NoContact))
}

/// Takes in a conversation that a contact begins with a user. Of the others who live here, those take part at once to
/// whom its author may write, too; each of them gets a copy of their own.
pub fn receive(tx: &Tx, author: &Person, me: &User, new: &New) -> Result<()> {
    gate::admit(tx, author)?;
    if let Some(refused) = unwelcome(tx, me, author)? {
        return Err(refused.into());
    }
    if !new.people.contains(&me.person.id) || !new.people.contains(&author.id) {
        return Err(Refused::NoContact.into());
    }
    match conversations::add(tx, new.guid, author.id, new.subject, new.created_at)? {
        Some(id) => {
            for person in new.people {
                let here = accounts::by_person(tx, *person)?;
                if here.map_or(Ok(None), |user| unwelcome(tx, &user, author))?.is_none() {
                    conversations::add_person(tx, id, *person)?;
                }
            }
            for message in new.messages {
                say(tx, author, id, message)?;
            }
            Ok(())
        }
        None => {
            let known = conversations::by_guid(tx, new.guid.as_str())?.ok_or(Error::Missing("conversation"))?;
            gate::same_author(known.author, author)?;
            Ok(conversations::add_person(tx, known.id, me.person.id)?)
        }
    }
}

/// Takes in a message of one who takes part in a conversation that is here.
pub fn receive_message(tx: &Tx, author: &Person, me: &User, conversation: &Guid, message: &Message) -> Result<()> {
    gate::admit(tx, author)?;
    let conversation = conversations::by_guid(tx, conversation.as_str())?.ok_or(Error::Missing("conversation"))?;
    if contacts::is_blocked(tx, me.id, author.id)? {
        return Err(Refused::Ignored.into());
    }
    if !conversations::has(tx, conversation.id, author.id)? || !conversations::has(tx, conversation.id, me.person.id)? {
        return Err(Refused::NoContact.into());
    }
    say(tx, author, conversation.id, message)?;
    Ok(())
}

fn say(tx: &Tx, author: &Person, conversation: ConversationId, message: &Message) -> Result<Option<MessageId>> {
    let id = conversations::add_message(
        tx,
        &NewMessage {
            guid: &message.guid,
            conversation,
            author: author.id,
            text: &message.text,
            created_at: message.created_at,
            edited_at: message.edited_at,
        },
    )?;
    if let Some(id) = id {
        mail::of_message(tx, conversation, id, author.id)?;
    }
    Ok(id)
}
