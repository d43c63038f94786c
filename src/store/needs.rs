//! What must be fetched from other pods: a queue on disk, each thing once.

use rusqlite::{OptionalExtension, named_params};

use super::pods::{PROVEN, SLOW_FOR};
use super::{Db, Result, Tx, Work};
use crate::model::{Need, Timestamp};

/// Things that messages wait for, and as many that they only mention, that may wait to be fetched; then the oldest goes.
const ROWS_MAX: i64 = 5_000;

/// Things that the messages of one pod may mention within an hour and that are fetched; more are not.
const MENTIONS_MAX: i64 = 60;

/// Something that is due.
pub struct Due {
    /// As `Need` is written.
    pub need: String,
    /// The pod that is asked; empty for a link.
    pub host: String,
    /// Times it was tried.
    pub attempts: u32,
    /// A message only mentions it.
    pub mentioned: bool,
    /// That pod was heard of, does not fail and was not slow lately.
    pub proven: bool,
}

/// The pod that is asked; empty for a link.
const HOST: &str = "case when need like 'pod %' then substr(need, 5) when need like 'link %' then '' \
    else substr(need, instr(need, '@') + 1) end";

/// Notes that something is needed: what is noted already stays as it is.
pub fn add(tx: &Tx, need: &Need) -> Result<()> {
    note(tx, need, false)
}

/// Notes what is needed, or only mentioned.
pub fn note(tx: &Tx, need: &Need, mentioned: bool) -> Result<()> {
    tx.leaves(Work::Needs);
    tx.prepare_cached(
        "insert into needs (need, created_at, due, mentioned) values (:need, :now, :now, :mentioned) \
         on conflict do update set mentioned = 0 where mentioned and not excluded.mentioned",
    )?
    .execute(named_params! { ":need": need.to_string(), ":now": tx.now, ":mentioned": mentioned })?;
    tx.prepare_cached(
        "delete from needs where need in (select need from needs where mentioned = :mentioned \
         order by created_at desc limit -1 offset :max)",
    )?
    .execute(named_params! { ":mentioned": mentioned, ":max": ROWS_MAX })?;
    Ok(())
}

/// Notes something that a message of a pod only mentions (`None`: somebody here did), unless that pod's messages
/// mentioned too much within the hour.
pub fn mention(tx: &Tx, need: &Need, host: Option<&str>) -> Result<()> {
    let Some(host) = host else { return add(tx, need) };
    if attempts(tx, need)?.is_some() {
        return Ok(());
    }
    let counted = tx
        .prepare_cached(
            "update pods set mentions = iif(mentions_since between :from and :now, mentions + 1, 1), \
             mentions_since = iif(mentions_since between :from and :now, mentions_since, :now) \
             where host = :host and (mentions_since not between :from and :now or mentions < :max)",
        )?
        .execute(named_params! { ":host": host, ":from": tx.now.plus(-3_600), ":now": tx.now, ":max": MENTIONS_MAX })?;
    if counted == 1 { note(tx, need, true) } else { Ok(()) }
}

/// What is due next, without what the pods in hand are to be asked (a JSON list of hosts). Pods that are proven go first,
/// one after the other by name, from the one after `last` on. Then, and for each of them, what was never tried, of that
/// what somebody waits for and then the newest: a heap of what cannot be had holds nobody up.
pub fn due(db: &Db, last: &str, now: Timestamp, in_hand: &str, proven_only: bool) -> Result<Option<Due>> {
    db.prepare_cached(&format!(
        "select need, {HOST} as asked, n.attempts, mentioned, {PROVEN} and p.slow_at not between :slow and :now as proven \
         from needs n left join pods p on p.host = {HOST} \
         where n.due <= :now and (proven or not :proven_only) and asked not in (select value from json_each(:in_hand)) \
         order by proven desc, proven and asked <= :last, iif(proven, asked, ''), n.attempts, mentioned, n.due desc limit 1"
    ))?
    .query_row(
        named_params! {
            ":last": last, ":now": now, ":slow": now.plus(-SLOW_FOR), ":in_hand": in_hand, ":proven_only": proven_only
        },
        |row| {
            Ok(Due {
                need: row.get(0)?,
                host: row.get(1)?,
                attempts: row.get(2)?,
                mentioned: row.get(3)?,
                proven: row.get(4)?,
            })
        },
    )
    .optional()
}

/// When the next thing is due.
pub fn next_due(db: &Db) -> Result<Option<Timestamp>> {
    db.query_row("select min(due) from needs", [], |row| row.get(0))
}

/// How often a thing was tried in vain; `None` when nobody needs it.
pub fn attempts(db: &Db, need: &Need) -> Result<Option<u32>> {
    db.query_row("select attempts from needs where need = ?", [need.to_string()], |row| row.get(0)).optional()
}

/// It is here, or will never be.
pub fn done(tx: &Tx, need: &str) -> Result<()> {
    tx.execute("delete from needs where need = ?", [need])?;
    Ok(())
}

/// It is tried again at a time.
pub fn later(tx: &Tx, need: &str, due: Timestamp) -> Result<()> {
    tx.execute("update needs set due = ?, attempts = attempts + 1 where need = ?", (due, need))?;
    Ok(())
}
