//! Who spoke up in a case, and what they said.

use rusqlite::{OptionalExtension, Row};

use super::{Db, Result, Tx, cases};
use crate::model::case::{Case, Report};
use crate::model::{CaseId, Timestamp, UserId};

/// Reports of one case whose words are kept; the others are only counted.
pub const MAX: i64 = 100;

const COLUMNS: &str = "user, name, email, language, text, at";

fn report(row: &Row) -> Result<Report> {
    Ok(Report {
        user: row.get(0)?,
        name: row.get(1)?,
        email: row.get(2)?,
        language: row.get(3)?,
        text: row.get(4)?,
        at: row.get(5)?,
    })
}

/// What became of somebody speaking up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// Kept; the row.
    Kept(i64),
    /// Only counted: enough is kept of this case.
    Counted,
    /// This user spoke up about it before.
    Before,
}

/// Counts somebody who spoke up, and keeps what they said.
pub fn add(tx: &Tx, case: CaseId, said: &Report) -> Result<Added> {
    let kept: i64 = tx.query_row("select count(*) from reports where \"case\" = ?", [case], |row| row.get(0))?;
    let mut added = Added::Counted;
    if kept < MAX {
        let row: Option<i64> = tx
            .prepare_cached(
                "insert into reports (\"case\", user, name, email, language, text, at) values (?, ?, ?, ?, ?, ?, ?) \
                 on conflict do nothing returning id",
            )?
            .query_row((case, said.user, &said.name, &said.email, &said.language, &said.text, said.at), |row| {
                row.get(0)
            })
            .optional()?;
        let Some(row) = row else { return Ok(Added::Before) };
        added = Added::Kept(row);
    }
    tx.execute("update cases set reports = reports + 1 where id = ?", [case])?;
    Ok(added)
}

/// What was said in a case, the first one first.
pub fn of_case(db: &Db, case: CaseId) -> Result<Vec<Report>> {
    let sql = format!("select {COLUMNS} from reports where \"case\" = ? order by id");
    db.prepare_cached(&sql)?.query_map([case], report)?.collect()
}

/// Users who spoke up in a case.
pub fn users(db: &Db, case: CaseId) -> Result<Vec<UserId>> {
    db.prepare_cached("select user from reports where \"case\" = ? and user is not null order by id")?
        .query_map([case], |row| row.get(0))?
        .collect()
}

/// Rows of those who left an address, one for each address.
pub fn to_answer(db: &Db, case: CaseId) -> Result<Vec<i64>> {
    db.prepare_cached(
        "select min(id) from reports where \"case\" = ? and email <> '' group by email collate nocase order by 1",
    )?
    .query_map([case], |row| row.get(0))?
    .collect()
}

/// What was said, and the case, by the row.
pub fn get(db: &Db, row: i64) -> Result<Option<(Report, CaseId)>> {
    db.prepare_cached(&format!("select {COLUMNS}, \"case\" from reports where id = ?"))?
        .query_row([row], |row| Ok((report(row)?, row.get(6)?)))
        .optional()
}

/// Whether an address was given in a report since a time.
pub fn any_from(db: &Db, email: &str, since: Timestamp) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from reports where email = ? and at > ?)")?
        .query_row((email, since), |row| row.get(0))
}

const OLD: &str = "email <> '' and exists (select 1 from cases k where k.id = reports.\"case\" and k.closed_at < ?)";

/// Whether somebody from outside is still named in a case that was closed before a time.
pub fn any_named_before(db: &Db, before: Timestamp) -> Result<bool> {
    db.query_row(&format!("select exists (select 1 from reports where {OLD})"), [before], |row| row.get(0))
}

/// Forgets their names and addresses.
pub fn forget_names_before(tx: &Tx, before: Timestamp) -> Result<()> {
    tx.execute(&format!("update reports set name = '', email = '' where {OLD}"), [before])?;
    Ok(())
}

/// Cases that a user spoke up in, the newest first, with what they said.
pub fn of_user(db: &Db, user: UserId, most: u32) -> Result<Vec<(Case, String)>> {
    let columns = cases::COLUMNS.split(", ").map(|column| format!("k.{column}")).collect::<Vec<_>>().join(", ");
    db.prepare_cached(&format!(
        "select {columns}, r.text from reports r join cases k on k.id = r.\"case\" where r.user = ? order by r.id desc limit ?"
    ))?
    .query_map((user, most), |row| Ok((cases::case(row)?, row.get("text")?)))?
    .collect()
}
