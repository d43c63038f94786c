//! Looking into a pod's database file, read-only: for what has no page yet, and for what must not be there.

use std::path::Path;

use pappus::model::Timestamp;
use pappus::store::{self, Store};
use rusqlite::{Connection, OpenFlags, ToSql};

/// A look into the file while the pod runs.
pub struct Database(Connection);

impl Database {
    pub fn open(path: &Path) -> Database {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = Connection::open_with_flags(path, flags).expect("the pod's database opens");
        connection.busy_timeout(std::time::Duration::from_secs(10)).expect("a time-out can be set");
        Database(connection)
    }

    /// A number, e.g. of `select count(*) …`; 0 when there is no row.
    pub fn number(&self, sql: &str, parameters: &[&dyn ToSql]) -> i64 {
        self.value(sql, parameters).unwrap_or(0)
    }

    /// A text; `None` when there is no row.
    pub fn text(&self, sql: &str, parameters: &[&dyn ToSql]) -> Option<String> {
        self.value(sql, parameters)
    }

    /// The GUID of a person the pod knows.
    pub fn person(&self, handle: &str) -> Option<String> {
        self.text("select guid from people where handle = ?", &[&handle])
    }

    /// All values of the first column.
    pub fn texts(&self, sql: &str) -> Vec<String> {
        let mut statement = self.0.prepare(sql).expect("the statement fits the schema");
        let rows = statement.query_map([], |row| row.get(0)).expect("the query runs");
        rows.collect::<Result<_, _>>().expect("the column is text")
    }

    fn value<T: rusqlite::types::FromSql>(&self, sql: &str, parameters: &[&dyn ToSql]) -> Option<T> {
        match self.0.query_row(sql, parameters, |row| row.get(0)) {
            Ok(value) => Some(value),
            Err(rusqlite::Error::QueryReturnedNoRows) => None,
            Err(error) => panic!("{sql}: {error}"),
        }
    }
}

/// A new database with the pod `https://pod.example` in it and nobody else, and the folder it lies in.
pub fn database() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&folder.path().join("pappus.db")).expect("the database opens");
    let pod = store::pod::Pod { url: "https://pod.example".to_owned(), secret: vec![1; 32], identity: vec![2; 32] };
    let done: store::Result<()> = store.write(Timestamp(0), |tx| store::pod::add(tx, &pod));
    done.expect("the pod is stored");
    (store, folder)
}
