//! Cases: what the podmin looks at, how it went on, who spoke up.

use rusqlite::{OptionalExtension, Row, named_params};

use super::{Db, Result, Tx, Work};
use crate::model::case::{Case, Origin, State, Step, Subject};
use crate::model::{CaseId, PersonId, Timestamp};

pub(super) const COLUMNS: &str = "id, kind, subject, person, state, origin, ground, reports, opened_at, due, hold_at, held_at, \
    decided_at, purged_at, closed_at, appealed_at, appeal, alarm_at";

pub(super) fn case(row: &Row) -> Result<Case> {
    Ok(Case {
        id: row.get(0)?,
        subject: Subject { kind: row.get(1)?, name: row.get(2)? },
        person: row.get(3)?,
        state: row.get(4)?,
        origin: row.get(5)?,
        ground: row.get(6)?,
        reports: row.get(7)?,
        opened_at: row.get(8)?,
        due: row.get(9)?,
        hold_at: row.get(10)?,
        held_at: row.get(11)?,
        decided_at: row.get(12)?,
        purged_at: row.get(13)?,
        closed_at: row.get(14)?,
        appealed_at: row.get(15)?,
        appeal: row.get(16)?,
        alarm_at: row.get(17)?,
    })
}

pub fn get(db: &Db, id: CaseId) -> Result<Option<Case>> {
    db.prepare_cached(&format!("select {COLUMNS} from cases where id = ?"))?.query_row([id], case).optional()
}

/// The case about a thing that is not closed.
pub fn open_about(db: &Db, subject: &Subject) -> Result<Option<Case>> {
    let rule = "kind = ? and subject = ? and closed_at is null and subject <> ''";
    db.prepare_cached(&format!("select {COLUMNS} from cases where {rule}"))?
        .query_row((subject.kind, &subject.name), case)
        .optional()
}

/// Where the last case about a thing stands.
pub fn latest_about(db: &Db, subject: &Subject) -> Result<Option<State>> {
    db.prepare_cached("select state from cases where kind = ? and subject = ? order by id desc limit 1")?
        .query_row((subject.kind, &subject.name), |row| row.get(0))
        .optional()
}

/// A case to be stored.
pub struct New<'a> {
    pub subject: &'a Subject,
    pub person: Option<PersonId>,
    pub origin: Origin,
    pub ground: &'a str,
    pub due: Option<Timestamp>,
    pub hold_at: Option<Timestamp>,
}

pub fn add(tx: &Tx, new: &New) -> Result<CaseId> {
    tx.leaves(Work::Cases);
    tx.query_row(
        "insert into cases (kind, subject, person, state, origin, ground, opened_at, due, hold_at) \
         values (:kind, :subject, :person, 'open', :origin, :ground, :now, :due, :hold_at) returning id",
        named_params! {
            ":kind": new.subject.kind, ":subject": new.subject.name, ":person": new.person, ":origin": new.origin,
            ":ground": new.ground, ":now": tx.now, ":due": new.due, ":hold_at": new.hold_at,
        },
        |row| row.get(0),
    )
}

/// Stores where a case stands now.
pub fn save(tx: &Tx, case: &Case) -> Result<()> {
    tx.leaves(Work::Cases);
    tx.execute(
        "update cases set subject = :subject, state = :state, origin = :origin, ground = :ground, due = :due, hold_at = :hold_at, \
         held_at = :held_at, decided_at = :decided_at, purged_at = :purged_at, closed_at = :closed_at, \
         appealed_at = :appealed_at, appeal = :appeal, alarm_at = :alarm_at where id = :id",
        named_params! {
            ":id": case.id, ":subject": case.subject.name, ":state": case.state, ":origin": case.origin,
            ":ground": case.ground, ":due": case.due, ":hold_at": case.hold_at, ":held_at": case.held_at,
            ":decided_at": case.decided_at, ":purged_at": case.purged_at, ":closed_at": case.closed_at,
            ":appealed_at": case.appealed_at, ":appeal": case.appeal, ":alarm_at": case.alarm_at,
        },
    )?;
    Ok(())
}

/// Which cases a page lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Those that wait for the podmin, the most urgent first.
    Waiting,
    /// Decided, not closed.
    Decided,
    Closed,
}

/// Cases on a page.
pub const PAGE: i64 = 25;

/// A page of cases, one more than a page when there are more.
pub fn list(db: &Db, filter: Filter, offset: i64) -> Result<Vec<Case>> {
    const WAITS: &str = "closed_at is null and (state in ('open', 'held') or appealed_at is not null)";
    let (rule, order) = match filter {
        Filter::Waiting => (WAITS.to_owned(), "due is null, due, id"),
        Filter::Decided => (format!("closed_at is null and not ({WAITS})"), "decided_at desc, id desc"),
        Filter::Closed => ("closed_at is not null".to_owned(), "closed_at desc, id desc"),
    };
    db.prepare_cached(&format!("select {COLUMNS} from cases where {rule} order by {order} limit ? offset ?"))?
        .query_map((PAGE + 1, offset), case)?
        .collect()
}

/// Undecided cases about an account elsewhere are about the one that it became.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    tx.execute(
        "update cases set person = ? where person = ? and kind = 'account' and state = 'open' and closed_at is null",
        (new, old),
    )?;
    Ok(())
}

