//! Censuses: which other pods still hold a copy of a public post that was removed or held here.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, Work, json_list};
use crate::model::case::Trace;
use crate::model::{CaseId, Timestamp};

/// Seconds between two visits to a pod, whatever they are about.
const VISIT_EVERY: i64 = 900;

/// A census.
#[derive(Clone, Debug)]
pub struct Census {
    /// Of the post.
    pub guid: String,
    pub case: CaseId,
    /// Key of the ground.
    pub ground: String,
    /// When the podmin began to ask; `None`: nobody was asked.
    pub begun_at: Option<Timestamp>,
    /// When the last pod was clean.
    pub closed_at: Option<Timestamp>,
}

/// A pod in a census.
#[derive(Clone, Debug)]
pub struct Found {
    pub host: String,
    pub trace: Trace,
    /// Since when it is found so.
    pub since: Option<Timestamp>,
    /// When it was asked last.
    pub asked_at: Option<Timestamp>,
    /// What it answered, in a few words.
    pub answer: String,
    /// diaspora* ID of its podmin, as the pod says.
    pub contact: Option<String>,
    pub told_at: Option<Timestamp>,
    /// What the podmin wrote to theirs.
    pub told: Option<String>,
}

const COLUMNS: &str = "guid, \"case\", ground, begun_at, closed_at";

fn census(row: &Row) -> Result<Census> {
    Ok(Census {
        guid: row.get(0)?,
        case: row.get(1)?,
        ground: row.get(2)?,
        begun_at: row.get(3)?,
        closed_at: row.get(4)?,
    })
}

/// Notes a post whose copies may be looked for; a newer case about it takes the older one's place.
pub fn add(tx: &Tx, guid: &str, case: CaseId, ground: &str) -> Result<()> {
    tx.execute(
        "insert into censuses (guid, \"case\", ground, made_at) values (:guid, :case, :ground, :now) \
         on conflict (guid) do update set \"case\" = excluded.\"case\", ground = excluded.ground",
        named_params! { ":guid": guid, ":case": case, ":ground": ground, ":now": tx.now },
    )?;
    Ok(())
}

/// Adds pods to a census; `due`: when they are asked, `None`: not until it begins.
pub fn add_pods(tx: &Tx, guid: &str, hosts: &[String], due: Option<Timestamp>) -> Result<()> {
    tx.execute(
        "insert or ignore into census_pods (guid, host, due) select ?, value, ? from json_each(?)",
        (guid, due, json_list(hosts)),
    )?;
    Ok(())
}

/// All other pods that anybody is known on.
pub fn known_pods(db: &Db) -> Result<Vec<String>> {
    db.prepare_cached("select host from people where host is not null group by host order by host")?
        .query_map([], |row| row.get(0))?
        .collect()
}

pub fn get(db: &Db, guid: &str) -> Result<Option<Census>> {
    db.prepare_cached(&format!("select {COLUMNS} from censuses where guid = ?"))?.query_row([guid], census).optional()
}

/// The newest censuses, with the number of pods and of those that are not clean.
pub fn list(db: &Db, limit: u32) -> Result<Vec<(Census, i64, i64)>> {
    db.prepare_cached(&format!(
        "select {COLUMNS}, (select count(*) from census_pods p where p.guid = c.guid), \
         (select count(*) from census_pods p where p.guid = c.guid and p.trace <> 'clean') \
         from censuses c order by made_at desc, guid limit ?"
    ))?
    .query_map([limit], |row| Ok((census(row)?, row.get(5)?, row.get(6)?)))?
    .collect()
}

/// The pods of a census: those that hold a copy first.
pub fn pods(db: &Db, guid: &str) -> Result<Vec<Found>> {
    db.prepare_cached(
        "select p.host, p.trace, p.since, p.asked_at, p.answer, h.contact, p.told_at, p.told from census_pods p \
         left join census_hosts h on h.host = p.host where p.guid = ? \
         order by case p.trace when 'origin' then 0 when 'holds' then 1 when 'unknown' then 2 when 'waiting' then 3 else 4 end, p.host",
    )?
    .query_map([guid], |row| {
        Ok(Found {
            host: row.get(0)?,
            trace: row.get(1)?,
            since: row.get(2)?,
            asked_at: row.get(3)?,
            answer: row.get(4)?,
            contact: row.get(5)?,
            told_at: row.get(6)?,
            told: row.get(7)?,
        })
    })?
    .collect()
}

/// Everybody who is not clean is asked as soon as manners allow.
pub fn begin(tx: &Tx, guid: &str) -> Result<()> {
    tx.leaves(Work::Census);
    tx.execute("update census_pods set due = ? where guid = ? and trace <> 'clean'", (tx.now, guid))?;
    tx.execute("update censuses set begun_at = ?, closed_at = null where guid = ?", (tx.now, guid))?;
    Ok(())
}

