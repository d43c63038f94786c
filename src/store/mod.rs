//! All SQL. One SQLite file; many readers, one writer, commits shared between concurrent deeds.

mod columns;
mod lists;
mod migrate;
mod write;

pub mod accounts;
pub mod addresses;
pub mod alarm;
pub mod aspects;
pub mod audience;
pub mod bank;
pub mod cases;
pub mod census;
pub mod checks;
pub mod comments;
pub mod contacts;
pub mod conversations;
pub mod copy;
pub mod curbs;
pub mod directory;
pub mod events;
pub mod exports;
pub mod figures;
pub mod hashes;
pub mod held;
pub mod imports;
pub mod inbox;
pub mod invites;
pub mod likes;
pub mod limits;
pub mod links;
pub mod mails;
pub mod migrations;
pub mod muted;
pub mod needs;
pub mod notices;
pub mod outbox;
pub mod pages;
pub mod participations;
pub mod people;
pub mod photos;
pub mod pod;
pub mod pods;
pub mod polls;
pub mod posts;
pub mod put_off;
pub mod receipts;
pub mod repair;
pub mod reports;
pub mod requests;
pub mod residents;
pub mod retention;
pub mod search;
pub mod second_steps;
pub mod sessions;
pub mod settings;
pub mod shown;
pub mod steps;
pub mod stream;
pub mod tags;
pub mod targets;
pub mod tombstones;
pub mod trouble;
pub mod undated;
pub mod vault;
pub mod visible;
pub mod yearly;

use std::cell::Cell;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Params, Row};

use crate::model::Timestamp;
use crate::sync::lock;
use write::Writer;

pub use lists::json_list;
pub use rusqlite::Error;
pub type Result<T> = std::result::Result<T, Error>;

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("database {}: {}{}", .0.display(), .1, trouble::advised(.1))]
    Sqlite(PathBuf, Error),
    #[error(
        "database {path}: it was written by a newer pappus (schema {found}, this program knows {known}); install that version again"
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error(
        "database {0}: could not keep a copy before upgrading it: {1}; it needs as much room as the database takes"
    )]
    Copy(PathBuf, std::io::Error),
}

/// The database. Shared by all threads.
pub struct Store {
    path: PathBuf,
    readers: Mutex<Readers>,
    /// Rings when a reader is idle again.
    idle: Condvar,
    /// Readers kept the log from being folded in when it was to be.
    unfolded: AtomicBool,
    /// Closed after the readers, so that the last connection is one that can fold the log in and remove it.
    writer: Writer,
}

/// Connections that read.
#[derive(Default)]
struct Readers {
    idle: Vec<Db>,
    /// How many there are, with those in use.
    open: usize,
}

/// A connection that reads.
pub struct Db(Connection);

/// A running transaction: reads and writes, and carries the time that everything in it happens at.
pub struct Tx<'a> {
    db: &'a Db,
    pub now: Timestamp,
    left: Left,
}

/// Work that a deed can leave for those who work by themselves.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Messages that can be taken in now.
    Inbox,
    /// Things to fetch.
    Needs,
    Outbox,
    /// Key pairs to make.
    Keys,
    Mail,
    Cases,
    Census,
    Imports,
}

/// What a deed left: a bit for each kind.
#[derive(Clone, Default)]
pub struct Left(Cell<u8>);

impl Left {
    pub fn has(&self, work: Work) -> bool {
        self.0.get() & (1 << work as u8) != 0
    }
}

/// Read connections that are kept, one for each who answers requests: each holds the schema and a page cache, and takes
/// longer to open than most reads.
const READERS_KEPT: usize = 4;

/// How long a read waits for one of them before it opens another for itself: nobody is held up by a long one.
const READERS_WAIT: Duration = Duration::from_millis(20);

/// Changed pages that the log holds before it is folded into the file: with their heads just below its limit.
const LOG_PAGES: u32 = 4_000;

/// Page cache of a connection, in KiB.
const CACHE_KIB: i64 = 512;

/// How long readers are waited for when the log is folded in: nothing is written meanwhile.
const FOLD_WAIT: Duration = Duration::from_millis(200);

/// Statements that a connection keeps ready.
const STATEMENTS: usize = 64;

