//! What was put into the queues while the clock could not be right: as old as it says, it would be given up at once.

use super::{Db, Result, Tx};
use crate::model::Timestamp;

/// Whether anything in the queues is from before a time.
pub fn any(db: &Db, before: Timestamp) -> Result<bool> {
    db.query_row(
        "select exists (select 1 from outgoing where created_at < :before) \
         or exists (select 1 from mails where made_at < :before)",
        &[(":before", &before)],
        |row| row.get(0),
    )
}

/// Dates all of that now.
pub fn date(tx: &Tx, before: Timestamp) -> Result<()> {
    tx.execute("update outgoing set created_at = ? where created_at < ?", (tx.now, before))?;
    tx.execute("update mails set made_at = ? where made_at < ?", (tx.now, before))?;
    Ok(())
}
