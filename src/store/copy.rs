//! A copy of the database file for a backup, and the examination of one that comes back from a backup.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::{OpenError, Result, Store, migrate};

/// Writes the database as it is at one moment into an empty file, while others read and write it. Nothing is left in
/// the copy of what was deleted. The pod's base address, and the number of the schema.
pub fn take(path: &Path, to: &Path) -> std::result::Result<(String, i64), OpenError> {
    let failed = |error| OpenError::Sqlite(path.to_owned(), error);
    let db = open(path).map_err(failed)?;
    let found = migrate::version(&db).map_err(failed)?;
    if found > migrate::KNOWN {
        return Err(OpenError::Newer { path: path.to_owned(), found, known: migrate::KNOWN });
    }
    let url = db.query_row("select url from pod", [], |row| row.get(0)).map_err(failed)?;
    db.execute("vacuum into ?", [to.to_string_lossy()]).map_err(failed)?;
    Ok((url, found))
}

/// Reads a database that came from elsewhere from end to end and says what is wrong with it; it becomes one of this
/// program's schema.
pub fn examine(path: &Path) -> std::result::Result<Vec<String>, OpenError> {
    let failed = |error| OpenError::Sqlite(path.to_owned(), error);
    let store = Store::open(path)?;
    let mut findings = store.read(super::checks::findings).map_err(failed)?;
    let ours = Connection::open_in_memory().and_then(|db| migrate::schema_of_new(&db)).map_err(failed)?;
    if store.read(|db| migrate::schema(db)).map_err(failed)? != ours {
        findings.push("its tables are not those of a pod".to_owned());
    }
    store.fold().map_err(failed)?;
    Ok(findings)
}

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(Duration::from_secs(10))?;
    db.pragma_update(None, "temp_store", "memory")?;
    Ok(db)
}
