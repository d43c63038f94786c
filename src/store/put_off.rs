//! What waits longer than anything is ever put off: the clock was ahead when that was written down.

use super::outbox::WITHHELD;
use super::{Db, Result, Tx, Work};
use crate::model::Timestamp;

/// Times at which something is tried, by table and column.
const TIMES: [(&str, &str); 7] = [
    ("inbox", "due"),
    ("needs", "due"),
    ("outbox", "due"),
    ("pods", "due"),
    ("mails", "due"),
    ("users", "digest_due"),
    ("census_pods", "due"),
];

/// Seconds: nothing is put off for longer than a day.
const LONGEST: i64 = 2 * 86_400;

/// Whether anything is put off for too long, but what waits for the podmin.
pub fn any(db: &Db, now: Timestamp) -> Result<bool> {
    for (table, column) in TIMES {
        let sql = format!("select exists (select 1 from {table} where {column} > ? and {column} <> ?)");
        if db.query_row(&sql, (now.plus(LONGEST), WITHHELD), |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// All of that is due now.
pub fn take_up(tx: &Tx) -> Result<()> {
    for work in [Work::Inbox, Work::Needs, Work::Outbox, Work::Mail, Work::Census] {
        tx.leaves(work);
    }
    for (table, column) in TIMES {
        let sql = format!("update {table} set {column} = ?1 where {column} > ?2 and {column} <> ?3");
        tx.execute(&sql, (tx.now, tx.now.plus(LONGEST), WITHHELD))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_clock_that_comes_back_stops_no_lookup_and_sends_nothing_that_is_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("pappus.db");
        let store = Store::open(&path).expect("opens");
        let now = Timestamp(1_800_000_000);
        let (tomorrow, ahead) = (now.plus(86_400), now.plus(73 * 365 * 86_400));
        let rows = format!(
            "pragma foreign_keys = off; \
             insert into needs (need, created_at, due) values ('a', 1, {tomorrow}), ('b', 1, {ahead}); \
             insert into outbox (outgoing, host, due) values (1, 'a', {ahead}), (1, 'b', {withheld})",
            tomorrow = tomorrow.0,
            ahead = ahead.0,
            withheld = WITHHELD.0,
        );
        rusqlite::Connection::open(&path).expect("opens").execute_batch(&rows).expect("filled");
        let is_any = || store.read(|db| any(db, now)).expect("reads");
        assert!(is_any());
        store.write(now, take_up).expect("writes");
        assert!(!is_any());
        let dues = |table: &str| -> Vec<Timestamp> {
            let read = |db: &Db| {
                db.prepare(&format!("select due from {table} order by 1"))?.query_map([], |row| row.get(0))?.collect()
            };
            store.read::<_, rusqlite::Error>(read).expect("reads")
        };
        assert_eq!((dues("needs"), dues("outbox")), (vec![now, tomorrow], vec![now, WITHHELD]));
    }
}
