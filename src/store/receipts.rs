//! Receipts of cases, as they were signed.

use rusqlite::OptionalExtension;

use super::{Db, Result, Tx};
use crate::model::CaseId;

/// Keeps the receipt of a case instead of an older one.
pub fn set(tx: &Tx, case: CaseId, text: &str) -> Result<()> {
    tx.execute("replace into receipts (\"case\", made_at, text) values (?, ?, ?)", (case, tx.now, text))?;
    Ok(())
}

/// The receipt of a case.
pub fn get(db: &Db, case: CaseId) -> Result<Option<String>> {
    db.prepare_cached("select text from receipts where \"case\" = ?")?.query_row([case], |row| row.get(0)).optional()
}
