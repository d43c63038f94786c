//! Who is signed in where. Only the hash of a token is stored.

use rusqlite::{OptionalExtension, named_params};

use super::{Db, Result, Tx};
use crate::model::{Timestamp, UserId};

/// A session that nobody used for this long is over, in seconds.
pub const IDLE_MAX: i64 = 30 * 86_400;

pub fn add(tx: &Tx, token: &[u8], user: UserId) -> Result<()> {
    tx.execute(
        "insert into sessions (token, user, created_at, seen_at) values (:token, :user, :now, :now)",
        named_params! { ":token": token, ":user": user, ":now": tx.now },
    )?;
    Ok(())
}

/// Whose session it is and when it was last noted as used.
pub fn get(db: &Db, token: &[u8], now: Timestamp) -> Result<Option<(UserId, Timestamp)>> {
    db.prepare_cached("select user, seen_at from sessions where token = ? and seen_at > ?")?
        .query_row((token, now.plus(-IDLE_MAX)), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Notes that the session is in use.
pub fn seen(tx: &Tx, token: &[u8]) -> Result<()> {
    tx.execute("update sessions set seen_at = ? where token = ?", (tx.now, token))?;
    Ok(())
}

pub fn remove(tx: &Tx, token: &[u8]) -> Result<()> {
    tx.execute("delete from sessions where token = ?", [token])?;
    Ok(())
}

/// Ends all sessions of a user but one.
pub fn remove_others(tx: &Tx, user: UserId, kept: &[u8]) -> Result<()> {
    tx.execute("delete from sessions where user = ? and token <> ?", (user, kept))?;
    Ok(())
}

/// Whether there are sessions to sweep out; asked first, so that an idle pod writes nothing.
pub fn any_over(db: &Db, now: Timestamp) -> Result<bool> {
    db.query_row("select exists (select 1 from sessions where seen_at <= ?)", [now.plus(-IDLE_MAX)], |row| row.get(0))
}

pub fn remove_over(tx: &Tx) -> Result<()> {
    tx.execute("delete from sessions where seen_at <= ?", [tx.now.plus(-IDLE_MAX)])?;
    Ok(())
}
