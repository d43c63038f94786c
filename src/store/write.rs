//! The one writer, with group commit.
//!
//! A deed that arrives while another is in the database joins its transaction in a savepoint of its own. The last
//! of them, the one behind whom nobody waits, commits for all; so a lone deed never waits for company, and a crowd
//! shares one sync of the disk.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use super::{Db, Error, Left, Tx, lost};
use crate::model::Timestamp;
use crate::sync::lock;

/// Deeds in one commit at the most, so that nobody waits for an endless crowd.
const BATCH_MAX: usize = 128;

pub struct Writer {
    state: Mutex<State>,
    /// Deeds on their way to the lock. Each of them will look after the open batch.
    coming: AtomicUsize,
}

struct State {
    db: Db,
    open: Option<Arc<Batch>>,
    deeds: usize,
}

/// How the shared commit ended, for those who wait for it.
#[derive(Default)]
struct Batch {
    outcome: Mutex<Option<Result<(), Failure>>>,
    decided: Condvar,
}

/// Why a commit failed, for each who waited for it.
#[derive(Clone)]
struct Failure(rusqlite::ffi::Error, String);

impl Writer {
    pub fn new(db: Db) -> Writer {
        Writer { state: Mutex::new(State { db, open: None, deeds: 0 }), coming: AtomicUsize::new(0) }
    }

    pub fn write<T, E: From<Error>>(&self, now: Timestamp, f: impl FnOnce(&Tx) -> Result<T, E>) -> Result<T, E> {
        self.coming.fetch_add(1, Ordering::SeqCst);
        let mut state = lock(&self.state);
        self.coming.fetch_sub(1, Ordering::SeqCst);

        let done = catch_unwind(AssertUnwindSafe(|| state.run(now, f)));
        let batch = self.settle(state);
        let value = done.unwrap_or_else(|panic| resume_unwind(panic))?;
        if let Some(batch) = batch {
            batch.wait().map_err(commit_failed)?;
        }
        Ok(value)
    }

    /// Commits when nobody is coming who would; gives back the batch that carries this deed.
    fn settle(&self, mut state: MutexGuard<'_, State>) -> Option<Arc<Batch>> {
        let batch = state.open.clone();
        if self.coming.load(Ordering::SeqCst) == 0 || state.deeds >= BATCH_MAX {
            state.commit();
        }
        batch
    }
}

impl State {
    fn run<T, E: From<Error>>(&mut self, now: Timestamp, f: impl FnOnce(&Tx) -> Result<T, E>) -> Result<T, E> {
        if self.open.is_none() {
            self.db.execute("begin immediate", [])?;
            self.open = Some(Arc::default());
            self.deeds = 0;
        }
        self.deeds += 1;
        self.db.execute("savepoint deed", [])?;
        let result = catch_unwind(AssertUnwindSafe(|| f(&Tx { db: &self.db, now, left: Left::default() })));
        let end = if matches!(result, Ok(Ok(_))) { "release deed" } else { "rollback to deed; release deed" };
        let ended = self.db.execute_batch(end);
        self.notice_lost_transaction();
        let value = result.unwrap_or_else(|panic| resume_unwind(panic))?;
        ended?;
        Ok(value)
    }

    /// SQLite gives up a whole transaction when the disk is full or fails: then nothing in the batch is kept.
    fn notice_lost_transaction(&mut self) {
        if self.db.is_autocommit()
            && let Some(batch) = self.open.take()
        {
            batch.decide(Err(Failure::of(&lost())));
        }
    }

    fn commit(&mut self) {
        let Some(batch) = self.open.take() else { return };
        let result = self.db.execute("commit", []).map(|_| ()).map_err(|error| Failure::of(&error));
        if result.is_err() && !self.db.is_autocommit() {
            // Nothing better can be done with an error here: the batch is reported as failed anyway.
            let _ = self.db.execute_batch("rollback");
        }
        batch.decide(result);
    }
}

impl Batch {
    fn decide(&self, result: Result<(), Failure>) {
        *lock(&self.outcome) = Some(result);
        self.decided.notify_all();
    }

    fn wait(&self) -> Result<(), Failure> {
        let mut outcome = lock(&self.outcome);
        loop {
            if let Some(result) = outcome.as_ref() {
                return result.clone();
            }
            outcome = self.decided.wait(outcome).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }
}

impl Failure {
    fn of(error: &Error) -> Failure {
        let broken = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
        Failure(error.sqlite_error().copied().unwrap_or(broken), error.to_string())
    }
}

fn commit_failed(Failure(code, message): Failure) -> Error {
    Error::SqliteFailure(code, Some(format!("commit: {message}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::model::Timestamp;
    use crate::store::{Error, Store};

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("pappus.db")).expect("opens");
        (folder, store)
    }

    fn add(store: &Store, name: &str) -> Result<(), Error> {
        store.write(Timestamp(1), |tx| {
            tx.execute("insert into pods (host, url) values (?, '')", [name])?;
            Ok(())
        })
    }

    fn count(store: &Store) -> i64 {
        store.read::<_, Error>(|db| db.query_row("select count(*) from pods", [], |row| row.get(0))).expect("reads")
    }

    #[test]
    fn what_a_crowd_writes_at_once_is_all_there() {
        let (_folder, store) = store();
        let store = Arc::new(store);
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let store = store.clone();
                std::thread::spawn(move || {
                    for n in 0..50 {
                        add(&store, &format!("{thread}-{n}")).expect("writes");
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().expect("no panic");
        }
        assert_eq!(count(&store), 400);
    }

    #[test]
    fn a_deed_that_fails_leaves_nothing_and_disturbs_nobody() {
        let (_folder, store) = store();
        add(&store, "first").expect("writes");
        let failed: Result<(), Error> = store.write(Timestamp(1), |tx| {
            tx.execute("insert into pods (host, url) values ('half', '')", [])?;
            Err(Error::QueryReturnedNoRows)
        });
        assert!(failed.is_err());
        add(&store, "second").expect("writes");
        assert_eq!(count(&store), 2);
    }

    #[test]
    fn a_deed_that_panics_leaves_nothing_and_the_next_one_works() {
        let (_folder, store) = store();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _: Result<(), Error> = store.write(Timestamp(1), |tx| {
                tx.execute("insert into pods (host, url) values ('half', '')", [])?;
                panic!("a bug")
            });
        }));
        assert!(panicked.is_err());
        add(&store, "next").expect("writes");
        assert_eq!(count(&store), 1);
    }
}
