//! Who shares with whom, and who ignores whom.

use rusqlite::named_params;

use super::{Db, Result, Tx};
use crate::model::{PersonId, UserId};

/// Notes that a person shares with a user; `false` when that was known.
pub fn add_sharer(tx: &Tx, user: UserId, person: PersonId) -> Result<bool> {
    let added =
        tx.execute("insert or ignore into sharers (user, person, since) values (?, ?, ?)", (user, person, tx.now))?;
    Ok(added == 1)
}

pub fn remove_sharer(tx: &Tx, user: UserId, person: PersonId) -> Result<()> {
    tx.execute("delete from sharers where user = ? and person = ?", (user, person))?;
    Ok(())
}

/// Whether the person shares with the user.
pub fn shares_with(db: &Db, user: UserId, person: PersonId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from sharers where user = ? and person = ?)")?
        .query_row((user, person), |row| row.get(0))
}

/// Whether the user shares with the person.
pub fn is_shared_with(db: &Db, user: UserId, person: PersonId) -> Result<bool> {
    db.prepare_cached(
        "select exists (select 1 from aspect_members m join aspects a on a.id = m.aspect where a.user = ? and m.person = ?)",
    )?
    .query_row((user, person), |row| row.get(0))
}

/// Those a user shares with and who share with the user, and still are there: one may write to them.
pub fn mutual(db: &Db, user: UserId) -> Result<Vec<PersonId>> {
    db.prepare_cached(
        "select s.person from sharers s join people p on p.id = s.person where s.user = :user and p.closed_at is null \
         and s.person in (select m.person from aspect_members m join aspects a on a.id = m.aspect where a.user = :user) \
         order by p.name collate nocase, p.id",
    )?
    .query_map(named_params! { ":user": user }, |row| row.get(0))?
    .collect()
}

/// Everybody a user shares with or who shares with them.
pub fn of_user(db: &Db, user: UserId) -> Result<Vec<PersonId>> {
    db.prepare_cached(
        "select person from sharers where user = :user union \
         select m.person from aspect_members m join aspects a on a.id = m.aspect where a.user = :user",
    )?
    .query_map(named_params! { ":user": user }, |row| row.get(0))?
    .collect()
}

/// Whether any user here shares with the person: then their public posts are wanted.
pub fn is_followed(db: &Db, person: PersonId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from aspect_members where person = ?)")?
        .query_row([person], |row| row.get(0))
}

pub fn block(tx: &Tx, user: UserId, person: PersonId) -> Result<()> {
    tx.execute("insert or ignore into blocks (user, person, since) values (?, ?, ?)", (user, person, tx.now))?;
    Ok(())
}

pub fn unblock(tx: &Tx, user: UserId, person: PersonId) -> Result<()> {
    tx.execute("delete from blocks where user = ? and person = ?", (user, person))?;
    Ok(())
}

/// Whether the user ignores the person.
pub fn is_blocked(db: &Db, user: UserId, person: PersonId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from blocks where user = ? and person = ?)")?
        .query_row((user, person), |row| row.get(0))
}

/// Ends all sharing from and to a person who is gone.
pub fn forget(tx: &Tx, person: PersonId) -> Result<()> {
    tx.execute("delete from sharers where person = ?", [person])?;
    tx.execute("delete from aspect_members where person = ?", [person])?;
    Ok(())
}

/// Moves all sharing from and to a person to the one they became.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    for table in ["sharers", "aspect_members", "blocks"] {
        tx.execute(&format!("update or ignore {table} set person = ? where person = ?"), (new, old))?;
        tx.execute(&format!("delete from {table} where person = ?"), [old])?;
    }
    // Whoever had the one they were as a contact has nothing to do with themselves.
    let me = "(select id from users where person = ?1)";
    tx.execute(&format!("delete from sharers where person = ?1 and user = {me}"), [new])?;
    tx.execute(&format!("delete from blocks where person = ?1 and user = {me}"), [new])?;
    let own = format!("(select id from aspects where user = {me})");
    tx.execute(&format!("delete from aspect_members where person = ?1 and aspect in {own}"), [new])?;
    Ok(())
}
