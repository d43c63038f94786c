//! Migrations: numbered SQL files, applied in order, guarded by `user_version`.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Db, OpenError};

/// Never edited after a release; a change is a new file at the end.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_first.sql")];

/// The newest schema that this program knows.
pub const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Brings the database to this program's schema. A copy of an old one is kept beside it first.
pub fn run(db: &Db, path: &Path) -> Result<(), OpenError> {
    let failed = |error| OpenError::Sqlite(path.to_owned(), error);
    let (known, found) = (KNOWN, version(db).map_err(failed)?);
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    if found > 0 && found < known {
        let copy = copy_path(path, found);
        keep_copy(db, &copy).map_err(|error| OpenError::Copy(copy, error))?;
    }
    for (number, sql) in (1_i64..).zip(MIGRATIONS).skip(usize::try_from(found).unwrap_or(0)) {
        db.execute_batch(&format!("begin immediate; {sql}; pragma user_version = {number}; commit")).map_err(failed)?;
    }
    Ok(())
}

/// The number of a database's schema.
pub fn version(db: &Connection) -> rusqlite::Result<i64> {
    db.query_row("pragma user_version", [], |row| row.get(0))
}

/// Everything that is declared in a database, in its order.
pub fn schema(db: &Connection) -> rusqlite::Result<Vec<String>> {
    db.prepare("select coalesce(sql, '') from sqlite_schema order by type, name, tbl_name")?
        .query_map([], |row| row.get(0))?
        .collect()
}

/// The same of a database that is made just now.
pub fn schema_of_new(db: &Connection) -> rusqlite::Result<Vec<String>> {
    for sql in MIGRATIONS {
        db.execute_batch(sql)?;
    }
    schema(db)
}

fn copy_path(path: &Path, version: i64) -> PathBuf {
    path.with_extension(format!("before-{}.db", version + 1))
}

fn keep_copy(db: &Db, copy: &Path) -> rusqlite::Result<()> {
    if copy.exists() {
        return Ok(());
    }
    db.backup("main", copy, None::<fn(rusqlite::backup::Progress)>)
}

#[cfg(test)]
mod tests {
    use crate::store::{OpenError, Store};

    #[test]
    fn a_new_file_gets_the_whole_schema_and_an_open_again_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.db");
        for _ in 0..2 {
            let store = Store::open(&path).expect("opens");
            let tables: i64 = store
                .read::<_, rusqlite::Error>(|db| db.query_row("select count(*) from people", [], |row| row.get(0)))
                .expect("reads");
            assert_eq!(tables, 0);
        }
    }

    #[test]
    fn a_file_of_a_newer_program_is_refused_untouched() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.db");
        drop(Store::open(&path).expect("opens"));
        rusqlite::Connection::open(&path).expect("opens").execute_batch("pragma user_version = 999").expect("writes");
        assert!(matches!(Store::open(&path), Err(OpenError::Newer { found: 999, .. })));
    }
}