/// The post is shown here again: its copies are nobody's business any more.
pub fn remove(tx: &Tx, guid: &str) -> Result<()> {
    tx.execute("delete from censuses where guid = ?", [guid])?;
    Ok(())
}

/// Whom to ask next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    pub guid: String,
    pub host: String,
    /// Times that this pod was asked in this census.
    pub asked: u32,
    /// Nobody knows yet who its podmin is.
    pub stranger: bool,
}

/// Takes so many visits that are due, one a pod. They count as made, so that a crash asks nobody twice.
pub fn take(tx: &Tx, limit: u32) -> Result<Vec<Visit>> {
    let before = Timestamp(tx.now.0 - VISIT_EVERY);
    let visits: Vec<Visit> = tx
        .prepare_cached(
            "select p.guid, p.host, p.asked, h.contact is null from census_pods p left join census_hosts h on h.host = p.host \
             where p.due <= :now and coalesce(h.visited_at <= :before, 1) group by p.host order by min(p.due), p.host limit :limit",
        )?
        .query_map(named_params! { ":now": tx.now, ":before": before, ":limit": limit }, |row| {
            Ok(Visit { guid: row.get(0)?, host: row.get(1)?, asked: row.get(2)?, stranger: row.get(3)? })
        })?
        .collect::<Result<_>>()?;
    for visit in &visits {
        tx.execute(
            "insert into census_hosts (host, visited_at) values (?, ?) on conflict (host) do update set visited_at = excluded.visited_at",
            (&visit.host, tx.now),
        )?;
        tx.execute(
            "update census_pods set due = ?, asked = asked + 1 where guid = ? and host = ?",
            (tx.now.plus(VISIT_EVERY), &visit.guid, &visit.host),
        )?;
    }
    Ok(visits)
}

/// When the next visit may be made.
pub fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    db.query_row(
        "select min(max(p.due, coalesce(h.visited_at + ?, 0))) from census_pods p left join census_hosts h on h.host = p.host \
         where p.due is not null",
        [VISIT_EVERY],
        |row| row.get(0),
    )
}

/// What a pod answered. `due`: when it is asked again.
pub fn found(tx: &Tx, visit: &Visit, trace: Trace, answer: &str, due: Option<Timestamp>) -> Result<()> {
    tx.execute(
        "update census_pods set since = iif(trace = :trace, since, :now), trace = :trace, answer = :answer, asked_at = :now, \
         due = :due where guid = :guid and host = :host",
        named_params! {
            ":trace": trace, ":now": tx.now, ":answer": answer, ":due": due, ":guid": visit.guid, ":host": visit.host,
        },
    )?;
    tx.execute(
        "update censuses set closed_at = :now where guid = :guid and closed_at is null and begun_at is not null \
         and not exists (select 1 from census_pods p where p.guid = :guid and p.trace <> 'clean')",
        named_params! { ":now": tx.now, ":guid": visit.guid },
    )?;
    Ok(())
}

/// Who the podmin of a pod is.
pub fn set_contact(tx: &Tx, host: &str, contact: &str) -> Result<()> {
    tx.execute("update census_hosts set contact = ? where host = ?", (contact, host))?;
    Ok(())
}

/// The podmin wrote to the podmin of a pod.
pub fn told(tx: &Tx, guid: &str, host: &str, text: &str) -> Result<()> {
    tx.execute("update census_pods set told_at = ?, told = ? where guid = ? and host = ?", (tx.now, text, guid, host))?;
    Ok(())
}

/// Of a closed case, and not going on.
const IDLE: &str = "exists (select 1 from cases k where k.id = censuses.\"case\" and k.closed_at is not null) \
    and (begun_at is null or closed_at is not null)";

/// Whether a census names what its case has forgotten.
pub fn any_idle(db: &Db) -> Result<bool> {
    db.query_row(&format!("select exists (select 1 from censuses where {IDLE})"), [], |row| row.get(0))
}

/// Forgets the censuses of closed cases that do not go on.
pub fn forget_idle(tx: &Tx) -> Result<()> {
    tx.execute(&format!("delete from censuses where {IDLE}"), [])?;
    Ok(())
}

/// Whether there are censuses from before a time.
pub fn any_before(db: &Db, before: Timestamp) -> Result<bool> {
    db.query_row("select exists (select 1 from censuses where made_at < ?)", [before], |row| row.get(0))
}

/// Forgets censuses from before a time.
pub fn forget_before(tx: &Tx, before: Timestamp) -> Result<()> {
    tx.execute("delete from censuses where made_at < ?", [before])?;
    tx.execute(
        "delete from census_hosts where not exists (select 1 from census_pods p where p.host = census_hosts.host)",
        [],
    )?;
    Ok(())
}
