//! Events, in posts or alone, and the answers to them.

use rusqlite::{OptionalExtension, Row, named_params};

use super::posts::{from_json, to_json};
use super::{Db, Result, Tx};
use crate::model::{AnswerId, Event, EventAnswer, EventId, Guid, PersonId, PostId};

const COLUMNS: &str = "guid, author, summary, starts_at, ends_at, all_day, timezone, description, place";

fn event(row: &Row) -> Result<Event> {
    Ok(Event {
        guid: row.get(0)?,
        author: row.get(1)?,
        summary: row.get(2)?,
        starts_at: row.get(3)?,
        ends_at: row.get(4)?,
        all_day: row.get(5)?,
        timezone: row.get(6)?,
        description: row.get(7)?,
        place: from_json(row.get(8)?),
    })
}

/// Stores an event; `None` when its GUID is known.
pub fn add(tx: &Tx, post: Option<PostId>, public: bool, new: &Event) -> Result<Option<EventId>> {
    tx.query_row(
        "insert into events (guid, author, post, public, summary, starts_at, ends_at, all_day, timezone, description, place, received_at) \
         values (:guid, :author, :post, :public, :summary, :starts_at, :ends_at, :all_day, :timezone, :description, :place, :now) \
         on conflict do nothing returning id",
        named_params! {
            ":guid": new.guid, ":author": new.author, ":post": post, ":public": public, ":summary": new.summary,
            ":starts_at": new.starts_at, ":ends_at": new.ends_at, ":all_day": new.all_day, ":timezone": new.timezone,
            ":description": new.description, ":place": to_json(&new.place), ":now": tx.now,
        },
        |row| row.get(0),
    )
    .optional()
}

/// The event of a post.
pub fn of_post(db: &Db, post: PostId) -> Result<Option<Event>> {
    db.prepare_cached(&format!("select {COLUMNS} from events where post = ?"))?.query_row([post], event).optional()
}

/// An event as far as answering it goes.
pub struct Known {
    pub id: EventId,
    pub author: PersonId,
    pub post: Option<PostId>,
    pub public: bool,
}

pub fn by_guid(db: &Db, guid: &str) -> Result<Option<Known>> {
    db.prepare_cached("select id, author, post, public from events where guid = ?")?.query_row([guid], known).optional()
}

pub fn known_by_id(db: &Db, id: EventId) -> Result<Option<Known>> {
    db.prepare_cached("select id, author, post, public from events where id = ?")?.query_row([id], known).optional()
}

fn known(row: &Row) -> Result<Known> {
    Ok(Known { id: row.get(0)?, author: row.get(1)?, post: row.get(2)?, public: row.get(3)? })
}

/// GUID of an event.
pub fn guid(db: &Db, id: EventId) -> Result<Guid> {
    db.query_row("select guid from events where id = ?", [id], |row| row.get(0))
}

pub fn remove(tx: &Tx, id: EventId) -> Result<()> {
    tx.execute("delete from events where id = ?", [id])?;
    Ok(())
}

/// Stores a person's answer, a later one in place of the former; `None` when this one is known.
pub fn add_answer(tx: &Tx, new: &EventAnswer) -> Result<Option<AnswerId>> {
    tx.query_row(
        "insert into event_answers (guid, event, author, status, received_at, edited_at, relay) \
         values (:guid, :event, :author, :status, :now, :edited_at, :relay) \
         on conflict (event, author) do update set guid = excluded.guid, status = excluded.status, \
             received_at = excluded.received_at, edited_at = excluded.edited_at, relay = excluded.relay \
             where event_answers.guid <> excluded.guid or event_answers.status <> excluded.status \
         on conflict (guid) do nothing returning id",
        named_params! {
            ":guid": new.guid, ":event": new.event, ":author": new.author, ":status": new.status, ":now": tx.now,
            ":edited_at": new.edited_at, ":relay": to_json(&new.relay),
        },
        |row| row.get(0),
    )
    .optional()
}

fn answer(row: &Row) -> Result<EventAnswer> {
    Ok(EventAnswer {
        guid: row.get(0)?,
        author: row.get(1)?,
        event: row.get(2)?,
        status: row.get(3)?,
        edited_at: row.get(4)?,
        relay: from_json(row.get(5)?),
    })
}

pub fn get_answer(db: &Db, id: AnswerId) -> Result<Option<EventAnswer>> {
    db.prepare_cached("select guid, author, event, status, edited_at, relay from event_answers where id = ?")?
        .query_row([id], answer)
        .optional()
}

/// How many gave an answer.
#[derive(Clone, Debug)]
pub struct Counted {
    pub status: String,
    pub count: i64,
    /// The reader is among them.
    pub mine: bool,
}

/// What people answered to the event of a post.
pub fn answers_of_post(db: &Db, post: PostId, me: Option<PersonId>) -> Result<Vec<Counted>> {
    db.prepare_cached(
        "select a.status, count(*), max(a.author is ?2) from event_answers a join events e on e.id = a.event \
         where e.post = ?1 group by a.status",
    )?
    .query_map((post, me), |row| Ok(Counted { status: row.get(0)?, count: row.get(1)?, mine: row.get(2)? }))?
    .collect()
}

/// Row, author and event of an answer.
pub fn answer_by_guid(db: &Db, guid: &str) -> Result<Option<(AnswerId, PersonId, EventId)>> {
    db.prepare_cached("select id, author, event from event_answers where guid = ?")?
        .query_row([guid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()
}

/// GUID of what a person answers to an event.
pub fn answer_of(db: &Db, event: EventId, author: PersonId) -> Result<Option<Guid>> {
    db.prepare_cached("select guid from event_answers where event = ? and author = ?")?
        .query_row((event, author), |row| row.get(0))
        .optional()
}

pub fn remove_answer(tx: &Tx, id: AnswerId) -> Result<()> {
    tx.execute("delete from event_answers where id = ?", [id])?;
    Ok(())
}

/// Gives a person's answers to the one they became.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute("update or ignore event_answers set author = ? where author = ?", (new, old))?;
    tx.execute("delete from event_answers where author = ?", [old])?;
    Ok(())
}
