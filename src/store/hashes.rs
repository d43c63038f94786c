//! What pictures are known by: those of people here as long as they lie in the folder, and those of other pods that were
//! shown lately.

use rusqlite::{OptionalExtension, Row};

use super::{Db, Result, Tx, json_list};
use crate::model::picture::Hash;
use crate::model::{Hashes, Pdq};

/// Pictures of other pods at the most; the oldest are forgotten.
const PROXIED_MAX: i64 = 20_000;

/// From a row with `sha256, pdq, quality`.
fn hashes(row: &Row) -> Result<Hashes> {
    let (look, quality): (Option<Hash>, Option<u8>) = (row.get(1)?, row.get(2)?);
    Ok(Hashes { sha256: row.get(0)?, pdq: look.zip(quality).map(|(hash, quality)| Pdq { hash, quality }) })
}

/// Keeps what a picture of somebody here is known by: the file that was brought, and the one that is shown.
pub fn add(tx: &Tx, name: &str, brought: &Hashes, shown: &Hashes) -> Result<()> {
    for (form, known) in [("brought", brought), ("shown", shown)] {
        tx.prepare_cached(
            "insert or ignore into picture_hashes (name, form, sha256, pdq, quality) values (?, ?, ?, ?, ?)",
        )?
        .execute((
            name,
            form,
            known.sha256,
            known.pdq.map(|pdq| pdq.hash),
            known.pdq.map(|pdq| pdq.quality),
        ))?;
    }
    Ok(())
}

/// What a picture of somebody here is known by.
pub fn of(db: &Db, name: &str) -> Result<Vec<Hashes>> {
    db.prepare_cached("select sha256, pdq, quality from picture_hashes where name = ?")?
        .query_map([name], hashes)?
        .collect()
}

/// These pictures were removed.
pub fn forget(tx: &Tx, names: &[String]) -> Result<()> {
    tx.execute("delete from picture_hashes where name in (select value from json_each(?))", [json_list(names)])?;
    Ok(())
}

/// What the picture at an address was known by when it was shown last; addresses are known by their SHA-256.
pub fn proxied(db: &Db, address: &Hash) -> Result<Option<Hashes>> {
    db.prepare_cached("select sha256, pdq, quality from proxied_hashes where address = ?")?
        .query_row([address], hashes)
        .optional()
}

/// Keeps what pictures of other pods are known by.
pub fn add_proxied(tx: &Tx, new: &[(Hash, Hashes)]) -> Result<()> {
    for (address, known) in new {
        tx.prepare_cached("insert or replace into proxied_hashes (address, sha256, pdq, quality) values (?, ?, ?, ?)")?
            .execute((address, known.sha256, known.pdq.map(|pdq| pdq.hash), known.pdq.map(|pdq| pdq.quality)))?;
    }
    tx.execute("delete from proxied_hashes where id <= (select max(id) from proxied_hashes) - ?", [PROXIED_MAX])?;
    Ok(())
}
