//! People who live on as others.

use super::{Result, Tx};
use crate::model::PersonId;

/// Notes a move; `false` when the old person moved before.
pub fn add(tx: &Tx, old: PersonId, new: PersonId, photos: Option<&str>) -> Result<bool> {
    let added = tx.execute(
        "insert or ignore into migrations (old, new, photos, received_at) values (?, ?, ?, ?)",
        (old, new, photos, tx.now),
    )?;
    Ok(added == 1)
}
