//! Messages as they came, before anything is believed: a queue on disk.

use rusqlite::{Row, named_params};

use super::{Db, Result, Tx, Work, lists};
use crate::model::{Timestamp, UserId};

/// Messages that may wait at once.
pub const ROWS_MAX: i64 = 5_000;

/// Bytes that may wait at once.
pub const BYTES_MAX: i64 = 64 << 20;

/// Of these, messages that wait for something from elsewhere, and their bytes: whoever sends what nobody can prove, or
/// what belongs to nothing, must leave room for the others.
pub const PARKED_MAX: i64 = ROWS_MAX / 2;
pub const PARKED_BYTES_MAX: i64 = BYTES_MAX / 2;

/// A message that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: i64,
    /// Whose private door it came by; `None`: the public one.
    pub user: Option<UserId>,
    /// The message; `None` when it has more than `AT_ONCE` bytes (see `body`).
    pub body: Option<Vec<u8>>,
    pub bytes: u32,
    pub received_at: Timestamp,
    /// Times it was tried so far.
    pub attempts: u32,
}

fn waiting(row: &Row) -> Result<Waiting> {
    Ok(Waiting {
        id: row.get(0)?,
        user: row.get(1)?,
        body: row.get(2)?,
        bytes: row.get(3)?,
        received_at: row.get(4)?,
        attempts: row.get(5)?,
    })
}

/// Keeps a message; its row.
pub fn add(tx: &Tx, user: Option<UserId>, body: &[u8]) -> Result<i64> {
    tx.prepare_cached(
        "insert into inbox (user, received_at, due, bytes, body) \
         values (:user, :now, :now, length(:body), :body) returning id",
    )?
    .query_row(named_params! { ":user": user, ":body": body, ":now": tx.now }, |row| row.get(0))
}

const LOAD: &str = "select count(*), coalesce(sum(bytes), 0) from inbox";

/// Rows and bytes that wait.
pub fn load(db: &Db) -> Result<(i64, i64)> {
    db.query_row(LOAD, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Bytes of messages that are read at once, besides the last of them.
const AT_ONCE: u32 = 512 * 1024;

/// The oldest messages that are due, without those in hand (a JSON list of rows).
pub fn due(db: &Db, now: Timestamp, in_hand: &str, limit: u32) -> Result<Vec<Waiting>> {
    let mut statement = db.prepare_cached(
        "select id, user, iif(bytes <= :at_once, body, null), bytes, received_at, attempts from inbox where due <= :now \
         and id not in (select value from json_each(:in_hand)) order by id limit :limit",
    )?;
    let params = named_params! { ":at_once": AT_ONCE, ":now": now, ":in_hand": in_hand, ":limit": limit };
    lists::until_full(statement.query_map(params, waiting)?, AT_ONCE as usize, |waiting| waiting.bytes as usize)
}

/// A large message.
pub fn body(db: &Db, id: i64) -> Result<Vec<u8>> {
    db.query_row("select body from inbox where id = ?", [id], |row| row.get(0))
}

/// When the next message is due.
pub fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    db.query_row("select min(due) from inbox", [], |row| row.get(0))
}

/// The message is dealt with.
pub fn done(tx: &Tx, id: i64) -> Result<()> {
    tx.prepare_cached("delete from inbox where id = ?")?.execute([id])?;
    Ok(())
}

/// The message was tried so many times, whatever comes of this one.
pub fn tried(tx: &Tx, id: i64, attempts: u32) -> Result<()> {
    tx.execute("update inbox set attempts = ? where id = ?", (attempts, id))?;
    Ok(())
}

/// Tries the message again at a time, or as soon as what it needs is there.
pub fn later(tx: &Tx, waiting: &Waiting, due: Timestamp, need: Option<&str>) -> Result<()> {
    let attempts = waiting.attempts + 1;
    tx.execute("update inbox set due = ?, need = ?, attempts = ? where id = ?", (due, need, attempts, waiting.id))?;
    Ok(())
}

/// Of the messages that wait for something from elsewhere, those that have waited longest go when there are too many,
/// and nobody asks any more for what only they needed. How many went.
pub fn make_room(tx: &Tx) -> Result<usize> {
    let gone: Vec<Option<String>> = tx
        .prepare_cached(
            "delete from inbox where id in (select id from (select id, row_number() over newest_first as rows, \
             sum(bytes) over newest_first as bytes from inbox where attempts > 0 \
             window newest_first as (order by id desc)) where rows > :rows or bytes > :bytes) returning need",
        )?
        .query_map(named_params! { ":rows": PARKED_MAX, ":bytes": PARKED_BYTES_MAX }, |row| row.get(0))?
        .collect::<Result<_>>()?;
    for need in gone.iter().flatten() {
        tx.prepare_cached("delete from needs where need = ?1 and not exists (select 1 from inbox where need = ?1)")?
            .execute([need])?;
    }
    Ok(gone.len())
}

/// What a message needs that waits for something nobody can be asked for.
pub fn need_of(guid: &str) -> String {
    format!("thing {guid}")
}

/// What has this GUID is there, by whatever way it came: the messages that waited for it are due now.
pub fn wake_for(tx: &Tx, guid: &str) -> Result<usize> {
    tx.leaves(Work::Inbox);
    // A need for a post is `post GUID HANDLE`; `!` follows the space.
    tx.prepare_cached("update inbox set due = ?, need = null where need = ? or need >= ? and need < ?")?.execute((
        tx.now,
        need_of(guid),
        format!("post {guid} "),
        format!("post {guid}!"),
    ))
}

/// What these messages waited for is there: they are due now.
pub fn wake(tx: &Tx, need: &str) -> Result<usize> {
    tx.leaves(Work::Inbox);
    tx.prepare_cached("update inbox set due = ?, need = null where need = ?")?.execute((tx.now, need))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn what_waits_is_counted_without_reading_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("pappus.db")).expect("opens");
        let plan = |db: &Db| db.query_row(&format!("explain query plan {LOAD}"), [], |row| row.get::<_, String>(3));
        assert_eq!(store.read(plan).expect("is planned"), "SCAN inbox USING COVERING INDEX inbox_due");
    }
}
