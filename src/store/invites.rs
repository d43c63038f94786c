//! Links by which the podmin lets people move in.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx};
use crate::model::{Timestamp, UserId};

/// A link that is still good.
pub struct Invite {
    /// What stands in the link.
    pub code: String,
    pub inviter: UserId,
    /// How many may still use it.
    pub uses: i64,
    pub until: Timestamp,
}

const COLUMNS: &str = "code, inviter, uses, until";

fn invite(row: &Row) -> Result<Invite> {
    Ok(Invite { code: row.get(0)?, inviter: row.get(1)?, uses: row.get(2)?, until: row.get(3)? })
}

/// Adds a link, and removes those that are over.
pub fn add(tx: &Tx, new: &Invite) -> Result<()> {
    tx.execute("delete from invites where uses = 0 or until <= ?", [tx.now])?;
    tx.execute(
        "insert into invites (code, inviter, uses, until) values (:code, :inviter, :uses, :until)",
        named_params! { ":code": new.code, ":inviter": new.inviter, ":uses": new.uses, ":until": new.until },
    )?;
    Ok(())
}

/// A link that is still good.
pub fn get(db: &Db, code: &str, now: Timestamp) -> Result<Option<Invite>> {
    let sql = format!("select {COLUMNS} from invites where code = ? and uses > 0 and until > ?");
    db.prepare_cached(&sql)?.query_row((code, now), invite).optional()
}

/// All links that are still good, the newest first.
pub fn all(db: &Db, now: Timestamp) -> Result<Vec<Invite>> {
    let sql = format!("select {COLUMNS} from invites where uses > 0 and until > ? order by until desc, code");
    db.prepare_cached(&sql)?.query_map([now], invite)?.collect()
}

/// Somebody moved in by the link.
pub fn used(tx: &Tx, code: &str) -> Result<()> {
    tx.execute("update invites set uses = uses - 1 where code = ?", [code])?;
    Ok(())
}

pub fn remove(tx: &Tx, code: &str) -> Result<()> {
    tx.execute("delete from invites where code = ?", [code])?;
    Ok(())
}
