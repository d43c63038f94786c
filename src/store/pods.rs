//! Other pods: what they run, when they were last heard of, whether they can be reached.

use rusqlite::{OptionalExtension, Row, named_params};
use serde::Serialize;

use super::outbox::WITHHELD;
use super::{Db, Result, Tx, Work};
use crate::model::Timestamp;

/// Seconds between two notes that a pod was heard of.
const NOTED_EVERY: i64 = 3_600;

/// Seconds between two questions what a pod runs.
const ASKED_EVERY: i64 = 86_400;

/// Seconds for which a pod that let us wait is thought to do so again.
pub(super) const SLOW_FOR: i64 = 3_600;

/// A pod `p` that was heard of and whose last delivery went well: it is likely to answer.
pub(super) const PROVEN: &str = "p.seen_at is not null and p.failing_since is null";

/// Pods on a page.
pub const PAGE: i64 = 50;

/// A pod elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct Pod {
    /// Its authority.
    pub host: String,
    pub software: Option<String>,
    pub version: Option<String>,
    /// When it last sent something or took something, to the hour.
    pub seen_at: Option<Timestamp>,
    /// When it was last asked what it runs.
    pub asked_at: Option<Timestamp>,
    pub failing_since: Option<Timestamp>,
    pub error: Option<String>,
    /// Deliveries that wait for it.
    pub waiting: i64,
    /// How it is limited here (`limits.severity`).
    pub limit: Option<String>,
}

const COLUMNS: &str = "p.host, p.software, p.version, p.seen_at, p.asked_at, p.failing_since, p.error, \
    (select count(*) from outbox o where o.host = p.host), (select l.severity from limits l where l.subject = p.host)";

fn pod(row: &Row) -> Result<Pod> {
    Ok(Pod {
        host: row.get(0)?,
        software: row.get(1)?,
        version: row.get(2)?,
        seen_at: row.get(3)?,
        asked_at: row.get(4)?,
        failing_since: row.get(5)?,
        error: row.get(6)?,
        waiting: row.get(7)?,
        limit: row.get(8)?,
    })
}

/// Notes that there is such a pod.
pub fn add(tx: &Tx, host: &str, url: &str) -> Result<()> {
    tx.prepare_cached("insert or ignore into pods (host, url) values (?, ?)")?.execute((host, url))?;
    Ok(())
}

/// A page of pods by name, one more than a page when there are more; `failing`: those that cannot be reached, the
/// longest first.
pub fn list(db: &Db, failing: bool, offset: i64, most: i64) -> Result<Vec<Pod>> {
    let rule =
        if failing { "p.failing_since is not null order by p.failing_since, p.host" } else { "1 order by p.host" };
    db.prepare_cached(&format!("select {COLUMNS} from pods p where {rule} limit ? offset ?"))?
        .query_map((most, offset), pod)?
        .collect()
}

pub fn get(db: &Db, host: &str) -> Result<Option<Pod>> {
    db.prepare_cached(&format!("select {COLUMNS} from pods p where p.host = ?"))?.query_row([host], pod).optional()
}

/// How many are known, and how many of them cannot be reached.
pub fn count(db: &Db) -> Result<(i64, i64)> {
    db.query_row("select count(*), count(failing_since) from pods", [], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The base address of a pod.
pub fn url(db: &Db, host: &str) -> Result<Option<String>> {
    db.query_row("select url from pods where host = ?", [host], |row| row.get(0)).optional()
}

/// Notes that a pod sent something or took something.
pub fn seen(tx: &Tx, host: &str) -> Result<()> {
    tx.prepare_cached("update pods set seen_at = :now where host = :host and coalesce(seen_at, 0) <= :before")?
        .execute(named_params! { ":host": host, ":now": tx.now, ":before": tx.now.plus(-NOTED_EVERY) })?;
    Ok(())
}

/// Whether a pod sent something, took something or answered within the last hour (or two: that is noted to the hour).
pub fn was_heard_lately(tx: &Tx, host: &str) -> Result<bool> {
    tx.query_row(
        "select exists (select 1 from pods where host = :host and seen_at between :from and :now)",
        named_params! { ":host": host, ":now": tx.now, ":from": tx.now.plus(-2 * NOTED_EVERY) },
        |row| row.get(0),
    )
}

/// Notes that a pod let us wait for long when something was looked up there.
pub fn was_slow(tx: &Tx, host: &str) -> Result<()> {
    tx.execute("update pods set slow_at = ? where host = ?", (tx.now, host))?;
    Ok(())
}

/// Pods to be asked what they run: those that never were, and once a day those that are in use.
pub fn to_ask(db: &Db, now: Timestamp, most: u32) -> Result<Vec<String>> {
    db.prepare_cached(
        "select host from pods where asked_at is null or (asked_at <= :before and seen_at > :before) \
         order by asked_at, host limit :most",
    )?
    .query_map(named_params! { ":before": now.plus(-ASKED_EVERY), ":most": most }, |row| row.get(0))?
    .collect()
}

/// A pod answered when it was asked what it runs: deliveries are tried again at once.
pub fn answered(tx: &Tx, host: &str, software: Option<(&str, &str)>) -> Result<()> {
    tx.leaves(Work::Outbox);
    let (name, version) = software.unzip();
    tx.execute(
        "update pods set asked_at = :now, seen_at = :now, due = 0, software = coalesce(:name, software), \
         version = coalesce(:version, version) where host = :host",
        named_params! { ":host": host, ":now": tx.now, ":name": name, ":version": version },
    )?;
    Ok(())
}

/// A pod did not answer.
pub fn silent(tx: &Tx, host: &str) -> Result<()> {
    tx.execute("update pods set asked_at = ? where host = ?", (tx.now, host))?;
    Ok(())
}

/// Tries everything that waits for a pod at once, but what the podmin holds.
pub fn deliver_now(tx: &Tx, host: &str) -> Result<()> {
    tx.leaves(Work::Outbox);
    tx.execute("update pods set due = 0 where host = ?", [host])?;
    tx.execute("update outbox set due = ? where host = ? and due > ? and due <> ?", (tx.now, host, tx.now, WITHHELD))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_pod_is_asked_when_it_comes_to_be_known_and_once_a_day_while_it_is_in_use() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("pappus.db")).expect("opens");
        let day = |days: i64| Timestamp(1_800_000_000 + days * ASKED_EVERY);
        let does = |at: Timestamp, deed: &dyn Fn(&Tx) -> Result<()>| store.write(at, |tx| deed(tx)).expect("writes");
        let to_ask = |at: Timestamp| store.read(|db| super::to_ask(db, at, 10)).expect("reads");
        does(day(0), &|tx| add(tx, "pod.example", "https://pod.example"));
        assert_eq!(to_ask(day(0)), ["pod.example"]);
        does(day(0), &|tx| answered(tx, "pod.example", Some(("diaspora", "0.9"))));
        assert!(to_ask(day(0)).is_empty());
        assert!(to_ask(day(2)).is_empty(), "nobody heard of it since");
        does(day(2), &|tx| seen(tx, "pod.example"));
        assert_eq!(to_ask(day(2)), ["pod.example"]);
        does(day(2), &|tx| silent(tx, "pod.example"));
        assert!(to_ask(day(2)).is_empty());
        let known = store.read(|db| get(db, "pod.example")).expect("reads").expect("is known");
        assert_eq!(known.software.as_deref(), Some("diaspora"), "what it said last");
    }
}
