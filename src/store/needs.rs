//! What must be fetched from other pods: a queue on disk, each thing once.

use rusqlite::named_params;

use super::{Db, Result, Tx};
use crate::model::Timestamp;

/// Things that may wait to be fetched; more are not noted.
const ROWS_MAX: i64 = 10_000;

/// Notes that something is needed; what is noted already stays as it is.
pub fn add(tx: &Tx, need: &str) -> Result<()> {
    tx.prepare_cached(
        "insert into needs (need, created_at, due) select :need, :now, :now \
         where (select count(*) from needs) < :max on conflict do nothing",
    )?
    .execute(named_params! { ":need": need, ":now": tx.now, ":max": ROWS_MAX })?;
    Ok(())
}

/// What is due, without what is in hand (a JSON list), with the number of times it was tried. What was never tried
/// goes first, of that the newest: a heap of what cannot be had holds nobody up.
pub fn due(db: &Db, now: Timestamp, in_hand: &str, limit: u32) -> Result<Vec<(String, u32)>> {
    db.prepare_cached(
        "select need, attempts from needs where due <= :now and need not in (select value from json_each(:in_hand)) \
         order by attempts, due desc limit :limit",
    )?
    .query_map(named_params! { ":now": now, ":in_hand": in_hand, ":limit": limit }, |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?
    .collect()
}

/// When the next thing is due.
pub fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    db.query_row("select min(due) from needs", [], |row| row.get(0))
}

/// How often a thing was tried in vain; `None` when nobody needs it.
pub fn attempts(db: &Db, need: &str) -> Result<Option<u32>> {
    use rusqlite::OptionalExtension;
    db.query_row("select attempts from needs where need = ?", [need], |row| row.get(0)).optional()
}

/// It is here, or will never be.
pub fn done(tx: &Tx, need: &str) -> Result<()> {
    tx.execute("delete from needs where need = ?", [need])?;
    Ok(())
}

/// It is tried again at a time.
pub fn later(tx: &Tx, need: &str, due: Timestamp) -> Result<()> {
    tx.execute("update needs set due = ?, attempts = attempts + 1 where need = ?", (due, need))?;
    Ok(())
}
