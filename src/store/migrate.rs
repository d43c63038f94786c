//! Migrations: numbered SQL files, applied in order, guarded by `user_version`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Db, OpenError};

/// Never edited after a release; a change is a new file at the end.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/0001_first.sql")];

/// The newest schema that this program knows.
pub const KNOWN: i64 = MIGRATIONS.len() as i64;

/// Brings the database to this program's schema. A copy of an old one is kept beside it first.
pub fn run(db: &Db, path: &Path) -> Result<(), OpenError> {
    bring(db, path, &MIGRATIONS)
}

fn bring(db: &Db, path: &Path, migrations: &[&str]) -> Result<(), OpenError> {
    let failed = |error| OpenError::Sqlite(path.to_owned(), error);
    let (known, found) = (migrations.len() as i64, version(db).map_err(failed)?);
    if found > known {
        return Err(OpenError::Newer { path: path.to_owned(), found, known });
    }
    if found > 0 && found < known {
        let copy = copy_path(path, found);
        keep_copy(db, &copy).map_err(|error| OpenError::Copy(copy, error))?;
    }
    for (number, sql) in (1_i64..).zip(migrations).skip(usize::try_from(found).unwrap_or(0)) {
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

/// Copies the database as it is now: an older copy may be half of one, or of a day long gone.
fn keep_copy(db: &Db, copy: &Path) -> io::Result<()> {
    let unfinished = copy.with_extension("part");
    let remove = || match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    remove()?;
    let finish = || {
        db.backup("main", &unfinished, None::<fn(rusqlite::backup::Progress)>).map_err(io::Error::other)?;
        File::open(&unfinished)?.sync_all()?;
        fs::rename(&unfinished, copy)
    };
    // Half a copy only takes room that is wanting.
    finish().inspect_err(|_| drop(remove()))?;
    copy.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const NEXT: [&str; 2] = [MIGRATIONS[0], "create table next (a)"];

    /// A database of this schema with some words in it, as the next program opens it.
    fn old(path: &Path) -> Db {
        drop(Store::open(path).expect("opens"));
        let db = Db(Connection::open(path).expect("opens"));
        db.execute_batch("create table diary (text); insert into diary values ('old')").expect("writes");
        db
    }

    fn words(path: &Path) -> String {
        let db = Connection::open(path).expect("opens");
        assert_eq!(version(&db), Ok(1));
        db.query_row("select text from diary", [], |row| row.get(0)).expect("they are there")
    }

    #[test]
    fn an_old_file_is_copied_as_it_is_before_it_is_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.db");
        let db = old(&path);
        let copy = copy_path(&path, 1);
        // What a power cut, and an attempt of long ago, left.
        fs::write(copy.with_extension("part"), "SQLite format 3\0 and then nothing").expect("writes");
        fs::write(&copy, "of long ago").expect("writes");
        bring(&db, &path, &NEXT).expect("migrates");
        assert_eq!(version(&db), Ok(2));
        assert_eq!(words(&copy), "old");
        assert!(!copy.with_extension("part").exists());
    }

    #[test]
    fn a_file_whose_migration_fails_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.db");
        let db = old(&path);
        let failed = bring(&db, &path, &[MIGRATIONS[0], "create table next (a); insert into nowhere values (1)"]);
        assert!(matches!(failed, Err(OpenError::Sqlite(..))));
        drop(db);
        assert_eq!((words(&path).as_str(), words(&copy_path(&path, 1)).as_str()), ("old", "old"));
    }

    #[test]
    fn a_file_that_cannot_be_copied_is_not_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.db");
        let db = old(&path);
        fs::create_dir(copy_path(&path, 1)).expect("something is in the way");
        let failed = bring(&db, &path, &NEXT);
        assert!(matches!(failed, Err(OpenError::Copy(..))));
        assert!(!copy_path(&path, 1).with_extension("part").exists(), "half a copy is left");
        drop(db);
        assert_eq!(words(&path), "old");
    }

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
