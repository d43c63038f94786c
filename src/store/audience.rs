//! Who gets a thing: pods for what is public, people for what is limited.

use rusqlite::{Row, named_params};

use super::{Db, Result, Tx};
use crate::model::{PersonId, PostId, Target, UserId};

/// Notes that a limited post goes, or went, to a person.
pub fn add(tx: &Tx, post: PostId, person: PersonId) -> Result<()> {
    tx.prepare_cached("insert or ignore into audience (post, person) values (?, ?)")?.execute((post, person))?;
    Ok(())
}

/// Whether a limited post went to a person.
pub fn has(db: &Db, post: PostId, person: PersonId) -> Result<bool> {
    db.prepare_cached("select exists (select 1 from audience where post = ? and person = ?)")?
        .query_row((post, person), |row| row.get(0))
}

/// People with whom the user `:user` shares.
pub(super) const SHARED_WITH: &str =
    "select m.person from aspect_members m join aspects a on a.id = m.aspect where a.user = :user";

/// People who share with the user `:user`.
const SHARERS: &str = "select person from sharers where user = :user";

/// People who took part in a public post: participants, resharers, those it names.
const TAKING_PART: &str = "select person from participations where post = :post union \
    select author from posts where root = :post union select person from mentions where post = :post";

/// Pods of a user's contacts.
pub fn pods_of_contacts(db: &Db, user: UserId) -> Result<Vec<Target>> {
    let sql = format!(
        "select distinct host, url from people where host is not null and closed_at is null and id in ({SHARERS} union {SHARED_WITH})"
    );
    db.prepare_cached(&sql)?.query_map(named_params! { ":user": user }, pod)?.collect()
}

/// Those on other pods with whom a user shares.
pub fn shared_with(db: &Db, user: UserId) -> Result<Vec<Target>> {
    let sql = format!(
        "select id, host, url from people where host is not null and closed_at is null and id in ({SHARED_WITH})"
    );
    db.prepare_cached(&sql)?.query_map(named_params! { ":user": user }, remote_person)?.collect()
}

/// Pods of those who share with a user, as far as the user shares with nobody there.
pub fn pods_of_mere_sharers(db: &Db, user: UserId) -> Result<Vec<Target>> {
    let sql = format!(
        "select distinct host, url from people where host is not null and closed_at is null \
         and id in ({SHARERS}) \
         and host not in (select host from people where host is not null and id in ({SHARED_WITH}))"
    );
    db.prepare_cached(&sql)?.query_map(named_params! { ":user": user }, pod)?.collect()
}

/// Pods that must hear of a public post by a user, and of what happens on it.
pub fn pods_of_post(db: &Db, user: UserId, post: PostId) -> Result<Vec<Target>> {
    let sql = format!(
        "select distinct host, url from people where host is not null and closed_at is null and id in ({SHARERS} union {SHARED_WITH} union {TAKING_PART})"
    );
    db.prepare_cached(&sql)?.query_map(named_params! { ":user": user, ":post": post }, pod)?.collect()
}

/// People on other pods who got a limited post.
pub fn people_of_post(db: &Db, post: PostId) -> Result<Vec<Target>> {
    db.prepare_cached(
        "select id, host, url from people where host is not null and closed_at is null and id in \
         (select person from audience where post = ?)",
    )?
    .query_map([post], remote_person)?
    .collect()
}

fn pod(row: &Row) -> Result<Target> {
    Ok(Target::Pod { host: row.get(0)?, url: row.get(1)? })
}

fn remote_person(row: &Row) -> Result<Target> {
    Ok(Target::Person { id: row.get::<_, PersonId>(0)?, host: row.get(1)?, url: row.get(2)? })
}

/// Lets the one that a person became read what that person got, and hear of what they took part in.
pub fn transfer(tx: &Tx, old: PersonId, new: PersonId) -> Result<()> {
    for table in ["audience", "participations", "mentions"] {
        tx.execute(&format!("update or ignore {table} set person = ? where person = ?"), (new, old))?;
        tx.execute(&format!("delete from {table} where person = ?"), [old])?;
    }
    Ok(())
}
