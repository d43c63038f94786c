//! The leaves of the log of steps, and what is kept of the tree over them. Rows are only added; a text may be dropped.

use rusqlite::{OptionalExtension, Row};

use super::{Db, Result, Tx, Work};
use crate::model::CaseId;

/// A leaf.
pub struct Leaf {
    /// From 0.
    pub index: u64,
    /// `None`: dropped.
    pub text: Option<String>,
    pub hash: [u8; 32],
}

pub fn add(tx: &Tx, index: u64, case: CaseId, text: &str, hash: &[u8; 32]) -> Result<()> {
    tx.leaves(Work::Cases);
    tx.execute(
        "insert into steps (seq, \"case\", leaf, hash) values (?, ?, ?, ?)",
        (index.cast_signed(), case, text, hash),
    )?;
    Ok(())
}

/// Size and full subtrees of the tree; `None` before the first leaf.
pub fn range(db: &Db) -> Result<Option<(u64, Vec<u8>)>> {
    let range = |row: &Row| Ok((number(row)?, row.get(1)?));
    db.query_row("select size, peaks from steps_tree", [], range).optional()
}

pub fn set_range(tx: &Tx, size: u64, peaks: &[u8]) -> Result<()> {
    tx.execute("replace into steps_tree (id, size, peaks) values (1, ?, ?)", (size.cast_signed(), peaks))?;
    Ok(())
}

/// Drops what a leaf says.
pub fn drop_text(tx: &Tx, index: u64) -> Result<()> {
    tx.execute("update steps set leaf = null where seq = ?", [index.cast_signed()])?;
    Ok(())
}

/// The hashes of all leaves.
pub fn hashes(db: &Db) -> Result<Vec<[u8; 32]>> {
    db.prepare_cached("select hash from steps order by seq")?.query_map([], |row| row.get(0))?.collect()
}

/// Leaves from `start` on.
pub fn page(db: &Db, start: u64, limit: u32) -> Result<Vec<Leaf>> {
    let leaf = |row: &Row| Ok(Leaf { index: number(row)?, text: row.get(1)?, hash: row.get(2)? });
    db.prepare_cached("select seq, leaf, hash from steps where seq >= ? order by seq limit ?")?
        .query_map((start.cast_signed(), limit), leaf)?
        .collect()
}

/// The texts of a case's leaves that were not dropped, with their places.
pub fn of_case(db: &Db, case: CaseId) -> Result<Vec<(u64, String)>> {
    db.prepare_cached("select seq, leaf from steps where \"case\" = ? and leaf is not null order by seq")?
        .query_map([case], |row| Ok((number(row)?, row.get(1)?)))?
        .collect()
}

/// SQLite counts with a sign; these columns are never below 0.
fn number(row: &Row) -> Result<u64> {
    row.get(0).map(i64::cast_unsigned)
}
