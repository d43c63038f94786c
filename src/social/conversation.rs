//! Private conversations, as other pods begin and continue them.

use super::{Error, Refused, Result, gate};
use crate::model::{Guid, Person, PersonId, Timestamp, User};
use crate::store::{Tx, contacts, conversations};

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

/// Takes in a conversation that a contact begins with a user.
pub fn receive(tx: &Tx, author: &Person, me: &User, new: &New) -> Result<()> {
    gate::admit(author)?;
    let known = contacts::shares_with(tx, me.id, author.id)? || contacts::is_shared_with(tx, me.id, author.id)?;
    if !known && !me.podmin {
        return Err(Refused::NoContact.into());
    }
    if contacts::is_blocked(tx, me.id, author.id)? {
        return Err(Refused::Ignored.into());
    }
    if !new.people.contains(&me.person.id) || !new.people.contains(&author.id) {
        return Err(Refused::NoContact.into());
    }
    match conversations::add(tx, new.guid, author.id, new.subject, new.created_at)? {
        Some(id) => {
            for person in new.people {
                conversations::add_person(tx, id, *person)?;
            }
            for message in new.messages {
                say(tx, author, id, message)?;
            }
            Ok(())
        }
        None => {
            let known = conversations::by_guid(tx, new.guid.as_str())?.ok_or(Error::Missing("conversation"))?;
            if known.author == author.id { Ok(()) } else { Err(Refused::KnownToAnother.into()) }
        }
    }
}

/// Takes in a message of one who takes part in a conversation that is here.
pub fn receive_message(tx: &Tx, author: &Person, me: &User, conversation: &Guid, message: &Message) -> Result<()> {
    gate::admit(author)?;
    let conversation = conversations::by_guid(tx, conversation.as_str())?.ok_or(Error::Missing("conversation"))?;
    if contacts::is_blocked(tx, me.id, author.id)? {
        return Err(Refused::Ignored.into());
    }
    if !conversations::has(tx, conversation.id, author.id)? || !conversations::has(tx, conversation.id, me.person.id)? {
        return Err(Refused::NoContact.into());
    }
    say(tx, author, conversation.id, message)
}

fn say(tx: &Tx, author: &Person, conversation: crate::model::ConversationId, message: &Message) -> Result<()> {
    conversations::add_message(
        tx,
        &conversations::NewMessage {
            guid: &message.guid,
            conversation,
            author: author.id,
            text: &message.text,
            created_at: message.created_at,
            edited_at: message.edited_at,
        },
    )?;
    Ok(())
}
