//! People who live on as others.

use rusqlite::OptionalExtension;

use super::{Db, Result, Tx};
use crate::model::PersonId;

/// Where somebody went.
pub struct Move {
    pub new: PersonId,
    /// Address of the folder of their old photos, if those went along.
    pub photos: Option<String>,
    /// By the new key; standard base64.
    pub signature: String,
}

/// Notes a move; `false` when the old person moved before.
pub fn add(tx: &Tx, old: PersonId, to: &Move) -> Result<bool> {
    let added = tx.execute(
        "insert or ignore into migrations (old, new, photos, signature, received_at) values (?, ?, ?, ?, ?)",
        (old, to.new, &to.photos, &to.signature, tx.now),
    )?;
    Ok(added == 1)
}

/// Where a person went.
pub fn of(db: &Db, old: PersonId) -> Result<Option<Move>> {
    db.prepare_cached("select new, photos, signature from migrations where old = ?")?
        .query_row([old], |row| Ok(Move { new: row.get(0)?, photos: row.get(1)?, signature: row.get(2)? }))
        .optional()
}
