//! What goes out and to whom: a queue on disk, one row a pod or a person.

use rusqlite::{OptionalExtension, Row, named_params};

use super::pods::PROVEN;
use super::{Db, Result, Tx, Work, held, limits, pods};
use crate::model::{Outgoing, PersonId, Target, Timestamp, UserId};

/// One delivery that is due.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: i64,
    /// Row of the thing to send; deliveries of one thing to pods share its signature.
    pub outgoing: i64,
    pub sender: UserId,
    pub what: Outgoing,
    /// Encrypted for them; `None`: the pod's public door.
    pub person: Option<PersonId>,
    /// Base address of the pod.
    pub url: String,
    pub created_at: Timestamp,
    /// Times it was tried so far.
    pub attempts: u32,
}

/// Queues one thing for some targets.
pub fn add(tx: &Tx, sender: UserId, what: &Outgoing, targets: &[Target]) -> Result<()> {
    if targets.is_empty() {
        return Ok(());
    }
    tx.leaves(Work::Outbox);
    let json = serde_json::to_string(what).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let outgoing: i64 = tx
        .prepare_cached("insert into outgoing (sender, what, created_at) values (?, ?, ?) returning id")?
        .query_row((sender, json, tx.now), |row| row.get(0))?;
    for target in targets {
        let (host, url, person) = match target {
            Target::Pod { host, url } => (host, url, None),
            Target::Person { id, host, url } => (host, url, Some(*id)),
        };
        pods::add(tx, host, url)?;
        tx.prepare_cached("insert into outbox (outgoing, host, person, due) values (?, ?, ?, ?)")?
            .execute((outgoing, host, person, tx.now))?;
    }
    Ok(())
}

/// A pod that something is due for.
pub struct Due {
    pub host: String,
    /// It was heard of, and its last delivery went well.
    pub proven: bool,
    /// It was never heard of, and nothing was sent to it yet.
    pub first: bool,
}

/// Pods with deliveries, each found by one step in the index however many deliveries wait for it; what it is asked about
/// them are subqueries, not joins, so that SQLite looks no further than the first that will do.
const WAITING: &str = "with recursive waiting (host) as (\
    select min(host) from outbox where host > :after \
    union all select (select min(o.host) from outbox o where o.host > w.host) from waiting w where w.host is not null)";

/// The first pod after one, by name, that something is due for, without those in hand (a JSON list of hosts).
pub fn due_after(db: &Db, after: &str, now: Timestamp, in_hand: &str, proven_only: bool) -> Result<Option<Due>> {
    db.prepare_cached(&format!(
        "{WAITING} select w.host, (select {PROVEN} from pods p \
         where p.host = w.host and p.due <= :now) as proven, \
         (select p.seen_at is null and p.attempts = 0 from pods p where p.host = w.host) as first \
         from waiting w where proven >= :proven_only \
         and (select min(o.due) from outbox o where o.host = w.host) <= :now \
         and w.host not in (select value from json_each(:in_hand)) limit 1"
    ))?
    .query_row(
        named_params! { ":after": after, ":now": now, ":in_hand": in_hand, ":proven_only": proven_only },
        |row| Ok(Due { host: row.get(0)?, proven: row.get(1)?, first: row.get(2)? }),
    )
    .optional()
}

/// When the next delivery is due.
pub fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    db.prepare_cached(&format!(
        "{WAITING} select min(max(p.due, (select min(o.due) from outbox o where o.host = w.host))) \
         from waiting w join pods p on p.host = w.host"
    ))?
    .query_row(named_params! { ":after": "" }, |row| row.get(0))
}

/// What is due for a pod, what waited longest first.
pub fn due_for(db: &Db, host: &str, now: Timestamp, limit: u32) -> Result<Vec<Delivery>> {
    db.prepare_cached(
        "select o.id, o.outgoing, g.sender, g.what, o.person, p.url, g.created_at, o.attempts from outbox o \
         join outgoing g on g.id = o.outgoing join pods p on p.host = o.host \
         where o.host = :host and o.due <= :now order by o.due, o.id limit :limit",
    )?
    .query_map(named_params! { ":host": host, ":now": now, ":limit": limit }, delivery)?
    .collect()
}

