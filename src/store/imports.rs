//! Archives that are brought in: how far each came.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, Work};
use crate::model::{Handle, Import, ImportId, Refusal, Step, UserId};

const COLUMNS: &str =
    "id, user, old, profile, settings, step, at, through, total, left_out, refusal, envelope is not null";

fn import(row: &Row) -> Result<Import> {
    Ok(Import {
        id: row.get(0)?,
        user: row.get(1)?,
        old: row.get(2)?,
        profile: row.get(3)?,
        settings: row.get(4)?,
        step: row.get(5)?,
        at: row.get(6)?,
        through: row.get(7)?,
        total: row.get(8)?,
        left_out: row.get(9)?,
        refusal: row.get(10)?,
        told: row.get(11)?,
    })
}

/// Begins one; what the user tried in vain before is forgotten.
pub fn add(tx: &Tx, user: UserId, profile: bool, settings: bool) -> Result<ImportId> {
    tx.leaves(Work::Imports);
    tx.execute("delete from imports where user = ? and old is null", [user])?;
    tx.query_row(
        "insert into imports (user, profile, settings, step, begun_at) values (:user, :profile, :settings, :step, :now) \
         returning id",
        named_params! { ":user": user, ":profile": profile, ":settings": settings, ":step": Step::Judge, ":now": tx.now },
        |row| row.get(0),
    )
}

pub fn get(db: &Db, id: ImportId) -> Result<Option<Import>> {
    db.prepare_cached(&format!("select {COLUMNS} from imports where id = ?"))?.query_row([id], import).optional()
}

/// The last one that a user began.
pub fn last(db: &Db, user: UserId) -> Result<Option<Import>> {
    db.prepare_cached(&format!("select {COLUMNS} from imports where user = ? order by id desc limit 1"))?
        .query_row([user], import)
        .optional()
}

/// Those that are not over, the oldest first.
pub fn open(db: &Db) -> Result<Vec<Import>> {
    db.prepare_cached(&format!("select {COLUMNS} from imports where ended_at is null order by id"))?
        .query_map([], import)?
        .collect()
}

/// Whether another user brought this account in, or is about to.
pub fn is_of_another(db: &Db, old: &Handle, user: UserId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from imports where old = ? and user <> ?)")?
        .query_row((old, user), |row| row.get(0))
}

/// It was judged: the account is this user's from now on. An earlier one of the same account makes room.
pub fn claim(tx: &Tx, import: &Import, old: &Handle, total: i64) -> Result<()> {
    tx.leaves(Work::Imports);
    let envelope = envelope(tx, import.user, old)?;
    tx.execute("delete from imports where user = ? and old = ? and id <> ?", (import.user, old, import.id))?;
    tx.execute(
        "update imports set old = :old, total = :total, envelope = :envelope, step = :step where id = :id",
        named_params! { ":old": old, ":total": total, ":envelope": envelope, ":step": import.step.next(), ":id": import.id },
    )?;
    Ok(())
}

/// So many more things of the step are through.
pub fn advance(tx: &Tx, id: ImportId, things: i64, left_out: i64) -> Result<()> {
    tx.prepare_cached(
        "update imports set at = at + ?1, through = through + ?1, left_out = left_out + ?2 where id = ?3",
    )?
    .execute((things, left_out, id))?;
    Ok(())
}

/// The next step begins.
pub fn set_step(tx: &Tx, id: ImportId, step: Step) -> Result<()> {
    tx.leaves(Work::Imports);
    let ended = step.is_over().then_some(tx.now);
    tx.execute("update imports set step = ?, at = 0, ended_at = ? where id = ?", (step, ended, id))?;
    Ok(())
}

/// It is not brought in.
pub fn refuse(tx: &Tx, id: ImportId, why: Refusal) -> Result<()> {
    tx.execute("update imports set refusal = ? where id = ?", (why, id))?;
    set_step(tx, id, Step::Refused)
}

/// What tells everybody of the move, for sending.
pub fn envelope(db: &Db, user: UserId, old: &Handle) -> Result<Option<String>> {
    let found = db
        .prepare_cached("select envelope from imports where user = ? and old = ?")?
        .query_row((user, old), |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

pub fn set_envelope(tx: &Tx, id: ImportId, envelope: &str) -> Result<()> {
    tx.execute("update imports set envelope = ? where id = ?", (envelope, id))?;
    Ok(())
}
