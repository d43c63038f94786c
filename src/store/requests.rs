//! Who asked for an account.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx};
use crate::model::Timestamp;

/// Requests that may wait.
pub const WAITING_MAX: i64 = 200;

/// Somebody who would like to live here.
pub struct Request {
    pub id: i64,
    /// What they would like to be called.
    pub name: String,
    pub email: String,
    pub why: String,
    pub at: Timestamp,
    /// Code of the invitation they were given; `None`: they wait.
    pub code: Option<String>,
}

fn request(row: &Row) -> Result<Request> {
    Ok(Request {
        id: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        why: row.get(3)?,
        at: row.get(4)?,
        code: row.get(5)?,
    })
}

/// Notes a request; `false` when too many wait. Who asked before with the same address asks anew.
pub fn add(tx: &Tx, name: &str, email: &str, why: &str) -> Result<bool> {
    forget_over(tx)?;
    tx.execute("delete from requests where email = ? and code is null", [email])?;
    let added = tx.execute(
        "insert into requests (name, email, why, at) select :name, :email, :why, :now \
         where (select count(*) from requests where code is null) < :max",
        named_params! { ":name": name, ":email": email, ":why": why, ":now": tx.now, ":max": WAITING_MAX },
    )?;
    Ok(added == 1)
}

/// Forgets those whose invitation was used or is over.
fn forget_over(tx: &Tx) -> Result<()> {
    tx.execute(
        "delete from requests where code is not null \
         and not exists (select 1 from invites i where i.code = requests.code and i.uses > 0 and i.until > ?)",
        [tx.now],
    )?;
    Ok(())
}

pub fn get(db: &Db, id: i64) -> Result<Option<Request>> {
    db.query_row("select id, name, email, why, at, code from requests where id = ?", [id], request).optional()
}

/// Those that wait, the oldest first, then those whose invitation is still good.
pub fn list(db: &Db, now: Timestamp) -> Result<Vec<Request>> {
    db.prepare_cached(
        "select id, name, email, why, at, code from requests r where code is null \
         or exists (select 1 from invites i where i.code = r.code and i.uses > 0 and i.until > ?) \
         order by code is not null, id",
    )?
    .query_map([now], request)?
    .collect()
}

/// How many wait.
pub fn count(db: &Db) -> Result<i64> {
    db.query_row("select count(*) from requests where code is null", [], |row| row.get(0))
}

/// They were given an invitation.
pub fn accept(tx: &Tx, id: i64, code: &str) -> Result<()> {
    forget_over(tx)?;
    tx.execute("update requests set code = ? where id = ?", (code, id))?;
    Ok(())
}

pub fn remove(tx: &Tx, id: i64) -> Result<()> {
    tx.execute("delete from requests where id = ?", [id])?;
    Ok(())
}

/// Whether one can ask for an account.
pub fn are_taken(db: &Db) -> Result<bool> {
    db.prepare_cached("select take_requests from pod")?.query_row([], |row| row.get(0))
}

pub fn set_taken(tx: &Tx, taken: bool) -> Result<()> {
    tx.execute("update pod set take_requests = ?", [taken])?;
    Ok(())
}