fn delivery(row: &Row) -> Result<Delivery> {
    let what: String = row.get(3)?;
    let what = serde_json::from_str(&what)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, error.into()))?;
    Ok(Delivery {
        id: row.get(0)?,
        outgoing: row.get(1)?,
        sender: row.get(2)?,
        what,
        person: row.get(4)?,
        url: row.get(5)?,
        created_at: row.get(6)?,
        attempts: row.get(7)?,
    })
}

/// The delivery is made or given up.
pub fn done(tx: &Tx, delivery: &Delivery) -> Result<()> {
    tx.prepare_cached("delete from outbox where id = ?")?.execute([delivery.id])?;
    tx.prepare_cached(
        "delete from outgoing where id = :id and not exists (select 1 from outbox where outgoing = :id)",
    )?
    .execute(named_params! { ":id": delivery.outgoing })?;
    Ok(())
}

/// The delivery is tried again at a time.
pub fn later(tx: &Tx, id: i64, due: Timestamp) -> Result<()> {
    tx.execute("update outbox set due = ?, attempts = attempts + 1 where id = ?", (due, id))?;
    Ok(())
}

/// When a delivery is due that waits for the podmin (unix seconds; no clock gets there).
pub(super) const WITHHELD: Timestamp = Timestamp(1 << 40);

/// Whether what a delivery tells of is held, or its pod suspended.
pub fn is_withheld(db: &Db, host: &str, delivery: &Delivery) -> Result<bool> {
    let sender =
        db.prepare_cached("select person from users where id = ?")?.query_row([delivery.sender], |row| row.get(0))?;
    let suspended =
        limits::is_suspended(db, "", host)? && !matches!(delivery.what, Outgoing::Contact { sharing: false, .. });
    Ok(suspended || held::withholds(db, sender, &delivery.what)?)
}

/// The delivery waits for the podmin.
pub fn withhold(tx: &Tx, id: i64) -> Result<()> {
    tx.execute("update outbox set due = ? where id = ?", (WITHHELD, id))?;
    Ok(())
}

/// Everything that waits for the podmin is looked at again.
pub fn release(tx: &Tx) -> Result<()> {
    tx.leaves(Work::Outbox);
    tx.execute("update outbox set due = ? where due = ?", (tx.now, WITHHELD))?;
    Ok(())
}

/// A pod that answers again, or for the first time.
pub fn pod_works(tx: &Tx, host: &str) -> Result<()> {
    tx.execute(
        "update pods set failing_since = null, attempts = 0, due = 0, error = null where host = ? and failing_since is not null",
        [host],
    )?;
    pods::seen(tx, host)
}

/// A pod that does not answer: nothing is sent to it before `due`.
pub fn pod_fails(tx: &Tx, host: &str, due: Timestamp, error: &str) -> Result<()> {
    tx.execute(
        "update pods set failing_since = coalesce(failing_since, :now), attempts = attempts + 1, due = :due, error = :error \
         where host = :host",
        named_params! { ":host": host, ":now": tx.now, ":due": due, ":error": error },
    )?;
    Ok(())
}

/// Deliveries in vain since the pod last answered.
pub fn pod_attempts(db: &Db, host: &str) -> Result<u32> {
    Ok(db.query_row("select attempts from pods where host = ?", [host], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// A message from a pod that was thought to be away: it is tried again at once.
pub fn pod_is_back(tx: &Tx, host: &str) -> Result<bool> {
    tx.leaves(Work::Outbox);
    Ok(tx.prepare_cached("update pods set due = 0 where host = ? and due > ?")?.execute((host, tx.now))? > 0)
}

/// Whether anything waits that was queued before a time.
pub fn any_older(db: &Db, than: Timestamp) -> Result<bool> {
    db.query_row("select exists (select 1 from outgoing where created_at < ?)", [than], |row| row.get(0))
}

/// Gives up what was queued before a time; how many deliveries that were.
pub fn give_up(tx: &Tx, older_than: Timestamp) -> Result<usize> {
    let given_up = tx
        .execute("delete from outbox where outgoing in (select id from outgoing where created_at < ?)", [older_than])?;
    tx.execute("delete from outgoing where created_at < ?", [older_than])?;
    Ok(given_up)
}
