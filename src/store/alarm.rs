//! Where the podmin's telephone is rung, and when it is.

use rusqlite::OptionalExtension;

use super::{Db, Result, Tx, Work};
use crate::model::Timestamp;

/// Where the telephone is rung, and how that went.
#[derive(Clone, Debug, Default)]
pub struct Alarm {
    pub url: Option<String>,
    /// When it is rung next; `None`: nothing is new.
    pub due: Option<Timestamp>,
    /// How often that was tried in vain.
    pub tries: u32,
    /// When it was rung the last time, or tried.
    pub at: Option<Timestamp>,
    /// Why that did not work; empty: it did.
    pub error: String,
}

pub fn get(db: &Db) -> Result<Alarm> {
    let found = db
        .prepare_cached("select alarm_url, alarm_due, alarm_tries, alarm_at, alarm_error from pod")?
        .query_row([], |row| {
            Ok(Alarm { url: row.get(0)?, due: row.get(1)?, tries: row.get(2)?, at: row.get(3)?, error: row.get(4)? })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Sets where it is rung.
pub fn set_url(tx: &Tx, url: Option<&str>) -> Result<()> {
    tx.execute(
        "update pod set alarm_url = ?, alarm_due = null, alarm_tries = 0, alarm_at = null, alarm_error = ''",
        [url],
    )?;
    Ok(())
}

/// It is rung at a time, when it is rung at all and not before.
pub fn raise(tx: &Tx, at: Timestamp) -> Result<()> {
    tx.leaves(Work::Cases);
    tx.execute(
        "update pod set alarm_due = min(coalesce(alarm_due, ?1), ?1), alarm_tries = 0 where alarm_url is not null",
        [at],
    )?;
    Ok(())
}

/// It was rung, or that did not work and is tried again.
pub fn told(tx: &Tx, error: &str, again: Option<Timestamp>) -> Result<()> {
    tx.execute(
        "update pod set alarm_at = ?1, alarm_error = ?2, alarm_due = ?3, alarm_tries = iif(?3 is null, 0, alarm_tries + 1)",
        (tx.now, error, again),
    )?;
    Ok(())
}
