//! Private conversations between people.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx};
use crate::model::{ConversationId, Guid, Handle, MessageId, PersonId, Timestamp};

pub struct Conversation {
    pub id: ConversationId,
    pub guid: Guid,
    pub author: PersonId,
    pub subject: String,
    pub created_at: Timestamp,
}

pub struct Message {
    pub id: MessageId,
    pub guid: Guid,
    pub conversation: ConversationId,
    pub author: PersonId,
    pub text: String,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

fn conversation(row: &Row) -> Result<Conversation> {
    Ok(Conversation {
        id: row.get(0)?,
        guid: row.get(1)?,
        author: row.get(2)?,
        subject: row.get(3)?,
        created_at: row.get(4)?,
    })
}

fn message(row: &Row) -> Result<Message> {
    Ok(Message {
        id: row.get(0)?,
        guid: row.get(1)?,
        conversation: row.get(2)?,
        author: row.get(3)?,
        text: row.get(4)?,
        created_at: row.get(5)?,
        edited_at: row.get(6)?,
    })
}

/// Stores a conversation; `None` when its GUID is known.
pub fn add(
    tx: &Tx,
    guid: &Guid,
    author: PersonId,
    subject: &str,
    created_at: Timestamp,
) -> Result<Option<ConversationId>> {
    tx.query_row(
        "insert into conversations (guid, author, subject, created_at) values (?, ?, ?, ?) on conflict do nothing returning id",
        (guid, author, subject, created_at),
        |row| row.get(0),
    )
    .optional()
}

pub fn add_person(tx: &Tx, conversation: ConversationId, person: PersonId) -> Result<()> {
    tx.execute(
        "insert or ignore into conversation_people (conversation, person) values (?, ?)",
        (conversation, person),
    )?;
    Ok(())
}

pub fn get(db: &Db, id: ConversationId) -> Result<Option<Conversation>> {
    db.query_row("select id, guid, author, subject, created_at from conversations where id = ?", [id], conversation)
        .optional()
}

pub fn by_guid(db: &Db, guid: &str) -> Result<Option<Conversation>> {
    db.query_row("select id, guid, author, subject, created_at from conversations where guid = ?", [guid], conversation)
        .optional()
}

/// diaspora* IDs of all who take part.
pub fn people(db: &Db, id: ConversationId) -> Result<Vec<Handle>> {
    db.prepare_cached(
        "select p.handle from conversation_people c join people p on p.id = c.person where c.conversation = ? order by p.handle",
    )?
    .query_map([id], |row| row.get(0))?
    .collect()
}

/// Whether a person takes part.
pub fn has(db: &Db, id: ConversationId, person: PersonId) -> Result<bool> {
    db.query_row(
        "select exists (select 1 from conversation_people where conversation = ? and person = ?)",
        (id, person),
        |row| row.get(0),
    )
}

/// A message to be stored.
pub struct NewMessage<'a> {
    pub guid: &'a Guid,
    pub conversation: ConversationId,
    pub author: PersonId,
    pub text: &'a str,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
}

/// Stores a message, unread for everybody else; `None` when its GUID is known.
pub fn add_message(tx: &Tx, new: &NewMessage) -> Result<Option<MessageId>> {
    let id = tx
        .query_row(
            "insert into messages (guid, conversation, author, text, created_at, edited_at) \
             values (:guid, :conversation, :author, :text, :created_at, :edited_at) on conflict do nothing returning id",
            named_params! {
                ":guid": new.guid, ":conversation": new.conversation, ":author": new.author, ":text": new.text,
                ":created_at": new.created_at, ":edited_at": new.edited_at,
            },
            |row| row.get(0),
        )
        .optional()?;
    if id.is_some() {
        tx.execute(
            "update conversation_people set unread = unread + 1 where conversation = ? and person <> ?",
            (new.conversation, new.author),
        )?;
    }
    Ok(id)
}

pub fn message_by_guid(db: &Db, guid: &str) -> Result<Option<Message>> {
    db.query_row(
        "select id, guid, conversation, author, text, created_at, edited_at from messages where guid = ?",
        [guid],
        message,
    )
    .optional()
}

pub fn get_message(db: &Db, id: MessageId) -> Result<Option<Message>> {
    db.query_row(
        "select id, guid, conversation, author, text, created_at, edited_at from messages where id = ?",
        [id],
        message,
    )
    .optional()
}

/// The first message of a conversation.
pub fn first_message(db: &Db, conversation: ConversationId) -> Result<Option<Message>> {
    db.query_row(
        "select id, guid, conversation, author, text, created_at, edited_at from messages \
         where conversation = ? order by id limit 1",
        [conversation],
        message,
    )
    .optional()
}

/// A conversation its author took back.
pub fn remove(tx: &Tx, id: ConversationId) -> Result<()> {
    tx.execute("delete from conversations where id = ?", [id])?;
    Ok(())
}

/// Gives a person's conversations to the one they became.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute("update conversations set author = ? where author = ?", (new, old))?;
    tx.execute("update messages set author = ? where author = ?", (new, old))?;
    tx.execute("update or ignore conversation_people set person = ? where person = ?", (new, old))?;
    tx.execute("delete from conversation_people where person = ?", [old])?;
    Ok(())
}
