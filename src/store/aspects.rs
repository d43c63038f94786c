//! Aspects: a user's named lists of the people they share with.

use rusqlite::{OptionalExtension, named_params};
use serde::Serialize;

use super::{Db, Result, Tx, json_list};
use crate::model::{AspectId, PersonId, UserId};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Aspect {
    pub id: AspectId,
    pub name: String,
}

/// A user's aspects in their order.
pub fn of_user(db: &Db, user: UserId) -> Result<Vec<Aspect>> {
    db.prepare_cached("select id, name from aspects where user = ? order by position, id")?
        .query_map([user], |row| Ok(Aspect { id: row.get(0)?, name: row.get(1)? }))?
        .collect()
}

pub fn get(db: &Db, user: UserId, id: AspectId) -> Result<Option<Aspect>> {
    db.prepare_cached("select id, name from aspects where user = ? and id = ?")?
        .query_row((user, id), |row| Ok(Aspect { id: row.get(0)?, name: row.get(1)? }))
        .optional()
}

/// Adds an aspect at the end; `None` when the user has one of this name.
pub fn add(tx: &Tx, user: UserId, name: &str) -> Result<Option<AspectId>> {
    tx.query_row(
        "insert into aspects (user, name, position) \
         values (:user, :name, (select coalesce(max(position), 0) + 1 from aspects where user = :user)) \
         on conflict do nothing returning id",
        named_params! { ":user": user, ":name": name },
        |row| row.get(0),
    )
    .optional()
}

/// `false` when another aspect has this name or there is no such aspect.
pub fn rename(tx: &Tx, user: UserId, id: AspectId, name: &str) -> Result<bool> {
    let changed = tx.execute("update or ignore aspects set name = ? where user = ? and id = ?", (name, user, id))?;
    Ok(changed == 1)
}

/// Gives the user's aspects this order.
pub fn set_order(tx: &Tx, user: UserId, order: &[AspectId]) -> Result<()> {
    tx.execute(
        "update aspects set position = (select j.key from json_each(:order) j where j.value = aspects.id) \
         where user = :user and id in (select value from json_each(:order))",
        named_params! { ":user": user, ":order": json_list(order) },
    )?;
    Ok(())
}

pub fn remove(tx: &Tx, user: UserId, id: AspectId) -> Result<()> {
    tx.execute("delete from aspects where user = ? and id = ?", (user, id))?;
    Ok(())
}

/// The user's aspects that a person is in.
pub fn of_person(db: &Db, user: UserId, person: PersonId) -> Result<Vec<AspectId>> {
    db.prepare_cached(
        "select m.aspect from aspect_members m join aspects a on a.id = m.aspect where a.user = ? and m.person = ?",
    )?
    .query_map((user, person), |row| row.get(0))?
    .collect()
}

/// Puts a person into exactly these of the user's aspects.
pub fn set_of_person(tx: &Tx, user: UserId, person: PersonId, aspects: &[AspectId]) -> Result<()> {
    let kept = json_list(aspects);
    tx.execute(
        "delete from aspect_members where person = :person and aspect in (select id from aspects where user = :user) \
         and aspect not in (select value from json_each(:kept))",
        named_params! { ":person": person, ":user": user, ":kept": kept },
    )?;
    tx.execute(
        "insert or ignore into aspect_members (aspect, person, added_at) \
         select id, :person, :now from aspects where user = :user and id in (select value from json_each(:kept))",
        named_params! { ":person": person, ":user": user, ":kept": kept, ":now": tx.now },
    )?;
    Ok(())
}

/// People in any of these aspects of the user.
pub fn members(db: &Db, user: UserId, aspects: &[AspectId]) -> Result<Vec<PersonId>> {
    db.prepare_cached(
        "select distinct m.person from aspect_members m join aspects a on a.id = m.aspect \
         where a.user = ? and a.id in (select value from json_each(?))",
    )?
    .query_map((user, json_list(aspects)), |row| row.get(0))?
    .collect()
}

/// People in no other of the user's aspects than this one: with it, sharing with them would end.
pub fn only_in(db: &Db, user: UserId, aspect: AspectId) -> Result<Vec<PersonId>> {
    db.prepare_cached(
        "select m.person from aspect_members m where m.aspect = :aspect and not exists ( \
             select 1 from aspect_members o join aspects a on a.id = o.aspect \
             where o.person = m.person and a.user = :user and a.id <> :aspect)",
    )?
    .query_map(named_params! { ":aspect": aspect, ":user": user }, |row| row.get(0))?
    .collect()
}
