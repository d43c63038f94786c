//! Pages that the podmin wrote.

use rusqlite::OptionalExtension;

use super::{Db, Result, Tx};

/// Pages there may be, in the order in which they are linked.
pub const NAMES: [&str; 4] = ["about", "terms", "imprint", "contact"];

/// Writes a page; one without text is removed.
pub fn put(tx: &Tx, name: &str, text: &str) -> Result<()> {
    if text.is_empty() {
        tx.execute("delete from pages where name = ?", [name])?;
    } else {
        tx.execute("insert or replace into pages (name, text, edited_at) values (?, ?, ?)", (name, text, tx.now))?;
    }
    Ok(())
}

pub fn get(db: &Db, name: &str) -> Result<Option<String>> {
    db.prepare_cached("select text from pages where name = ?")?.query_row([name], |row| row.get(0)).optional()
}

/// Names of the pages there are, without that for contact, which is always there.
pub fn names(db: &Db) -> Result<Vec<String>> {
    db.prepare_cached("select name from pages where name <> 'contact'")?.query_map([], |row| row.get(0))?.collect()
}
