//! Accounts and pods elsewhere that are limited until the podmin lifts it.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx};
use crate::model::case::Severity;
use crate::model::{AspectId, PersonId, Timestamp, UserId};

/// How an account (a diaspora* ID) or a pod (an authority) is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    pub subject: String,
    pub severity: Severity,
    pub no_pictures: bool,
    pub no_previews: bool,
    pub public_comment: String,
    pub private_comment: String,
    /// `podmin`, or the name of the list it came from.
    pub origin: String,
    pub since: Timestamp,
}

impl Limit {
    /// Who lifts its curbs (`curbs.by`).
    pub fn by(subject: &str) -> String {
        format!("limit {subject}")
    }
}

const COLUMNS: &str = "subject, severity, no_pictures, no_previews, public_comment, private_comment, origin, since";

fn limit(row: &Row) -> Result<Limit> {
    Ok(Limit {
        subject: row.get(0)?,
        severity: row.get(1)?,
        no_pictures: row.get(2)?,
        no_previews: row.get(3)?,
        public_comment: row.get(4)?,
        private_comment: row.get(5)?,
        origin: row.get(6)?,
        since: row.get(7)?,
    })
}

/// Sets a limit, or another one in its place.
pub fn set(tx: &Tx, new: &Limit) -> Result<()> {
    tx.execute(
        "insert into limits (subject, severity, no_pictures, no_previews, public_comment, private_comment, origin, since) \
         values (:subject, :severity, :no_pictures, :no_previews, :public, :private, :origin, :since) \
         on conflict (subject) do update set severity = excluded.severity, no_pictures = excluded.no_pictures, \
         no_previews = excluded.no_previews, public_comment = excluded.public_comment, \
         private_comment = excluded.private_comment, origin = excluded.origin",
        named_params! {
            ":subject": new.subject, ":severity": new.severity, ":no_pictures": new.no_pictures,
            ":no_previews": new.no_previews, ":public": new.public_comment, ":private": new.private_comment,
            ":origin": new.origin, ":since": new.since,
        },
    )?;
    Ok(())
}

pub fn remove(tx: &Tx, subject: &str) -> Result<()> {
    tx.execute("delete from limits where subject = ?", [subject])?;
    Ok(())
}

pub fn get(db: &Db, subject: &str) -> Result<Option<Limit>> {
    db.prepare_cached(&format!("select {COLUMNS} from limits where subject = ?"))?
        .query_row([subject], limit)
        .optional()
}

/// All limits, by subject, after one of them.
pub fn list(db: &Db, after: &str, most: i64) -> Result<Vec<Limit>> {
    db.prepare_cached(&format!("select {COLUMNS} from limits where subject > ? order by subject limit ?"))?
        .query_map((after, most), limit)?
        .collect()
}

pub fn count(db: &Db) -> Result<i64> {
    db.query_row("select count(*) from limits", [], |row| row.get(0))
}

/// Whether nothing comes in from an account or goes out to its pod.
pub fn is_suspended(db: &Db, handle: &str, host: &str) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from limits where subject in (:handle, :host) and severity = 'suspend') \
         or exists (select 1 from pod where allow_only and :host <> substr(url, instr(url, '://') + 3) \
             and not exists (select 1 from limits where subject in (:handle, :host) and severity = 'allow'))",
    )?
    .query_row(named_params! { ":handle": handle, ":host": host }, |row| row.get(0))
}

/// Whether only allowed pods are let in.
pub fn allows_only(db: &Db) -> Result<bool> {
    db.query_row("select allow_only from pod", [], |row| row.get(0))
}

pub fn set_allow_only(tx: &Tx, only: bool) -> Result<()> {
    tx.execute("update pod set allow_only = ?", [only])?;
    Ok(())
}

/// Notes a contact that a suspension ends; `aspect`: the user shared with the person in it; `None`: the person shared
/// with the user.
pub fn sever(tx: &Tx, subject: &str, user: UserId, person: PersonId, aspect: Option<AspectId>) -> Result<()> {
    tx.execute(
        "insert or ignore into severed (subject, user, person, aspect) values (?, ?, ?, ?)",
        (subject, user, person, aspect),
    )?;
    Ok(())
}

/// Contacts that a suspension ended.
pub fn severed(db: &Db, subject: &str) -> Result<Vec<(UserId, PersonId, Option<AspectId>)>> {
    db.prepare_cached("select user, person, aspect from severed where subject = ? order by user, person")?
        .query_map([subject], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

/// The contacts that a suspension ended are dealt with.
pub fn forget_severed(tx: &Tx, subject: &str) -> Result<()> {
    tx.execute("delete from severed where subject = ?", [subject])?;
    Ok(())
}

/// Contacts of users here with an account, or with anybody of a pod: who shares with whom, in which aspect.
pub fn contacts_with(db: &Db, subject: &str) -> Result<Vec<(UserId, PersonId, Option<AspectId>)>> {
    db.prepare_cached(
        "select a.user, m.person, a.id from every_person p join aspect_members m on m.person = p.id join aspects a on a.id = m.aspect \
         where p.handle = :subject or p.host = :subject \
         union all select s.user, s.person, null from every_person p join sharers s on s.person = p.id \
         where p.handle = :subject or p.host = :subject order by 1, 2",
    )?
    .query_map(named_params! { ":subject": subject }, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
    .collect()
}
