//! The vault: what law says must be kept of what was removed, encrypted for a key that is not here.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, Work};
use crate::model::{CaseId, Timestamp};

/// The public half of the recovery key (`age1…`); `None`: none was made yet.
pub fn recipient(db: &Db) -> Result<Option<String>> {
    db.query_row("select vault from pod", [], |row| row.get(0)).optional().map(Option::flatten)
}

pub fn set_recipient(tx: &Tx, recipient: &str) -> Result<()> {
    tx.execute("update pod set vault = ?", [recipient])?;
    Ok(())
}

/// A file of the vault.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Of the file.
    pub name: String,
    pub case: CaseId,
    /// The picture whose copy it is to be; `None`: it is, or it is none.
    pub source: Option<String>,
    pub bytes: u64,
    pub kept_at: Timestamp,
    /// When it is destroyed.
    pub until: Timestamp,
}

fn kept(row: &Row) -> Result<Kept> {
    Ok(Kept {
        name: row.get(0)?,
        case: row.get(1)?,
        source: row.get(2)?,
        bytes: row.get::<_, i64>(3)?.unsigned_abs(),
        kept_at: row.get(4)?,
        until: row.get(5)?,
    })
}

const COLUMNS: &str = "name, \"case\", source, bytes, kept_at, until";

/// Keeps an encrypted text (`body`), or a picture that is encrypted before it goes (`source`).
pub fn add(
    tx: &Tx,
    name: &str,
    case: CaseId,
    body: Option<&[u8]>,
    source: Option<&str>,
    until: Timestamp,
) -> Result<()> {
    tx.leaves(Work::Cases);
    tx.execute(
        "insert or ignore into kept (name, \"case\", body, source, kept_at, until) values (:name, :case, :body, :source, :now, :until)",
        named_params! { ":name": name, ":case": case, ":body": body, ":source": source, ":now": tx.now, ":until": until },
    )?;
    Ok(())
}

/// What is not a file yet: the next one, with its body when it is a text.
pub fn unwritten(db: &Db) -> Result<Option<(Kept, Option<Vec<u8>>)>> {
    db.query_row(
        &format!(
            "select {COLUMNS}, body from kept where body is not null or source is not null order by kept_at, name limit 1"
        ),
        [],
        |row| Ok((kept(row)?, row.get(6)?)),
    )
    .optional()
}

/// It is a file now, of so many bytes.
pub fn written(tx: &Tx, name: &str, bytes: u64) -> Result<()> {
    tx.execute("update kept set body = null, source = null, bytes = ? where name = ?", (bytes.cast_signed(), name))?;
    Ok(())
}

/// Files whose time is over.
pub fn over(db: &Db, now: Timestamp) -> Result<Vec<Kept>> {
    let mut rows = db.prepare_cached(&format!("select {COLUMNS} from kept where until <= ? order by until"))?;
    rows.query_map([now], kept)?.collect()
}

/// It is destroyed, or was never written.
pub fn remove(tx: &Tx, name: &str) -> Result<()> {
    tx.execute("delete from kept where name = ?", [name])?;
    Ok(())
}

pub fn get(db: &Db, name: &str) -> Result<Option<Kept>> {
    db.prepare_cached(&format!("select {COLUMNS} from kept where name = ?"))?.query_row([name], kept).optional()
}

/// It is destroyed later.
pub fn set_until(tx: &Tx, name: &str, until: Timestamp) -> Result<()> {
    tx.execute("update kept set until = ? where name = ?", (until, name))?;
    Ok(())
}

pub fn has(db: &Db, name: &str) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from kept where name = ?)")?.query_row([name], |row| row.get(0))
}

/// Files that are kept, the first to go first; so many at the most.
pub fn list(db: &Db, limit: u32) -> Result<Vec<Kept>> {
    let mut rows = db.prepare_cached(&format!("select {COLUMNS} from kept order by until, name limit ?"))?;
    rows.query_map([limit], kept)?.collect()
}