impl Store {
    /// Opens the database file, makes it when it is new, upgrades it when it is old.
    pub fn open(path: &Path) -> std::result::Result<Store, OpenError> {
        let failed = |error| OpenError::Sqlite(path.to_owned(), error);
        let connection = Connection::open(path).map_err(failed)?;
        // A post changes about ten pages; small ones spare the flash, and so does a log that many of them share before it
        // is folded into the file: what they changed together is written once.
        connection.pragma_update(None, "page_size", 1024).map_err(failed)?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES).map_err(failed)?;
        connection.pragma_update(None, "journal_mode", "wal").map_err(failed)?;
        connection.pragma_update(None, "synchronous", "full").map_err(failed)?;
        connection.pragma_update(None, "journal_size_limit", 4 << 20).map_err(failed)?;
        connection.pragma_update(None, "secure_delete", true).map_err(failed)?;
        let db = configured(connection).map_err(failed)?;
        migrate::run(&db, path)?;
        Ok(Store {
            path: path.to_owned(),
            writer: Writer::new(db),
            readers: Mutex::default(),
            idle: Condvar::default(),
            unfolded: AtomicBool::new(false),
        })
    }

    /// Reads from one consistent picture of the database.
    pub fn read<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Db) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        let db = self.reader()?;
        db.execute("begin", [])?;
        let result = f(&db);
        let ended = db.execute("commit", []);
        // What went wrong in it says more than that it is over.
        let value = result?;
        ended?;
        Ok(value)
    }

    /// Runs a deed in a transaction of its own, which shares its commit with the deeds that arrive meanwhile.
    /// When this returns `Ok`, the deed is on the disk; when it returns an error, nothing of it is.
    pub fn write<T, E: From<Error>>(
        &self,
        now: Timestamp,
        f: impl FnOnce(&Tx) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.writer.write(now, f)
    }

    /// Folds the log into the database file and empties it, so that nothing that was deleted is left beside the file.
    /// Readers that are at work just then keep it until `fold_again`.
    pub fn fold(&self) -> Result<()> {
        let db = configured(Connection::open(&self.path)?)?;
        db.busy_timeout(FOLD_WAIT)?;
        let kept = db.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get(0))?;
        self.unfolded.store(kept, Ordering::Relaxed);
        Ok(())
    }

    /// Folds the log in if readers kept it when it was to be.
    pub fn fold_again(&self) -> Result<()> {
        if self.unfolded.load(Ordering::Relaxed) { self.fold() } else { Ok(()) }
    }

    /// Where the database file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn reader(&self) -> Result<Reader<'_>> {
        let all_in_use = |readers: &mut Readers| readers.idle.is_empty() && readers.open >= READERS_KEPT;
        let waited = self.idle.wait_timeout_while(self.lock_readers(), READERS_WAIT, all_in_use);
        let (mut readers, _) = waited.unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(db) = readers.idle.pop() {
            return Ok(Reader { store: self, db: Some(db) });
        }
        readers.open += 1;
        drop(readers);
        let mut reader = Reader { store: self, db: None };
        reader.db = Some(self.open_reader()?);
        Ok(reader)
    }

    fn open_reader(&self) -> Result<Db> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        configured(Connection::open_with_flags(&self.path, flags)?)
    }

    fn lock_readers(&self) -> MutexGuard<'_, Readers> {
        lock(&self.readers)
    }
}

/// A connection that is lent, or the place of one that could not be opened.
struct Reader<'a> {
    store: &'a Store,
    db: Option<Db>,
}

impl Deref for Reader<'_> {
    type Target = Db;
    fn deref(&self) -> &Db {
        self.db.as_ref().expect("a reader is lent out with its connection")
    }
}

impl Drop for Reader<'_> {
    /// Gives it back, unless there are enough or it was left in the middle of something.
    fn drop(&mut self) {
        let db = self.db.take().filter(|db| db.is_autocommit());
        let mut readers = self.store.lock_readers();
        match db {
            Some(db) if readers.open <= READERS_KEPT => readers.idle.push(db),
            _ => readers.open -= 1,
        }
        self.store.idle.notify_one();
    }
}

/// What every connection needs.
fn configured(connection: Connection) -> Result<Db> {
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // Else a statement that might use a partial index is planned anew for every value it is run with.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(Db(connection))
}

/// What `Connection` does too, but it would read and plan the statement anew each time: with the views that costs more than
/// running it.
impl Db {
    /// Runs a statement that answers nothing, and says how many rows it changed.
    pub fn execute<P: Params>(&self, sql: &str, params: P) -> Result<usize> {
        self.prepare_cached(sql)?.execute(params)
    }

    /// The first row of an answer.
    pub fn query_row<T, P: Params, F: FnOnce(&Row) -> Result<T>>(&self, sql: &str, params: P, read: F) -> Result<T> {
        self.prepare_cached(sql)?.query_row(params, read)
    }
}

impl Deref for Db {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl Deref for Tx<'_> {
    type Target = Db;
    fn deref(&self) -> &Db {
        self.db
    }
}

impl Tx<'_> {
    /// Notes that somebody has something to do when this is committed.
    fn leaves(&self, work: Work) {
        self.left.0.set(self.left.0.get() | 1 << work as u8);
    }

    /// What was noted.
    pub fn left(&self) -> Left {
        self.left.clone()
    }

    /// An error when SQLite gave up the whole transaction, as it does when the disk fails: what is written then is written
    /// at once, and stays although the rest is gone.
    pub fn is_open(&self) -> Result<()> {
        if self.is_autocommit() { Err(lost()) } else { Ok(()) }
    }

    /// Does a part that may fail alone: what it wrote is undone, the rest of the transaction goes on.
    pub fn attempt<T, E: From<Error>>(
        &self,
        f: impl FnOnce(&Tx) -> std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        self.is_open()?;
        self.execute_batch("savepoint part")?;
        let result = f(self);
        match (&result, self.is_open()) {
            (Ok(_), open) => {
                open?;
                self.execute_batch("release part")?;
            }
            (Err(_), Ok(())) => self.execute_batch("rollback to part; release part")?,
            // There is nothing left that could be undone.
            (Err(_), Err(_)) => {}
        }
        result
    }
}

/// Why nothing is kept of a transaction that SQLite gave up.
fn lost() -> Error {
    let full = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL);
    Error::SqliteFailure(full, Some("the disk refused the transaction".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_kept_from_being_folded_in_is_folded_in_when_they_are_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.db");
        let store = Store::open(&path).expect("opens");
        let write = || {
            let set = |tx: &Tx| tx.execute("update post_words_done set upto = upto + 1", []);
            store.write(Timestamp(1), set).expect("is written")
        };
        let left = || std::fs::metadata(folder.path().join("pappus.db-wal")).map_or(0, |log| log.len());
        write();
        let reader = Connection::open(&path).expect("opens");
        reader.execute_batch("begin; select * from post_words_done").expect("reads");
        write();
        store.fold().and_then(|()| store.fold_again()).expect("tries");
        assert!(left() > 0, "somebody reads");
        reader.execute_batch("commit").expect("is done");
        store.fold_again().expect("folds");
        assert_eq!(left(), 0);
    }
}