/// Cases about what is a person's, the newest first.
pub fn of_person(db: &Db, person: PersonId) -> Result<Vec<Case>> {
    db.prepare_cached(&format!("select {COLUMNS} from cases where person = ? order by id desc limit {PAGE}"))?
        .query_map([person], case)?
        .collect()
}

/// How many cases wait, and when the first of them is due.
pub fn waiting(db: &Db) -> Result<(i64, Option<Timestamp>)> {
    db.prepare_cached(
        "select count(*), min(due) from cases where closed_at is null and (state in ('open', 'held') or appealed_at is not null)",
    )?
    .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// How many of those that wait are late.
pub fn count_late(db: &Db, now: Timestamp) -> Result<i64> {
    db.prepare_cached(
        "select count(*) from cases where closed_at is null and due <= ? \
         and (state in ('open', 'held') or appealed_at is not null)",
    )?
    .query_row([now], |row| row.get(0))
}

const URGENT: &str = "alarm_at is not null and closed_at is null and (state = 'open' or appealed_at is not null)";

/// Cases that the podmins are to be told of again by now.
pub fn to_alarm(db: &Db, now: Timestamp) -> Result<Vec<CaseId>> {
    db.prepare_cached(&format!("select id from cases where {URGENT} and alarm_at <= ?"))?
        .query_map([now], |row| row.get(0))?
        .collect()
}

/// When the podmins are told of a case again.
pub fn next_alarm(db: &Db) -> Result<Option<Timestamp>> {
    db.query_row(&format!("select min(alarm_at) from cases where {URGENT}"), [], |row| row.get(0))
}

/// Cases to be held by themselves by now.
pub fn to_hold(db: &Db, now: Timestamp) -> Result<Vec<CaseId>> {
    db.prepare_cached("select id from cases where hold_at <= ? and state = 'open'")?
        .query_map([now], |row| row.get(0))?
        .collect()
}

/// Removals that are not at their end: something is left of them, or they have no receipt.
pub fn to_finish(db: &Db) -> Result<Vec<CaseId>> {
    db.prepare_cached(
        "select id from cases c where state = 'removed' and closed_at is null and (purged_at is null \
         or not exists (select 1 from receipts r where r.\"case\" = c.id)) order by id",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// Open cases whose thing was not looked for yet.
pub fn to_look_for(db: &Db) -> Result<Vec<CaseId>> {
    db.prepare_cached(
        "select id from cases c where state = 'open' and closed_at is null \
         and not exists (select 1 from case_marks m where m.\"case\" = c.id) order by id",
    )?
    .query_map([], |row| row.get(0))?
    .collect()
}

/// How the thing of a case is known again.
pub fn marks(db: &Db, case: CaseId) -> Result<Option<String>> {
    db.prepare_cached("select marks from case_marks where \"case\" = ?")?.query_row([case], |row| row.get(0)).optional()
}

/// Keeps the first look.
pub fn remember(tx: &Tx, case: CaseId, marks: &str) -> Result<()> {
    tx.execute("insert or ignore into case_marks (\"case\", marks) values (?, ?)", (case, marks))?;
    Ok(())
}

/// Forgets how the thing of a case is known again.
pub fn forget_marks(tx: &Tx, case: CaseId) -> Result<()> {
    tx.execute("delete from case_marks where \"case\" = ?", [case])?;
    Ok(())
}

/// Closed removals that still say what they were about.
pub fn any_to_forget(db: &Db) -> Result<bool> {
    db.query_row(&format!("select exists (select 1 from cases where {FORGETTABLE})"), [], |row| row.get(0))
}

/// Nothing says any more what was removed, but a census that still goes on.
pub fn forget(tx: &Tx) -> Result<()> {
    tx.execute(&format!("delete from case_marks where \"case\" in (select id from cases where {FORGETTABLE})"), [])?;
    tx.execute(&format!("update cases set subject = '' where {FORGETTABLE}"), [])?;
    Ok(())
}

const FORGETTABLE: &str = "state = 'removed' and closed_at is not null and subject <> ''";

/// When the next case is held by itself.
pub fn next_hold(db: &Db) -> Result<Option<Timestamp>> {
    db.query_row("select min(hold_at) from cases where hold_at is not null and state = 'open'", [], |row| row.get(0))
}

pub fn add_step(tx: &Tx, case: CaseId, who: &str, what: &str, why: &str) -> Result<()> {
    tx.leaves(Work::Cases);
    tx.execute(
        "insert into case_steps (\"case\", at, who, what, why) values (?, ?, ?, ?, ?)",
        (case, tx.now, who, what, why),
    )?;
    Ok(())
}

/// Whether a case's last step was this one, apart from what others said meanwhile.
pub fn ends_with(db: &Db, case: CaseId, what: &str) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from (select what from case_steps where \"case\" = ? and what <> 'report' \
         order by id desc limit 1) where what = ?)",
    )?
    .query_row((case, what), |row| row.get(0))
}

/// How a case went on, the first step first.
pub fn steps(db: &Db, case: CaseId) -> Result<Vec<Step>> {
    db.prepare_cached("select at, who, what, why from case_steps where \"case\" = ? order by id limit 500")?
        .query_map([case], |row| Ok(Step { at: row.get(0)?, who: row.get(1)?, what: row.get(2)?, why: row.get(3)? }))?
        .collect()
}
