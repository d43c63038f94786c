//! What became of the cases of a time, in numbers without names: for the page that tells everybody.

use rusqlite::params;

use super::{Db, Result};
use crate::model::Timestamp;
use crate::model::case::{Kind, Origin, State};

/// Cases of one kind.
#[derive(Clone, Debug)]
pub struct Count {
    pub origin: Origin,
    pub ground: String,
    pub state: State,
    pub kind: Kind,
    pub count: i64,
}

/// Cases that came up from `from` on and before `until`, by origin, ground, state and kind.
pub fn counts(db: &Db, from: Timestamp, until: Timestamp) -> Result<Vec<Count>> {
    db.prepare_cached(
        "select origin, ground, state, kind, count(*) from cases where opened_at >= ? and opened_at < ? \
         group by 1, 2, 3, 4 order by 1, 2, 3, 4",
    )?
    .query_map((from, until), |row| {
        Ok(Count {
            origin: row.get(0)?,
            ground: row.get(1)?,
            state: row.get(2)?,
            kind: row.get(3)?,
            count: row.get(4)?,
        })
    })?
    .collect()
}

/// Half of these cases were held or decided within so many seconds; `None`: none was yet.
pub fn median(db: &Db, from: Timestamp, until: Timestamp) -> Result<Option<i64>> {
    const DONE: &str =
        "from cases where opened_at >= ? and opened_at < ? and coalesce(held_at, decided_at) is not null";
    let count: i64 = db.query_row(&format!("select count(*) {DONE}"), (from, until), |row| row.get(0))?;
    if count == 0 {
        return Ok(None);
    }
    let sql = format!("select coalesce(held_at, decided_at) - opened_at {DONE} order by 1 limit 1 offset ?");
    db.query_row(&sql, params![from, until, (count - 1) / 2], |row| row.get(0)).map(Some)
}

/// Objections of a time by what became of them: the next step of their case that decided, if any.
pub fn objections(db: &Db, from: Timestamp, until: Timestamp) -> Result<Vec<(Option<String>, i64)>> {
    db.prepare_cached(
        "select (select n.what from case_steps n where n.\"case\" = s.\"case\" and n.id > s.id \
         and n.what in ('restore', 'readmit', 'remove', 'limit', 'close') order by n.id limit 1), count(*) \
         from case_steps s where s.what = 'appeal' and s.at >= ? and s.at < ? group by 1 order by 1",
    )?
    .query_map((from, until), |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// How often the pod itself held something, because nobody answered in time or a picture was known.
pub fn held_by_itself(db: &Db, from: Timestamp, until: Timestamp) -> Result<i64> {
    db.query_row(
        "select count(*) from case_steps where what = 'hold' and who = 'pod' and at >= ? and at < ?",
        (from, until),
        |row| row.get(0),
    )
}

/// The time of the first case.
pub fn first(db: &Db) -> Result<Option<Timestamp>> {
    db.query_row("select min(opened_at) from cases", [], |row| row.get(0))
}

/// How many accounts and pods are limited now, by severity.
pub fn limits(db: &Db) -> Result<Vec<(String, i64)>> {
    db.prepare_cached("select severity, count(*) from limits group by 1 order by 1")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
