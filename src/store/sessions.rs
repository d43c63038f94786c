//! Who is signed in where. Only the hash of a token is stored.

use rusqlite::{OptionalExtension, named_params};

use super::{Db, Result, Tx, residents};
use crate::model::{Timestamp, UserId};

/// A session that nobody used for this long is over, in seconds.
pub const IDLE_MAX: i64 = 30 * 86_400;

/// A session as its user sees it.
pub struct Listed {
    /// As it is stored: nobody can sign in with it.
    pub token: Vec<u8>,
    pub created_at: Timestamp,
    /// To the day.
    pub seen_at: Timestamp,
    pub browser: String,
}

/// `browser`: what it calls itself, shortened.
pub fn add(tx: &Tx, token: &[u8], user: UserId, browser: &str) -> Result<()> {
    tx.execute(
        "insert into sessions (token, user, browser, created_at, seen_at) values (:token, :user, :browser, :now, :now)",
        named_params! { ":token": token, ":user": user, ":browser": browser, ":now": tx.now },
    )?;
    residents::seen(tx, user)
}

/// A user's sessions, the newest first.
pub fn of_user(db: &Db, user: UserId, now: Timestamp) -> Result<Vec<Listed>> {
    db.prepare_cached(
        "select token, created_at, seen_at, browser from sessions where user = ? and seen_at > ? order by created_at desc, token",
    )?
    .query_map((user, now.plus(-IDLE_MAX)), |row| {
        Ok(Listed { token: row.get(0)?, created_at: row.get(1)?, seen_at: row.get(2)?, browser: row.get(3)? })
    })?
    .collect()
}

/// Whose session it is and when it was last noted as used.
pub fn get(db: &Db, token: &[u8], now: Timestamp) -> Result<Option<(UserId, Timestamp)>> {
    db.prepare_cached("select user, seen_at from sessions where token = ? and seen_at > ?")?
        .query_row((token, now.plus(-IDLE_MAX)), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Notes that a user's session is in use.
pub fn seen(tx: &Tx, user: UserId, token: &[u8]) -> Result<()> {
    tx.execute("update sessions set seen_at = ? where token = ?", (tx.now, token))?;
    residents::seen(tx, user)
}

pub fn remove(tx: &Tx, token: &[u8]) -> Result<()> {
    tx.execute("delete from sessions where token = ?", [token])?;
    Ok(())
}

/// Ends one session of a user.
pub fn remove_of(tx: &Tx, user: UserId, token: &[u8]) -> Result<()> {
    tx.execute("delete from sessions where user = ? and token = ?", (user, token))?;
    Ok(())
}

/// Ends all sessions of a user but one; no browser is known any more.
pub fn remove_others(tx: &Tx, user: UserId, kept: &[u8]) -> Result<()> {
    tx.execute("delete from sessions where user = ? and token <> ?", (user, kept))?;
    tx.execute("update users set ended = ended + 1 where id = ?", [user])?;
    Ok(())
}

/// How often that was done to a user.
pub fn ended(db: &Db, user: UserId) -> Result<i64> {
    db.prepare_cached("select ended from users where id = ?")?.query_row([user], |row| row.get(0))
}

/// Whether there are sessions to sweep out; asked first, so that an idle pod writes nothing.
pub fn any_over(db: &Db, now: Timestamp) -> Result<bool> {
    db.query_row("select exists (select 1 from sessions where seen_at <= ?)", [now.plus(-IDLE_MAX)], |row| row.get(0))
}

pub fn remove_over(tx: &Tx) -> Result<()> {
    tx.execute("delete from sessions where seen_at <= ?", [tx.now.plus(-IDLE_MAX)])?;
    Ok(())
}
