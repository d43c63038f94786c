//! Private conversations between people.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, lists};
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
        "insert into every_conversation (guid, author, subject, created_at, updated_at) values (?1, ?2, ?3, ?4, ?4) \
         on conflict do nothing returning id",
        (guid, author, subject, created_at),
        |row| row.get(0),
    )
    .optional()
}

/// A person takes part from now on; what others said before is unread.
pub fn add_person(tx: &Tx, conversation: ConversationId, person: PersonId) -> Result<()> {
    tx.execute(
        "insert or ignore into conversation_people (conversation, person, unread) \
         values (?1, ?2, (select count(*) from messages where conversation = ?1 and author <> ?2))",
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

/// True for a message whose author the person `:me` does not ignore.
const HEARD: &str =
    "author not in (select bl.person from blocks bl join users bu on bu.id = bl.user where bu.person = :me)";

/// Stores a message, unread for everybody else but those who ignore its author; `None` when its GUID is known.
pub fn add_message(tx: &Tx, new: &NewMessage) -> Result<Option<MessageId>> {
    let id = tx
        .query_row(
            "insert into every_message (guid, conversation, author, text, created_at, edited_at) \
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
            "update conversation_people set unread = unread + (person <> ?1), hidden = 0 where conversation = ?2 \
             and person not in (select u.person from blocks b join users u on u.id = b.user where b.person = ?1)",
            (new.author, new.conversation),
        )?;
        tx.execute(
            "update every_conversation set updated_at = max(updated_at, ?) where id = ?",
            (tx.now, new.conversation),
        )?;
    }
    Ok(id)
}

pub fn get_message(db: &Db, id: MessageId) -> Result<Option<Message>> {
    db.query_row(
        "select id, guid, conversation, author, text, created_at, edited_at from messages where id = ?",
        [id],
        message,
    )
    .optional()
}

/// Conversations on a page (diaspora*'s number).
pub const PAGE: i64 = 15;

/// Messages on a page.
const MESSAGES: u32 = 50;

/// A conversation in a person's inbox.
pub struct Listed {
    pub guid: Guid,
    pub subject: String,
    pub updated_at: Timestamp,
    pub unread: i64,
    pub messages: i64,
    /// The newest message: who wrote it, and its text.
    pub author: PersonId,
    pub text: String,
}

/// A person's inbox, the newest first; one more than a page when there are more.
pub fn inbox(db: &Db, person: PersonId, offset: i64) -> Result<Vec<Listed>> {
    db.prepare_cached(&format!(
        "select c.guid, c.subject, c.updated_at, mine.unread, \
         (select count(*) from messages where conversation = c.id and {HEARD}), m.author, m.text \
         from conversation_people mine join conversations c on c.id = mine.conversation \
         join messages m on m.id = (select id from messages where conversation = c.id and {HEARD} \
             order by created_at desc, id desc limit 1) \
         where mine.person = :me and mine.hidden = 0 order by c.updated_at desc, c.id desc limit :limit offset :offset",
    ))?
    .query_map(named_params! { ":me": person, ":limit": PAGE + 1, ":offset": offset }, |row| {
        Ok(Listed {
            guid: row.get(0)?,
            subject: row.get(1)?,
            updated_at: row.get(2)?,
            unread: row.get(3)?,
            messages: row.get(4)?,
            author: row.get(5)?,
            text: row.get(6)?,
        })
    })?
    .collect()
}

/// A page of the messages that a person wants to see, before `before` (the newest when `None`), the oldest first; and
/// whether there are earlier ones.
pub fn messages(db: &Db, id: ConversationId, me: PersonId, before: Option<MessageId>) -> Result<(Vec<Message>, bool)> {
    let mut statement = db.prepare_cached(&format!(
        "select id, guid, conversation, author, text, created_at, edited_at from messages \
         where conversation = :id and {HEARD} and (:before is null or (created_at, id) < \
         (select created_at, id from messages where id = :before)) order by created_at desc, id desc limit :limit",
    ))?;
    let rows = statement
        .query_map(named_params! { ":id": id, ":me": me, ":before": before, ":limit": MESSAGES + 1 }, message)?;
    lists::newest_that_fit(rows, MESSAGES, |message| message.text.len())
}

/// Everybody who takes part.
pub fn person_ids(db: &Db, id: ConversationId) -> Result<Vec<PersonId>> {
    db.prepare_cached("select person from conversation_people where conversation = ?")?
        .query_map([id], |row| row.get(0))?
        .collect()
}

/// Messages that a person has not read yet, in conversations where they see any.
pub fn count_unread(db: &Db, person: PersonId) -> Result<i64> {
    db.prepare_cached(&format!(
        "select coalesce(sum(mine.unread), 0) from conversation_people mine where mine.person = :me and mine.unread > 0 \
         and exists (select 1 from messages where conversation = mine.conversation and {HEARD})"
    ))?
    .query_row(named_params! { ":me": person }, |row| row.get(0))
}

/// Whether a person has unread messages in a conversation.
pub fn is_unread(db: &Db, id: ConversationId, person: PersonId) -> Result<bool> {
    db.query_row(
        "select exists (select 1 from conversation_people where conversation = ? and person = ? and unread > 0)",
        (id, person),
        |row| row.get(0),
    )
}

/// A person has read everything in a conversation.
pub fn mark_read(tx: &Tx, id: ConversationId, person: PersonId) -> Result<()> {
    tx.execute("update conversation_people set unread = 0 where conversation = ? and person = ?", (id, person))?;
    Ok(())
}

/// A person does not want to see a conversation until somebody says something new.
pub fn hide(tx: &Tx, id: ConversationId, person: PersonId) -> Result<()> {
    tx.execute(
        "update conversation_people set hidden = 1, unread = 0 where conversation = ? and person = ?",
        (id, person),
    )?;
    Ok(())
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
    tx.execute("delete from every_conversation where id = ?", [id])?;
    Ok(())
}

/// Gives a person's conversations to the one they became.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute("update every_conversation set author = ? where author = ?", (new, old))?;
    tx.execute("update every_message set author = ? where author = ?", (new, old))?;
    tx.execute("update or ignore conversation_people set person = ? where person = ?", (new, old))?;
    tx.execute("delete from conversation_people where person = ?", [old])?;
    Ok(())
}
