//! Who lives here, as the podmin sees them: since when, last seen, locked, held.

use rusqlite::Row;

use super::{Db, Result, Tx};
use crate::model::{Handle, Timestamp, UserId};

/// Accounts on a page.
pub const PAGE: i64 = 50;

/// An open account.
pub struct Resident {
    pub id: UserId,
    pub name: String,
    pub handle: Handle,
    pub guid: String,
    pub podmin: bool,
    /// Nobody can sign in with it.
    pub locked: bool,
    /// The podmin holds it in a case.
    pub held: bool,
    pub created_at: Timestamp,
    /// To the day; `None`: never signed in.
    pub seen_at: Option<Timestamp>,
    /// Whether mails about a forgotten password can go somewhere.
    pub mail: bool,
}

fn resident(row: &Row) -> Result<Resident> {
    Ok(Resident {
        id: row.get(0)?,
        name: row.get(1)?,
        handle: row.get(2)?,
        guid: row.get(3)?,
        podmin: row.get(4)?,
        locked: row.get(5)?,
        held: row.get(6)?,
        created_at: row.get(7)?,
        seen_at: row.get(8)?,
        mail: row.get(9)?,
    })
}

/// A page of open accounts after a row, the oldest first, one more than a page when there are more.
pub fn list(db: &Db, after: UserId) -> Result<Vec<Resident>> {
    db.prepare_cached(
        "select u.id, u.name, p.handle, p.guid, u.podmin, u.locked_at is not null, \
         exists (select 1 from curbs x where x.person = u.person and x.how = 'hidden'), u.created_at, u.seen_at, \
         u.email is not null from users u join people p on p.id = u.person \
         where u.closed_at is null and u.id > ? order by u.id limit ?",
    )?
    .query_map((after, PAGE + 1), resident)?
    .collect()
}

/// Locks an account, or opens it again.
pub fn set_locked(tx: &Tx, id: UserId, locked: bool) -> Result<()> {
    tx.execute("update users set locked_at = ? where id = ?", (locked.then_some(tx.now), id))?;
    Ok(())
}

/// Notes that somebody is there.
pub fn seen(tx: &Tx, id: UserId) -> Result<()> {
    tx.execute("update users set seen_at = ? where id = ?", (tx.now, id))?;
    Ok(())
}
